"""What other parts of Databricks are asked beside the registry: empty, the plain form, or refused by name."""

import pytest

UC = "/api/2.1/unity-catalog"


@pytest.mark.parametrize("kind", ["volumes", "functions"])
def test_a_crawler_that_walks_a_schema_finds_empty_lists(api, cast, kind):
    reader = api(cast.reader)
    assert reader.ok("GET", f"{UC}/{kind}?catalog_name=shop&schema_name=ml&max_results=0") == {kind: []}
    assert reader.error("GET", f"{UC}/{kind}?catalog_name=shop&schema_name=none") == (404, "RESOURCE_DOES_NOT_EXIST")
    assert reader.error("GET", f"{UC}/{kind}?catalog_name=shop") == (400, "INVALID_PARAMETER_VALUE")


def test_a_catalog_is_bound_to_the_one_workspace(api, cast):
    admin = api(cast.admin)
    here = admin.ok("GET", f"{UC}/current-metastore-assignment")["workspace_id"]
    bound = {"workspace_id": here, "binding_type": "BINDING_TYPE_READ_WRITE"}
    assert admin.ok("GET", f"{UC}/bindings/catalog/shop") == {"bindings": [bound]}
    assert admin.ok("PATCH", f"{UC}/bindings/catalog/shop", {"add": [bound]}) == {"bindings": [bound]}
    for change in ({"add": [{**bound, "workspace_id": 1}]}, {"remove": [bound]}):
        answer = admin("PATCH", f"{UC}/bindings/catalog/shop", change)
        assert (answer.status_code, str(here) in answer.json()["message"]) == (400, True)
    read_only = {"add": [{**bound, "binding_type": "BINDING_TYPE_READ_ONLY"}]}
    assert "binding_type" in admin("PATCH", f"{UC}/bindings/catalog/shop", read_only).json()["message"]
    path = f"{UC}/workspace-bindings/catalogs/shop"
    assert admin.ok("GET", path) == admin.ok("PATCH", path, {"assign_workspaces": [here]}) == {"workspaces": [here]}
    assert admin.error("PATCH", path, {"unassign_workspaces": [here]})[0] == 400
    assert admin.error("PATCH", path, {"assign_workspaces": [1]})[0] == 400


def test_users_are_where_the_open_source_server_has_them(api, cast):
    control, admin = "/api/1.0/unity-control/scim2", api(cast.admin)
    assert admin.ok("GET", f"{control}/Me")["userName"] == cast.admin.user_name
    body = {
        "displayName": "New",
        "emails": [{"value": "new@example.com", "primary": True}],
        "userName": "new@example.com",
    }
    made = admin("POST", f"{control}/Users", body)
    assert made.status_code == 201
    assert admin.ok("GET", f"{control}/Users/{made.json()['id']}")["userName"] == "new@example.com"
    assert admin("DELETE", f"{control}/Users/{made.json()['id']}").status_code == 204


def test_the_workspace_registry_gets_what_it_creates(api, cast):
    told = {}
    for user in (cast.admin, cast.owner, cast.reader):
        path = "/api/2.0/mlflow/databricks/registered-models/get?name=shop.ml.churn"
        told[user.user_name] = api(user).ok("GET", path)["registered_model_databricks"]
    levels = [model["permission_level"] for model in told.values()]
    assert levels == ["CAN_MANAGE", "CAN_MANAGE", "CAN_READ"]
    assert {model["name"] for model in told.values()} == {"shop.ml.churn"}
    assert told["reader@example.com"]["id"] == cast.model.uid.hex


@pytest.mark.parametrize(("release", "status"), [("2.12.2", 400), ("2.13.0", 200), ("3.17.2", 200), ("1.30", 400)])
def test_a_client_that_cannot_transfer_files_is_told_which_release_can(api, cast, release, status):
    asked = {"name": "shop.ml.churn", "version": "1", "operation": "MODEL_VERSION_OPERATION_READ"}
    answer = api(cast.owner)(
        "POST", "/api/2.0/mlflow/unity-catalog/model-versions/generate-temporary-credentials", asked,
        headers={"User-Agent": f"mlflow-python-client/{release}"},
    )  # fmt: skip
    assert answer.status_code == status
    if status == 400:
        assert "MLflow 2.13" in answer.json()["message"]
