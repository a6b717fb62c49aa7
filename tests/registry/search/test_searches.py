import pytest

from registry.exceptions import InvalidParameterValue
from registry.models import ModelVersion, RegisteredModel
from registry.search import SEARCHES, keys_of, search
from registry.services.hierarchy import model_versions, registered_models
from tests.cast import actor
from tests.factories import ModelVersionFactory, RegisteredModelFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def models(cast):
    """``shop.ml.alpha`` and ``shop.ml.beta`` beside ``churn``: one is the readers', tagged and commented."""
    alpha = RegisteredModelFactory(schema=cast.schema, name="alpha", comment="50%_done [x] *", owner_user=cast.owner)
    alpha.tags.create(key="team", value="Risk")
    beta = RegisteredModelFactory(schema=cast.schema, name="beta", comment="")
    beta.tags.create(key="team", value="risk")
    version = ModelVersionFactory(registered_model=beta, source="models:/x", run_id="r1")
    beta.aliases.create(name="Best", folded="best", model_version=version)
    return cast


def found(text, model=RegisteredModel):
    rows = search(model.objects.all(), text)
    return sorted(row.name if model is RegisteredModel else f"{row.registered_model.name}{row.version}" for row in rows)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("name = 'SHOP.ML.Alpha'", ["alpha"]),
        ("name LIKE 'shop.ml.%a'", ["alpha", "beta"]),
        ("name LIKE 'shop_ml_beta'", ["beta"]),
        ("name NOT IN ('shop.ml.alpha', 'shop.ml.beta')", ["churn"]),
        ("comment LIKE '50%'", ["alpha"]),
        ("comment LIKE '%[x] *'", ["alpha"]),
        ("comment LIKE '%DONE%'", []),
        ("comment ILIKE '%DONE%'", ["alpha"]),
        ("description = ''", ["beta", "churn"]),
        ("owner = 'owner@example.com'", ["alpha", "churn"]),
        ("owner != 'owner@example.com'", ["beta"]),
        ("tags.team LIKE 'r%'", ["beta"]),
        ("tags.team ILIKE 'r%'", ["alpha", "beta"]),
        ("tags.team != 'risk'", ["alpha"]),
        ("tags.team IN ('risk', 'Risk')", ["alpha", "beta"]),
        ("tags.`mlflow.prompt.is_prompt` != 'true'", ["alpha", "beta", "churn"]),
        ("tags.`mlflow.prompt.is_prompt` = 'true'", []),
        ("aliases = 'BEST'", ["beta"]),
        ("alias != 'best'", ["alpha", "churn"]),
        ("words = 'ALPH'", ["alpha"]),
        ("words = 'done shop'", ["alpha"]),
        ("words = 'done beta'", []),
        ("words = '@Best'", ["beta"]),
        ("words = 'team'", ["alpha", "beta"]),
        ("words = 'risk'", ["beta"]),
        ("words = 'team:Risk'", ["alpha"]),
        ("words = 'team=risk ML'", ["beta"]),
        ("creation_timestamp > 0 AND last_updated_timestamp < 99999999999999", ["alpha", "beta", "churn"]),
    ],
)
def test_models(models, text, names):
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ("name = 'shop.ml.churn'", ["churn1", "churn2"]),
        ("status = 'pending_registration'", ["churn2"]),
        ("status != 'READY'", ["churn2"]),
        ("version_number = 1", ["beta1", "churn1"]),
        ("version_number IN (1, 2) AND version_number != 1", ["churn2"]),
        ("run_id = 'r1'", ["beta1"]),
        ("source_path LIKE 'models:%'", ["beta1"]),
        ("aliases = 'best'", ["beta1"]),
        ("name = 'not a name'", []),
    ],
)
def test_versions(models, text, versions):
    assert found(text, ModelVersion) == versions


@pytest.mark.parametrize(
    "text",
    ["nothing = 'x'", "tag = 'x'", "attribute.tag = 'x'",
     "name > 'x'", "version_number = 'one'", "version_number LIKE '1'", "status = 'READY'",
     "creation_timestamp > 999999999999999999", "words != 'stamp'", "words = 'stamp a b c d e f g h'",
     "words LIKE 'stamp'", f"words = '{'stamp' * 60}'"],
)  # fmt: skip
def test_what_has_no_meaning_is_refused_at_its_position(models, text):
    with pytest.raises(InvalidParameterValue, match="character 1: expected"):
        search((RegisteredModel if "status" in text or "stamp" in text else ModelVersion).objects.all(), text)


def test_a_filter_finds_nothing_that_one_may_not_see(models):
    for listing in (registered_models.list_registered_models, model_versions.list_model_versions):
        for text in ("name LIKE '%'", "aliases = 'best'", "tags.team ILIKE '%'", "owner != 'x'"):
            assert not listing(actor=actor(models.stranger), where=text).exists()


def test_orders_are_a_closed_list_and_end_with_the_key():
    assert keys_of(RegisteredModel, []) == ("filed_as", "pk")
    assert keys_of(ModelVersion, []) == ("-updated_at", "-pk")
    assert keys_of(RegisteredModel, ["timestamp DESC"]) == ("-updated_at", "-pk")
    assert keys_of(ModelVersion, ["name ASC", "`version_number` desc", "name"]) == (
        "registered_model__filed_as", "-version", "-pk",
    )  # fmt: skip
    for order in ("owner", "name SIDEWAYS", "name; DROP", "tags.team", ""):
        with pytest.raises(InvalidParameterValue, match="order_by"):
            keys_of(RegisteredModel, [order])


def test_no_column_to_sort_by_is_ever_null():
    """Pages by keyset would lose rows."""
    for model, asked in SEARCHES.items():
        for path in asked.sortable.values():
            field = model._meta.get_field(path.split("__", maxsplit=1)[0])
            owner = field.related_model if "__" in path else model
            assert not owner._meta.get_field(path.rpartition("__")[2]).null


def test_a_time_that_was_told_finds_its_row(models):
    """Columns are finer than the milliseconds that clients are told."""
    told = int(models.model.created_at.timestamp() * 1000)
    for text in (f"creation_timestamp = {told}", f"creation_timestamp <= {told}", f"creation_timestamp IN ({told})"):
        assert "churn" in found(f"name = 'shop.ml.churn' AND {text}")
    for text in (f"creation_timestamp > {told}", f"creation_timestamp != {told}", f"creation_timestamp < {told}"):
        assert found(f"name = 'shop.ml.churn' AND {text}") == []
