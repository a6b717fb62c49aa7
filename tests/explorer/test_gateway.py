"""The way in: bodies are awaited by the loop, threads only work."""

import asyncio
import json
import time

import pytest
from django.db import connection

from explorer.serving import bodies, gateway
from explorer.serving.bodies import Disconnected, gather
from explorer.serving.environ import AFTERWARDS
from explorer.serving.gateway import Gateway
from explorer.serving.routes import Lane, lane_of
from registry.exceptions import IncompleteBody, SlowBody
from registry.http.waiting import WAITING, Waiting
from tests.live import eventually

FILE = "/api/2.0/fs/files/Models/a/b/c/1/f"


class Client:
    """Sends messages to an ASGI application, with pauses (numbers) between them, and keeps what it answers."""

    def __init__(self, *messages, method="POST", path="/login", headers=()):
        self.messages, self.sent = list(messages), []
        self.scope = {
            "type": "http", "method": method, "path": path, "query_string": b"", "http_version": "1.1",
            "headers": list(headers), "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
        }  # fmt: skip

    async def receive(self):
        while self.messages:
            message = self.messages.pop(0)
            if not isinstance(message, (int, float)):
                return message
            await asyncio.sleep(message)
        return await asyncio.sleep(60)

    async def send(self, message):
        self.sent.append(message)

    def ask(self, application):
        asyncio.run(asyncio.wait_for(Gateway(application)(self.scope, self.receive, self.send), 20))
        return self

    @property
    def status(self):
        return self.sent[0]["status"] if self.sent else None

    @property
    def content(self):
        return b"".join(message.get("body", b"") for message in self.sent)


def piece(content=b"", more=True):
    return {"type": "http.request", "body": content, "more_body": more}


def no_matter(size):
    """Room without end."""


GONE = {"type": "http.disconnect"}


@pytest.fixture
def reached():
    """Bodies that have reached the application, as far as it could read them."""
    return []


@pytest.fixture
def application(reached):
    def answer(environ, start_response):
        try:
            reached.append(b"".join(iter(lambda: environ["wsgi.input"].read(1000), b"")))
        except (IncompleteBody, SlowBody) as error:
            reached.append(error)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"do", b"ne"]

    return answer


@pytest.fixture
def impatient(monkeypatch, settings):
    monkeypatch.setattr(bodies, "WINDOW", 0.3)
    monkeypatch.setattr(gateway, "BODY_SECONDS", 0.3)
    settings.LEAST_BYTES_PER_SECOND = 100


def test_a_small_body_reaches_the_application_whole(application, reached):
    client = Client(piece(b"a="), 0.01, piece(b"1", more=False)).ask(application)
    assert (client.status, client.content, reached) == (200, b"done", [b"a=1"])


def test_a_small_body_that_breaks_off_reaches_nobody(application, reached):
    assert Client(piece(b"a="), GONE).ask(application).sent == []
    assert reached == []


def test_a_small_body_that_does_not_arrive_is_ended_without_a_thread(application, reached, impatient):
    client = Client(piece(b"a")).ask(application)
    assert (client.status, json.loads(client.content)["error_code"]) == (408, "REQUEST_TIMEOUT")
    assert reached == []


def test_of_a_body_that_is_too_long_one_byte_too_many_is_kept():
    client = Client(piece(b"x" * 600), piece(b"y" * 600, more=False))
    assert len(asyncio.run(gather(client.receive, 1000, 5, no_matter))) == 1000
    assert client.messages == []  # the rest was taken in: who is sending hears the answer


