"""The neighbours of something by pages, impact within a time and so many steps, and OpenLineage out."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from registry.models import LineageEdge
from registry.services.shared.graph import Direction, Entity, Kind
from registry.services.versions import lineage, relationships
from tests.cast import actor, external_of, table_of
from tests.factories import ModelVersionFactory

LINEAGE, IMPACT = "/api/2.1/catalog-explorer/lineage", "/api/2.1/catalog-explorer/impact"
VERSION = "version=shop.ml.churn/1"


def tell(user, version, *entities, direction=Direction.UPSTREAM):
    lineage.record_lineage(actor=actor(user), version=version, entities=entities, direction=direction)


def names(answer):
    return [each["name"] for each in answer["neighbours"]]


def table(name):
    return Entity(Kind.TABLE, name, name)


def test_neighbours_come_by_pages_with_how_and_when_and_who(api, cast):
    for n in range(5):
        tell(cast.writer, cast.version, Entity(Kind.FILE, f"s3://lake/{n}"))
    reader, path = api(cast.reader), f"{LINEAGE}?{VERSION}&direction=UPSTREAM&max_results=2"
    page, seen = reader.ok("GET", path), []
    first = page["neighbours"][0]
    assert (first["kind"], first["edge"], first["recorded_by"], first["note"]) == (
        "File", "read", "writer@example.com", "",
    )  # fmt: skip
    assert datetime.fromisoformat(first["first_seen_at"]) <= datetime.now(UTC)
    while token := page.get("next_page_token"):
        seen += names(page)
        page = reader.ok("GET", f"{path}&page_token={token}")
    assert seen + names(page) == [f"s3://lake/{n}" for n in range(5)]
    stolen = reader.ok("GET", path)["next_page_token"]
    for user, asked in ((cast.owner, path), (cast.reader, path.replace("UPSTREAM", "DOWNSTREAM"))):
        assert api(user).error("GET", f"{asked}&page_token={stolen}") == (400, "INVALID_PARAMETER_VALUE")


def test_what_is_hidden_is_left_out_while_pages_are_filled(api, cast):
    table_of(cast)
    for n in range(3):
        tell(cast.owner, cast.version, table(f"vault.x.t{n}"), table(f"shop.ml.t{n}"))
    tell(cast.owner, cast.version, table("shop.ml.sales"))
    ModelVersionFactory(copied_from=cast.version)
    copy = ModelVersionFactory(registered_model=cast.model, copied_from=cast.version)
    up, down = f"{LINEAGE}?{VERSION}&direction=UPSTREAM&max_results=2", f"{LINEAGE}?{VERSION}"
    page = api(cast.writer).ok("GET", up)
    assert names(page) == ["shop.ml.t0", "shop.ml.t1"]
    page = api(cast.writer).ok("GET", f"{up}&page_token={page['next_page_token']}")
    assert (names(page), "next_page_token" in page) == (["shop.ml.t2"], False)
    assert len(names(api(cast.admin).ok("GET", up.replace("max_results=2", "max_results=50")))) == 7
    assert names(api(cast.reader).ok("GET", down)) == [str(copy)]
    assert api(cast.browser).error("GET", down) == (403, "PERMISSION_DENIED")
    asked = f"{LINEAGE}?kind=TABLE&name=shop.ml.sales"
    assert names(api(cast.reader).ok("GET", asked)) == ["shop.ml.churn version 1"]
    assert names(api(cast.writer).ok("GET", asked)) == names(api(cast.writer).ok("GET", f"{asked}x")) == []


def test_a_time_and_a_number_of_steps_bound_what_is_asked_for(api, cast):
    copy = ModelVersionFactory(registered_model=cast.model, copied_from=cast.version)
    tell(cast.owner, cast.version, Entity(Kind.FILE, "old"), Entity(Kind.FILE, "new"))
    moment = datetime.now(UTC) - timedelta(days=5)
    LineageEdge.objects.filter(source__name="old").update(first_seen_at=moment - timedelta(days=1))
    at = moment.isoformat().replace("+00:00", "Z")
    owner, up = api(cast.owner), f"{LINEAGE}?{VERSION}&direction=UPSTREAM"
    assert names(owner.ok("GET", f"{up}&since={at}")) == ["new"]
    assert names(owner.ok("GET", f"{up}&until={at}")) == ["old"]
    assert owner.error("GET", f"{up}&since=yesterday") == (400, "INVALID_PARAMETER_VALUE")
    reached = [owner.ok("GET", f"{IMPACT}?kind=FILE&name=new{more}")["dependants"] for more in ("", "&depth=1")]
    assert [[each["name"] for each in some] for some in reached] == [
        [str(cast.version), str(copy)], [str(cast.version)],
    ]  # fmt: skip
    assert owner.ok("GET", f"{IMPACT}?kind=FILE&name=new&until={at}")["dependants"] == []
    assert owner.error("GET", f"{IMPACT}?kind=FILE&name=new&depth=0") == (400, "INVALID_PARAMETER_VALUE")


def drawn(cast):
    """A version with something of every kind on either side."""
    table_of(cast)
    external_of(cast)
    tell(cast.owner, cast.version, table("shop.ml.sales"), Entity(Kind.FILE, "s3://lake/raw/a.csv"))
    tell(cast.owner, cast.version, Entity(Kind.FILE, "/data/b.csv"), Entity(Kind.DATASET, "digest 1"))
    tell(cast.owner, cast.version, Entity(Kind.JOB, "airflow/train"), Entity(Kind.NOTEBOOK, "7"))
    tell(cast.owner, cast.version, Entity(Kind.JOB, "airflow/score"), direction=Direction.DOWNSTREAM)
    end = relationships.find_end(actor=actor(cast.owner), kind=Kind.MODEL_VERSION, name="shop.ml.churn/1")
    board = relationships.find_end(actor=actor(cast.owner), kind=Kind.EXTERNAL, name="dashboard")
    relationships.create_relationship(actor=actor(cast.owner), source=end, target=board, note="weekly")
    return ModelVersionFactory(registered_model=cast.model, copied_from=cast.version)


def events(api, user, asked):
    answer = api(user)("GET", f"{LINEAGE}/openlineage?{asked}")
    return [json.loads(line) for line in b"".join(answer).splitlines()]


def test_lineage_is_exported_as_events(api, cast):
    copy = drawn(cast)
    told = events(api, cast.owner, VERSION)
    jobs = {event["job"]["name"]: event for event in told}
    assert set(jobs) == {"airflow/train", "airflow/score", "shop.ml.churn/1", "shop.ml.churn/1/use"}
    assert {(each["namespace"], each["name"]) for each in jobs["shop.ml.churn/1"]["inputs"]} == {
        ("unitycatalog://testserver", "shop.ml.sales"), ("s3://lake", "raw/a.csv"), ("file", "/data/b.csv"),
        ("catalog-explorer", "digest 1"),
    }  # fmt: skip
    (output,) = jobs["shop.ml.churn/1/use"]["outputs"]
    assert output["facets"]["version"]["datasetVersion"] == str(copy.version)
    hidden = {each["name"] for event in events(api, cast.writer, VERSION) for each in event["inputs"]}
    assert "shop.ml.sales" not in hidden
    assert len(events(api, cast.owner, "model=shop.ml.churn")) == len(told) + 1
    for asked in ("", f"{VERSION}&model=shop.ml.churn"):
        assert api(cast.owner).error("GET", f"{LINEAGE}/openlineage?{asked}")[0] == 400
    assert api(cast.stranger).error("GET", f"{LINEAGE}/openlineage?{VERSION}")[0] == 404


def test_exported_events_are_read_back(api, cast):
    """As by another server that has these versions, and nothing of their lineage."""
    drawn(cast)
    told = events(api, cast.owner, "model=shop.ml.churn")
    LineageEdge.objects.exclude(kind="COPIED").delete()
    for event in told:
        api(cast.owner).ok("POST", "/api/v1/lineage", event)
    found = api(cast.owner).ok("GET", f"{IMPACT}?{VERSION}&direction=UPSTREAM")["dependants"]
    assert {each["name"] for each in found} >= {
        "shop.ml.sales", "s3://lake/raw/a.csv", "/data/b.csv", "digest 1", "airflow/train",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["FILE", "EXTERNAL", "EXPERIMENT", "CONSUMER"])
def test_of_what_nobody_has_told_nothing_is_known(api, cast, kind):
    assert api(cast.reader).ok("GET", f"{LINEAGE}?kind={kind}&name=7") == {"neighbours": []}
