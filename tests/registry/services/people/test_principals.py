import pytest
from django.contrib.auth.models import Group

from accounts.models import EVERYONE, PersonalAccessToken, User
from registry.exceptions import AlreadyExists, DoesNotExist, InvalidParameterValue, PermissionDenied
from registry.models import AuditEvent, Catalog, RegisteredModel, Schema
from registry.privileges import Privilege
from registry.services.access import explanations, grants
from registry.services.people import groups, principals
from registry.services.people.groups import GroupChange, Members
from registry.services.shared import ownership
from tests.cast import actor

USER = User.Kind.USER


def test_administrators_alone_make_and_change_principals(cast):
    group = Group.objects.get(name="readers")
    for member in ("owner", "writer", "stranger"):
        somebody = actor(cast[member])
        for call in (
            lambda asking=somebody: principals.create_user(actor=asking, kind=USER, user_name="new@example.com"),
            lambda asking=somebody: principals.update_user(actor=asking, user=cast.reader, is_active=False),
            lambda asking=somebody: principals.delete_user(actor=asking, user=cast.reader),
            lambda asking=somebody: groups.create_group(actor=asking, name="new", members=Members()),
            lambda asking=somebody: groups.change_group(actor=asking, group=group, changes=[]),
            lambda asking=somebody: groups.delete_group(actor=asking, group=group),
        ):
            with pytest.raises(PermissionDenied):
                call()
    assert not AuditEvent.objects.exists()


def test_names_are_folded_checked_and_taken_once(cast):
    admin = actor(cast.admin)
    made = principals.create_user(actor=admin, kind=USER, user_name=" Ann@Example.com ")
    assert (made.user_name, made.has_usable_password()) == ("ann@example.com", False)
    for name, error in (("ANN@example.com", AlreadyExists), ("no e-mail", InvalidParameterValue)):
        with pytest.raises(error):
            principals.create_user(actor=admin, kind=USER, user_name=name)
    with pytest.raises(AlreadyExists):
        principals.update_user(actor=admin, user=made, user_name="READER@example.com")
    robot = principals.create_user(actor=admin, kind=User.Kind.SERVICE_PRINCIPAL)
    assert len(robot.user_name) == 36
    with pytest.raises(DoesNotExist):
        principals.get_user(pk=robot.pk, kind=USER)
    assert groups.create_group(actor=admin, name=" admins ", members=Members()).name == "admins"
    with pytest.raises(AlreadyExists):
        groups.create_group(actor=admin, name="admins", members=Members())


def test_nobody_locks_themselves_out(cast):
    admin = actor(cast.admin)
    with pytest.raises(InvalidParameterValue):
        principals.update_user(actor=admin, user=cast.admin, is_active=False)
    with pytest.raises(InvalidParameterValue):
        principals.delete_user(actor=admin, user=cast.admin)


def test_a_deactivated_account_is_out_with_the_next_request(api, cast):
    reader = api(cast.reader)
    reader.ok("GET", "/api/2.0/preview/scim/v2/Me")
    principals.update_user(actor=actor(cast.admin), user=cast.reader, is_active=False)
    assert reader("GET", "/api/2.0/preview/scim/v2/Me").status_code == 401
    assert PersonalAccessToken.objects.filter(user=cast.reader).exists()


def test_members_are_added_taken_out_and_replaced_or_nothing_is(cast):
    admin, group = actor(cast.admin), Group.objects.get(name="readers")
    changes = [
        GroupChange(add=Members(frozenset({cast.owner.pk, cast.writer.pk}))),
        GroupChange(remove=Members(frozenset({cast.reader.pk}))),
    ]
    group = groups.change_group(actor=admin, group=group, changes=changes)
    assert {user.user_name for user in group.user_set.all()} == {"owner@example.com", "writer@example.com"}
    with pytest.raises(InvalidParameterValue, match="no principal with id 987654"):
        groups.change_group(
            actor=admin, group=group, changes=[GroupChange(name="renamed", only=Members(frozenset({987_654})))]
        )
    assert Group.objects.get(pk=group.pk).name == "readers"
    assert group.user_set.count() == 2


def test_a_group_is_never_in_itself(cast):
    sales, readers = Group.objects.get(name="everybody-in-sales"), Group.objects.get(name="readers")
    change = GroupChange(add=Members(groups=frozenset({sales.pk})))
    with pytest.raises(InvalidParameterValue, match="into itself"):
        groups.change_group(actor=actor(cast.admin), group=readers, changes=[change])


def test_the_group_of_everybody_stays_as_it_is(cast):
    everyone = Group.objects.get(name=EVERYONE)
    with pytest.raises(InvalidParameterValue):
        groups.change_group(actor=actor(cast.admin), group=everyone, changes=[GroupChange(name="x")])
    with pytest.raises(InvalidParameterValue):
        groups.delete_group(actor=actor(cast.admin), group=everyone)


@pytest.mark.parametrize("kind", [Catalog, Schema, RegisteredModel])
def test_what_was_read_before_its_owner_was_deleted_has_no_owner(cast, kind):
    """Whoever looks at it in this moment is answered, and not told that something is gone."""
    boss, group = actor(cast.admin), Group.objects.get(name="readers")
    row = kind.objects.get()
    for owner, delete in (
        (cast.writer, lambda: principals.delete_user(actor=boss, user=cast.writer)),
        (group, lambda: groups.delete_group(actor=boss, group=groups.get_group(pk=group.pk))),
    ):
        kind.objects.update(**ownership.of(owner))
        read = kind.objects.get(pk=row.pk)
        delete()
        assert read.owner is None
        assert read.owner_name == ""


def test_a_grant_is_previewed_while_the_owner_of_a_container_is_deleted(cast):
    Catalog.objects.update(owner_user=cast.writer)
    model = RegisteredModel.objects.select_related("schema__catalog").get()
    principals.delete_user(actor=actor(cast.admin), user=cast.writer)
    change = grants.GrantChange(cast.stranger, add=(Privilege.EXECUTE,))
    preview = explanations.preview_grants(actor=actor(cast.admin), securable=model, changes=[change])
    assert preview.people == 1
