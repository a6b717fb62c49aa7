"""Containers that are renamed, before a worker has filed their models anew: what is true from the commit on."""

from urllib.parse import quote, urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import AuditEvent, Catalog, Job, RegisteredModel
from registry.services.hierarchy import catalogs, schemas
from registry.services.shared import finders
from tests.cast import actor
from tests.factories import CatalogFactory, ModelVersionFactory, RegisteredModelFactory, SchemaFactory

MLFLOW = "/api/2.0/mlflow"
DATABRICKS = "/api/2.0/mlflow/unity-catalog"
UC = "/api/2.1/unity-catalog"

BY_NAME = [
    f"{MLFLOW}/registered-models/get?name={{name}}",
    f"{DATABRICKS}/registered-models/get?name={{name}}",
    f"{DATABRICKS}/registered-models/alias?name={{name}}&alias=champion",
    f"{DATABRICKS}/model-versions/get?name={{name}}&version=1",
    f"{UC}/models/{{name}}",
    f"{UC}/models/{{name}}/versions",
    f"{UC}/models/{{name}}/versions/1",
    f"{UC}/models/{{name}}/aliases/champion",
    f"{UC}/models?catalog_name={{catalog}}&schema_name=ml",
    f"{UC}/schemas?catalog_name={{catalog}}",
    "/explore/data/{catalog}",
    "/explore/data/{catalog}/ml",
    "/explore/data/models/{catalog}/ml/churn",
    "/explore/data/models/{catalog}/ml/churn/version/1",
    "/explore/data/models/{catalog}/ml/churn/use",
    "/explore/compare?version={name}/1&version={name}/2",
]
FILTERS = [
    "name = '{name}'", "name IN ('{name}')", "name LIKE '{catalog}.%'", "name LIKE '{name}'", "name ILIKE '{shouted}%'",
]  # fmt: skip
SEARCHES = [
    *(f"{MLFLOW}/registered-models/search?filter={{{at}}}" for at in range(len(FILTERS))),
    *(f"{MLFLOW}/model-versions/search?filter={{{at}}}" for at in range(len(FILTERS))),
    *(f"{DATABRICKS}/model-versions/search?filter={{{at}}}" for at in range(len(FILTERS))),
    *(f"/explore/search?q={{{at}}}" for at in range(len(FILTERS))),
    "/explore/search?q={name}",
    "/explore/search?q={catalog}.ml.churn",
    "/explore/search?catalog={catalog}",
    "/explore/tree?filter={catalog}.ml",
    "/explore/palette?q={name}",
    "/explore/compare/versions?version={name}",
    "/admin/registry/registeredmodel/?q={name}",
    "/admin/registry/modelversion/?q={catalog}+churn",
]  # fmt: skip
EVERYWHERE = [
    f"{MLFLOW}/registered-models/search",
    f"{DATABRICKS}/registered-models/search",
    f"{DATABRICKS}/model-versions/search",
    f"{UC}/models",
    f"{UC}/catalogs",
    "/explore/data",
    "/explore/tree?open=store.ml",
    "/explore/search/facets",
    "/admin/registry/modelversion/",
]


def filled(address, catalog):
    name = f"{catalog}.ml.churn"
    filters = [quote(one.format(name=name, catalog=catalog, shouted=name.upper())) for one in FILTERS]
    return address.format(*filters, name=name, catalog=catalog)


@pytest.fixture
def ask(api, as_user, cast):
    """Ask as the administrator, an API or a page as the address has it."""
    cast.model.aliases.create(name="champion", folded="champion", model_version=cast.version)

    def get(address):
        is_api = address.startswith("/api")
        return api(cast.admin)("GET", address) if is_api else as_user(cast.admin).get(address)

    return get


def rename(cast, new_name="store"):
    catalogs.update_catalog(actor=actor(cast.admin), catalog=Catalog.objects.get(pk=cast.catalog.pk), new_name=new_name)


def is_refiled():
    return all(model.filed_as == model.full_name for model in RegisteredModel.objects.all())


@pytest.mark.parametrize("address", BY_NAME)
def test_the_new_name_is_right_from_the_rename_on_and_the_old_one_is_gone(ask, cast, address):
    assert ask(filled(address, "shop")).status_code == 200
    rename(cast)
    assert not is_refiled()
    answer = ask(filled(address, "store"))
    assert answer.status_code == 200
    if not address.startswith(UC):  # whose messages may say nothing of the catalog
        assert b"store" in answer.content
        assert b"shop" not in answer.content
    assert ask(filled(address, "shop")).status_code == 404


