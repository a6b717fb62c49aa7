import pytest

from registry.models import ModelVersion, RegisteredModel
from tests.cast import grant
from tests.factories import ModelVersionFactory, RegisteredModelFactory, SchemaFactory

MODELS = "/api/2.0/mlflow/unity-catalog/registered-models/search"
VERSIONS = "/api/2.0/mlflow/unity-catalog/model-versions/search"


def walk(api, path, key, size):
    """Every page of a listing. None is short but the last, none is empty, and none is shown twice."""
    pages, token = [], ""
    while True:
        separator = "&" if "?" in path else "?"
        answer = api.ok("GET", f"{path}{separator}max_results={size}&page_token={token}")
        pages.append(answer[key])
        token = answer.get("next_page_token")
        if not token:
            return pages


@pytest.fixture
def many(cast):
    other = SchemaFactory(catalog=cast.catalog, name="aaa")
    for number in range(12):
        model = RegisteredModelFactory(schema=other if number % 2 else cast.schema, name=f"m{number:02}")
        if number % 3 == 0:
            grant(cast.reader, model, "EXECUTE")
    return cast


def test_pages_are_full_for_a_reader_who_sees_little(api, many):
    pages = walk(api(many.reader), MODELS, "registered_models", 2)
    names = [model["name"] for page in pages for model in page]
    assert names == ["shop.aaa.m03", "shop.aaa.m09", "shop.ml.churn", "shop.ml.m00", "shop.ml.m06"]
    assert [len(page) for page in pages] == [2, 2, 1]


def test_a_last_page_that_is_full_has_no_token(api, many):
    assert [len(page) for page in walk(api(many.reader), MODELS, "registered_models", 5)] == [5]


def test_rows_that_are_added_or_removed_meanwhile_shift_nothing(api, many):
    reader = api(many.admin)
    first = reader.ok("GET", f"{MODELS}?max_results=4")
    RegisteredModelFactory(schema__catalog__name="aaaa")
    RegisteredModel.objects.get(name="m01").delete()
    second = reader.ok("GET", f"{MODELS}?max_results=4&page_token={first['next_page_token']}")
    names = [m["name"] for m in first["registered_models"] + second["registered_models"]]
    assert names == sorted(set(names))
    assert len(names) == 8


def test_versions_come_newest_first(api, cast):
    ModelVersionFactory.create_batch(3, registered_model=cast.model)
    pages = walk(api(cast.reader), f"{VERSIONS}?filter=name='shop.ml.churn'", "model_versions", 2)
    assert [version["version"] for page in pages for version in page] == ["5", "4", "3", "2", "1"]


def test_versions_are_found_by_run(api, cast):
    ModelVersion.objects.filter(pk=cast.version.pk).update(run_id="r1")
    found = api(cast.reader).ok("GET", f"{VERSIONS}?filter=run_id='r1' and name=\"SHOP.ml.churn\"")
    assert [version["version"] for version in found["model_versions"]] == ["1"]
    assert api(cast.stranger).ok("GET", f"{VERSIONS}?filter=run_id='r1'")["model_versions"] == []


def test_a_token_belongs_to_one_question_of_one_caller(api, many):
    token = api(many.admin).ok("GET", f"{MODELS}?max_results=2")["next_page_token"]
    refused = (400, "INVALID_PARAMETER_VALUE")
    assert api(many.reader).error("GET", f"{MODELS}?page_token={token}") == refused
    assert api(many.admin).error("GET", f"{VERSIONS}?page_token={token}") == refused
    assert api(many.admin).error("GET", f"{MODELS}?page_token={token}x") == refused


def test_search_results_carry_aliases_and_tags(api, cast):
    cast.model.tags.create(key="k", value="v")
    cast.model.aliases.create(model_version=cast.version, name="Champion", folded="champion")
    found = api(cast.reader).ok("GET", MODELS)["registered_models"][0]
    assert found["aliases"] == [{"alias": "Champion", "version": "1"}]
    assert found["tags"] == [{"key": "k", "value": "v"}]
    version = api(cast.reader).ok("GET", VERSIONS)["model_versions"][-1]
    assert version["aliases"] == [{"alias": "Champion", "version": "1"}]


PLAIN = "/api/2.0/mlflow/registered-models/search"


@pytest.mark.parametrize("order", ["name", "creation_timestamp", "last_updated_timestamp"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_every_order_pages_through_every_row_once(api, many, order, direction):
    """Times may be equal; the row's own key tells such rows apart."""
    RegisteredModel.objects.update(created_at=many.model.created_at)
    pages = walk(api(many.admin), f"{PLAIN}?order_by={order} {direction}", "registered_models", 5)
    models = [model for page in pages for model in page]
    assert [len(page) for page in pages] == [5, 5, 3]
    assert len({model["name"] for model in models}) == 13
    column = {"name": "name"}.get(order, order)
    keys = [model[column] for model in models]
    assert keys == sorted(keys, reverse=direction == "DESC")


def test_a_token_belongs_to_one_filter_and_one_order(api, many):
    admin = api(many.admin)
    token = admin.ok("GET", f"{PLAIN}?max_results=2&filter=name LIKE 'shop.%25'")["next_page_token"]
    assert admin.ok("GET", f"{PLAIN}?max_results=2&filter=name LIKE 'shop.%25'&page_token={token}")
    for other in ("filter=name LIKE '%25'", "filter=name LIKE 'shop.%25'&order_by=name DESC", ""):
        refused = admin.error("GET", f"{PLAIN}?max_results=2&{other}&page_token={token}")
        assert refused == (400, "INVALID_PARAMETER_VALUE")


def test_native_pages_are_full_and_tell_what_is_only_browsed(api, many):
    path = "/api/2.1/unity-catalog/models?include_browse=true"
    models = [model for page in walk(api(many.browser), path, "registered_models", 5) for model in page]
    assert [model["browse_only"] for model in models] == [True] * 13
    assert walk(api(many.browser), "/api/2.1/unity-catalog/models?", "registered_models", 5) == [[]]
    readable = walk(api(many.reader), "/api/2.1/unity-catalog/models?", "registered_models", 2)
    assert [len(page) for page in readable] == [2, 2, 1]
