import hashlib
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from registry import clock, tasks
from registry.exceptions import DoesNotExist, InvalidState, PermissionDenied, StorageUnavailable
from registry.jobs import transfers
from registry.models import AuditEvent, Job, JobLost, ModelVersion
from registry.services.artifacts.digests import manifest_digest
from registry.services.versions import copies, jobs
from registry.storage import artifact_store
from registry.storage.local import LocalFiles, LocalUploads
from registry.storage.local.places import Places
from tests.cast import actor
from tests.factories import RegisteredModelFactory, put, write


@pytest.fixture
def destination(cast):
    return RegisteredModelFactory(schema=cast.schema, name="destination", owner_user=cast.reader)


@pytest.fixture
def job(cast, destination):
    return copies.copy_model_version(actor=actor(cast.reader), source=cast.version, destination=destination)


@pytest.fixture
def pass_time(time_machine):
    """Let so much time pass that a worker which has not beaten counts as dead."""
    return lambda: time_machine.move_to(timezone.now() + settings.JOB_STALE_AFTER + timedelta(seconds=1))


def run(job):
    tasks.run_job(str(job.pk))
    job = Job.objects.get(pk=job.pk)
    return job, ModelVersion.objects.filter(jobs=job).first()


def files(version):
    return {f.path: f.size for f in artifact_store(version.storage_location).list_files(version.storage_location)}


def test_a_copy_ends_ready_with_every_byte(cast, job):
    job, target = run(job)
    assert (job.state, job.percent, job.bytes_done, job.files_done) == ("SUCCEEDED", 100, job.bytes_total, 2)
    assert target.status == "READY"
    assert files(target) == files(cast.version) == {"MLmodel": 12, "data/weights": 5}
    assert AuditEvent.objects.filter(action_name="finalizeModelVersion", actor="reader@example.com").exists()


def test_a_message_that_comes_twice_runs_once(job):
    run(job)
    job, _ = run(job)
    assert (job.state, job.attempts) == ("SUCCEEDED", 1)


