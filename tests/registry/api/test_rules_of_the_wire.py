"""The rules that a naive server breaks, one test each, numbered as in the record of the clients' behaviour.

Rules 4 and 5 (create says RESOURCE_ALREADY_EXISTS, and before it asks for rights), 9 (absolute URLs), 14 (a copy
leaves its source alone) and 17 (chunked bodies) are also shown with the stock clients in tests/clients.
"""

import json
import re
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client

from registry.api.base import ERRORS
from registry.api.discovery import workspace_id
from tests.cast import grant
from tests.factories import write

UC = "/api/2.0/mlflow/unity-catalog"
PHRASES = [
    "Unexpected error",
    "Please try again later or try a faster operation.",
    "RPC token bucket limit has been exceeded",
    "ClusterNotReadyException",
    "worker environment",
]


def test_1_success_is_200_with_a_json_object(api, cast):
    owner = api(cast.owner)
    for method, path, body in (
        ("POST", "registered-models/set-tag", {"name": "shop.ml.churn", "key": "k", "value": ""}),
        ("DELETE", "registered-models/delete-tag", {"name": "shop.ml.churn", "key": "k"}),
        ("DELETE", "model-versions/delete", {"name": "shop.ml.churn", "version": "1"}),
        ("DELETE", "registered-models/delete", {"name": "shop.ml.churn"}),
    ):
        assert owner.ok(method, f"{UC}/{path}", body) == {}


def test_2_discovery_and_the_artifact_route_need_no_login_and_no_database(client, django_assert_num_queries, db):
    workspace_id()  # which a process asks for once
    with django_assert_num_queries(0):
        config = client.get("/.well-known/databricks-config").json()
        route = client.get(f"{UC}/registered-models:is-databricks-sdk-models-artifact-repository-enabled").json()
    assert re.fullmatch(r"\d{16}", config["workspace_id"])
    assert UUID(config["account_id"])
    assert route == {"is_databricks_sdk_models_artifact_repository_enabled": False}


def test_3_every_ready_version_has_a_model_id(api, cast):
    write(cast.pending, MLmodel="flavors: {}")
    done = api(cast.writer).ok("POST", f"{UC}/model-versions/finalize", {"name": "shop.ml.churn", "version": "2"})
    assert re.fullmatch(r"m-[0-9a-f]{32}", done["model_version"]["model_id"])


def test_4_and_5_creating_what_exists_says_so_before_it_asks_for_the_right(api, cast):
    for member in ("reader", "writer"):
        told = api(cast[member]).error("POST", f"{UC}/registered-models/create", {"name": "shop.ml.churn"})
        assert told == (400, "RESOURCE_ALREADY_EXISTS")


def test_6_only_statuses_that_the_clients_know():
    """408 and 507 are of bytes alone, for which clients look at the status and not at the code."""
    of_bytes = {408, 507}
    assert {s for s, _ in ERRORS.values()} - of_bytes <= {400, 401, 403, 404, 409, 429, 499, 500, 501, 503, 504}


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_6_a_method_that_is_not_there_is_never_405(api, cast, method):
    assert api(cast.owner).error(method, f"{UC}/registered-models/create") == (404, "ENDPOINT_NOT_FOUND")


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/2.0/nothing", f"{UC}/prompts", f"{UC}/registered-models/create/", "/.well-known/x"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_7_an_unknown_path_is_endpoint_not_found(client, db, path, method):
    answer = Client(enforce_csrf_checks=True).generic(method, path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json()["error_code"]) == (404, "ENDPOINT_NOT_FOUND")


@pytest.mark.parametrize("path", ["nothing", "MLmodel", "data/weights", "data/nothing/x"])
def test_8_what_is_no_directory_is_not_found(api, cast, path):
    told = api(cast.reader).error("GET", f"/api/2.0/fs/directories/Models/shop/ml/churn/1/{path}")
    assert told == (404, "NOT_FOUND")


def test_9_signed_urls_are_absolute(api, cast):
    answer = api(cast.reader).ok("POST", "/api/2.0/fs/create-download-url", {"path": "/Models/shop/ml/churn/1/MLmodel"})
    assert answer["url"].startswith("http://testserver/api/2.0/fs/presigned/")
    assert answer["headers"] == []


def test_10_no_message_contains_a_phrase_that_makes_clients_retry():
    root = Path(__file__).parents[3]
    for file in [*root.glob("registry/**/*.py"), *root.glob("accounts/**/*.py"), *root.glob("explorer/**/*.py")]:
        text = file.read_text().casefold()
        assert [phrase for phrase in PHRASES if phrase.casefold() in text] == [], file


