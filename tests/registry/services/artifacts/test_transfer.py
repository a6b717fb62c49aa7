import shutil

import pytest

from registry.exceptions import (
    Damaged,
    DoesNotExist,
    FileDoesNotExist,
    InvalidParameterValue,
    InvalidState,
    PermissionDenied,
)
from registry.models import AuditEvent, Job, ModelVersion
from registry.services.artifacts import transfer, uploads
from tests.cast import actor


def put(user, version, path="MLmodel", chunks=(b"abc", b"def")):
    return uploads.write_artifact(actor=actor(user), version=version, path=path, chunks=chunks)


def test_a_file_is_written_while_its_version_is_pending(cast):
    assert put(cast.writer, cast.pending, "a/b.txt") == 6
    cast.pending.finalize(size=1)
    read = transfer.read_artifact(actor=actor(cast.reader), version=cast.pending, path="a/b.txt", start=2, length=3)
    assert b"".join(read) == b"cde"


def test_a_ready_version_is_immutable(cast):
    with pytest.raises(InvalidState, match="written once"):
        put(cast.owner, cast.version)


def test_a_version_that_was_finalized_during_the_upload_does_not_change(cast):
    def slow():
        yield b"first half"
        ModelVersion.objects.filter(pk=cast.pending.pk).update(status=ModelVersion.Status.READY)
        yield b"second half"

    with pytest.raises(InvalidState):
        put(cast.writer, cast.pending, chunks=slow())
    version = ModelVersion.objects.get(pk=cast.pending.pk)
    with pytest.raises(FileDoesNotExist):
        transfer.stat_artifact(actor=actor(cast.reader), version=version, path="MLmodel")


def test_a_version_that_a_job_fills_takes_no_uploads(cast):
    Job.objects.create(kind=Job.Kind.COPY, target=cast.pending, title="copy")
    with pytest.raises(InvalidState):
        put(cast.writer, cast.pending)


def test_an_upload_that_breaks_off_leaves_nothing(cast, artifact_root):
    def broken():
        yield b"half"
        raise InvalidParameterValue("the line was cut")

    with pytest.raises(InvalidParameterValue):
        put(cast.writer, cast.pending, chunks=broken())
    assert [path for path in artifact_root.rglob("*") if path.is_file() and cast.version.uid not in path.parts] == [
        path for path in artifact_root.rglob("*") if path.is_file()
    ]
    assert not list((artifact_root / "incoming").iterdir())


def test_a_pending_version_cannot_be_read(cast):
    with pytest.raises(InvalidState, match="only a version that is READY"):
        transfer.list_artifacts(actor=actor(cast.reader), version=cast.pending, path="")


@pytest.mark.parametrize("member", ["admin", "writer", "browser"])
def test_bytes_need_execute(cast, member):
    with pytest.raises(PermissionDenied):
        transfer.stat_artifact(actor=actor(cast[member]), version=cast.version, path="MLmodel")


def test_a_stranger_learns_nothing(cast):
    with pytest.raises(DoesNotExist):
        transfer.stat_artifact(actor=actor(cast.stranger), version=cast.version, path="MLmodel")


def test_vending_a_credential_is_an_event(cast):
    transfer.vend_credential(actor=actor(cast.reader), version=cast.version, write=False)
    event = AuditEvent.objects.get(action_name="generateTemporaryModelVersionCredential")
    assert event.parameters == {"full_name_arg": "shop.ml.churn", "version_arg": "1", "operation": "READ"}


def folder_of(version, artifact_root):
    uid = version.storage_location.rpartition("/")[2]
    return artifact_root / uid[:2] / uid


def names_in(cast, path):
    return [entry.name for entry in transfer.list_artifacts(actor=actor(cast.reader), version=cast.pending, path=path)]


def test_a_file_that_the_storage_has_lost_is_still_listed(cast, artifact_root):
    """Who downloads all of a version would take what is left for the whole."""
    for path in ("MLmodel", "data/a.bin", "data/deep/b.bin"):
        put(cast.writer, cast.pending, path)
    cast.pending.finalize(size=18)
    (folder_of(cast.pending, artifact_root) / "MLmodel").unlink()
    shutil.rmtree(folder_of(cast.pending, artifact_root) / "data")
    assert names_in(cast, "") == ["MLmodel", "data"]
    assert names_in(cast, "data") == ["a.bin", "deep"]
    assert names_in(cast, "data/deep") == ["b.bin"]
    with pytest.raises(FileDoesNotExist):
        names_in(cast, "Data")
    with pytest.raises(Damaged, match="it is missing"):
        transfer.stat_artifact(actor=actor(cast.reader), version=cast.pending, path="data/a.bin")


def test_a_small_file_is_compared_before_any_of_it_is_sent(cast, artifact_root):
    put(cast.writer, cast.pending)
    cast.pending.finalize(size=6)
    (folder_of(cast.pending, artifact_root) / "MLmodel").write_bytes(b"abcdeF")
    with pytest.raises(Damaged, match="its SHA-256 is"):
        transfer.read_artifact(actor=actor(cast.reader), version=cast.pending, path="MLmodel", start=0, length=6)
