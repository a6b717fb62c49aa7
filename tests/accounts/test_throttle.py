"""Limits that decay, counted where every process sees them."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts import throttle
from accounts.models import Limit, Throttle
from accounts.throttle import CountedAttempt, TooManyAttempts
from registry import clock

TWO = Limit(burst=2, seconds=10)


def later(**span):
    return time_machine.travel(timezone.now() + timedelta(**span), tick=False)


def taken(key="k", limit=TWO):
    return Throttle.take(key, limit) == 0


def test_so_many_at_once_and_one_more_whenever_one_has_run_out(db):
    with time_machine.travel(timezone.now(), tick=False):
        assert [taken(), taken(), taken()] == [True, True, False]
        assert 0 < Throttle.take("k", TWO) <= 10
        assert taken("another")
    with later(seconds=10):
        assert [taken(), taken()] == [True, False]
    with later(seconds=100):
        assert [taken(), taken(), taken()] == [True, True, False]


def test_what_is_refused_makes_nobody_wait_longer(db):
    with time_machine.travel(timezone.now(), tick=False):
        taken(), taken()
        waits = {Throttle.take("k", TWO) for _ in range(50)}
        assert len(waits) == 1


def test_an_attempt_that_succeeds_is_given_back(db):
    attempt = CountedAttempt((("k", TWO),))
    for _ in range(5):
        attempt.begin()
        attempt.give_back()


def test_an_attempt_that_one_limit_refuses_counts_for_none(db):
    one = CountedAttempt((("roomy", Limit(3, 100)), ("narrow", Limit(1, 100))))
    one.begin()
    with pytest.raises(TooManyAttempts) as told:
        one.begin()
    assert 95 <= told.value.seconds <= 100
    assert [taken("roomy", Limit(3, 100)) for _ in range(3)] == [True, True, False]


@pytest.mark.django_db(transaction=True)
def test_two_connections_take_no_attempt_twice():
    got, begin = [], threading.Barrier(8)

    def work():
        begin.wait()
        for _ in range(4):
            got.append(taken("k", Limit(10, 1000)))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got.count(True) == 10


def test_no_names_and_addresses_are_kept_and_what_is_empty_is_forgotten(db):
    throttle.sign_in(account="ada@example.com", address="192.0.2.1", browser="").begin()
    assert Throttle.objects.count() == 3
    assert not any("ada" in key or "192" in key for key in Throttle.objects.values_list("key", flat=True))
    clock.tick()
    assert Throttle.objects.count() == 3
    with later(minutes=3):
        clock.tick()
    assert not Throttle.objects.exists()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("unix", "unix", True),
    ],
)
def test_of_ipv6_a_whole_network_is_one_client(one, other, same):
    keys = [throttle.sign_in(account="a", address=address, browser="").limits for address in (one, other)]
    assert (keys[0] == keys[1]) is same
