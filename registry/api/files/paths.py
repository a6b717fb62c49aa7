"""Paths on the wire: the first segment says what kind of place it is, ``/Models/<catalog>/<schema>/<model>/<n>/…``.

``settings.FILE_PLACES`` lists the kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from registry.actor import Actor
from registry.exceptions import DoesNotExist, FileDoesNotExist, InvalidParameterValue
from registry.names import FullName, version_number
from registry.services.artifacts.trees import FileTree, VersionTree
from registry.services.hierarchy import model_versions
from registry.services.shared import finders


@dataclass(frozen=True)
class Where:
    """A path: the tree that it leads to, the part that names the tree, as the caller spelled it, and the rest.

    Listings echo the caller's own spelling, because clients cut it off to get relative paths.
    """

    tree: FileTree
    prefix: str
    path: str


class Place(Protocol):
    """A kind of place, by the first segment of its paths."""

    first: str

    def find(self, actor: Actor, segments: list[str]) -> Where:
        """Return where ``segments`` lead to; FileDoesNotExist if ``actor`` can see no such place."""

    def by_uid(self, actor: Actor, uid: UUID) -> FileTree | None:
        """Return the tree of that uid, for a signed URL; None if it isn't of this kind."""


class ModelsPlace:
    """``/Models/c/s/m/1/sub/file``: the files of a version."""

    first = "Models"

    def find(self, actor: Actor, segments: list[str]) -> Where:
        text = "/".join(segments)
        if len(segments) < 5:
            raise FileDoesNotExist(
                f"{text!r} is not a path of a model version: /Models/<catalog>/<schema>/<model>/<n>."
            )
        try:
            full_name = FullName.of(*segments[1:4])
            number = version_number(segments[4])
        except InvalidParameterValue as error:
            raise FileDoesNotExist(f"There is no directory {text!r}: {error.message}") from error
        model = finders.get_registered_model(actor=actor, full_name=full_name)
        version = model_versions.get_model_version(actor=actor, model=model, version=number)
        return Where(VersionTree(actor, version), "/" + "/".join(segments[:5]), "/".join(segments[5:]))

    def by_uid(self, actor: Actor, uid: UUID) -> FileTree | None:
        return VersionTree(actor, model_versions.get_model_version_by_uid(actor=actor, uid=uid))


def find(actor: Actor, text: str) -> Where:
    """Return where a path leads to; FileDoesNotExist if there is no such kind."""
    segments = text.strip("/").split("/")
    for place in _places():
        if place.first == segments[0]:
            return place.find(actor, segments)
    raise FileDoesNotExist(f"{text[:300]!r} is not a path of a model version: /Models/<catalog>/<schema>/<model>/<n>.")


def by_uid(actor: Actor, uid: UUID) -> FileTree:
    """Return the tree that a signed URL names; DoesNotExist if ``actor`` can't see it."""
    for place in _places():
        if tree := place.by_uid(actor, uid):
            return tree
    raise DoesNotExist("There is no such directory.")


@cache
def _places() -> tuple[Place, ...]:
    return tuple(import_string(name)() for name in settings.FILE_PLACES)
