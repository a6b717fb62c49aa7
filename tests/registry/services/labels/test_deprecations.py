"""Deprecating a model says what replaces it, until when it is supported, and why; deleting one says what goes."""

from datetime import date

import pytest

from registry.exceptions import DoesNotExist, InvalidParameterValue, PermissionDenied
from registry.models import AuditEvent, Deprecation, LineageEdge, LineageNode, LoadCount, TagPolicy, TagPolicyAssigner
from registry.names import CERTIFICATION
from registry.services.activity import audit_log
from registry.services.finding import statements
from registry.services.labels import deprecations, tags
from registry.services.shared import graph
from tests.cast import actor, grant
from tests.factories import RegisteredModelFactory
from tests.pages import text

MODEL = "/explore/data/models/shop/ml/churn"
FORM = "/explore/objects/function/shop.ml.churn/certification"


@pytest.fixture
def better(cast):
    return RegisteredModelFactory(schema=cast.schema, name="better")


def deprecate(cast, member="admin", **options):
    options = {"status": "deprecated", "replacement": "shop.ml.better", "note": "It *drifts*.", **options}
    deprecations.certify_model(actor=actor(cast[member]), model=cast.model, **options)


def test_what_replaces_a_model_is_told_where_it_is_used(as_user, cast, better):
    deprecate(cast, ends_on=date(2027, 1, 3))
    reader = as_user(cast.reader)
    for page in (MODEL, f"{MODEL}/version/1", f"{MODEL}/use"):
        shown = text(reader.get(page))
        for words in ("churn is deprecated. Do not use it", "It *drifts*.", "Supported until 3 Jan 2027."):
            assert words in shown, (page, words)
    assert 'href="/explore/data/models/shop/ml/better"' in text(as_user(cast.admin).get(MODEL))
    event = AuditEvent.objects.get(action_name="updateRegisteredModel")
    assert event.parameters["replacement"] == "shop.ml.better"


def test_a_replacement_that_one_may_not_know_of_is_not_named(cast, better):
    deprecate(cast)
    better.schema.catalog.user_grants.all().delete()
    better.schema.catalog.group_grants.all().delete()
    advice = deprecations.advice_on(actor=actor(cast.stranger), model=cast.model)
    assert (advice.replacement, advice.note) == (None, "It *drifts*.")


def test_the_replacement_keeps_its_name_and_goes_with_its_model(cast, better):
    deprecate(cast)
    better.name = "best"
    better.save()
    assert deprecations.advice_on(actor=actor(cast.admin), model=cast.model).replacement.full_name == "shop.ml.best"
    better.delete()
    assert deprecations.advice_on(actor=actor(cast.admin), model=cast.model).replacement is None


def test_only_administrators_read_the_name_of_a_replacement_in_the_log(cast, better):
    deprecate(cast)
    event = AuditEvent.objects.get(action_name="updateRegisteredModel")
    assert "replacement" in audit_log.told_parameters(actor=actor(cast.admin), event=event)
    assert "shop.ml.better" not in str(audit_log.told_parameters(actor=actor(cast.owner), event=event))


def test_who_may_not_know_of_the_replacement_keeps_it_when_they_edit_the_rest(cast, better):
    deprecate(cast)
    hidden = RegisteredModelFactory(name="hidden")
    Deprecation.objects.update(replacement=hidden)
    grant(cast.owner, cast.catalog, "APPLY TAG")
    TagPolicyAssigner.objects.create(policy=TagPolicy.objects.get(tag_key=CERTIFICATION), user=cast.owner)
    deprecate(cast, "owner", replacement="", note="New words.")
    row = Deprecation.objects.get()
    assert (row.replacement, row.note) == (hidden, "New words.")


@pytest.mark.parametrize("way", ["SQL", "tag"])
def test_the_advice_goes_with_the_mark_whatever_takes_that_away(cast, better, way):
    deprecate(cast)
    if way == "SQL":
        statements.execute_statement(
            actor=actor(cast.admin), text=f"UNSET TAG ON MODEL shop.ml.churn `{CERTIFICATION}`"
        )
    else:
        tags.delete_tag(actor=actor(cast.admin), subject=cast.model, key=CERTIFICATION)
    assert not Deprecation.objects.exists()


def test_another_mark_takes_the_advice_away(cast, better):
    deprecate(cast)
    deprecations.certify_model(actor=actor(cast.admin), model=cast.model, status="")
    assert not Deprecation.objects.exists()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"status": "certified"}, InvalidParameterValue),
        ({"replacement": "shop.ml.churn"}, InvalidParameterValue),
        ({"replacement": "nothing"}, InvalidParameterValue),
        ({"replacement": "shop.ml.nothing"}, DoesNotExist),
        ({"member": "reader"}, PermissionDenied),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(cast, better, options, error):
    with pytest.raises(error):
        deprecate(cast, **options)
    assert not Deprecation.objects.exists()
    assert not cast.model.tags.exists()


def test_an_undo_brings_the_advice_back(as_user, cast, better):
    admin = as_user(cast.admin)
    deprecate(cast, ends_on=date(2027, 1, 3))
    admin.post(FORM, {"status": ""})
    toast = admin.session["toast"]
    assert admin.post(toast["address"], toast["fields"]).status_code == 302
    row = Deprecation.objects.get()
    assert (row.replacement, row.ends_on, row.note) == (better, date(2027, 1, 3), "It *drifts*.")


def test_a_model_with_versions_is_deleted_by_who_types_its_name_and_has_read_what_goes(as_user, cast):
    node = graph.node_of(cast.version)
    consumer = LineageNode.objects.create(kind="CONSUMER", key="x")
    edge = LineageEdge.objects.create(source=node, target=consumer, kind="LOADED", recorded_by="x")
    LoadCount.objects.create(edge=edge, day=date(2026, 1, 2), count=3)
    cast.model.aliases.create(name="Champion", folded="champion", model_version=cast.version)
    owner = as_user(cast.owner)
    page = text(owner.get(f"{MODEL}/delete"))
    for words in ("with 2 versions", "Clients that load @Champion will get an error.", "last on 2026-01-02"):
        assert words in page
    assert "last on" not in text(as_user(cast.reader).get(f"{MODEL}/delete"))
    owner = as_user(cast.owner)
    assert "Its full name is shop.ml.churn." in text(owner.post(f"{MODEL}/delete", {"name": "churn"}))
    assert owner.post(f"{MODEL}/delete", {"name": "shop.ml.churn"}).status_code == 302
    assert not type(cast.model).objects.filter(pk=cast.model.pk).exists()
