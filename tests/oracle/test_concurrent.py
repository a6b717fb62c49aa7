"""Two hands at once on PostgreSQL: 2,000 pairs of changes, or as many as ORACLE_STEPS says."""

import os
import secrets

import pytest
from django.core.management import call_command
from django.db import connection

from tests.oracle.concurrent import live

A_LIFE = 200
"""Steps after which a new world begins."""
STEPS = int(os.environ.get("ORACLE_STEPS") or 2_000)


@pytest.mark.oracle
@pytest.mark.django_db(transaction=True)
def test_two_hands_at_once_do_what_one_after_the_other_would():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one transaction write at a time")
    seed, steps, answers = int(os.environ.get("ORACLE_SEED") or secrets.randbelow(2**32)), 0, 0
    try:
        while steps < STEPS:
            call_command("flush", interactive=False, verbosity=0)
            answers += live(seed, min(A_LIFE, STEPS - steps))
            steps, seed = steps + A_LIFE, seed + 1
    except BaseException:
        print(f"ORACLE_SEED={seed} had it (two threads never run the same way twice).")
        raise
    print(f"{steps} pairs of changes at once, {answers} answers: no deadlock, nothing lost, no right outlived its end.")
