import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry import authorization
from registry.authorization import Operation
from registry.exceptions import DoesNotExist, InvalidParameterValue, PermissionDenied, PrincipalDoesNotExist
from registry.models import AuditEvent
from registry.privileges import GRANTABLE, Privilege
from registry.services.access import grants
from registry.services.access.grants import GrantChange
from registry.services.shared.ownership import find_principal
from tests.cast import actor, grant


def change(user, securable, principal, add=(), remove=()):
    changes = [GrantChange(find_principal(principal), tuple(add), tuple(remove))]
    grants.update_grants(actor=actor(user), securable=securable, changes=changes)


def named(options):
    return {key: find_principal(name) for key, name in options.items()}


def direct(user, securable, **options):
    found = grants.list_grants(actor=actor(user), securable=securable, **named(options))
    return {(str(g.principal), g.privilege.value) for g in found}


def effective(user, securable, **options):
    found = grants.list_effective_grants(actor=actor(user), securable=securable, **named(options))
    return {(str(g.principal), g.privilege.value, g.granted_on.full_name) for g in found}


def test_a_grant_is_seen_by_the_next_request_and_so_is_its_end(cast):
    change(cast.owner, cast.model, "writer@example.com", add=[Privilege.EXECUTE])
    assert authorization.allows(actor(cast.writer), Operation.READ_ARTIFACTS, cast.model)
    change(cast.owner, cast.model, "writer@example.com", remove=[Privilege.EXECUTE])
    assert not authorization.allows(actor(cast.writer), Operation.READ_ARTIFACTS, cast.model)
    assert AuditEvent.objects.filter(action_name="updatePermissions").count() == 2


def test_groups_are_principals_too(cast):
    change(cast.owner, cast.model, "readers", add=[Privilege.APPLY_TAG])
    assert authorization.allows(actor(cast.reader), Operation.SET_TAG, cast.model)


def test_all_changes_are_applied_or_none(cast):
    changes = [
        GrantChange(cast.reader, (Privilege.MANAGE,)),
        GrantChange(cast.stranger, (Privilege.MANAGE, Privilege.BROWSE)),
    ]
    with pytest.raises(InvalidParameterValue):
        grants.update_grants(actor=actor(cast.owner), securable=cast.model, changes=changes)
    assert ("reader@example.com", "MANAGE") not in direct(cast.owner, cast.model)


def test_an_unknown_principal_is_named(cast):
    with pytest.raises(PrincipalDoesNotExist, match="Could not find principal with name nobody"):
        find_principal("nobody")


def test_a_group_that_is_named_like_a_user_gets_its_own_grants(cast):
    group = Group.objects.create(name="stranger@example.com")
    changes = [GrantChange(group, (Privilege.EXECUTE,))]
    grants.update_grants(actor=actor(cast.owner), securable=cast.model, changes=changes)
    assert cast.model.group_grants.filter(group=group).exists()
    assert not cast.model.user_grants.filter(user=cast.stranger).exists()


def test_who_does_not_manage_asks_about_itself_alone(cast):
    for principal in (cast.writer, Group.objects.create(name="others")):
        for ask in (grants.list_grants, grants.list_effective_grants):
            with pytest.raises(PermissionDenied):
                ask(actor=actor(cast.reader), securable=cast.model, principal=principal)
    readers = cast.reader.groups.get()
    assert grants.list_grants(actor=actor(cast.reader), securable=cast.model, principal=readers) == []


def test_a_privilege_must_fit_the_securable(cast):
    with pytest.raises(InvalidParameterValue, match="USE CATALOG is not applicable to this entity"):
        change(cast.admin, cast.model, "reader@example.com", add=[Privilege.USE_CATALOG])
    with pytest.raises(InvalidParameterValue, match="BROWSE is not applicable"):
        change(cast.admin, cast.schema, "reader@example.com", add=[Privilege.BROWSE])