def test_a_copy_that_fails_leaves_the_reason_and_no_bytes(job, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    write(job.target, half="a half-written file")
    monkeypatch.setattr(transfers._Movers, "_move", full)
    job, target = run(job)
    assert (job.state, target.status) == ("FAILED", "FAILED_REGISTRATION")
    assert "No space left" in job.error
    assert "No space left" in target.status_message
    assert files(target) == {}


def test_the_right_is_asked_again_when_the_job_runs(cast, job):
    cast.model.group_grants.all().delete()
    job, target = run(job)
    assert target.status == "FAILED_REGISTRATION"
    assert "no longer allowed to do it" in target.status_message
    assert "churn" not in target.status_message


def test_a_job_of_somebody_whose_account_is_deleted_fails_and_leaves_nothing(cast, job):
    write(job.target, half="a half-written file")
    cast.reader.delete()
    job, target = run(job)
    assert (job.state, target.status) == ("FAILED", "FAILED_REGISTRATION")
    assert files(target) == {}
    assert AuditEvent.objects.filter(action_name="failModelVersion", actor="reader@example.com").exists()


def test_a_target_is_marked_failed_even_if_its_bytes_cannot_be_removed(job, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", "/srv/secret/place")

    monkeypatch.setattr(transfers._Movers, "_move", refuse)
    monkeypatch.setattr(LocalFiles, "delete", refuse)
    job, target = run(job)
    assert (job.state, target.status) == ("FAILED", "FAILED_REGISTRATION")
    assert "Permission denied" in job.error
    assert "secret" not in job.error + target.status_message


def test_a_job_of_somebody_who_was_deactivated_fails(cast, job):
    cast.reader.is_active = False
    cast.reader.save()
    assert run(job)[1].status == "FAILED_REGISTRATION"


def test_a_source_that_is_deleted_meanwhile_fails_the_copy(cast, job):
    cast.version.delete()
    job, target = run(job)
    assert (job.state, target.status) == ("FAILED", "FAILED_REGISTRATION")
    assert "source was deleted" in target.status_message


def test_a_target_that_is_deleted_meanwhile_leaves_no_bytes(job):
    location = job.target.storage_location
    job.target.delete()
    job, target = run(job)
    assert (job.state, target) == ("FAILED", None)
    assert artifact_store(location).list_files(location) == []


def test_files_that_vanish_from_the_source_fail_the_copy(cast, job, monkeypatch):
    move = transfers._Movers._move

    def move_and_lose(movers, source, file, location):
        digest = move(movers, source, file, location)
        put(location, file.path, b"short")
        return digest

    monkeypatch.setattr(transfers._Movers, "_move", move_and_lose)
    job, target = run(job)
    assert (job.state, target.status) == ("FAILED", "FAILED_REGISTRATION")
    assert "differs from its source" in target.status_message


def test_a_job_whose_worker_died_is_taken_up_again(cast, job, pass_time):
    assert job.take()
    write(job.target, MLmodel="half of it")
    assert not Job.objects.get(pk=job.pk).take()
    assert not Job.objects.due(timezone.now()).exists()
    pass_time()
    assert list(Job.objects.due(timezone.now())) == [job]
    job, target = run(job)
    assert (job.state, job.attempts, target.status) == ("SUCCEEDED", 2, "READY")
    assert files(target) == files(cast.version)


def test_a_worker_that_was_thought_dead_can_do_no_harm(job, pass_time):
    zombie = Job.objects.get(pk=job.pk)
    zombie.take()
    pass_time()
    assert Job.objects.get(pk=job.pk).take()
    for write_ in (zombie.beat, lambda: zombie.expect(files=1, size=1), zombie.file_done):
        with pytest.raises(JobLost):
            write_()


def test_a_job_that_kills_its_workers_is_given_up(job, pass_time):
    for _ in range(settings.JOB_ATTEMPTS):
        assert Job.objects.get(pk=job.pk).take()
        pass_time()
    job, target = run(job)
    assert (job.state, target.status) == ("FAILED", "FAILED_REGISTRATION")
    assert "Given up" in target.status_message


def test_a_worker_that_died_between_its_two_last_writes_has_succeeded(job, pass_time):
    job.take()
    job.target.finalize(size=1)
    pass_time()
    job, target = run(job)
    assert (job.state, target.status) == ("SUCCEEDED", "READY")


def test_the_tick_sends_what_is_due(job, monkeypatch, django_capture_on_commit_callbacks, pass_time):
    sent = []
    monkeypatch.setattr("registry.queue._send", lambda key, queue: sent.append(key))
    with django_capture_on_commit_callbacks(execute=True):
        clock.tick()
    assert sent == []
    pass_time()
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            clock.tick()
    assert sent == [str(job.pk)]


def test_the_tick_sends_a_job_whose_worker_died_once(job, monkeypatch, django_capture_on_commit_callbacks, pass_time):
    sent = []
    monkeypatch.setattr("registry.queue._send", lambda key, queue: sent.append(key))
    job.take()
    pass_time()
    for _ in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            clock.tick()
    assert sent == [str(job.pk)]


def test_the_tick_sweeps_uploads_that_never_ended(db, artifact_root, time_machine):
    places = Places(artifact_root)
    upload = LocalUploads(places).receive("local:///0", "f", [b"half"])
    clock.tick()
    assert places.upload(upload.name).exists()
    time_machine.move_to(timezone.now() + timedelta(days=1, minutes=1))
    clock.tick()
    assert not places.upload(upload.name).exists()


def test_a_job_is_sent_after_commit_and_only_its_key(
    cast, destination, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr("celery.current_app.send_task", lambda *args, **options: sent.append((args, options)))
    with django_capture_on_commit_callbacks(execute=True):
        job = copies.copy_model_version(actor=actor(cast.reader), source=cast.version, destination=destination)
        assert sent == []
    assert sent == [(("registry.run_job",), {"args": [str(job.pk)], "queue": "quick", "retry": False})]


def test_a_broker_that_is_away_loses_nothing(cast, destination, monkeypatch, django_capture_on_commit_callbacks):
    def away(*args, **options):
        raise ConnectionRefusedError

    monkeypatch.setattr("celery.current_app.send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        job = copies.copy_model_version(actor=actor(cast.reader), source=cast.version, destination=destination)
    assert Job.objects.get(pk=job.pk).state == Job.State.QUEUED


def test_a_job_is_seen_by_who_asked_and_who_may_read_its_target(cast, job):
    assert jobs.get_job(actor=actor(cast.reader), uid=job.pk) == job
    for member in ("stranger", "browser", "writer"):
        if member == "writer":  # may add versions to every model of the catalog, and so read them
            assert jobs.get_job(actor=actor(cast.writer), uid=job.pk) == job
            continue
        with pytest.raises(DoesNotExist):
            jobs.get_job(actor=actor(cast[member]), uid=job.pk)


def cancel(user, job):
    jobs.cancel_job(actor=actor(user), uid=job.pk)


def test_a_copy_that_waits_is_cancelled_by_who_asked_for_it(cast, job):
    for somebody, error in ((cast.writer, PermissionDenied), (cast.stranger, DoesNotExist)):
        with pytest.raises(error):
            cancel(somebody, job)
    cancel(cast.reader, job)
    job, target = run(job)  # its message comes all the same
    assert (job.state, job.error) == ("FAILED", "Cancelled by reader@example.com.")
    assert (target.status, target.status_message) == ("FAILED_REGISTRATION", "Cancelled by reader@example.com.")
    assert files(target) == {}
    with pytest.raises(InvalidState, match="ended already"):
        cancel(cast.reader, job)


def test_a_copy_that_runs_stops_and_leaves_no_bytes(cast, job, monkeypatch):
    note = transfers._note

    def cancelled_meanwhile(*arguments):
        note(*arguments)
        if Job.objects.get(pk=job.pk).is_unfinished:
            cancel(cast.reader, job)

    monkeypatch.setattr(transfers, "_note", cancelled_meanwhile)
    cancelled, target = run(job)
    assert (cancelled.state, target.status) == ("FAILED", "FAILED_REGISTRATION")
    assert files(target) == {}


def test_a_copy_that_has_just_become_ready_is_not_cancelled(cast, job):
    ModelVersion.objects.filter(jobs=job).update(status="READY")
    with pytest.raises(InvalidState):
        cancel(cast.reader, job)
    assert Job.objects.get(pk=job.pk).state == "QUEUED"


def test_a_file_that_is_not_what_was_uploaded_fails_the_copy_that_reads_it(cast, job, monkeypatch):
    monkeypatch.setattr(transfers, "copy_within", lambda *_: False)
    cast.version.artifacts.create(path="MLmodel", size=12, sha256="0" * 64)
    job, target = run(job)
    assert target.status == "FAILED_REGISTRATION"
    assert "its SHA-256 has changed" in job.error


@pytest.mark.parametrize("damage", ["known", "size", "missing"])
def test_a_version_that_is_not_whole_is_not_copied(cast, job, damage):
    cast.version.artifacts.create(path="MLmodel", size=13 if damage == "size" else 12, sha256="0" * 64)
    if damage == "known":
        cast.version.damages.create(path="MLmodel", detail="its SHA-256 is another")
    if damage == "missing":
        artifact_store(cast.version.storage_location).delete_file(cast.version.storage_location, "MLmodel")
    job, target = run(job)
    assert target.status == "FAILED_REGISTRATION"
    assert "'MLmodel' of shop.ml.churn version 1 is damaged in the storage" in job.error


def test_a_copy_goes_on_with_the_file_that_it_had_reached(cast, job, monkeypatch, pass_time):
    for path, content in {"MLmodel": b"flavors: {}\n", "data/weights": b"12345"}.items():
        put(cast.version.storage_location, path, content)
        row = {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        cast.version.artifacts.create(**row)
        if path == "MLmodel":
            put(job.target.storage_location, path, content)
            job.target.artifacts.create(**row)
    copied, copy = [], transfers.copy_within

    def noting(source, path, *arguments):
        copied.append(path)
        return copy(source, path, *arguments)

    monkeypatch.setattr(transfers, "copy_within", noting)
    assert job.take()
    pass_time()
    job, target = run(job)
    assert (job.state, job.files_done, job.bytes_done) == ("SUCCEEDED", 2, job.bytes_total)
    assert copied == ["data/weights"]
    assert files(target) == files(cast.version)
    assert target.digest == manifest_digest(cast.version.artifacts.values_list("path", "sha256"))


def test_a_copy_knows_the_digests_and_the_size_of_its_files(job):
    _, target = run(job)
    assert target.size == 17
    assert target.artifacts.count() == 2


def test_a_copy_has_the_digest_of_its_source_which_anybody_can_compute(cast, job):
    _, target = run(job)
    listed = "".join(
        f"{file.sha256}  {file.path}\n" for file in sorted(target.artifacts.all(), key=lambda file: file.path)
    )
    assert target.digest == hashlib.sha256(listed.encode()).hexdigest()
    target.artifacts.filter(path="MLmodel").update(sha256="")
    assert manifest_digest(target.artifacts.values_list("path", "sha256")) == ""


def test_a_copy_waits_for_a_store_that_does_not_answer(job, monkeypatch, pass_time, time_machine):
    move = transfers._Movers._move

    def away(*_):
        raise StorageUnavailable("The object store does not answer.")

    monkeypatch.setattr(transfers._Movers, "_move", away)
    job, target = run(job)
    assert (job.state, job.attempts, target.status) == ("QUEUED", 0, "PENDING_REGISTRATION")
    assert job.error == "Waiting: The object store does not answer."
    pass_time()
    assert list(Job.objects.due(timezone.now())) == [job]
    monkeypatch.setattr(transfers._Movers, "_move", move)
    job, target = run(job)
    assert (job.state, job.error, target.status) == ("SUCCEEDED", "", "READY")


def test_a_copy_does_not_wait_for_ever(job, monkeypatch, time_machine):
    def away(*_):
        raise StorageUnavailable("The object store does not answer.")

    monkeypatch.setattr(transfers._Movers, "_move", away)
    monkeypatch.setattr(LocalFiles, "delete", away)
    time_machine.move_to(timezone.now() + timedelta(days=1, minutes=1))
    job, target = run(job)
    assert (job.state, target.status) == ("FAILED", "FAILED_REGISTRATION")
    assert Job.objects.filter(kind="DELETE_ARTIFACTS", storage_location=target.storage_location).exists()
