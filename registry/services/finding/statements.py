"""SQL statements, executed by the services that every other interface calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from functools import singledispatch
from itertools import islice
from typing import Any
from uuid import UUID

from registry import authorization, limits, sql
from registry.actor import Actor
from registry.denials import Attempt
from registry.exceptions import InvalidParameterValue
from registry.kinds import in_the_tree, kind_of_type
from registry.models import Catalog, Metastore, RegisteredModel, Schema, Securable, StatementResult
from registry.privileges import SecurableType
from registry.services.access import grants, held
from registry.services.hierarchy import catalogs, registered_models, schemas, securables
from registry.services.labels import tags
from registry.services.shared import finders
from registry.services.shared.ownership import find_principal

MOST_ROWS = 10_000
"""Rows of a result; the rest is left out, and the result says so."""

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Table:
    """What a statement returns: nothing, for one that changes something."""

    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    truncated: bool = False


@dataclass(frozen=True)
class Place:
    """Who executes a statement, and where names begin that are not given in full."""

    actor: Actor
    catalog: str = ""
    schema: str = ""

    def complete(self, kind: SecurableType, name: sql.Name) -> str:
        """Return the full name of a securable of that kind, for the part of it that is given."""
        context = (self.catalog, self.schema)[: kind_of_type(kind).depth - 1]
        missing = len(context) + 1 - len(name)
        parts = (*context[:missing], *name)
        if len(parts) != len(context) + 1 or not all(parts):
            raise InvalidParameterValue(f"{'.'.join(name)!r} is not the full name of a {kind.words}.")
        return ".".join(parts)

    def find(self, on: sql.On) -> Securable:
        name = Metastore.current().full_name if on.kind == SecurableType.METASTORE else self.complete(on.kind, on.name)
        return finders.get_securable(actor=self.actor, securable_type=on.kind, full_name=name)


def execute_statement(*, actor: Actor, text: str, catalog: str = "", schema: str = "") -> Table:
    """Execute one statement; ``catalog`` and ``schema`` complete names that are not full.

    Raises:
        UnsupportedStatement: this server does not execute such a statement.
        RegistryError: whatever the service behind it refuses.
    """
    return _execute(sql.parse(text), Place(actor, catalog, schema))


def keep_answer(*, actor: Actor, key: UUID, answer: Mapping[str, Any]) -> None:
    """Keep the answer to a statement for an hour, for the actor to read again."""
    StatementResult.objects.create(pk=key, user=actor.principal, answer=answer)


def read_answer(*, actor: Actor, key: UUID) -> dict[str, Any]:
    """Return the answer to one of the actor's own statements; it is not executed a second time."""
    result = StatementResult.objects.filter(pk=key, user=actor.principal).first()
    if result is None:
        message = f"The statement {key} was not found."
        raise authorization.none_of(actor, StatementResult.objects.filter(pk=key), message, Attempt.GET_STATEMENT)
    return dict(result.answer)


@singledispatch
def _execute(statement: Any, place: Place) -> Table:
    raise TypeError(f"no way to execute {statement!r}")


@_execute.register
def _(statement: sql.GrantStatement, place: Place) -> Table:
    principal = find_principal(statement.principal)
    change = (
        grants.GrantChange(principal, remove=statement.privileges)
        if isinstance(statement, sql.RevokeStatement)
        else grants.GrantChange(principal, add=statement.privileges)
    )
    grants.update_grants(actor=place.actor, securable=place.find(statement.on), changes=[change])
    return Table()


@_execute.register
def _(statement: sql.ShowGrants, place: Place) -> Table:
    principal = find_principal(statement.principal) if statement.principal else None
    if principal is not None and statement.on is None:
        rows = held.list_grants_to(actor=place.actor, principal=principal)
    else:
        on = place.find(statement.on)  # type: ignore[arg-type]  # the grammar has one of the two
        rows = grants.list_effective_grants(actor=place.actor, securable=on, principal=principal)
    return _table(
        ("principal", "action_type", "object_type", "object_key"),
        (
            (str(g.principal), g.privilege.words, g.granted_on.securable_type.value, g.granted_on.full_name)
            for g in rows
        ),
    )


@_execute.register
def _(statement: sql.AlterOwner, place: Place) -> Table:
    securable = place.find(statement.on)
    securables.update_securable(actor=place.actor, securable=securable, owner=statement.principal)
    return Table()


@_execute.register
def _(statement: sql.CommentOn, place: Place) -> Table:
    securable = place.find(statement.on)
    securables.update_securable(actor=place.actor, securable=securable, comment=statement.comment)
    return Table()


@_execute.register
def _(statement: sql.SetTag, place: Place) -> Table:
    """Set a tag. As the SET TAG page says, a key that is assigned already is an error."""
    tags.create_tag(
        actor=place.actor, subject=_taggable(place.find(statement.on)), key=statement.key, value=statement.value
    )
    return Table()


