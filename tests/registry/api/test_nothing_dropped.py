"""Whatever a client's request may say is stored and told again, or refused by name: nothing is accepted and dropped."""

import inspect

import pytest
from databricks.sdk.service import catalog as sdk
from unitycatalog.client import models as open_source

from registry.models import Catalog, RegisteredModel, Schema
from registry.services.metadata import aliases
from tests.cast import actor

UC = "/api/2.1/unity-catalog"
PROBES = {
    "name": "new", "new_name": "newer", "comment": "described", "properties": {"team": "ml"}, "options": {"a": "b"},
    "owner": "reader@example.com", "aliases": [{"alias_name": "champion", "version_num": 1}], "browse_only": True,
    "isolation_mode": "ISOLATED", "enable_predictive_optimization": "DISABLE", "custom_max_retention_hours": 24,
    "managed_encryption_settings": {"key": "x"}, "created_at": 1, "updated_at": 1, "run_workspace_id": 7,
    "model_version_dependencies": {"dependencies": [{"table": {"table_full_name": "a.b.c"}}]},
}  # fmt: skip
"""What is sent of each field; of any other, a text."""
OF_THE_CHANGE = {"updated_at", "updated_by"}
"""Each change makes them anew, whatever the client has read of them before."""

REQUESTS = [
    # (a method of the SDK, or a message of the UC client) -> method, path, what it needs, where it is read again
    (sdk.CatalogsAPI.create, "POST", "catalogs", {"name": "new"}, "catalogs/new"),
    (sdk.CatalogsAPI.update, "PATCH", "catalogs/shop", {}, "catalogs/shop"),
    (sdk.SchemasAPI.create, "POST", "schemas", {"name": "new", "catalog_name": "shop"}, "schemas/shop.new"),
    (sdk.SchemasAPI.update, "PATCH", "schemas/shop.ml", {}, "schemas/shop.ml"),
    (
        sdk.RegisteredModelsAPI.create, "POST", "models",
        {"name": "new", "catalog_name": "shop", "schema_name": "ml"}, "models/shop.ml.new",
    ),
    (sdk.RegisteredModelsAPI.update, "PATCH", "models/shop.ml.churn", {}, "models/shop.ml.churn"),
    (sdk.ModelVersionsAPI.update, "PATCH", "models/shop.ml.churn/versions/1", {}, "models/shop.ml.churn/versions/1"),
    (open_source.CreateCatalog, "POST", "catalogs", {"name": "new"}, "catalogs/new"),
    (open_source.UpdateCatalog, "PATCH", "catalogs/shop", {}, "catalogs/shop"),
    (open_source.CreateSchema, "POST", "schemas", {"name": "new", "catalog_name": "shop"}, "schemas/shop.new"),
    (open_source.UpdateSchema, "PATCH", "schemas/shop.ml", {}, "schemas/shop.ml"),
    (
        open_source.CreateRegisteredModel, "POST", "models",
        {"name": "new", "catalog_name": "shop", "schema_name": "ml"}, "models/shop.ml.new",
    ),
    (open_source.UpdateRegisteredModel, "PATCH", "models/shop.ml.churn", {}, "models/shop.ml.churn"),
    (
        open_source.CreateModelVersion, "POST", "models/versions",
        {"model_name": "churn", "catalog_name": "shop", "schema_name": "ml", "source": "here"},
        "models/shop.ml.churn/versions/3",
    ),
    (open_source.UpdateModelVersion, "PATCH", "models/shop.ml.churn/versions/1", {}, "models/shop.ml.churn/versions/1"),
]  # fmt: skip


def fields_of(request):
    if inspect.isfunction(request):
        return [name for name in inspect.signature(request).parameters if name not in ("self", "full_name", "version")]
    return list(request.model_fields)


CASES = [
    pytest.param(method, path, needed, again, name, id=f"{request.__qualname__}-{name}")
    for request, method, path, needed, again in REQUESTS
    for name in fields_of(request)
    if name not in needed and name not in OF_THE_CHANGE
]


