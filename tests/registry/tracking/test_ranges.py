import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.tracking import ranges


@given(st.sets(st.integers(0, 10_000), max_size=200))
def test_what_is_written_is_read(numbers):
    assert ranges.parse(ranges.write(numbers)) == numbers


def test_neighbours_are_one_range():
    assert ranges.write([3, 1, 2, 7]) == "1-3,7"
    assert ranges.write([]) == ""
    assert ranges.parse("") == frozenset()


def test_what_is_no_number_is_an_error():
    with pytest.raises(ValueError):
        ranges.parse("1-x")
