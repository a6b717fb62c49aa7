"""The kinds of objects, one record each: where it lies, what may be done to it, how it is called and shown.

Whatever depends on the kind of an object is looked up here. A new kind is its table, its record and its services
(CONTRIBUTING.md goes through it).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from django.db.models import Model, QuerySet

from registry import names
from registry.exceptions import InvalidParameterValue
from registry.models import (
    Catalog,
    CatalogTag,
    Metastore,
    ModelVersion,
    ModelVersionTag,
    RegisteredModel,
    RegisteredModelTag,
    Schema,
    SchemaTag,
    Securable,
)
from registry.models.metadata import Tag
from registry.names import FullName
from registry.operations import Operation
from registry.privileges import Privilege, SecurableType

_MANAGED = (
    Operation.MANAGE_GRANTS,
    Operation.READ_ALL_GRANTS,
    Operation.DECIDE_ACCESS_REQUEST,
    Operation.TRANSFER_OWNERSHIP,
    Operation.READ_AUDIT_LOG,
    Operation.READ_QUOTAS,
)
"""What is asked of everything that has an owner."""


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of object. An empty word, or None, says that it has no such thing."""

    model: type[Model]
    wire_type: str
    """As events and clients name it."""
    noun: str
    lies_in: type[Model] | None = None
    parent: str = ""
    """The column that names the object it lies in; a version is governed by what that names."""
    column: str = ""
    """The column of other tables that refer to one: of pins and of requests for access."""
    use: Privilege | None = None
    """What one needs to reach what lies in it."""
    advised: Privilege | None = None
    """What most who ask for access to it are after."""
    operations: tuple[Operation, ...] = ()
    """What is asked of it."""
    create: Operation | None = None
    """What one needs on what it lies in, to create one."""
    update: Operation | None = None
    delete: Operation | None = None
    rename: Operation | None = None
    used_for: Operation | None = None
    """An operation that takes the USE of it and of what contains it, as nearly all do."""
    abilities: Mapping[str, Operation | None] = field(default_factory=lambda: MappingProxyType({}))
    """What people can do to it, for previews; None is to see it. One operation stands for all of the same rule."""
    tag: type[Tag] | None = None
    event_column: str = "securable_uid"
    """The column by which the events of one, and of all that lies in it, are found."""
    parse: Callable[[str], tuple[str, ...]] = lambda full_name: (full_name,)
    """Reads a full name, and checks each of its parts; InvalidParameterValue otherwise."""
    page: str = ""
    """The name of its page's address, which begins the names of its forms."""
    arguments: Callable[[Any], tuple[Any, ...]] = lambda row: (row.name_parts,)
    """What that address takes."""
    icon: str = ""

    @cached_property
    def containers(self) -> tuple[Kind, ...]:
        """The kinds it lies in, from the inside out."""
        if self.lies_in is None:
            return ()
        above = KIND_OF[self.lies_in]
        return (above, *above.containers)

    @cached_property
    def below(self) -> Kind | None:
        """The kind of what lies in it."""
        return next((kind for kind in KINDS if kind.lies_in is self.model), None)

    @cached_property
    def depth(self) -> int:
        """How many names its full name has; 0 for the metastore."""
        return len(self.containers) + 1 if self.page != "catalogs" else 0

    def is_or_lies_in(self, container: type[Model]) -> bool:
        return container in (self.model, *(above.model for above in self.containers))

    def path_to(self, container: type[Model]) -> str:
        """The columns by which a query goes from it to a container of that kind; ``pk`` for itself."""
        path, kind = [], self
        while kind.model is not container:
            path.append(kind.parent)
            kind = kind.containers[0]
        return "__".join(path) or "pk"