def test_empty_and_contradicting_changes_are_refused(cast):
    with pytest.raises(InvalidParameterValue, match="adds and removes nothing"):
        change(cast.owner, cast.model, "reader@example.com")
    with pytest.raises(InvalidParameterValue, match="both added and removed"):
        change(cast.owner, cast.model, "readers", add=[Privilege.EXECUTE], remove=[Privilege.EXECUTE])


def test_revoking_what_is_not_granted_is_no_error(cast):
    change(cast.owner, cast.model, "reader@example.com", remove=[Privilege.MANAGE])


def test_revoking_all_privileges_revokes_what_it_implies_and_not_manage(cast):
    grant(cast.reader, cast.model, "ALL PRIVILEGES", "EXECUTE", "MANAGE")
    change(cast.owner, cast.model, "reader@example.com", remove=[Privilege.ALL_PRIVILEGES])
    assert direct(cast.owner, cast.model, principal="reader@example.com") == {("reader@example.com", "MANAGE")}


def test_only_managers_grant(cast):
    for member in ("writer", "reader"):
        with pytest.raises(PermissionDenied, match="MANAGE"):
            change(cast[member], cast.model, "stranger@example.com", add=[Privilege.EXECUTE])
    with pytest.raises(DoesNotExist):
        change(cast.stranger, cast.model, "stranger@example.com", add=[Privilege.EXECUTE])


def test_the_models_owner_cannot_let_outsiders_into_its_schema(cast):
    with pytest.raises(PermissionDenied):
        change(cast.owner, cast.schema, "stranger@example.com", add=[Privilege.USE_SCHEMA])


def test_direct_grants_leave_out_what_is_inherited(cast):
    assert direct(cast.owner, cast.model) == {("everybody-in-sales", "EXECUTE")}


def test_effective_grants_say_where_from_and_only_what_applies(cast):
    assert effective(cast.owner, cast.model) == {
        ("everybody-in-sales", "EXECUTE", "shop.ml.churn"),
        ("writer@example.com", "CREATE_MODEL_VERSION", "shop"),
    }


def test_effective_grants_of_a_user_include_those_of_its_groups(cast):
    found = effective(cast.owner, cast.model, principal="reader@example.com")
    assert found == {("everybody-in-sales", "EXECUTE", "shop.ml.churn")}


def test_others_see_their_own_grants_alone(cast):
    grant(cast.writer, cast.model, "APPLY TAG")
    assert direct(cast.reader, cast.model) == {("everybody-in-sales", "EXECUTE")}
    assert direct(cast.writer, cast.model) == {("writer@example.com", "APPLY_TAG")}
    assert effective(cast.browser, cast.model) == set()


def test_prerequisites_that_one_may_not_grant_undo_the_rest(cast):
    changes = [GrantChange(cast.stranger, (Privilege.EXECUTE,))]
    with pytest.raises(PermissionDenied, match="does not have MANAGE on Schema"):
        grants.update_grants(actor=actor(cast.owner), securable=cast.model, changes=changes, with_prerequisites=True)
    assert not [name for name, _ in direct(cast.owner, cast.model) if name == "stranger@example.com"]


def test_many_privileges_cost_no_more_queries_than_one(cast):
    every = [p for p in GRANTABLE[cast.catalog.securable_type] if p is not Privilege.ALL_PRIVILEGES]

    def count(**changes):
        with CaptureQueriesContext(connection) as queries:
            change(cast.admin, cast.catalog, "readers", **changes)
        return len(queries)

    one = count(add=every[:1]), count(remove=every[:1])
    all_of_them = count(add=every), count(remove=every)
    assert len(every) > 10
    assert all_of_them[0] <= one[0]
    assert all_of_them[1] <= one[1]


def test_what_is_granted_twice_is_granted_once(cast):
    for _ in range(2):
        change(cast.owner, cast.model, "readers", add=[Privilege.EXECUTE, Privilege.EXECUTE, Privilege.MANAGE])
    held = direct(cast.owner, cast.model, principal="readers")
    assert {privilege for _, privilege in held} >= {"EXECUTE", "MANAGE"}
    assert cast.model.group_grants.filter(permission__codename="execute", group__name="readers").count() == 1
