"""The product's rules against the world's: 2,000 random changes, or as many as ORACLE_STEPS says."""

import os
import secrets

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.oracle.machine import Machine, steps_taken, test_the_world_knows_every_operation  # noqa: F401

A_LIFE = 200
"""Steps after which a new world begins."""
STEPS = int(os.environ.get("ORACLE_STEPS") or 2_000)


@pytest.mark.oracle
@pytest.mark.django_db
def test_the_product_and_the_world_agree():
    chosen = int(os.environ.get("ORACLE_SEED") or secrets.randbelow(2**32))
    before = dict(steps_taken)
    try:
        while (left := before["steps"] + STEPS - steps_taken["steps"]) > 0:  # a life may end before its time
            run_state_machine_as_test(seed(chosen)(Machine), settings=_lives(left))
            chosen += 1
    except BaseException:
        print(f"ORACLE_SEED={chosen} shows it again.")
        raise
    taken = {name: steps_taken[name] - before[name] for name in steps_taken}
    print(f"{taken['steps']} steps, {taken['answers']} answers, no disagreement (the next seed is {chosen}).")


def _lives(steps):
    return settings(
        max_examples=max(1, steps // A_LIFE),
        stateful_step_count=min(steps, A_LIFE),
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
