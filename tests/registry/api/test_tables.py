"""Tables that lie elsewhere, as clients register and read them."""

import pytest

from registry.models import AuditEvent, Table
from registry.services.hierarchy import tables
from registry.services.hierarchy.tables import Described
from registry.services.shared import finders
from tests.cast import actor, grant, table_of
from tests.factories import TableFactory

UC = "/api/2.1/unity-catalog"
NEW = {
    "catalog_name": "shop", "schema_name": "ml", "name": "Sales", "table_type": "EXTERNAL",
    "data_source_format": "DELTA", "storage_location": "s3://lake/sales",
}  # fmt: skip
COLUMNS = [
    {"name": "id", "type_text": "bigint", "type_name": "LONG", "position": 0, "nullable": False},
    {"name": "amount", "type_text": "double", "type_name": "DOUBLE", "position": 1, "comment": "in cents"},
]


def test_a_table_is_registered_read_handed_over_and_forgotten(api, cast):
    admin = api(cast.admin)
    made = admin.ok("POST", f"{UC}/tables", {**NEW, "columns": COLUMNS, "properties": {"team": "risk"}, "comment": "x"})
    assert made == admin.ok("GET", f"{UC}/tables/shop.ml.sales")
    assert (made["full_name"], made["owner"], made["columns"], made["properties"], made["table_id"]) == (
        "shop.ml.sales", "admin@example.com", COLUMNS, {"team": "risk"}, str(Table.objects.get().uid),
    )  # fmt: skip
    assert admin.error("POST", f"{UC}/tables", NEW) == (400, "RESOURCE_ALREADY_EXISTS")
    assert (
        admin.ok("PATCH", f"{UC}/tables/shop.ml.sales", {"owner": "owner@example.com"})["owner"] == "owner@example.com"
    )
    assert admin.ok("GET", f"{UC}/tables/SHOP.ml.Sales/exists") == {"table_exists": True}
    admin.ok("DELETE", f"{UC}/tables/shop.ml.sales")
    assert admin.ok("GET", f"{UC}/tables/shop.ml.sales/exists") == {"table_exists": False}
    told = list(AuditEvent.objects.filter(securable_type="TABLE").order_by("pk").values_list("action_name", flat=True))
    assert told == ["createTable", "updateTables", "deleteTable"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"table_type": "MANAGED"}, "external"),
        ({"data_source_format": "EXCEL"}, "EXCEL"),
        ({"storage_location": "lake/sales"}, "absolute path"),
        ({"storage_location": "https://me:secret@lake/sales"}, "password"),
        ({"storage_location": "s3://lake/\n"}, "address"),
        ({"columns": [{"name": "x", "mask": {"function_name": "f"}}]}, "mask"),
        ({"columns": [{"type_text": "int"}]}, "name"),
        ({"columns": [{"name": "x"}] * 4_001}, "4000"),
        ({"view_definition": "SELECT 1"}, "view_definition"),
        ({"name": "a.b"}, "table name"),
        ({"properties": {str(n): "x" for n in range(101)}}, "properties"),
    ],
)
def test_what_is_not_kept_is_refused_by_name(api, cast, change, word):
    answer = api(cast.admin)("POST", f"{UC}/tables", {**NEW, **change})
    assert answer.status_code == 400
    assert word in answer.json()["message"]
    assert not Table.objects.exists()


def test_who_may_not_read_a_table_finds_none(api, cast):
    table_of(cast)
    hidden, missing = (f"{UC}/tables/shop.ml.{name}" for name in ("sales", "nothing"))
    for path in (hidden, missing):
        assert api(cast.writer).error("GET", path)[0] == 404
        assert api(cast.writer).ok("GET", f"{path}/exists") == {"table_exists": False}
    told = [api(cast.writer)("GET", path).json()["message"] for path in (hidden, missing)]
    assert told[0].replace("sales", "nothing") == told[1]
    listed = f"{UC}/tables?catalog_name=shop&schema_name=ml"
    assert api(cast.writer).ok("GET", listed) == {"tables": []}
    assert [t["name"] for t in api(cast.reader).ok("GET", listed)["tables"]] == ["sales"]


def test_browse_shows_that_there_is_a_table_and_not_where_it_lies(api, cast):
    table_of(cast)
    browser, path = api(cast.browser), f"{UC}/tables/shop.ml.sales"
    assert browser.error("GET", path) == (403, "PERMISSION_DENIED")
    told = browser.ok("GET", f"{path}?include_browse=true")
    assert told["browse_only"] is True
    assert {"storage_location", "columns", "properties"}.isdisjoint(told)
    listed = browser.ok("GET", f"{UC}/tables?catalog_name=shop&schema_name=ml&include_browse=true")["tables"]
    assert [(t["name"], t["browse_only"]) for t in listed] == [("sales", True)]


