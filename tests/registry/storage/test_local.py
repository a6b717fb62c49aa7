import os
import uuid
from pathlib import Path

import pytest

from registry.exceptions import InvalidParameterValue
from registry.storage import artifact_store, copy_within, new_location, write_through
from registry.storage.local import LocalFiles, LocalUploads
from registry.storage.local.places import Places
from registry.storage.paths import artifact_path


@pytest.fixture
def places(tmp_path, settings):
    settings.ARTIFACT_ROOT = tmp_path / "root"
    return Places(settings.ARTIFACT_ROOT)


@pytest.fixture
def store(places):
    return LocalFiles(places)


@pytest.fixture
def uploads(places):
    return LocalUploads(places)


@pytest.fixture
def location():
    return new_location(uuid.uuid4())


@pytest.fixture
def put(uploads):
    def keep(location, path, content=b"content"):
        uploads.keep(uploads.receive(location, path, [content]), location, path)

    return keep


def test_a_file_is_replaced_in_one_step(store, put, location):
    put(location, "f", b"old")
    reading = store.read(location, "f", 0, 3)
    put(location, "f", b"new")
    assert b"".join(reading) == b"old"
    assert b"".join(store.read(location, "f", 0, 3)) == b"new"


def test_a_file_and_a_directory_cannot_have_one_name(store, put, location):
    put(location, "name/file")
    for path in ("name", "name/file/below"):
        with pytest.raises(InvalidParameterValue):
            put(location, path)


def test_a_copy_within_the_disk_moves_no_bytes(put, places, location):
    put(location, "f", b"x" * 1000)
    target = new_location(uuid.uuid4())
    assert copy_within(location, "f", 1000, target, "f", lambda size: None)
    source, copy = places.path(location, "f").stat(), places.path(target, "f").stat()
    if source.st_ino == copy.st_ino:  # where blocks cannot be shared
        assert copy.st_mode & 0o222 == 0
    assert list(places.incoming.iterdir()) == []


def test_where_there_are_no_links_the_bytes_go_through_us(put, places, location, monkeypatch):
    put(location, "f", b"x" * 1000)

    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("os.link", refuse)
    monkeypatch.setattr("fcntl.ioctl", refuse)
    assert not copy_within(location, "f", 1000, new_location(uuid.uuid4()), "f", lambda size: None)
    assert list(places.incoming.iterdir()) == []


def test_a_copy_that_is_stopped_leaves_nothing_on_its_way(places):
    def stop(size):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_through([b"x" * 1_000_000] * 3, new_location(uuid.uuid4()), "f", stop)
    assert list(places.incoming.iterdir()) == []


PATHS = [
    "..",
    "../x",
    "a/../../x",
    "/etc/passwd",
    "a//b",
    "a/./b",
    "",
    "a\x00b",
    "a\\..\\b",
    "a/",
    "x" * 2000,
    "ü" * 200,
]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_leaves_its_place_is_refused(path):
    with pytest.raises(InvalidParameterValue):
        artifact_path(path)


@pytest.mark.parametrize("path", ["MLmodel", "a b.txt", "naïve/ü", "...", "a..b", "%2e%2e", ".hidden"])
def test_odd_names_are_paths(path):
    assert artifact_path(path) == path


@pytest.mark.parametrize("location", ["local:///../../etc", "local:///", "local:///x/y"])
def test_a_location_is_named_by_a_uid(store, location):
    with pytest.raises(InvalidParameterValue):
        store.list_files(location)


def test_a_location_of_an_unknown_scheme_is_refused():
    with pytest.raises(InvalidParameterValue):
        artifact_store("file:///etc")


def test_one_entry_that_cannot_be_removed_does_not_keep_the_others(store, put, location, places, monkeypatch):
    for name in ("a", "stuck", "z"):
        put(location, name)
    unlink = os.unlink

    def refuse(path, *args, **kwargs):
        if str(path).endswith("stuck"):
            raise PermissionError(1, "Operation not permitted")
        return unlink(path, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr("os.unlink", refuse)
        with pytest.raises(PermissionError):
            store.delete(location)
    left = [path.name for path in places.root.rglob("*") if path.is_file()]
    assert left == ["stuck"]


def test_bytes_and_names_are_brought_to_the_disk_before_anybody_is_told(uploads, monkeypatch):
    synced = []
    monkeypatch.setattr("os.fsync", lambda descriptor: synced.append(os.readlink(f"/proc/self/fd/{descriptor}")))
    uid = str(uuid.uuid4())
    upload = uploads.receive(f"local:///{uid}", "sub/file", [b"x"])
    assert [Path(path).name for path in synced] == [upload.name]
    uploads.keep(upload, f"local:///{uid}", "sub/file")
    folders = [Path(path).name for path in synced[1:]]
    assert folders == ["sub", uid, uid[:2], "root"]
