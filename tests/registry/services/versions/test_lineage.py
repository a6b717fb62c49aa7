import base64
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from registry.models import LineageNode, ModelVersion, RegisteredModel
from registry.models.lineage import LineageEdge
from registry.services.hierarchy import model_versions, registered_models
from registry.services.shared import graph
from registry.services.shared.graph import Direction, Entity, Kind
from registry.services.versions import lineage, lineage_words, neighbours
from tests.cast import actor
from tests.factories import CatalogFactory, ModelVersionFactory, RegisteredModelFactory

RECORDED = (
    "ewogICJlbnRpdGllcyI6IFsKICAgIHsKICAgICAgIm5vdGVib29rIjogewogICAgICAgICJpZCI6ICIxMjM0NTYiCiAgICAgIH0KICAgIH0K"
    "ICBdLAogICJsaW5lYWdlcyI6IFsKICAgIHsKICAgICAgInNvdXJjZV9zZWN1cmFibGVzIjogWwogICAgICAgIHsKICAgICAgICAgICJ0YWJs"
    "ZSI6IHsKICAgICAgICAgICAgIm5hbWUiOiAibWFpbi5zYWxlcy50IiwKICAgICAgICAgICAgInRhYmxlX2lkIjogInRhYi0xMjMiCiAgICAg"
    "ICAgICB9CiAgICAgICAgfQogICAgICBdCiAgICB9CiAgXQp9"
)
UPSTREAM, DOWNSTREAM = Direction.UPSTREAM, Direction.DOWNSTREAM


def labels(nodes):
    return [(node.kind, node.label) for node in nodes]


def record(user, version, *entities, direction=UPSTREAM):
    lineage.record_lineage(actor=actor(user), version=version, entities=entities, direction=direction)


def logged_by(version, run):
    version.run_id = run
    version.save()
    graph.record_origin(version, None)


def table(name):
    return Entity(Kind.TABLE, name, name)


def test_the_recorded_header_of_mlflow_is_read():
    assert lineage_words.read_header(RECORDED) == [
        Entity(Kind.NOTEBOOK, "123456"),
        Entity(Kind.TABLE, "tab-123", "main.sales.t"),
    ]


@pytest.mark.parametrize(
    "told",
    [[], 1, {"entities": 1}, {"entities": [1, {"notebook": 2}, {"job": {"id": 5}}]}, {"lineages": [{}, 3]},
     {"lineages": [{"source_securables": [{"table": {"name": "x\0y"}}, {"table": 1}]}]}],
)  # fmt: skip
def test_a_header_of_another_form_is_none(told):
    assert lineage_words.read_header(base64.b64encode(json.dumps(told).encode()).decode()) == []


@pytest.mark.parametrize("header", ["", "%%%", "aGFsbG8=", "x" * 70_000, "äöü"])
def test_a_header_that_cannot_be_read_is_none(header):
    assert lineage_words.read_header(header) == []


def test_an_edge_is_recorded_once(cast):
    for _ in range(2):
        record(cast.writer, cast.version, table("other.sales.t"))
    assert LineageEdge.objects.count() == 1


def test_the_graph_goes_from_sources_to_copies(cast):
    copy = ModelVersionFactory(registered_model=cast.model, copied_from=cast.version)
    logged_by(cast.version, "run-1")
    record(cast.writer, cast.version, table("shop.sales.t"), Entity(Kind.JOB, "77"))
    record(cast.reader, cast.version, Entity(Kind.NOTEBOOK, "9"), direction=DOWNSTREAM)
    graph = lineage.get_lineage(actor=actor(cast.reader), subject=cast.version)
    assert labels(graph.upstream) == [("Job", "77"), ("Run", "run-1"), ("Table", "shop.sales.t")]
    assert labels(graph.downstream) == [("Model version", str(copy)), ("Notebook", "9")]
    back = lineage.get_lineage(actor=actor(cast.reader), subject=copy)
    assert labels(back.upstream) == [("Model version", str(cast.version))]