@pytest.mark.parametrize("address", SEARCHES)
def test_filters_find_the_new_name_and_not_the_old_one(ask, cast, address):
    found, nothing = ask(filled(address, "shop")), ask(filled(address, "nowhere"))
    assert found.content.count(b"churn") > nothing.content.count(b"churn")
    rename(cast)
    assert not is_refiled()
    answer = ask(filled(address, "store"))
    assert answer.content.count(b"churn") == found.content.count(b"churn")
    assert b"shop" not in answer.content
    assert ask(filled(address, "shop")).content.count(b"churn") == nothing.content.count(b"churn")


@pytest.mark.parametrize("address", EVERYWHERE)
def test_lists_show_the_new_name_alone(ask, cast, address):
    rename(cast)
    answer = ask(address)
    assert b"store" in answer.content
    assert b"shop" not in answer.content


def test_a_filter_that_excludes_a_name_excludes_the_new_one(ask, cast):
    rename(cast)
    for unlike in ("!= 'store.ml.churn'", "NOT IN ('store.ml.churn')"):
        answer = ask(f"{MLFLOW}/registered-models/search?{urlencode({'filter': f'name {unlike}'})}")
        assert answer.json()["registered_models"] == []


def test_what_is_no_full_name_equals_none(ask, cast):
    for name, count in (("= 'churn'", 0), ("!= 'churn'", 1), ("= 'a.b.c.d'", 0)):
        answer = ask(f"{MLFLOW}/registered-models/search?{urlencode({'filter': f'name {name}'})}")
        assert len(answer.json()["registered_models"]) == count


@pytest.mark.parametrize("container", ["catalog", "schema"])
def test_a_rename_costs_the_same_for_any_number_of_models(cast, container):
    def queries(new_name):
        row = type(cast[container]).objects.get(pk=cast[container].pk)
        update = catalogs.update_catalog if container == "catalog" else schemas.update_schema
        asking = actor(cast.admin)
        finders.get_catalog(actor=asking, name=row.full_name.partition(".")[0])  # rights are read
        with CaptureQueriesContext(connection) as captured:
            update(actor=asking, **{container: row}, new_name=new_name)
        return len(captured)

    for _ in range(4):
        RegisteredModelFactory(schema=cast.schema)
    of_five = queries("first")
    for _ in range(495):
        RegisteredModelFactory(schema=cast.schema)
    assert queries("second") == of_five


def test_a_rename_leaves_one_event_and_one_job(cast):
    events = AuditEvent.objects.count()
    rename(cast)
    job = Job.objects.get()
    assert AuditEvent.objects.count() == events + 1
    assert (job.kind, job.state, job.container_uid, job.requested_by) == (
        "REFILE", "QUEUED", cast.catalog.uid, "admin@example.com",
    )  # fmt: skip
    assert str(job) == "File the models of Catalog store under its new name"


def test_a_new_catalog_that_takes_the_old_name_has_only_its_own(ask, cast):
    rename(cast)
    taken = SchemaFactory(catalog=CatalogFactory(name="shop"), name="ml")
    other = RegisteredModelFactory(schema=taken, name="churn", comment="the new one")
    ModelVersionFactory(registered_model=other)
    assert RegisteredModel.objects.filter(filed_as="shop.ml.churn").count() == 2
    assert ask(f"{UC}/models/shop.ml.churn").json()["comment"] == "the new one"
    assert len(ask(f"{UC}/models/shop.ml.churn/versions").json()["model_versions"]) == 1
    assert len(ask(f"{UC}/models/store.ml.churn/versions").json()["model_versions"]) == 2
    for where in ("name LIKE 'shop.%'", "name = 'shop.ml.churn'", "name IN ('shop.ml.churn')"):
        answer = ask(f"{MLFLOW}/registered-models/search?{urlencode({'filter': where})}")
        assert [model["description"] for model in answer.json()["registered_models"]] == ["the new one"]


@pytest.mark.parametrize(
    "address", [f"{DATABRICKS}/registered-models/search?", f"{MLFLOW}/registered-models/search?", f"{UC}/models?"]
)
def test_models_that_are_filed_under_one_name_are_each_on_one_page(ask, cast, address):
    """Nine of the old catalog and nine of one that took its name; pages of one model."""
    for number in range(8):
        RegisteredModelFactory(schema=cast.schema, name=f"m{number}")
    rename(cast)
    taken = SchemaFactory(catalog=CatalogFactory(name="shop"), name="ml")
    for name in ("churn", *(f"m{number}" for number in range(8))):
        RegisteredModelFactory(schema=taken, name=name)
    seen, token = [], ""
    while not seen or token:
        told = ask(f"{address}max_results=1&{urlencode({'page_token': token})}").json()
        seen += [model.get("full_name", model["name"]) for model in told["registered_models"]]
        token = told.get("next_page_token", "")
    assert len(seen) == len(set(seen)) == 18
