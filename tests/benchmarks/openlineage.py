"""How many events of OpenLineage the server takes in a second, in SQLite.

    python -m tests.benchmarks.openlineage

EVENTS events of as many jobs, by as many connections as a scheduler has workers: each job reads two files and writes a
table and a file. And the same events again, as a scheduler sends them with each run: they tell nothing new.
"""

import http.client
import json
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.benchmarks.registry import progress, wait_for_quiet
from tests.live import Product, eventually

EVENTS, CONNECTIONS = 2_000, 4


def main():
    with tempfile.TemporaryDirectory() as folder, Product(Path(folder) / "data", demo=False) as product:
        token = product.first_run("Access token")
        eventually(lambda: send(product, token, [event(-1)]) is None)
        wait_for_quiet()
        for what in ("new", "known"):
            began = time.monotonic()
            senders = [
                threading.Thread(target=send, args=(product, token, map(event, range(first, EVENTS, CONNECTIONS))))
                for first in range(CONNECTIONS)
            ]
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join()
            progress(f"{what}: {EVENTS / (time.monotonic() - began):.0f} events a second")


def event(number):
    files = [{"namespace": "s3://lake", "name": f"raw/{number}/{side}.parquet"} for side in "ab"]
    written = [
        {"namespace": "unitycatalog://here", "name": f"lake.clean.t{number}"},
        {"namespace": "s3://lake", "name": f"clean/{number}.parquet"},
    ]
    return {
        "eventType": "COMPLETE", "eventTime": "2026-01-01T00:00:00Z", "producer": "https://example.com",
        "run": {"runId": "00000000-0000-4000-8000-000000000000"},
        "job": {"namespace": "airflow", "name": f"job_{number}"}, "inputs": files, "outputs": written,
    }  # fmt: skip


def send(product, token, events):
    address = urlsplit(product.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for one in events:
        connection.request("POST", "/api/v1/lineage", json.dumps(one), headers)
        answer = connection.getresponse()
        told = answer.read()
        assert answer.status == 200, told
    connection.close()


if __name__ == "__main__":
    main()
