"""What is known of a kind of object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from django.db.models import Model

from registry.models.metadata import Tag
from registry.operations import Operation
from registry.privileges import Privilege


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of object. An empty word, or None, says that it has no such thing."""

    model: type[Model]
    wire_type: str
    """As events and clients name it."""
    noun: str
    lies_in: Kind | None = None
    parent: str = ""
    """The column that names the object it is in; a version is governed by what that names."""
    is_counted: bool = False
    """Whether what it is in counts it (``child_count``), and shows it in the tree: of one kind each."""
    creator: str = ""
    """The column with the key of its creator, where rules are about users' own objects."""
    column: str = ""
    """The column of other tables that refer to one: of pins and of requests for access."""
    use: Privilege | None = None
    """What users need to reach what is in it."""
    operations: tuple[Operation, ...] = ()
    """What is asked of it."""
    create: Operation | None = None
    """What users need on what it is in, to create one."""
    update: Operation | None = None
    delete: Operation | None = None
    rename: Operation | None = None
    used_for: Operation | None = None
    """An operation that requires the USE of it and of what contains it, as nearly all do."""
    abilities: Mapping[str, Operation | None] = field(default_factory=lambda: MappingProxyType({}))
    """What people can do to it, for previews; None is to see it. One operation represents all of the same rule."""
    tag: type[Tag] | None = None
    event_column: str = "securable_uid"
    """The column by which the events of one, and of everything in it, are found."""
    parse: Callable[[str], tuple[str, ...]] = lambda full_name: (full_name,)
    """Reads a full name, and checks each of its parts; InvalidParameterValue otherwise."""
    page: str = ""
    """The name of its page's address, which begins the names of its forms."""
    arguments: Callable[[Any], tuple[Any, ...]] = lambda row: (row.name_parts,)
    """What that address takes."""
    icon: str = ""
    address_name: Callable[[Any], str] = lambda row: row.full_name
    """What it is called in the addresses of what people do to it."""

    @cached_property
    def containers(self) -> tuple[Kind, ...]:
        """The kinds it is in, from the inside out."""
        return () if self.lies_in is None else (self.lies_in, *self.lies_in.containers)

    @cached_property
    def depth(self) -> int:
        """How many names its full name has; 0 for the metastore."""
        return len(self.containers) + 1 if self.page != "catalogs" else 0

    def is_or_lies_in(self, container: type[Model]) -> bool:
        return container in (self.model, *(above.model for above in self.containers))

    def path_to(self, container: type[Model]) -> str:
        """Name the columns by which a query goes from it to a container of that kind; ``pk`` for itself."""
        path, kind = [], self
        while kind.model is not container:
            path.append(kind.parent)
            kind = kind.containers[0]
        return "__".join(path) or "pk"
