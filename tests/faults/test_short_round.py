"""One short round of every kind of fault. `make faults` tries more of them, and prints a table."""

import pytest

from tests.faults.broken_bodies import try_broken_bodies
from tests.faults.broker import try_broken_broker
from tests.faults.damage import try_damage
from tests.faults.full_disk import try_full_disks
from tests.faults.killing import try_kills
from tests.faults.power_cut import try_power_cuts
from tests.faults.rounds import product, served_product
from tests.faults.slow_clients import try_slow_clients
from tests.faults.two_hands import try_two_hands

pytestmark = [pytest.mark.product, pytest.mark.xdist_group("faults")]


@pytest.fixture(scope="module")
def embedded():
    """A product as it comes: SQLite, queues in files, no proxy."""
    with product() as running:
        yield running


@pytest.fixture(scope="module")
def served():
    """A product on PostgreSQL and Redis; the cluster, and the broker."""
    with served_product() as running:
        yield running


def test_nothing_is_kept_of_an_upload_that_breaks_off(embedded):
    try_broken_bodies(embedded, 1).require()


def test_nobody_takes_damaged_bytes_for_right_ones(embedded):
    try_damage(embedded, 1).require()


def test_slow_clients_keep_nobody_waiting_and_are_let_go(embedded):
    try_slow_clients(embedded, 1).require()


def test_what_was_acknowledged_outlasts_the_death_of_any_process(embedded):
    try_kills(embedded, 1).require()


@pytest.mark.cluster
def test_schemas_and_grants_in_one_catalog_are_all_answered(served):
    try_two_hands(served[0], 1).require()


@pytest.mark.cluster
def test_what_was_acknowledged_outlasts_a_restart_of_postgresql(served):
    try_kills(served[0], 1, served[1]).require()


@pytest.mark.broker
@pytest.mark.cluster
def test_nobody_waits_for_a_broker_that_stopped_or_hangs(served):
    try_broken_broker(served[0], served[2], 1).require()


@pytest.mark.disks
def test_what_was_acknowledged_outlasts_a_power_cut():
    try_power_cuts(1).require()


@pytest.mark.disks
@pytest.mark.cluster
def test_what_was_acknowledged_outlasts_a_power_cut_on_postgresql():
    try_power_cuts(1, on_postgresql=True).require()


@pytest.mark.disks
def test_a_full_disk_refuses_uploads_and_nothing_else():
    try_full_disks(1).require()
