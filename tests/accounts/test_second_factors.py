"""Codes of apps and recovery codes, below any page."""

import threading

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from django_otp.oath import totp

from accounts import second_factors
from accounts.models import SecondFactor, User


@pytest.fixture
def factor(db):
    user = User.objects.create_user("ada@example.com", "correct horse battery")
    return with_factor(user)


def with_factor(user):
    secret = second_factors.new_secret()
    factor = SecondFactor.objects.create(user=user, sealed_secret=second_factors.seal(secret))
    factor.secret = secret
    return factor


def code_of(factor, seconds=0):
    return f"{totp(factor.secret, drift=seconds // 30):06}"


def test_a_code_counts_once(factor):
    code = code_of(factor)
    assert factor.use(code) == "code"
    factor.refresh_from_db()
    assert factor.use(code) == ""


def test_a_clock_may_be_half_a_minute_off_and_no_more(factor):
    with time_machine.travel(timezone.now(), tick=False):
        assert factor.use(code_of(factor, -60)) == factor.use(code_of(factor, 60)) == ""
        assert factor.use(code_of(factor, 30)) == "code"


def test_an_older_code_than_the_last_one_counts_no_more(factor):
    with time_machine.travel(timezone.now(), tick=False):
        assert factor.use(code_of(factor)) == "code"
        factor.refresh_from_db()
        assert factor.use(code_of(factor, -30)) == ""


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 34", "\0" * 6, "-12345"])
def test_what_is_no_code_is_none(factor, code):
    assert factor.use(code) == ""


def test_a_recovery_code_counts_once_however_it_is_spelled(factor):
    codes = factor.renew_recovery_codes()
    assert len(set(codes)) == 10
    assert factor.use(codes[0].upper().replace("-", " ")) == "recovery code"
    assert factor.use(codes[0]) == ""
    assert factor.use(codes[1]) == "recovery code"
    assert factor.recovery_codes.count() == 8


def test_new_recovery_codes_replace_those_before(factor):
    old, new = factor.renew_recovery_codes(), factor.renew_recovery_codes()
    assert factor.use(old[0]) == ""
    assert factor.use(new[0]) == "recovery code"


def test_nothing_in_the_database_opens_an_account(factor):
    codes = factor.renew_recovery_codes()
    rows = [*SecondFactor.objects.values_list(), *factor.recovery_codes.values_list()]
    kept = str(rows)
    for told in (second_factors.spelled(factor.secret), factor.secret.hex(), *codes, codes[0].replace("-", "")):
        assert told not in kept


def test_a_former_secret_key_still_unseals(factor, settings):
    codes = factor.renew_recovery_codes()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    assert factor.use(code_of(factor)) == "code"
    assert factor.use(codes[0]) == "recovery code"
    settings.SECRET_KEY_FALLBACKS = []
    assert factor.use(codes[1]) == factor.use(code_of(factor, 30)) == ""


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_the_same_code_at_once_one_is_let_in():
    factor = with_factor(User.objects.create_user("ada@example.com", "correct horse battery"))
    recovery, got, begin = factor.renew_recovery_codes()[0], [], threading.Barrier(4)
    code = code_of(factor)

    def work():
        mine = SecondFactor.objects.get(pk=factor.pk)
        begin.wait()
        got.append(mine.use(code))
        got.append(mine.use(recovery))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(filter(None, got)) == ["code", "recovery code"]
