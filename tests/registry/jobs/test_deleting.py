from datetime import timedelta

import pytest
from django.utils import timezone

from registry import tasks
from registry.models import DeletionHold, Job
from registry.services import model_versions
from registry.services.backups.holding import hold_deletions
from registry.storage import artifact_store
from tests.cast import actor
from tests.live import eventually


def test_the_bytes_of_a_deleted_version_are_removed(cast):
    location = cast.version.storage_location
    model_versions.delete_model_version(actor=actor(cast.owner), version=cast.version)
    job = Job.objects.get()
    for _ in range(2):
        tasks.run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("SUCCEEDED", 1)
    assert artifact_store(location).list_files(location) == []


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