KINDS: tuple[Kind, ...] = (
    Kind(
        Metastore,
        SecurableType.METASTORE,
        "metastore",
        operations=(
            Operation.CREATE_CATALOG,
            Operation.MANAGE_GRANTS,
            Operation.READ_ALL_GRANTS,
            Operation.MANAGE_PRINCIPALS,
            Operation.MANAGE_TOKENS,
            Operation.MANAGE_TAG_POLICIES,
            Operation.READ_AUDIT_LOG,
            Operation.READ_QUOTAS,
        ),
        abilities={"create catalogs": Operation.CREATE_CATALOG},
        page="catalogs",
        arguments=lambda row: (),
        icon="library",
    ),
    Kind(
        Catalog,
        SecurableType.CATALOG,
        "catalog",
        column="catalog",
        use=Privilege.USE_CATALOG,
        advised=Privilege.USE_CATALOG,
        operations=(
            Operation.CREATE_SCHEMA,
            Operation.UPDATE_CATALOG,
            Operation.DELETE_CATALOG,
            Operation.SET_TAG,
            Operation.CERTIFY,
            *_MANAGED,
        ),
        create=Operation.CREATE_CATALOG,
        update=Operation.UPDATE_CATALOG,
        delete=Operation.DELETE_CATALOG,
        rename=Operation.UPDATE_CATALOG,
        used_for=Operation.CREATE_SCHEMA,
        abilities={"see": None, "create schemas in": Operation.CREATE_SCHEMA, "manage": Operation.MANAGE_GRANTS},
        tag=CatalogTag,
        event_column="catalog_uid",
        parse=lambda full_name: (names.object_name(full_name, "catalog name"),),
        page="catalog",
        arguments=lambda row: (row.name,),
        icon="database",
    ),
    Kind(
        Schema,
        SecurableType.SCHEMA,
        "schema",
        lies_in=Catalog,
        parent="catalog",
        column="schema",
        use=Privilege.USE_SCHEMA,
        advised=Privilege.USE_SCHEMA,
        operations=(
            Operation.CREATE_REGISTERED_MODEL,
            Operation.UPDATE_SCHEMA,
            Operation.DELETE_SCHEMA,
            Operation.SET_TAG,
            Operation.CERTIFY,
            *_MANAGED,
        ),
        create=Operation.CREATE_SCHEMA,
        update=Operation.UPDATE_SCHEMA,
        delete=Operation.DELETE_SCHEMA,
        rename=Operation.UPDATE_SCHEMA,
        used_for=Operation.CREATE_REGISTERED_MODEL,
        abilities={
            "see": None,
            "create models in": Operation.CREATE_REGISTERED_MODEL,
            "manage": Operation.MANAGE_GRANTS,
        },
        tag=SchemaTag,
        event_column="schema_uid",
        parse=names.schema_name,
        page="schema",
        icon="folder",
    ),
    Kind(
        RegisteredModel,
        SecurableType.FUNCTION,
        "model",
        lies_in=Schema,
        parent="schema",
        column="registered_model",
        advised=Privilege.EXECUTE,
        operations=(
            Operation.READ_REGISTERED_MODEL,
            Operation.READ_ARTIFACTS,
            Operation.CREATE_MODEL_VERSION,
            Operation.WRITE_ARTIFACTS,
            Operation.FINALIZE_MODEL_VERSION,
            Operation.UPDATE_MODEL_VERSION,
            Operation.DELETE_MODEL_VERSION,
            Operation.SET_ALIAS,
            Operation.SET_TAG,
            Operation.CERTIFY,
            Operation.UPDATE_REGISTERED_MODEL,
            Operation.RENAME_REGISTERED_MODEL,
            Operation.DELETE_REGISTERED_MODEL,
            *_MANAGED,
        ),
        create=Operation.CREATE_REGISTERED_MODEL,
        update=Operation.UPDATE_REGISTERED_MODEL,
        delete=Operation.DELETE_REGISTERED_MODEL,
        rename=Operation.RENAME_REGISTERED_MODEL,
        used_for=Operation.READ_ARTIFACTS,
        abilities={
            "see": None,
            "read everything about": Operation.READ_REGISTERED_MODEL,
            "load": Operation.READ_ARTIFACTS,
            "add versions to": Operation.CREATE_MODEL_VERSION,
            "tag": Operation.SET_TAG,
            "manage": Operation.MANAGE_GRANTS,
        },
        tag=RegisteredModelTag,
        event_column="registered_model_uid",
        parse=lambda full_name: astuple(FullName.parse(full_name)),
        page="registered-model",
        icon="box",
    ),
    Kind(
        ModelVersion,
        "MODEL_VERSION",
        "model version",
        lies_in=RegisteredModel,
        parent="registered_model",
        update=Operation.UPDATE_MODEL_VERSION,
        delete=Operation.DELETE_MODEL_VERSION,
        tag=ModelVersionTag,
        page="model-version",
        arguments=lambda row: (row.registered_model.name_parts, row.version),
    ),
)
KIND_OF: dict[type[Model], Kind] = {kind.model: kind for kind in KINDS}
SECURABLE_KINDS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind.operations)
"""Those that grants can be on; the metastore is the first."""
REFERRED_KINDS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind.column)
"""Those that lie in the tree: that people pin, and ask for access to."""
_OF_TYPE: dict[str, Kind] = {kind.wire_type: kind for kind in SECURABLE_KINDS}


