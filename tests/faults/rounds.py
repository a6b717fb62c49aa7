"""Which faults are tried on which product: a start takes its time, and many faults leave the product running."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.faults.broken_bodies import try_broken_bodies
from tests.faults.broker import Broker, try_broken_broker
from tests.faults.damage import try_damage
from tests.faults.full_disk import try_full_disks
from tests.faults.killing import try_kills
from tests.faults.power_cut import try_power_cuts
from tests.faults.slow_clients import try_slow_clients
from tests.faults.table import left_out
from tests.faults.two_hands import try_two_hands
from tests.live import Product
from tests.postgresql import running_cluster


@contextmanager
def product(**environment):
    """Yield a product without the demo that runs in a folder of its own; of which nothing is left."""
    with tempfile.TemporaryDirectory(prefix="catalog-explorer-faults-") as folder:
        running = Product(Path(folder) / "data", demo=False, JOB_STALE_AFTER="3", **environment)
        try:
            yield running.start()
        finally:
            if running.process.poll() is None:
                running.stop()
            for_sure = running.processes()
            if for_sure:
                running.kill()


def embedded(rounds):
    """All that comes with the product: SQLite, queues in files, no proxy."""
    with product() as running:
        yield try_broken_bodies(running, rounds)
        yield try_damage(running, rounds)
        yield try_slow_clients(running, rounds)
        yield try_kills(running, rounds)


def served(rounds):
    """PostgreSQL as the database."""
    if row := left_out("SIGKILL while clients register, on PostgreSQL; schemas and grants at once", "cluster"):
        yield row
        return
    with running_cluster() as cluster, product(DATABASE_URL=cluster.url) as running:
        yield try_two_hands(running, rounds)
        yield try_kills(running, rounds, cluster)


def brokers(rounds):
    """Redis as the broker."""
    if row := left_out("Broker stopped, broker hanging", "broker"):
        yield row
        return
    with Broker() as broker, product(REDIS_URL=broker.url) as running:
        yield try_broken_broker(running, broker, rounds)


def power(rounds):
    """Disks that lose their power."""
    yield try_power_cuts(rounds)
    yield try_power_cuts(rounds, on_postgresql=True)


def disks(rounds):
    """Disks that are full, or cannot be written."""
    yield try_full_disks(rounds)


KINDS = {"embedded": embedded, "served": served, "brokers": brokers, "power": power, "disks": disks}
