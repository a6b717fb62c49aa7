import pytest

from registry.services.versions.sections import metrics_section, section


def row(name, *values):
    (made,) = metrics_section([{} if value is None else {name: value} for value in values]).rows
    return made


def test_a_difference_that_computers_make_is_none():
    same = row("accuracy", 0.1 + 0.2, 0.3)
    assert (same.is_different, same.cells[1].delta, same.cells[1].verdict) == (False, 0.0, "")
    assert row("accuracy", 0.3, 0.3001).is_different


@pytest.mark.parametrize(
    ("name", "before", "after", "verdict"),
    [
        ("accuracy", 0.9, 0.95, "better"),
        ("accuracy", 0.95, 0.9, "worse"),
        ("rmse", 1.0, 0.5, "better"),
        ("rmse", 0.5, 1.0, "worse"),
        ("train_seconds", 30.0, 60.0, ""),
    ],
)
def test_a_metric_is_better_or_worse_where_its_direction_is_known(name, before, after, verdict):
    assert [cell.verdict for cell in row(name, before, after).cells] == ["", verdict]


def test_what_is_no_number_has_no_difference_and_is_no_equal():
    nan, inf = float("nan"), float("inf")
    assert not row("loss", nan, nan).is_different
    assert row("loss", nan, 1.0).is_different
    assert (row("loss", 1.0, inf).is_different, row("loss", 1.0, inf).cells[1].delta) == (True, None)
    assert not row("loss", inf, inf).is_different
    assert row("loss", None, 1.0).is_different


def test_texts_differ_as_they_are_written():
    rows = section("Parameters", [{"depth": "3", "seed": "1"}, {"depth": "4", "seed": "1"}])
    assert [(each.name, each.is_different) for each in rows.rows] == [("depth", True), ("seed", False)]
