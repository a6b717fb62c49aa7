"""Fixtures that every test may use."""

import json
import os
import shutil
from datetime import timedelta
from functools import wraps
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from accounts.hashing import OneAtATimeHasher
from accounts.models import EVERYONE, PersonalAccessToken
from accounts.sessions import note_proof
from registry.api.discovery import workspace_id
from registry.audit import denials
from registry.storage.local import LocalFiles, LocalLender, LocalUploads
from registry.storage.objects import ObjectFiles, ObjectLender, ObjectUploads
from registry.storage.objects.s3 import S3Bucket
from registry.tracking import wire
from tests import cast as casting
from tests.needed import NEEDED, missing
from tests.prepared import prepared
from tests.s3 import s3, s3_server
from tests.tracking import attached_server, logged, tracking, tracking_server

__all__ = [
    "attached_server",
    "logged",
    "prepared",
    "s3",
    "s3_server",
    "tracking",
    "tracking_server",
]  # and what follows


@pytest.fixture(scope="session")
def room(tmp_path_factory):
    return tmp_path_factory.mktemp("installations")


@pytest.fixture(autouse=True)
def artifact_root(settings, room):
    """A place for artifacts of the test's own. No folder is made before something is written: most tests write nothing.

    pytest's ``tmp_path`` makes one, and reads the names of all that the tests before have made.
    """
    folder = room / uuid4().hex
    settings.ARTIFACT_ROOT, settings.LENT_ROOT = folder / "artifacts", folder / "lent"
    settings.INSTALLATION_FILE, settings.AUDIT_HEAD = folder / "installation", folder / "audit_head"
    settings.COPY_ANSWER_WAITS = 0  # there is no worker
    settings.STORAGE = {**settings.STORAGE, "direct": False}  # signed URLs are ours, wherever files lie
    yield settings.ARTIFACT_ROOT
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def disks_that_nobody_waits_for(monkeypatch):
    """As ``fsync=off`` does on the tests' PostgreSQL: what outlasts a power cut, tests/faults asks the product."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(autouse=True, scope="session")
def no_bytes_in_a_transaction():
    """Storage is as slow as a network: nothing waits for it with a row locked, or a transaction open."""
    with pytest.MonkeyPatch.context() as patch:
        for store in (LocalFiles, LocalUploads, LocalLender, ObjectFiles, ObjectUploads, ObjectLender, S3Bucket):
            for name, verb in vars(store).items():
                if not name.startswith("_"):
                    patch.setattr(store, name, outside_of_transactions(verb))
        patch.setattr(wire, "ask", outside_of_transactions(wire.ask))
        yield


def outside_of_transactions(verb):
    @wraps(verb)
    def checked(*args, **kwargs):
        ours = [block for block in connection.atomic_blocks if not block._from_testcase]
        assert not ours, f"{verb.__qualname__} is called in a transaction"
        return verb(*args, **kwargs)

    return checked


@pytest.fixture(autouse=True)
def uncollected_static_files(settings):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}


@pytest.fixture(autouse=True)
def broker_that_has_not_failed(monkeypatch):
    monkeypatch.setattr("registry.queue._paused_until", 0.0)


@pytest.fixture(autouse=True)
def hashes_that_take_no_second(monkeypatch):
    monkeypatch.setattr(OneAtATimeHasher, "iterations", 1000)


@pytest.fixture(autouse=True)
def no_denials_of_other_tests():
    denials._pending.waiting.clear()
    denials._pending.beyond.clear()


@pytest.fixture
def no_trash(settings):
    """What is deleted is gone at once, with its files: TRASH_DAYS=0."""
    settings.TRASH_KEPT_FOR = timedelta(0)


@pytest.fixture
def cast(db):
    Group.objects.get_or_create(name=EVERYONE)
    return casting.assemble()


class Api:
    """Asks the API as one principal, with a bearer token, as clients do."""

    def __init__(self, client, user=None):
        self.client = client
        self.headers = {}
        workspace_id()  # which a process reads once
        if user is not None:
            _, secret = PersonalAccessToken.objects.issue(user)
            self.headers["Authorization"] = f"Bearer {secret}"

    def __call__(self, method, path, body=None, **options):
        headers = {**self.headers, **options.pop("headers", {})}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body)
        if body is not None:
            options |= {"data": body, "content_type": "application/json"}
        return self.client.generic(method, path, headers=headers, **options)

    def ok(self, method, path, body=None, **options):
        """The JSON of an answer that must be 200: MLflow takes no other status for success."""
        answer = self(method, path, body, **options)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def error(self, method, path, body=None, **options):
        """Status and code of an answer that must be an error in the envelope."""
        answer = self(method, path, body, **options)
        assert answer["Content-Type"] == "application/json", answer.content
        told = answer.json()
        assert set(told) == {"error_code", "message", "details"}
        assert told["message"]
        return answer.status_code, told["error_code"]


@pytest.fixture
def api(client, db):
    """``api(user)`` asks as that user, ``api()`` without a token."""
    return lambda user=None: Api(client, user)


@pytest.fixture
def as_user(client):
    """``as_user(user)`` is a browser in which that user has signed in just now."""

    def sign_in(user):
        client.logout()
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            session = client.session
            note_proof(session)
            session.save()
        return client

    return sign_in


# Groups of tests that need something of the machine (tests/needed.py). Where it is missing they are named at the end;
# with CI=true that is a failure, unless no package could bring it.


def pytest_collection_modifyitems(config, items):
    left_out = missing()
    for item in items:
        for group in left_out:
            if item.get_closest_marker(group):
                item.add_marker(pytest.mark.skip(reason=f"{NEEDED[group].words}: not here"))


def pytest_terminal_summary(terminalreporter):
    for group in missing():
        terminalreporter.write_line(f"NOT RUN: the group «{group}» needs {NEEDED[group].words}.", yellow=True)


def pytest_sessionfinish(session, exitstatus):
    incomplete = any(NEEDED[group].is_for_sale for group in missing())
    if incomplete and os.environ.get("CI") == "true" and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
