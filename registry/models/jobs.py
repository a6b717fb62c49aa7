"""Slow work: the row is the truth, and Celery's message carries only its key."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from registry import limits
from registry.exceptions import DoesNotExist, PermissionDenied, RegistryError
from registry.models.installation import DeletionHold
from registry.models.progress import Progress
from registry.models.run_artifacts import ArtifactRoot
from registry.models.versions import ModelVersion


class JobLost(Exception):
    """Another worker has taken this job over, or it has ended: its present holder decides what happens."""


def reason_of(error: Exception) -> str:
    """Say why a job failed, in words for readers of its target: without our paths or names that they may not see."""
    if isinstance(error, (PermissionDenied, DoesNotExist)):
        return "The user who requested this is no longer allowed to do it, or something it needs was deleted."
    if isinstance(error, RegistryError):
        return error.message
    if isinstance(error, OSError) and error.strerror:
        return f"The storage failed: {error.strerror}."
    return "It failed. The server's log says why."


class JobQuerySet(models.QuerySet["Job"]):
    def due(self, now: datetime) -> JobQuerySet:
        """Return queued jobs whose message seems lost, and running ones whose worker has stopped beating.

        Without those that are held back: no one could do them.
        """
        stale = now - settings.JOB_STALE_AFTER
        left = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, beat_at__lt=stale)
        due = self.filter(left, enqueued_at__lt=stale)
        return due.exclude(kind=Job.Kind.DELETE_ARTIFACTS) if DeletionHold.is_held() else due

    def shown_to(self, user: User, now: datetime) -> JobQuerySet:
        """Return the filling of versions that ``user`` waits for, and what of it ended a short while ago and was not
        put away."""
        recent = Q(finished_at__isnull=True) | Q(finished_at__gte=now - timedelta(minutes=10))
        return self.filter(recent, created_by=user, dismissed_at=None, kind__in=Job.WAITED_FOR)

    def filling(self) -> JobQuerySet:
        """Return those that fill a version with files."""
        return self.filter(kind__in=Job.FILLING)

    def fairest(self) -> JobQuerySet:
        """Return what waits to move many bytes: of those first who have the least going on, and the oldest of them."""
        going = Job.objects.filter(state=Job.State.RUNNING, requested_by=OuterRef("requested_by")).order_by()
        waiting = self.filter(state=Job.State.QUEUED, kind__in=Job.FILLING, bytes_total__gt=Job.FEW_BYTES)
        count = going.values("requested_by").annotate(count=Count("pk")).values("count")
        return waiting.annotate(going=Coalesce(Subquery(count), 0)).order_by("going", "created_at")

    def unfinished(self) -> JobQuerySet:
        return self.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING))


class Job(Progress):
    """Work that a worker does, with its progress.

    QUEUED --claim--> RUNNING --+--succeed--> SUCCEEDED
                       |   ^    +--fail-----> FAILED
       ^               +---+ claimed again when its worker has stopped beating
       +--put back--------+

    A worker holds a job by the ``claim`` it wrote into the row. Every later write is conditional on it, so a worker
    that was thought dead and comes back can do no harm: its next write raises JobLost.
    """

    class Kind(models.TextChoices):
        COPY = "COPY", "Copy"
        REGISTER = "REGISTER", "Register"
        DELETE_ARTIFACTS = "DELETE_ARTIFACTS", "Delete artifacts"
        VERIFY_ARTIFACTS = "VERIFY_ARTIFACTS", "Verify artifacts"
        IMPORT = "IMPORT", "Import"
        REFILE = "REFILE", "File models under a new name"

    class Queue(models.TextChoices):
        """Where jobs wait for workers of their own: a job of a moment never waits behind one of hours."""

        QUICK = "quick", "Quick work"
        BYTES = "bytes", "Work that moves many bytes"

    QUEUES: ClassVar = {
        Kind.COPY: Queue.BYTES,
        Kind.REGISTER: Queue.BYTES,
        Kind.DELETE_ARTIFACTS: Queue.QUICK,
        Kind.REFILE: Queue.QUICK,
        Kind.VERIFY_ARTIFACTS: Queue.BYTES,
        Kind.IMPORT: Queue.BYTES,
    }

    FILLING: ClassVar = (Kind.COPY, Kind.REGISTER)
    """Those that fill ``target``: from ``source``, from ``source_path`` in ``source_root``, or from ``source_url``."""
    WAITED_FOR: ClassVar = (*FILLING, Kind.IMPORT)
    """Those that somebody has asked for and waits for. An import fills one ``target`` after the other."""

    uid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=30, choices=Kind)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="jobs")
    requested_by = models.CharField(max_length=255)
    source = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="jobs_from")
    target = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="jobs")
    source_root = models.ForeignKey(ArtifactRoot, null=True, on_delete=models.SET_NULL, related_name="jobs")
    source_path = models.CharField(max_length=limits.ARTIFACT_PATH_LENGTH, blank=True)
    source_url = models.CharField(max_length=limits.SOURCE_LENGTH, blank=True, db_default="")
    title = models.CharField(max_length=2000)
    storage_location = models.CharField(max_length=1024)
    container_uid = models.UUIDField(null=True, editable=False)  # of the catalog or schema that a REFILE is about
    attempts = models.PositiveIntegerField(default=0)
    claim = models.UUIDField(null=True)
    error = models.TextField(blank=True)
    # What a copy sets on its target once it has succeeded, and why it could not.
    alias = models.CharField(max_length=limits.ALIAS_LENGTH, blank=True, db_default="")
    alias_was = models.PositiveIntegerField(null=True)  # the version it pointed at when it was asked for, 0 for none
    alias_error = models.TextField(blank=True, db_default="")
    created_at = models.DateTimeField(default=timezone.now)
    enqueued_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True, editable=False)

    FEW_BYTES: ClassVar = 64 * 1024 * 1024
    BEAT_EVERY: ClassVar = timedelta(seconds=0.5)

    objects = JobQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        ordering = ("-created_at",)
        indexes = [
            models.Index(fields=["state", "beat_at"], name="job_due"),
            models.Index(fields=["kind", "state"], name="job_kind"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def noun(self) -> str:
        """What a job that somebody waits for is called: a copy, a registration, an import."""
        return {self.Kind.REGISTER: "registration", self.Kind.IMPORT: "import"}.get(self.Kind(self.kind), "copy")

    @property
    def queue(self) -> str:
        """The name of the queue that it waits in: that of its kind, unless it fills a version with few bytes."""
        if self.kind in self.FILLING and self.bytes_total is not None and self.bytes_total <= self.FEW_BYTES:
            return self.Queue.QUICK.value
        return self.QUEUES[self.Kind(self.kind)].value

    @property
    def phase(self) -> str:
        """What one that somebody waits for does now; empty once it has ended."""
        if not self.is_unfinished or self.kind not in self.WAITED_FOR:
            return ""
        if self.state == self.State.QUEUED:
            return "waiting"
        if self.files_total is None:
            return "listing"
        return "copying" if self.files_done < self.files_total else "checking"

    @property
    def is_given_up(self) -> bool:
        """Whether it has cost so many workers their lives that it is not started again."""
        return self.attempts > settings.JOB_ATTEMPTS

    def take(self) -> bool:
        """Claim this job for the calling worker: one conditional UPDATE, so one of several callers gets it."""
        now, claim = timezone.now(), uuid.uuid4()
        free = Q(state=self.State.QUEUED) | Q(state=self.State.RUNNING, beat_at__lt=now - settings.JOB_STALE_AFTER)
        taken = Job.objects.filter(free, pk=self.pk).update(
            state=self.State.RUNNING,
            claim=claim,
            attempts=F("attempts") + 1,
            started_at=now,
            beat_at=now,
            bytes_done=0,
            files_done=0,
            error="",
        )
        if taken == 1:
            self.refresh_from_db(
                fields=["state", "claim", "attempts", "started_at", "beat_at", "bytes_done", "files_done"]
            )
        return taken == 1

    def cancel(self, reason: str) -> bool:
        """Leave an unfinished state for FAILED, no matter who holds the job: if several end it, one does so.

        False, too, if it has gone on to another target.
        """
        now = timezone.now()
        ended = Job.objects.unfinished().filter(pk=self.pk, target=self.target_id)
        return ended.update(state=self.State.FAILED, error=reason, finished_at=now, claim=None) == 1

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let the ``with`` block be the job: it ends SUCCEEDED, or FAILED with the reason."""
        try:
            yield
        except JobLost:
            raise
        except Exception as error:
            self._write(state=self.State.FAILED, finished_at=timezone.now(), error=reason_of(error))
            raise
        self.succeed()

    def succeed(self) -> None:
        self._write(state=self.State.SUCCEEDED, finished_at=timezone.now())

    def beat(self) -> None:
        """Show that the worker lives, and raise JobLost if it no longer holds this job."""
        self._write()

    def require_held(self) -> None:
        """Raise JobLost if another worker holds this job, or no one; the row is read and not written."""
        if not self._held().exists():
            raise JobLost(str(self.pk))

    def put_back(self, why: str = "") -> None:
        """Leave RUNNING for QUEUED, as if it had not been claimed: it is sent again when it can be done. ``why`` says
        what it waits for."""
        again = {"claim": None, "attempts": self.attempts - 1, "enqueued_at": timezone.now(), "error": why}
        self._write(state=self.State.QUEUED, **again)

    def expect(self, *, files: int, size: int) -> None:
        """Note how much there is to do: ``files`` with ``size`` bytes together."""
        self._write(files_total=files, bytes_total=size)

    def advance(self, size: int) -> None:
        """Note ``size`` more bytes; written at most twice a second, which is also the worker's beat."""
        self.bytes_done += size
        if self.beat_at is None or timezone.now() - self.beat_at >= self.BEAT_EVERY:
            self._write(bytes_done=self.bytes_done)

    def note(self, *, alias_error: str) -> None:
        """Note why the alias that was asked for with a copy was not set."""
        self._write(alias_error=alias_error)

    def aim_at(self, target: ModelVersion) -> None:
        """Note the version that it fills from now on."""
        self._write(target=target)

    def file_done(self, count: int = 1) -> None:
        self._write(bytes_done=self.bytes_done, files_done=self.files_done + count)

    def _write(self, **values: Any) -> None:
        values.setdefault("beat_at", timezone.now())
        if self._held().update(**values) != 1:
            raise JobLost(str(self.pk))
        for name, value in values.items():
            setattr(self, name, value)

    def _held(self) -> JobQuerySet:
        return Job.objects.filter(pk=self.pk, claim=self.claim, state=self.State.RUNNING)
