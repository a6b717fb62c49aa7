"""What of the rows has no file, and what of the files has no row."""

import os

import pytest
from django.utils import timezone

from registry.models import Job, ModelVersion
from registry.services.administration import integrity
from registry.services.administration.integrity import Fault
from registry.services.artifacts import uploads
from registry.services.hierarchy import model_versions
from registry.storage import artifact_store, new_location
from tests.cast import actor
from tests.factories import put, write


@pytest.fixture
def version(cast):
    """A ready version with three files that have rows."""
    origin = model_versions.Origin(source="/run/model")
    version = model_versions.create_model_version(actor=actor(cast.owner), model=cast.model, origin=origin)
    for name in ("a", "b", "folder/c"):
        uploads.write_artifact(actor=actor(cast.owner), version=version, path=name, chunks=[b"12345"])
    return model_versions.finalize_model_version(actor=actor(cast.owner), version=version)


def kinds(version, **options):
    return {finding.path: finding.kind for finding in integrity.holes(version, **options)}


def test_a_version_that_is_whole_has_no_holes(version):
    assert kinds(version) == {}


def test_what_is_missing_short_or_different_is_named(version, caplog):
    store = artifact_store(version.storage_location)
    store.delete_file(version.storage_location, "a")
    write(version, b=b"1234", folder__c=b"12346")
    assert kinds(version) == {
        "a": Fault.MISSING,
        "b": Fault.WRONG_SIZE,
        "folder/c": Fault.WRONG_DIGEST,
    }
    assert kinds(version, digests=False) == {"a": Fault.MISSING, "b": Fault.WRONG_SIZE}
    first = next(integrity.holes(version))
    assert str(first) == f"shop.ml.churn version {version.version}, a: the file is not there"


def test_a_version_without_its_folder_lacks_every_file(version):
    artifact_store(version.storage_location).delete(version.storage_location)
    assert set(kinds(version)) == {"a", "b", "folder/c"}


def test_a_file_that_cannot_be_read_is_named(version, monkeypatch):
    def fail(*_):
        raise OSError(5, os.strerror(5))
        yield

    monkeypatch.setattr("registry.storage.local.LocalFiles.read", fail)
    assert set(kinds(version).values()) == {Fault.UNREADABLE}
    assert kinds(version, digests=False) == {}


def test_a_version_without_rows_is_known_by_its_size_if_at_all(cast):
    assert kinds(cast.version) == {}
    size = sum(
        file.size for file in artifact_store(cast.version.storage_location).list_files(cast.version.storage_location)
    )
    ModelVersion.objects.filter(pk=cast.version.pk).update(size=size + 1)
    cast.version.refresh_from_db()
    assert kinds(cast.version) == {"": Fault.WRONG_SIZE}
    artifact_store(cast.version.storage_location).delete(cast.version.storage_location)
    assert kinds(cast.version) == {"": Fault.MISSING}


def test_a_version_that_goes_meanwhile_has_no_holes(version, cast):
    model_versions.delete_model_version(actor=actor(cast.owner), version=ModelVersion.objects.get(pk=version.pk))
    artifact_store(version.storage_location).delete(version.storage_location)
    assert kinds(version) == {}


def test_unfinished_and_failed_versions_have_no_holes(cast):
    uploads.write_artifact(actor=actor(cast.owner), version=cast.pending, path="a", chunks=[b"1"])
    artifact_store(cast.pending.storage_location).delete(cast.pending.storage_location)
    assert kinds(cast.pending) == {}
    cast.pending.fail("broken")
    assert kinds(cast.pending) == {}
    assert [finding.path for finding in integrity.differences(cast.pending)] == ["a"]


def test_what_no_version_owns_is_an_orphan(version, cast):
    assert list(integrity.orphans()) == []
    stray = new_location("0e4c7c52-31e0-4f4e-a4fb-2b2d3c6d3bb5")
    put(stray, "f", b"1")
    assert list(integrity.orphans()) == [stray]


@pytest.mark.usefixtures("no_trash")
def test_what_a_job_is_going_to_delete_is_none(version, cast):
    model_versions.delete_model_version(actor=actor(cast.owner), version=ModelVersion.objects.get(pk=version.pk))
    assert list(integrity.orphans()) == []
    Job.objects.update(state=Job.State.FAILED, finished_at=timezone.now())
    assert list(integrity.orphans()) == [version.storage_location]
