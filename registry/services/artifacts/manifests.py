"""Manifests: what a client says that a version consists of, compared with what has arrived."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from registry.exceptions import InvalidState
from registry.models import ModelVersion
from registry.services.artifacts.inventory import StoredFile


@dataclass(frozen=True)
class Stated:
    """What a manifest says of a file: its SHA-256 in lower-case hexadecimal digits, its size, or one of the two."""

    sha256: str = ""
    size: int | None = None

    def is_as(self, file: StoredFile) -> bool:
        """Return whether ``file`` is as stated. One without a SHA-256, of an earlier release, never is."""
        return self.sha256 in ("", file.sha256) and self.size in (None, file.size)


Manifest = Mapping[str, Stated]
"""Every file of a version, by its path."""


def require_same(version: ModelVersion, manifest: Manifest | None, files: Iterable[StoredFile]) -> None:
    """Raise InvalidState unless ``files`` are those of ``manifest``, which may be left out."""
    if manifest is None:
        return
    stored = {file.path: file for file in files}
    missing = sorted(manifest.keys() - stored.keys())
    others = sorted(stored.keys() - manifest.keys())
    different = sorted(path for path in manifest.keys() & stored.keys() if not manifest[path].is_as(stored[path]))
    parts = [_count(missing, "missing"), _count(others, "not in the manifest"), _count(different, "different")]
    if differences := ", ".join(filter(None, parts)):
        raise InvalidState(f"{version} is not as its manifest says, and stays pending: {differences}.")


def _count(paths: list[str], what: str) -> str:
    if not paths:
        return ""
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0][:200]!r}{more} {'are' if len(paths) > 1 else 'is'} {what}"
