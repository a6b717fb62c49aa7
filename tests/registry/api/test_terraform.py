"""The sequences of Terraform's Databricks provider, as it sends them: what is read back equals what was sent.

Each resource is created, read, changed, read and deleted; a second plan is empty where the read tells what was sent.
"""

import pytest

UC = "/api/2.1/unity-catalog"
AGENT = "databricks-tf-provider/1.97.0 databricks-sdk-go/0.85.0 go/1.24.0 os/linux terraform/1.13.0 resource/catalog"


@pytest.fixture
def provider(api, cast):
    asking = api(cast.admin)
    asking.headers["User-Agent"] = AGENT
    return lambda method, path, body=None: asking.ok(method, f"{UC}/{path}", body)


def tells(answer, sent):
    return {name: answer[name] for name in sent} == sent


def test_a_catalog(provider):
    """The provider deletes the schema ``default`` that the vendor makes with each catalog."""
    sent = {"name": "tf", "comment": "managed", "properties": {"purpose": "testing"}}
    assert tells(provider("POST", "catalogs", sent), sent)
    provider("DELETE", "schemas/tf.default")
    read = provider("GET", "catalogs/tf")
    assert tells(read, sent)
    assert read["isolation_mode"] == "OPEN"
    changed = {"comment": "changed", "properties": {"purpose": "using"}, "isolation_mode": "OPEN"}
    provider("PATCH", "catalogs/tf", changed)
    provider("PATCH", "catalogs/tf", {"owner": "readers"})
    assert tells(provider("GET", "catalogs/tf"), {**changed, "name": "tf", "owner": "readers"})
    provider("DELETE", "catalogs/tf?force=false")


def test_a_schema(provider):
    sent = {"name": "things", "catalog_name": "shop", "comment": "managed", "properties": {"kind": "various"}}
    assert tells(provider("POST", "schemas", sent), sent)
    assert tells(provider("GET", "schemas/shop.things"), sent)
    provider("PATCH", "schemas/shop.things", {"comment": "changed", "new_name": "other"})
    assert tells(provider("GET", "schemas/shop.other"), {"comment": "changed", "properties": {"kind": "various"}})
    provider("DELETE", "schemas/shop.other?force=true")


def test_a_registered_model(provider, cast):
    sent = {"name": "tf", "catalog_name": "shop", "schema_name": "ml", "comment": "managed"}
    assert tells(provider("POST", "models", sent), sent)
    read = provider("GET", "models/shop.ml.tf?include_aliases=true")
    assert tells(read, sent)
    # An update sends back all that the state holds of the last read.
    state = {name: value for name, value in read.items() if value and name != "tags"}
    provider("PATCH", "models/shop.ml.tf", {**state, "comment": "changed", "owner": "readers"})
    assert tells(provider("GET", "models/shop.ml.tf"), {**sent, "comment": "changed", "owner": "readers"})
    provider("DELETE", "models/shop.ml.tf")


def test_a_registered_model_keeps_its_declared_aliases(provider, cast):
    provider("PUT", "models/shop.ml.churn/aliases/by_hand", {"version_num": 1})
    read = provider("GET", "models/shop.ml.churn?include_aliases=true")
    provider("PATCH", "models/shop.ml.churn", {"comment": "changed", "aliases": read["aliases"]})
    assert provider("GET", "models/shop.ml.churn?include_aliases=true")["aliases"] == read["aliases"]


def test_grants(provider, cast):
    """The provider reads, sends the difference, and reads again."""
    wanted = {"principal": "stranger@example.com", "privileges": ["EXECUTE"]}
    path = "permissions/function/shop.ml.churn"

    def told():
        rows = provider("GET", path)["privilege_assignments"]
        return {row["principal"]: sorted(row["privileges"]) for row in rows}

    before = told()
    change = {"principal": wanted["principal"], "add": wanted["privileges"], "remove": []}
    provider("PATCH", path, {"changes": [change]})
    assert told() == {**before, wanted["principal"]: wanted["privileges"]}
    provider("PATCH", path, {"changes": [{**change, "add": [], "remove": wanted["privileges"]}]})
    assert told() == before


def test_tags(provider):
    sent = {"entity_type": "schemas", "entity_name": "shop.ml", "tag_key": "team", "tag_value": "ml"}
    assert provider("POST", "entity-tag-assignments", sent) == sent
    path = "entity-tag-assignments/schemas/shop.ml/tags/team"
    assert provider("GET", path) == sent
    provider("PATCH", f"{path}?update_mask=tag_value", {**sent, "tag_value": "risk"})
    assert provider("GET", path) == {**sent, "tag_value": "risk"}
    provider("DELETE", path)
