"""Pages of lineage: what depends on something."""

import pytest

from registry.models import LineageNode, Relationship
from registry.services.shared.graph import Direction, Entity, Kind
from registry.services.versions import lineage
from tests.cast import actor, external_of, table_of
from tests.factories import ModelVersionFactory, RegisteredModelFactory
from tests.pages import text

pytestmark = pytest.mark.django_db
VERSION = "/explore/data/models/shop/ml/churn/version/1"


@pytest.fixture
def told(cast):
    tables = [Entity(Kind.TABLE, name, name) for name in ("shop.sales.t", "=cmd|'/c calc'!a1")]
    lineage.record_lineage(
        actor=actor(cast.writer), version=cast.version, entities=tables, direction=Direction.UPSTREAM
    )
    ModelVersionFactory(registered_model=cast.model, copied_from=cast.version)
    ModelVersionFactory(registered_model=RegisteredModelFactory(), copied_from=cast.version)
    return cast


def test_a_table_of_a_graph_leads_to_its_impact(as_user, told):
    browser, uid = as_user(told.reader), LineageNode.objects.get(name="shop.sales.t").uid
    assert f'"/explore/lineage/{uid}"' in text(browser.get(f"{VERSION}?activeTab=lineage"))
    assert f"/explore/lineage/{uid}/impact" in text(browser.get(f"/explore/lineage/{uid}"))
    page = text(browser.get(f"/explore/lineage/{uid}/impact"))
    for shown in (
        "2 things depend on it",
        "owner@example.com",
        "shop.ml.churn version 3",
        "Some of it is hidden from you",
    ):
        assert shown in page, shown


def test_what_a_version_is_made_of_is_a_table_and_a_file(as_user, told):
    browser = as_user(told.writer)
    assert f"{VERSION}/impact" in text(browser.get(f"{VERSION}?activeTab=lineage"))
    page = text(browser.get(f"{VERSION}/impact?direction=UPSTREAM"))
    assert "2 things went into it" in page
    answer = browser.get(f"{VERSION}/impact?direction=UPSTREAM&format=csv")
    lines = b"".join(answer).decode().splitlines()
    assert lines[0] == "kind,name,distance,owner,aliases,is_deleted"
    assert "Table,shop.sales.t,1,,,False" in lines
    assert all(not line.startswith("Table,=") for line in lines)  # which a spreadsheet would run


@pytest.mark.parametrize("name", ["nowhere.sales.t", "", "x" * 900, "a\0b"])
def test_a_table_that_nobody_has_named_is_told_as_nothing(as_user, told, name):
    answer = as_user(told.reader).get("/explore/lineage/impact", {"table": name})
    assert answer.status_code == 200
    assert "depend on it" not in text(answer)


def test_many_dependants_are_cut_on_the_page_and_whole_in_the_file(as_user, told, monkeypatch):
    monkeypatch.setattr("explorer.views.lineage.SHOWN", 1)
    browser = as_user(told.admin)
    page = text(browser.get("/explore/lineage/impact", {"table": "shop.sales.t"}))
    assert "2 more stand in the CSV file" in page
    lines = b"".join(browser.get("/explore/lineage/impact", {"table": "shop.sales.t", "format": "csv"})).splitlines()
    assert len(lines) == 4


def test_many_runs_of_a_model_are_one_node_that_opens(as_user, cast):
    for n in range(15):
        ModelVersionFactory(registered_model=cast.model, run_id=f"run-{n}")
    browser, model = as_user(cast.reader), "/explore/data/models/shop/ml/churn"
    page = text(browser.get(f"{model}?activeTab=lineage"))
    assert ("15 runs" in page, "run-7" in page) == (True, False)
    opened = f"{model}/lineage?side=upstream&kind=Run"
    assert opened.replace("&", "&amp;") in page
    assert all(f"run-{n}<" in text(browser.get(opened)) for n in range(15))
    assert "run-7" in text(browser.get(f"{model}?activeTab=lineage&kind=Run"))


