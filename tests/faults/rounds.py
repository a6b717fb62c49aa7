"""Which faults are tried on which product: a start takes its time, and many faults leave the product running."""

import tempfile
from contextlib import ExitStack, contextmanager
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
from tests.needed import NEEDED
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


@contextmanager
def served_product():
    """Yield a product on PostgreSQL, and on Redis if there is one; then the cluster, and the broker or None."""
    with ExitStack() as running:
        cluster = running.enter_context(running_cluster())
        environment, broker = {"DATABASE_URL": cluster.url}, None
        if NEEDED["broker"].is_there():
            broker = running.enter_context(Broker())
            environment["REDIS_URL"] = broker.url
        yield running.enter_context(product(**environment)), cluster, broker


def embedded(rounds):
    """All that comes with the product: SQLite, queues in files, no proxy."""
    with product() as running:
        yield try_broken_bodies(running, rounds)
        yield try_damage(running, rounds)
        yield try_slow_clients(running, rounds)
        yield try_kills(running, rounds)


def served(rounds):
    """PostgreSQL as the database, Redis as the broker."""
    if row := left_out("Everything on PostgreSQL and Redis", "cluster"):
        yield row
        return
    with served_product() as (running, cluster, broker):
        yield try_two_hands(running, rounds)
        yield left_out("Broker stopped, broker hanging", "broker") or try_broken_broker(running, broker, rounds)
        yield try_kills(running, rounds, cluster)


def power(rounds):
    """Disks that lose their power."""
    yield try_power_cuts(rounds)
    yield try_power_cuts(rounds, on_postgresql=True)


def disks(rounds):
    """Disks that are full, or cannot be written."""
    yield try_full_disks(rounds)


KINDS = {"embedded": embedded, "served": served, "power": power, "disks": disks}
