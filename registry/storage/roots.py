"""Roots: addresses below which files are kept, and which backend they lead to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from registry import limits
from registry.exceptions import InvalidParameterValue
from registry.storage.objects.bucket import Bucket

# Imported where they are used: their SDKs are extras.
_BUCKETS = {"s3": "registry.storage.objects.s3.S3Bucket"}
_UID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
FILE = "file"
_FOLDER = re.compile(r"file://(/[^/?#%\\\x00-\x1f]+)+")
_ROOT = re.compile(r"[a-z0-9]+://[a-z0-9][a-z0-9.-]+(/[A-Za-z0-9_=.-]+)*")


def checked_root(text: str) -> str:
    """Return a root without a slash at its end; InvalidParameterValue unless it is one that this server can use."""
    root = text.strip().rstrip("/")
    if urlsplit(root).scheme not in _BUCKETS:
        raise InvalidParameterValue(
            f"{text[:200]!r} is no storage root of this server, which keeps files on its disk and in s3://bucket/prefix."
        )
    steps = urlsplit(root).path.split("/")
    if any(_UID.fullmatch(step) for step in steps):
        raise InvalidParameterValue(
            f"{text[:200]!r} leads into the folder of an installation, or of something that is kept there."
        )
    if not _ROOT.fullmatch(root) or "." in steps or ".." in steps or len(root) > limits.ROOT_LENGTH:
        raise InvalidParameterValue(
            f"{text[:200]!r} is not a storage root such as s3://bucket/prefix: letters, digits, and _ . = - between "
            "slashes."
        )
    return root


def checked_source(text: str) -> str:
    """Return the address of a folder to register from, without a slash at its end: ``file:///…``, or as a root."""
    address = text.strip().rstrip("/")
    if urlsplit(address).scheme != FILE:
        return checked_root(address)
    steps = urlsplit(address).path.split("/")
    if not _FOLDER.fullmatch(address) or "." in steps or ".." in steps or len(address) > limits.SOURCE_LENGTH:
        raise InvalidParameterValue(f"{text[:200]!r} is not the address of a folder such as file:///srv/models/iris.")
    return address


def is_below(address: str, allowed: Iterable[str]) -> bool:
    """Return whether ``address`` is one of ``allowed``, or below one."""
    return any(address == one or address.startswith(f"{one}/") for one in allowed)


def bucket_of(address: str) -> Bucket:
    """Return the bucket that a root, a location or another address leads to."""
    parts = urlsplit(address)
    try:
        made = import_string(_BUCKETS[parts.scheme])
    except KeyError:
        raise InvalidParameterValue(f"No storage backend keeps {address[:200]!r}.") from None
    except ImportError as error:
        raise ImproperlyConfigured(
            f"{parts.scheme}:// needs packages that are not installed: `make cloud` installs them ({error})."
        ) from error
    return cast("Bucket", made(parts.netloc))
