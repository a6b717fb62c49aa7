"""Processes that are killed while clients register: each role, then all of them at once."""

import os
import random
import signal
import time
from contextlib import suppress

import requests

from tests.faults.client import Client
from tests.faults.registering import Hands, Ledger, require_sealing
from tests.faults.table import Row
from tests.live import children_of, eventually, mains_of

VICTIMS = {
    "a web process": lambda product: children_of(product, "web"),
    "the web server": lambda product: mains_of(product, "web"),
    "a worker": lambda product: mains_of(product, "worker"),
    "a worker's process": lambda product: children_of(product, "worker"),
    "the clock": lambda product: mains_of(product, "clock"),
}
"""The processes of which one is killed. A role that nothing has is not tried."""
APART = 13
"""Seconds from one kill to the next, at least: what dies five times within a minute is given up on purpose."""


def try_kills(product, rounds, cluster=None):
    """SIGKILL to one process of each role, then to all; with a ``cluster``, its server is stopped and started too."""
    where = "PostgreSQL" if cluster else "SQLite"
    row = Row(
        f"SIGKILL while clients register, on {where}",
        "what was acknowledged is there, every SHA-256, numbers once, copies end, audit log whole",
    )
    ledgers = []
    for number in range(rounds):
        faults = _faults(product, cluster)
        with row.trial(f"round {number + 1} ({', '.join(name for name, _ in faults)})", len(faults)):
            ledgers.append(_round(product, faults, apart=APART if rounds > 1 else 0))
            lost = dict(ledgers[-1].lost)
            row.notes.append(f"round {number + 1}: {len(ledgers[-1].versions)} versions, answers lost by status {lost}")
    with row.trial("everything once more, after the last round", 0):
        for ledger in ledgers:
            ledger.check()
    return row


def _faults(product, cluster):
    """The faults of one round, in any order; at the end everything is killed and started again."""
    faults = [(name, find) for name, find in VICTIMS.items() if find(product)]
    random.shuffle(faults)
    faults = [(name, lambda find=find: _kill_one(eventually(lambda: find(product)))) for name, find in faults]
    if cluster:
        faults.append(("the database", lambda: _restart(cluster)))
    return [*faults, ("everything", lambda: _kill_all(product))]


def _round(product, faults, *, apart):
    ledger = Ledger(Client(product))
    with Hands(ledger) as hands:
        hands.work_for(1)
        for _, strike in faults:
            began = time.monotonic()
            strike()
            eventually(lambda: _is_healthy(product), 90)
            hands.work_for(max(1, apart - (time.monotonic() - began)))
    assert len(ledger.ready) > len(faults)
    ledger.check()
    require_sealing(product)
    return ledger


def _kill_one(processes):
    with suppress(ProcessLookupError):
        os.kill(random.choice(processes), signal.SIGKILL)


def _restart(cluster):
    cluster.stop()
    cluster.start()


def _kill_all(product):
    product.kill()
    product.start()


def _is_healthy(product):
    try:
        return requests.get(f"{product.url}/healthz", timeout=5).status_code == 200
    except requests.RequestException:
        return False
