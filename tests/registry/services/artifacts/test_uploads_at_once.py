"""What can come between a row that says that a file comes, the file, and the row that says that it is there."""

import hashlib
import os

import pytest

from registry.exceptions import FileAlreadyExists, InvalidState, StorageUnavailable
from registry.models import Artifact
from registry.services.artifacts import inventory, uploads
from registry.services.hierarchy import model_versions
from registry.storage import artifact_store
from registry.storage.local import LocalUploads
from registry.storage.objects import ObjectUploads
from tests.cast import actor

# `make test` runs these once more with an S3 server.
UPLOADS = ObjectUploads if os.environ.get("TEST_STORAGE_ROOT") else LocalUploads

A, B = b"first", b"second one"


def write(cast, content, path="w", **options):
    uploads.write_artifact(actor=actor(cast.writer), version=cast.pending, path=path, chunks=[content], **options)


def finalize(cast):
    return model_versions.finalize_model_version(actor=actor(cast.writer), version=cast.pending)


def files_of(version):
    """Each file with its bytes, which its row has to tell of."""
    store, told = artifact_store(version.storage_location), {}
    for file in store.list_files(version.storage_location):
        told[file.path] = b"".join(store.read(version.storage_location, file.path, 0, file.size))
    rows = {row.path: row.sha256 for row in inventory.rows_of(version)}
    assert rows == {path: hashlib.sha256(content).hexdigest() for path, content in told.items()}
    return told


@pytest.fixture
def meanwhile(monkeypatch):
    """``meanwhile(before=…)`` or ``(after=…)`` lets something happen around the next file that gets its name."""

    def arrange(before=lambda: None, after=lambda: None):
        keep = UPLOADS.keep

        def kept(self, upload, location, path):
            monkeypatch.setattr(UPLOADS, "keep", keep)
            before()
            keep(self, upload, location, path)
            after()

        monkeypatch.setattr(UPLOADS, "keep", kept)

    return arrange


def die():
    raise KeyboardInterrupt


def killed(monkeypatch, work):
    """Let ``work`` end without any of its tidying, as a process does that is killed."""
    with monkeypatch.context() as patch:
        patch.setattr(UPLOADS, "discard", lambda *arguments: None)
        patch.setattr("django.db.models.query.QuerySet.delete", lambda *arguments: None)
        with pytest.raises(KeyboardInterrupt):
            work()


def test_of_two_who_write_one_path_the_later_one_counts(cast, meanwhile):
    meanwhile(before=lambda: write(cast, B))
    with pytest.raises(FileAlreadyExists):
        write(cast, A)
    assert files_of(finalize(cast)) == {"w": B}


def test_it_does_also_when_the_earlier_one_had_its_name(cast, meanwhile):
    meanwhile(after=lambda: write(cast, B))
    with pytest.raises(FileAlreadyExists):
        write(cast, A)
    assert files_of(finalize(cast)) == {"w": B}


def test_who_overwrites_nothing_finds_the_other_ones_file(cast, meanwhile):
    meanwhile(after=lambda: write(cast, B, path="beside"))
    write(cast, A, overwrite=False)
    with pytest.raises(FileAlreadyExists):
        write(cast, B, overwrite=False)
    assert files_of(finalize(cast)) == {"w": A, "beside": B}


@pytest.mark.parametrize("before", [None, A])
def test_who_is_killed_before_a_file_has_its_name_has_to_send_it_again(cast, meanwhile, monkeypatch, before):
    if before:
        write(cast, before)
    meanwhile(before=die)
    killed(monkeypatch, lambda: write(cast, B))
    with pytest.raises(InvalidState, match="'w' of .* has to be uploaded again"):
        finalize(cast)
    write(cast, B, overwrite=before is not None)
    assert files_of(finalize(cast)) == {"w": B}


@pytest.mark.parametrize("before", [None, A])
def test_who_is_killed_after_that_has_written_it(cast, meanwhile, monkeypatch, before):
    if before:
        write(cast, before)
    meanwhile(after=die)
    killed(monkeypatch, lambda: write(cast, B))
    assert Artifact.objects.get(path="w").arriving
    assert files_of(finalize(cast)) == {"w": B}


def test_a_file_that_comes_while_its_version_is_finalized_is_not_in_it_half(cast, meanwhile):
    """Before its name the version is not whole; after that it is."""
    write(cast, A, path="other")

    def too_early():
        with pytest.raises(InvalidState, match="uploaded again"):
            finalize(cast)

    meanwhile(before=too_early, after=lambda: finalize(cast))
    write(cast, B)
    cast.pending.refresh_from_db()
    assert files_of(cast.pending) == {"other": A, "w": B}


@pytest.mark.usefixtures("no_trash")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_version_that_is_deleted_meanwhile_leaves_no_bytes(cast, meanwhile, when):
    version = model_versions.get_model_version(actor=actor(cast.admin), model=cast.model, version=cast.pending.version)
    meanwhile(**{when: lambda: model_versions.delete_model_version(actor=actor(cast.admin), version=version)})
    with pytest.raises(InvalidState, match="was deleted"):
        write(cast, A)
    assert artifact_store(cast.pending.storage_location).list_files(cast.pending.storage_location) == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_file_that_is_deleted_while_it_is_replaced_does_not_come_back(cast, meanwhile, when):
    def delete():
        uploads.delete_artifact(actor=actor(cast.writer), version=cast.pending, path="w")

    write(cast, A)
    write(cast, A, path="other")
    meanwhile(**{when: delete})
    with pytest.raises(FileAlreadyExists):
        write(cast, B)
    assert files_of(finalize(cast)) == {"other": A}


def test_a_disk_that_is_full_in_the_last_step_leaves_what_was_there(cast, meanwhile):
    def full():
        raise OSError(28, "No space left on device")

    write(cast, A)
    meanwhile(before=full)
    with pytest.raises(OSError, match="No space"):
        write(cast, B)
    assert files_of(finalize(cast)) == {"w": A}


def test_a_version_is_not_finalized_while_one_of_its_files_is_deleted(cast, monkeypatch):
    write(cast, A)
    write(cast, B, path="other")
    files = type(artifact_store(cast.pending.storage_location))
    delete = files.delete_file

    def meanwhile(*arguments):
        with pytest.raises(InvalidState, match="not whole"):
            finalize(cast)
        with pytest.raises(FileAlreadyExists, match="is being deleted"):
            write(cast, B)
        delete(*arguments)

    monkeypatch.setattr(files, "delete_file", meanwhile)
    uploads.delete_artifact(actor=actor(cast.writer), version=cast.pending, path="w")
    assert files_of(finalize(cast)) == {"other": B}


def test_a_deletion_that_broke_off_is_repeated(cast, monkeypatch):
    write(cast, A)
    files = type(artifact_store(cast.pending.storage_location))

    def away(*arguments):
        raise StorageUnavailable("It does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(files, "delete_file", away)
        with pytest.raises(StorageUnavailable):
            uploads.delete_artifact(actor=actor(cast.writer), version=cast.pending, path="w")
    uploads.delete_artifact(actor=actor(cast.writer), version=cast.pending, path="w")
    write(cast, B)
    assert files_of(finalize(cast)) == {"w": B}
