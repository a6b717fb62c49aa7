"""THE rules: who may do what. Every other module names an Operation; privileges are resolved here and nowhere else.

A rule is a filter over rows. Lists, pages, point checks and buttons all come from the same filter, in SQL. What the
actor holds on containers is little and is read once a request (``Holdings``); grants on single models stay in SQL.

The specification is Unity Catalog's (privileges reference, privilege inheritance, object ownership):
a grant on a container holds for all children; whoever uses an object needs USE on each of its containers, or owns
them; an owner may do everything to the object; a container's owner manages the children but does not read their
data; a metastore administrator passes wherever it is about metadata; BROWSE shows metadata and needs no USE.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from accounts.models import group_ids_of
from registry.actor import Actor
from registry.exceptions import DoesNotExist, PermissionDenied
from registry.models import (
    Catalog,
    CatalogGroupGrant,
    CatalogUserGrant,
    Job,
    Metastore,
    MetastoreGroupGrant,
    MetastoreUserGrant,
    ModelVersion,
    RegisteredModel,
    RegisteredModelGroupGrant,
    RegisteredModelUserGrant,
    Schema,
    SchemaGroupGrant,
    SchemaUserGrant,
    Securable,
)
from registry.privileges import GRANTABLE, NOT_IN_ALL_PRIVILEGES, Privilege, SecurableType

Row = TypeVar("Row", bound=Model)


class Operation(StrEnum):
    """What one may ask to do. A model version is governed by its registered model."""

    CREATE_CATALOG = "create catalog"
    UPDATE_CATALOG = "update catalog"
    DELETE_CATALOG = "delete catalog"
    CREATE_SCHEMA = "create schema"
    UPDATE_SCHEMA = "update schema"
    DELETE_SCHEMA = "delete schema"
    CREATE_REGISTERED_MODEL = "create registered model"
    READ_REGISTERED_MODEL = "read registered model"
    UPDATE_REGISTERED_MODEL = "update registered model"
    RENAME_REGISTERED_MODEL = "rename registered model"
    DELETE_REGISTERED_MODEL = "delete registered model"
    SET_ALIAS = "set alias"
    SET_TAG = "set tag"
    CREATE_MODEL_VERSION = "create model version"
    UPDATE_MODEL_VERSION = "update model version"
    DELETE_MODEL_VERSION = "delete model version"
    READ_ARTIFACTS = "read artifacts"
    WRITE_ARTIFACTS = "write artifacts"
    MANAGE_GRANTS = "manage grants"
    READ_ALL_GRANTS = "read all grants"
    TRANSFER_OWNERSHIP = "transfer ownership"


@dataclass(frozen=True)
class Rule:
    """Who may perform an operation on a securable.

    Any of ``any_of``, on the object or a container, suffices; the first is the one an error message names.
    The object's owner always may; owners of its containers only where ``container_owners``;
    metastore administrators only where ``administrators``. ``uses_itself`` wants USE on the object too, because
    the operation is about what lies in it. ``also`` must be allowed on the parent.
    """

    any_of: frozenset[Privilege]
    names: Privilege
    container_owners: bool = True
    administrators: bool = True
    uses_itself: bool = False
    also: Operation | None = None


def _rule(names: Privilege, *others: Privilege, **options: bool | Operation) -> Rule:
    return Rule(frozenset({names, *others}), names, **options)  # type: ignore[arg-type]


_MANAGE = _rule(Privilege.MANAGE)

RULES: dict[Operation, Rule] = {
    Operation.CREATE_CATALOG: _rule(Privilege.CREATE_CATALOG),
    Operation.UPDATE_CATALOG: _MANAGE,
    Operation.DELETE_CATALOG: _MANAGE,
    Operation.CREATE_SCHEMA: _rule(Privilege.CREATE_SCHEMA, uses_itself=True),
    Operation.UPDATE_SCHEMA: _MANAGE,
    Operation.DELETE_SCHEMA: _MANAGE,
    Operation.CREATE_REGISTERED_MODEL: _rule(Privilege.CREATE_MODEL, uses_itself=True),
    # Any privilege on a model lets its metadata be read: who may only add versions must be able to register.
    Operation.READ_REGISTERED_MODEL: _rule(Privilege.EXECUTE, *GRANTABLE[SecurableType.FUNCTION]),
    Operation.UPDATE_REGISTERED_MODEL: _MANAGE,
    Operation.RENAME_REGISTERED_MODEL: _rule(Privilege.MANAGE, also=Operation.CREATE_REGISTERED_MODEL),
    Operation.DELETE_REGISTERED_MODEL: _MANAGE,
    Operation.SET_ALIAS: _MANAGE,
    Operation.SET_TAG: _rule(Privilege.APPLY_TAG, container_owners=False),
    Operation.CREATE_MODEL_VERSION: _rule(Privilege.CREATE_MODEL_VERSION, Privilege.MANAGE),
    Operation.UPDATE_MODEL_VERSION: _MANAGE,
    Operation.DELETE_MODEL_VERSION: _MANAGE,
    # Data, not metadata: neither a container's owner nor an administrator reads it without a grant.
    Operation.READ_ARTIFACTS: _rule(Privilege.EXECUTE, container_owners=False, administrators=False),
    Operation.WRITE_ARTIFACTS: _rule(Privilege.CREATE_MODEL_VERSION, Privilege.MANAGE),
    Operation.MANAGE_GRANTS: _MANAGE,
    Operation.READ_ALL_GRANTS: _MANAGE,
    Operation.TRANSFER_OWNERSHIP: _MANAGE,
}


@dataclass(frozen=True)
class Holdings:
    """What an actor holds on containers: privileges by catalog and by schema, and what it owns."""

    user_id: int
    group_ids: frozenset[int]
    is_administrator: bool
    on_metastore: frozenset[str]
    on_catalogs: dict[int, set[str]]
    on_schemas: dict[int, set[str]]
    owned_catalogs: frozenset[int]
    owned_schemas: frozenset[int]
    catalog_of: dict[int, int] = field(repr=False)

    @classmethod
    def of(cls, actor: Actor) -> Holdings:
        """Read the holdings of ``actor`` (eight queries), or recall them within the same request."""
        if "holdings" not in actor.held:
            actor.held["holdings"] = cls._read(actor)
        holdings: Holdings = actor.held["holdings"]
        return holdings

    @classmethod
    def _read(cls, actor: Actor) -> Holdings:
        user_id, groups = actor.principal.pk, group_ids_of(actor.principal)
        mine = _owned_by(user_id, groups)
        catalog_of: dict[int, int] = {}
        on_schemas: dict[int, set[str]] = {}
        for schema, catalog, codename in _grants(
            SchemaUserGrant, SchemaGroupGrant, user_id, groups, "content_object_id", "content_object__catalog_id"
        ):
            on_schemas.setdefault(schema, set()).add(codename)
            catalog_of[schema] = catalog
        on_catalogs: dict[int, set[str]] = {}
        for catalog, codename in _grants(CatalogUserGrant, CatalogGroupGrant, user_id, groups, "content_object_id"):
            on_catalogs.setdefault(catalog, set()).add(codename)
        owned_schemas = dict(Schema.objects.filter(mine).values_list("pk", "catalog_id"))
        return cls(
            user_id=user_id,
            group_ids=groups,
            is_administrator=actor.principal.is_metastore_admin,
            on_metastore=frozenset(row[0] for row in _grants(MetastoreUserGrant, MetastoreGroupGrant, user_id, groups)),
            on_catalogs=on_catalogs,
            on_schemas=on_schemas,
            owned_catalogs=frozenset(Catalog.objects.filter(mine).values_list("pk", flat=True)),
            owned_schemas=frozenset(owned_schemas),
            catalog_of=catalog_of | owned_schemas,
        )

    def catalogs(self, any_of: frozenset[Privilege], *, owned: bool = True) -> set[int]:
        """Catalogs on which one of ``any_of`` is held, and (``owned``) those that are owned."""
        held = {pk for pk, codenames in self.on_catalogs.items() if codenames & _implying(any_of)}
        return held | self.owned_catalogs if owned else held

    def schemas(self, any_of: frozenset[Privilege], *, owned: bool = True) -> set[int]:
        """Schemas on which themselves one of ``any_of`` is held, and (``owned``) those that are owned."""
        held = {pk for pk, codenames in self.on_schemas.items() if codenames & _implying(any_of)}
        return held | self.owned_schemas if owned else held

    @property
    def usable_catalogs(self) -> set[int]:
        return self.catalogs(frozenset({Privilege.USE_CATALOG}))

    @property
    def fully_usable_catalogs(self) -> set[int]:
        """Catalogs that are usable with every schema in them."""
        return self.usable_catalogs & self.catalogs(frozenset({Privilege.USE_SCHEMA}))

    @property
    def usable_schemas(self) -> set[int]:
        """Schemas usable by a right on themselves, in usable catalogs."""
        usable_catalogs = self.usable_catalogs
        return {pk for pk in self.schemas(frozenset({Privilege.USE_SCHEMA})) if self.catalog_of[pk] in usable_catalogs}


def permitted(actor: Actor, operation: Operation, queryset: QuerySet[Row]) -> QuerySet[Row]:
    """Narrow ``queryset`` to the rows on which ``actor`` may perform ``operation``."""
    if queryset.model is ModelVersion:
        return queryset.filter(registered_model__in=permitted(actor, operation, RegisteredModel.objects.all()))
    rule, held = RULES[operation], Holdings.of(actor)
    if rule.administrators and held.is_administrator:
        return queryset
    queryset = queryset.filter(_FILTERS[queryset.model](held, rule))
    if rule.also is not None:
        queryset = queryset.filter(schema__in=permitted(actor, rule.also, Schema.objects.all()))
    return queryset


def visible(actor: Actor, queryset: QuerySet[Row]) -> QuerySet[Row]:
    """Narrow ``queryset`` to what ``actor`` may know of. All else does not exist for them."""
    held = Holdings.of(actor)
    if held.is_administrator:
        return queryset
    if queryset.model is ModelVersion:
        return queryset.filter(registered_model__in=visible(actor, RegisteredModel.objects.all()))
    if queryset.model is Job:
        targets = permitted(actor, Operation.READ_REGISTERED_MODEL, ModelVersion.objects.all())
        return queryset.filter(Q(created_by=actor.principal) | Q(target__in=targets))
    return queryset.filter(_visible(queryset.model, held))


def allows(actor: Actor, operation: Operation, securable: Securable | ModelVersion) -> bool:
    """Whether ``actor`` may perform ``operation`` on ``securable``: the filter, narrowed to one row."""
    if isinstance(securable, Metastore):
        held = Holdings.of(actor)
        return held.is_administrator or bool(held.on_metastore & _implying(RULES[operation].any_of))
    return permitted(actor, operation, type(securable)._default_manager.filter(pk=securable.pk)).exists()


def require(actor: Actor, operation: Operation, securable: Securable | ModelVersion) -> None:
    """Raise unless ``actor`` may perform ``operation``: DoesNotExist where they may not even know of it."""
    if allows(actor, operation, securable):
        return
    if isinstance(securable, ModelVersion):
        securable = securable.registered_model
    if not isinstance(securable, Metastore) and not is_visible(actor, securable):
        raise no_such(securable.securable_type, securable.full_name)
    raise PermissionDenied(f"User does not have {_missing(actor, RULES[operation], securable)}.")


def is_visible(actor: Actor, securable: Catalog | Schema | RegisteredModel) -> bool:
    return visible(actor, type(securable)._default_manager.filter(pk=securable.pk)).exists()


def no_such(securable_type: SecurableType, full_name: str) -> DoesNotExist:
    """The error for what is not there, and for what the caller may not know of: they must not differ."""
    return DoesNotExist(f"{securable_type.words} '{full_name}' does not exist.")


def forget(actor: Actor) -> None:
    """Drop what was read of the actor's holdings: a service that changes grants or ownership says so here."""
    actor.held.clear()


