import pytest
from django.db import DataError, IntegrityError, transaction

from registry.exceptions import AlreadyExists, DoesNotExist, InvalidParameterValue, PermissionDenied, QuotaExceeded
from registry.models import AuditEvent, Job, RegisteredModel
from registry.names import FullName
from registry.services.hierarchy import registered_models
from registry.services.shared import finders
from tests.cast import actor, grant
from tests.factories import RegisteredModelFactory

NEW = FullName("shop", "ml", "new")


def create(user, name=NEW, **options):
    return registered_models.create_registered_model(actor=actor(user), full_name=name, **options)


def test_the_creator_owns_the_model(cast):
    model = create(cast.writer, comment="what", model_tags={"team": "ml"})
    assert (model.owner, model.created_by, model.full_name) == (cast.writer, "writer@example.com", "shop.ml.new")
    assert AuditEvent.objects.filter(action_name="createRegisteredModel", actor="writer@example.com").count() == 1
    assert dict(model.tags.values_list("key", "value")) == {"team": "ml"}


def test_that_a_model_exists_is_said_before_the_right_to_create_is_asked_for(cast):
    """The reader may not create, but sees the model: MLflow's register goes on only after this error."""
    for member in ("reader", "writer", "owner", "browser"):
        with pytest.raises(AlreadyExists, match="Routine or Model 'churn' already exists"):
            create(cast[member], cast.name)


def test_whoever_may_create_learns_that_a_name_is_taken_and_nobody_else_does(cast):
    RegisteredModelFactory(schema=cast.schema, name="secret")
    grant(cast.stranger, cast.catalog, "USE CATALOG", "USE SCHEMA")
    with pytest.raises(PermissionDenied):
        create(cast.stranger, FullName("shop", "ml", "secret"))
    with pytest.raises(PermissionDenied):
        create(cast.stranger, FullName("shop", "ml", "free"))
    grant(cast.stranger, cast.schema, "CREATE MODEL")
    with pytest.raises(AlreadyExists):
        create(cast.stranger, FullName("shop", "ml", "secret"))


def test_at_the_quota_existing_models_are_still_found(cast, settings):
    """MLflow creates before it adds a version: a quota that spoke first would stop that."""
    settings.QUOTAS = {**settings.QUOTAS, "registered_models_per_schema": 1}
    with pytest.raises(AlreadyExists):
        create(cast.writer, cast.name)
    with pytest.raises(PermissionDenied):
        create(cast.reader)


def test_a_change_of_everything_is_made_or_not(cast):
    with pytest.raises(InvalidParameterValue):
        registered_models.update_registered_model(
            actor=actor(cast.admin), model=cast.model, new_name="other", comment="x" * 70_000
        )
    assert RegisteredModel.objects.get().name == "churn"


def test_a_stranger_cannot_learn_that_a_model_exists(cast):
    errors = []
    for name in (cast.name, FullName("shop", "ml", "nothing")):
        with pytest.raises(DoesNotExist) as told:
            finders.get_registered_model(actor=actor(cast.stranger), full_name=name)
        errors.append(told.value.message.replace(str(name), ""))
    assert errors[0] == errors[1]


def test_names_are_found_without_case(cast):
    found = finders.get_registered_model(actor=actor(cast.owner), full_name=FullName.parse("SHOP.Ml.ChuRN"))
    assert found == cast.model


def test_an_empty_description_clears_and_none_keeps(cast):
    asking = actor(cast.owner)
    registered_models.update_registered_model(actor=asking, model=cast.model, comment="words")
    registered_models.update_registered_model(actor=asking, model=cast.model, deployment_job_id="7")
    assert RegisteredModel.objects.get().comment == "words"
    registered_models.update_registered_model(actor=asking, model=cast.model, comment="")
    assert RegisteredModel.objects.get().comment == ""
    assert RegisteredModel.objects.get().updated_by == "owner@example.com"


def test_comments_have_a_limit(cast):
    with pytest.raises(InvalidParameterValue):
        registered_models.update_registered_model(actor=actor(cast.owner), model=cast.model, comment="x" * 65537)


