from datetime import timedelta

import pytest
from django.utils import timezone

from registry.clock import tick
from registry.models import AuditEvent, Job, ModelVersion
from registry.services.artifacts import uploads
from registry.services.hierarchy import model_versions
from tests.cast import actor

pytestmark = pytest.mark.django_db


def age(version, hours):
    ModelVersion.objects.filter(pk=version.pk).update(updated_at=timezone.now() - timedelta(hours=hours))


def test_a_pending_version_that_nobody_finalizes_goes_with_its_bytes(cast, settings):
    settings.PENDING_VERSION_LIFETIME = timedelta(hours=3)
    uploads.write_artifact(actor=actor(cast.writer), version=cast.pending, path="f", chunks=[b"x"])
    age(cast.pending, 2)
    tick()
    assert ModelVersion.objects.filter(pk=cast.pending.pk).exists()
    age(cast.pending, 4)
    tick()
    assert not ModelVersion.objects.filter(pk=cast.pending.pk).exists()
    job = Job.objects.get(kind=Job.Kind.DELETE_ARTIFACTS)
    assert (job.storage_location, job.requested_by) == (cast.pending.storage_location, "system")
    event = AuditEvent.objects.get(action_name="deleteModelVersion")
    assert (event.actor, event.parameters["reason"]) == ("system", "nobody finalized it")
    assert model_versions.get_model_version(actor=actor(cast.writer), model=cast.model, version=1) == cast.version


def test_an_upload_keeps_a_version_alive(cast):
    age(cast.pending, 1000)
    uploads.write_artifact(actor=actor(cast.writer), version=cast.pending, path="f", chunks=[b"x"])
    tick()
    assert ModelVersion.objects.filter(pk=cast.pending.pk).exists()


def test_a_part_of_an_upload_keeps_a_version_alive(cast):
    age(cast.pending, 1000)
    writer = actor(cast.writer)
    parts = uploads.begin_upload(actor=writer, version=cast.pending, path="f", overwrite=False)
    uploads.write_part(actor=writer, version=cast.pending, parts=parts, number=1, chunks=[b"x"])
    tick()
    assert ModelVersion.objects.filter(pk=cast.pending.pk).exists()


def test_what_a_job_fills_is_not_abandoned(cast):
    Job.objects.create(kind=Job.Kind.COPY, target=cast.pending, title="Copy")
    age(cast.pending, 1000)
    tick()
    assert ModelVersion.objects.filter(pk=cast.pending.pk).exists()


def test_ready_and_failed_versions_stay(cast):
    cast.pending.fail("broken")
    for version in (cast.version, cast.pending):
        age(version, 10_000)
    tick()
    assert ModelVersion.objects.count() == 2
