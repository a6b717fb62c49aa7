"""Passwords are hashed in turn."""

import threading
import time

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, make_password

from accounts import hashing


def test_a_hash_of_django_s_own_goes_on_to_count():
    assert check_password("correct", PBKDF2PasswordHasher().encode("correct", "salt" * 6, 1000))


def test_one_is_hashed_at_a_time(monkeypatch):
    busy, most = [0], [0]

    def slow(self, password, salt, iterations=None):
        busy[0] += 1
        most[0] = max(most[0], busy[0])
        time.sleep(0.01)
        busy[0] -= 1
        return "x"

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", slow)
    threads = [threading.Thread(target=hashing.OneAtATimeHasher().encode, args=("p", "s")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_who_waits_too_long_is_told_so(monkeypatch):
    monkeypatch.setattr(hashing, "WAIT", 0.01)
    with hashing._turn, pytest.raises(hashing.Busy):
        make_password("x")
    make_password("x")
