"""Requests to servers that users name: where they may go, what is sent there, and how much is read."""

import json

import pytest

from registry.exceptions import DoesNotExist, InvalidParameterValue, InvalidState, SourceUnavailable
from registry.remotes import connection, guard
from registry.remotes.connection import Connection, Credential, checked_address, checked_reach
from tests.registry.remotes.servers import served


@pytest.fixture
def server():
    with served() as running:
        yield running


@pytest.fixture
def other():
    with served() as running:
        yield running


@pytest.fixture
def allowed(server, settings, monkeypatch):
    """A connection to the server, which REGISTER_FROM names."""
    monkeypatch.setattr(connection, "_PAUSE", 0)
    settings.STORAGE = {**settings.STORAGE, "register_from": [server.url]}
    return Connection(server.url, Credential("secret"), is_trusted=False)


def told(value, status=200, **headers):
    return status, headers, json.dumps(value).encode()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "[::1]",
     "[::ffff:127.0.0.1]",
     "[fec0::1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]",
     "[fe80::1]", "[2002:7f00:1::]", "[64:ff9b:1::1]", "localhost", "127.1", "2130706433"],
)  # fmt: skip
def test_no_address_within_a_network_is_asked(host):
    with pytest.raises(InvalidState, match="within a network|does not answer"):
        Connection(f"http://{host}:9", Credential(), is_trusted=False).json("x")


def test_nothing_is_sent_to_a_server_that_is_not_named(server):
    with pytest.raises(InvalidState, match="within a network"):
        Connection(server.url, Credential("secret"), is_trusted=False).json("x")
    assert server.asked == []


def test_a_server_that_register_from_names_is_asked_and_so_is_one_whoever_runs_the_machine_names(allowed, server):
    server.answers["/x"] = told({"a": 1})
    assert allowed.json("x", name="é & b") == {"a": 1}
    assert Connection(server.url, Credential(), is_trusted=True).json("x") == {"a": 1}
    path, headers = server.asked[0]
    assert (path, headers["Authorization"]) == ("/x?name=%C3%A9+%26+b", "Bearer secret")
    assert "Authorization" not in server.asked[1][1]


def test_a_password_is_sent_as_one(server):
    server.answers["/x"] = told({})
    Connection(server.url, Credential("open:sesame", "ali"), is_trusted=True).json("x")
    assert server.asked[0][1]["authorization"].startswith("Basic ")


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_server_leads_into_no_network(allowed, server, other, is_trusted):
    """Nor does one that is trusted: it may have been told where to lead."""
    server.answers["/x"] = (302, {"Location": f"{other.url}/secret"}, b"")
    asking = Connection(server.url, Credential("secret"), is_trusted=is_trusted)
    with pytest.raises(InvalidState, match="within a network"):
        asking.json("x")
    with pytest.raises(InvalidState, match="within a network"):
        asking.stream(f"{other.url}/secret")
    assert other.asked == []


def test_two_readers_of_an_address_see_the_same_server_in_it(allowed, server, other):
    near, far = server.url.removeprefix("http://"), other.url.removeprefix("http://")
    for where in (
        f"http://{far}\\\\@{near}/x",
        f"http://{far}@{near}/x",
        f"http://{near}@{far}/x",
        "http://[::1",
        "http://a:99999/",
    ):
        server.answers["/x"] = (302, {"Location": where}, b"")
        with pytest.raises(InvalidState):
            allowed.json("x")
    assert other.asked == []


def test_what_register_from_names_is_a_part_of_a_server(server, settings, monkeypatch):
    monkeypatch.setattr(connection, "_PAUSE", 0)
    settings.STORAGE = {**settings.STORAGE, "register_from": [f"{server.url}/mlflow"]}
    server.answers["/mlflow/x"] = (302, {"Location": "/admin"}, b"")
    for where in ("mlflow/../admin", "mlflow/%2e%2e/admin"):
        with pytest.raises(InvalidParameterValue):
            Connection(f"{server.url}/{where}", Credential(), is_trusted=False)
    with pytest.raises(InvalidState, match="within a network"):
        Connection(f"{server.url}/mlflow", Credential("secret"), is_trusted=False).json("x")
    assert [path for path, _ in server.asked] == ["/mlflow/x"]