def test_a_rename_keeps_everything_but_the_name(cast):
    grant(cast.owner, cast.schema, "CREATE MODEL")
    location = cast.version.storage_location
    renamed = registered_models.update_registered_model(actor=actor(cast.owner), model=cast.model, new_name="Loyalty")
    assert renamed.full_name == "shop.ml.loyalty"
    cast.version.refresh_from_db()
    assert cast.version.storage_location == location
    reader = finders.read_registered_model(actor=actor(cast.reader), full_name=FullName("shop", "ml", "loyalty"))
    assert reader == cast.model
    with pytest.raises(DoesNotExist):
        finders.get_registered_model(actor=actor(cast.admin), full_name=FullName("shop", "ml", "churn"))


def test_a_rename_stays_in_the_schema(cast):
    for name in ("shop.other.churn", "elsewhere.ml.churn"):
        with pytest.raises(InvalidParameterValue, match="within its schema"):
            registered_models.update_registered_model(actor=actor(cast.admin), model=cast.model, new_name=name)


def test_a_rename_does_not_overwrite(cast):
    RegisteredModelFactory(schema=cast.schema, name="taken")
    with pytest.raises(AlreadyExists):
        registered_models.update_registered_model(actor=actor(cast.admin), model=cast.model, new_name="taken")
    assert RegisteredModel.objects.filter(name="churn").exists()


def test_a_name_that_is_created_again_has_no_old_grants(cast):
    registered_models.delete_registered_model(actor=actor(cast.owner), model=cast.model)
    create(cast.writer, cast.name)
    with pytest.raises(DoesNotExist):
        finders.get_registered_model(actor=actor(cast.reader), full_name=cast.name)


@pytest.mark.usefixtures("no_trash")
def test_deleting_queues_the_removal_of_every_versions_bytes(cast):
    locations = {cast.version.storage_location, cast.pending.storage_location}
    registered_models.delete_registered_model(actor=actor(cast.owner), model=cast.model)
    assert (
        set(Job.objects.filter(kind=Job.Kind.DELETE_ARTIFACTS).values_list("storage_location", flat=True)) == locations
    )


def test_a_refused_change_leaves_no_event(cast):
    before = AuditEvent.objects.count()
    with pytest.raises(PermissionDenied):
        registered_models.delete_registered_model(actor=actor(cast.reader), model=cast.model)
    assert AuditEvent.objects.count() == before


def test_quotas_are_off_unless_set(cast, settings):
    create(cast.writer)
    settings.QUOTAS = {**settings.QUOTAS, "registered_models_per_metastore": 2}
    with pytest.raises(QuotaExceeded, match=r"estimated count: 3, limit: 2"):
        create(cast.writer, FullName("shop", "ml", "one-more"))


@pytest.mark.parametrize("values", [{"name": "Upper"}, {"name": ""}, {"name": "x" * 256}, {"comment": "x" * 65537}])
def test_the_database_holds_the_limits_too(cast, values):
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        RegisteredModel.objects.filter(pk=cast.model.pk).update(**values)


def test_the_database_holds_one_owner(cast):
    from django.contrib.auth.models import Group

    with pytest.raises(IntegrityError), transaction.atomic():
        RegisteredModel.objects.filter(pk=cast.model.pk).update(owner_group=Group.objects.first())


def test_a_model_of_an_earlier_release_keeps_a_name_that_no_new_one_gets(cast):
    RegisteredModel.objects.filter(pk=cast.model.pk).update(name="a@b", filed_as="shop.ml.a@b")
    boss = actor(cast.admin)
    with pytest.raises(InvalidParameterValue, match="'@'"):
        registered_models.create_registered_model(actor=boss, full_name=FullName("shop", "ml", "c@d"))
    model = finders.get_registered_model(actor=boss, full_name=FullName("shop", "ml", "a@b"))
    with pytest.raises(InvalidParameterValue, match="':'"):
        registered_models.update_registered_model(actor=boss, model=model, new_name="a:b")
    assert registered_models.update_registered_model(actor=boss, model=model, new_name="ab").name == "ab"
