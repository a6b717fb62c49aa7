"""Deprecating a model: the mark, and what its users should know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from registry import audit, authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import InvalidParameterValue
from registry.models import Deprecation, RegisteredModel, locks
from registry.names import DEPRECATED, FullName, comment_text
from registry.services.labels import certification
from registry.services.shared import finders


@dataclass(frozen=True)
class Advice:
    """What a reader is shown: ``replacement`` is None where there is none, or none that they can see."""

    replacement: RegisteredModel | None
    ends_on: date | None
    note: str


def certify_model(
    *,
    actor: Actor,
    model: RegisteredModel,
    status: str,
    replacement: str = "",
    ends_on: date | None = None,
    note: str = "",
) -> None:
    """Mark ``model`` as certified or deprecated, or take the mark away (an empty ``status``).

    The full name of its ``replacement``, which ``actor`` can see, a day and a note are for deprecated models.
    """
    authorization.require(actor, Operation.CERTIFY, model)
    if status != DEPRECATED and (replacement or ends_on or note):
        raise InvalidParameterValue("A replacement, an end date and a note are for deprecated models.")
    named = _replacement(actor, model, replacement)
    with transaction.atomic():
        before = Deprecation.objects.filter(registered_model=locks.hold(model)).first()
        found = named or _hidden_replacement(actor, before, status)
        certification.certify(actor=actor, securable=model, status=status)
        Deprecation.objects.filter(registered_model=model).delete()
        told = {"ends_on": ends_on.isoformat() if ends_on else "", "note": note}
        if found or ends_on or note:
            Deprecation.objects.create(
                registered_model=model, replacement=found, ends_on=ends_on, note=comment_text(note)
            )
        if before or found or ends_on or note:
            name = found.full_name if found else ""
            audit.registered_model_updated(actor, model, deprecation=told, replacement=name)


def deprecate_all(*, actor: Actor, models: Iterable[RegisteredModel], ends_on: date | None, note: str) -> None:
    """Mark several models as deprecated: all of them, or none. What is not said here stays as it was said of each."""
    with transaction.atomic():
        for model in sorted(models, key=lambda model: model.pk):  # as rows are locked
            before = advice_on(actor=actor, model=model)
            replacement = before.replacement.full_name if before and before.replacement else ""
            certify_model(
                actor=actor, model=model, status=DEPRECATED, replacement=replacement,
                ends_on=ends_on or (before.ends_on if before else None), note=note or (before.note if before else ""),
            )  # fmt: skip


def advice_on(*, actor: Actor, model: RegisteredModel) -> Advice | None:
    """Return what users should know about a deprecated model, if anything has been said (up to two queries)."""
    row = Deprecation.objects.filter(registered_model=model).first()
    if row is None:
        return None
    return Advice(_visible_replacement(actor, row), row.ends_on, row.note)


def _visible_replacement(actor: Actor, row: Deprecation) -> RegisteredModel | None:
    if row.replacement_id is None:
        return None
    rows = RegisteredModel.objects.filter(pk=row.replacement_id).select_related("schema__catalog")
    return authorization.visible(actor, rows).first()


def _hidden_replacement(actor: Actor, row: Deprecation | None, status: str) -> RegisteredModel | None:
    """The replacement that is set and that ``actor`` can't see: an empty field does not remove it."""
    if row is None or status != DEPRECATED or _visible_replacement(actor, row):
        return None
    return row.replacement


def _replacement(actor: Actor, model: RegisteredModel, name: str) -> RegisteredModel | None:
    if not name.strip():
        return None
    found = finders.get_registered_model(actor=actor, full_name=FullName.parse(name.strip()))
    if found == model:
        raise InvalidParameterValue("A model does not replace itself.")
    return found