def test_11_delete_takes_a_body_or_a_query(api, cast):
    owner = api(cast.owner)
    owner.ok("DELETE", f"{UC}/registered-models/delete-tag?name=shop.ml.churn&key=k")
    owner.ok("DELETE", f"{UC}/model-versions/delete?name=shop.ml.churn&version=2")
    owner.ok("DELETE", f"{UC}/registered-models/delete", {"name": "shop.ml.churn"})


def test_12_privileges_are_spelled_for_who_asks_and_read_in_both_ways(api, cast):
    owner, path = api(cast.admin), "/api/2.1/unity-catalog/permissions/schema/shop.ml"
    for privilege in ("USE_SCHEMA", "USE SCHEMA"):
        owner.ok("PATCH", path, {"changes": [{"principal": "stranger@example.com", "add": [privilege]}]})
    told = owner.ok("GET", path)
    assert [row["privileges"] for row in told["privilege_assignments"]] == [["USE_SCHEMA"]]
    told = owner.ok("GET", path, headers={"User-Agent": "OpenAPI-Generator/0.7.0/python"})
    assert told["privilege_assignments"][0]["privileges"] == ["USE SCHEMA"]


def test_12_a_model_is_a_function_or_a_registered_model(api, cast):
    grant(cast.stranger, cast.schema, "EXECUTE")
    owner = api(cast.owner)
    for kind in ("FUNCTION", "function", "MODEL", "registered_model"):
        owner.ok("GET", f"/api/2.1/unity-catalog/permissions/{kind}/shop.ml.churn")
    path = "/api/2.1/unity-catalog/effective-permissions/registered_model/shop.ml.churn?principal=stranger@example.com"
    inherited = owner.ok("GET", path)["privilege_assignments"][0]["privileges"][0]
    assert inherited == {"privilege": "EXECUTE", "inherited_from_type": "SCHEMA", "inherited_from_name": "shop.ml"}


def test_13_versions_are_strings_in_2_0_and_times_are_numbers_in_2_1(api, cast):
    version = api(cast.owner).ok("GET", f"{UC}/model-versions/get?name=shop.ml.churn&version=1")["model_version"]
    assert version["version"] == "1"
    catalog = api(cast.owner).ok("GET", "/api/2.1/unity-catalog/catalogs/shop")
    assert isinstance(catalog["created_at"], int)


def test_14_deleting_a_copy_leaves_the_sources_bytes(api, cast):
    """No client of this dialect is given a path: copies go through signed URLs into a place of their own."""
    owner = api(cast.owner)
    copy = owner.ok(
        "POST", f"{UC}/model-versions/create", {"name": "shop.ml.churn", "source": "models:/shop.ml.churn/1"}
    )
    assert copy["model_version"]["storage_location"] != cast.version.storage_location
    owner.ok("DELETE", f"{UC}/model-versions/delete", {"name": "shop.ml.churn", "version": "3"})
    assert len(api(cast.reader).ok("GET", "/api/2.0/fs/directories/Models/shop/ml/churn/1")["contents"]) == 2


@pytest.mark.parametrize("asked", ["0", "-5", "10000", "999999999"])
def test_15_page_sizes_are_clamped(api, cast, asked):
    api(cast.owner).ok("GET", f"{UC}/registered-models/search?max_results={asked}")
    api(cast.owner).ok("GET", f"{UC}/model-versions/search?max_results={asked}")
    api(cast.owner).ok("GET", f"/api/2.1/unity-catalog/catalogs?max_results={asked}")


def test_16_an_experiment_that_is_none_does_not_exist(api, cast, tracking):
    """MLflow's `databricks` client names it so when nobody has set one."""
    told = api(cast.owner).error("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": "None"})
    assert told == (404, "RESOURCE_DOES_NOT_EXIST")


