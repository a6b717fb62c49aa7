"""THE rules: who may do what. Every other module names an Operation; privileges are resolved here and nowhere else.

A rule is a filter over rows. Lists, pages, point checks and buttons all come from the same filter, in SQL. What the
actor holds on containers is little, and is remembered while it is valid (``Holdings``); grants on single models stay in
SQL.

The specification is Unity Catalog's (privileges reference, privilege inheritance, object ownership):
a grant on a container holds for all children; to use an object, an actor needs USE on each of its containers, or owns
them; an owner may do everything to the object; a container's owner manages the children but does not read their
data; a metastore administrator passes wherever metadata is concerned; BROWSE shows metadata and needs no USE.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from accounts.compiled_queries import CompiledQuery
from accounts.models import find_credential
from registry.actor import Actor
from registry.authorization import governed
from registry.authorization.counting import count_of_visible_children, schemas_seen_whole
from registry.authorization.deltas import GrantDelta, GrantRow, is_container, member_of, suppose
from registry.authorization.filters import rule_filter, visible_filter
from registry.authorization.governed import is_assigner, unassignable
from registry.authorization.holdings import Holdings, implying
from registry.authorization.refusing import (
    narrow,
    no_such,
    none_of,
    note_denial,
    refusal,
    refusal_of,
    require_scope,
)
from registry.authorization.rules import AUDITED_AS, RULES, Rule, rule_for
from registry.authorization.trash import managers_of, trash_filter
from registry.denials import Attempt, DenialKind
from registry.exceptions import DoesNotExist
from registry.kinds import governing
from registry.models import (
    AuditEvent,
    Catalog,
    Governed,
    Job,
    Metastore,
    ModelVersion,
    RegisteredModel,
    Schema,
    Securable,
    TrashEntry,
)
from registry.operations import Operation
from registry.privileges import Privilege, SecurableType

__all__ = [
    "RULES",
    "Operation",
    "allowed",
    "allows",
    "count_of_visible_children",
    "forget",
    "gather",
    "gather_as_if",
    "group_ids",
    "is_administrator",
    "is_container",
    "is_visible",
    "least_grant",
    "managers_of",
    "member_of",
    "no_such",
    "none_of",
    "note_denial",
    "permitted",
    "readable_events",
    "refusal",
    "refusal_of",
    "renew",
    "require",
    "require_assignable",
    "require_scope",
    "schemas_seen_whole",
    "unassignable",
    "unseen_catalogs",
    "visible",
]

Row = TypeVar("Row", bound=Model)


def permitted(actor: Actor, operation: Operation, queryset: QuerySet[Row], *, listing: bool = False) -> QuerySet[Row]:
    """Narrow ``queryset`` to the rows on which ``actor`` may perform ``operation``.

    The rows are the same either way; ``listing`` says that ``queryset`` may be the whole table, so it is best
    to begin with what the actor holds, not with the rows.
    """
    governing, held = RULES[operation], Holdings.of(actor)
    if governing.scope not in actor.scopes:
        return queryset.none()
    if governing.administrators and held.is_administrator:
        return queryset
    queryset = queryset.filter(rule_filter(queryset.model, held, governing, listing=listing))
    if governing.assigns:
        queryset = queryset.filter(is_assigner(held, governing.assigns))
    if governing.also is not None:
        queryset = queryset.filter(schema__in=permitted(actor, governing.also, Schema.objects.all()))
    return queryset


def visible(actor: Actor, queryset: QuerySet[Row], *, listing: bool = False) -> QuerySet[Row]:
    """Narrow ``queryset`` to what ``actor`` can see. Nothing else exists for them."""
    held = Holdings.of(actor)
    if held.is_administrator:
        return queryset
    if queryset.model is Job:
        targets = permitted(actor, Operation.READ_REGISTERED_MODEL, ModelVersion.objects.all())
        return queryset.filter(Q(created_by=actor.principal) | Q(target__in=targets))
    if queryset.model is TrashEntry:
        return queryset.filter(trash_filter(held, lambda operation, rows: permitted(actor, operation, rows)))
    return queryset.filter(visible_filter(queryset.model, held, listing=listing))


def readable_events(actor: Actor, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Narrow ``queryset`` to events on what ``actor`` manages, or that were in it; administrators read all."""
    if allows(actor, Operation.READ_AUDIT_LOG, Metastore.current()):
        return queryset

    def managed(rows: QuerySet[Row]) -> QuerySet[Row, Any]:
        return permitted(actor, Operation.READ_AUDIT_LOG, rows).order_by().values("uid")

    return queryset.filter(
        Q(catalog_uid__in=managed(Catalog.objects.all()))
        | Q(schema_uid__in=managed(Schema.objects.all()))
        | Q(registered_model_uid__in=managed(RegisteredModel.objects.all()))
    )


