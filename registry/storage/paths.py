"""Paths of artifacts: what never leaves its version, and is the same file on every client's disk.

What is stored already is read only by ``artifact_path``; a new name has to pass ``new_artifact_path``, however it
arrives.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from registry import limits
from registry.exceptions import InvalidParameterValue

_DRIVE = re.compile(r"[A-Za-z]:")
"""How a path that leads out of every folder on Windows begins."""
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.IGNORECASE | re.DOTALL
)
"""Names of Windows' devices, with or without an extension."""


def artifact_path(text: str) -> str:
    """Check a relative path and return it: no way out, nothing that a file system or a client reads differently."""
    segments = text.split("/")
    if len(text.encode(errors="surrogatepass")) > limits.ARTIFACT_PATH_LENGTH or any(
        not _is_file_name(segment) for segment in segments
    ):
        raise InvalidParameterValue(f"{text[:100]!r} is not a valid artifact path.")
    return text


def new_artifact_path(text: str) -> str:
    """Check the path of a file that is to be written: ``artifact_path``, and the same file on every client's disk."""
    segments = artifact_path(text).split("/")
    if len(segments) > limits.ARTIFACT_DEPTH:
        raise InvalidParameterValue(f"Directories are nested more than {limits.ARTIFACT_DEPTH} deep.")
    for number, segment in enumerate(segments, start=1):
        if why := _unfit(segment) or _unaddressable(segment, is_directory=number < len(segments)):
            raise InvalidParameterValue(f"{text[:100]!r} is not a valid artifact path: {segment[:100]!r} {why}.")
    return text


def folded_digest(path: str) -> str:
    """Return a digest shared by two paths that are one on a file system that folds case, or composes letters."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
    return hashlib.sha256(folded.encode()).hexdigest()


def _is_file_name(segment: str) -> bool:
    if segment in ("", ".", "..") or any(unicodedata.category(c) in ("Cc", "Cs") or c == "\\" for c in segment):
        return False
    return len(segment.encode()) <= limits.ARTIFACT_NAME_LENGTH


def _unfit(segment: str) -> str:
    """Say why a name is another one, or leads elsewhere, on some client's disk; nothing if on none.

    (What a disk refuses in words, as Windows does ``?``, isn't a reason: it comes back where it came from.)
    """
    if segment != segment.strip():
        return "begins or ends with a blank"
    if segment.endswith("."):
        return "ends with a period"
    if _DRIVE.match(segment):
        return "begins with a drive"
    if _RESERVED.fullmatch(segment):
        return "is the name of a device on Windows"
    return ""


def _unaddressable(segment: str, *, is_directory: bool) -> str:
    """Say why no stock client finds a directory again: MLflow's puts its name into an address as it is."""
    bad = next((c for c in segment if c in "%#?"), None) if is_directory else None
    return f"is a directory with {bad!r} in its name, which no stock client can read back" if bad else ""
