"""Codes of authenticator apps (TOTP, RFC 6238) and recovery codes: making, sealing and checking them. No rows here.

The algorithm is django-otp's, which refuses a code that was used before. django-allauth's MFA brings its own
sign-in, which would be a second one next to ours. Secrets are sealed with a key made of SECRET_KEY: a dump of the
database opens no account.
"""

from __future__ import annotations

import base64
import secrets
from urllib.parse import quote, urlencode

from django.utils.crypto import salted_hmac
from django_otp.oath import TOTP

from accounts import sealing

RECOVERY_CODES = 10
_PURPOSE = "accounts.second_factor"
_ISSUER = "Catalog Explorer"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> bytes:
    return secrets.token_bytes(20)


def seal(secret: bytes) -> str:
    return sealing.seal(_PURPOSE, secret)


def unseal(sealed: str) -> bytes | None:
    """Return the secret; None if it was sealed with a SECRET_KEY that is no longer known."""
    return sealing.unseal(_PURPOSE, sealed)


def spelled(secret: bytes) -> str:
    """Return a secret as people type it into their app."""
    return base64.b32encode(secret).decode()


def address_of(secret: bytes, account: str) -> str:
    """Return what the picture says that apps take in (``otpauth://``)."""
    label = quote(f"{_ISSUER}:{account}")
    return f"otpauth://totp/{label}?{urlencode({'secret': spelled(secret), 'issuer': _ISSUER}, quote_via=quote)}"


def step_of(secret: bytes, code: str, after: int) -> int | None:
    """Return the step of time whose code ``code`` is: this one or one next to it, and later than ``after``."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdecimal() and len(digits) == 6):
        return None
    totp = TOTP(secret)
    return totp.t() if totp.verify(int(digits), tolerance=1, min_t=after + 1) else None


def new_recovery_codes() -> list[str]:
    """Return codes of 49 bits, each of which is used once where the app is lost."""
    return [f"{_letters(5)}-{_letters(5)}" for _ in range(RECOVERY_CODES)]


def digests_of(recovery_code: str) -> list[str]:
    """Return what is kept of a recovery code, by today's key first; without a key no one finds the code by trying."""
    plain = "".join(recovery_code.lower().replace("-", "").split())
    keys = sealing.secret_keys()
    return [salted_hmac("accounts.recovery_code", plain, key, algorithm="sha256").hexdigest() for key in keys]


def _letters(number: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(number))