def test_nobody_learns_by_telling_a_name_whether_there_is_such_a_catalog(cast):
    CatalogFactory(name="vault")
    record(cast.reader, cast.version, table("vault.probe.t"), table("nothing.probe.t"), direction=DOWNSTREAM)
    graph = lineage.get_lineage(actor=actor(cast.reader), subject=cast.version)
    assert labels(graph.downstream) == [("Table", "nothing.probe.t"), ("Table", "vault.probe.t")]


def test_a_version_has_a_bounded_number_of_edges(cast, monkeypatch):
    monkeypatch.setattr("registry.limits.LINEAGE_EDGES_PER_VERSION", 2)
    for number in range(5):
        record(cast.writer, cast.version, table(f"a.b.t{number}"))
    assert LineageEdge.objects.count() == 2


def test_what_the_reader_may_not_see_is_masked(cast):
    CatalogFactory(name="vault")
    hidden = RegisteredModelFactory(schema__catalog__name="hidden")
    ModelVersionFactory(registered_model=hidden, copied_from=cast.version)
    record(cast.writer, cast.version, table("vault.sales.t"), table("shop.sales.t"))
    graph = lineage.get_lineage(actor=actor(cast.reader), subject=cast.version)
    assert labels(graph.upstream) == [("Table", "shop.sales.t"), ("Table", "masked")]
    assert labels(graph.downstream) == [("Model version", "masked")]
    assert all(node.row is None for node in graph.downstream)
    seen = lineage.get_lineage(actor=actor(cast.admin), subject=cast.version)
    assert [label for _, label in labels(seen.downstream)] == [f"{hidden.full_name} version 1"]


@pytest.mark.parametrize("name", ["vault.sales.t", "nowhere.sales.t", "no-catalog-at-all"])
def test_a_table_of_a_hidden_catalog_is_masked_as_one_of_none_with_the_same_queries(
    cast, name, django_assert_num_queries
):
    CatalogFactory(name="vault")
    record(cast.writer, cast.version, table("shop.a.t"), table(name), table("shop.z.t"))
    asking = actor(cast.reader)
    lineage.get_lineage(actor=asking, subject=cast.version)
    with django_assert_num_queries(13):
        graph = lineage.get_lineage(actor=asking, subject=cast.version)
    # Last, and not where its name would stand.
    assert labels(graph.upstream) == [("Table", "shop.a.t"), ("Table", "shop.z.t"), ("Table", "masked")]
    told = lineage.get_lineage(actor=actor(cast.writer), subject=cast.version)
    assert ("Table", name) in labels(told.upstream)
    for_all = lineage.get_lineage(actor=actor(cast.admin), subject=cast.version)
    assert ("Table", name) in labels(for_all.upstream)


@pytest.mark.parametrize("guess", ["vault.sales.t", "vault.sales.other"])
def test_who_guesses_what_is_masked_does_not_learn_whether_it_was_right(cast, guess):
    record(cast.writer, cast.version, table("vault.sales.t"))
    for _ in range(2):
        record(cast.owner, cast.version, table(guess))
    graph = lineage.get_lineage(actor=actor(cast.owner), subject=cast.version)
    assert labels(graph.upstream) == [("Table", guess), ("Table", "masked")]
    assert LineageEdge.objects.filter(target__version=cast.version).count() == 2


def test_a_model_has_the_lineage_of_all_its_versions_each_node_once(cast):
    second = ModelVersionFactory(registered_model=cast.model, copied_from=cast.version, run_id="run-2")
    elsewhere = ModelVersionFactory(copied_from=second)
    for version in (cast.version, second):
        record(cast.writer, version, table("other.sales.t"))
    graph = lineage.get_lineage(actor=actor(cast.admin), subject=cast.model)
    assert labels(graph.upstream) == [("Run", "run-2"), ("Table", "other.sales.t")]
    assert labels([graph.centre]) == [("Model", "shop.ml.churn")]
    assert labels(graph.downstream) == [("Model version", str(elsewhere))]
    seen = lineage.get_lineage(actor=actor(cast.reader), subject=cast.model)
    assert labels(seen.downstream) == [("Model version", "masked")]


