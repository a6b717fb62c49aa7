"""What every backend keeps: the same tests on the local disk and in an S3 server."""

import hashlib
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from registry import storage
from registry.exceptions import FileDoesNotExist, InvalidParameterValue, InvalidState, NoSuchUpload
from registry.services.shared import placement
from registry.storage import artifact_store, new_location
from registry.storage.objects import uploads as object_uploads
from tests.s3 import ON_S3

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["disk", pytest.param("s3", marks=ON_S3)])
def base(request):
    if request.param == "disk":
        return ""
    request.getfixturevalue("s3")
    return placement.bases()[0]


@pytest.fixture
def location(base):
    return new_location(uuid.uuid4(), base)


@pytest.fixture
def store(location):
    return artifact_store(location)


@pytest.fixture
def uploads(location):
    return storage.uploads(location)


@pytest.fixture
def put(uploads):
    def keep(location, path, content=b"content"):
        uploads.keep(uploads.receive(location, path, [content]), location, path)

    return keep


def names(entries):
    return [(entry.path, entry.is_directory, entry.size) for entry in entries]


def content_of(store, location, path):
    return b"".join(store.read(location, path, 0, store.stat(location, path).size))


def test_listings_are_by_name_and_relative_to_the_location(store, put, location):
    for path in ("b.txt", "a/x/deep.bin", "a/y"):
        put(location, path)
    assert names(store.list_directory(location, "")) == [("a", True, 0), ("b.txt", False, 7)]
    assert names(store.list_directory(location, "a")) == [("a/x", True, 0), ("a/y", False, 7)]
    assert [path for path, _, _ in names(store.list_files(location))] == ["a/x/deep.bin", "a/y", "b.txt"]
    assert [path for path, _, _ in names(store.list_files(location, "a"))] == ["a/x/deep.bin", "a/y"]


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
    for length in (0, 1):
        with pytest.raises(FileDoesNotExist):
            store.read(location, path, 0, length)


def test_a_range_is_what_is_asked_for(store, put, location):
    content = bytes(range(256)) * 8_000
    put(location, "f", content)
    assert b"".join(store.read(location, "f", 1_500_000, 300_000)) == content[1_500_000:1_800_000]
    assert b"".join(store.read(location, "f", 5, 0)) == b""


@pytest.mark.parametrize("path", ["MLmodel", "a b.txt", "naïve/ü", "...", "a..b", "%2e%2e", ".hidden", "a+b&c=d", "#?"])
def test_odd_names_are_names(store, put, location, path):
    put(location, path, path.encode())
    assert content_of(store, location, path) == path.encode()
    assert [entry.path for entry in store.list_files(location)] == [path]
    store.delete_file(location, path)
    assert store.list_files(location) == []


def test_an_empty_file_is_a_file(store, put, location):
    put(location, "empty", b"")
    assert names(store.list_files(location)) == [("empty", False, 0)]


def test_size_and_digest_are_counted_while_bytes_arrive(store, uploads, location, monkeypatch):
    monkeypatch.setattr(object_uploads, "PART", 5 * 2**20)  # the least of S3
    chunks = [bytes([number]) * 1_000_000 for number in range(12)]
    upload = uploads.receive(location, "big", iter(chunks))
    assert (upload.size, upload.sha256) == (12_000_000, hashlib.sha256(b"".join(chunks)).hexdigest())
    uploads.keep(upload, location, "big")
    assert content_of(store, location, "big") == b"".join(chunks)


def test_a_file_is_there_as_a_whole_or_not_at_all(store, uploads, location):
    upload = uploads.receive(location, "f", [b"x"])
    assert store.list_files(location) == []
    uploads.keep(upload, location, "f")
    assert names(store.list_files(location)) == [("f", False, 1)]


def test_a_body_that_breaks_off_leaves_nothing(store, uploads, base, location):
    def broken():
        yield b"x" * 1000
        raise ConnectionError

    with pytest.raises(ConnectionError):
        uploads.receive(location, "f", broken())
    assert store.list_files(location) == []
    storage.discard_abandoned([base] if base else [], timezone.now() + timedelta(hours=1))


def test_an_upload_is_kept_or_discarded_and_never_both(store, uploads, location):
    kept, discarded = uploads.receive(location, "f", [b"kept"]), uploads.receive(location, "f", [b"discarded"])
    uploads.keep(kept, location, "f")
    uploads.discard(kept.name)
    uploads.discard(discarded.name)
    with pytest.raises(NoSuchUpload):
        uploads.keep(discarded, location, "f")
    assert content_of(store, location, "f") == b"kept"


def test_an_upload_that_its_receiver_left_is_swept_away(store, uploads, base, location):
    left = uploads.receive(location, "f", [b"left"])
    bases = [base] if base else []
    storage.discard_abandoned(bases, timezone.now() - timedelta(hours=1))  # not yet
    uploads.keep(uploads.receive(location, "g", [b"kept"]), location, "g")
    storage.discard_abandoned(bases, timezone.now() + timedelta(hours=1))
    with pytest.raises(NoSuchUpload):
        uploads.keep(left, location, "f")
    assert names(store.list_files(location)) == [("g", False, 4)]


