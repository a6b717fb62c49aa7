"""How many queries a page or a listing may cost, however many rows it shows.

The crowd is made once for all that is asked of it: making it takes longer than asking.
"""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from registry.models import RegisteredModel
from registry.services.shared import graph
from tests.cast import grant
from tests.factories import CatalogFactory, ModelVersionFactory, RegisteredModelFactory, SchemaFactory
from tests.pages import text
from tests.undone import undone

pytestmark = pytest.mark.large

PAGES = [
    ("/explore/data", 20),
    ("/explore/data/shop", 25),
    ("/explore/data/shop/ml", 25),
    ("/explore/data/models/shop/ml/churn", 30),
    ("/explore/data/models/shop/ml/churn?words=x&status=READY&sort=size&metric=m", 30),
    ("/explore/data/models/shop/ml/churn/use", 25),
    ("/explore/data/models/shop/ml/churn?activeTab=permissions", 30),
    ("/explore/data/models/shop/ml/churn/version/1", 30),
    (
        "/explore/data/models/shop/ml/churn/version/1?activeTab=lineage",
        36,
    ),  # one of them, what somebody is called, once a minute
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
    ("/explore/trash", 20),
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
    "/settings/imports",
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
    for catalog in CatalogFactory.create_batch(30):
        grant(cast.reader, catalog, "BROWSE")
    for schema in SchemaFactory.create_batch(30, catalog=cast.catalog):
        grant(cast.reader, schema, "EXECUTE")
    for model in RegisteredModelFactory.create_batch(30, schema=cast.schema):
        grant(cast.reader, model, "EXECUTE")
    for copy in ModelVersionFactory.create_batch(30, registered_model=cast.model, copied_from=cast.version):
        copy.tags.create(key="k")
        said = cast.model.discussion.create(model_version=copy, author=cast.writer, author_name="w", text="Said.")
        cast.model.discussion.create(model_version=copy, author=cast.owner, author_name="o", text="Yes.", thread=said)
    cast.model.versions.update(metrics=[{"key": "auc", "value": 0.5, "timestamp": 1, "step": 0}])
    tables = graph.nodes_of(graph.Entity(graph.Kind.TABLE, f"c{number}.s.t", f"c{number}.s.t") for number in range(30))
    graph.connect(tables.values(), [graph.node_of(cast.version)], graph.Edge.READ, "x")
    return cast


def test_more_grants_cost_no_more_queries(api, as_user, cast, subtests):
    """Pages, lists of many objects, and point checks: the number of queries stays, however much is granted."""
    for number in range(100):
        RegisteredModelFactory(schema=cast.schema, name=f"many{number}")
    paths = [path for path, _ in PAGES + LISTINGS]

    def count(path):
        ask = api(cast.reader) if path.startswith("/api") else as_user(cast.reader)
        ask("GET", path) if path.startswith("/api") else ask.get(path)  # what is remembered is remembered now
        with CaptureQueriesContext(connection) as queries:
            answer = ask("GET", path) if path.startswith("/api") else ask.get(path)
        assert answer.status_code == 200
        return len(queries)

    def counts():
        found = {}
        for path in paths:
            with subtests.test(path), undone():
                found[path] = count(path)
        return found

    before = counts()
    for model in RegisteredModel.objects.all():
        grant(cast.reader, model, "EXECUTE", "MANAGE")
    for _ in range(20):
        grant(cast.reader, SchemaFactory(catalog=cast.catalog), "EXECUTE", "MANAGE")
        grant(cast.stranger, cast.model, "APPLY TAG")
    after = counts()
    # Somebody who manages is offered more, which costs a few queries more: a number that does not grow with the grants.
    assert {path: after[path] for path in paths if after[path] > before[path] + 8} == {}


def test_pages(as_user, crowded, subtests, django_assert_max_num_queries):
    for path, budget in PAGES:
        with subtests.test(path), undone():
            browser = as_user(crowded.reader)
            with django_assert_max_num_queries(budget):
                assert browser.get(path).status_code == 200


def test_pages_of_administrators(as_user, crowded, subtests, django_assert_max_num_queries):
    for path in ADMINISTRATORS:
        with subtests.test(path), undone():
            browser = as_user(crowded.admin)
            with django_assert_max_num_queries(30):
                assert browser.get(path).status_code == 200


def test_previews_for_many_people(as_user, crowded, subtests, django_assert_max_num_queries):
    """As a page, without script; begin and end of the transaction included."""
    sales = Group.objects.get(name="everybody-in-sales")
    for number in range(30):
        User.objects.create_user(f"person{number:02}@example.com").groups.add(sales)
    for path in DIALOGS:
        with subtests.test(path), undone():
            browser = as_user(crowded.admin)
            with django_assert_max_num_queries(30):
                told = text(browser.get(path))
            assert "31 people affected." in told


def test_listings(api, crowded, subtests, django_assert_max_num_queries):
    for path, budget in LISTINGS:
        with subtests.test(path), undone():
            reader = api(crowded.reader)
            with django_assert_max_num_queries(budget):
                reader.ok("GET", path)
