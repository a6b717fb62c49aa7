import pytest

from registry.exceptions import DoesNotExist, FileDoesNotExist, InvalidParameterValue, InvalidState, PermissionDenied
from registry.models import AuditEvent, Job, ModelVersion
from registry.services import artifacts
from tests.cast import actor


def put(user, version, path="MLmodel", chunks=(b"abc", b"def")):
    return artifacts.write_artifact(actor=actor(user), version=version, path=path, chunks=chunks)


def test_a_file_is_written_while_its_version_is_pending(cast):
    assert put(cast.writer, cast.pending, "a/b.txt") == 6
    cast.pending.finalize(size=1)
    read = artifacts.read_artifact(actor=actor(cast.reader), version=cast.pending, path="a/b.txt", start=2, length=3)
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
        artifacts.stat_artifact(actor=actor(cast.reader), version=version, path="MLmodel")


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
        artifacts.list_artifacts(actor=actor(cast.reader), version=cast.pending, path="")


@pytest.mark.parametrize("member", ["admin", "writer", "browser"])
def test_bytes_need_execute(cast, member):
    with pytest.raises(PermissionDenied):
        artifacts.stat_artifact(actor=actor(cast[member]), version=cast.version, path="MLmodel")


def test_a_stranger_learns_nothing(cast):
    with pytest.raises(DoesNotExist):
        artifacts.stat_artifact(actor=actor(cast.stranger), version=cast.version, path="MLmodel")


def test_vending_a_credential_is_an_event(cast):
    artifacts.vend_credential(actor=actor(cast.reader), version=cast.version, write=False)
    event = AuditEvent.objects.get(action_name="generateTemporaryModelVersionCredential")
    assert event.parameters == {"full_name_arg": "shop.ml.churn", "version_arg": "1", "operation": "READ"}