def is_administrator(actor: Actor) -> bool:
    return Holdings.of(actor).is_administrator


def shows_table(actor: Actor, table: str) -> bool:
    """Whether a lineage graph may name ``table`` to ``actor``.

    Tables are not kept here. One that lies in a catalog of ours is shown to whoever sees that catalog; of a catalog
    that we do not have, nobody here could have been granted or denied anything, and the name is shown.
    """
    catalog = Catalog.objects.filter(name=table.split(".")[0].lower()).first()
    return catalog is None or is_visible(actor, catalog)


def _owned_by(user_id: int, group_ids: frozenset[int]) -> Q:
    return Q(owner_user=user_id) | Q(owner_group__in=group_ids)


def _grants(
    user_grants: type[Model], group_grants: type[Model], user_id: int, group_ids: frozenset[int], *columns: str
) -> list[tuple[int | str, ...]]:
    """Grants to the user and to its groups as ``(*columns, codename)``, in one query."""
    rows = user_grants._default_manager.filter(user=user_id)
    group_rows = group_grants._default_manager.filter(group__in=group_ids)
    wanted = (*columns, "permission__codename")
    return list(rows.values_list(*wanted).union(group_rows.values_list(*wanted)))


def _implying(any_of: frozenset[Privilege]) -> set[str]:
    """Codenames of the grants that give one of ``any_of``; ALL PRIVILEGES is resolved here, when it is checked."""
    implied = set(any_of) | ({Privilege.ALL_PRIVILEGES} if any_of - NOT_IN_ALL_PRIVILEGES else set())
    return {privilege.codename for privilege in implied}


