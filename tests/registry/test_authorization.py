"""The rules, row by row: a privilege, where it is granted, and what it allows on ``c.s.m``."""

import inspect
from itertools import product
from pathlib import Path

import pytest
from django.contrib.auth.models import Group

import registry.services
import registry.tracking
from accounts.models import EVERYONE, GroupNesting, Scope, User
from registry import authorization
from registry.actor import Actor
from registry.authorization import RULES, Operation, allows
from registry.exceptions import DoesNotExist, PermissionDenied
from registry.kinds import KIND_OF, kind_of
from registry.models import Catalog, Metastore, ModelVersion, RegisteredModel, Schema
from tests.cast import MEMBERS, actor, grant
from tests.factories import CatalogFactory, ModelVersionFactory, RegisteredModelFactory, SchemaFactory

ON_MODEL = list(KIND_OF[RegisteredModel].operations)
READ = {Operation.READ_REGISTERED_MODEL}
MANAGE = READ | {
    Operation.UPDATE_REGISTERED_MODEL, Operation.DELETE_REGISTERED_MODEL, Operation.SET_ALIAS,
    Operation.CREATE_MODEL_VERSION, Operation.WRITE_ARTIFACTS, Operation.FINALIZE_MODEL_VERSION,
    Operation.UPDATE_MODEL_VERSION,
    Operation.DELETE_MODEL_VERSION, Operation.MANAGE_GRANTS, Operation.READ_QUOTAS,
    Operation.READ_ALL_GRANTS, Operation.TRANSFER_OWNERSHIP, Operation.DECIDE_ACCESS_REQUEST,
    Operation.READ_AUDIT_LOG,
}  # fmt: skip
ADD = READ | {Operation.CREATE_MODEL_VERSION}
EXECUTE = READ | {Operation.READ_ARTIFACTS}
TAG = READ | {Operation.SET_TAG, Operation.CERTIFY}


@pytest.fixture
def user(db):
    return User.objects.create_user("user@example.com")


@pytest.fixture
def model(db):
    return RegisteredModelFactory(name="m", schema__name="s", schema__catalog__name="c")


def allowed(user, model):
    asking = actor(user)
    return {operation for operation in ON_MODEL if authorization.allows(asking, operation, model)}


def use(user, model):
    grant(user, model.schema.catalog, "USE CATALOG")
    grant(user, model.schema, "USE SCHEMA")


def test_every_operation_has_a_rule():
    assert set(RULES) == set(Operation)


def test_every_operation_is_asked_for_by_a_service():
    """A rule that nobody asks for protects nothing."""
    rooms = Path(registry.services.__file__).parent, Path(registry.tracking.__file__).parent
    text = "".join(file.read_text() for room in rooms for file in room.rglob("*.py"))
    text += inspect.getsource(authorization.readable_events)
    assert [operation.name for operation in Operation if f"Operation.{operation.name}" not in text] == []


@pytest.mark.parametrize("level", ["model", "schema", "catalog"])
@pytest.mark.parametrize(
    ("privilege", "operations"),
    [
        ("EXECUTE", EXECUTE),
        ("APPLY TAG", TAG),
        ("CREATE MODEL VERSION", ADD),
        ("MANAGE", MANAGE),
        ("ALL PRIVILEGES", EXECUTE | TAG | ADD),
    ],
)
def test_a_privilege_allows_the_same_wherever_it_is_inherited_from(user, model, level, privilege, operations):
    use(user, model)
    securable = {"model": model, "schema": model.schema, "catalog": model.schema.catalog}[level]
    grant(user, securable, privilege)
    also_creates = privilege == "ALL PRIVILEGES" and level != "model"
    assert allowed(user, model) == operations
    assert authorization.allows(actor(user), Operation.CREATE_REGISTERED_MODEL, model.schema) == also_creates


