"""Filling a version with the files of another version, or of a run or a logged model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, transaction

from accounts.models import User
from registry import audit, authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import InvalidState, RegistryError, StorageUnavailable
from registry.jobs import transfers
from registry.jobs.waiting import wait
from registry.models import Job, JobLost, ModelVersion, locks, reason_of
from registry.names import folded
from registry.services.artifacts import inventory, mlmodel, removal
from registry.services.artifacts.inventory import StoredFile
from registry.services.artifacts.sources import LoggedFiles, Source, VersionFiles
from registry.services.metadata import aliases
from registry.services.versions import registrations
from registry.storage import artifact_store
from registry.storage.base import Entry


def copy_artifacts(job: Job) -> None:
    """Copy every file of the job's source, then declare the target version ready.

    Resumed after a worker's death, it goes on with the file that it had reached.
    """
    with job.running():
        if job.target is not None and job.target.is_ready:
            _set_alias(job)  # the last worker died between its two last writes
            return
        with _pending_registration(job) as target:
            source = _readable_source(job)
            location, files = target.storage_location, source.whole_files()
            _expect(job, files)
            transfers.copy_files(job, source, target, files)
            _require_same(files, artifact_store(location).list_files(location))
            if not source.is_immutable:
                _require_unchanged(source, files)
                registrations.require_signature(location, "MLmodel")
        _set_alias(job)


def _set_alias(job: Job) -> None:
    """Give the copy the alias that was asked for with it. Where that cannot be, the copy is there all the same.

    Minutes have passed: the account is read again, and an alias that someone else has moved since then stays there.
    """
    target = ModelVersion.objects.filter(jobs=job).select_related("registered_model__schema__catalog").first()
    if not job.alias or target is None or target.aliases.filter(folded=folded(job.alias)).exists():
        return
    asking = User.objects.filter(pk=job.created_by_id, is_active=True).first() if job.created_by_id else None
    if asking is None:
        job.note(alias_error="The user who requested this copy no longer has an active account.")
        return
    actor = Actor(principal=asking, user_agent=f"job {job.pk}")
    try:
        aliases.set_registered_model_alias(
            actor=actor, model=target.registered_model, alias=job.alias, version=target.version, expected=job.alias_was
        )
    except (RegistryError, DatabaseError) as error:
        job.note(alias_error=reason_of(error))
    finally:
        audit.record_denials(actor)


@contextmanager
def _pending_registration(job: Job) -> Iterator[ModelVersion]:
    """Let the ``with`` block be the registration of the job's target: it ends READY, or FAILED without bytes."""
    try:
        target = _pending_target(job)
        yield target
        _finalize(job, target)
    except JobLost:
        if Job.objects.filter(pk=job.pk, state=Job.State.FAILED).exists():
            # Canceled, not taken over: no one else writes there, and the bytes were deleted before the last of them.
            removal.remove_unless_kept(job.storage_location)
        raise
    except StorageUnavailable as error:
        wait(job, error)
        _fail(job, error.message)
        raise
    except Exception as error:
        _fail(job, reason_of(error))
        raise


def _pending_target(job: Job) -> ModelVersion:
    if job.is_given_up:
        raise InvalidState(f"Given up: {job.attempts - 1} workers died while they copied.")
    if job.target is None or not job.target.is_pending:
        raise InvalidState("The version that was to be filled has been deleted, or has failed already.")
    return job.target


def _finalize(job: Job, target: ModelVersion) -> None:
    rows = inventory.rows_of(target)
    learned, files = mlmodel.learn(target, rows), len(rows)
    with transaction.atomic():
        locks.hold(target)  # a cancellation of the job holds it too
        job.require_held()
        target.finalize(**learned)
        audit.model_version_finalized(_actor(job), target, files)
        job.beat()


def _fail(job: Job, reason: str) -> None:
    """Leave no bytes behind, unless another worker holds the job by now: then the bytes are that worker's."""
    with transaction.atomic():
        target = ModelVersion.objects.filter(jobs=job).select_for_update(no_key=True, of=("self",)).first()
        job.beat()
        if target is not None and target.is_pending:
            target.fail(reason)
            audit.model_version_failed(_actor(job), target)
    try:
        removal.remove_unless_kept(job.storage_location)
    except (OSError, StorageUnavailable):  # a job tries again until they are gone
        removal.remove_files(_actor(job), [(job.title, job.storage_location)])


def _expect(job: Job, files: list[StoredFile]) -> None:
    """Note how much there is to do. For a run it has to be as much as when it was requested: quotas counted that."""
    size = sum(file.size for file in files)
    if job.source is None and size != job.bytes_total:
        raise InvalidState("The files to register were changed in the meantime.")
    job.expect(files=len(files), size=size)


def _readable_source(job: Job) -> Source:
    """The source, if it is still there and the user who asked may still do this: minutes may have passed."""
    if job.target is None:
        raise InvalidState("The version that was to be filled has been deleted.")
    if job.created_by is None or not job.created_by.is_active:
        raise InvalidState("The user who requested this copy no longer has an account.")
    actor = _actor(job)
    try:
        source = _source(actor, job)
        authorization.require(actor, Operation.CREATE_MODEL_VERSION, job.target)
    finally:
        audit.record_denials(actor)
    return source


def _source(actor: Actor, job: Job) -> Source:
    if job.source is not None:
        authorization.require(actor, Operation.READ_ARTIFACTS, job.source)
        return VersionFiles(job.source)
    if job.source_root is not None:
        authorization.require(actor, Operation.READ_EXPERIMENT, job.source_root.experiment)
        return LoggedFiles(job.source_root, job.source_path)
    if job.source_url:
        return registrations.source_at(job.source_url)
    raise InvalidState("The source was deleted.")


def _require_same(source: list[StoredFile], target: list[Entry]) -> None:
    if [(file.path, file.size) for file in source] != [(file.path, file.size) for file in target]:
        raise InvalidState("The copy differs from its source, whose files changed in the meantime.")


def _require_unchanged(source: Source, files: list[StoredFile]) -> None:
    if source.files() != files:
        raise InvalidState("The files to register were changed in the meantime.")


def _actor(job: Job) -> Actor:
    """Return the user who asked for the job. A deleted account keeps its name in the events."""
    return Actor(principal=job.created_by or User(user_name=job.requested_by), user_agent=f"job {job.pk}")