@pytest.mark.parametrize("path", ["/login", "/explore/data/create", "/api/2.1/unity-catalog/catalogs", "/healthz"])
def test_no_file_within_a_form_is_parsed(application, reached, path):
    """Django's way with files is the disk: anybody could have filled it before they said who they are."""
    form = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + b"x" * 1_000_000
    headers = [(b"content-type", b"Multipart/Form-Data; boundary=b"), (b"cookie", b"csrftoken=chosen")]
    client = Client(piece(form, more=False), path=path, headers=headers).ask(application)
    assert (client.status, json.loads(client.content)["error_code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert reached == []
    assert dict(client.sent[0]["headers"])[b"x-content-type-options"] == b"nosniff"


@pytest.mark.parametrize("path", ["/login", "/login/single-sign-on/callback", "/oidc/v1/token", "/admin/login/"])
def test_who_has_not_signed_in_has_little_to_say(application, reached, path):
    assert Client(piece(b"x" * 17_000, more=False), path=path).ask(application).status == 413
    assert Client(piece(b"x" * 16_000, more=False), path=path).ask(application).status == 200
    assert len(reached) == 1


def test_long_bodies_share_their_room_and_short_ones_always_have_some(application, reached, monkeypatch):
    monkeypatch.setattr(bodies, "HELD_MOST", 150_000)
    way, answers = Gateway(application), {}

    async def ask(name, *messages):
        client = Client(*messages, path="/explore/data/create")
        await way(client.scope, client.receive, client.send)
        answers[name] = client.status

    async def together():
        first = asyncio.create_task(ask("first", piece(b"x" * 100_000), 0.3, piece(b"x", more=False)))
        await asyncio.sleep(0.1)
        await ask("second", piece(b"x" * 100_000, more=False))
        await ask("short", piece(b"x" * 1_000, more=False))
        await first
        await ask("third", piece(b"x" * 100_000, more=False))

    asyncio.run(asyncio.wait_for(together(), 20))
    assert answers == {"first": 200, "second": 503, "short": 200, "third": 200}
    assert way.room.held == 0


@pytest.mark.parametrize("headers", [(), [(b"content-length", b"10")]], ids=["chunked", "announced"])
def test_a_file_that_breaks_off_is_incomplete(application, reached, headers):
    Client(piece(b"half"), GONE, method="PUT", path=FILE, headers=headers).ask(application)
    assert isinstance(reached[0], IncompleteBody)


def test_a_file_of_a_byte_a_moment_is_ended(application, reached, impatient):
    slow = [part for _ in range(20) for part in (0.05, piece(b"x"))]
    Client(*slow, method="PUT", path=FILE).ask(application)
    assert isinstance(reached[0], SlowBody)


def test_a_file_that_pauses_and_is_fast_all_in_all_arrives(application, reached, impatient):
    fast = [part for _ in range(5) for part in (0.1, piece(b"x" * 1000))]
    client = Client(*fast, piece(more=False), method="PUT", path=FILE).ask(application)
    assert (client.status, len(reached[0])) == (200, 5000)


def test_a_reader_that_takes_nothing_is_ended(impatient):
    made = []

    def endless(environ, start_response):
        start_response("200 OK", [])
        return (made.append(1) or b"x" * 1000 for _ in range(1000))

    client = Client(piece(more=False), method="GET", path=FILE)

    async def stuck(message):
        client.sent.append(message)
        if len(client.sent) > 3:
            await asyncio.sleep(60)

    client.send = stuck
    client.ask(endless)
    assert len(made) < 10
    assert client.sent[-1].get("more_body")  # no end: the client knows that it is not whole


def test_what_a_client_that_has_gone_asked_for_is_made_no_further():
    made = []

    def endless(environ, start_response):
        start_response("200 OK", [])
        return (made.append(1) or b"x" for _ in range(10_000))

    Client(piece(more=False), 0.05, GONE, method="GET", path=FILE).ask(endless)
    assert len(made) < 10_000


def test_an_answer_that_fails_on_its_way_is_cut_and_never_ends_well():
    def failing(environ, start_response):
        start_response("200 OK", [("Content-Length", "100")])
        return (piece if piece else 1 / 0 for piece in (b"some", None))

    client = Client(piece(more=False), method="GET", path=FILE).ask(failing)
    assert (client.status, client.content, client.sent[-1].get("more_body")) == (200, b"some", True)


def test_a_defect_is_answered_in_the_envelope():
    def broken(environ, start_response):
        raise RuntimeError

    for path in (FILE, "/login"):
        client = Client(piece(more=False), method="GET", path=path).ask(broken)
        assert (client.status, json.loads(client.content)["error_code"]) == (500, "INTERNAL_ERROR")


def test_an_answer_may_wait_without_a_thread():
    asked = []

    def waiting(environ, start_response):
        environ[WAITING] = Waiting(lambda: bool(asked.append(1)) or len(asked) > 2, lambda: b"later", 5)
        start_response("200 OK", [("Content-Length", "3")])
        return [b"now"]

    client = Client(piece(more=False)).ask(waiting)
    assert client.content == b"later"
    assert dict(client.sent[0]["headers"])[b"content-length"] == b"5"


def test_more_transfers_than_there_is_room_for_are_asked_to_come_again(monkeypatch, application):
    monkeypatch.setitem(gateway.WAITING, Lane.BYTES, -gateway.THREADS[Lane.BYTES])
    client = Client(piece(more=False), method="PUT", path=FILE).ask(application)
    assert client.status == 503
    assert (b"retry-after", b"1") in client.sent[0]["headers"]


def test_64_who_sign_in_at_once_keep_no_reader_waiting():
    """Some are served in turn, the others are asked to come again, with a page."""
    at_once, most = [0], [0]

    def hashing(environ, start_response):
        if environ["REQUEST_METHOD"] == "POST":
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
            time.sleep(0.05)
            at_once[0] -= 1
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"done"]

    async def crowd():
        way = Gateway(hashing)
        signing_in = [Client(piece(more=False)) for _ in range(64)]
        waiting = [asyncio.create_task(way(one.scope, one.receive, one.send)) for one in signing_in]
        await asyncio.sleep(0.01)
        began, reader = time.monotonic(), Client(piece(more=False), method="GET", path="/explore/data")
        await way(reader.scope, reader.receive, reader.send)
        took = time.monotonic() - began
        await asyncio.gather(*waiting)
        return signing_in, reader, took

    signing_in, reader, took = asyncio.run(crowd())
    statuses = [one.status for one in signing_in]
    assert statuses.count(200) == 17
    assert statuses.count(503) == 47
    turned_away = next(one for one in signing_in if one.status == 503)
    assert b"Try again in a few seconds" in turned_away.content
    assert dict(turned_away.sent[0]["headers"])[b"retry-after"] == b"5"
    assert (reader.status, most) == (200, [1])
    assert took < 0.4  # the crowd takes twice as long


@pytest.mark.parametrize(
    ("method", "path", "lane"),
    [
        ("GET", "/healthz", Lane.HEALTH),
        ("GET", FILE, Lane.BYTES),
        ("PUT", FILE, Lane.BYTES),
        ("POST", FILE, Lane.QUICK),  # begins or completes an upload in parts
        ("PUT", "/api/2.0/fs/presigned-parts/u/p/1", Lane.BYTES),
        ("GET", "/api/2.0/fs/presigned/u/f", Lane.BYTES),
        ("GET", "/api/2.0/fs/directories/Models/a/b/c/1", Lane.QUICK),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts/u/MLmodel", Lane.BYTES),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts", Lane.QUICK),
        ("POST", "/api/2.0/workspace/import", Lane.BYTES),
        ("POST", "/api/2.0/workspace-files/import-file/Users/me/f", Lane.BYTES),
        ("POST", "/api/2.0/workspace/mkdirs", Lane.QUICK),
        ("GET", "/api/2.0/workspace/get-status", Lane.QUICK),
        ("GET", "/api/2.0/workspace/export", Lane.BYTES),
        ("GET", "/api/2.0/workspace-files/Users/me/f", Lane.BYTES),
        ("GET", "/explore/data/models/a/b/c/version/1/artifacts.zip", Lane.BYTES),
        ("GET", "/explore/data/models/a/b/c/version/1/artifacts/x/y", Lane.BYTES),
        ("GET", "/explore/data/models/a/b/c/version/1", Lane.QUICK),
        ("GET", "/audit/audit-events.csv", Lane.BYTES),
        ("GET", "/api/2.1/catalog-explorer/audit-events/export", Lane.BYTES),
        ("POST", "/login", Lane.PASSWORDS),
        ("GET", "/login", Lane.QUICK),
        ("POST", "/settings/password", Lane.PASSWORDS),
        ("POST", "/settings/users/7/password", Lane.PASSWORDS),
        ("POST", "/admin/accounts/user/7/password/", Lane.PASSWORDS),
    ],
)
def test_the_way_of_a_request_is_told_by_its_address(method, path, lane):
    assert lane_of(method, path) is lane


