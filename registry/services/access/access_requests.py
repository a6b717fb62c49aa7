"""Requests for access: users who see something ask for a right on it; its owner and managers grant or decline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Scope, User, stands_for
from registry import audit, authorization, limits
from registry.actor import Actor
from registry.audit.actions import Action
from registry.authorization import Operation
from registry.authorization.explaining import explain, granters_of
from registry.exceptions import AlreadyExists, DoesNotExist, InvalidParameterValue, InvalidState
from registry.kinds import in_the_tree, kind_of, reference_to
from registry.models import AccessRequest, Catalog, Metastore, RegisteredModel, Schema, Securable, locks
from registry.privileges import GRANTABLE, Privilege
from registry.services.access import grants
from registry.services.access.grants import GrantChange, Principal
from registry.services.activity import notifications

State = AccessRequest.State


def request_access(
    *,
    actor: Actor,
    securable: Securable,
    privileges: Sequence[Privilege],
    comment: str = "",
    principal: Principal | None = None,
) -> list[AccessRequest]:
    """Ask for ``privileges`` on ``securable``, which ``actor`` sees, for itself or for another ``principal``.

    Where USE of a container is missing too, its approvers are asked for that: a request each, the outermost first.
    (For others only by who may see their grants: it would tell what they hold.)
    """
    authorization.require_scope(actor, Scope.REGISTRY, Action.REQUEST_ACCESS)
    grantee = principal or actor.principal
    subject = _checked(actor, securable, privileges, grantee, comment)
    with transaction.atomic():
        locks.hold(actor.principal)  # one at a time counts what is open
        _require_room(actor)
        usage = _missing_usage(grantee, subject) if _may_know(actor, grantee, subject) else []
        requests = [
            _create(actor, level, new, grantee, comment)
            for level, missing in [*usage, (subject, list(dict.fromkeys(privileges)))]
            if (new := [privilege for privilege in missing if privilege not in _asked_already(actor, level, grantee)])
        ]
        if not requests:
            raise AlreadyExists(f"You have asked for access to {securable.full_name} already; it waits for an answer.")
    return requests


def list_sent(*, actor: Actor) -> QuerySet[AccessRequest]:
    """Return what ``actor`` has asked for, the newest first."""
    return _requests().filter(requester=actor.principal)


def is_waiting(*, actor: Actor, securable: Securable) -> bool:
    """Return whether something that ``actor`` has asked for itself on ``securable`` waits for an answer."""
    mine = AccessRequest.objects.filter(requester=actor.principal, for_user=actor.principal, state=State.OPEN)
    return bool(kind_of(securable).column) and mine.filter(**_on(securable)).exists()


def list_to_decide(*, actor: Actor) -> QuerySet[AccessRequest]:
    """Return the open requests that ``actor`` may grant or decline, the newest first."""

    def decidable(rows: QuerySet[Catalog] | QuerySet[Schema] | QuerySet[RegisteredModel]) -> QuerySet[Securable]:
        return authorization.permitted(actor, Operation.DECIDE_ACCESS_REQUEST, rows)

    return _requests().filter(
        Q(catalog__in=decidable(Catalog.objects.all()))
        | Q(schema__in=decidable(Schema.objects.all()))
        | Q(registered_model__in=decidable(RegisteredModel.objects.all())),
        state=State.OPEN,
    )


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


def decide_access_request(*, actor: Actor, request: AccessRequest, grant: bool, reply: str = "") -> None:
    """Grant what is asked for, or decline it; the requester is told. It is decided once."""
    if not authorization.is_visible(actor, request.securable):
        authorization.note_denial(actor, Operation.DECIDE_ACCESS_REQUEST, request.securable)
        raise DoesNotExist("There is no such request for access.")
    authorization.require(actor, Operation.DECIDE_ACCESS_REQUEST, request.securable)
    _require_short(reply)
    state = State.GRANTED if grant else State.DECLINED
    with transaction.atomic():
        locks.share_principals()
        locks.hold(request.securable)  # before the request, which goes with it
        _leave_open(request, state, by=actor.name, reply=reply)
        if grant:
            change = GrantChange(request.principal, add=tuple(Privilege(name) for name in request.privileges))
            asked_for = replace(actor, on_behalf_of=request.requester.user_name)
            grants.update_grants(actor=asked_for, securable=request.securable, changes=[change])
        audit.access_decided(actor, request)
        notifications.mark_answered(request)
        notifications.notify([request.requester], _message(request), about=request)
    authorization.forget(actor)


def withdraw_access_request(*, actor: Actor, request: AccessRequest) -> None:
    """Take back what one has asked for oneself."""
    authorization.require_scope(actor, Scope.REGISTRY, Action.REQUEST_ACCESS)
    if request.requester != actor.principal:
        authorization.note_denial(actor, Operation.DECIDE_ACCESS_REQUEST, request.securable)
        raise DoesNotExist("There is no such request for access.")
    with transaction.atomic():
        locks.share_principals()
        locks.hold(request.securable)  # before the request, which goes with it
        _leave_open(request, State.WITHDRAWN, by=actor.name, reply="")
        request.notifications.filter(read_at=None).delete()
        audit.access_withdrawn(actor, request)


def approvers_of(securable: Securable) -> list[User]:
    """Return the people who are asked: owner and holders of MANAGE; administrators where there is nobody else.

    Users who see the object are told who they are. (Unity Catalog shows the owner to everybody, and says nothing of the
    rest; a request that goes to nobody knows whom would not be sent, and a name is what one asks a colleague with.)
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
    actor: Actor, securable: Securable, privileges: Sequence[Privilege], grantee: Principal, comment: str
) -> Catalog | Schema | RegisteredModel:
    whom = "its administrators" if isinstance(securable, Metastore) else "who manages it"
    name = securable.securable_type.words.lower()
    asked_for = in_the_tree(securable, f"Access to the {name} is given by {whom}, and not asked for here.")
    if not authorization.is_visible(actor, securable):
        raise authorization.no_such(actor, securable.securable_type, securable.full_name, Action.REQUEST_ACCESS)
    _require_short(comment)
    if not privileges:
        raise InvalidParameterValue("A request for access names at least one privilege.")
    for privilege in privileges:
        if privilege not in GRANTABLE[securable.securable_type]:
            raise InvalidParameterValue(
                f"{privilege.words} is not granted on a {securable.securable_type.words} ({securable.full_name})."
            )
    has_it = grants.holds_all(grantee, securable, privileges) and not _missing_usage(grantee, securable)
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
    """Whether ``actor`` may know what ``principal`` holds: about itself and its groups, or as who sees all grants."""
    return stands_for(actor.principal, principal) or authorization.allows(actor, Operation.READ_ALL_GRANTS, securable)