def part(uploads, location, parts, number, content):
    upload = uploads.receive_part(location, parts, number, [content])
    uploads.keep_part(upload, location, parts, number)
    return upload.sha256


def test_parts_are_joined_by_their_numbers(store, uploads, location):
    parts = uploads.open_parts(location)
    assert uploads.has_parts(location, parts)
    etags = {number: part(uploads, location, parts, number, bytes([number]) * 10) for number in (10, 2, 1)}
    upload = uploads.join_parts(location, "f", parts, etags)
    uploads.keep(upload, location, "f")
    uploads.discard_parts(location, parts)
    whole = bytes([1]) * 10 + bytes([2]) * 10 + bytes([10]) * 10
    assert content_of(store, location, "f") == whole
    assert upload.sha256 == hashlib.sha256(whole).hexdigest()
    assert not uploads.has_parts(location, parts)


def test_parts_that_are_missing_or_others_are_not_joined(uploads, location):
    parts = uploads.open_parts(location)
    etag = part(uploads, location, parts, 1, b"one")
    with pytest.raises(InvalidParameterValue, match="Part 2 has not arrived"):
        uploads.join_parts(location, "f", parts, {1: etag, 2: ""})
    with pytest.raises(InvalidParameterValue, match="Part 1 is not the one"):
        uploads.join_parts(location, "f", parts, {1: hashlib.sha256(b"two").hexdigest()})


def test_a_part_that_arrives_after_the_upload_was_aborted_is_not_kept(uploads, location):
    parts = uploads.open_parts(location)
    upload = uploads.receive_part(location, parts, 1, [b"late"])
    uploads.discard_parts(location, parts)
    with pytest.raises(NoSuchUpload):
        uploads.keep_part(upload, location, parts, 1)
    uploads.discard(upload.name)
    assert not uploads.has_parts(location, parts)


def test_deleting_takes_files_and_parts_and_nothing_else(store, uploads, put, base, location):
    neighbour = new_location(uuid.uuid4(), base)
    for place in (location, neighbour):
        put(place, "a/f")
    parts, others = uploads.open_parts(location), uploads.open_parts(neighbour)
    left = uploads.receive(location, "left", [b"x"])
    store.delete(location)
    store.delete(location)  # harmless
    assert store.list_files(location) == []
    assert not uploads.has_parts(location, parts)
    assert names(store.list_files(neighbour)) == [("a/f", False, 7)]
    assert uploads.has_parts(neighbour, others)
    if base:  # on the disk it is swept away later
        with pytest.raises(NoSuchUpload):
            uploads.keep(left, location, "left")


def test_a_directory_goes_when_nothing_is_in_it(store, put, location):
    put(location, "folder/f")
    with pytest.raises(InvalidState):
        store.remove_directory(location, "folder")
    with pytest.raises(FileDoesNotExist):
        store.remove_directory(location, "nothing")


def test_locations_are_listed(store, put, base, location):
    put(location, "f")
    assert set(storage.locations([base] if base else [])) == {location}
    store.delete(location)
    assert set(storage.locations([base] if base else [])) == set()


def test_the_backend_copies_by_itself(store, put, base, location):
    put(location, "a/f", b"x" * 3_000_000)
    target, heard = new_location(uuid.uuid4(), base), []
    assert storage.copy_within(location, "a/f", 3_000_000, target, "a/f", heard.append)
    put(location, "a/f", b"changed")
    assert content_of(store, target, "a/f") == b"x" * 3_000_000
    assert sum(heard) == 3_000_000
    with pytest.raises((FileDoesNotExist, FileNotFoundError)):
        storage.copy_within(location, "nothing", 1, target, "g", heard.append)


def test_a_copy_through_us_is_whole_and_counted(store, put, base, location):
    put(location, "a/f", b"x" * 3_000_000)
    for target in (new_location(uuid.uuid4(), base), new_location(uuid.uuid4())):
        heard = []
        read = store.read(location, "a/f", 0, 3_000_000)
        digest = storage.write_through(read, target, "a/f", heard.append).sha256
        assert digest == hashlib.sha256(b"x" * 3_000_000).hexdigest()
        assert content_of(artifact_store(target), target, "a/f") == b"x" * 3_000_000
        assert sum(heard) == 3_000_000
        assert len(heard) > 1


def test_a_copy_that_is_stopped_leaves_nothing(store, put, base, location):
    put(location, "f", b"x" * 3_000_000)
    target = new_location(uuid.uuid4(), base)

    def stop(size):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        storage.write_through(store.read(location, "f", 0, 3_000_000), target, "f", stop)
    assert store.list_files(target) == []
