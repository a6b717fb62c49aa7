"""One dialect a caller: who asks, and how the request is written, decide codes, spelling and force."""

import pytest

from tests.cast import grant

UC = "/api/2.1/unity-catalog"
OPEN_SOURCE = ["OpenAPI-Generator/0.7.0/python", "UnityCatalog-Java-Client/0.4.0", "Mozilla/5.0 (X11; Linux x86_64)"]
MLFLOW = "mlflow-python-client/3.17.2"
SDK = "databricks-sdk-py/0.156.0 python/3.11.7"


@pytest.fixture
def asks(api, cast):
    """``asks(agent)`` is the administrator with that User-Agent."""

    def as_agent(agent):
        asking = api(cast.admin)
        asking.headers["User-Agent"] = agent
        return asking

    return as_agent


def told(answer):
    body = answer.json()
    return answer.status_code, body["error_code"], body["details"]


def explained(code):
    return [{"@type": "google.rpc.ErrorInfo", "reason": code}]


@pytest.mark.parametrize("agent", OPEN_SOURCE)
def test_clients_of_the_open_source_server_read_its_own_codes(asks, agent):
    uc = asks(agent)
    assert told(uc("GET", f"{UC}/catalogs/none")) == (404, "NOT_FOUND", explained("NOT_FOUND"))
    assert told(uc("GET", f"{UC}/models/shop.ml.none")) == (404, "NOT_FOUND", explained("NOT_FOUND"))
    answer = uc("POST", f"{UC}/catalogs", {"name": "a.b"})
    assert told(answer) == (400, "INVALID_ARGUMENT", explained("INVALID_ARGUMENT"))
    answer = uc("DELETE", f"{UC}/catalogs/shop")
    assert told(answer) == (400, "FAILED_PRECONDITION", explained("FAILED_PRECONDITION"))


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("catalogs", {"name": "shop"}, 400, "CATALOG_ALREADY_EXISTS"),
        ("schemas", {"catalog_name": "shop", "name": "ml"}, 400, "SCHEMA_ALREADY_EXISTS"),
        ("models", {"catalog_name": "shop", "schema_name": "ml", "name": "churn"}, 409, "ALREADY_EXISTS"),
    ],
)
def test_what_exists_is_told_by_its_kind(asks, path, body, status, code):
    assert told(asks(OPEN_SOURCE[0])("POST", f"{UC}/{path}", body)) == (status, code, explained(code))
    assert told(asks(SDK)("POST", f"{UC}/{path}", body)) == (400, "RESOURCE_ALREADY_EXISTS", [])


def test_mlflow_is_told_codes_that_it_knows(asks):
    mlflow = asks(MLFLOW)
    assert told(mlflow("GET", f"{UC}/models/shop.ml.none"))[:2] == (404, "NOT_FOUND")
    answer = mlflow("POST", f"{UC}/models", {"catalog_name": "shop", "schema_name": "ml", "name": "a/b"})
    assert told(answer)[:2] == (400, "INVALID_PARAMETER_VALUE")
    answer = mlflow("POST", f"{UC}/models", {"catalog_name": "shop", "schema_name": "ml", "name": "churn"})
    assert told(answer)[:2] == (400, "RESOURCE_ALREADY_EXISTS")


def test_everybody_else_is_told_the_codes_of_databricks(asks):
    assert told(asks(SDK)("GET", f"{UC}/models/shop.ml.none")) == (404, "RESOURCE_DOES_NOT_EXIST", [])


def test_java_reads_only_privileges_that_it_knows(asks, cast):
    grant(cast.reader, cast.catalog, "BROWSE", "USE CATALOG")
    listed = asks(OPEN_SOURCE[1]).ok("GET", f"{UC}/permissions/catalog/shop?principal={cast.reader.user_name}")
    assert [row["privileges"] for row in listed["privilege_assignments"]] == [["USE CATALOG"]]


def test_a_change_is_answered_as_it_is_written(asks, cast):
    def changed(privilege):
        change = {"principal": cast.stranger.user_name, "add": [privilege]}
        answer = asks("curl/8").ok("PATCH", f"{UC}/permissions/schema/shop.ml", {"changes": [change]})
        held = {row["principal"]: row["privileges"] for row in answer["privilege_assignments"]}
        return held[cast.stranger.user_name]

    assert changed("USE SCHEMA") == ["USE SCHEMA"]
    assert changed("CREATE_MODEL") == ["CREATE_MODEL", "USE_SCHEMA"]


@pytest.mark.parametrize(
    ("agent", "deletes"), [(OPEN_SOURCE[0], False), (OPEN_SOURCE[1], False), (SDK, True), (MLFLOW, True)]
)
def test_who_says_nothing_of_force_deletes_as_its_own_server_does(asks, cast, agent, deletes):
    answer = asks(agent)("DELETE", f"{UC}/models/shop.ml.churn")
    assert (answer.status_code == 200) is deletes
    assert (asks(agent)("GET", f"{UC}/models/shop.ml.churn").status_code == 404) is deletes


@pytest.mark.parametrize("agent", [OPEN_SOURCE[0], SDK, MLFLOW])
def test_force_is_read_from_everybody(asks, cast, agent):
    refused = asks(agent)("DELETE", f"{UC}/models/shop.ml.churn?force=false")
    assert refused.status_code == 400
    assert "versions" in refused.json()["message"]
    asks(agent).ok("DELETE", f"{UC}/models/shop.ml.churn?force=true")


def test_a_model_without_versions_needs_no_force(asks, cast):
    cast.model.versions.all().delete()
    asks(OPEN_SOURCE[0]).ok("DELETE", f"{UC}/models/shop.ml.churn")


@pytest.mark.parametrize(("agent", "made"), [(SDK, ["default"]), (OPEN_SOURCE[0], [])])
def test_a_new_catalog_has_the_default_schema_that_its_clients_server_makes(asks, agent, made):
    asks(agent).ok("POST", f"{UC}/catalogs", {"name": "new"})
    assert [schema["name"] for schema in asks(agent).ok("GET", f"{UC}/schemas?catalog_name=new")["schemas"]] == made