def test_tables_are_listed_by_pages_and_summarised_by_patterns(api, cast):
    for name in ("b", "a", "c_1"):
        TableFactory(schema=cast.schema, name=name, owner_user=cast.owner, columns=COLUMNS)
    owner, path = api(cast.owner), f"{UC}/tables?catalog_name=shop&schema_name=ml&max_results=2"
    first = owner.ok("GET", f"{path}&omit_columns=true&omit_properties=true")
    assert [t["name"] for t in first["tables"]] == ["a", "b"]
    assert "columns" not in first["tables"][0]
    second = owner.ok("GET", f"{path}&page_token={first['next_page_token']}")
    assert [(t["name"], t["columns"]) for t in second["tables"]] == [("c_1", COLUMNS)]
    assert "next_page_token" not in second
    asked = f"{UC}/table-summaries?catalog_name=shop&schema_name_pattern=m%25&table_name_pattern=C%25"
    assert owner.ok("GET", asked) == {"tables": [{"full_name": "shop.ml.c_1", "table_type": "EXTERNAL"}]}


def test_rights_to_a_table_are_granted_by_rest_and_by_sql(api, cast):
    table_of(cast)
    path = f"{UC}/permissions/table/shop.ml.sales"
    change = {"changes": [{"principal": "writer@example.com", "add": ["MODIFY"]}]}
    assert api(cast.reader).error("PATCH", path, change) == (403, "PERMISSION_DENIED")
    api(cast.owner).ok("PATCH", path, change)
    assert api(cast.writer).ok("PATCH", f"{UC}/tables/shop.ml.sales", {"comment": "mine"})["comment"] == "mine"
    statement = {"statement": "GRANT SELECT ON TABLE shop.ml.sales TO `browser@example.com`", "warehouse_id": "x"}
    assert api(cast.owner).ok("POST", "/api/2.0/sql/statements", statement)["status"]["state"] == "SUCCEEDED"
    sql = {"warehouse_id": "x", "statement": "COMMENT ON TABLE shop.ml.sales IS 'by SQL'"}
    api(cast.owner).ok("POST", "/api/2.0/sql/statements", sql)
    shown = {**sql, "statement": "SHOW GRANTS ON TABLE shop.ml.sales"}
    rows = api(cast.owner).ok("POST", "/api/2.0/sql/statements", shown)["result"]["data_array"]
    assert ["browser@example.com", "SELECT", "TABLE", "shop.ml.sales"] in rows
    refused = api(cast.owner).ok(
        "POST", "/api/2.0/sql/statements", {**sql, "statement": "DESCRIBE TABLE shop.ml.sales"}
    )
    assert "cannot be said of a table" in refused["status"]["error"]["message"]
    grant(cast.browser, cast.catalog, "USE CATALOG", "USE SCHEMA")
    assert api(cast.browser).ok("GET", f"{UC}/tables/shop.ml.sales")["comment"] == "by SQL"
    assert api(cast.browser).ok("GET", f"{UC}/tables/shop.ml.sales")["storage_location"] == "s3://somewhere/table"


def test_a_schema_with_tables_is_not_empty(api, cast):
    admin = api(cast.admin)
    admin.ok("POST", f"{UC}/schemas", {"catalog_name": "shop", "name": "raw"})
    admin.ok("POST", f"{UC}/tables", {**NEW, "schema_name": "raw"})
    assert admin.error("DELETE", f"{UC}/schemas/shop.raw")[0] == 400
    admin.ok("DELETE", f"{UC}/schemas/shop.raw?force=true")
    assert not Table.objects.exists()


def test_a_quota_of_tables(api, cast, settings):
    settings.QUOTAS = {**settings.QUOTAS, "tables_per_schema": 1}
    admin = api(cast.admin)
    admin.ok("POST", f"{UC}/tables", NEW)
    assert "limit: 1" in admin("POST", f"{UC}/tables", {**NEW, "name": "second"}).json()["message"]
    quota = admin.ok("GET", f"{UC}/resource-quotas/schema/shop.ml/table-quota")["quota_info"]
    assert (quota["quota_count"], quota["quota_limit"]) == (1, 1)


def test_a_table_has_a_name_of_its_own_beside_a_model(cast):
    table = tables.create_table(
        actor=actor(cast.admin), full_name=cast.name, described=Described("file:///lake/churn", "PARQUET")
    )
    assert table.full_name == cast.model.full_name
    assert finders.get_table(actor=actor(cast.admin), full_name=cast.name) == table


def test_a_number_that_no_column_has_is_refused(api, cast):
    columns = [{"name": "a", "type_precision": "9" * 30}]
    assert api(cast.admin).error("POST", f"{UC}/tables", {**NEW, "columns": columns}) == (
        400,
        "INVALID_PARAMETER_VALUE",
    )


def test_browse_does_not_confirm_where_a_table_lies(api, cast):
    table_of(cast)
    told = [
        api(cast.browser)("PATCH", f"{UC}/tables/shop.ml.sales", {"storage_location": place}).json()["message"]
        for place in ("s3://somewhere/table", "s3://elsewhere")
    ]
    assert told[0] == told[1]
