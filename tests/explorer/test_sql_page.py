"""The page on which statements are executed: examples, what one has executed, and the end of words."""

import html
import re

import pytest

from registry import sql
from tests.pages import text


def offered(client, letters):
    return [
        html.unescape(value)
        for value in re.findall(r'value="([^"]*)"', text(client.get("/sql/names", {"letters": letters})))
    ]


def test_examples_are_statements_that_this_server_reads(as_user, cast):
    page = text(as_user(cast.reader).get("/sql"))
    examples = re.findall(r'href="\?statement=([^"]+)"', page)
    assert len(examples) >= 8
    for example in examples:
        shown = text(as_user(cast.reader).get(f"/sql?statement={example}"))
        statement = html.unescape(re.search(r"<textarea[^>]*>\s*(.*?)</textarea>", shown)[1])
        assert sql.parse(statement)


def test_what_one_has_executed_comes_back_the_newest_first(as_user, cast, monkeypatch):
    monkeypatch.setattr("explorer.views.sql.KEPT", 2)
    reader = as_user(cast.reader)
    for statement in ("SHOW CATALOGS", "SHOW nonsense", "SHOW SCHEMAS IN shop", "SHOW nonsense"):
        page = text(reader.post("/sql", {"statement": statement}))
    kept = re.findall(r'title="(SHOW [^"]+)"', page)
    assert kept == ["SHOW nonsense", "SHOW SCHEMAS IN shop"]
    reader.post("/sql", {"statement": f"COMMENT ON MODEL shop.ml.churn IS '{'x' * 3_000}'"})
    assert "xxx" not in text(reader.get("/sql")).partition("History")[2]
    assert "History" not in text(as_user(cast.owner).get("/sql"))


def test_words_and_names_are_offered_that_one_may_know(as_user, cast):
    assert offered(as_user(cast.reader), "show g") == []
    assert offered(as_user(cast.reader), "grA") == ["GRANT"]
    assert offered(as_user(cast.reader), "chur") == ["shop.ml.churn"]
    assert offered(as_user(cast.stranger), "chur") == []
    assert offered(as_user(cast.stranger), "everybody") == ["`everybody-in-sales`"]
    assert offered(as_user(cast.reader), "") == []
    assert "EXECUTE" in offered(as_user(cast.reader), "exe")


@pytest.mark.parametrize(("name", "shown"), [("a.b.c", "a.b.c"), ("a-b.c d.e", "`a-b`.`c d`.e")])
def test_names_are_written_as_statements_have_them(name, shown):
    assert sql.written(name) == shown
