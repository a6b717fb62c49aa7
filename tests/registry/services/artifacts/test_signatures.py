import json

import pytest

from registry.limits import SIGNATURE_FIELDS
from registry.services.artifacts.signatures import Field, Verdict, compare_signatures, read_signature


def signature(inputs=(), outputs=(), params=()):
    return read_signature({"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": json.dumps(params)})


def column(name, kind="double", **more):
    return {"name": name, "type": kind, "required": True, **more}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"type": "double"}, "double"),
        ({"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 4]}}, "tensor<float64, [-1, 4]>"),
        ({"type": "array", "items": {"type": "string"}}, "array<string>"),
        ({"type": "map", "values": {"type": "long"}}, "map<string, long>"),
        (
            {"type": "object", "properties": {"a": {"type": "long"}, "b": {"type": "any", "required": False}}},
            "object<a: long, b?: any>",
        ),
        ({"type": 3}, "?"),
        ({}, "?"),
    ],
)
def test_types_are_written_as_people_write_them(told, words):
    assert signature([told]).inputs == [Field("", words)]


def test_parameters_have_defaults_and_shapes():
    found = signature(params=[{"name": "top_k", "type": "long", "default": 3, "shape": [-1]}])
    assert found.params == [Field("top_k", "long[-1]", default="3")]


@pytest.mark.parametrize("told", [None, "text", [], {}, {"inputs": "{"}, {"inputs": "3"}, {"inputs": "[3]"}])
def test_what_is_no_signature_is_none(told):
    assert read_signature(told) is None


def test_types_that_are_nested_without_end_end():
    deep = {"type": "double"}
    for _ in range(100):
        deep = {"type": "array", "items": deep}
    assert signature([deep]).inputs[0].type.endswith("?" + ">" * 21)


def test_a_default_that_is_nested_deeper_than_can_be_written_is_a_question_mark():
    deep = "[" * 300 + "]" * 300
    told = f'[{{"name": "a", "type": "long", "default": {deep}, "shape": {deep}}}]'
    assert read_signature({"params": told}).params == [Field("a", "long?", default="?")]


OLD = signature([column("a"), column("b", "integer")], [column("y")], [{"name": "k", "type": "long", "default": 1}])


@pytest.mark.parametrize(
    ("new", "verdict", "why"),
    [
        (OLD, Verdict.COMPATIBLE, None),
        (signature([column("a")], [column("y")], []), Verdict.COMPATIBLE, "no longer used"),
        (
            signature([column("a"), column("b", "integer"), column("c", required=False)], [column("y")]),
            Verdict.COMPATIBLE,
            "may be given",
        ),
        (
            signature([column("a"), column("b", "integer"), column("c")], [column("y")]),
            Verdict.BREAKING,
            "has to be given",
        ),
        (signature([column("a"), column("b", "long")], [column("y")]), Verdict.COMPATIBLE, "without loss"),
        (signature([column("a"), column("b", "string")], [column("y")]), Verdict.BREAKING, "was integer and is string"),
        (signature([column("a"), column("b", "integer")], []), Verdict.BREAKING, "Output y is gone"),
        (signature([column("a"), column("b", "integer")], [column("y", "long")]), Verdict.BREAKING, "Output y was"),
        (
            signature([column("a"), column("b", "integer")], [column("y")], [{"name": "k", "type": "string"}]),
            Verdict.BREAKING,
            "Parameter k was",
        ),
        (
            signature(
                [column("a"), column("b", "integer")], [column("y")], [{"name": "k", "type": "long", "default": 2}]
            ),
            Verdict.COMPATIBLE,
            "default 2, not 1",
        ),
        (None, Verdict.UNKNOWN, "One of the versions has no signature"),
    ],
)
def test_the_verdict_says_whether_callers_notice(new, verdict, why):
    found = compare_signatures(OLD, new)
    assert found.verdict == verdict
    assert not found.changes if why is None else any(why in change.words for change in found.changes)


def test_an_optional_input_that_becomes_required_breaks_callers():
    optional, required = signature([column("a", required=False)]), signature([column("a")])
    assert compare_signatures(optional, required).verdict == Verdict.BREAKING
    assert compare_signatures(required, optional).verdict == Verdict.COMPATIBLE


def test_columns_without_names_are_compared_by_their_places():
    one, two = signature([{"type": "double"}]), signature([{"type": "double"}, {"type": "long"}])
    assert compare_signatures(one, two).changes[0].words == "Input number 2 (long) is new and has to be given."


def test_what_has_more_columns_than_are_read_is_not_judged():
    long = read_signature(
        {"inputs": json.dumps([{"name": f"c{n}", "type": "long"} for n in range(SIGNATURE_FIELDS + 1)])}
    )
    short = read_signature({"inputs": json.dumps([{"name": "c0", "type": "long"}])})
    assert len(long.inputs) == SIGNATURE_FIELDS
    assert compare_signatures(long, long).verdict == compare_signatures(short, long).verdict == Verdict.UNKNOWN
    assert "5,000 columns" in compare_signatures(short, long).changes[0].words
