import pytest

from registry.exceptions import InvalidParameterValue
from registry.search import from_words
from registry.search.grammar import Operator, parse


def read(text):
    return [(c.key, c.tag, c.operator.value, *c.values) for c in parse(text)]


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("", []),
        ("   ", []),
        ("name='a.b.c'", [("name", None, "=", "a.b.c")]),
        ('name = "a.b.c"', [("name", None, "=", "a.b.c")]),
        ("NAME <> 'it''s'", [("name", None, "!=", "it's")]),
        ("attribute.name LIKE '%x_'", [("name", None, "LIKE", "%x_")]),
        ("tags.team = 'a' AND tag.`a b` ilike 'B' and tags.\"c\" != ''",
         [("tags.<key>", "team", "=", "a"), ("tags.<key>", "a b", "ILIKE", "B"), ("tags.<key>", "c", "!=", "")]),
        ("run_id IN ('1', '2') AND name not  in ( 'x' )",
         [("run_id", None, "IN", "1", "2"), ("name", None, "NOT IN", "x")]),
        ("version_number >= 3", [("version_number", None, ">=", "3")]),
        ("comment = 'AND name = 1'", [("comment", None, "=", "AND name = 1")]),
    ],
)  # fmt: skip
def test_it_reads(text, read_as):
    assert read(text) == read_as


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("name", 5, "=, !=, LIKE"),
        ("name ~ 'x'", 6, "=, !=, LIKE"),
        ("name =", 7, "a value in quotes"),
        ("name = x", 8, "a value in quotes"),
        ("name = 'x", 8, "a value in quotes"),
        ("name = 'x' name = 'y'", 12, "AND or the end"),
        ("name = 'x' OR name = 'y'", 12, "AND or the end"),
        ("name = 'x' AND", 15, "a key"),
        ("= 'x'", 1, "a key"),
        ("run_id IN 'x'", 11, "( and a list"),
        ("run_id IN ('x' 'y')", 16, ", or )"),
        ("params.k = 'x'", 8, "attribute.<key> or tags.<key>"),
        ("tags. = 'x'", 6, "the key of a tag"),
        ("name = 'x'; DROP TABLE users", 11, "AND or the end"),
    ],
)
def test_an_error_names_the_position_and_what_was_expected(text, position, expected):
    with pytest.raises(InvalidParameterValue) as caught:
        parse(text)
    assert caught.value.message.startswith(f"Invalid filter, character {position}: expected {expected}")


@pytest.mark.parametrize(
    "text",
    [" AND ".join(["name = 'x'"] * 21), "name = '" + "x" * 10_001 + "'", f"name IN ({', '.join(['1'] * 501)})"],
)
def test_what_is_too_much_is_refused(text):
    with pytest.raises(InvalidParameterValue, match="at most"):
        parse(text)


@pytest.mark.parametrize("text", ["churn", "o'neill in prod", "a % b", "stage:gold", "team=ml", "models I like", "@x"])
def test_words_of_a_search_box_are_looked_for_as_words(text):
    (comparison,) = parse(from_words(text))
    assert (comparison.key, comparison.operator, comparison.values) == ("words", Operator.EQUAL, (text,))


@pytest.mark.parametrize(
    "text",
    ["name = 'x'", "tags.a LIKE '%'", "name IN ('a')", "version_number > 3", "name LIKE", "name = x", "tags.team != ml",
     "churn AND", "run_id = 5", "owner NOT", "attributes.name = x"],
)  # fmt: skip
def test_a_filter_stays_one_be_it_unfinished(text):
    """Whoever has begun a filter is told what is missing, and not that there is no such name."""
    assert from_words(text) == text