@pytest.mark.parametrize("level", ["model", "schema", "catalog"])
def test_who_may_add_versions_writes_and_finalizes_those_that_are_its_own(user, model, level):
    use(user, model)
    grant(
        user, {"model": model, "schema": model.schema, "catalog": model.schema.catalog}[level], "CREATE MODEL VERSION"
    )
    own = ModelVersionFactory(registered_model=model, creator_key=user.pk)
    other = ModelVersionFactory(registered_model=model, creator_key=user.pk + 1)
    nobodys = ModelVersionFactory(registered_model=model)
    for operation in (Operation.WRITE_ARTIFACTS, Operation.FINALIZE_MODEL_VERSION):
        assert [allows(actor(user), operation, version) for version in (own, other, nobodys)] == [True, False, False]
        assert list(authorization.permitted(actor(user), operation, ModelVersion.objects.all())) == [own]
        with pytest.raises(PermissionDenied, match="MANAGE on Routine or Model 'c.s.m'"):
            authorization.require(actor(user), operation, other)
    model.schema.catalog.user_grants.all().delete()
    assert not allows(actor(user), Operation.WRITE_ARTIFACTS, own), "it needs the right and USE as everything does"


def test_whoever_lost_the_right_to_add_versions_is_told_which(user, model):
    use(user, model)
    grant(user, model, "EXECUTE")
    own = ModelVersionFactory(registered_model=model, creator_key=user.pk)
    with pytest.raises(PermissionDenied, match="CREATE MODEL VERSION on Routine or Model 'c.s.m'"):
        authorization.require(actor(user), Operation.FINALIZE_MODEL_VERSION, own)


@pytest.mark.parametrize("missing", ["USE CATALOG", "USE SCHEMA"])
@pytest.mark.parametrize("privilege", ["EXECUTE", "MANAGE", "ALL PRIVILEGES", "CREATE MODEL VERSION"])
def test_without_use_on_a_container_nothing_is_allowed_or_known(user, model, missing, privilege):
    grant(user, model, privilege)
    if missing == "USE SCHEMA":
        grant(user, model.schema.catalog, "USE CATALOG")
    else:
        grant(user, model.schema, "USE SCHEMA")
    assert allowed(user, model) == set()
    with pytest.raises(DoesNotExist):
        authorization.require(actor(user), Operation.READ_REGISTERED_MODEL, model)


def test_use_alone_shows_containers_and_no_model(user, model):
    use(user, model)
    asking = actor(user)
    assert list(authorization.visible(asking, Catalog.objects.all())) == [model.schema.catalog]
    assert list(authorization.visible(asking, Schema.objects.all())) == [model.schema]
    assert not authorization.visible(asking, RegisteredModel.objects.all()).exists()


def test_use_schema_counts_on_the_catalog_too(user, model):
    grant(user, model.schema.catalog, "USE CATALOG", "USE SCHEMA")
    grant(user, model, "EXECUTE")
    assert allowed(user, model) == EXECUTE


def test_the_owner_may_do_everything_but_needs_use(user, model):
    model.owner_user = user
    model.save()
    assert allowed(user, model) == set()
    use(user, model)
    assert allowed(user, model) == set(ON_MODEL) - {Operation.RENAME_REGISTERED_MODEL}
    grant(user, model.schema, "CREATE MODEL")
    assert allowed(user, model) == set(ON_MODEL)


@pytest.mark.parametrize("level", ["schema", "catalog"])
def test_a_containers_owner_manages_and_does_not_read_data(user, model, level):
    grant(user, model.schema.catalog, "USE CATALOG")
    container = model.schema if level == "schema" else model.schema.catalog
    container.owner_user = user
    container.save()
    assert allowed(user, model) == MANAGE | {Operation.RENAME_REGISTERED_MODEL}


def test_a_schemas_owner_needs_use_catalog(user, model):
    model.schema.owner_user = user
    model.schema.save()
    assert allowed(user, model) == set()


def test_an_administrator_passes_metadata_and_not_data(user, model):
    user.is_metastore_admin = True
    user.save()
    assert allowed(user, model) == set(ON_MODEL) - {Operation.READ_ARTIFACTS}


def test_djangos_superuser_is_nobody_here(user, model):
    user.is_superuser = user.is_staff = True
    user.save()
    assert allowed(user, model) == set()


def test_browse_shows_metadata_without_use_and_allows_nothing(user, model):
    grant(user, model.schema.catalog, "BROWSE")
    asking = actor(user)
    for rows in (Catalog.objects, Schema.objects, RegisteredModel.objects):
        assert authorization.visible(asking, rows.all()).count() == 1
    assert allowed(user, model) == set()
    with pytest.raises(PermissionDenied, match="USE CATALOG on Catalog 'c'"):
        authorization.require(asking, Operation.READ_ARTIFACTS, model)


