"""Every call about runs × every kind of bad value in each of its fields: a clear error, and never a fault."""

import copy
import json
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from tests.registry.api.test_bad_input import BODIES, QUERIES, check
from tests.test_access_table import TRACKING, filled_in, of_runs

pytestmark = [pytest.mark.large, pytest.mark.django_db]

VALUES = {
    "null": None, "an object": {"a": 1}, "a list": [1, None, {"key": []}], "no number": "x", "negative": -1,
    "huge": 10**40, "a fraction": 1.5, "a truth": True, "long": "x" * 20_000, "a NUL": "a\0b", "empty": "",
    "not finite": "NaN", "deep": [[[[[[[[[[]]]]]]]]]], "many": [{}] * 3_000, "markup": "<script>", "SQL": "' OR 1=1 --",
}  # fmt: skip
CALLS = {f"{name} {method}": (name, method, asked) for name, method, asked, _ in TRACKING}


def fields_of(asked, path=()):
    """Where in ``asked`` there is a value: each is made a bad one, by itself."""
    for name, value in asked.items():
        yield (*path, name)
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            yield from fields_of(inner, (*path, name))


def spoiled(asked, path, value):
    body = copy.deepcopy(asked)
    here = body
    for name in path[:-1]:
        here = here[name][0] if isinstance(here[name], list) else here[name]
    here[path[-1]] = value
    return body


@pytest.mark.parametrize("call", CALLS)
def test_fields(api, cast, tracking, call):
    name, method, asked = CALLS[call]
    filled, words = filled_in(asked, cast)
    path, ask = reverse(name, kwargs=of_runs(name, words)), api(cast.owner)
    for field in fields_of(filled) if filled else [("unknown",)]:
        for what, value in VALUES.items():
            body = spoiled(filled, field, value)
            if method == "GET":
                flat = {key: json.dumps(each) if isinstance(each, dict | list) else each for key, each in body.items()}
                check(ask(method, f"{path}?{urlencode(flat)}"), (name, field, what))
            else:
                check(ask(method, path, json.dumps(body).encode()), (name, field, what))


@pytest.mark.parametrize("kind", BODIES)
def test_bodies(api, cast, tracking, kind):
    ask, (_, words) = api(cast.owner), filled_in({}, cast)
    for name in sorted({name for name, *_ in TRACKING}):
        path = reverse(name, kwargs=of_runs(name, words))
        for method in ("POST", "PATCH", "DELETE", "GET"):
            check(ask(method, path, BODIES[kind]), (name, method))


@pytest.mark.parametrize("query", QUERIES)
def test_queries(api, cast, tracking, query):
    ask, (_, words) = api(cast.owner), filled_in({}, cast)
    for name in sorted({name for name, *_ in TRACKING}):
        check(ask("GET", f"{reverse(name, kwargs=of_runs(name, words))}?{query}"), (name, query))
