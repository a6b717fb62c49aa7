"""What was uploaded is what is given out, or nothing is."""

import base64
import hashlib

import pytest
from django.conf import settings

from registry.exceptions import Damaged, InvalidState, NoSuchUpload
from registry.models import Artifact, Damage, Notification
from registry.services.artifacts import archives, inventory, transfer, uploads
from registry.services.hierarchy import model_versions
from registry.storage.local.places import Places
from tests.cast import actor
from tests.factories import write


@pytest.fixture
def uploaded(cast):
    """A ready version with two files that came by uploads."""
    writer = actor(cast.writer)
    for path, content in (("MLmodel", b"flavors: {}\n"), ("data/weights", b"w" * 3_000_000)):
        uploads.write_artifact(actor=writer, version=cast.pending, path=path, chunks=[content])
    return model_versions.finalize_model_version(actor=writer, version=cast.pending)


def place(version, path):
    return Places(settings.ARTIFACT_ROOT).path(version.storage_location, path)


def truncate(file):
    file.write_bytes(file.read_bytes()[:-1])


def flip(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def pieces_of(cast, version):
    yield from transfer.read_artifact(
        actor=actor(cast.reader), version=version, path="data/weights", start=0, length=3_000_000
    )


DAMAGES = {"removed": lambda file: file.unlink(), "truncated": truncate, "flipped": flip}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_never_read_to_its_end(cast, uploaded, damage):
    damage(place(uploaded, "data/weights"))
    read = []
    with pytest.raises(Damaged):
        read.extend(pieces_of(cast, uploaded))
    assert sum(map(len, read)) < 3_000_000
    assert [d.path for d in Damage.objects.all()] == ["data/weights"]
    # The owner is told once, and the other file is as it was.
    assert Notification.objects.filter(recipient=cast.owner).count() == 1
    whole = transfer.read_artifact(actor=actor(cast.reader), version=uploaded, path="MLmodel", start=0, length=12)
    assert b"".join(whole) == b"flavors: {}\n"


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_an_archive_of_damaged_files_does_not_end(cast, uploaded, damage):
    damage(place(uploaded, "data/weights"))
    with pytest.raises(Damaged):
        b"".join(archives.archive_artifacts(actor=actor(cast.reader), version=uploaded))


def test_a_download_tells_the_digest_of_the_whole_file(api, cast, uploaded):
    answer = api(cast.reader)("GET", "/api/2.0/fs/files/Models/shop/ml/churn/2/MLmodel", headers={"Range": "bytes=0-3"})
    expected = hashlib.sha256(b"flavors: {}\n").digest()

    assert (answer.status_code, b"".join(answer.streaming_content)) == (206, b"flav")
    assert answer["Repr-Digest"] == f"sha-256=:{base64.b64encode(expected).decode()}:"


@pytest.mark.parametrize("damage", [DAMAGES["removed"], DAMAGES["truncated"]], ids=["removed", "truncated"])
def test_a_file_that_has_not_its_size_is_refused_before_it_is_begun(api, cast, uploaded, damage):
    damage(place(uploaded, "data/weights"))
    path = "/api/2.0/fs/files/Models/shop/ml/churn/2/data/weights"
    assert api(cast.reader).error("GET", path) == (400, "DATA_LOSS")


def test_the_page_of_a_version_tells_what_is_damaged(as_user, cast, uploaded):
    place(uploaded, "data/weights").unlink()
    with pytest.raises(Damaged):
        transfer.stat_artifact(actor=actor(cast.reader), version=uploaded, path="data/weights")
    page = as_user(cast.reader).get("/explore/data/models/shop/ml/churn/version/2").content.decode()
    assert "damaged in the storage" in page
    assert "data/weights" in page


@pytest.mark.parametrize("damage", [DAMAGES["removed"], DAMAGES["truncated"]], ids=["removed", "truncated"])
def test_a_version_whose_file_is_not_there_is_not_made_ready(cast, damage):
    writer = actor(cast.writer)
    for path in ("kept", "lost"):
        uploads.write_artifact(actor=writer, version=cast.pending, path=path, chunks=[b"bytes"])
    damage(place(cast.pending, "lost"))
    with pytest.raises(InvalidState, match="'lost' of .* has to be uploaded again"):
        model_versions.finalize_model_version(actor=writer, version=cast.pending)


def test_an_upload_that_was_aborted_is_not_complete(cast):
    writer = actor(cast.writer)
    uploads.write_artifact(actor=writer, version=cast.pending, path="big", chunks=[b"old"])
    parts = uploads.begin_upload(actor=writer, version=cast.pending, path="big", overwrite=True)
    etag = uploads.write_part(actor=writer, version=cast.pending, parts=parts, number=1, chunks=[b"new"])

    def complete():
        uploads.complete_upload(
            actor=writer, version=cast.pending, path="big", parts=parts, etags={1: etag}, overwrite=True
        )

    uploads.abort_upload(actor=writer, version=cast.pending, parts=parts)
    with pytest.raises(NoSuchUpload):
        complete()


def test_an_upload_whose_answer_was_lost_is_complete_when_it_is_asked_for_again(cast):
    writer = actor(cast.writer)
    parts = uploads.begin_upload(actor=writer, version=cast.pending, path="big", overwrite=False)
    etag = uploads.write_part(actor=writer, version=cast.pending, parts=parts, number=1, chunks=[b"new"])
    for _ in range(2):
        uploads.complete_upload(
            actor=writer, version=cast.pending, path="big", parts=parts, etags={1: etag}, overwrite=False
        )
    assert Artifact.objects.get(model_version=cast.pending).upload == parts


def test_a_version_of_an_earlier_release_has_the_files_that_the_storage_has(cast):
    assert [file.path for file in inventory.files_of(cast.version)] == ["MLmodel", "data/weights"]
    write(cast.version, more="bytes")
    assert "more" in [file.path for file in inventory.files_of(cast.version)]