def test_edges_are_narrowed_to_a_time(cast):
    now = timezone.now()
    logged_by(cast.version, "old-run")
    old = ModelVersionFactory(copied_from=cast.version, created_at=now - timedelta(days=40))
    new = ModelVersionFactory(copied_from=cast.version, created_at=now)
    record(cast.writer, cast.version, table("other.sales.old"))
    LineageEdge.objects.exclude(kind="COPIED").update(first_seen_at=now - timedelta(days=40))
    record(cast.writer, cast.version, table("other.sales.new"))

    def sides(subject, since):
        graph = lineage.get_lineage(actor=actor(cast.admin), subject=subject, since=since)
        return [[label for _, label in labels(side)] for side in (graph.upstream, graph.downstream)]

    recent = now - timedelta(days=30)
    for subject in (cast.version, cast.model):
        assert sides(subject, recent) == [["other.sales.new"], [str(new)]]
    assert sides(cast.version, None) == [["old-run", "other.sales.new", "other.sales.old"], [str(old), str(new)]]
    assert sides(old, recent) == [[], []]
    assert sides(new, recent) == [[str(cast.version)], []]


def test_browse_alone_shows_no_runs_and_no_sources(cast):
    logged_by(cast.version, "run-1")
    record(cast.writer, cast.version, table("other.sales.t"))
    for subject in (cast.model, cast.version):
        graph = lineage.get_lineage(actor=actor(cast.browser), subject=subject)
        assert (graph.upstream, graph.downstream, graph.is_readable) == ([], [], False)


def test_many_edges_of_one_kind_hide_no_other(cast, monkeypatch):
    job, notebook = (Entity(kind, "1") for kind in (Kind.JOB, Kind.NOTEBOOK))
    for version in (cast.version, *(ModelVersionFactory(registered_model=cast.model) for _ in range(3))):
        record(cast.writer, version, job, notebook)
    monkeypatch.setattr("registry.limits.LINEAGE_EDGES_PER_VERSION", 2)
    graph = lineage.get_lineage(actor=actor(cast.reader), subject=cast.model)
    assert labels(graph.upstream) == [("Job", "1"), ("Notebook", "1")]


def test_what_loads_a_version_hides_nothing_of_what_it_is_made_from(cast, monkeypatch):
    record(cast.writer, cast.version, table("shop.sales.t"))
    for number in range(3):
        told = [Entity(Kind.JOB, str(number))]
        record(cast.reader, cast.version, *told, direction=DOWNSTREAM)
    monkeypatch.setattr("registry.limits.LINEAGE_EDGES_PER_VERSION", 2)
    graph = lineage.get_lineage(actor=actor(cast.reader), subject=cast.version)
    assert labels(graph.upstream) == [("Table", "shop.sales.t")]
    assert labels(graph.downstream) == [("Job", "0"), ("Job", "1")]


def test_what_several_people_tell_is_one_node(cast):
    second = ModelVersionFactory(registered_model=cast.model)
    record(cast.writer, cast.version, table("shop.sales.t"))
    record(cast.owner, second, table("shop.sales.t"))
    told = {
        member: lineage.get_lineage(actor=actor(cast[member]), subject=cast.model).upstream
        for member in ("reader", "owner")
    }
    assert [len(nodes) for nodes in told.values()] == [1, 1]
    assert told["reader"][0].how.endswith("by writer@example.com")  # who told it first
    assert told["owner"][0].how.endswith("by owner@example.com")


def test_only_the_side_that_is_cut_says_so(cast, monkeypatch):
    monkeypatch.setattr(neighbours, "NODES", 2)
    record(cast.writer, cast.version, *(table(f"shop.sales.t{number}") for number in range(3)))
    record(cast.reader, cast.version, Entity(Kind.JOB, "1"), direction=DOWNSTREAM)
    assert lineage.get_lineage(actor=actor(cast.reader), subject=cast.version).cut == ["upstream"]


