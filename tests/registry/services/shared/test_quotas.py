"""Quotas of numbers of objects: what they count, and what it costs to list them all."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.services.shared import quotas
from tests.cast import actor
from tests.factories import CatalogFactory, RegisteredModelFactory, SchemaFactory


@pytest.fixture
def limited(settings):
    settings.QUOTAS = dict.fromkeys(settings.QUOTAS, 1_000)


def listed(cast):
    return {(str(quota.parent), quota.name): quota.count for quota in quotas.list_quotas(actor=actor(cast.admin))}


def test_each_quota_counts_what_is_in_its_own_parent(cast, limited):
    other = SchemaFactory(catalog=CatalogFactory(name="other"), name="s")
    for number in range(3):
        RegisteredModelFactory(schema=other, name=f"m{number}")
    SchemaFactory(catalog=cast.catalog, name="empty")
    told = listed(cast)
    assert told["shop", "schema-quota"] == 2
    assert told["other", "schema-quota"] == 1
    assert told["shop.ml", "registered-model-quota"] == 1
    assert told["shop.empty", "registered-model-quota"] == 0
    assert told["other.s", "registered-model-quota"] == 3
    assert told["metastore", "catalog-quota"] == 2
    assert told["metastore", "registered-model-quota"] == 4
    for quota in quotas.list_quotas(actor=actor(cast.admin)):
        if not quota.name.startswith("artifact"):
            assert quotas.get_quota(actor=actor(cast.admin), parent=quota.parent, name=quota.name) == quota


def test_more_catalogs_and_schemas_cost_no_more_queries(cast, limited):
    def count():
        with CaptureQueriesContext(connection) as queries:
            listed(cast)
        return len(queries)

    listed(cast)  # what is remembered is remembered now
    before = count()
    for number in range(10):
        catalog = CatalogFactory(name=f"c{number}")
        for name in ("a", "b"):
            RegisteredModelFactory(schema=SchemaFactory(catalog=catalog, name=name))
    assert count() == before
