"""What is remembered of holdings is forgotten with the change, whoever makes it and however."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import EVERYONE, GroupNesting, User
from registry import authorization
from registry.authorization import Operation
from registry.models import Catalog, Metastore, Revision, Schema, triggers
from registry.models.revision import ALL, group_key, user_key
from tests.cast import actor, grant
from tests.factories import CatalogFactory, SchemaFactory


def reads(user, cast):
    """Asked anew, as in another request."""
    return authorization.allows(actor(user), Operation.READ_REGISTERED_MODEL, cast.model)


def test_a_request_reads_the_token_and_nothing_else(cast, django_assert_num_queries):
    reads(cast.reader, cast)
    with django_assert_num_queries(2):
        assert reads(cast.reader, cast)


@pytest.mark.parametrize(
    "revoke",
    [
        lambda cast: cast.catalog.group_grants.all().delete(),
        lambda cast: GroupNesting.objects.all().delete(),
        lambda cast: cast.reader.groups.clear(),
        lambda cast: Group.objects.filter(name="readers").delete(),
        lambda cast: connection.cursor().execute("DELETE FROM registry_cataloggroupgrant"),
    ],
    ids=["grant", "nesting", "membership", "group", "by hand"],
)
def test_a_revoked_right_is_gone_with_the_next_request(cast, revoke):
    assert reads(cast.reader, cast)
    revoke(cast)
    assert not reads(cast.reader, cast)


def test_a_new_owner_of_a_container_counts_at_once(cast):
    assert not reads(cast.stranger, cast)
    Schema.objects.filter(pk=cast.schema.pk).update(owner_user=cast.stranger)
    Catalog.objects.filter(pk=cast.catalog.pk).update(owner_user=cast.stranger)
    assert reads(cast.stranger, cast)


def test_an_administrator_is_one_by_its_own_row(cast):
    assert not reads(cast.stranger, cast)
    User.objects.filter(pk=cast.stranger.pk).update(is_metastore_admin=True)
    cast.stranger.refresh_from_db()
    assert reads(cast.stranger, cast)


def tokens(*users):
    return Revision.of([user_key(user.pk) for user in users])


def test_what_was_remembered_in_a_transaction_goes_back_with_it(cast):
    before = tokens(cast.stranger)
    with transaction.atomic():
        grant(cast.stranger, cast.catalog, "ALL PRIVILEGES")
        assert reads(cast.stranger, cast)
        transaction.set_rollback(True)
    assert tokens(cast.stranger) == before
    assert not reads(cast.stranger, cast)


def test_a_change_concerns_whom_it_is_about_and_nobody_else(cast):
    before = tokens(cast.reader)
    grant(cast.stranger, cast.catalog, "USE CATALOG")
    Catalog.objects.filter(pk=cast.catalog.pk).update(owner_user=cast.owner, comment="about others")
    assert tokens(cast.reader) == before


CHANGES = {
    "a grant on the metastore": lambda cast: grant(cast.stranger, Metastore.current(), "CREATE CATALOG"),
    "a grant on a catalog": lambda cast: grant(cast.stranger, cast.catalog, "BROWSE"),
    "a grant on a schema": lambda cast: grant(cast.stranger, cast.schema, "USE SCHEMA"),
    "a catalog": lambda cast: CatalogFactory(owner_user=cast.stranger),
    "a schema": lambda cast: SchemaFactory(catalog=cast.catalog, owner_user=cast.stranger),
    "a group joined": lambda cast: cast.stranger.groups.add(Group.objects.get(name="readers")),
    "a group in a group": lambda cast: GroupNesting.objects.create(
        parent=Group.objects.create(name="outer"), child=Group.objects.get(name="readers")
    ),
    "another group of everybody": lambda cast: Group.objects.filter(name=EVERYONE).update(name="was everybody"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_of_what_somebody_holds_changes_the_token(cast, change):
    before = Revision.of([ALL, user_key(cast.stranger.pk)])
    change(cast)
    assert Revision.of([ALL, user_key(cast.stranger.pk)]) != before


@pytest.mark.parametrize("table", ["cataloggroupgrant", "schemagroupgrant", "metastoregroupgrant"])
def test_a_grant_to_a_group_changes_the_token_of_the_group(cast, table):
    group = Group.objects.get(name="readers")
    before = Revision.of([group_key(group.pk)])
    grants = apps.get_model("registry", table)
    subject = {"cataloggroupgrant": cast.catalog, "schemagroupgrant": cast.schema}.get(table, Metastore.current())
    permission = Permission.objects.filter(content_type__model=type(subject).__name__.lower()).first()
    row = grants.objects.create(group=group, content_object=subject, permission=permission)
    given = Revision.of([group_key(group.pk)])
    row.delete()
    assert len({frozenset(before), frozenset(given), frozenset(Revision.of([group_key(group.pk)]))}) == 3


def test_many_rows_of_a_holder_become_one_that_never_was(cast):
    for _ in range(Revision.MOST):
        cast.catalog.user_grants.filter(user=cast.writer).update(user=cast.writer)
    before = tokens(cast.writer)
    Revision.compact()
    assert len(tokens(cast.writer)) == 1
    assert not tokens(cast.writer) & before
    assert reads(cast.writer, cast)


def test_all_triggers_are_in_place(db):
    assert triggers.missing(connection) == []


def test_a_trigger_that_is_gone_is_named_and_put_back(db):
    name = f"revision_{Catalog._meta.db_table}_update"
    where = f" ON {Catalog._meta.db_table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}{where}")
    assert triggers.missing(connection) == [name]
    call_command("install_triggers", verbosity=0)
    assert triggers.missing(connection) == []


def test_a_start_touches_no_trigger(db):
    """Each start dropped and created them: changes in between went unnoticed."""
    with CaptureQueriesContext(connection) as queries:
        call_command("migrate", verbosity=0)
    assert not [
        query for query in queries if "TRIGGER" in query["sql"].upper() and "SELECT" not in query["sql"].upper()
    ]
    assert triggers.missing(connection) == []