def allows(actor: Actor, operation: Operation, securable: Governed) -> bool:
    """Return whether ``actor`` may perform ``operation`` on ``securable``: the filter, narrowed to one row."""
    rule, held = RULES[operation], Holdings.of(actor)
    if rule.scope not in actor.scopes:
        return False
    if rule.administrators and held.is_administrator:
        return True
    if isinstance(securable, Metastore):
        return bool(held.on_metastore & implying(rule.any_of))
    kind = type(securable)
    question = "one", operation, kind, actor.scopes, held.is_administrator
    if question not in held.compiled:
        # As long as the holdings stay, so does the filter: it is compiled once for all rows of that kind.
        rows = kind._default_manager.order_by().filter(pk=-1)
        held.compiled[question] = CompiledQuery(lambda: permitted(actor, operation, rows).values_list("pk"), -1)
    return bool(held.compiled[question](securable.pk))


def allowed(actor: Actor, operations: Sequence[Operation], securable: Governed) -> dict[Operation, bool]:
    """Ask ``allows`` for several operations, in one query: each of their rules is the same filter, asked of one row."""
    if isinstance(securable, Metastore):
        return {operation: allows(actor, operation, securable) for operation in operations}
    kind, held = type(securable), Holdings.of(actor)
    one_of_each = {RULES[operation]: operation for operation in operations}
    question = ("several", *one_of_each.values(), kind, actor.scopes, held.is_administrator)
    if question not in held.compiled:
        rows = kind._default_manager.order_by()
        checks = [Exists(permitted(actor, one, rows.filter(pk=OuterRef("pk")))) for one in one_of_each.values()]
        held.compiled[question] = CompiledQuery(lambda: rows.filter(pk=-1).values_list(*checks), -1)
    answers = held.compiled[question](securable.pk) or [(False,) * len(one_of_each)]
    by_rule = dict(zip(one_of_each, answers[0], strict=True))
    return {operation: bool(by_rule[RULES[operation]]) for operation in operations}


def require(actor: Actor, operation: Operation, securable: Governed) -> None:
    """Raise unless ``actor`` may perform ``operation``: DoesNotExist where they can't even see it."""
    if allows(actor, operation, securable):
        return
    rule = rule_for(actor.principal, operation, securable)
    concerned = governing(securable)
    if not isinstance(concerned, Metastore) and not is_visible(actor, concerned):
        raise no_such(actor, concerned.securable_type, concerned.full_name, AUDITED_AS[operation])
    if securable is not concerned and not type(securable)._default_manager.filter(pk=securable.pk).exists():
        raise DoesNotExist(f"{securable} was deleted in the meantime.")
    raise refusal(actor, operation, concerned, _refusal(actor, rule, concerned))


def require_assignable(
    actor: Actor, tag_keys: Iterable[str], subject: Catalog | Schema | RegisteredModel | ModelVersion
) -> None:
    """Raise unless ``actor`` may assign every governed tag among ``tag_keys``, besides the right to tag ``subject``."""
    missing = unassignable(actor, tag_keys)
    if missing:
        operation = Operation.CERTIFY if missing[0] == RULES[Operation.CERTIFY].assigns else Operation.SET_TAG
        raise refusal(actor, operation, governing(subject), f"User does not have {governed.words(missing[0])}.")


def least_grant(operation: Operation, securable_type: SecurableType) -> Privilege:
    """Return the privilege that is to be granted on a securable for ``operation``: what a refusal names."""
    return RULES[operation].name_on(securable_type)


def is_administrator(actor: Actor) -> bool:
    """Return whether ``actor`` administers the metastore."""
    return Holdings.of(actor).is_administrator


