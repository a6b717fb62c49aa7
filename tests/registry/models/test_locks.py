"""Who waits for whom. SQLite's transactions exclude each other, so that the answers are PostgreSQL's alone."""

import sqlite3
import uuid
from contextlib import contextmanager
from copy import copy
from datetime import timedelta
from threading import Thread

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.models import GroupNesting, User
from registry.exceptions import DoesNotExist, InvalidParameterValue, QuotaExceeded
from registry.jobs.expiring import expire_abandoned_versions
from registry.models import Catalog, DiscussionComment, ModelVersion, RegisteredModel, Schema, locks
from registry.names import FullName
from registry.privileges import Privilege
from registry.services.access import access_decisions, access_requests, grants
from registry.services.access.grants import GrantChange
from registry.services.activity import discussions
from registry.services.hierarchy import catalogs, model_versions, registered_models, schemas
from registry.services.hierarchy.model_versions import Origin
from registry.services.labels import tags
from registry.services.metadata import aliases
from registry.services.people import groups, principals
from registry.services.shared import counters
from registry.services.versions import copies
from registry.storage import new_location
from tests.cast import actor, grant
from tests.factories import CatalogFactory, SchemaFactory

only_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite locks the whole database")


class InAnotherConnection(Thread):
    """Runs ``work`` in a connection of its own, which waits at most so many milliseconds for a lock."""

    def __init__(self, work, patience=10_000):
        super().__init__()
        self.work, self.patience, self.error = work, patience, None
        self.start()

    def run(self):
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = {self.patience}")
            self.work()
        except Exception as error:
            self.error = error
        finally:
            connection.close()

    def waited(self):
        """Whether ``work`` had to give up for a lock; what else went wrong is raised."""
        self.join()
        if self.error is not None and not isinstance(self.error, OperationalError):
            raise self.error
        return self.error is not None


def waits(work):
    return InAnotherConnection(work, patience=300).waited()


def create_model(cast, schema="ml", name="new", catalog="shop"):
    full_name = FullName(catalog, schema, name)
    return registered_models.create_registered_model(actor=actor(cast.admin), full_name=full_name)


def rename_catalog(cast, new_name="store"):
    catalogs.update_catalog(actor=actor(cast.admin), catalog=Catalog.objects.get(pk=cast.catalog.pk), new_name=new_name)


def rename_schema(cast, new_name="s"):
    schema = Schema.objects.select_related("catalog").get(pk=cast.schema.pk)
    schemas.update_schema(actor=actor(cast.admin), schema=schema, new_name=new_name)


def delete_catalog(cast):
    catalogs.delete_catalog(actor=actor(cast.admin), catalog=copy(cast.catalog), force=True)


def delete_schema(cast):
    schemas.delete_schema(actor=actor(cast.admin), schema=copy(cast.schema), force=True)


def delete_model(cast):
    registered_models.delete_registered_model(actor=actor(cast.admin), model=copy(cast.model))


def delete_version(cast):
    model_versions.delete_model_version(actor=actor(cast.admin), version=copy(cast.version))


def delete_two_versions(cast):
    versions = ModelVersion.objects.filter(registered_model=cast.model)
    assert versions.count() == 2
    model_versions.delete_model_versions(actor=actor(cast.admin), versions=versions)


def revoke(cast):
    change = GrantChange(cast.writer, remove=(Privilege.CREATE_MODEL, Privilege.USE_CATALOG))
    grants.update_grants(actor=actor(cast.admin), securable=cast.catalog, changes=[change])


def request_of_the_reader(cast):
    requests = access_requests.list_sent(actor=actor(cast.reader))
    if not requests.exists():
        privileges = [Privilege.CREATE_MODEL]
        access_requests.request_access(actor=actor(cast.reader), securable=cast.schema, privileges=privileges)
    return requests.get()


def decide(cast):
    request_of_the_reader(cast)
    request = access_requests.list_to_decide(actor=actor(cast.admin)).get()
    access_decisions.decide_access_request(actor=actor(cast.admin), request=request, grant=True)


def withdraw(cast):
    access_decisions.withdraw_access_request(actor=actor(cast.reader), request=request_of_the_reader(cast))


def delete_comment(cast):
    comment = DiscussionComment.objects.first()
    if comment is None:
        comment = discussions.add_comment(actor=actor(cast.reader), subject=cast.model, text="Hello.")
    discussions.delete_comment(actor=actor(cast.reader), comment=comment)


def empty_group(cast):
    change = groups.GroupChange(only=groups.Members())
    group = Group.objects.get(name="everybody-in-sales")
    groups.change_group(actor=actor(cast.admin), group=group, changes=[change])


def expire(cast):
    expire_abandoned_versions(timezone.now() + timedelta(days=1))


def delete_user(cast):
    principals.delete_user(actor=actor(cast.admin), user=User.objects.get(pk=cast.stranger.pk))


