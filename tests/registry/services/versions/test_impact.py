"""What depends on something, however far, and for whom it is to know."""

import pytest

from registry.exceptions import DoesNotExist, PermissionDenied
from registry.models import LineageNode, ModelVersion
from registry.services.metadata import aliases
from registry.services.shared import graph
from registry.services.shared.graph import Direction, Entity, Kind
from registry.services.versions import impact, lineage, lineage_rights
from registry.services.versions.impact import Reach
from tests.cast import actor, grant
from tests.factories import CatalogFactory, ModelVersionFactory, RegisteredModelFactory

UP, DOWN = Direction.UPSTREAM, Direction.DOWNSTREAM


def record(user, version, *entities, direction=UP):
    lineage.record_lineage(actor=actor(user), version=version, entities=entities, direction=direction)


def table(name):
    return Entity(Kind.TABLE, name, name)


def of_table(user, name, direction=DOWN):
    return impact.impact_of_thing(actor=actor(user), kind=Kind.TABLE, name=name, reach=Reach(direction))


def names(result):
    return [(each.name, each.distance) for each in result.dependants]


def test_a_table_leads_to_versions_their_copies_and_users(cast):
    record(cast.writer, cast.version, table("shop.sales.t"))
    copy = ModelVersionFactory(registered_model=cast.model, copied_from=cast.version)
    again = ModelVersionFactory(registered_model=cast.model, copied_from=copy)
    record(cast.reader, again, Entity(Kind.JOB, "77"), direction=DOWN)
    aliases.set_registered_model_alias(
        actor=actor(cast.owner), model=cast.model, alias="Champion", version=copy.version
    )
    found = of_table(cast.reader, "Shop.Sales.T")
    assert names(found) == [(str(cast.version), 1), (str(copy), 2), (str(again), 3), ("77", 4)]
    assert (found.dependants[1].aliases, found.dependants[1].owner) == (("Champion",), "owner@example.com")
    assert (found.owners, found.hides_something, found.is_cut) == (["owner@example.com"], False, False)
    up = impact.impact_of_version(actor=actor(cast.reader), version=again, reach=Reach(UP))
    assert names(up) == [(str(copy), 1), (str(cast.version), 2), ("shop.sales.t", 3)]
    assert list(found.rows)[1] == ("Model version", str(copy), 2, "owner@example.com", "Champion", False)


def test_a_circle_is_gone_through_once(cast):
    other = ModelVersionFactory(registered_model=cast.model)
    for one, another in ((cast.version, other), (other, cast.version)):
        record(cast.writer, one, table("shop.a.t"))
        record(cast.writer, another, table("shop.a.t"), direction=DOWN)
    assert sorted(names(of_table(cast.admin, "shop.a.t"))) == sorted([(str(cast.version), 1), (str(other), 1)])


def test_what_is_hidden_is_neither_named_nor_counted_nor_passed_through(cast):
    record(cast.writer, cast.version, table("shop.sales.t"))
    hidden = RegisteredModelFactory(schema__catalog__name="hidden")
    between = [ModelVersionFactory(registered_model=hidden, copied_from=cast.version) for _ in range(2)]
    ModelVersionFactory(registered_model=cast.model, copied_from=between[0])  # seen, and reached through them alone
    found = of_table(cast.reader, "shop.sales.t")
    assert names(found) == [(str(cast.version), 1)]
    assert found.hides_something
    assert len(of_table(cast.admin, "shop.sales.t").dependants) == 4


def test_a_hidden_table_and_one_that_nobody_has_named_read_the_same(cast):
    CatalogFactory(name="vault")
    record(cast.writer, cast.version, table("vault.sales.t"))
    hidden, missing = of_table(cast.reader, "vault.sales.t"), of_table(cast.reader, "vault.sales.none")
    assert hidden == missing == impact.Impact()
    assert names(of_table(cast.writer, "vault.sales.t")) == [(str(cast.version), 1)]
    record(cast.reader, cast.version, table("vault.sales.t"), direction=DOWN)  # who tells it learns of no other's word
    assert of_table(cast.reader, "vault.sales.t") == impact.Impact()


def test_a_hidden_table_on_the_way_is_masked_unless_one_has_told_it(cast):
    record(cast.writer, cast.version, table("vault.sales.t"))
    for member, shown in (("reader", []), ("writer", [("vault.sales.t", 1)])):
        found = impact.impact_of_version(actor=actor(cast[member]), version=cast.version, reach=Reach(UP))
        assert (names(found), found.hides_something) == (shown, not shown)


def test_the_lineage_of_a_version_is_for_who_reads_its_metadata(cast):
    record(cast.writer, cast.version, table("shop.sales.t"))
    for member, error in (("browser", PermissionDenied), ("stranger", PermissionDenied)):
        with pytest.raises((error, DoesNotExist)):
            impact.impact_of_version(actor=actor(cast[member]), version=cast.version, reach=Reach(UP))
    found = of_table(cast.browser, "shop.sales.t")
    assert found.dependants == []


