"""Schemas made and rights changed in one catalog at the same time: everybody is answered, and nobody is sent away."""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from tests.faults.client import UC, Client
from tests.faults.table import Row

REQUESTS = 20
"""Of each of four clients."""


def try_two_hands(product, rounds):
    """Two clients make schemas, and two change who may use the catalog."""
    row = Row("Schemas and grants in one catalog at once, on PostgreSQL", "every answer is 200, within a minute")
    for number in range(rounds):
        with row.trial(f"round {number + 1}", 4 * REQUESTS):
            _round(Client(product, seconds=60), row)
    return row


def _round(client, row):
    catalog = f"hands_{uuid.uuid4().hex[:8]}"
    client.ask("POST", f"{UC}/catalogs", {"name": catalog})
    together, began = threading.Barrier(4), time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(hand, client, catalog, n, together) for n in range(2) for hand in (_make, _grant)]
        statuses = [status for done in work for status in done.result()]
    took = time.monotonic() - began
    row.notes.append(f"{len(statuses)} answers in {took:.1f} s")
    assert statuses == [200] * 4 * REQUESTS, statuses
    assert took < 60, f"they took {took:.0f} s"
    made = client.ask("GET", f"{UC}/schemas?catalog_name={catalog}&max_results=1000")["schemas"]
    assert len([schema for schema in made if schema["name"].startswith("s")]) == 2 * REQUESTS


def _make(client, catalog, hand, together):
    together.wait()
    bodies = [{"catalog_name": catalog, "name": f"s{hand}_{number}"} for number in range(REQUESTS)]
    return [client.send("POST", f"{UC}/schemas", json=body).status_code for body in bodies]


def _grant(client, catalog, hand, together):
    together.wait()
    statuses = []
    for number in range(REQUESTS):
        change = {"principal": "admin@example.com", "remove" if number % 2 else "add": ["USE_CATALOG"]}
        answer = client.send("PATCH", f"{UC}/permissions/catalog/{catalog}", json={"changes": [change]})
        statuses.append(answer.status_code)
    return statuses
