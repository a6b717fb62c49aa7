import hashlib
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from registry import tasks
from registry.jobs import HANDLERS, verifying
from registry.models import Damage, Job, ModelVersion
from registry.services.artifacts.digests import manifest_digest
from registry.storage import artifact_store, new_location
from tests.factories import put, write


@pytest.fixture
def counted(cast):
    """The ready version of the cast, a month old, with a row for one of its files that is not right."""
    ModelVersion.objects.filter(pk=cast.version.pk).update(created_at=timezone.now() - timedelta(days=31))
    cast.version.artifacts.create(path="data/weights", size=5, sha256="0" * 64)
    return cast.version


def run():
    verifying.ask_for_verification()
    job = Job.objects.get(kind=Job.Kind.VERIFY_ARTIFACTS, state=Job.State.QUEUED)
    tasks.run_job(str(job.pk))
    return Job.objects.get(pk=job.pk)


def test_a_run_notes_what_is_damaged_and_that_it_looked(counted):
    assert run().state == "SUCCEEDED"
    assert "SHA-256" in Damage.objects.get(model_version=counted).detail
    assert ModelVersion.objects.get(pk=counted.pk).verified_at
    # Until it is due again, there is nothing to do.
    verifying.ask_for_verification()
    assert not Job.objects.unfinished().exists()


def test_what_is_well_again_is_damaged_no_more(counted, time_machine):
    run()
    counted.artifacts.all().delete()
    time_machine.move_to(timezone.now() + timedelta(days=31))
    run()
    assert not Damage.objects.exists()


def test_files_of_an_earlier_release_get_their_digests(counted):
    counted.artifacts.update(sha256="")
    run()
    assert not Damage.objects.exists()
    digests = dict(counted.artifacts.values_list("path", "sha256"))
    assert digests == {path: hashlib.sha256(content).hexdigest() for path, content in CONTENT.items()}
    assert ModelVersion.objects.get(pk=counted.pk).digest == manifest_digest(digests.items())


CONTENT = {"MLmodel": b"flavors: {}\n", "data/weights": b"12345"}


def test_the_command_names_holes_and_orphans(counted, capsys):
    orphan = new_location("01234567-89ab-cdef-0123-456789abcdef")
    put(orphan, "file", b"nobody's")
    with pytest.raises(CommandError, match="1 damaged files, 1 folders"):
        call_command("verify_artifacts")
    told = capsys.readouterr().out
    assert "data/weights" in told
    assert orphan in told


def test_a_folder_that_no_version_owns_is_taken_away_after_a_day(cast, time_machine):
    orphan = new_location("01234567-89ab-cdef-0123-456789abcdef")
    store = artifact_store(orphan)
    put(orphan, "file", b"nobody's")
    assert verifying.sweep_orphans() == 0
    time_machine.move_to(timezone.now() + timedelta(days=1, minutes=1))
    assert verifying.sweep_orphans() == 1
    tasks.run_job(str(Job.objects.get(storage_location=orphan).pk))
    assert store.list_files(orphan) == []
    assert write(cast.version)


def test_every_kind_of_job_has_a_queue_and_somebody_who_does_it():
    assert set(Job.QUEUES) == set(Job.Kind) == set(HANDLERS)
