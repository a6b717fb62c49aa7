"""Suggestions for descriptions, by an endpoint that speaks OpenAI's chat completions: a stub here."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from registry.exceptions import InvalidState, PermissionDenied
from registry.models import AuditEvent, Metastore
from registry.services.versions import suggestions
from tests.cast import actor, grant
from tests.factories import ModelVersionFactory, RegisteredModelFactory, write

MLMODEL = """
flavors: {sklearn: {}}
signature:
  inputs: '[{"type": "double", "name": "age", "required": true}]'
  outputs: '[{"type": "long", "name": "churns", "required": true}]'
"""


class Stub(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, self.headers.get("Authorization"), asked))
        status, body = self.server.answers
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def says(text):
    return 200, json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}).encode()


@pytest.fixture
def endpoint(settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    server.asked, server.answers = [], says("  Predicts **churn**.\n")
    Thread(target=server.serve_forever, daemon=True).start()
    settings.AI = {"base_url": f"http://127.0.0.1:{server.server_port}/v1", "model": "tiny", "api_key": "sk-secret"}
    yield server
    server.shutdown()
    server.server_close()


def suggest(cast, subject=None, *, by=None):
    return suggestions.suggest_description(actor=actor(by or cast.owner), subject=subject or cast.model)


def test_the_endpoint_is_told_the_metadata_and_nothing_else(cast, endpoint):
    version = write(ModelVersionFactory(registered_model=cast.model, comment="Retrained."), MLmodel=MLMODEL)
    version.metrics = [{"key": "auc", "value": 0.9, "step": 0, "timestamp": 1}]
    version.save()
    cast.model.tags.create(key="team", value="growth")
    assert suggest(cast) == "Predicts **churn**."
    [(path, authorization, asked)] = endpoint.asked
    assert (path, authorization, asked["model"]) == ("/v1/chat/completions", "Bearer sk-secret", "tiny")
    told = json.loads(asked["messages"][1]["content"])
    assert told == suggestions.metadata_of(actor=actor(cast.owner), subject=cast.model)
    assert (told["name"], told["tags"], told["versions"]) == ("shop.ml.churn", {"team": "growth"}, 3)
    assert told["newest_version"] == {
        "version": 3, "description_of_version": "Retrained.", "flavors": ["sklearn"], "metrics": {"auc": 0.9},
        "signature": {"inputs": ["age: double"], "outputs": ["churns: long"]},
    }  # fmt: skip
    cast.model.refresh_from_db()
    assert cast.model.comment == ""  # a suggestion is kept nowhere
    event = AuditEvent.objects.get(action_name="generateComment")
    assert (event.actor, event.parameters["model"]) == ("owner@example.com", "tiny")


def test_containers_tell_only_of_children_that_the_asker_sees(cast, endpoint):
    grant(cast.writer, cast.schema, "MANAGE")
    assert list(suggestions.metadata_of(actor=actor(cast.writer), subject=cast.schema)["models"]) == ["churn"]
    hidden = RegisteredModelFactory(schema__catalog=cast.catalog, schema__name="hidden")
    grant(cast.browser, hidden.schema, "MANAGE")
    grant(cast.stranger, cast.catalog, "USE CATALOG", "MANAGE")
    told = suggestions.metadata_of(actor=actor(cast.stranger), subject=cast.catalog)
    assert list(told["schemas"]) == ["hidden", "ml"]


def test_who_may_not_describe_gets_no_draft_and_nothing_leaves(cast, endpoint):
    for member in (cast.writer, cast.reader, cast.browser):
        with pytest.raises(PermissionDenied):
            suggest(cast, by=member)
    with pytest.raises(Exception, match="no description"):
        suggest(cast, Metastore.current(), by=cast.admin)
    assert endpoint.asked == []


def test_a_version_is_described_too(cast, endpoint):
    assert suggest(cast, cast.version) == "Predicts **churn**."
    assert json.loads(endpoint.asked[0][2]["messages"][1]["content"])["kind"] == "model version"


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ((500, b"sk-secret"), "status 500"),
        ((302, b""), "status 302"),
        ((200, b"<html>"), "not a suggestion"),
        ((200, b'{"choices": []}'), "not a suggestion"),
        ((200, b'{"choices": [{"message": {"content": null}}]}'), "not a suggestion"),
        (says("  "), "with nothing"),
        ((200, b"x" * 2_000_000), "too long"),
    ],
)
def test_an_endpoint_that_answers_something_else_is_an_error_in_words(cast, endpoint, answers, reason):
    endpoint.answers = answers
    with pytest.raises(InvalidState, match=reason) as refused:
        suggest(cast)
    assert "sk-secret" not in refused.value.message


def test_an_endpoint_that_is_not_there_is_an_error_in_words(cast, settings):
    settings.AI = {"base_url": "http://user:sk-secret@127.0.0.1:9/v1", "model": "tiny", "api_key": ""}
    with pytest.raises(InvalidState, match="cannot be reached") as refused:
        suggest(cast)
    assert "sk-secret" not in refused.value.message


def test_while_one_suggestion_is_waited_for_no_other_keeps_a_thread_waiting(cast, endpoint, monkeypatch):
    def ask(messages):
        with pytest.raises(InvalidState, match="Another description is being suggested"):
            suggest(cast)
        return endpoint.answers[1]

    monkeypatch.setattr(suggestions, "_ask", ask)
    assert suggest(cast) == "Predicts **churn**."
    assert AuditEvent.objects.filter(action_name="generateComment").count() == 1
    assert suggest(cast) == "Predicts **churn**."  # what has ended is out of the way


def test_without_an_endpoint_there_are_no_suggestions(cast):
    with pytest.raises(InvalidState, match="AI_BASE_URL"):
        suggest(cast)


def test_the_dialog_shows_what_leaves_and_then_a_suggestion_that_is_saved_as_any_description(as_user, cast, endpoint):
    browser, page = as_user(cast.owner), "/explore/objects/function/shop.ml.churn/draft"
    shown = browser.get(page).content.decode()
    assert "127.0.0.1" in shown
    assert "&quot;name&quot;: &quot;shop.ml.churn&quot;" in shown
    assert endpoint.asked == []
    suggested = browser.post(page).content.decode()
    assert "Written by tiny" in suggested
    assert "Predicts **churn**." in suggested
    assert 'action="/explore/objects/function/shop.ml.churn/comment"' in suggested
    endpoint.answers = 503, b""
    assert "status 503" in browser.post(page).content.decode()


def test_the_dialog_explains_what_to_set_where_nothing_is(as_user, cast):
    shown = as_user(cast.owner).get("/explore/objects/function/shop.ml.churn/draft").content.decode()
    assert "AI_BASE_URL" in shown
    assert "Generate" not in shown