def group_ids(actor: Actor) -> frozenset[int]:
    """Return the ids of all groups that ``actor`` is in, as they were read for this request."""
    return Holdings.of(actor).group_ids


def is_visible(actor: Actor, securable: Securable) -> bool:
    return visible(actor, type(securable)._default_manager.filter(pk=securable.pk)).exists()


def forget(actor: Actor) -> None:
    """Drop what was read of the actor's holdings: services that change grants or ownership call this."""
    actor.held.clear()


def renew(actor: Actor) -> None:
    """Read the actor's rights, account and token again: much time may have passed since the request began."""
    actor.held.clear()
    actor.principal.refresh_from_db(fields=["is_active", "is_metastore_admin"])
    if not actor.principal.is_active:
        message = "The account has been deactivated."
        raise refusal_of(actor, DenialKind.DEACTIVATED_ACCOUNT, Attempt.USE_ACCOUNT, actor.name, message)
    if actor.has_token and find_credential(actor.credential) is None:
        message = "The token has been revoked, or has expired."
        raise refusal_of(actor, DenialKind.REVOKED_TOKEN, Attempt.USE_ACCOUNT, actor.name, message)


def gather(actors: Sequence[Actor], within: int | None) -> None:
    """Read what each of ``actors`` holds, within a catalog if one is given, in as many queries as for one of them.

    They may only be asked about that catalog and what is in it.
    """
    Holdings.gather(actors)
    _narrow_to(actors, within)


def _narrow_to(actors: Sequence[Actor], catalog: int | None) -> None:
    for actor in actors:
        if catalog is not None:
            actor.held["holdings"] = Holdings.of(actor).within(catalog)


def gather_as_if(
    actors: Sequence[Actor],
    within: int | None,
    deltas: Sequence[GrantDelta],
    on_single: tuple[Securable, list[GrantRow]] | None,
) -> None:
    """Call ``gather``, as if the changes of grants ``deltas`` had been made; see ``deltas.suppose``."""
    suppose(actors, deltas, on_single)
    _narrow_to(actors, within)


def unseen_catalogs(actor: Actor, names: set[str]) -> set[str]:
    """Return those of ``names`` for which ``actor`` sees no catalog: hidden, or missing (one query either way).

    To an administrator, who sees every catalog, nothing is hidden.
    """
    if is_administrator(actor):
        return set()
    return names - set(visible(actor, Catalog.objects.filter(name__in=names)).values_list("name", flat=True))


def _refusal(actor: Actor, governing: Rule, securable: Securable) -> str:
    if governing.scope not in actor.scopes:
        return narrow(governing.scope)
    return f"User does not have {_missing(actor, governing, securable)}."


def _missing(actor: Actor, governing: Rule, securable: Securable) -> str:
    """Name what is missing, outermost first: USE CATALOG, USE SCHEMA, then the privilege itself."""
    held = Holdings.of(actor)
    schema = securable if isinstance(securable, Schema) else getattr(securable, "schema", None)
    catalog = securable if isinstance(securable, Catalog) else getattr(schema, "catalog", None)
    needs_catalog = catalog is not None and (governing.uses_itself or catalog is not securable)
    needs_schema = schema is not None and (governing.uses_itself or schema is not securable)
    if catalog and needs_catalog and catalog.pk not in held.usable_catalogs:
        return f"{Privilege.USE_CATALOG.words} on Catalog '{catalog.full_name}'"
    schema_is_usable = schema and (schema.pk in held.usable_schemas or schema.catalog_id in held.fully_usable_catalogs)
    if schema and needs_schema and not schema_is_usable:
        return f"{Privilege.USE_SCHEMA.words} on Schema '{schema.full_name}'"
    if governing.assigns and unassignable(actor, [governing.assigns]):
        return governed.words(governing.assigns)
    if (
        governing.also
        and isinstance(securable, RegisteredModel)
        and not allows(actor, governing.also, securable.schema)
    ):
        return _missing(actor, RULES[governing.also], securable.schema)
    privilege = governing.name_on(securable.securable_type)
    return f"{privilege.words} on {securable.securable_type.words} '{securable.full_name}'"