def test_many_of_a_kind_are_one_node_that_opens(cast):
    """1,000 runs of one model are no 1,000 boxes, and neither are those that one cannot see counted."""
    versions = ModelVersion.objects.bulk_create(
        ModelVersion(
            registered_model=cast.model, version=10 + n, storage_location="x", source="s", run_id=f"run-{n:04}"
        )
        for n in range(1_000)
    )
    nodes = LineageNode.objects.bulk_create(
        LineageNode(kind=kind, key=key, name=key, version=version, registered_model=cast.model if version else None)
        for row in versions
        for kind, key, version in (("MODEL_VERSION", str(row.uid), row), ("RUN", row.run_id, None))
    )
    LineageEdge.objects.bulk_create(
        LineageEdge(source=run, target=version, kind="MADE", recorded_by="x")
        for version, run in zip(nodes[::2], nodes[1::2], strict=True)
    )
    record(cast.writer, cast.version, table("shop.sales.t"), Entity(Kind.JOB, "1"))
    for n in range(20):
        record(cast.writer, cast.version, table(f"vault.sales.t{n}"))
    drawn = lineage.get_lineage(actor=actor(cast.reader), subject=cast.model)
    assert labels(drawn.upstream) == [
        ("Job", "1"), ("Run", "1,000 runs"), ("Table", "shop.sales.t"), ("Table", "masked"),
    ]  # fmt: skip
    assert (drawn.upstream[1].count, drawn.cut) == (1_000, [])
    opened = lineage.get_lineage(actor=actor(cast.reader), subject=cast.model, only="Run")
    assert [node.label for node in opened.upstream] == [f"run-{n:04}" for n in range(neighbours.NODES)]
    assert opened.cut == ["upstream"]


def test_the_graph_around_a_table_shows_the_versions_that_have_learned_from_it(cast):
    name = "shop.sales.t"
    many = ModelVersionFactory.create_batch(15, registered_model=cast.model)
    for version in (*many, ModelVersionFactory(registered_model=RegisteredModelFactory(schema__catalog__name="vault"))):
        graph.connect(graph.nodes_of([table(name)]).values(), [graph.node_of(version)], "READ", "writer@example.com")
    node = LineageNode.objects.get(kind="TABLE")
    drawn = lineage.get_lineage(actor=actor(cast.reader), subject=node)
    assert (drawn.centre.label, drawn.upstream) == (name, [])
    assert labels(drawn.downstream) == [("Model version", "15 model versions"), ("Model version", "masked")]
    opened = lineage.get_lineage(actor=actor(cast.reader), subject=node, only="Model version")
    assert [n.label for n in opened.downstream][:-1] == [str(version) for version in many]
    assert lineage.get_lineage(actor=actor(cast.stranger), subject=node).downstream == []


def test_a_node_tells_how_it_is_connected(cast):
    copy = ModelVersionFactory(registered_model=cast.model, copied_from=cast.version, is_copy=True, created_by="ada")
    record(cast.writer, cast.version, table("shop.sales.t"))
    (told,), (copied,) = (
        getattr(lineage.get_lineage(actor=actor(cast.reader), subject=cast.version), side)
        for side in ("upstream", "downstream")
    )
    assert told.how.startswith("Told on 20")
    assert told.how.endswith("UTC by writer@example.com")
    assert copied.how == f"Made on {copy.created_at:%Y-%m-%d %H:%M} UTC by ada"
    (back,) = lineage.get_lineage(actor=actor(cast.reader), subject=copy).upstream
    assert back.how == copied.how
    hidden = RegisteredModelFactory(schema__catalog__name="hidden")
    ModelVersionFactory(registered_model=hidden, copied_from=copy)
    (masked,) = lineage.get_lineage(actor=actor(cast.reader), subject=copy).downstream
    assert (masked.label, masked.how) == ("masked", "")


