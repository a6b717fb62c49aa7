"""What other registries keep, in one set of words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

PROMPT = "mlflow.prompt.is_prompt"
"""The tag by which MLflow keeps prompts among its models."""


@dataclass(frozen=True)
class RemoteModel:
    """A registered model. ``aliases``: numbers by name."""

    name: str
    comment: str
    tags: Mapping[str, str]
    aliases: Mapping[str, int]
    created_at: datetime | None
    updated_at: datetime | None
    created_by: str

    @property
    def is_prompt(self) -> bool:
        return self.tags.get(PROMPT, "").lower() == "true"


@dataclass(frozen=True)
class RemoteVersion:
    """A version of one. ``stage`` is empty where it is in none."""

    number: int
    comment: str
    tags: Mapping[str, str]
    status: str
    stage: str
    created_at: datetime | None
    updated_at: datetime | None
    created_by: str
    source: str
    run_id: str
    run_link: str
    model_id: str

    @property
    def is_ready(self) -> bool:
        return self.status in ("", "READY")


@dataclass(frozen=True)
class RemoteFile:
    """A file; ``sha256`` is empty where the registry does not tell it."""

    path: str
    size: int
    sha256: str = ""


@dataclass(frozen=True)
class RemoteGrants:
    """Who owns an object, and who holds which privileges on it, by name."""

    owner: str = ""
    privileges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class RemoteContainer:
    """A catalog or a schema."""

    comment: str
    grants: RemoteGrants


class Remote(Protocol):
    """A registry that models are read from. What cannot be reached raises SourceUnavailable."""

    has_namespaces: bool
    """Whether names have three parts, and objects have owners and grants."""

    def models(self) -> Iterator[RemoteModel]:
        """Yield the registered models, by name."""

    def versions(self, name: str) -> list[RemoteVersion]:
        """Return the versions of a model, by number."""

    def files(self, name: str, version: RemoteVersion) -> list[RemoteFile]:
        """Return the files of a version, by path."""

    def read(self, name: str, version: RemoteVersion, path: str) -> Iterator[bytes]:
        """Return the bytes of a file, in pieces; DoesNotExist, at once, if it is gone."""

    def grants(self, name: str) -> RemoteGrants:
        """Return who owns a model and who may do what with it; nothing where ``has_namespaces`` is not so."""

    def container(self, name: str) -> RemoteContainer:
        """Return a catalog, or a schema by its full name."""


def model_of(item: Mapping[str, Any]) -> RemoteModel:
    """Read a RegisteredModel message of MLflow."""
    aliases = items(item, "aliases")
    return RemoteModel(
        name=text(item, "name"),
        comment=text(item, "description"),
        tags=_tags(item),
        aliases={text(alias, "alias"): number(alias, "version") for alias in aliases},
        created_at=moment(item, "creation_timestamp"),
        updated_at=moment(item, "last_updated_timestamp"),
        created_by=text(item, "user_id"),
    )


def version_of(item: Mapping[str, Any]) -> RemoteVersion:
    """Read a ModelVersion message of MLflow."""
    stage = text(item, "current_stage")
    return RemoteVersion(
        number=number(item, "version"),
        comment=text(item, "description"),
        tags=_tags(item),
        status=text(item, "status"),
        stage="" if stage == "None" else stage,
        created_at=moment(item, "creation_timestamp"),
        updated_at=moment(item, "last_updated_timestamp"),
        created_by=text(item, "user_id"),
        source=text(item, "source"),
        run_id=text(item, "run_id"),
        run_link=text(item, "run_link"),
        model_id=text(item, "model_id"),
    )


def text(item: Mapping[str, Any], key: str) -> str:
    """Return a text of a message; empty where there is none."""
    value = item.get(key)
    return value.replace("\0", "") if isinstance(value, str) else ""


def items(item: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the messages in a list of a message; none where there is no list."""
    value = item.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def inner(item: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return a message within a message; an empty one where there is none."""
    for key in keys:
        value = item.get(key)
        item = value if isinstance(value, dict) else {}
    return item


def number(item: Mapping[str, Any], key: str) -> int:
    """Return a whole number of a message, which may be written as a text; 0 where there is none that can be kept."""
    value = item.get(key)
    try:
        found = int(value) if isinstance(value, str | int) and len(str(value)) < 20 else 0
    except ValueError:
        return 0
    return found if 0 <= found < 2**62 else 0


def moment(item: Mapping[str, Any], key: str) -> datetime | None:
    """Return a time of a message, which is in milliseconds; None where there is none."""
    milliseconds = number(item, key)
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds > 0 else None
    except (OverflowError, OSError, ValueError):
        return None


def _tags(item: Mapping[str, Any]) -> dict[str, str]:
    return {text(tag, "key"): text(tag, "value") for tag in items(item, "tags")}