def delete_group(cast):
    groups.delete_group(actor=actor(cast.admin), group=Group.objects.get(name="readers"))


def create_version(cast):
    tags_of_it = {"stage": "new"}
    model_versions.create_model_version(
        actor=actor(cast.admin), model=cast.model, origin=Origin(source="here"), version_tags=tags_of_it
    )


def copy_version(cast):
    copies.copy_model_version(actor=actor(cast.owner), source=cast.version, destination=cast.model)


def finalize_version(cast):
    ModelVersion.objects.exclude(pk=cast.version.pk).get().finalize(size=10)


def describe(cast):
    described = {"comment": "described", "owner": cast.reader.user_name}
    registered_models.update_registered_model(actor=actor(cast.admin), model=cast.model, **described)
    model_versions.update_model_version(actor=actor(cast.admin), version=cast.version, comment="described")


def set_alias(cast):
    aliases.set_registered_model_alias(actor=actor(cast.admin), model=cast.model, alias="champion", version=1)


def set_tags(cast):
    for subject in (cast.model, cast.version):
        tags.set_tag(actor=actor(cast.admin), subject=subject, key="team", value="ml")


def change_members(cast, group, **members):
    change = groups.GroupChange(add=groups.Members(**members))
    groups.change_group(actor=actor(cast.admin), group=Group.objects.get(name=group), changes=[change])


def nest(cast, parent, child):
    change_members(cast, parent, groups=frozenset({Group.objects.get(name=child).pk}))


def nest_in_the_admin(cast, parent, child):
    """As a form of the Django admin does, which is checked and saved in one transaction."""
    with transaction.atomic():
        nesting = GroupNesting(parent=Group.objects.get(name=parent), child=Group.objects.get(name=child))
        nesting.full_clean()
        nesting.save()


INSIDE = [
    create_version, copy_version, finalize_version, delete_version, delete_two_versions, describe, set_alias, set_tags
]  # fmt: skip
CHANGES = [rename_catalog, rename_schema, delete_catalog, delete_schema]


@contextmanager
def unfinished(work, *arguments):
    """Let the ``with`` block run while the transaction of ``work`` has not ended."""
    with transaction.atomic():
        work(*arguments)
        yield


def test_what_is_shared_is_read_anew(cast):
    Catalog.objects.update(name="store")
    with transaction.atomic():
        assert locks.share_names(cast.schema.pk).full_name == "store.ml"


def test_what_is_gone_is_not_shared(db):
    assert locks.share(Catalog, 1) is None
    assert locks.share_names(1) is None


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_creations_wait_for_one_another_in_one_schema_alone(cast):
    """Which counts its models."""
    SchemaFactory(catalog=cast.catalog, name="other")
    with unfinished(create_model, cast):
        assert waits(lambda: create_model(cast, name="beside"))
        assert not waits(lambda: create_model(cast, schema="other"))
    assert RegisteredModel.objects.count() == 3


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_creation_does_not_wait_for_a_description_or_a_tag_further_out(cast):
    grant(cast.admin, cast.catalog, "APPLY TAG")
    with transaction.atomic():
        catalogs.update_catalog(actor=actor(cast.admin), catalog=cast.catalog, comment="described")
        tags.set_tag(actor=actor(cast.admin), subject=cast.catalog, key="team", value="ml")
        assert not waits(lambda: create_model(cast))


@only_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", CHANGES)
def test_who_renames_or_deletes_a_container_waits_for_a_creation_and_the_other_way_round(cast, change):
    with unfinished(create_model, cast):
        assert waits(lambda: change(cast))
    with unfinished(change, cast):
        assert waits(lambda: create_model(cast, name="later"))


@only_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", CHANGES)
def test_a_model_is_not_renamed_while_its_container_is(cast, change):
    def rename(new_name):
        model = RegisteredModel.objects.select_related("schema__catalog").get()
        registered_models.update_registered_model(actor=actor(cast.admin), model=model, new_name=new_name)

    with unfinished(rename, "loyalty"):
        assert waits(lambda: change(cast))
    with unfinished(change, cast):
        assert waits(lambda: rename("returns"))


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_who_waited_for_a_rename_files_under_the_new_name(cast):
    with unfinished(rename_catalog, cast):
        creation = InAnotherConnection(lambda: create_model(cast))
        creation.join(0.3)
        assert creation.is_alive()
    assert not creation.waited()
    assert RegisteredModel.objects.get(name="new").filed_as == "store.ml.new"


@only_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("delete", [delete_catalog, delete_schema])
def test_who_waited_for_a_deletion_finds_nothing_there(cast, delete):
    with unfinished(delete, cast):
        creation = InAnotherConnection(lambda: create_model(cast))
        creation.join(0.3)
        assert creation.is_alive()
    with pytest.raises(DoesNotExist):
        creation.waited()