@pytest.mark.parametrize(("method", "path", "needed", "again", "name"), CASES)
def test_each_field_is_told_again_or_refused_by_name(api, cast, method, path, needed, again, name):
    admin, sent = api(cast.admin), PROBES.get(name, "probe")
    answer = admin(method, f"{UC}/{path}", {**needed, name: sent})
    if answer.status_code != 200:
        assert answer.status_code in (400, 404), answer.content
        words = {"aliases": "Version '1'"} if method == "POST" else {}
        assert words.get(name, name) in answer.json()["message"]
        return
    if name == "new_name":
        assert answer.json()["name"] == "newer"
        return
    read = admin.ok("GET", f"{UC}/{again}?include_aliases=true")
    told = read[name] if name != "aliases" else [{key: alias[key] for key in sent[0]} for alias in read[name]]
    assert told == sent


@pytest.mark.parametrize(
    ("path", "kept"),
    [("catalogs/shop", Catalog), ("schemas/shop.ml", Schema), ("models/shop.ml.churn", RegisteredModel)],
)
def test_what_was_read_may_be_sent_back(api, cast, path, kept):
    """As Terraform does: what it was told stands in what it sends."""
    aliases.set_registered_model_alias(actor=actor(cast.admin), model=cast.model, alias="champion", version=1)
    admin = api(cast.admin)
    before = admin.ok("GET", f"{UC}/{path}?include_aliases=true")
    told = {**before, "comment": "described", "updated_at": 1, "updated_by": "somebody"}
    admin.ok("PATCH", f"{UC}/{path}", told)
    after = admin.ok("GET", f"{UC}/{path}?include_aliases=true")
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= {"comment", "updated_at", "updated_by"}
    assert kept.objects.get().comment == "described"


def test_what_is_refused_changes_nothing(api, cast):
    status, code = api(cast.admin).error(
        "PATCH", f"{UC}/catalogs/shop", {"comment": "new", "isolation_mode": "ISOLATED"}
    )
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert Catalog.objects.get().comment != "new"


def test_properties_are_replaced_as_a_whole_and_counted(api, cast):
    admin = api(cast.admin)
    for path in ("catalogs/shop", "schemas/shop.ml"):
        assert admin.ok("GET", f"{UC}/{path}")["properties"] == {}
        admin.ok("PATCH", f"{UC}/{path}", {"properties": {"a": "1", "b": "2"}})
        admin.ok("PATCH", f"{UC}/{path}", {"comment": "they stay"})
        assert admin.ok("PATCH", f"{UC}/{path}", {"properties": {"c": ""}})["properties"] == {"c": ""}
        assert admin.ok("PATCH", f"{UC}/{path}", {"properties": {}})["properties"] == {}
        for wrong in (
            {str(number): "" for number in range(101)},
            {"": "x"},
            {"k" * 256: ""},
            {"k": "x" * 4_001},
            {"k": []},
        ):
            assert admin.error("PATCH", f"{UC}/{path}", {"properties": wrong})[0] == 400


def test_aliases_are_declared_with_their_model(api, cast):
    """A list stands for all of them: what is not in it is removed."""
    admin, path = api(cast.admin), f"{UC}/models/shop.ml.churn"

    def declare(**declared):
        listed = [{"alias_name": alias, "version_num": version} for alias, version in declared.items()]
        told = admin.ok("PATCH", path, {"aliases": listed})
        return {alias["alias_name"]: alias["version_num"] for alias in told.get("aliases", [])}

    assert declare(champion=1, best=2) == {"champion": 1, "best": 2}
    assert declare(Champion=2) == {"Champion": 2}
    admin.ok("PATCH", path, {"comment": "they stay"})
    assert cast.model.aliases.count() == 1
    assert declare() == {}
    assert admin.error("PATCH", path, {"comment": "no", "aliases": [{"alias_name": "a", "version_num": 9}]})[0] == 404
    assert admin.ok("GET", path)["comment"] == "they stay"


def test_a_model_is_created_for_another_owner(api, cast):
    created = {"name": "gift", "catalog_name": "shop", "schema_name": "ml", "owner": cast.reader.user_name}
    assert api(cast.admin).ok("POST", f"{UC}/models", created)["owner"] == cast.reader.user_name
    mine = {**created, "name": "mine", "owner": cast.admin.user_name}
    assert api(cast.admin).ok("POST", f"{UC}/models", mine)["owner"] == cast.admin.user_name
    bad = {**created, "name": "none", "owner": "nobody@example.com"}
    assert api(cast.admin).error("POST", f"{UC}/models", bad)[0] == 404
    assert not RegisteredModel.objects.filter(name="none").exists()