@_execute.register
def _(statement: sql.UnsetTag, place: Place) -> Table:
    tags.delete_tag(actor=place.actor, subject=_taggable(place.find(statement.on)), key=statement.key)
    return Table()


@_execute.register
def _(statement: sql.Show, place: Place) -> Table:
    matches = _like(statement.like)
    if statement.kind == SecurableType.CATALOG:
        visible = catalogs.list_catalogs(actor=place.actor)
        return _table(("catalog",), ((row.name,) for row in visible.iterator() if matches(row.name)))
    if statement.kind == SecurableType.SCHEMA:
        catalog = _catalog(place, statement.inside)
        rows = schemas.list_schemas(actor=place.actor, catalog=catalog).iterator()
        return _table(("databaseName",), ((row.name,) for row in rows if matches(row.name)))
    return _table(
        ("catalog", "schema", "model", "owner"),
        (
            (*astuple(row.name_parts), row.owner_name)
            for row in _models(place, statement.inside).iterator()
            if matches(row.name)
        ),
    )


@_execute.register
def _(statement: sql.Describe, place: Place) -> Table:
    securable = place.find(statement.on)
    taggable = _taggable(securable)
    facts = {
        "Type": securable.securable_type.value,
        "Full Name": securable.full_name,
        "Comment": taggable.comment,
        "Owner": taggable.owner_name,
        "Created": taggable.created_at.isoformat(),
        "Created By": taggable.created_by,
        "Last Updated": taggable.updated_at.isoformat(),
        "Updated By": taggable.updated_by,
        "Tags": ", ".join(map(str, tags.list_tags(actor=place.actor, subject=taggable))),
    }
    if isinstance(taggable, RegisteredModel):
        aliases = taggable.aliases.select_related("model_version")
        facts["Aliases"] = ", ".join(f"{alias.name} → {alias.model_version.version}" for alias in aliases)
    return _table(("info_name", "info_value"), facts.items())


def _catalog(place: Place, inside: sql.Inside) -> Catalog:
    if inside.kind not in (None, SecurableType.CATALOG):
        raise InvalidParameterValue("Schemas lie in a catalog.")
    if not (inside.name or place.catalog):
        raise InvalidParameterValue("Which catalog's? Write SHOW SCHEMAS IN <catalog>.")
    name = place.complete(SecurableType.CATALOG, inside.name or (place.catalog,))
    return finders.get_catalog(actor=place.actor, name=name)


def _models(place: Place, inside: sql.Inside) -> Any:
    """The models of what is named, or of the current place; of the whole metastore, if there is neither."""
    if inside.kind not in (None, SecurableType.SCHEMA, SecurableType.CATALOG):
        raise InvalidParameterValue("Models lie in a schema, or in a catalog.")
    if not (inside.name or place.catalog):
        return registered_models.list_known_models(actor=place.actor)
    if inside.kind == SecurableType.CATALOG or not (inside.name or place.schema):
        return registered_models.list_models_of_catalog(actor=place.actor, catalog=_catalog(place, inside))
    name = place.complete(SecurableType.SCHEMA, inside.name or (place.schema,))
    catalog_name, _, schema_name = name.partition(".")
    schema = finders.get_schema(actor=place.actor, catalog=catalog_name, name=schema_name)
    return registered_models.list_models_of_schema(actor=place.actor, schema=schema)


def _taggable(securable: Securable) -> Catalog | Schema | RegisteredModel:
    return in_the_tree(securable, f"This cannot be said of a {securable.securable_type.words.lower()}.")


def _like(pattern: str) -> Callable[[str], bool]:
    """Databricks' patterns: ``*`` is anything, ``|`` parts alternatives, and case does not count."""
    if len(pattern) > limits.FILTER_PATTERN_LENGTH:
        raise InvalidParameterValue(f"A pattern has at most {limits.FILTER_PATTERN_LENGTH} characters.")
    alternatives = [alternative.strip().lower().split("*") for alternative in pattern.split("|")]
    return lambda name: any(_fits(name, parts) for parts in alternatives)


def _fits(name: str, parts: list[str]) -> bool:
    """Whether ``name`` is the ``parts`` in order with anything between them: each is taken where it comes first.

    (A regular expression would try every way to split the name, which no server has the time for.)
    """
    first, *middle = parts
    if not middle:
        return name == first
    last, position = middle.pop(), len(first)
    if not name.startswith(first):
        return False
    for part in middle:
        start = name.find(part, position)
        if start < 0:
            return False
        position = start + len(part)
    return len(name) - len(last) >= position and name.endswith(last)


def _table(columns: tuple[str, ...], rows: Iterable[Row]) -> Table:
    iterator: Iterator[Row] = iter(rows)
    kept = tuple(islice(iterator, MOST_ROWS))
    return Table(columns, kept, truncated=next(iterator, None) is not None)
