"""A disk without room, and one that cannot be written: what is said, what goes on, and how it recovers."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.client import UC, Client, require_no_files
from tests.faults.disks import Disk
from tests.faults.table import Row, left_out
from tests.live import ROOT, Product, eventually, free_port

MIB = 2**20


def try_full_disks(rounds):
    fault = "Full disk, read-only disk"
    if row := left_out(fault, "disks"):
        return row
    row = Row(fault, "507 with words and nothing kept, reads go on, a deletion makes room, a start says why it cannot")
    with tempfile.TemporaryDirectory() as logs, Disk(256) as disk:
        product = Product(disk.place / "data", demo=False, JOB_STALE_AFTER="3")
        product.output = Path(logs) / "product.log"
        try:
            with product:
                client = Client(product)
                for number in range(rounds):
                    with row.trial(f"round {number + 1}: an upload that does not fit"):
                        _does_not_fit(disk, client)
                    with row.trial(f"round {number + 1}: filled from outside"):
                        _filled(disk, client, disk.fill)
                    with row.trial(f"round {number + 1}: filled with what the product has kept for itself"):
                        _filled(disk, client, lambda: _fill_with_the_reserve(disk, product))
        finally:
            if product.process is not None and product.processes():
                product.kill()
        _try_starts(disk, product, row)
    return row


def _does_not_fit(disk, client):
    model, before = client.new_model("full"), _room(disk, client)
    number = client.create(model)
    answer = client.send("PUT", client.upload_url(model, number, "big.bin"), data=bytes(disk.free + 4 * MIB))
    assert answer.status_code == 507, answer.text
    assert answer.json()["error_code"] == "INSUFFICIENT_STORAGE"
    assert answer.json()["message"]
    require_no_files(client, model, number)
    assert _room(disk, client) > before - 8 * MIB, "what did not fit still takes room"


def _room(disk, client):
    """Free bytes, and those of the reserve, which comes and goes."""
    reserve = client.product.data_dir / "reserve"
    return disk.free + (reserve.stat().st_size if reserve.exists() else 0)


def _filled(disk, client, fill):
    model = client.new_model("filled")
    small = {"MLmodel": os.urandom(5000)}
    kept, to_go = client.register(model, small), client.register(model, {"big.bin": os.urandom(20 * MIB)})
    fill()
    try:
        _require_reads(client, model, kept, small["MLmodel"])
        client.delete(model, to_go)
        eventually(lambda: disk.free > 15 * MIB, 60)
        _require_reads(client, model, kept, small["MLmodel"])
    finally:
        disk.empty()
    again = client.register(model, small)
    assert client.read(model, again, "MLmodel") == small["MLmodel"]


def _fill_with_the_reserve(disk, product):
    """As a log does that grows and grows: what the product gives up is gone too."""
    reserve = product.data_dir / "reserve"
    eventually(reserve.exists, 30)
    disk.fill()
    eventually(lambda: not reserve.exists(), 30)
    disk.fill()


def _require_reads(client, model, number, content):
    client.ask("GET", "/healthz")
    client.ask("GET", f"{UC}/models/{model}")
    client.ask("GET", f"{UC}/models?max_results=10")
    assert client.read(model, number, "MLmodel") == content


def _try_starts(disk, product, row):
    """Starts on the folder that was used, and on a new one."""
    disk.fill()
    with row.trial("a start in a new folder on a full disk"):
        _require_one_sentence(disk.place / "new")
    disk.empty()
    disk.make_read_only()
    for name, folder in (("a new", disk.place / "newer"), ("the used", product.data_dir)):
        with row.trial(f"a start in {name} folder on a read-only disk"):
            _require_one_sentence(folder)


def _require_one_sentence(folder):
    environment = {**os.environ, "DATA_DIR": str(folder), "DEBUG": "0"}
    command = [sys.executable, "manage.py", "up", "--port", str(free_port())]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    told = done.stderr.strip()
    assert done.returncode != 0
    assert "Traceback" not in told, told[-600:]
    assert len(told.splitlines()) == 1, told[-600:]
