"""The API asked by what its own OpenAPI allows, with invented parameters: no fault, no undeclared answer."""

import json
import os
from zlib import crc32

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.urls import reverse
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import PersonalAccessToken
from explorer.wsgi import application
from registry.api.summaries import SUMMARIES
from registry.services.people.principals import GROUP_IDS_FROM

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))
KNOWN = {
    "name": ["shop.ml.churn", "shop", "shop.ml.new"],
    "full_name": ["shop.ml.churn", "shop.ml"],
    "catalog_name": ["shop"],
    "schema_name": ["ml"],
    "model_name": ["churn"],
    "version": ["1", "2"],
    "version_num": [1, 2],
    "alias": ["champion"],
    "path": ["/Models/shop/ml/churn/1/MLmodel", "/Models/shop/ml/churn/2/new", "/Models/shop/ml/churn/1"],
    "securable_type": ["function", "CATALOG"],
    "entity_type": ["models", "catalogs"],
    "entity_name": ["shop.ml.churn", "shop"],
    "source": ["models:/shop.ml.churn/1"],
    "filter": ["name LIKE 'shop.%'", "tags.team = 'x'", 'userName co "e"', 'displayName sw "r"'],
    "order_by": [["name DESC"]],
    "principal": ["reader@example.com", "readers"],
    "owner": ["readers"],
    "principal_id": ["1", str(GROUP_IDS_FROM + 1)],
    "tag_key": ["team"],
    "operation": ["READ_ARTIFACTS", "create schema"],
    "privileges": [["EXECUTE"], ["USE CATALOG"]],
    "at": ["2026-01-01T00:00:00Z", "1767225600000"],
    "statement": ["SHOW CATALOGS", "GRANT EXECUTE ON MODEL shop.ml.churn TO readers", "DESCRIBE MODEL shop.ml.churn"],
}
"""What exists: half of all parameters of these names are taken from here, so that requests get beyond «not found»."""

pytestmark = pytest.mark.filterwarnings("default")


def test_the_document_covers_every_path_of_the_api(client):
    document = client.get(reverse("openapi")).json()
    assert document["openapi"].startswith("3.1")
    for path in (
        "/api/2.0/mlflow/unity-catalog/registered-models/create", "/api/2.0/mlflow/registered-models/search",
        "/api/2.1/unity-catalog/models/{full_name}", "/api/2.0/fs/files/{path}", "/api/2.0/preview/scim/v2/Users",
    ):  # fmt: skip
        assert path in document["paths"]
    ids = [o["operationId"] for operations in document["paths"].values() for o in operations.values()]
    assert len(ids) == len(set(ids)) > 100


def test_every_operation_has_a_summary_and_a_description_and_the_registry_comes_first(client):
    document = client.get(reverse("openapi")).json()
    operations = [o for path in document["paths"].values() for o in path.values()]
    assert all(o["summary"][0].isupper() and not o["summary"].endswith(".") and o["description"] for o in operations)
    groups = [tag["name"] for tag in document["tags"]]
    assert {tag for o in operations for tag in o["tags"]} == set(groups)
    assert groups[0] == "unity-catalog"
    told = {(path, method) for path, methods in SUMMARIES.items() for method in methods}
    assert told == {(path, method) for path, methods in document["paths"].items() for method in methods}


def test_the_page_about_the_api_obeys_the_security_policy(client, db):
    page = client.get(reverse("api-docs"))
    assert page.status_code == 200
    text = page.content.decode()
    assert "<style" not in text
    assert "<script>" not in text
    assert client.get(f"{reverse('api-docs')}?script=")["Content-Type"].startswith("application/javascript")
    assert "unsafe" not in page["Content-Security-Policy"]


def _mixed(value, name):
    """Half of the time a value that exists. The choice follows from the invented value, so failures can be repeated."""
    known = KNOWN.get(name)
    digest = crc32(json.dumps(value, default=str, sort_keys=True).encode())
    return known[digest % len(known)] if known and digest % 2 else value


def mix(parameters):
    if not isinstance(parameters, dict):
        return parameters
    return {name: _mixed(value, name) for name, value in parameters.items()}


@schemathesis.hook
def map_query(context, query):
    return mix(query)


@schemathesis.hook
def map_body(context, body):
    return mix(body)


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    return mix(path_parameters)


@pytest.fixture(autouse=True)
def connection_stays_open():
    """A request of its own WSGI client would close the connection, and with it the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, phases=[Phase.explicit, Phase.generate], database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_whatever_is_asked_the_answer_is_declared(case, cast):
    _, secret = PersonalAccessToken.objects.issue(cast.admin)
    response = case.call(headers={"Authorization": f"Bearer {secret}"})
    case.validate_response(
        response,
        checks=(
            not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
        ),
    )  # fmt: skip
