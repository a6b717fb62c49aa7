"""What a backup consists of: the file that is written last, and checked first."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings

from registry.durable import write_durably
from registry.exceptions import InvalidState
from registry.storage.paths import artifact_path

FORMAT = 1
NAME = "manifest.json"
FILES = "files.jsonl"
FINDINGS = "findings.txt"


@dataclass(frozen=True)
class Part:
    """Size in bytes and SHA-256 of a file."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """``versions``, ``files`` and ``bytes`` count what was copied; ``findings`` what did not compare."""

    product_version: str
    made_at: str
    installation: str
    engine: str
    versions: int
    files: int
    bytes: int
    findings: int
    parts: dict[str, Part]
    format: int = field(default=FORMAT)

    def write(self, folder: Path) -> None:
        write_durably(folder / NAME, orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2))

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read and check the manifest in ``folder``; InvalidState if it isn't one of our backups."""
        try:
            content: dict[str, Any] = orjson.loads((folder / NAME).read_bytes())
            if content.get("format") != FORMAT:
                raise InvalidState(f"The backup in {folder} has format {content.get('format')}; this is {FORMAT}.")
            content["parts"] = {name: Part(**part) for name, part in content["parts"].items()}
            return cls(**content)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise InvalidState(f"{folder} has no {NAME}: it is no backup, or one that was not finished.") from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InvalidState(f"{folder / NAME} cannot be read: {error}.") from error

    def verify(self, folder: Path) -> None:
        """Raise InvalidState unless every part is what it was when it was written."""
        for name, part in self.parts.items():
            try:
                is_same = part_at(folder / name) == part
            except OSError as error:
                raise InvalidState(f"{folder / name} cannot be read: {error.strerror}.") from error
            if not is_same:
                raise InvalidState(f"{folder / name} is not what it was when the backup was made.")


def place_of(folder: Path, uid: str, path: str) -> Path:
    """Return where the file ``path`` of the version with that uid is in the backup in ``folder``."""
    return folder / "artifacts" / str(UUID(uid))[:2] / str(UUID(uid)) / artifact_path(path)


def part_at(path: Path) -> Part:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Part(path.stat().st_size, sha256)


@cache
def product_version() -> str:
    return str(tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"])
