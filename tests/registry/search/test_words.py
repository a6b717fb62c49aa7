import pytest
from django.db import connection

from registry.models import Alias, ModelVersion, RegisteredModel, text_search
from registry.search import from_words, ranked, search, words_of
from registry.services.finding import lookup
from registry.services.hierarchy import model_versions
from tests.cast import actor
from tests.factories import ModelVersionFactory, RegisteredModelFactory, SchemaFactory

pytestmark = pytest.mark.django_db


def ranking(text, *, is_any=False):
    found = search(RegisteredModel.objects.all(), from_words(text, is_any=is_any))
    rows = ranked(found, words_of(text)).order_by("-rank", "filed_as", "pk")
    return [row.full_name for row in rows]


@pytest.fixture
def fraud(cast):
    """Models that have the word «fraud» in one place each, made in the order in which they must not come."""
    make = {name: RegisteredModelFactory(schema=cast.schema, name=name, comment="") for name in "abcdefgh"}
    make["a"].comment = "Fraud, and how to find it."
    make["a"].save()
    make["b"].tags.create(key="team", value="fraud")
    Alias.objects.create(
        registered_model=make["c"], model_version=ModelVersionFactory(registered_model=make["c"]), name="Fraud",
        folded="fraud",
    )  # fmt: skip
    RegisteredModelFactory(schema=SchemaFactory(catalog=cast.catalog, name="fraud"), name="inside", comment="")
    for name in ("x_fraud_old", "x_fraud_plain", "x_fraud_champion", "x_fraud_certified", "fraud"):
        make[name] = RegisteredModelFactory(schema=cast.schema, name=name, comment="")
    make["x_fraud_old"].tags.create(key="system.certification_status", value="deprecated")
    make["x_fraud_certified"].tags.create(key="system.certification_status", value="certified")
    version = ModelVersionFactory(registered_model=make["x_fraud_champion"])
    make["x_fraud_champion"].aliases.create(name="champion", folded="champion", model_version=version)
    return cast


def test_names_come_before_aliases_before_tags_before_descriptions(fraud):
    order = ["ml.fraud", "ml.x_fraud_certified", "ml.x_fraud_champion", "ml.x_fraud_plain", "ml.x_fraud_old",
             "fraud.inside", "ml.c", "ml.b", "ml.a"]  # fmt: skip
    assert ranking("fraud") == [f"shop.{name}" for name in order]


def test_every_word_is_asked_for_and_any_of_them_if_one_says_so(fraud):
    assert ranking("fraud find") == ["shop.ml.a"]
    assert ranking("fraud nowhere") == []
    assert ranking("inside nowhere churn", is_any=True) == ["shop.fraud.inside", "shop.ml.churn"]


def test_a_sign_alone_is_no_alias(cast):
    cast.model.aliases.create(name="champion", folded="champion", model_version=cast.version)
    assert ranking("@") == []
    assert ranking("@champ") == ["shop.ml.churn"]


@pytest.mark.parametrize("text", ['a"b c', "it's", "100% a_b", "NEAR( x", "ü-Wort*", "a", "{filed_as}:", "^x +y"])
def test_signs_of_the_indexes_own_language_are_words(cast, text):
    RegisteredModel.objects.update(comment=f"… {text} …")
    assert ranking(text) == ["shop.ml.churn"]
    assert ranking(text + "zz") == []


def test_letters_are_found_without_case_beyond_ascii(cast):
    RegisteredModel.objects.update(comment="Überprüft von Ömer")
    assert ranking("überPRÜFT ömer") == ["shop.ml.churn"]


def test_the_index_follows_every_way_of_writing(cast):
    """Bulk changes, new names and rows that go: a search never finds what was there."""
    RegisteredModel.objects.filter(pk=cast.model.pk).update(comment="first words")
    assert ranking("first words")
    RegisteredModel.objects.filter(pk=cast.model.pk).update(comment="second", filed_as="shop.ml.renamed")
    assert (ranking("first"), ranking("renamed"), len(ranking("second"))) == ([], ["shop.ml.churn"], 1)
    cast.model.aliases.all().delete()
    cast.model.delete()
    assert ranking("second") == []
    assert text_search.missing(connection) == []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for table in text_search.COLUMNS:
                name = text_search.text_table(table)
                cursor.execute(f"INSERT INTO {name}({name}, rank) VALUES ('integrity-check', 1)")


def versions(text, who):
    rows = model_versions.list_model_versions(actor=actor(who), where=from_words(text))
    return sorted(f"{row.registered_model.name} {row.version}" for row in rows)


def test_versions_are_found_by_what_is_their_own_and_never_by_their_models_name_alone(cast):
    ModelVersion.objects.filter(pk=cast.version.pk).update(comment="Trained on Tuesdays")
    cast.version.tags.create(key="data", value="eu")
    assert versions("churn", cast.reader) == []
    assert versions("tuesdays", cast.reader) == ["churn 1"]
    assert versions("churn 1", cast.reader) == versions("v1 churn", cast.reader) == ["churn 1"]
    assert versions("data:eu", cast.reader) == versions("churn eu", cast.reader) == ["churn 1"]
    assert versions("other 1", cast.reader) == []
    assert versions("tuesdays", cast.stranger) == versions("churn 1", cast.stranger) == []


def test_principals_are_found_by_all_words_of_their_names(cast):
    cast.reader.display_name = "Rita Reader"
    cast.reader.save()
    assert lookup.search_principals(words=["rita", "EXAMPLE"], most=5) == [cast.reader]
    assert [str(row) for row in lookup.search_principals(words=["readers"], most=5)] == ["readers"]
    cast.reader.is_active = False
    cast.reader.save()
    assert lookup.search_principals(words=["rita"], most=5) == lookup.search_principals(words=[], most=5) == []
