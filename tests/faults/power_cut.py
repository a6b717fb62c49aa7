"""The power goes while a client registers: what was not brought to the disk is gone, and the machine starts again."""

import random
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.faults.client import Client
from tests.faults.disks import Disk
from tests.faults.registering import Hands, Ledger, require_sealing
from tests.faults.table import Row, left_out
from tests.live import Product
from tests.postgresql import Cluster

KEYS = ("secret_key", "audit_key", "installation")


def try_power_cuts(rounds, *, on_postgresql=False):
    """Cut off the disk on which everything lies, some seconds after versions were acknowledged."""
    fault = f"Power cut (ext4, journal not flushed), on {'PostgreSQL' if on_postgresql else 'SQLite'}"
    if row := left_out(fault, "disks", *(["cluster"] if on_postgresql else [])):
        return row
    row = Row(fault, "what was acknowledged is there, every SHA-256, numbers once, keys, audit log whole")
    with Disk(1024) as disk, _machine(disk, on_postgresql=on_postgresql) as (product, cluster):
        ledgers = []
        for number in range(rounds):
            with row.trial(f"cut {number + 1}"):
                ledgers.append(_round(disk, product, cluster))
                row.notes.append(f"cut {number + 1}: {len(ledgers[-1].ready)} versions were READY")
        with row.trial("everything once more, after the last cut", 0):
            for ledger in ledgers:
                ledger.check()
    return row


@contextmanager
def _machine(disk, *, on_postgresql):
    """Yield a product, and its database if that is a server, which have all their data on ``disk``, and run."""
    with tempfile.TemporaryDirectory(prefix="catalog-explorer-logs-") as logs:
        Path(logs).chmod(0o755)
        cluster, environment = None, {}
        if on_postgresql:
            cluster = Cluster(logs, data=_folder(disk.place / "server") / "data", is_durable=True)
            cluster.create()
            cluster.start()
            environment["DATABASE_URL"] = cluster.url
        product = Product(disk.place / "data", demo=False, JOB_STALE_AFTER="3", **environment)
        product.output = Path(logs) / "product.log"  # what it told is read after the cut
        try:
            product.start()
            yield product, cluster
        finally:
            _end(product, cluster)


def _folder(path):
    path.mkdir()
    return path


def _round(disk, product, cluster):
    keys = {name: (product.data_dir / name).read_bytes() for name in KEYS}
    ledger = Ledger(Client(product))
    with Hands(ledger, 2) as hands:
        hands.work_for(random.uniform(2, 8))
        ledger.is_dark = True
        disk.cut()
        _end(product, cluster)
    assert ledger.ready
    disk.come_back()
    if cluster:
        cluster.start()
    product.start()
    assert keys == {name: (product.data_dir / name).read_bytes() for name in KEYS}
    ledger.check()
    require_sealing(product)
    return ledger


def _end(product, cluster):
    """Kill everything that uses the disk."""
    if product.process is not None:
        product.kill()
    if cluster:
        cluster.kill()
