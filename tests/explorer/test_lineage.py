"""Pages of lineage: what depends on something."""

import pytest

from registry.models import LineageNode
from registry.services.shared.graph import Direction, Entity, Kind
from registry.services.versions import lineage
from tests.cast import actor
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
    for shown in ("2 things depend on it", "owner@example.com", "shop.ml.churn version 3", "more that you may not see"):
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
