"""Where a version may be copied to, and what comes of it there: tags, a card, an alias."""

import pytest

from accounts.models import User
from registry import tasks
from registry.exceptions import DoesNotExist, InvalidParameterValue, PermissionDenied
from registry.jobs import copying
from registry.models import AuditEvent, Job, Metastore, RegisteredModel
from registry.names import FullName
from registry.services.hierarchy import metastores
from registry.services.versions import copies, destinations
from tests.cast import actor, grant
from tests.factories import CatalogFactory, RegisteredModelFactory, SchemaFactory


@pytest.fixture
def prod(cast):
    """A catalog one environment further on, with a schema of the same name."""
    schema = SchemaFactory(catalog=CatalogFactory(name="prod"), name="ml")
    Metastore.current()
    Metastore.objects.update(environments="shop, staging, prod")
    for right in ("USE CATALOG", "USE SCHEMA", "CREATE MODEL", "CREATE MODEL VERSION"):
        grant(cast.owner, schema.catalog, right)
    return schema


def test_the_next_environment_that_one_may_know_of_is_offered(cast, prod):
    def offered(member):
        return destinations.next_environment(actor=actor(cast[member]), source=cast.version)

    assert offered("admin") == "prod.ml.churn"
    assert offered("reader") == ""
    CatalogFactory(name="staging")
    assert offered("admin") == "staging.ml.churn"
    Metastore.objects.update(environments="dev, prod")
    assert offered("admin") == ""


def test_models_are_offered_and_schemas_where_there_is_none_of_the_name(cast, prod):
    RegisteredModelFactory(schema=prod, name="other")
    rows = destinations.list_destinations(actor=actor(cast.admin), source=cast.version, text="prod", most=50)
    assert rows == [("prod.ml.other", ""), ("prod.ml.churn", "new model")]
    assert destinations.list_destinations(actor=actor(cast.reader), source=cast.version, text="prod", most=50) == []


def outcome(cast, member, name):
    full_name = FullName.parse(name)
    return destinations.outcome_of(actor=actor(cast[member]), source=cast.version, full_name=full_name)


def test_what_a_copy_becomes_is_told(cast, prod):
    new = outcome(cast, "admin", "prod.ml.churn")
    assert (new.number, new.is_new, new.refused) == (1, True, None)
    there = outcome(cast, "admin", "shop.ml.churn")
    assert (there.number, there.is_new, there.refused) == (3, False, None)
    assert outcome(cast, "reader", "shop.ml.churn").refused == cast.model
    with pytest.raises(DoesNotExist):
        outcome(cast, "reader", "prod.ml.churn")


@pytest.mark.parametrize(
    "key", ["validation_status", "approved_by", "review", "qa", "signed_off.sign_off", "CERTIFIED"]
)
def test_what_tells_how_a_review_ended_does_not_travel_by_itself(key):
    assert not destinations.travels(key)


@pytest.mark.parametrize("key", ["team", "dataset", "quality", "preview_url", "invalid_rows", "task"])
def test_other_tags_travel(key):
    assert destinations.travels(key)


def copied(cast, member, **options):
    job = copies.copy_model_version_to(
        actor=actor(cast[member]), source=cast.version, full_name=FullName.parse("prod.ml.churn"), **options
    )
    tasks.run_job(str(job.pk))
    return Job.objects.get(pk=job.pk)


def test_a_copy_into_a_new_model_takes_its_card_and_sets_an_alias(cast, prod):
    cast.model.tags.create(key="team", value="growth")
    cast.model.tags.create(key="system.certification_status", value="certified")
    cast.model.comment = "What it is for."
    cast.model.save()
    job = copied(cast, "owner", version_tags={"a": "b"}, alias="Champion", with_card=True)
    model = RegisteredModel.objects.get(schema=prod, name="churn")
    assert (model.comment, dict(model.tags.values_list("key", "value"))) == ("What it is for.", {"team": "growth"})
    assert (job.state, job.alias_error, job.target.is_ready) == ("SUCCEEDED", "", True)
    assert [(alias.name, alias.model_version) for alias in model.aliases.all()] == [("Champion", job.target)]
    assert dict(job.target.tags.values_list("key", "value")) == {"a": "b"}
    assert AuditEvent.objects.filter(action_name="setRegisteredModelAlias").count() == 1


