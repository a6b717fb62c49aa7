import pytest

from registry.exceptions import DoesNotExist, InvalidParameterValue
from registry.models import SavedSearch
from registry.names import CERTIFICATION
from registry.search import conditions
from registry.services.finding import facets, saved_searches
from tests.cast import actor, grant
from tests.factories import ModelVersionFactory, RegisteredModelFactory


@pytest.fixture
def found(cast):
    """``shop.ml.churn`` with everything that a facet counts, and a model that the reader may not know of."""
    cast.model.tags.create(key="team", value="risk")
    cast.model.tags.create(key="pii")
    cast.model.tags.create(key=CERTIFICATION, value="deprecated")
    cast.model.aliases.create(name="Champion", folded="champion", model_version=cast.version)
    ModelVersionFactory(registered_model=cast.model, flavor="sklearn")
    ModelVersionFactory(registered_model=cast.model, flavor="sklearn")
    hidden = RegisteredModelFactory(schema=cast.schema, name="hidden", owner_user=cast.writer)
    hidden.tags.create(key="team", value="secret")
    ModelVersionFactory(registered_model=hidden, flavor="secretlib")
    return cast


def counted(cast, member="reader", where="", **chosen):
    _, told = facets.count_facets(actor=actor(cast[member]), where=where, chosen=chosen)
    return {name: [(count.value, count.count) for count in values] for name, values in told.items()}


def test_what_one_may_know_of_is_counted_and_nothing_else(found):
    assert counted(found) == {
        "catalog": [("shop", 1)],
        "owner": [("owner@example.com", 1)],
        "certification": [("deprecated", 1)],
        "tag": [("pii=", 1), ("team=risk", 1)],
        "alias": [("champion", 1)],
        "flavor": [("sklearn", 1)],
        "status": [("PENDING_REGISTRATION", 1), ("READY", 1)],
    }
    assert counted(found, "stranger") == {}
    assert counted(found, "admin")["catalog"] == [("shop", 2)]


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({"catalog": "shop"}, ["shop.ml.churn", "shop.ml.hidden"]),
        ({"catalog": "nothing"}, []),
        ({"owner": "owner@example.com"}, ["shop.ml.churn"]),
        ({"tag": "team=risk"}, ["shop.ml.churn"]),
        ({"tag": "pii="}, ["shop.ml.churn"]),
        ({"tag": "pii"}, ["shop.ml.churn"]),
        ({"certification": "deprecated"}, ["shop.ml.churn"]),
        ({"certification": "certified"}, []),
        ({"alias": "champion"}, ["shop.ml.churn"]),
        ({"flavor": "secretlib"}, ["shop.ml.hidden"]),
        ({"status": "PENDING_REGISTRATION"}, ["shop.ml.churn"]),
        ({"status": "READY", "tag": "team=secret"}, ["shop.ml.hidden"]),
    ],
)
def test_a_search_is_narrowed_to_what_is_chosen(found, chosen, names):
    models = facets.search_models(actor=actor(found.admin), where="", chosen=chosen)
    assert [model.full_name for model in models] == names


def test_counts_follow_the_filter_and_what_is_chosen(found):
    assert counted(found, where="name LIKE '%hidden'") == {}
    assert counted(found, "admin", where="name LIKE '%hidden'")["tag"] == [("team=secret", 1)]
    assert counted(found, "admin", tag="team=risk")["flavor"] == [("sklearn", 1)]


def test_of_many_models_some_are_counted_and_the_most_frequent_come_first(found, monkeypatch):
    for _ in range(3):
        RegisteredModelFactory(schema=found.schema, owner_user=found.reader)
    assert counted(found, "admin")["owner"][0] == ("reader@example.com", 3)
    monkeypatch.setattr(facets, "CAP", 4)
    _, told = facets.count_facets(actor=actor(found.admin), where="", chosen={})
    assert [(count.value, count.words) for count in told["catalog"]] == [("shop", "4+")]
    assert facets.FacetCount("x", 1000, is_least=True).words == "1,000+"
    assert facets.FacetCount("x", 1).words == "1"


@pytest.mark.parametrize("few", [0, 1000])
def test_what_many_have_and_what_few_have_is_found_alike(found, monkeypatch, few):
    monkeypatch.setattr(conditions, "FEW", few)
    chosen = {"tag": "team=risk", "alias": "champion", "flavor": "sklearn", "status": "READY"}
    models = facets.search_models(actor=actor(found.reader), where="", chosen=chosen)
    assert [model.full_name for model in models] == ["shop.ml.churn"]


def test_browse_is_enough_to_find(found):
    assert counted(found, "browser")["catalog"] == [("shop", 2)]
    grant(found.stranger, found.catalog, "BROWSE")
    assert counted(found, "stranger")["alias"] == [("champion", 1)]


def test_saved_searches_are_ones_own_and_replaced_by_name(cast, monkeypatch):
    reader, owner = actor(cast.reader), actor(cast.owner)
    saved_searches.save_search(actor=reader, name="mine", query="q=a")
    kept = saved_searches.save_search(actor=reader, name="mine", query="q=b")
    assert [(row.name, row.query) for row in saved_searches.list_saved_searches(actor=reader)] == [("mine", "q=b")]
    assert not saved_searches.list_saved_searches(actor=owner)
    with pytest.raises(DoesNotExist):
        saved_searches.delete_saved_search(actor=owner, key=kept.pk)
    monkeypatch.setattr("registry.limits.SAVED_SEARCHES", 1)
    with pytest.raises(InvalidParameterValue, match="limit"):
        saved_searches.save_search(actor=reader, name="another", query="q=c")
    saved_searches.delete_saved_search(actor=reader, key=kept.pk)
    assert not SavedSearch.objects.exists()


@pytest.mark.parametrize("query", ["", "q=" + "x" * 10_000])
def test_nothing_and_too_much_are_not_saved(cast, query):
    with pytest.raises(InvalidParameterValue):
        saved_searches.save_search(actor=actor(cast.reader), name="x", query=query)