def _missing_usage(
    principal: Principal, securable: Securable
) -> list[tuple[Catalog | Schema | RegisteredModel, list[Privilege]]]:
    """The containers that ``principal`` may not use, with what it needs on each, the outermost first."""
    links = explain(principal, Operation.READ_ALL_GRANTS, securable).missing
    return [
        (link.securable, [link.privilege])
        for link in links
        if link.securable != securable and isinstance(link.securable, (Catalog, Schema))
    ]


def _create(
    actor: Actor,
    securable: Catalog | Schema | RegisteredModel,
    privileges: Iterable[Privilege],
    principal: Principal,
    comment: str,
) -> AccessRequest:
    request = AccessRequest.objects.create(
        requester=actor.principal,
        for_user=principal if isinstance(principal, User) else None,
        for_group=None if isinstance(principal, User) else principal,
        privileges=[privilege.value for privilege in privileges],
        comment=comment.strip(),
        asked_name=securable.full_name,
        **_on(securable),
    )
    audit.access_requested(actor, request)
    notifications.notify(approvers_of(securable), f"{request}.", about=request)
    return request


def _asked_already(actor: Actor, securable: Catalog | Schema | RegisteredModel, principal: Principal) -> set[str]:
    """The privileges for which an open request of the actor's waits."""
    column = "for_user" if isinstance(principal, User) else "for_group"
    waiting = AccessRequest.objects.filter(
        requester=actor.principal, state=State.OPEN, **{column: principal}, **_on(securable)
    )
    return {name for names in waiting.values_list("privileges", flat=True) for name in names}


def _on(securable: Securable) -> dict[str, Securable]:
    return reference_to(securable, "Access to the metastore is given by its administrators, and not asked for here.")


def _leave_open(request: AccessRequest, state: AccessRequest.State, *, by: str, reply: str) -> None:
    values = {"state": state, "decided_by": by, "decided_at": timezone.now(), "reply": reply.strip()}
    if AccessRequest.objects.filter(pk=request.pk, state=State.OPEN).update(**values) != 1:
        raise InvalidState("This request has been answered or withdrawn already.")
    for name, value in values.items():
        setattr(request, name, value)


def _message(request: AccessRequest) -> str:
    words = f"{request.decided_by} has {request.state.lower()} {request.words} on {request.asked_name}"
    return f"{words}: {request.reply}" if request.reply else f"{words}."


def _require_short(text: str) -> None:
    if len(text) > limits.REQUEST_COMMENT_LENGTH:
        raise InvalidParameterValue(f"A comment has at most {limits.REQUEST_COMMENT_LENGTH} characters.")


def _requests() -> QuerySet[AccessRequest]:
    return AccessRequest.objects.select_related(
        "requester", "for_user", "for_group", "catalog", "schema__catalog", "registered_model__schema__catalog"
    )
