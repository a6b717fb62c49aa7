"""What a version consists of, by its rows, and reading that compares with them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.db.models import Q

from registry.exceptions import Damaged, FileDoesNotExist, InvalidState
from registry.models import Artifact, ModelVersion
from registry.services.artifacts import damages
from registry.services.artifacts.digests import compared
from registry.storage import artifact_store
from registry.storage.base import CHUNK, Entry
from registry.storage.paths import folded_digest


@dataclass(frozen=True)
class StoredFile:
    """A file as it arrived. ``sha256`` is empty if it was not computed: in versions of earlier releases."""

    path: str
    size: int
    sha256: str
    arriving: str = ""
    """The upload that is about to become the file, in a version that is pending."""


def files_of(version: ModelVersion) -> list[StoredFile]:
    """Return every file of ``version``, by path: what its rows say, and what else the storage has.

    (Versions of earlier releases have no rows, or only some.)
    """
    return _with_unknown(rows_of(version), listed(version))


def _with_unknown(rows: Iterable[StoredFile], entries: Iterable[Entry]) -> list[StoredFile]:
    """The files of ``rows``, and those that only the storage has, by path."""
    files = {entry.path: StoredFile(entry.path, entry.size, "") for entry in entries}
    files |= {file.path: file for file in rows}
    return sorted(files.values(), key=lambda file: file.path)


def rows_of(version: ModelVersion) -> list[StoredFile]:
    """Return the files of ``version`` that have rows, by path; the storage is not asked."""
    rows = version.artifacts.order_by().values_list("path", "size", "sha256", "arriving")
    return sorted((StoredFile(*row) for row in rows), key=lambda file: file.path)


def list_directory(version: ModelVersion, path: str) -> list[Entry]:
    """Return what is in a directory of ``version`` (the root for an empty ``path``), by name.

    A file that has a row is listed even if the storage has lost it: users who download all of a version would otherwise
    take what is left for the whole.
    """
    prefix = f"{path}/" if path else ""
    entries = {entry.name: entry for entry in _of_rows(version, prefix)}
    try:
        listed = artifact_store(version.storage_location).list_directory(version.storage_location, path)
    except FileDoesNotExist:
        if not entries:
            raise
        listed = []
    entries |= {entry.name: entry for entry in listed}
    return sorted(entries.values(), key=lambda entry: entry.name)


def _of_rows(version: ModelVersion, prefix: str) -> Iterator[Entry]:
    rows = version.artifacts.filter(path__startswith=prefix).order_by().values_list("path", "size")
    for path, size in rows:
        if path.startswith(prefix):  # SQLite's LIKE does not distinguish upper from lower case
            name, slash, _ = path.removeprefix(prefix).partition("/")
            yield Entry(prefix + name, bool(slash), 0 if slash else size, version.updated_at)


def paths_ending(version: ModelVersion, endings: Iterable[str], most: int) -> list[str]:
    """Return the paths of the first ``most`` files of ``version`` that end in one of ``endings`` (without dots)."""
    condition = Q()
    for ending in sorted(endings):
        condition |= Q(path__iendswith=f".{ending}")
    return list(version.artifacts.filter(condition).order_by("path").values_list("path", flat=True)[:most])


def file_of(version: ModelVersion, path: str) -> StoredFile | None:
    """Return the file called ``path`` as its row says; None if it has none."""
    row = version.artifacts.filter(path=path).values_list("path", "size", "sha256").first()
    return StoredFile(*row) if row else None


def whole_files_of(version: ModelVersion) -> list[StoredFile]:
    """Return ``files_of`` a version that has them all; Damaged if one is missing, or has the wrong size."""
    rows, entries = rows_of(version), listed(version)
    sizes = {entry.path: entry.size for entry in entries}
    for file in rows:
        _require_size(version, file, sizes.get(file.path))
    return _with_unknown(rows, entries)


def require_whole(version: ModelVersion, file: StoredFile) -> Entry:
    """Return the entry of ``file``; Damaged if it is missing, or has the wrong size."""
    try:
        entry = artifact_store(version.storage_location).stat(version.storage_location, file.path)
    except FileDoesNotExist:
        raise _missing(version, file) from None
    _require_size(version, file, entry.size)
    return entry


def _require_size(version: ModelVersion, file: StoredFile, size: int | None) -> None:
    if size is None:
        raise _missing(version, file)
    if size != file.size:
        raise damaged(version, file.path, f"it has {size} bytes, not {file.size}")


def _missing(version: ModelVersion, file: StoredFile) -> Damaged:
    return damaged(version, file.path, "it is missing")


def read(version: ModelVersion, file: StoredFile, start: int, length: int) -> Iterator[bytes]:
    """Return ``length`` bytes of ``file`` from ``start``, in pieces; Damaged, at once, if it has the wrong size.

    A file that is read as a whole is compared with its SHA-256 on the way: its last piece comes after that, or never.
    One of a single piece is compared before anything is sent: its reader gets the error in words.
    """
    require_whole(version, file)
    pieces = artifact_store(version.storage_location).read(version.storage_location, file.path, start, length)
    whole = start == 0 and length == file.size and file.sha256
    if not whole:
        return pieces
    whole_pieces = compared(pieces, file.sha256, lambda detail: damaged(version, file.path, detail))
    return iter(list(whole_pieces)) if file.size <= CHUNK else whole_pieces


def require_undamaged(version: ModelVersion) -> None:
    """Raise Damaged if a file of ``version`` is known to be damaged."""
    if (damage := version.damages.first()) is not None:
        raise Damaged(f"{damage.path!r} of {version} is damaged in the storage: {damage.detail}.")


def damaged(version: ModelVersion, path: str, detail: str) -> Damaged:
    """Note that a file of ``version`` is damaged, and return the error that says so."""
    damages.note(version, path, detail)
    return Damaged(f"{path!r} of {version} is damaged in the storage: {detail}. It is not given out.")


def settled(version: ModelVersion) -> list[StoredFile]:
    """Return the files that a pending version would have if it were finalized now, in rows that say what is there.

    A process that died while it gave a file its name leaves a row that says that it is coming, or a file without a row:
    each is read once. A row that describes other bytes than are there is InvalidState: they must be sent again.
    """
    rows = {file.path: file for file in rows_of(version)}
    entries = listed(version)
    for entry in entries:
        known = rows.get(entry.path)
        if known is None:
            rows[entry.path] = _counted(version, entry.path, entry.size)
        elif known.arriving not in ("", Artifact.GOING) and known.size == entry.size:
            rows[entry.path] = _arrived(version, known)
    sizes = {entry.path: entry.size for entry in entries}
    if broken := sorted(path for path, file in rows.items() if file.arriving or sizes.get(path) != file.size):
        raise InvalidState(f"{broken[0]!r} of {version} is not whole in the storage: it has to be uploaded again.")
    return sorted(rows.values(), key=lambda file: file.path)


def count_unknown(version: ModelVersion) -> None:
    """Give the files of a version of an earlier release rows with the sizes and digests that they have now."""
    rows = {file.path: file for file in rows_of(version)}
    for entry in listed(version):
        known = rows.get(entry.path)
        if known is None or (not known.sha256 and known.size == entry.size):
            _counted(version, entry.path, entry.size)


def _counted(version: ModelVersion, path: str, size: int) -> StoredFile:
    file = StoredFile(path, size, sha256_of(version, path, size))
    row = {"size": file.size, "sha256": file.sha256, "folded": folded_digest(path)}
    version.artifacts.update_or_create(path=path, defaults=row)
    return file


def _arrived(version: ModelVersion, file: StoredFile) -> StoredFile:
    """Return ``file`` as one that is there, if the bytes are those that its row says are to come."""
    if sha256_of(version, file.path, file.size) != file.sha256:
        return file
    version.artifacts.filter(path=file.path, arriving=file.arriving).update(arriving="")
    return replace(file, arriving="")


def sha256_of(version: ModelVersion, path: str, size: int) -> str:
    """Read ``size`` bytes of a file, and return their SHA-256 in hexadecimal digits."""
    digest = hashlib.sha256()
    for piece in artifact_store(version.storage_location).read(version.storage_location, path, 0, size):
        digest.update(piece)
    return digest.hexdigest()


def listed(version: ModelVersion) -> list[Entry]:
    """Return every file that the storage has of ``version``, by path."""
    return artifact_store(version.storage_location).list_files(version.storage_location)
