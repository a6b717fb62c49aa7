"""Who loads a version, as the events of downloads tell it."""

from datetime import date

import pytest

from registry.actor import Actor
from registry.jobs import sealing
from registry.models import LineageEdge, LineageNode, LoadCount
from registry.services.artifacts import transfer
from registry.services.metadata import aliases
from registry.services.shared.graph import Direction, Entity, Kind
from registry.services.versions import impact, lineage, loads
from registry.services.versions.impact import Reach
from tests.cast import actor, grant
from tests.factories import write

UP, DOWN = Direction.UPSTREAM, Direction.DOWNSTREAM


@pytest.fixture
def version(cast):
    write(cast.version, MLmodel="flavors: {}", data__f="x")
    sealing.seal_events()
    loads.note_loads()  # it begins after what was there before
    return cast.version


def read(user, version, path="MLmodel", agent="mlflow/3"):
    asking = Actor(principal=user, user_agent=agent)
    size = transfer.stat_artifact(actor=asking, version=version, path=path).size
    list(transfer.read_artifact(actor=asking, version=version, path=path, start=0, length=size))


def note():
    sealing.seal_events()
    loads.note_loads()


def test_a_load_is_an_edge_and_a_daily_count(cast, version):
    aliases.set_registered_model_alias(actor=actor(cast.owner), model=cast.model, alias="Champion", version=1)
    for _ in range(2):
        transfer.vend_credential(actor=actor(cast.reader), version=version, write=False)
        for path in ("MLmodel", "data/f"):
            read(cast.reader, version, path)
    note()
    note()
    (edge,) = LineageEdge.objects.filter(kind="LOADED")
    assert (edge.source.version, edge.target.kind, edge.target.name) == (version, "CONSUMER", "reader@example.com")
    (row,) = LoadCount.objects.all()
    assert (row.count, row.aliases, row.day >= date(2026, 1, 1)) == (2, "Champion", True)
    for subject in (version, cast.model):
        (consumer,) = lineage.get_lineage(actor=actor(cast.owner), subject=subject).downstream
        assert consumer.how.endswith(" UTC, 2 times in the last 30 days @Champion")
    LoadCount.objects.update(day=date(2026, 1, 1))
    (consumer,) = lineage.get_lineage(actor=actor(cast.owner), subject=version).downstream
    assert consumer.how.endswith(" UTC")


def test_a_look_in_the_browser_and_an_upload_are_no_loads(cast, version, settings):
    read(cast.reader, version, agent="Mozilla/5.0 (X11; Linux x86_64)")
    transfer.vend_credential(actor=actor(cast.writer), version=cast.pending, write=True)
    note()
    assert not LineageEdge.objects.filter(kind="LOADED").exists()
    settings.RECORDS_LOADS = False
    read(cast.reader, version)
    note()
    assert not LineageEdge.objects.filter(kind="LOADED").exists()


@pytest.mark.parametrize(("member", "names"), [("owner", True), ("admin", True), ("reader", True), ("writer", False)])
def test_consumers_are_named_to_who_manages_the_model_and_to_themselves(cast, version, member, names):
    read(cast.reader, version)
    note()
    asking = actor(cast[member])
    shown = lineage.get_lineage(actor=asking, subject=version).downstream
    assert [(node.kind, node.label) for node in shown] == [("Consumer", "reader@example.com" if names else "masked")]
    found = impact.impact_of_version(actor=asking, version=version, reach=Reach(DOWN))
    assert [each.name for each in found.dependants] == (["reader@example.com"] if names else [])
    assert found.hides_something is not names


def test_nobody_learns_what_others_load_by_their_names(cast, version):
    read(cast.reader, version)
    note()
    for member, expected in (("writer", []), ("reader", [str(version)])):
        for name in ("reader@example.com", "nobody@example.com"):
            found = impact.impact_of_thing(actor=actor(cast[member]), kind=Kind.CONSUMER, name=name, reach=Reach(UP))
            assert [each.name for each in found.dependants] == (expected if name.startswith("reader") else [])
            assert not found.hides_something


def test_what_was_deleted_before_it_is_noted_is_no_edge(cast, version):
    read(cast.reader, version)
    version.delete()
    note()
    assert not LineageNode.objects.filter(kind="CONSUMER").exists()


def test_many_consumers_leave_room_for_what_is_told(cast, version, monkeypatch):
    monkeypatch.setattr("registry.limits.LINEAGE_EDGES_PER_VERSION", 2)
    for member in ("reader", "writer", "owner"):
        grant(cast[member], cast.model, "EXECUTE")
        read(cast[member], version)
    note()
    job = Entity(Kind.JOB, "77")
    lineage.record_lineage(actor=actor(cast.reader), version=version, entities=[job], direction=DOWN)
    shown = lineage.get_lineage(actor=actor(cast.admin), subject=version).downstream
    assert ("Job", "77") in [(node.kind, node.label) for node in shown]


def test_days_that_are_long_gone_are_forgotten(cast, version):
    read(cast.reader, version)
    note()
    loads.forget_loads()
    assert LoadCount.objects.count() == 1
    LoadCount.objects.update(day=date(2020, 1, 1))
    loads.forget_loads()
    assert not LoadCount.objects.exists()
    assert LineageEdge.objects.filter(kind="LOADED").exists()
