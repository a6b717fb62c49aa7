"""A disk that is full, or nearly: told by numbers, as if it were."""

import errno
from collections import namedtuple
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import OperationalError

from registry import storage
from registry.conflicts import is_full
from registry.exceptions import StorageFull
from registry.services.artifacts import uploads
from registry.storage import new_location, room
from tests.cast import actor
from tests.registry.api.test_files import upload_url

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def left(monkeypatch, settings, tmp_path):
    """``left(bytes)`` makes the disk have so many bytes left."""
    settings.RESERVE_FILE = tmp_path / "reserve"
    return lambda size: monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(0, 0, size))


def test_an_upload_that_does_not_fit_is_507_with_words(api, client, cast, left):
    url = upload_url(api, cast.writer)
    left(room.LEAST)
    answer = client.put(url, b"bytes", content_type="")
    assert (answer.status_code, answer.json()["error_code"]) == (507, "INSUFFICIENT_STORAGE")
    assert "full" in answer.json()["message"]


def test_what_is_refused_for_want_of_room_leaves_nothing(left, artifact_root):
    left(room.LEAST + 20 * 1024 * 1024)
    store = storage.uploads(new_location("x"))

    def growing():
        for number in range(40):
            left(room.LEAST + (20 - number) * 1024 * 1024)
            yield b"x" * 1024 * 1024

    with pytest.raises(StorageFull):
        store.receive(new_location(uuid4()), "f", growing())
    assert list((artifact_root / "incoming").iterdir()) == []


def test_a_disk_that_fills_up_while_a_file_is_written_is_507_too(cast, left, monkeypatch):
    left(10**12)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("registry.durable.sync_file", full)
    room.keep_reserve(Path("/"))
    with pytest.raises(StorageFull):
        uploads.write_artifact(actor=actor(cast.writer), version=cast.pending, path="f", chunks=[b"x"])


def test_the_reserve_is_made_where_there_is_plenty_and_given_up_where_there_is_none(left, settings, tmp_path):
    left(10**12)
    room.keep_reserve(tmp_path)
    assert settings.RESERVE_FILE.stat().st_size == room.RESERVE
    left(room.RESERVE)
    room.keep_reserve(tmp_path)
    assert settings.RESERVE_FILE.exists()
    left(0)
    room.keep_reserve(tmp_path)
    assert not settings.RESERVE_FILE.exists()


def test_a_full_database_is_told_from_a_busy_one():
    assert is_full(OperationalError("database or disk is full"))
    assert not is_full(OperationalError("database is locked"))
