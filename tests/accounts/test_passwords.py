"""Passwords that are little more than a common one are refused, and those of several words are not."""

import time

import pytest
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError

from accounts.passwords import OwnPartValidator


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "Password2026!", "iloveyou2026", "passwordpassword", "Databricks2026!", "CatalogExplorer",
        "123456789012345", "MLflow-Registry", "qwerty-qwerty", "welcome-admin-1", "2026password!", "unitycatalog123",
        "monkey12monkey", "letmein12345",
    ],
)  # fmt: skip
def test_little_of_its_own_is_not_enough(password):
    with pytest.raises(ValidationError, match="little more than a common one"):
        OwnPartValidator().validate(password)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple", "the right one 1", "another one 22", "tMwFWcSx3RaPrSyA", "ÄÖÜ ßéñ 日本語です",
        "a model of my grandmother's garden", "onlylettersofthiskind", "x1 " * 20,
    ],
)  # fmt: skip
def test_words_of_ones_own_are_taken(password):
    OwnPartValidator().validate(password)


def test_of_the_common_ones_with_a_year_none_is_taken():
    """More than three thousand that have the length that we want, as they are made of those of Django's list."""
    common = sorted(word for word in CommonPasswordValidator().passwords if len(word) >= 8)[::2]
    assert len(common) > 3_000
    for word in common:
        with pytest.raises(ValidationError):
            OwnPartValidator().validate(f"{word.capitalize()}2026")


def test_the_settings_ask_for_it():
    with pytest.raises(ValidationError, match="little more than a common one"):
        validate_password("Databricks2026!")


@pytest.mark.parametrize("password", ["password" * 8, "a" * 64, "qwerty1 " * 8, "x" * 1_000_000])
def test_no_password_costs_much(password):
    began = time.process_time()
    try:
        OwnPartValidator().validate(password)
    except ValidationError:
        pass
    assert time.process_time() - began < 0.2