def test_the_credential_is_for_the_server_itself(allowed, server, other, monkeypatch):
    monkeypatch.setattr(guard, "is_public", lambda address: True)
    server.answers["/x"] = (307, {"Location": f"{other.url}/file"}, b"")
    other.answers["/file"] = (200, {}, b"content")
    assert b"".join(allowed.stream("x")) == b"content"
    assert "Authorization" in server.asked[0][1]
    assert "Authorization" not in other.asked[0][1]


def test_one_that_leads_nowhere_is_left(allowed, server):
    server.answers["/x"] = (302, {"Location": "/x"}, b"")
    with pytest.raises(InvalidState, match="from one address to the next"):
        allowed.json("x")
    server.answers["/y"] = (302, {"Location": "file:///etc/passwd"}, b"")
    with pytest.raises(InvalidState, match="no address that is asked"):
        allowed.json("y")


def test_it_is_asked_again_for_a_while(allowed, server):
    waiting = [told({}, 503), told({}, 429), told({"at": "last"})]
    server.answers["/x"] = (200, {}, lambda: waiting.pop(0))
    assert allowed.json("x") == {"at": "last"}
    server.answers["/y"] = told({}, 503)
    with pytest.raises(SourceUnavailable, match="does not answer"):
        allowed.json("y")


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, InvalidState), (403, InvalidState), (404, DoesNotExist), (400, InvalidState), (204, InvalidState)],
)
def test_what_it_refuses_is_said_at_once(allowed, server, status, error):
    server.answers["/x"] = told({}, status)
    with pytest.raises(error):
        allowed.json("x")
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"", b'{"a": '])
def test_what_is_no_answer_of_such_a_server_is_said_to_be_none(allowed, server, body):
    server.answers["/x"] = (200, {}, body)
    with pytest.raises(InvalidState, match="as such a server does"):
        allowed.json("x")


def test_no_answer_is_read_without_an_end(allowed, server, monkeypatch):
    monkeypatch.setattr(connection, "_LONGEST_ANSWER", 1000)
    monkeypatch.setattr(connection, "_MOST_PAGES", 3)
    server.answers["/x"] = told({"a": "x" * 2000})
    with pytest.raises(InvalidState, match="more than 1000 bytes"):
        allowed.json("x")
    server.answers["/list"] = told({"items": [{}], "next_page_token": "again"})
    with pytest.raises(InvalidState, match="without an end"):
        list(allowed.pages("list", "items"))


def test_a_download_that_breaks_off_is_told(allowed, server):
    server.answers["/x"] = (200, {"Content-Length": "100"}, b"short")
    with pytest.raises(SourceUnavailable):
        list(allowed.stream("x"))


def test_one_that_is_away_is_said_to_be(monkeypatch):
    monkeypatch.setattr(connection, "_PAUSE", 0)
    with pytest.raises(SourceUnavailable, match=r"http://127\.0\.0\.1:9 does not answer \(the connection failed\)"):
        Connection("http://127.0.0.1:9", Credential(), is_trusted=True).json("x")


@pytest.mark.parametrize(
    "text",
    ["", "mlflow", "ftp://a", "http://", "http://a:b", "http://a?x", "http://a#x", "http://u:p@a", "http://a\nb",
     "file:///a", "http://[::1"],
)  # fmt: skip
def test_what_is_no_address_of_a_server_is_refused(text):
    with pytest.raises(InvalidParameterValue):
        checked_address(text)


def test_register_from_names_servers_and_folders():
    assert checked_reach(" https://mlflow.example.com:5000/prefix/ ") == "https://mlflow.example.com:5000/prefix"
    assert checked_reach("file:///srv/models/") == "file:///srv/models"
