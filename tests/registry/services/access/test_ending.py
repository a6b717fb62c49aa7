"""Grants that end by themselves."""

import re
import time
from datetime import timedelta
from html import unescape

import orjson
import pytest
from django.utils import timezone

from registry import authorization
from registry.authorization import Operation
from registry.exceptions import InvalidParameterValue
from registry.models import AuditEvent
from registry.privileges import Privilege
from registry.services.access import ending, explanations, grants, held
from tests.cast import actor, grant

DAY = timedelta(days=1)


def give(cast, securable, privilege, ends_at, who=None, **options):
    change = grants.GrantChange(who or cast.stranger, add=(privilege,), ends_at=ends_at)
    return grants.update_grants(actor=actor(cast.admin), securable=securable, changes=[change], **options)


def may_load(cast, who=None):
    return authorization.allows(actor(who or cast.stranger), Operation.READ_ARTIFACTS, cast.model)


def end_of(cast):
    return cast.model.user_grants.get(user=cast.stranger).ends_at


@pytest.mark.parametrize("level", ["catalog", "schema", "model"])
def test_from_its_end_on_a_grant_counts_no_more_though_nothing_has_happened(cast, level):
    """What is kept of holdings in a process has to end with it: no revision tells."""
    grant(cast.stranger, cast.catalog, "USE_CATALOG", "USE_SCHEMA")
    give(cast, cast[level], Privilege.EXECUTE, timezone.now() + timedelta(seconds=1))
    assert may_load(cast)
    assert may_load(cast)  # as it was kept
    time.sleep(1.1)
    assert not may_load(cast)
    listed = authorization.permitted(actor(cast.stranger), Operation.READ_ARTIFACTS, type(cast.model).objects.all())
    assert not listed.exists()
    told = explanations.explain(
        actor=actor(cast.admin), principal=cast.stranger, operation=Operation.READ_ARTIFACTS, securable=cast.model
    )
    assert not told.allowed
    shown = grants.list_effective_grants(actor=actor(cast.admin), securable=cast.model, principal=cast.stranger)
    assert Privilege.EXECUTE not in {row.privilege for row in shown}
    of_principal = held.list_grants_to(actor=actor(cast.admin), principal=cast.stranger)
    assert Privilege.EXECUTE not in {row.privilege for row in of_principal}


def test_the_use_of_containers_ends_with_what_it_was_granted_for(cast):
    soon = timezone.now() + DAY
    give(cast, cast.model, Privilege.EXECUTE, soon, with_prerequisites=True)
    assert may_load(cast)
    rows = held.list_grants_to(actor=actor(cast.admin), principal=cast.stranger)
    assert {(str(row.granted_on), row.ends_at) for row in rows} == {
        ("shop", soon), ("shop.ml", soon), ("shop.ml.churn", soon),
    }  # fmt: skip


def test_to_grant_takes_nothing_away(cast):
    now = timezone.now()
    give(cast, cast.model, Privilege.EXECUTE, now + 2 * DAY)
    give(cast, cast.model, Privilege.EXECUTE, now + DAY)
    assert end_of(cast) == now + 2 * DAY
    give(cast, cast.model, Privilege.EXECUTE, now + 3 * DAY)
    assert end_of(cast) == now + 3 * DAY
    give(cast, cast.model, Privilege.EXECUTE, None)
    assert end_of(cast) is None
    give(cast, cast.model, Privilege.EXECUTE, now + DAY)
    assert end_of(cast) is None


def test_what_has_ended_is_granted_anew(cast):
    grant(cast.stranger, cast.catalog, "USE_CATALOG", "USE_SCHEMA")
    give(cast, cast.model, Privilege.EXECUTE, timezone.now() + DAY)
    cast.model.user_grants.filter(user=cast.stranger).update(ends_at=timezone.now() - DAY)
    assert not may_load(cast)
    ((securable, real),) = give(cast, cast.model, Privilege.EXECUTE, timezone.now() + DAY)
    assert (securable, real.add) == (cast.model, (Privilege.EXECUTE,))
    assert may_load(cast)


def test_an_end_lies_ahead_and_is_one(cast):
    with pytest.raises(InvalidParameterValue, match="past"):
        give(cast, cast.model, Privilege.EXECUTE, timezone.now() - DAY)
    ends = [timezone.now() + DAY, timezone.now() + 2 * DAY]
    changes = [grants.GrantChange(cast.stranger, add=(Privilege.EXECUTE,), ends_at=end) for end in ends]
    with pytest.raises(InvalidParameterValue, match="one end"):
        grants.update_grants(actor=actor(cast.admin), securable=cast.model, changes=changes)
    assert not cast.model.user_grants.filter(user=cast.stranger).exists()