def test_a_version_that_is_deleted_stays_as_a_node_with_its_last_name(cast):
    copy = ModelVersionFactory(registered_model=cast.model, copied_from=cast.version)
    again = ModelVersionFactory(registered_model=cast.model, copied_from=copy)
    registered_models.update_registered_model(actor=actor(cast.admin), model=cast.model, new_name="renamed")
    name = str(ModelVersion.objects.get(pk=copy.pk))
    model_versions.delete_model_version(actor=actor(cast.owner), version=ModelVersion.objects.get(pk=copy.pk))
    for version, side in ((cast.version, "downstream"), (again, "upstream")):
        shown = lineage.get_lineage(actor=actor(cast.reader), subject=ModelVersion.objects.get(pk=version.pk))
        assert [(node.label, node.is_deleted, node.row) for node in getattr(shown, side)] == [(name, True, None)]
    assert LineageNode.objects.filter(name=name, version=None, registered_model=cast.model).exists()


def test_a_node_of_a_deleted_version_is_masked_where_its_model_is_hidden_or_gone(cast):
    hidden = RegisteredModelFactory(schema__catalog__name="hidden")
    copy = ModelVersionFactory(registered_model=hidden, copied_from=cast.version)
    ModelVersion.objects.filter(pk=copy.pk).delete()
    for _ in range(2):
        shown = lineage.get_lineage(actor=actor(cast.reader), subject=cast.version)
        assert labels(shown.downstream) == [("Model version", "masked")]
        RegisteredModel.objects.filter(pk=hidden.pk).delete()
    assert labels(lineage.get_lineage(actor=actor(cast.admin), subject=cast.version).downstream) == [
        ("Model version", "masked")
    ]


def test_who_tells_another_name_of_an_id_learns_of_no_other(cast):
    record(cast.writer, cast.version, Entity(Kind.NOTEBOOK, "4711", "Train in secret"))
    other = ModelVersionFactory()
    record(cast.admin, other, Entity(Kind.NOTEBOOK, "4711", "A guess"), table("Shop.Sales.T"))
    shown = lineage.get_lineage(actor=actor(cast.admin), subject=other)
    assert labels(shown.upstream) == [("Notebook", "A guess"), ("Table", "shop.sales.t")]


def test_long_names_are_told_apart_by_their_ends(cast):
    names = [f"{'x' * 800}.{number}" for number in range(2)]
    record(cast.writer, cast.version, *(Entity(Kind.FILE, name) for name in names))
    assert sorted(LineageNode.objects.filter(kind="FILE").values_list("name", flat=True)) == names


def test_what_one_has_told_is_displaced_by_nothing_hidden(cast, monkeypatch):
    monkeypatch.setattr("registry.limits.LINEAGE_EDGES_PER_VERSION", 3)
    for number in range(3):
        record(cast.owner, cast.version, table(f"aaa.x.{number}"))
    monkeypatch.setattr("registry.limits.LINEAGE_EDGES_PER_VERSION", 4)
    record(cast.writer, cast.version, table("vault.sales.m"))
    monkeypatch.setattr("registry.limits.LINEAGE_EDGES_PER_VERSION", 2)
    shown = lineage.get_lineage(actor=actor(cast.writer), subject=cast.version).upstream
    assert labels(shown) == [("Table", "vault.sales.m"), ("Table", "masked")]


def test_hidden_copies_displace_none_that_is_seen(cast, monkeypatch):
    monkeypatch.setattr(neighbours, "NODES", 3)
    hidden = RegisteredModelFactory(schema__catalog__name="hidden")
    ModelVersionFactory.create_batch(5, registered_model=hidden, copied_from=cast.version)
    seen = ModelVersionFactory(registered_model=cast.model, copied_from=cast.version)
    graph_of = lineage.get_lineage(actor=actor(cast.reader), subject=cast.version)
    assert labels(graph_of.downstream) == [("Model version", str(seen)), ("Model version", "masked")]
    assert graph_of.cut == []


def test_a_copy_in_a_model_that_one_may_only_browse_is_masked(cast):
    ModelVersionFactory(registered_model=cast.model, copied_from=cast.version)
    other = ModelVersionFactory(registered_model=RegisteredModelFactory(schema__catalog__name="mine"))
    other.registered_model.owner_user = cast.browser
    other.registered_model.save()
    ModelVersionFactory(registered_model=other.registered_model, copied_from=cast.version)
    assert lineage.get_lineage(actor=actor(cast.reader), subject=cast.version).has_masked