def test_a_copy_without_its_card_is_described_by_nobody(cast, prod):
    cast.model.comment = "What it is for."
    cast.model.save()
    copied(cast, "owner")
    assert RegisteredModel.objects.get(schema=prod, name="churn").comment == ""


def test_an_alias_that_cannot_be_set_any_more_leaves_the_copy_as_it_is(cast, prod, monkeypatch):
    for right in ("USE CATALOG", "USE SCHEMA", "CREATE MODEL", "CREATE MODEL VERSION", "EXECUTE"):
        grant(cast.reader, prod.catalog, right)
    job = copies.copy_model_version_to(
        actor=actor(cast.reader), source=cast.version, full_name=FullName.parse("prod.ml.churn"), alias="champion"
    )
    RegisteredModel.objects.filter(schema=prod).update(owner_user=cast.owner)
    tasks.run_job(str(job.pk))
    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.target.is_ready, job.target.aliases.count()) == ("SUCCEEDED", True, 0)
    assert job.alias_error


def begun(cast, **options):
    name = FullName.parse("prod.ml.churn")
    return copies.copy_model_version_to(actor=actor(cast.owner), source=cast.version, full_name=name, **options)


def ended(job):
    tasks.run_job(str(job.pk))
    return Job.objects.get(pk=job.pk)


def test_an_alias_that_somebody_has_moved_meanwhile_stays_where_it_is(cast, prod):
    first = ended(begun(cast, alias="champion")).target
    job = begun(cast, alias="champion")
    hotfix = ended(begun(cast)).target
    first.registered_model.aliases.update(model_version=hotfix)
    job = ended(job)
    assert (job.state, job.alias_error != "") == ("SUCCEEDED", True)
    assert list(hotfix.aliases.values_list("name", flat=True)) == ["champion"]


@pytest.mark.parametrize("change", ["deactivated", "deleted"])
def test_an_account_that_is_gone_at_the_end_moves_no_alias(cast, prod, monkeypatch, change):
    job, done = begun(cast, alias="champion"), copying.mlmodel.learn

    def lose(*args):
        rows = User.objects.filter(pk=cast.owner.pk)
        rows.update(is_active=False) if change == "deactivated" else rows.delete()
        return done(*args)

    monkeypatch.setattr(copying.mlmodel, "learn", lose)
    job = ended(job)
    assert (job.state, job.target.aliases.count()) == ("SUCCEEDED", 0)
    assert "no longer has an active account" in job.alias_error


def test_an_alias_is_asked_for_by_who_may_set_it_and_named_as_aliases_are(cast, prod):
    model = RegisteredModelFactory(schema=prod, name="churn")
    for right in ("USE CATALOG", "USE SCHEMA", "CREATE MODEL VERSION"):
        grant(cast.reader, prod.catalog, right)
    with pytest.raises(PermissionDenied):
        copies.copy_model_version(actor=actor(cast.reader), source=cast.version, destination=model, alias="champion")
    with pytest.raises(InvalidParameterValue):
        copies.copy_model_version(actor=actor(cast.owner), source=cast.version, destination=cast.model, alias="v1")
    assert not Job.objects.exists()


def test_a_job_that_is_taken_up_after_its_version_was_ready_sets_the_alias_all_the_same(cast, prod):
    job = copied(cast, "owner", alias="champion")
    job.target.aliases.all().delete()
    Job.objects.filter(pk=job.pk).update(state="QUEUED", claim=None, finished_at=None)
    tasks.run_job(str(job.pk))
    assert [alias.name for alias in job.target.aliases.all()] == ["champion"]


def test_administrators_change_the_settings_of_the_metastore(cast):
    change = {"environments": " Dev -> staging → PROD, dev", "makes_default_schemas": False}
    with pytest.raises(PermissionDenied):
        metastores.update_metastore(actor=actor(cast.owner), **change)
    row = metastores.update_metastore(actor=actor(cast.admin), **change)
    assert (row.environments, row.makes_default_schemas) == ("dev, staging, prod", False)
    event = AuditEvent.objects.get(action_name="updateMetastore")
    assert event.parameters["environments"] == "dev, staging, prod"
    with pytest.raises(InvalidParameterValue):
        metastores.update_metastore(actor=actor(cast.admin), environments="x" * 2_001, makes_default_schemas=True)
