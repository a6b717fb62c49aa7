"""Catalogs, schemas and permissions as databricks-sdk asks for them."""

import pytest

UC = "/api/2.1/unity-catalog"


@pytest.fixture
def admin(api, cast):
    asked = api(cast.admin)
    return lambda method, path, body=None: asked.ok(method, f"{UC}/{path}", body)


def test_a_catalogs_life(admin):
    made = admin("POST", "catalogs", {"name": "Dev", "comment": "c"})
    assert (made["name"], made["owner"], made["comment"]) == ("dev", "admin@example.com", "c")
    assert admin("GET", "catalogs/DEV")["id"] == made["id"]
    changed = admin("PATCH", "catalogs/dev", {"comment": "", "new_name": "test", "owner": "readers"})
    assert (changed["name"], changed["comment"], changed["owner"]) == ("test", "", "readers")
    assert [catalog["name"] for catalog in admin("GET", "catalogs?max_results=0")["catalogs"]] == ["shop", "test"]
    assert admin("DELETE", "catalogs/test") == {}


def test_a_schemas_life(admin):
    made = admin("POST", "schemas", {"name": "new", "catalog_name": "shop"})
    assert (made["full_name"], made["catalog_name"]) == ("shop.new", "shop")
    assert admin("PATCH", "schemas/shop.new", {"comment": "c"})["comment"] == "c"
    assert [schema["name"] for schema in admin("GET", "schemas?catalog_name=shop")["schemas"]] == ["ml", "new"]
    assert admin("DELETE", "schemas/shop.new?force=true") == {}


def test_a_full_container_is_deleted_by_force_alone(api, cast):
    admin = api(cast.admin)
    assert admin.error("DELETE", f"{UC}/schemas/shop.ml") == (400, "INVALID_STATE")
    admin.ok("DELETE", f"{UC}/catalogs/shop?force=true")


def test_permissions(admin):
    body = {"changes": [{"principal": "stranger@example.com", "add": ["EXECUTE", "APPLY_TAG"], "remove": ["MANAGE"]}]}
    changed = admin("PATCH", "permissions/FUNCTION/shop.ml.churn", body)
    assert {"principal": "stranger@example.com", "privileges": ["APPLY_TAG", "EXECUTE"]} in changed[
        "privilege_assignments"
    ]
    found = admin("GET", "permissions/FUNCTION/shop.ml.churn?principal=stranger@example.com")
    assert len(found["privilege_assignments"]) == 1


def test_effective_permissions_tell_where_from(admin):
    found = admin("GET", "effective-permissions/FUNCTION/shop.ml.churn?principal=writer@example.com")
    assert found["privilege_assignments"] == [
        {
            "principal": "writer@example.com",
            "privileges": [
                {"privilege": "CREATE_MODEL_VERSION", "inherited_from_type": "CATALOG", "inherited_from_name": "shop"}
            ],
        }
    ]


def test_grants_on_the_metastore(admin, api, cast):
    metastore = admin("GET", "metastore_summary")["metastore_id"]
    body = {"changes": [{"principal": "stranger@example.com", "add": ["CREATE CATALOG"]}]}
    admin("PATCH", f"permissions/METASTORE/{metastore}", body)
    assert api(cast.stranger).ok("POST", f"{UC}/catalogs", {"name": "mine"})["owner"] == "stranger@example.com"


def test_unknown_principals_are_named(api, cast):
    body = {"changes": [{"principal": "nobody@example.com", "add": ["EXECUTE"]}]}
    told = api(cast.admin).error("PATCH", f"{UC}/permissions/FUNCTION/shop.ml.churn", body)
    assert told == (404, "PRINCIPAL_DOES_NOT_EXIST")


def test_me(api, cast):
    me = api(cast.reader).ok("GET", "/api/2.0/preview/scim/v2/Me")
    assert me["userName"] == "reader@example.com"
    assert [group["display"] for group in me["groups"]] == ["account users", "everybody-in-sales", "readers"]