def test_the_error_names_what_is_missing_from_the_outside_in(user, model):
    catalog, schema = model.schema.catalog, model.schema
    grant(user, catalog, "BROWSE")
    steps = [
        ("USE CATALOG on Catalog 'c'", catalog, "USE CATALOG"),
        ("USE SCHEMA on Schema 'c.s'", schema, "USE SCHEMA"),
        ("EXECUTE on Routine or Model 'c.s.m'", model, "EXECUTE"),
    ]
    for message, securable, privilege in steps:
        with pytest.raises(PermissionDenied, match=f"User does not have {message}."):
            authorization.require(actor(user), Operation.READ_ARTIFACTS, model)
        grant(user, securable, privilege)
    authorization.require(actor(user), Operation.READ_ARTIFACTS, model)


def test_renaming_needs_create_model_on_the_schema(user, model):
    use(user, model)
    grant(user, model, "MANAGE")
    with pytest.raises(PermissionDenied, match="CREATE MODEL on Schema 'c.s'"):
        authorization.require(actor(user), Operation.RENAME_REGISTERED_MODEL, model)
    grant(user, model.schema, "CREATE MODEL")
    authorization.require(actor(user), Operation.RENAME_REGISTERED_MODEL, model)


def test_rights_come_through_nested_groups_and_through_everyone(user, model):
    inner, outer = Group.objects.create(name="inner"), Group.objects.create(name="outer")
    GroupNesting.objects.create(parent=outer, child=inner)
    user.groups.add(inner)
    everyone, _ = Group.objects.get_or_create(name=EVERYONE)
    grant(everyone, model.schema.catalog, "USE CATALOG", "USE SCHEMA")
    grant(outer, model, "EXECUTE")
    assert allowed(user, model) == EXECUTE


def test_a_circle_of_groups_ends(user, model):
    inner, outer = Group.objects.create(name="inner"), Group.objects.create(name="outer")
    GroupNesting.objects.create(parent=outer, child=inner)
    GroupNesting.objects.create(parent=inner, child=outer)
    user.groups.add(inner)
    grant(outer, model.schema.catalog, "USE CATALOG", "USE SCHEMA", "EXECUTE")
    assert allowed(user, model) == EXECUTE


def test_a_group_may_own(user, model):
    group = Group.objects.create(name="team")
    user.groups.add(group)
    use(user, model)
    model.owner_group = group
    model.save()
    assert Operation.READ_ARTIFACTS in allowed(user, model)


def test_a_grant_elsewhere_allows_nothing_here(user, model):
    use(user, model)
    grant(user, RegisteredModelFactory(schema=model.schema), "EXECUTE")
    grant(user, SchemaFactory(catalog=model.schema.catalog), "MANAGE")
    grant(user, CatalogFactory(), "ALL PRIVILEGES")
    assert allowed(user, model) == set()


def test_metastore_grants_do_not_flow_down(user, model):
    grant(user, Metastore.current(), "CREATE CATALOG")
    assert authorization.allows(actor(user), Operation.CREATE_CATALOG, Metastore.current())
    assert allowed(user, model) == set()
    assert not authorization.visible(actor(user), Catalog.objects.all()).exists()


def test_versions_are_governed_by_their_model(user, model):
    version, other = ModelVersionFactory(registered_model=model), ModelVersionFactory()
    use(user, model)
    grant(user, model, "EXECUTE")
    readable = authorization.permitted(actor(user), Operation.READ_ARTIFACTS, ModelVersion.objects.all())
    assert list(readable) == [version]
    with pytest.raises(DoesNotExist):
        authorization.require(actor(user), Operation.READ_ARTIFACTS, other)


def test_a_point_check_and_a_list_agree(cast):
    """One filter serves both: for every member, every operation, every model."""
    RegisteredModelFactory.create_batch(3, schema=cast.schema)
    for member in ("admin", "owner", "writer", "reader", "browser", "stranger"):
        for operation in ON_MODEL:
            listed = set(authorization.permitted(actor(cast[member]), operation, RegisteredModel.objects.all()))
            checked = {
                m for m in RegisteredModel.objects.all() if authorization.allows(actor(cast[member]), operation, m)
            }
            assert listed == checked, (member, operation)