def test_the_graph_around_something_outside_the_catalog(as_user, told):
    uid = LineageNode.objects.get(name="shop.sales.t").uid
    page = text(as_user(told.reader).get(f"/explore/lineage/{uid}"))
    assert "shop.ml.churn version 1" in page
    assert "shop.ml.churn version 3" in text(
        as_user(told.reader).get("/explore/data/models/shop/ml/churn/version/1/lineage?side=downstream")
    )
    told.catalog.user_grants.all().delete()
    told.catalog.group_grants.all().delete()
    assert as_user(told.reader).get(f"/explore/lineage/{uid}").status_code == 404


def test_what_is_registered_has_a_page_of_its_own(as_user, cast):
    table, metadata = table_of(cast), external_of(cast)
    for row, page in (
        (table, "/explore/data/shop/ml/sales"), (metadata, "/explore/external/names/dashboard"),
    ):  # fmt: skip
        answer = as_user(cast.reader).get(f"/explore/lineage/{row.lineage_nodes.get().uid}")
        assert (answer.status_code, answer["Location"]) == (302, f"{page}?activeTab=lineage")
        for tab in ("overview", "lineage", "permissions"):
            assert row.name in text(as_user(cast.reader).get(f"{page}?activeTab={tab}"))
    assert as_user(cast.writer).get(f"/explore/lineage/{table.lineage_nodes.get().uid}").status_code == 404
    browsed = text(as_user(cast.browser).get("/explore/data/shop/ml/sales"))
    assert ("BROWSE alone" in browsed, "s3://somewhere" in browsed) == (True, False)


def test_an_edge_is_drawn_with_a_note_and_removed(as_user, cast):
    browser, drawn = as_user(cast.writer), {"direction": "UPSTREAM", "kind": "FILE", "name": "s3://lake/labels.csv"}
    assert browser.post(f"{VERSION}/lineage/add", {**drawn, "note": "labelled by hand"}).status_code == 302
    page = text(browser.get(f"{VERSION}?activeTab=lineage"))
    assert page.count("labelled by hand") == 2
    again = text(browser.post(f"{VERSION}/lineage/add", drawn))
    assert "related already" in again
    uid = Relationship.objects.get().uid
    assert f"{VERSION}/lineage/{uid}/remove" not in text(as_user(cast.reader).get(f"{VERSION}?activeTab=lineage"))
    browser = as_user(cast.writer)
    assert browser.post(f"{VERSION}/lineage/{uid}/remove").status_code == 302
    assert "labels.csv" not in text(browser.get(f"{VERSION}?activeTab=lineage"))


def test_a_table_is_registered_described_and_forgotten_in_the_browser(as_user, cast):
    browser = as_user(cast.admin)
    fields = {"name": "orders", "storage_location": "s3://lake/orders", "data_source_format": "DELTA"}
    refused = text(browser.post("/explore/schemas/shop/ml/register-table", {**fields, "storage_location": "lake"}))
    assert "absolute path" in refused
    assert browser.post("/explore/schemas/shop/ml/register-table", fields).status_code == 302
    assert "orders" in text(browser.get("/explore/data/shop/ml"))
    browser.post("/explore/objects/table/shop.ml.orders/comment", {"comment": "Every order since 2020."})
    page = text(browser.get("/explore/data/shop/ml/orders"))
    assert ("Every order since 2020." in page, "s3://lake/orders" in page) == (True, True)
    browser.post(
        "/explore/grants/table/shop.ml.orders/grant", {"principal": "writer@example.com", "privileges": "SELECT"}
    )
    assert "orders" in text(as_user(cast.writer).get("/explore/data/shop/ml"))
    assert as_user(cast.admin).post("/explore/tables/shop/ml/orders/delete").status_code == 302
    assert as_user(cast.admin).get("/explore/data/shop/ml/orders").status_code == 404


def test_external_metadata_is_created_in_the_browser(as_user, cast):
    browser = as_user(cast.admin)
    fields = {"name": "Board", "system_type": "TABLEAU", "entity_type": "Dashboard", "url": "https://bi/x"}
    assert browser.post("/explore/external/create", fields).status_code == 302
    assert "board" in text(as_user(cast.stranger).get("/explore/external"))
    assert "board" not in text(as_user(cast.stranger).get("/explore/external?words=other"))
    assert as_user(cast.admin).post("/explore/external/board/delete").status_code == 302
    assert "No external metadata yet" in text(as_user(cast.admin).get("/explore/external"))
