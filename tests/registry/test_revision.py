"""What is remembered of holdings is forgotten with the change, whoever makes it and however."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from accounts.models import GroupNesting, User
from registry import authorization
from registry.authorization import Operation
from registry.models import Catalog, Revision, Schema
from registry.models.revision import WATCHED, install_triggers
from tests.cast import actor, grant


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


def test_what_was_remembered_in_a_transaction_goes_back_with_it(cast):
    before = Revision.current()
    with transaction.atomic():
        grant(cast.stranger, cast.catalog, "ALL PRIVILEGES")
        assert reads(cast.stranger, cast)
        transaction.set_rollback(True)
    assert Revision.current() == before
    assert not reads(cast.stranger, cast)


def test_every_watched_table_revises(cast):
    """A table that a migration rebuilds loses its triggers; they are put back after every migration."""
    install_triggers()
    for model in WATCHED:
        before, row = Revision.current(), model.objects.first()
        if row is not None:
            model.objects.filter(pk=row.pk).update(id=row.pk)
            assert Revision.current() != before, model
    with connection.cursor() as cursor:
        on_sqlite = connection.vendor == "sqlite"
        table = "sqlite_master WHERE type = 'trigger' AND name" if on_sqlite else "pg_trigger WHERE tgname"
        cursor.execute(f"SELECT count(*) FROM {table} LIKE 'revision_%'")
        assert cursor.fetchone()[0] == len(WATCHED) * (3 if on_sqlite else 1)