def _catalogs(held: Holdings, rule: Rule) -> Q:
    allowed = held.catalogs(rule.any_of)
    return Q(pk__in=allowed & held.usable_catalogs if rule.uses_itself else allowed)


def _schemas(held: Holdings, rule: Rule) -> Q:
    inherited = Q(catalog__in=held.catalogs(rule.any_of, owned=rule.container_owners))
    direct = Q(pk__in=held.schemas(rule.any_of))
    if rule.uses_itself:
        usable = Q(catalog__in=held.fully_usable_catalogs) | Q(pk__in=held.usable_schemas)
    else:
        usable = Q(catalog__in=held.usable_catalogs)
    return usable & (direct | inherited)


def _registered_models(held: Holdings, rule: Rule) -> Q:
    codenames = _implying(rule.any_of)
    to_user = RegisteredModelUserGrant.objects.filter(user=held.user_id, permission__codename__in=codenames)
    to_groups = RegisteredModelGroupGrant.objects.filter(group__in=held.group_ids, permission__codename__in=codenames)
    direct = (
        _owned_by(held.user_id, held.group_ids)
        | Q(pk__in=to_user.values("content_object"))
        | Q(pk__in=to_groups.values("content_object"))
    )
    inherited = Q(schema__in=held.schemas(rule.any_of, owned=rule.container_owners)) | Q(
        schema__catalog__in=held.catalogs(rule.any_of, owned=rule.container_owners)
    )
    usable = Q(schema__catalog__in=held.fully_usable_catalogs) | Q(schema__in=held.usable_schemas)
    return usable & (direct | inherited)