def test_17_a_body_larger_than_djangos_limit_is_streamed_into_a_version(api, cast, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    writer = api(cast.writer)
    url = writer.ok("POST", "/api/2.0/fs/create-upload-url", {"path": "/Models/shop/ml/churn/2/big"})["url"]
    assert Client().put(url, b"x" * 100_000, content_type="").status_code == 200


@pytest.mark.parametrize("slash", ["", "/"])
def test_18_directories_are_listed_with_and_without_a_slash(api, cast, slash):
    listing = api(cast.reader).ok("GET", f"/api/2.0/fs/directories/Models/shop/ml/churn/1{slash}")
    assert [entry["name"] for entry in listing["contents"]] == ["MLmodel", "data"]


def test_names_in_listings_are_spelled_as_the_caller_spells_them(api, cast):
    listing = api(cast.reader).ok("GET", "/api/2.0/fs/directories/Models/SHOP/Ml/churn/1")
    assert listing["contents"][0]["path"] == "/Models/SHOP/Ml/churn/1/MLmodel"


def test_an_error_is_json_whatever_is_accepted(client, db):
    answer = client.get(f"{UC}/registered-models/get?name=a.b.c", headers={"Accept": "application/xml"})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert json.loads(answer.content)["error_code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("path", ["prompts", "prompts/shop.ml.p", "prompts/search", "prompt-versions/links-to-models"])
def test_7_prompts_are_not_served(api, cast, path):
    for method in ("GET", "POST", "PATCH", "DELETE"):
        assert api(cast.admin).error(method, f"{UC}/{path}", {}) == (404, "ENDPOINT_NOT_FOUND")


def test_11_plain_mlflow_deletes_by_query_too(api, cast):
    root = "/api/2.0/mlflow"
    api(cast.owner).ok("POST", f"{root}/registered-models/set-tag", {"name": "shop.ml.churn", "key": "k", "value": ""})
    assert api(cast.owner).ok("DELETE", f"{root}/registered-models/delete-tag?name=shop.ml.churn&key=k") == {}
    assert api(cast.owner).ok("DELETE", f"{root}/model-versions/delete?name=shop.ml.churn&version=1") == {}
    assert not cast.model.tags.exists()


def test_13_numbers_are_numbers_in_2_1(api, cast):
    version = api(cast.reader).ok("GET", "/api/2.1/unity-catalog/models/shop.ml.churn/versions/1")
    assert [type(version[name]) for name in ("version", "created_at", "updated_at")] == [int] * 3
    alias = api(cast.owner).ok(
        "PUT", "/api/2.1/unity-catalog/models/shop.ml.churn/aliases/best", {"version_num": 1, "alias": "best"}
    )
    assert alias["version_num"] == 1


@pytest.mark.parametrize("asked", ["0", "-1", "10000", "99999999"])
def test_15_native_page_sizes_are_clamped(api, cast, asked):
    for path in ("models", "models/shop.ml.churn/versions", "catalogs", "schemas?catalog_name=shop"):
        separator = "&" if "?" in path else "?"
        api(cast.reader).ok("GET", f"/api/2.1/unity-catalog/{path}{separator}max_results={asked}")


@pytest.mark.parametrize(
    "path",
    [
        f"{UC}/registered-models/search", f"{UC}/registered-models/get?name=no.such.one", "/api/2.0/nothing",
        "/.well-known/databricks-config",
    ],
)  # fmt: skip
def test_every_endpoint_names_the_workspace(api, cast, path):
    """SDKs before 0.69, and the one for Go, learn its id from this header."""
    assert api(cast.reader)("GET", path)["X-Databricks-Org-Id"] == workspace_id()


LISTS = [
    f"{UC}/registered-models/search",
    f"{UC}/model-versions/search",
    "/api/2.0/mlflow/registered-models/search",
    "/api/2.0/mlflow/model-versions/search",
    "/api/2.1/unity-catalog/catalogs",
    "/api/2.1/unity-catalog/schemas?catalog_name=shop",
    "/api/2.1/unity-catalog/models",
    "/api/2.1/unity-catalog/models?catalog_name=shop&schema_name=ml",
    "/api/2.1/unity-catalog/models/shop.ml.churn/versions",
    "/api/2.1/unity-catalog/permissions/function/shop.ml.churn",
    "/api/2.1/unity-catalog/privilege-assignments/function/shop.ml.churn",
    "/api/2.1/unity-catalog/entity-tag-assignments/models/shop.ml.churn/tags",
    "/api/2.1/tag-policies",
    "/api/2.1/unity-catalog/resource-quotas/all-resource-quotas",
    "/api/2.0/fs/directories/Models/shop/ml/churn/1",
    "/api/2.1/catalog-explorer/audit-events",
    "/api/2.1/catalog-explorer/access-requests",
]


@pytest.mark.parametrize("path", LISTS)
def test_the_last_page_of_a_list_leaves_out_the_token_of_another(api, cast, path):
    """There are clients, Unity Catalog's own Java helper among them, that ask as long as there is the key."""
    write(cast.version, MLmodel="flavors: {}")
    asking = cast.owner if "/fs/" in path else cast.admin  # who does not read files
    assert "next_page_token" not in api(asking).ok("GET", path)
