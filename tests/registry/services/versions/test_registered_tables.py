"""Tables that are registered here: their rights decide who reads of them in a lineage, and lineage follows them."""

import pytest

from registry.models import LineageNode, Table
from registry.names import FullName
from registry.services.hierarchy import catalogs, schemas, tables
from registry.services.hierarchy.tables import Described
from registry.services.shared.graph import Direction, Entity, Kind
from registry.services.versions import impact, lineage
from registry.services.versions.impact import Reach
from tests.cast import MEMBERS, actor, grant, table_of
from tests.factories import ModelVersionFactory, SchemaFactory, TableFactory

NAME = "shop.ml.sales"


def tell(user, version, name=NAME):
    entities = [Entity(Kind.TABLE, name, name)]
    lineage.record_lineage(actor=actor(user), version=version, entities=entities, direction=Direction.UPSTREAM)


def upstream(user, version):
    graph = lineage.get_lineage(actor=actor(user), subject=version)
    return [(node.label, node.is_deleted) for node in graph.upstream]


def depends_on(user, name=NAME):
    found = impact.impact_of_thing(actor=actor(user), kind=Kind.TABLE, name=name, reach=Reach(Direction.DOWNSTREAM))
    return [each.name for each in found.dependants], found.hides_something


def made_from(user, version):
    found = impact.impact_of_version(actor=actor(user), version=version, reach=Reach(Direction.UPSTREAM))
    return [(each.name, each.owner) for each in found.dependants], found.hides_something


def test_its_rights_decide_who_reads_its_name(cast):
    """With the whole cast, counts and impact included. The writer sees the catalog, and no right to the table."""
    table_of(cast)
    tell(cast.owner, cast.version)
    shown, masked, nothing = [(NAME, False)], [("masked", False)], []
    assert {member: upstream(cast[member], cast.version) for member in MEMBERS[:-1]} == {
        "admin": shown, "owner": shown, "writer": masked, "reader": shown, "browser": nothing, "stranger": nothing,
    }  # fmt: skip
    dependants = ["shop.ml.churn version 1"]
    assert {member: depends_on(cast[member]) for member in MEMBERS[:-1]} == {
        "admin": (dependants, False), "owner": (dependants, False), "reader": (dependants, False),
        "writer": ([], False), "browser": ([], True), "stranger": ([], False),
    }  # fmt: skip
    assert made_from(cast.reader, cast.version) == ([(NAME, "owner@example.com")], False)
    assert made_from(cast.writer, cast.version) == ([], True)


def test_a_hidden_table_and_one_that_there_is_not_read_the_same(cast):
    """To who asks for their impact, and to who tells of them: what others tell of them shows to neither."""
    table_of(cast)
    tell(cast.owner, cast.version)
    tell(cast.owner, cast.version, "shop.ml.unregistered")
    for name in (NAME, "shop.ml.nothing"):
        assert depends_on(cast.writer, name) == ([], False)
        tell(cast.writer, cast.version, name)
        assert depends_on(cast.writer, name) == (["shop.ml.churn version 1"], False)
    assert upstream(cast.writer, cast.version) == [
        ("shop.ml.nothing", False), (NAME, False), ("shop.ml.unregistered", False), ("masked", False),
    ]  # fmt: skip


def test_who_tells_the_name_of_a_hidden_table_does_not_learn_another_name_of_it(cast):
    table_of(cast)
    tell(cast.owner, cast.version)
    tell(cast.writer, cast.version)
    schemas.update_schema(actor=actor(cast.admin), schema=cast.schema, new_name="renamed")
    assert upstream(cast.reader, cast.version)[0] == ("shop.renamed.sales", False)
    assert "shop.renamed.sales" not in dict(upstream(cast.writer, cast.version))
    tell(cast.writer, cast.version, "shop.renamed.sales")
    told = [label for label, _ in upstream(cast.writer, cast.version)]
    assert told == [NAME, "shop.renamed.sales", "masked"]


