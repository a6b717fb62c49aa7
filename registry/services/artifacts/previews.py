"""What a page shows of the files of a version or a run. Nothing is ever run, unpickled or unpacked to find out."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from itertools import islice
from operator import or_

from django.db.models import Q

from registry import limits
from registry.exceptions import FileDoesNotExist, InvalidParameterValue
from registry.models import ModelVersion
from registry.services.artifacts.trees import FileTree
from registry.storage.base import Entry

IMAGES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
"""Pictures that a browser shows and that cannot contain a script, by the ending of their names."""

PICKLED = {"pkl", "pickle", "joblib", "dill", "cloudpickle", "pt", "pth", "ckpt", "bin", "mar"}
"""Endings of formats that are pickles, or hold some: users who load one run what it says."""
_PICKLE_MAGIC = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))
_ROWS, _COLUMNS = 100, 50
_MOST_PICTURES = 1_000


class PreviewKind(StrEnum):
    TEXT = "text"
    MARKDOWN = "markdown"
    TABLE = "table"
    IMAGE = "image"
    BINARY = "binary"


@dataclass(frozen=True)
class FilePreview:
    """The beginning of a file: ``text``, or ``rows`` of a table. ``is_cut`` where there is more of it."""

    entry: Entry
    kind: PreviewKind
    text: str = ""
    rows: Sequence[Sequence[str]] = ()
    is_cut: bool = False
    is_pickle: bool = False


def preview_file(tree: FileTree, path: str) -> FilePreview:
    """Return what can be shown of a file, of which at most ``PREVIEW_LENGTH`` bytes are read."""
    entry = tree.find(path).entry
    if entry.is_directory:
        raise FileDoesNotExist(f"{path!r} is a directory.")
    if ending(path) in IMAGES and entry.size <= limits.PREVIEW_IMAGE_LENGTH:
        return FilePreview(entry, PreviewKind.IMAGE)
    length = min(entry.size, limits.PREVIEW_LENGTH)
    head = b"".join(tree.look(path, length))
    is_cut = entry.size > length
    text = _decoded(head, is_cut=is_cut)
    if text is None:
        return FilePreview(entry, PreviewKind.BINARY, is_pickle=may_be_pickle(path) or head.startswith(_PICKLE_MAGIC))
    match ending(path):
        case "md" | "markdown":
            return FilePreview(entry, PreviewKind.MARKDOWN, text=text, is_cut=is_cut)
        case "csv" | "tsv":
            rows, more = _rows(text, "\t" if ending(path) == "tsv" else ",")
            return FilePreview(entry, PreviewKind.TABLE, text=text, rows=rows, is_cut=is_cut or more)
        case _:
            return FilePreview(entry, PreviewKind.TEXT, text=text, is_cut=is_cut, is_pickle=may_be_pickle(path))


def list_pictures(version: ModelVersion) -> frozenset[str]:
    """Return the paths of the pictures of ``version`` that a page may show; the first of very many."""
    rows = version.artifacts.filter(size__lte=limits.PREVIEW_IMAGE_LENGTH).order_by("path")
    ends = reduce(or_, (Q(path__iendswith=f".{end}") for end in IMAGES))
    return frozenset(rows.filter(ends).values_list("path", flat=True)[:_MOST_PICTURES])


def read_image(tree: FileTree, path: str) -> tuple[str, Entry]:
    """Return the media type of a picture that may be shown; raise InvalidParameterValue for any other file."""
    entry = tree.find(path).entry
    if ending(path) not in IMAGES or entry.is_directory or entry.size > limits.PREVIEW_IMAGE_LENGTH:
        raise InvalidParameterValue(f"{path!r} is not a picture that is shown.")
    return IMAGES[ending(path)], entry


def may_be_pickle(path: str) -> bool:
    """Return whether a file of that name runs code when it is loaded, as far as names show."""
    return ending(path) in PICKLED


def ending(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def _decoded(head: bytes, *, is_cut: bool) -> str | None:
    """The bytes as text; None if they aren't text. A cut may go through the middle of a character."""
    if b"\0" in head:
        return None
    for spare in range(4 if is_cut else 1):
        try:
            return head[: len(head) - spare].decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
    return None


def _rows(text: str, delimiter: str) -> tuple[list[list[str]], bool]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = list(islice(reader, _ROWS + 1))
    except csv.Error:
        return [], False
    wide = any(len(row) > _COLUMNS for row in rows)
    return [row[:_COLUMNS] for row in rows[:_ROWS]], wide or len(rows) > _ROWS
