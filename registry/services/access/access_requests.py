"""Requests for access: users who see something ask for a right on it. For decisions, see ``access_decisions``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Scope, User, stands_for
from registry import audit, authorization, limits
from registry.actor import Actor
from registry.audit.actions import Action
from registry.authorization import Operation
from registry.authorization.explaining import Basis, explain, granters_of
from registry.exceptions import AlreadyExists, DoesNotExist, InvalidParameterValue, InvalidState
from registry.kinds import in_the_tree, kind_of, reference_to
from registry.models import AccessRequest, Catalog, Metastore, RegisteredModel, Schema, Securable, locks
from registry.privileges import GRANTABLE, Privilege
from registry.services.access import grants
from registry.services.access.grants import Principal, lasts
from registry.services.activity import notifications

State = AccessRequest.State


def request_access(
    *,
    actor: Actor,
    securable: Securable,
    privileges: Sequence[Privilege],
    comment: str = "",
    principal: Principal | None = None,
    days: int | None = None,
) -> AccessRequest:
    """Ask for ``privileges`` on ``securable``, which ``actor`` sees, for itself or for another ``principal``.

    The request is for ``days``, or for good. Granting it includes the USE of containers that is missing.
    """
    authorization.require_scope(actor, Scope.REGISTRY, Action.REQUEST_ACCESS)
    grantee = principal or actor.principal
    require_days(days)
    subject = _checked(actor, securable, privileges, grantee, comment, end_of(days))
    with transaction.atomic():
        locks.hold(actor.principal)  # only one at a time counts what is open
        _require_room(actor)
        asked = _asked_already(actor, subject, grantee)
        new = [privilege for privilege in dict.fromkeys(privileges) if privilege not in asked]
        if not new:
            raise AlreadyExists(f"You have already asked for access to {securable.full_name}. It waits for an answer.")
        return _create(actor, subject, new, grantee, comment, days)


def list_sent(*, actor: Actor) -> QuerySet[AccessRequest]:
    """Return what ``actor`` has asked for, the newest first."""
    return _requests().filter(requester=actor.principal)


def is_waiting(*, actor: Actor, securable: Securable) -> bool:
    """Return whether something that ``actor`` has asked for itself on ``securable`` waits for an answer."""
    mine = AccessRequest.objects.filter(requester=actor.principal, for_user=actor.principal, state=State.OPEN)
    return bool(kind_of(securable).column) and mine.filter(**_on(securable)).exists()


def list_to_decide(*, actor: Actor) -> QuerySet[AccessRequest]:
    """Return the open requests that ``actor`` may grant or decline, the newest first.

    A request that someone has granted in part waits for those who manage what contains the object.
    """

    def decidable(rows: QuerySet[Catalog] | QuerySet[Schema] | QuerySet[RegisteredModel]) -> QuerySet[Securable]:
        return authorization.permitted(actor, Operation.DECIDE_ACCESS_REQUEST, rows)

    catalogs, schemas = decidable(Catalog.objects.all()), decidable(Schema.objects.all())
    on_objects = Q(catalog__in=catalogs) | Q(schema__in=schemas)
    on_objects |= Q(registered_model__in=decidable(RegisteredModel.objects.all()))
    on_containers = Q(schema__catalog__in=catalogs) | Q(registered_model__schema__in=schemas)
    return _requests().filter((Q(approved_by="") & on_objects) | (~Q(approved_by="") & on_containers), state=State.OPEN)


def get_access_request(*, actor: Actor, uid: UUID) -> AccessRequest:
    """Return a request that ``actor`` has sent or may decide, whatever has become of it."""
    access_request = _requests().filter(uid=uid).first()
    may_know = access_request is not None and (
        access_request.requester == actor.principal
        or authorization.allows(actor, Operation.DECIDE_ACCESS_REQUEST, access_request.securable)
    )
    if access_request is None or not may_know:
        if access_request is not None:
            authorization.note_denial(actor, Operation.DECIDE_ACCESS_REQUEST, access_request.securable)
        raise DoesNotExist("There is no such request for access.")
    return access_request


def approvers_of(securable: Securable) -> list[User]:
    """Return the people who are asked: owner and holders of MANAGE; administrators if there is no one else.

    Users who see the object see who they are. (Unity Catalog shows the owner to everyone, and says nothing about the
    rest; users would not send a request without knowing to whom, and they need a name to ask a colleague.)
    """
    people = {
        person.pk: person
        for principal in granters_of(securable)
        for person in ([principal] if isinstance(principal, User) else grants.members_of(principal))
        if person.is_active
    }
    managers = [person for person in people.values() if not person.is_metastore_admin]
    return managers or list(people.values())


def _checked(
    actor: Actor,
    securable: Securable,
    privileges: Sequence[Privilege],
    grantee: Principal,
    comment: str,
    until: datetime | None,
) -> Catalog | Schema | RegisteredModel:
    whom = "its administrators" if isinstance(securable, Metastore) else "who manages it"
    name = securable.securable_type.words.lower()
    asked_for = in_the_tree(securable, f"Access to the {name} is given by {whom}, and not asked for here.")
    if not authorization.is_visible(actor, securable):
        raise authorization.no_such(actor, securable.securable_type, securable.full_name, Action.REQUEST_ACCESS)
    require_short(comment)
    if not privileges:
        raise InvalidParameterValue("A request for access names at least one privilege.")
    for privilege in privileges:
        if privilege not in GRANTABLE[securable.securable_type]:
            raise InvalidParameterValue(
                f"{privilege.words} is not granted on a {securable.securable_type.words} ({securable.full_name})."
            )
    has_it = grants.holds_all(grantee, securable, privileges, until) and not missing_usage(grantee, securable, until)
    if has_it and _may_know(actor, grantee, securable):
        raise InvalidState(f"{grantee} has this on {securable.full_name} already.")
    return asked_for


def _require_room(actor: Actor) -> None:
    sent, hour = actor.principal.sent_access_requests, timezone.now() - timedelta(hours=1)
    if sent.filter(Q(state=State.OPEN) | Q(created_at__gte=hour)).count() >= limits.OPEN_REQUESTS:
        raise InvalidParameterValue(
            f"You have {limits.OPEN_REQUESTS} requests that are open or new: that is the limit."
        )


def _may_know(actor: Actor, principal: Principal, securable: Securable) -> bool:
    """Whether ``actor`` may know what ``principal`` holds: about itself and its groups, or if it sees all grants."""
    return stands_for(actor.principal, principal) or authorization.allows(actor, Operation.READ_ALL_GRANTS, securable)


def missing_usage(
    principal: Principal, securable: Securable, until: datetime | None
) -> list[tuple[Securable, Privilege]]:
    """Return the containers that ``principal`` may not use until then (None: for good), with what it needs on each,
    the outermost first."""
    links = explain(principal, Operation.READ_ALL_GRANTS, securable).links
    return [
        (link.securable, link.privilege)
        for link in links
        if link.securable != securable
        and isinstance(link.securable, (Catalog, Schema))
        and not any(reason.basis != Basis.GRANT or lasts(reason.ends_at, until) for reason in link.reasons)
    ]


def _create(
    actor: Actor,
    securable: Catalog | Schema | RegisteredModel,
    privileges: Iterable[Privilege],
    principal: Principal,
    comment: str,
    days: int | None,
) -> AccessRequest:
    request = AccessRequest.objects.create(
        requester=actor.principal,
        for_user=principal if isinstance(principal, User) else None,
        for_group=None if isinstance(principal, User) else principal,
        privileges=[privilege.value for privilege in privileges],
        comment=comment.strip(),
        days=days,
        asked_name=securable.full_name,
        **_on(securable),
    )
    audit.access_requested(actor, request)
    notifications.notify(approvers_of(securable), f"{request}.", about=request)
    return request


def _asked_already(actor: Actor, securable: Catalog | Schema | RegisteredModel, principal: Principal) -> set[str]:
    """The privileges for which the actor has an open request."""
    column = "for_user" if isinstance(principal, User) else "for_group"
    waiting = AccessRequest.objects.filter(
        requester=actor.principal, state=State.OPEN, **{column: principal}, **_on(securable)
    )
    return {name for names in waiting.values_list("privileges", flat=True) for name in names}


def _on(securable: Securable) -> dict[str, Securable]:
    return reference_to(securable, "Access to the metastore is given by its administrators, and not asked for here.")


def end_of(days: int | None) -> datetime | None:
    """Return when something that counts for ``days`` from now on ends; None for good."""
    return timezone.now() + timedelta(days=days) if days else None


def require_days(days: int | None) -> None:
    """Refuse a length of time that no one grants."""
    if days is not None and not 0 < days <= limits.GRANT_DAYS:
        raise InvalidParameterValue(f"Access is granted for 1 to {limits.GRANT_DAYS} days, or without an end.")


def require_short(text: str) -> None:
    """Refuse a comment or a reply that is too long to keep."""
    if len(text) > limits.REQUEST_COMMENT_LENGTH:
        raise InvalidParameterValue(f"A comment has at most {limits.REQUEST_COMMENT_LENGTH} characters.")


def _requests() -> QuerySet[AccessRequest]:
    return AccessRequest.objects.select_related(
        "requester", "for_user", "for_group", "catalog", "schema__catalog", "registered_model__schema__catalog"
    )