def test_who_goes_while_a_body_is_gathered_is_no_error():
    with pytest.raises(Disconnected):
        asyncio.run(gather(Client(piece(b"x"), GONE).receive, 10, 5, no_matter))


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
@pytest.mark.parametrize("path", ["/login", FILE, "/healthz"])
def test_methods_for_proxies_reach_nobody(application, reached, method, path):
    client = Client(piece(more=False), method=method, path=path, headers=[(b"cookie", b"secret")]).ask(application)
    assert (client.status, reached) == (405, [])
    assert b"secret" not in client.content


def test_what_is_left_to_be_done_comes_after_the_answer_and_is_done_when_the_client_has_gone(db):
    seen = []

    class Noting(Client):
        async def send(self, message):
            if self.leaves:
                raise Disconnected
            await super().send(message)
            seen.append(message["type"])

    def answer(environ, start_response):
        environ[AFTERWARDS].append(lambda: 1 / 0)  # which harms nothing else
        environ[AFTERWARDS].append(lambda: seen.append("afterwards") or connection.close())
        start_response("200 OK", [])
        return [b"done"]

    for leaves, expected in (
        (False, ["http.response.start", "http.response.body", "afterwards"]),
        (True, ["afterwards"]),
    ):
        seen.clear()
        client = Noting(piece(b"", more=False))
        client.leaves = leaves
        client.ask(answer)
        eventually(lambda: "afterwards" in seen, 10)
        assert seen == expected
