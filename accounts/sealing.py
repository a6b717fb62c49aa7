"""Sealing what is kept and must not be read from the database alone: with SECRET_KEY, a key for each purpose."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


def secret_keys() -> list[str]:
    """Return today's SECRET_KEY, and those that it has replaced."""
    return [str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def seal(purpose: str, secret: bytes) -> str:
    """Return what is kept of a secret."""
    return _cipher(purpose).encrypt(secret).decode()


def unseal(purpose: str, sealed: str) -> bytes | None:
    """Return the secret; None if it was sealed with a SECRET_KEY that is no longer known."""
    try:
        return _cipher(purpose).decrypt(sealed.encode())
    except InvalidToken:
        return None


def _cipher(purpose: str) -> MultiFernet:
    digests = (salted_hmac(purpose, "", key, algorithm="sha256").digest() for key in secret_keys())
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
