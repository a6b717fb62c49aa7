"""What happened, once and for all: events, and the seals that show whether they are still what they were.

An event is signed by the process that writes it, and sealed a little later by a job, so writers never wait for one
another. A seal is a link of a chain: it covers the event and the seal before. The key of both is kept outside the
database: an account that can write to the tables can't change, remove or add an event unnoticed. (Except
that an event can be removed in the seconds before its seal: the price of writers that do not wait.)
"""

from __future__ import annotations

import hmac
import uuid
from datetime import UTC, datetime
from typing import Any, NoReturn

import orjson
from django.conf import settings
from django.db import models
from django.utils import timezone


class AppendOnlyQuerySet(models.QuerySet["AuditEvent"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit events are never edited.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit events are never deleted.")

    def readable(self, keys: list[int]) -> dict[int, AuditEvent]:
        """Return the events with those keys, without rows that cannot be read: they hold what no event holds."""
        try:
            return self.in_bulk(keys)
        except (TypeError, ValueError, AttributeError):
            return {} if len(keys) == 1 else {key: event for one in keys for key, event in self.readable([one]).items()}


class AuditEvent(models.Model):
    """One change, or one denied attempt. Names, not keys: an event outlives its object.

    ``action_name`` and the keys of ``parameters`` are those of Databricks' audit log (service ``unityCatalog``).
    The uids say on what it happened and what that was in at the time; managers of one of them may read the event.
    """

    class Result(models.TextChoices):
        SUCCESS = "SUCCESS", "Done"
        DENIED = "DENIED", "Denied"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    action_name = models.CharField(max_length=100)
    result = models.CharField(max_length=10, choices=Result, default=Result.SUCCESS)
    error_message = models.CharField(max_length=1000, blank=True)
    actor = models.CharField(max_length=255, blank=True)
    on_behalf_of = models.CharField(max_length=255, blank=True)
    source_address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=512, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    securable_type = models.CharField(max_length=30, blank=True)
    securable_uid = models.UUIDField(null=True, db_index=True)
    securable_name = models.CharField(max_length=800, blank=True)
    catalog_uid = models.UUIDField(null=True, db_index=True)
    schema_uid = models.UUIDField(null=True, db_index=True)
    registered_model_uid = models.UUIDField(null=True, db_index=True)
    parameters = models.JSONField(default=dict)
    signature = models.CharField(max_length=64, default="", editable=False)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        ordering = ("-pk",)
        indexes = [models.Index(fields=["actor", "at"], name="audit_event_actor")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.action_name} {self.securable_name}"

    def sign(self) -> AuditEvent:
        """Sign the event as it is now; it is not to be changed afterwards."""
        self.signature = self.expected_signature()
        return self

    def expected_signature(self) -> str:
        """Return what the signature of an event with this content is: HMAC-SHA256, in hexadecimal digits."""
        content = {f.attname: getattr(self, f.attname) for f in self._meta.concrete_fields}
        return keyed_digest({**content, "id": None, "signature": None, "at": self.at.astimezone(UTC)})

    def is_genuine(self) -> bool:
        """Whether this server has signed just this content. What cannot even be written as JSON is not ours."""
        try:
            return hmac.compare_digest(self.signature, self.expected_signature())
        except (TypeError, ValueError, AttributeError, OverflowError):
            return False

    @property
    def is_denied(self) -> bool:
        return self.result == self.Result.DENIED


class AuditSeal(models.Model):
    """A link of the chain: ``mac`` covers the seal before, this one's columns and the signature of its event."""

    number = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.DO_NOTHING, db_constraint=False, related_name="seal")
    event_uid = models.UUIDField()
    sealed_at = models.DateTimeField()
    mac = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()
        ordering = ("number",)

    def __str__(self) -> str:
        return f"seal {self.number} of event {self.event_uid}"

    @classmethod
    def after(cls, before: AuditSeal | None, event: AuditEvent, now: datetime) -> AuditSeal:
        """Return the next seal of the chain, not yet saved."""
        number = before.number + 1 if before else 1
        seal = cls(number=number, event=event, event_uid=event.uid, sealed_at=now)
        seal.mac = seal.expected_mac(before, event)
        return seal

    def expected_mac(self, before: AuditSeal | None, event: AuditEvent) -> str:
        """Return what the MAC of this seal is, if neither its event nor anything before it has been changed."""
        return keyed_digest(
            [before.mac if before else "", self.number, event.pk, self.event_uid, event.signature, self.sealed_at]
        )


class EventCursor(models.Model):
    """How far a follower of events has come: ``position`` is the number of the last seal that it has processed.

    It moves in the transaction that writes what was made of the events (``registry.services.activity.feed``).
    """

    name = models.CharField(max_length=50, unique=True)
    position = models.BigIntegerField()
    # How often the event after ``position`` has failed.
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} at seal {self.position}"


def keyed_digest(content: Any) -> str:
    """Return the HMAC-SHA256 of ``content`` as canonical JSON, with the key that is kept outside the database."""
    written = orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    return hmac.new(settings.AUDIT_KEY.encode(), written, "sha256").hexdigest()
