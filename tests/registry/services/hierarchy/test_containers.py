"""Catalogs and schemas."""

import pytest

from registry.exceptions import (
    AlreadyExists,
    DoesNotExist,
    InvalidParameterValue,
    InvalidState,
    PermissionDenied,
    PrincipalDoesNotExist,
)
from registry.models import AuditEvent, Catalog, Job, Metastore
from registry.services.hierarchy import catalogs, schemas
from registry.services.shared import counters, finders, placement
from tests.cast import actor, grant
from tests.factories import CatalogFactory


def test_whoever_may_create_a_catalog_owns_it_and_works_in_it(cast):
    grant(cast.stranger, Metastore.current(), "CREATE CATALOG")
    asking = actor(cast.stranger)
    catalog = catalogs.create_catalog(actor=asking, name="Mine", comment="c")
    schema = schemas.create_schema(actor=asking, catalog=catalog, name="First")
    assert (catalog.name, schema.full_name, catalog.owner) == ("mine", "mine.first", cast.stranger)


def test_a_taken_name_is_told_only_to_who_may_know(cast):
    with pytest.raises(AlreadyExists):
        catalogs.create_catalog(actor=actor(cast.reader), name="SHOP")
    with pytest.raises(PermissionDenied, match="CREATE CATALOG on Metastore"):
        catalogs.create_catalog(actor=actor(cast.stranger), name="shop")


def test_a_schema_needs_use_and_create(cast):
    grant(cast.stranger, cast.catalog, "CREATE SCHEMA")
    with pytest.raises(PermissionDenied, match="USE CATALOG on Catalog 'shop'"):
        schemas.create_schema(actor=actor(cast.stranger), catalog=cast.catalog, name="new")
    grant(cast.stranger, cast.catalog, "USE CATALOG")
    assert schemas.create_schema(actor=actor(cast.stranger), catalog=cast.catalog, name="new").owner == cast.stranger


@pytest.mark.usefixtures("no_trash")
def test_only_an_empty_container_is_deleted_without_force(cast):
    for delete, securable in (
        (lambda **o: catalogs.delete_catalog(catalog=cast.catalog, **o), cast.catalog),
        (lambda **o: schemas.delete_schema(schema=cast.schema, **o), cast.schema),
    ):
        with pytest.raises(InvalidState, match="not empty"):
            delete(actor=actor(cast.admin))
        assert type(securable).objects.filter(pk=securable.pk).exists()
    schemas.delete_schema(actor=actor(cast.admin), schema=cast.schema, force=True)
    assert Job.objects.filter(kind=Job.Kind.DELETE_ARTIFACTS).count() == 2


def test_a_rename_of_a_catalog_renames_what_lies_in_it(cast):
    catalogs.update_catalog(actor=actor(cast.admin), catalog=cast.catalog, new_name="Store")
    cast.model.refresh_from_db()
    assert type(cast.model).objects.select_related("schema__catalog").get().full_name == "store.ml.churn"


def test_a_rename_onto_a_taken_name_changes_nothing(cast):
    CatalogFactory(name="taken")
    events = AuditEvent.objects.count()
    with pytest.raises(AlreadyExists):
        catalogs.update_catalog(actor=actor(cast.admin), catalog=cast.catalog, new_name="taken", comment="x")
    assert Catalog.objects.get(name="shop").comment == ""
    assert AuditEvent.objects.count() == events


def test_ownership_goes_to_a_user_or_a_group(cast):
    catalogs.update_catalog(actor=actor(cast.admin), catalog=cast.catalog, owner="readers")
    assert Catalog.objects.get(name="shop").owner.name == "readers"
    catalogs.update_catalog(actor=actor(cast.reader), catalog=cast.catalog, owner="owner@example.com")
    assert Catalog.objects.get(name="shop").owner == cast.owner
    with pytest.raises(PrincipalDoesNotExist):
        catalogs.update_catalog(actor=actor(cast.admin), catalog=cast.catalog, owner="nobody")


def test_a_deleted_owner_leaves_the_object_to_administrators(cast):
    cast.owner.delete()
    cast.model.refresh_from_db()
    assert cast.model.owner is None
    catalogs.update_catalog(actor=actor(cast.admin), catalog=cast.catalog, comment="still here")


def test_a_stranger_cannot_learn_of_containers(cast):
    with pytest.raises(DoesNotExist):
        finders.get_catalog(actor=actor(cast.stranger), name="shop")
    with pytest.raises(DoesNotExist):
        finders.get_schema(actor=actor(cast.stranger), catalog="shop", name="ml")


def test_a_new_catalog_has_a_default_schema_unless_the_metastore_makes_none(cast):
    """Who may create catalogs needs no other right for it, and owns it."""
    grant(cast.reader, Metastore.current(), "CREATE CATALOG")
    catalog = catalogs.create_catalog(actor=actor(cast.reader), name="mine")
    (schema,) = catalog.schemas.all()
    assert (schema.name, schema.owner_user) == ("default", cast.reader)
    assert list(counters.mend()) == []
    created = AuditEvent.objects.filter(action_name="createSchema").get()
    assert created.securable_name == "mine.default"
    Metastore.objects.update(makes_default_schemas=False)
    assert not catalogs.create_catalog(actor=actor(cast.reader), name="bare").schemas.exists()


ALLOWED = {"root": "", "allowed": ["s3://bucket/teams"], "register_from": [], "direct": True, "role_arn": ""}


def test_where_files_go_is_said_by_who_may_change_the_catalog(cast, settings):
    settings.STORAGE = ALLOWED
    grant(cast.stranger, cast.catalog, "USE CATALOG", "CREATE SCHEMA")
    asking, root = actor(cast.stranger), "s3://bucket/teams/vision"
    with pytest.raises(PermissionDenied):
        schemas.create_schema(actor=asking, catalog=cast.catalog, name="s", storage_root=root)
    schema = schemas.create_schema(actor=asking, catalog=cast.catalog, name="s")
    with pytest.raises(PermissionDenied):
        schemas.update_schema(actor=asking, schema=schema, storage_root=root)
    schema = schemas.update_schema(actor=actor(cast.admin), schema=schema, storage_root=f"{root}/")
    assert placement.root_of(schema) == root
    assert placement.root_of(cast.schema) == ""
    catalogs.update_catalog(actor=actor(cast.admin), catalog=cast.catalog, storage_root="s3://bucket/teams")
    cast.schema.refresh_from_db()
    assert placement.root_of(cast.schema) == "s3://bucket/teams"
    assert placement.bases() == [f"{one}/{Metastore.current().uid}" for one in ("s3://bucket/teams", root)]
    for elsewhere in ("s3://bucket/teamsters", "s3://bucket", "s3://other/teams", f"{root}/{Metastore.current().uid}"):
        with pytest.raises(InvalidParameterValue):
            catalogs.update_catalog(actor=actor(cast.admin), catalog=cast.catalog, storage_root=elsewhere)
