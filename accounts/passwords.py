"""What a password may not be made of: common ones, and words of this place, with a few characters added."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

WORDS = (
    "catalog", "explorer", "databricks", "unity", "mlflow", "registry", "model", "metastore", "schema", "admin",
    "welcome", "secret", "password",
)  # fmt: skip
"""Words that people who guess try here first."""
_LEAST_STEM = 5
"""Characters of a common password that count as one within another: shorter ones are in many good passwords."""
_LEAST_OWN = 6
"""Characters that a password has besides a common one."""
_LONGEST = 64
"""A password that is longer has enough of its own."""


class OwnPartValidator:
    """Refuse a password that has little of its own: «password» and a year, «Databricks1!», a common one twice.

    Django's list of common passwords has few that are as long as ours have to be. People make those longer.
    """

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) <= _LONGEST and _own_part(password.lower()) < _LEAST_OWN:
            raise ValidationError(
                "This password is little more than a common one, or a word that is obvious here.",
                code="password_too_little_of_its_own",
            )

    def get_help_text(self) -> str:
        return "Your password can't be a common one, or a word of this place, with a few characters added."


def _own_part(password: str) -> int:
    """Characters that are left when the words of this place are gone, and the common password that leaves fewest."""
    without_words = password
    for word in WORDS:
        without_words = without_words.replace(word, "")
    rests = [without_words]
    for text in (password, without_words):
        rests += [text.replace(stem, "") for stem in _stems_in(text)]
    return min(map(len, rests))


def _stems_in(password: str) -> frozenset[str]:
    """The common passwords within ``password``."""
    common, longest = _common()
    length = len(password)
    return common.intersection(
        password[begin:end]
        for begin in range(length)
        for end in range(begin + _LEAST_STEM, min(begin + longest, length) + 1)
    )


@cache
def _common() -> tuple[frozenset[str], int]:
    """Django's list, and how long its longest are."""
    common = frozenset(CommonPasswordValidator().passwords)
    return common, max(map(len, common))
