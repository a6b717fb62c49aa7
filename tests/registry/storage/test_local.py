import os
import uuid
from pathlib import Path

import pytest

from registry.exceptions import FileDoesNotExist, InvalidParameterValue, NoSuchUpload
from registry.storage import artifact_store, copy_file, new_location
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
        uploads.keep(uploads.receive([content]), location, path)

    return keep


def names(entries):
    return [(entry.path, entry.is_directory, entry.size) for entry in entries]


def test_listings_are_by_name_and_relative_to_the_location(store, put, location):
    for path in ("b.txt", "a/x/deep.bin", "a/y"):
        put(location, path)
    assert names(store.list_directory(location, "")) == [("a", True, 0), ("b.txt", False, 7)]
    assert names(store.list_directory(location, "a")) == [("a/x", True, 0), ("a/y", False, 7)]
    assert [path for path, _, _ in names(store.list_files(location))] == ["a/x/deep.bin", "a/y", "b.txt"]


def test_a_location_without_files_is_an_empty_directory(store, location):
    assert store.list_directory(location, "") == store.list_files(location) == []


@pytest.mark.parametrize("path", ["file", "nothing", "file/below"])
def test_what_is_not_a_directory_is_not_found(store, put, location, path):
    put(location, "file")
    with pytest.raises(FileDoesNotExist):
        store.list_directory(location, path)


@pytest.mark.parametrize("path", ["nothing", "folder", "folder/file/below"])
def test_what_is_not_a_file_is_not_found(store, put, location, path):
    put(location, "folder/file")
    with pytest.raises(FileDoesNotExist):
        store.read(location, path, 0, 1)


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


def test_a_copy_is_whole_and_does_not_share_its_source(store, put, location):
    put(location, "a/f", b"x" * 3_000_000)
    target, heard = new_location(uuid.uuid4()), []
    copy_file(location, "a/f", 3_000_000, target, "a/f", heard.append)
    put(location, "a/f", b"changed")
    assert store.stat(target, "a/f").size == sum(heard) == 3_000_000
    assert len(heard) > 1


def test_a_copy_that_is_stopped_leaves_nothing(store, places, put, location):
    put(location, "f", b"x" * 3_000_000)
    target = new_location(uuid.uuid4())

    def stop(size):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        copy_file(location, "f", 3_000_000, target, "f", stop)
    assert store.list_files(target) == []
    assert list(places.incoming.iterdir()) == []


def test_deleting_twice_is_harmless(store, put, location):
    put(location, "f")
    store.delete(location)
    store.delete(location)
    assert store.list_files(location) == []


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
def test_odd_names_are_names(path):
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
    upload = uploads.receive([b"x"])
    assert [Path(path).name for path in synced] == [upload.name]
    uploads.keep(upload, f"local:///{uid}", "sub/file")
    folders = [Path(path).name for path in synced[1:]]
    assert folders == ["sub", uid, uid[:2], "root"]


def test_an_upload_is_kept_or_discarded_and_never_both(store, uploads, location):
    kept, discarded = uploads.receive([b"kept"]), uploads.receive([b"discarded"])
    uploads.keep(kept, location, "f")
    uploads.discard(kept.name)
    uploads.discard(discarded.name)
    with pytest.raises(NoSuchUpload):
        uploads.keep(discarded, location, "f")
    assert b"".join(store.read(location, "f", 0, 4)) == b"kept"