def kind_of(row: Securable | ModelVersion) -> Kind:
    """Return the record of what kind of object ``row`` is."""
    return KIND_OF[type(row)]


def kind_of_full_name(full_name: str) -> Kind:
    """Return the record of what ``full_name`` can be the name of, by the periods in it."""
    depth = min(full_name.count(".") + 1, REFERRED_KINDS[-1].depth)
    return next(kind for kind in REFERRED_KINDS if kind.depth == depth)


def kind_of_type(securable_type: SecurableType) -> Kind:
    """Return the record of the securables of that type."""
    return _OF_TYPE[securable_type]


def governing(row: Securable | ModelVersion) -> Securable:
    """Return the securable whose grants and owner count for ``row``: a version is governed by its model."""
    securable: Securable = parent_of(row) if isinstance(row, ModelVersion) else row
    return securable


def parent_of(row: Securable | ModelVersion) -> Any:
    """Return what ``row`` lies in; None where that inherits nothing."""
    kind = kind_of(row)
    return getattr(row, kind.parent) if kind.parent else None


def levels_of(row: Securable | ModelVersion) -> list[Any]:
    """Return ``row`` and its containers, from the inside out; the metastore contains nothing that inherits."""
    levels: list[Any] = [row]
    while (above := parent_of(levels[-1])) is not None:
        levels.append(above)
    return levels


def catalog_key_of(row: Securable | ModelVersion) -> int | None:
    """Return the key of the catalog that ``row`` is or lies in; None for the metastore."""
    outermost = levels_of(row)[-1]
    return outermost.pk if isinstance(outermost, Catalog) else None


def right_to_create(row: Securable) -> tuple[Operation, Securable]:
    """Return what one needs to create another object beside ``row``, and on what."""
    create = kind_of(row).create
    if create is None:
        raise InvalidParameterValue(f"There is one {kind_of(row).noun}.")
    return create, parent_of(row) or Metastore.current()


def named(kind: Kind, parts: Sequence[str]) -> QuerySet[Any]:
    """Return the rows of ``kind`` with these names, the catalog's first (one or none), with what they lie in."""
    columns = [f"{kind.path_to(above.model)}__name" for above in reversed(kind.containers)]
    rows = kind.model._default_manager.select_related(*([kind.path_to(kind.containers[-1].model)] if columns else []))
    return rows.filter(**dict(zip([*columns, "name"], parts, strict=True)))


def reference_to(securable: Securable, refusal: str) -> dict[str, Securable]:
    """Return the column, and its value, by which a pin or a request for access refers to ``securable``.

    InvalidParameterValue with ``refusal`` for the metastore.
    """
    column = kind_of(securable).column
    if not column:
        raise InvalidParameterValue(refusal)
    return {column: securable}