def test_a_version_that_is_gone_is_still_on_the_way(cast):
    copy = ModelVersionFactory(registered_model=cast.model, copied_from=cast.version)
    again = ModelVersionFactory(registered_model=cast.model, copied_from=copy)
    record(cast.writer, cast.version, table("shop.sales.t"))
    name = str(copy)
    ModelVersion.objects.filter(pk=copy.pk).delete()
    found = of_table(cast.reader, "shop.sales.t")
    assert [(each.name, each.is_deleted) for each in found.dependants] == [
        (str(cast.version), False), (name, True), (str(again), False),
    ]  # fmt: skip


def test_an_answer_has_an_end(cast, monkeypatch):
    monkeypatch.setattr(impact, "MOST", 2)
    for _ in range(3):
        record(cast.writer, ModelVersionFactory(registered_model=cast.model), table("shop.sales.t"))
    found = of_table(cast.admin, "shop.sales.t")
    assert (len(found.dependants), found.is_cut) == (2, True)


def test_many_dependants_cost_few_queries(cast, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(lineage_rights, "AT_ONCE", 7)
    for version in ModelVersionFactory.create_batch(20, registered_model=cast.model):
        record(cast.writer, version, table("shop.sales.t"))
    assert len(of_table(cast.reader, "shop.sales.t").dependants) == 20
    monkeypatch.undo()
    with django_assert_max_num_queries(16):
        assert len(of_table(cast.reader, "shop.sales.t").dependants) == 20


def test_a_thing_is_found_by_its_uid(cast):
    record(cast.writer, cast.version, Entity(Kind.NOTEBOOK, "4711", "Train"))
    node = impact.find_thing(actor=actor(cast.reader), uid=LineageNode.objects.get(kind="NOTEBOOK").uid)
    found = impact.impact_of_node(actor=actor(cast.reader), node=node, reach=Reach(DOWN))
    assert names(found) == [(str(cast.version), 1)]
    with pytest.raises(DoesNotExist):
        impact.find_thing(actor=actor(cast.reader), uid=LineageNode.objects.get(kind="MODEL_VERSION").uid)


def test_an_address_that_somebody_hands_on_tells_no_hidden_name(cast):
    record(cast.writer, cast.version, table("vault.sales.t"))
    uid = LineageNode.objects.get(kind="TABLE").uid
    assert impact.find_thing(actor=actor(cast.writer), uid=uid).name == "vault.sales.t"
    with pytest.raises(DoesNotExist):
        impact.find_thing(actor=actor(cast.reader), uid=uid)
    (consumer,) = graph.nodes_of([entity := Entity(Kind.CONSUMER, "maya@example.com")]).values()
    assert entity.label == consumer.name
    with pytest.raises(DoesNotExist):
        impact.find_thing(actor=actor(cast.admin), uid=consumer.uid)


def test_rights_are_asked_for_on_the_way(cast):
    record(cast.writer, cast.version, table("shop.sales.t"))
    model = RegisteredModelFactory(schema=cast.schema)
    ModelVersionFactory(registered_model=model, copied_from=cast.version)
    assert of_table(cast.reader, "shop.sales.t").hides_something
    grant(cast.reader, model, "EXECUTE")
    found = of_table(cast.reader, "shop.sales.t")
    assert (len(found.dependants), found.hides_something) == (2, False)


@pytest.mark.parametrize("direction", [UP, DOWN])
@pytest.mark.parametrize("apart", [False, True])
def test_a_guess_of_a_hidden_table_is_told_alike_right_or_wrong(cast, direction, apart):
    """Whether it is told of the version itself, or of a copy one step further."""
    record(cast.owner, cast.version, table("vault.sales.t"), direction=direction)
    near = ModelVersionFactory(registered_model=cast.model, copied_from=cast.version)
    start, told_of = (cast.version, near) if direction is DOWN else (near, near)
    told = []
    for guess in ("vault.sales.t", "vault.sales.x"):
        record(cast.writer, told_of if apart else cast.version, table(guess), direction=direction)
        found = impact.impact_of_version(actor=actor(cast.writer), version=start, reach=Reach(direction))
        told.append((guess in [each.name for each in found.dependants], found.hides_something))
    assert told == [(True, True), (True, True)]


def test_what_a_level_is_made_of_has_a_bound(cast, monkeypatch):
    monkeypatch.setattr(impact, "_LOOKED_AT", 5)
    for _ in range(8):
        record(cast.writer, ModelVersionFactory(registered_model=cast.model), table("shop.sales.t"))
    assert of_table(cast.admin, "shop.sales.t").is_cut


def test_data_is_asked_for_by_the_name_that_is_shown(cast):
    record(cast.writer, cast.version, Entity(Kind.DATASET, "iris a1b2"))
    (shown,) = lineage.get_lineage(actor=actor(cast.reader), subject=cast.version).upstream
    found = impact.impact_of_thing(actor=actor(cast.reader), kind=Kind.DATASET, name=shown.label, reach=Reach(DOWN))
    assert names(found) == [(str(cast.version), 1)]
