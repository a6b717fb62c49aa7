"""The models of a schema: those that nobody uses, and what is done to several."""

from datetime import timedelta

import pytest
from django.utils import timezone

from registry.models import Deprecation, LineageEdge, LoadCount, ModelVersion, RegisteredModel
from registry.services.shared import graph
from tests.factories import ModelVersionFactory, RegisteredModelFactory
from tests.pages import text

SCHEMA = "/explore/data/shop/ml"
MODELS = "/explore/schemas/shop/ml/models"


@pytest.fixture
def old(cast):
    """Models that are a year old: ``idle`` has nothing newer, ``loaded`` a load, ``grown`` a version."""
    year_ago, recently = timezone.now() - timedelta(days=400), timezone.now() - timedelta(days=10)
    for name in ("idle", "loaded", "grown"):
        model = RegisteredModelFactory(schema=cast.schema, name=name)
        version = ModelVersionFactory(registered_model=model)
        when = recently if name == "grown" else year_ago
        ModelVersion.objects.filter(pk=version.pk).update(created_at=when)
        RegisteredModel.objects.filter(pk=model.pk).update(created_at=year_ago)
        if name == "loaded":
            consumer = graph.Entity(graph.Kind.CONSUMER, "robot")
            node = graph.node_of(version)
            other = graph.nodes_of([consumer])[consumer]
            graph.connect([node], [other], graph.Edge.LOADED, "robot")
            LoadCount.objects.create(edge=LineageEdge.objects.get(source=node), day=recently.date())
    return cast


def listed(page):
    return [name for name in ("churn", "idle", "loaded", "grown") if f"/explore/data/models/shop/ml/{name}" in page]


def test_stale_models_have_neither_a_new_version_nor_a_load(as_user, old):
    admin = as_user(old.admin)
    assert listed(text(admin.get(f"{SCHEMA}?unused=90")).split("<main")[1]) == ["idle"]
    page = text(admin.get(f"{SCHEMA}?unused=365")).split("<main")[1]
    assert (listed(page), "never" in page) == (["idle"], True)
    assert "No models match" in text(admin.get(f"{SCHEMA}?unused=90&words=churn"))
    for nonsense in ("0", "7", "-1", "x", "9" * 400):
        assert len(listed(text(admin.get(f"{SCHEMA}?unused={nonsense}")).split("<main")[1])) == 4


def test_who_may_not_read_a_model_learns_nothing_of_its_use(as_user, old):
    page = text(as_user(old.browser).get(f"{SCHEMA}?unused=90")).split("<main")[1]
    assert listed(page) == []


def test_several_are_tagged_deprecated_and_deleted_together(as_user, old):
    admin = as_user(old.admin)
    chosen = "model=idle&model=loaded"
    admin.post(f"{MODELS}/tag?{chosen}", {"key": "cleanup", "value": "2026"})
    assert {str(model.tags.get()) for model in RegisteredModel.objects.filter(name__in=["idle", "loaded"])} == {
        "cleanup:2026"
    }
    admin.post(f"{MODELS}/deprecate?{chosen}", {"note": "Nobody uses it.", "ends_on": "2027-01-31"})
    assert set(Deprecation.objects.values_list("registered_model__name", "note")) == {
        ("idle", "Nobody uses it."), ("loaded", "Nobody uses it."),
    }  # fmt: skip
    asked = text(admin.post(f"{MODELS}/delete?{chosen}", {"name": "shop"}))
    assert "Its full name is shop.ml" in asked
    assert admin.post(f"{MODELS}/delete?{chosen}", {"name": "shop.ml"}).status_code == 302
    assert set(RegisteredModel.objects.values_list("name", flat=True)) == {"churn", "grown"}
    old.schema.refresh_from_db()


def test_what_was_said_of_a_deprecated_model_stays(as_user, old):
    admin = as_user(old.admin)
    admin.post(f"{MODELS}/deprecate?model=idle", {"note": "Use grown."})
    admin.post(f"{MODELS}/deprecate?model=idle&model=loaded", {"ends_on": "2027-01-31"})
    said = Deprecation.objects.get(registered_model__name="idle")
    assert (said.note, str(said.ends_on)) == ("Use grown.", "2027-01-31")


def test_all_of_them_or_none(as_user, old):
    owner = as_user(old.owner)  # of churn alone
    for verb, fields in (("tag", {"key": "k"}), ("deprecate", {"note": "n"}), ("delete", {"name": "shop.ml"})):
        answer = owner.post(f"{MODELS}/{verb}?model=churn&model=idle", fields)
        assert answer.status_code in (200, 404)
    assert not old.model.tags.exists()
    assert RegisteredModel.objects.count() == 4


def test_nothing_or_too_much_is_not_selected(as_user, old):
    admin = as_user(old.admin)
    many = "&".join(f"model=m{number}" for number in range(101))
    for query in ("", many):
        assert "Select 1 to 100 models" in text(admin.get(f"{MODELS}/delete?{query}"))
    assert admin.get(f"{MODELS}/delete?model=gone").status_code == 404
    assert admin.get(f"{MODELS}/delete?model=%00").status_code == 404


def test_buttons_are_for_those_who_can(as_user, old):
    assert 'id="selected"' in text(as_user(old.admin).get(SCHEMA))
    assert 'id="selected"' not in text(as_user(old.reader).get(SCHEMA))