def test_holdings_are_read_once_a_request(cast, django_assert_max_num_queries):
    asking = actor(cast.writer)
    authorization.allows(asking, Operation.READ_REGISTERED_MODEL, cast.model)
    with django_assert_max_num_queries(1):
        authorization.allows(asking, Operation.READ_REGISTERED_MODEL, cast.model)


@pytest.mark.parametrize("operation", [Operation.READ_REGISTERED_MODEL, Operation.CREATE_MODEL_VERSION])
def test_both_ways_of_asking_a_table_find_the_same_rows(cast, operation):
    RegisteredModelFactory(schema=cast.schema, owner_group=Group.objects.get(name="readers"))
    RegisteredModelFactory()
    for member in ("admin", "owner", "writer", "reader", "browser", "stranger"):
        asking = actor(cast[member])
        for rows in (RegisteredModel.objects.all(), ModelVersion.objects.all()):
            narrow = authorization.permitted(asking, operation, rows)
            assert set(narrow) == set(authorization.permitted(asking, operation, rows, listing=True))
            assert set(authorization.visible(asking, rows)) == set(authorization.visible(asking, rows, listing=True))


@pytest.mark.parametrize("member", MEMBERS[:-1])
def test_several_operations_asked_at_once_get_the_answers_that_each_gets_alone(cast, member):
    for securable in (Metastore.current(), cast.catalog, cast.schema, cast.model):
        operations = kind_of(securable).operations
        alone = {operation: allows(actor(cast[member]), operation, securable) for operation in operations}
        assert authorization.allowed(actor(cast[member]), operations, securable) == alone


def test_one_operation_asked_as_several_is_not_taken_for_the_answer_to_one(cast):
    asking, asked = actor(cast.browser), Operation.UPDATE_REGISTERED_MODEL
    assert authorization.allowed(asking, [asked], cast.model) == {asked: False}
    assert not allows(asking, asked, cast.model)
    assert authorization.allowed(asking, [asked], cast.model) == {asked: False}


def test_what_is_asked_at_once_follows_the_token_and_every_grant(cast):
    operations = [operation for operation in ON_MODEL if operation != Operation.RENAME_REGISTERED_MODEL]

    def compare(user):
        for scope, subject in product((Scope.ADMIN, Scope.READ, Scope.REGISTRY), (cast.model, cast.version)):
            asks = Actor(principal=user, scopes=scope.included)
            each = {operation: allows(asks, operation, subject) for operation in operations}
            assert authorization.allowed(asks, operations, subject) == each

    for member in MEMBERS[:-1]:
        compare(cast[member])
    grant(cast.stranger, cast.catalog, "USE CATALOG", "USE SCHEMA", "EXECUTE")
    compare(cast.stranger)
    assert authorization.allowed(actor(cast.stranger), [Operation.READ_ARTIFACTS], cast.model) == {
        Operation.READ_ARTIFACTS: True
    }


@pytest.mark.parametrize("flag", [True, False])
def test_buttons_follow_the_administrators_flag_at_once(cast, flag):
    """The flag is the user's own: it changes without a new revision of who holds what."""
    asked = Operation.UPDATE_REGISTERED_MODEL
    User.objects.filter(pk=cast.browser.pk).update(is_metastore_admin=not flag)
    before = actor(User.objects.get(pk=cast.browser.pk))
    assert authorization.allowed(before, [asked], cast.model) == {asked: not flag}
    User.objects.filter(pk=cast.browser.pk).update(is_metastore_admin=flag)
    after = actor(User.objects.get(pk=cast.browser.pk))
    assert authorization.allowed(after, [asked], cast.model) == {asked: flag}


def test_what_counts_within_one_catalog_is_not_kept_for_others(cast):
    other = RegisteredModelFactory(owner_user=cast.owner)
    grant(cast.owner, other.schema.catalog, "USE CATALOG", "USE SCHEMA")
    narrow = actor(cast.owner)
    authorization.gather([narrow], within=cast.catalog.pk)
    assert authorization.allows(narrow, Operation.READ_REGISTERED_MODEL, cast.model)
    assert not authorization.allows(narrow, Operation.READ_REGISTERED_MODEL, other)
    assert authorization.allows(actor(cast.owner), Operation.READ_REGISTERED_MODEL, other)
