from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from registry import storage, tasks
from registry.models import DeletionHold, Job, ModelVersion
from registry.services.administration.backups.holding import hold_deletions
from registry.services.artifacts import uploads
from registry.services.hierarchy import model_versions
from registry.storage import artifact_store
from registry.storage.local import LocalFiles
from tests.cast import actor
from tests.live import eventually


@pytest.mark.usefixtures("no_trash")
def test_the_bytes_of_a_deleted_version_are_removed(cast):
    location = cast.version.storage_location
    model_versions.delete_model_version(actor=actor(cast.owner), version=cast.version)
    job = Job.objects.get()
    for _ in range(2):
        tasks.run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("SUCCEEDED", 1)
    assert artifact_store(location).list_files(location) == []


@pytest.mark.usefixtures("no_trash")
def test_nothing_is_removed_while_somebody_holds_deletions(cast, settings):
    location = cast.version.storage_location
    with hold_deletions("backup"):
        model_versions.delete_model_version(actor=actor(cast.owner), version=cast.version)
        job = Job.objects.get()
        tasks.run_job(str(job.pk))
        job.refresh_from_db()
        assert (job.state, job.attempts, job.claim) == ("QUEUED", 0, None)
        assert len(artifact_store(location).list_files(location)) == 2
        later = timezone.now() + 2 * settings.JOB_STALE_AFTER
        assert not Job.objects.due(later).exists()
    assert Job.objects.due(later).get() == job
    tasks.run_job(str(job.pk))
    assert artifact_store(location).list_files(location) == []


def test_a_hold_ends_a_minute_after_its_process(cast):
    hold = DeletionHold.objects.create(reason="backup")
    assert DeletionHold.is_held()
    DeletionHold.objects.update(beat_at=timezone.now() - timedelta(seconds=61))
    assert not DeletionHold.is_held()
    hold.beat()
    assert DeletionHold.is_held()


@pytest.mark.django_db(transaction=True)
def test_a_hold_beats_for_as_long_as_it_is_needed(monkeypatch):
    monkeypatch.setattr(DeletionHold, "BEAT_EVERY", timedelta(seconds=0.05))
    with hold_deletions("backup"):
        DeletionHold.objects.update(beat_at=timezone.now() - timedelta(hours=1))
        eventually(DeletionHold.is_held, 10)
    assert not DeletionHold.objects.exists()


def deleted(version, cast):
    """The place of a version that is being deleted, and the job that removes it."""
    location = version.storage_location
    model_versions.delete_model_version(actor=actor(cast.owner), version=version)
    return location, Job.objects.get()


@pytest.mark.usefixtures("no_trash")
def test_what_cannot_be_removed_is_tried_again_until_it_is_gone(cast, monkeypatch, time_machine):
    location, job = deleted(cast.version, cast)

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    for _ in range(django_settings.JOB_ATTEMPTS + 2):
        with monkeypatch.context() as patch:
            patch.setattr(LocalFiles, "delete", refuse)
            tasks.run_job(str(job.pk))
        assert Job.objects.get(pk=job.pk).state == "QUEUED"
        time_machine.move_to(timezone.now() + django_settings.JOB_STALE_AFTER + timedelta(seconds=1))
        assert Job.objects.due(timezone.now()).exists()
    tasks.run_job(str(job.pk))
    assert Job.objects.get(pk=job.pk).state == "SUCCEEDED"
    assert artifact_store(location).list_files(location) == []


@pytest.mark.usefixtures("no_trash")
def test_the_parts_of_uploads_go_with_their_version(cast):
    owner, pending = actor(cast.owner), ModelVersion.objects.get(pk=cast.pending.pk)
    parts = uploads.begin_upload(actor=owner, version=pending, path="big", overwrite=False)
    uploads.write_part(actor=owner, version=pending, parts=parts, number=1, chunks=[b"part"])
    location, job = deleted(pending, cast)
    assert storage.uploads(location).has_parts(location, parts)
    tasks.run_job(str(job.pk))
    assert not storage.uploads(location).has_parts(location, parts)