def test_the_clock_takes_away_what_has_ended_and_tells(cast):
    give(cast, cast.model, Privilege.EXECUTE, timezone.now() + DAY)
    give(cast, cast.catalog, Privilege.USE_CATALOG, timezone.now() + DAY)
    ending.end_grants()
    assert cast.model.user_grants.filter(user=cast.stranger).exists()
    cast.model.user_grants.filter(user=cast.stranger).update(ends_at=timezone.now())
    ending.end_grants()
    assert not cast.model.user_grants.filter(user=cast.stranger).exists()
    assert cast.catalog.user_grants.filter(user=cast.stranger).exists()
    event = AuditEvent.objects.filter(action_name="updatePermissions").latest("pk")
    assert (event.actor, event.parameters["changes"]) == (
        "system", [{"principal": "stranger@example.com", "add": [], "remove": ["EXECUTE"], "ended": True}],
    )  # fmt: skip
    ending.end_grants()
    assert AuditEvent.objects.filter(action_name="updatePermissions").latest("pk") == event


def test_pages_grant_until_a_day_and_say_so(as_user, cast):
    form = "/explore/grants/function/shop.ml.churn/grant"
    fields = {"principal": "stranger@example.com", "preset": "Reader", "days": "7", "with_prerequisites": "on"}
    assert as_user(cast.admin).post(form, fields).status_code == 302
    assert abs(end_of(cast) - timezone.now() - 7 * DAY) < timedelta(minutes=5)
    page = as_user(cast.admin).get("/explore/data/models/shop/ml/churn?activeTab=permissions").content.decode()
    assert ">in 6 days<" in page
    history = as_user(cast.admin).get("/explore/data/models/shop/ml/churn?activeTab=activity").content.decode()
    assert f"until {end_of(cast):%Y-%m-%d}" in history


FORM = "/explore/grants/function/shop.ml.churn"


def undo(client):
    page = client.get("/explore/data/models/shop/ml/churn").content.decode()
    fields = re.search(r'name="grants" value="([^"]+)"', page)
    return client.post("/explore/grants/undo", {"grants": unescape(fields[1])}) if fields else None


def test_an_undone_revocation_gives_back_the_end(as_user, cast):
    end = timezone.now() + DAY
    give(cast, cast.model, Privilege.EXECUTE, end)
    admin = as_user(cast.admin)
    admin.post(f"{FORM}/revoke?principal=stranger@example.com", {"privileges": "EXECUTE"})
    assert undo(admin).status_code == 302
    assert end_of(cast) == end


def test_what_would_have_ended_by_now_is_not_given_back(as_user, cast, time_machine):
    give(cast, cast.model, Privilege.EXECUTE, timezone.now() + timedelta(minutes=5))
    admin = as_user(cast.admin)
    admin.post(f"{FORM}/revoke?principal=stranger@example.com", {"privileges": "EXECUTE"})
    time_machine.move_to(timezone.now() + timedelta(minutes=10))
    assert "has ended by now" in undo(admin).content.decode()
    assert not cast.model.user_grants.filter(user=cast.stranger).exists()


def test_all_privileges_are_taken_back_alone(as_user, cast):
    give(cast, cast.model, Privilege.EXECUTE, None)
    admin = as_user(cast.admin)
    admin.post(f"{FORM}/grant", {"principal": "stranger@example.com", "privileges": "ALL_PRIVILEGES"})
    assert undo(admin).status_code == 302
    held_now = cast.model.user_grants.filter(user=cast.stranger)
    assert set(held_now.values_list("permission__codename", flat=True)) == {"execute"}


def test_what_lasts_longer_is_said_and_what_does_not_change_has_no_end_in_the_log(as_user, cast):
    give(cast, cast.model, Privilege.EXECUTE, timezone.now() + DAY)
    ((_, real),) = give(cast, cast.model, Privilege.EXECUTE, None)
    assert (real.add, real.extended) == ((), (Privilege.EXECUTE,))
    give(cast, cast.model, Privilege.EXECUTE, timezone.now() + DAY)
    event = AuditEvent.objects.filter(action_name="updatePermissions").latest("pk")
    assert "ends_at" not in event.parameters["changes"][0]


@pytest.mark.parametrize("end", ["x", "2026-13-01", "2026-01-01T00:00:00", 5, None, ["a"], "9" * 400])
def test_a_forged_end_is_no_change_of_grants(as_user, cast, end):
    row = ["function", "shop.ml.churn", "stranger@example.com", ["EXECUTE"], [], end]
    answer = as_user(cast.admin).post("/explore/grants/undo", {"grants": orjson.dumps([row]).decode()})
    assert answer.status_code in (302, 400)
    rows = cast.model.user_grants.filter(user=cast.stranger)
    assert (answer.status_code == 302) == rows.exists()
