"""How many queries a page or a listing may cost, however many rows it shows."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from registry.models import RegisteredModel
from tests.cast import grant
from tests.factories import CatalogFactory, ModelVersionFactory, RegisteredModelFactory, SchemaFactory
from tests.pages import text

PAGES = [
    ("/explore/data", 20),
    ("/explore/data/shop", 25),
    ("/explore/data/shop/ml", 25),
    ("/explore/data/models/shop/ml/churn", 30),
    ("/explore/data/models/shop/ml/churn?words=x&status=READY&sort=size&metric=m", 30),
    ("/explore/data/models/shop/ml/churn/use", 25),
    ("/explore/data/models/shop/ml/churn?activeTab=permissions", 30),
    ("/explore/data/models/shop/ml/churn/version/1", 30),
    ("/explore/data/models/shop/ml/churn/version/1?activeTab=lineage", 30),
    ("/explore/data/models/shop/ml/churn/version/1/lineage?side=downstream", 20),
    ("/explore/data/models/shop/ml/churn/version/1?activeTab=artifacts", 30),
    ("/explore/compare?version=shop.ml.churn/1&version=shop.ml.churn/2", 30),
    ("/explore/data/models/shop/ml/churn/version/1?activeTab=permissions", 30),
    ("/explore/data/models/shop/ml/churn?activeTab=activity", 30),
    ("/explore/data/models/shop/ml/churn?activeTab=permissions&operation=READ_ARTIFACTS", 30),
    ("/explore/data/models/shop/ml/churn?activeTab=lineage", 30),
    ("/explore/data/models/shop/ml/churn?activeTab=discussion", 30),
    ("/explore/data/models/shop/ml/churn/version/1?activeTab=discussion", 30),
    ("/settings/profile", 20),
    ("/settings/tokens", 20),
    ("/settings/governed-tags", 20),
    ("/inbox", 25),
    ("/explore/tree?open=shop.ml", 20),
    ("/explore/tree?filter=m", 20),
    ("/explore/palette?q=m&path=shop.ml.churn", 25),
    ("/audit", 22),
    ("/explore/search?q=model", 20),
    ("/explore/search?catalog=shop&tag=k%3D&status=READY", 20),
    ("/explore/search/facets?q=model", 25),
]
DIALOGS = [
    "/explore/grants/catalog/shop/revoke?principal=everybody-in-sales&privilege=USE_CATALOG",
    "/explore/grants/function/shop.ml.churn/revoke?principal=everybody-in-sales&privilege=EXECUTE",
]
ADMINISTRATORS = [
    "/explore/data/models/shop/ml/churn/aliases/set",
    "/explore/data/models/shop/ml/churn/version/1/copy",
    "/explore/data/models/shop/ml/churn/version/1/draft",
    "/explore/data/shop?activeTab=permissions",
    "/settings/storage",
    "/settings/jobs",
    "/settings/users",
    "/settings/groups",
    "/settings/groups/1",
    "/settings/all-tokens",
    "/admin/registry/registeredmodel/",
    "/admin/registry/modelversion/",
]
LISTINGS = [
    ("/api/2.0/mlflow/unity-catalog/registered-models/search", 13),
    ("/api/2.0/mlflow/unity-catalog/model-versions/search", 14),
    ("/api/2.0/mlflow/registered-models/search?filter=name+LIKE+%27shop.%25%27+AND+tags.k+%3D+%27%27", 13),
    ("/api/2.0/mlflow/model-versions/search?filter=name+LIKE+%27shop.%25%27", 14),
    ("/api/2.1/unity-catalog/models?catalog_name=shop&schema_name=ml&include_browse=true", 15),
    ("/api/2.1/unity-catalog/models/shop.ml.churn/versions", 15),
    ("/api/2.0/preview/scim/v2/Users", 12),
    ("/api/2.0/preview/scim/v2/Groups", 12),
    ("/api/2.1/unity-catalog/catalogs", 12),
    ("/api/2.1/unity-catalog/schemas?catalog_name=shop", 13),
    ("/api/2.1/unity-catalog/permissions/function/shop.ml.churn", 16),
    ("/api/2.1/unity-catalog/effective-permissions/function/shop.ml.churn", 20),
    ("/api/2.1/catalog-explorer/audit-events", 12),
    ("/api/2.1/catalog-explorer/access-requests", 12),
    ("/api/2.1/catalog-explorer/explain/function/shop.ml.churn?operation=READ_ARTIFACTS", 24),
]


@pytest.fixture
def crowded(cast):
    for _ in range(30):
        grant(cast.reader, CatalogFactory(), "BROWSE")
        grant(cast.reader, SchemaFactory(catalog=cast.catalog), "EXECUTE")
        grant(cast.reader, RegisteredModelFactory(schema=cast.schema), "EXECUTE")
        copy = ModelVersionFactory(registered_model=cast.model, copied_from=cast.version)
        copy.tags.create(key="k")
        said = cast.model.discussion.create(model_version=copy, author=cast.writer, author_name="w", text="Said.")
        cast.model.discussion.create(model_version=copy, author=cast.owner, author_name="o", text="Yes.", thread=said)
    cast.model.versions.update(metrics=[{"key": "auc", "value": 0.5, "timestamp": 1, "step": 0}])
    for number in range(30):
        cast.version.lineage_edges.create(direction="UPSTREAM", kind="TABLE", entity_id=number, name=f"c{number}.s.t")
    return cast


@pytest.mark.parametrize("path", [path for path, _ in PAGES + LISTINGS])
def test_more_grants_cost_no_more_queries(api, as_user, cast, path):
    """Pages, lists of many objects, and point checks: the number of queries stays, however much is granted."""
    for number in range(100):
        RegisteredModelFactory(schema=cast.schema, name=f"many{number}")

    def count():
        ask = api(cast.reader) if path.startswith("/api") else as_user(cast.reader)
        ask("GET", path) if path.startswith("/api") else ask.get(path)  # what is remembered is remembered now
        with CaptureQueriesContext(connection) as queries:
            answer = ask("GET", path) if path.startswith("/api") else ask.get(path)
        assert answer.status_code == 200
        return len(queries)

    before = count()
    for model in RegisteredModel.objects.all():
        grant(cast.reader, model, "EXECUTE", "MANAGE")
    for _ in range(20):
        grant(cast.reader, SchemaFactory(catalog=cast.catalog), "EXECUTE", "MANAGE")
        grant(cast.stranger, cast.model, "APPLY TAG")
    # Somebody who manages is offered more, which costs a few queries more: a number that does not grow with the grants.
    assert count() <= before + 8


@pytest.mark.parametrize(("path", "budget"), PAGES)
def test_pages(as_user, crowded, django_assert_max_num_queries, path, budget):
    browser = as_user(crowded.reader)
    with django_assert_max_num_queries(budget):
        assert browser.get(path).status_code == 200


@pytest.mark.parametrize("path", ADMINISTRATORS)
def test_pages_of_administrators(as_user, crowded, django_assert_max_num_queries, path):
    browser = as_user(crowded.admin)
    with django_assert_max_num_queries(30):
        assert browser.get(path).status_code == 200


@pytest.mark.parametrize("path", DIALOGS)
def test_previews_for_many_people(as_user, crowded, django_assert_max_num_queries, path):
    """As a page, without script; begin and end of the transaction included."""
    sales = Group.objects.get(name="everybody-in-sales")
    for number in range(30):
        User.objects.create_user(f"person{number:02}@example.com").groups.add(sales)
    browser = as_user(crowded.admin)
    with django_assert_max_num_queries(30):
        told = text(browser.get(path))
    assert "31 people are reached by this" in told


@pytest.mark.parametrize(("path", "budget"), LISTINGS)
def test_listings(api, crowded, django_assert_max_num_queries, path, budget):
    reader = api(crowded.reader)
    with django_assert_max_num_queries(budget):
        reader.ok("GET", path)