def test_what_was_told_before_a_table_was_registered_is_for_who_sees_the_table(cast):
    tell(cast.owner, cast.version)
    assert upstream(cast.writer, cast.version) == [(NAME, False)]  # a name alone, in a catalog that is seen
    described = Described("s3://lake/sales", "DELTA")
    full_name = FullName.parse(NAME, "table")
    tables.create_table(actor=actor(cast.admin), full_name=full_name, described=described)
    assert {node.table for node in LineageNode.objects.filter(kind="TABLE")} == {None, Table.objects.get()}
    assert upstream(cast.writer, cast.version) == [("masked", False)]
    assert upstream(cast.owner, cast.version) == [(NAME, False)]  # who has told it
    assert depends_on(cast.writer) == ([], False)
    assert depends_on(cast.admin) == depends_on(cast.owner) == (["shop.ml.churn version 1"], False)
    tell(cast.admin, cast.version)
    assert upstream(cast.admin, cast.version) == [(NAME, False)]  # once, though it was told before and after


def test_who_has_lost_the_right_to_a_table_reads_nothing_of_it(cast):
    """Not under which name it goes now, nor that it has gone: they saw it when they told of it."""
    table = table_of(cast)
    tell(cast.owner, cast.version)
    Table.objects.update(owner_user=None)
    assert upstream(cast.owner, cast.version) == [("masked", False)]
    assert made_from(cast.owner, cast.version) == ([], True)
    schemas.update_schema(actor=actor(cast.admin), schema=cast.schema, new_name="renamed")
    tables.delete_table(actor=actor(cast.admin), table=table)
    assert upstream(cast.owner, cast.version) == [("masked", False)]


def test_that_a_table_is_registered_shows_to_nobody_who_may_not_know(cast):
    """What they have told of its name before stands as it did."""
    name, vault = "vault.x.t", SchemaFactory(catalog__name="vault", name="x")
    tell(cast.writer, cast.version, name)
    before = depends_on(cast.writer, name), upstream(cast.writer, cast.version)
    TableFactory(schema=vault, name="t")
    assert (depends_on(cast.writer, name), upstream(cast.writer, cast.version)) == before
    tell(cast.writer, cast.version, name)
    assert (depends_on(cast.writer, name), upstream(cast.writer, cast.version)) == before


def test_who_could_not_see_it_has_told_its_name_all_the_same(cast):
    """A trainer without a right to the table reads it elsewhere: the impact of the table knows of it."""
    table = table_of(cast)
    tell(cast.writer, cast.version)
    node = impact.find_thing(actor=actor(cast.reader), uid=table.lineage_nodes.get().uid)
    assert depends_on(cast.reader) == (["shop.ml.churn version 1"], False)
    found = impact.impact_of_node(actor=actor(cast.reader), node=node, reach=Reach(Direction.DOWNSTREAM))
    assert [each.name for each in found.dependants] == ["shop.ml.churn version 1"]


@pytest.mark.parametrize("goes", ["table", "schema", "catalog"])
def test_a_deleted_table_stays_for_who_would_see_every_table_there(cast, goes):
    table = table_of(cast)
    tell(cast.admin, cast.version)
    grant(cast.writer, cast.schema, "SELECT")
    name = "shop.moved.sales"
    schemas.update_schema(actor=actor(cast.admin), schema=cast.schema, new_name="moved")
    if goes == "table":
        tables.delete_table(actor=actor(cast.owner), table=table)
    else:  # the version goes with them; what another model has of the table stays
        version = ModelVersionFactory()
        tell(cast.admin, version, name)
        if goes == "schema":
            schemas.delete_schema(actor=actor(cast.admin), schema=cast.schema, force=True)
        else:
            catalogs.delete_catalog(actor=actor(cast.admin), catalog=cast.catalog, force=True)
        assert upstream(cast.admin, version) == [(name, True)]
        return
    assert upstream(cast.writer, cast.version) == [(name, True)]
    assert upstream(cast.reader, cast.version) == [("masked", False)]
    table_of(cast)  # another one of that name
    assert upstream(cast.writer, cast.version) == [(name, True)]
    assert made_from(cast.writer, cast.version) == ([(name, "")], False)