@only_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", INSIDE)
def test_who_changes_a_model_does_not_wait_for_its_container_to_go(cast, change):
    """For who deletes it waits for them: with rows of theirs held, each would wait for the other."""
    with transaction.atomic():
        locks.going(cast.catalog)
        locks.going(cast.schema)
        assert not waits(lambda: change(cast))


@only_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("goes", [delete_user, delete_group])
@pytest.mark.parametrize(
    "change",
    [
        revoke, decide, withdraw, delete_comment, empty_group, expire, delete_catalog, delete_schema, delete_model,
        delete_version,
    ],
)  # fmt: skip
def test_what_an_object_and_a_principal_have_in_common_goes_with_one_of_them_at_a_time(cast, change, goes):
    """Else each would delete some of the same grants, pins and notifications, and wait for the other's."""
    with transaction.atomic():
        locks.going_principals()
        assert waits(lambda: change(cast))
    with unfinished(change, cast):
        assert waits(lambda: goes(cast))


@only_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("delete", [delete_catalog, delete_schema, delete_model, delete_version])
def test_of_two_deletions_at_once_the_second_finds_nothing_there(cast, delete):
    """And neither counts it down twice."""
    with unfinished(delete, cast):
        second = InAnotherConnection(lambda: delete(cast))
        second.join(0.3)
        assert second.is_alive()
    with pytest.raises(DoesNotExist):
        second.waited()
    assert list(counters.mend()) == []


@only_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("last", [nest, nest_in_the_admin])
def test_two_nestings_at_once_make_no_circle(cast, last):
    for name in "abc":
        Group.objects.create(name=name)
    nest(cast, "a", "b")
    with unfinished(nest, cast, "b", "c"):
        second = InAnotherConnection(lambda: last(cast, "c", "a"))
        second.join(0.3)
        assert second.is_alive()
    with pytest.raises((InvalidParameterValue, ValidationError), match="into itself"):
        second.waited()


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_who_is_only_added_to_a_group_waits_for_no_nesting(cast):
    for name in "abc":
        Group.objects.create(name=name)
    with unfinished(nest, cast, "a", "b"):
        assert not waits(lambda: change_members(cast, "c", users=frozenset({cast.reader.pk})))


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_schema_in_a_catalog_that_goes_is_not_created(cast):
    def create():
        schemas.create_schema(actor=actor(cast.admin), catalog=cast.catalog, name="late")

    with transaction.atomic():
        # What is first to lock: the triggers of the rows that go write to a row that a new schema writes to as well.
        Catalog.objects.select_for_update().get(pk=cast.catalog.pk)
        creation = InAnotherConnection(create)
        creation.join(0.3)
        assert creation.is_alive()
        delete_catalog(cast)
    with pytest.raises(DoesNotExist):
        creation.waited()


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_force_delete_and_a_creation_do_not_wait_for_each_other_in_a_circle(cast):
    """Both take the catalog first and the schema then."""
    with transaction.atomic():
        locks.share(Catalog, cast.catalog.pk)
        deletion = InAnotherConnection(lambda: delete_catalog(cast))
        deletion.join(0.3)
        assert deletion.is_alive()
        locks.share(Schema, cast.schema.pk)
    assert not deletion.waited()


@only_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("quota", ["registered_models_per_schema", "registered_models_per_metastore"])
def test_with_a_quota_one_at_a_time_counts(cast, settings, quota):
    settings.QUOTAS = {**settings.QUOTAS, quota: 2}
    with unfinished(create_model, cast):
        second = InAnotherConnection(lambda: create_model(cast, name="one-too-many"))
        second.join(0.3)
        assert second.is_alive()
    with pytest.raises(QuotaExceeded):
        second.waited()
    assert RegisteredModel.objects.count() == 2


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_with_a_quota_creations_in_other_schemas_do_not_wait(cast, settings):
    settings.QUOTAS = {**settings.QUOTAS, "registered_models_per_schema": 2}
    SchemaFactory(catalog=CatalogFactory(name="other"), name="s")
    with unfinished(create_model, cast):
        assert not waits(lambda: create_model(cast, catalog="other", schema="s"))


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a limit of SQLite's, which differs between builds")
def test_more_versions_than_a_query_has_room_for_are_locked(cast):
    rows = [
        ModelVersion(registered_model=cast.model, version=number, storage_location=new_location(uuid.uuid4()))
        for number in range(10, 1_400)
    ]
    ModelVersion.objects.bulk_create(rows)
    before = connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 1_100)
    try:
        held = locks.going_versions(ModelVersion.objects.filter(registered_model=cast.model))
        locks.going_models(RegisteredModel.objects.filter(pk=cast.model.pk))
    finally:
        connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, before)
    assert len(held) == 1_390 + 2  # and those of the cast