_FILTERS = {Catalog: _catalogs, Schema: _schemas, RegisteredModel: _registered_models}
_CATALOG_COLUMN = {Catalog: "pk", Schema: "catalog", RegisteredModel: "schema__catalog"}


def _visible(model: type[Model], held: Holdings) -> Q:
    """Any privilege on the object shows it, and BROWSE on its catalog does so without USE."""
    securable_type: SecurableType = model.securable_type  # type: ignore[attr-defined]
    any_right = _rule(*GRANTABLE[securable_type])
    browsable = held.catalogs(frozenset({Privilege.BROWSE}), owned=False)
    return _FILTERS[model](held, any_right) | Q(**{f"{_CATALOG_COLUMN[model]}__in": browsable})


def _missing(actor: Actor, rule: Rule, securable: Securable) -> str:
    """Name what is missing, outermost first: USE CATALOG, USE SCHEMA, then the privilege itself."""
    held = Holdings.of(actor)
    schema = securable if isinstance(securable, Schema) else getattr(securable, "schema", None)
    catalog = securable if isinstance(securable, Catalog) else getattr(schema, "catalog", None)
    needs_catalog = catalog is not None and (rule.uses_itself or catalog is not securable)
    needs_schema = schema is not None and (rule.uses_itself or schema is not securable)
    if catalog and needs_catalog and catalog.pk not in held.usable_catalogs:
        return f"{Privilege.USE_CATALOG.words} on Catalog '{catalog.full_name}'"
    schema_is_usable = schema and (schema.pk in held.usable_schemas or schema.catalog_id in held.fully_usable_catalogs)
    if schema and needs_schema and not schema_is_usable:
        return f"{Privilege.USE_SCHEMA.words} on Schema '{schema.full_name}'"
    if rule.also is not None and isinstance(securable, RegisteredModel):
        if not allows(actor, rule.also, securable.schema):
            return _missing(actor, RULES[rule.also], securable.schema)
    return f"{rule.names.words} on {securable.securable_type.words} '{securable.full_name}'"
