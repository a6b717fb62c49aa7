"""The Django admin: lists, and grants on one object."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import EVERYONE, User
from registry.models import AuditEvent, Catalog
from registry.privileges import GRANTABLE
from registry.search.conditions import FEW
from tests.factories import ModelVersionFactory, RegisteredModelFactory

LISTS = [
    "registry/catalog", "registry/schema", "registry/registeredmodel", "registry/modelversion", "registry/job",
    "registry/auditevent", "registry/metastore", "accounts/user", "auth/group", "accounts/personalaccesstoken",
]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_the_lists(as_user, cast, path):
    assert as_user(cast.admin).get(f"/admin/{path}/").status_code == 200


@pytest.mark.parametrize("few", [FEW, 0])
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Churn", ["shop.ml.churn version 1"]),
        ("ml churn", ["shop.ml.churn version 1"]),
        ("churn nosuch", []),
        ("other", ["shop.ml.other version 1"]),
        (" 0123456789abcdef ", ["shop.ml.other version 1"]),
        ("m-77", ["shop.ml.churn version 1"]),
        (" ", ["shop.ml.churn version 1", "shop.ml.other version 1"]),
    ],
)
def test_versions_are_found_by_words_of_the_name_and_by_ids(as_user, cast, monkeypatch, words, found, few):
    monkeypatch.setattr("registry.admin.hierarchy.FEW", few)
    cast.model.versions.update(model_id="m-77")
    cast.model.versions.filter(version__gt=1).delete()
    other = RegisteredModelFactory(schema=cast.schema, name="other")
    ModelVersionFactory(registered_model=other, run_id="0123456789abcdef")
    listed = as_user(cast.admin).get("/admin/registry/modelversion/", {"q": words}).context["cl"].result_list
    assert sorted(map(str, listed)) == found


def test_only_staff_comes_in(client, as_user, cast):
    refused = as_user(cast.owner).get("/admin/", follow=True)
    assert (refused.status_code, len(refused.redirect_chain)) == (403, 1)
    assert as_user(cast.admin).get("/admin/login/").url == "/admin/"


@pytest.mark.parametrize("path", ["registry/modelversion", "registry/catalog", "registry/auditevent", "accounts/user"])
@pytest.mark.parametrize("words", ["a " * 2_000, "x" * 60_000])
def test_a_search_without_end_is_cut(as_user, cast, path, words):
    assert as_user(cast.admin).get(f"/admin/{path}/", {"q": words}).status_code == 200


@pytest.mark.parametrize("kind", ["user", "group"])
def test_grants_of_a_key_that_is_none_are_not_found(as_user, cast, kind):
    for keys in (("1", "'"), ("x", "1")):
        path = f"/admin/registry/catalog/{keys[0]}/permissions/{kind}-manage/{keys[1]}/"
        assert as_user(cast.admin).get(path).status_code == 404


def permissions_page(securable):
    return f"/admin/registry/{securable._meta.model_name}/{securable.pk}/permissions/"


def test_grants_are_seen(as_user, cast):
    page = as_user(cast.admin).get(permissions_page(cast.catalog)).content.decode()
    for name in ("writer@example.com", "everybody-in-sales", "USE CATALOG", "CREATE MODEL VERSION"):
        assert name in page
    assert "Can change" not in page


@pytest.mark.parametrize("kind", ["catalog", "schema", "model"])
def test_grants_are_edited_by_the_service_with_its_event(as_user, cast, kind):
    securable = getattr(cast, kind)
    path = f"{permissions_page(securable)}user-manage/{cast.stranger.pk}/"
    browser = as_user(cast.admin)
    offered = browser.get(path).content.decode()
    assert all(f'value="{privilege.codename}"' in offered for privilege in GRANTABLE[securable.securable_type])
    browser.post(path, {"permissions": ["manage", "execute"]})
    browser.post(path, {"permissions": ["execute"]})
    assert [g.permission.codename for g in securable.user_grants.filter(user=cast.stranger)] == ["execute"]
    first, second = AuditEvent.objects.filter(action_name="updatePermissions", actor="admin@example.com").order_by("pk")
    assert first.parameters["changes"] == [
        {"principal": "stranger@example.com", "add": ["EXECUTE", "MANAGE"], "remove": []}
    ]
    assert second.parameters["changes"][0]["remove"] == ["MANAGE"]


def test_grants_to_groups_are_edited_too(as_user, cast):
    group = cast.reader.groups.get()
    as_user(cast.admin).post(f"{permissions_page(cast.model)}group-manage/{group.pk}/", {"permissions": ["apply_tag"]})
    assert cast.model.group_grants.filter(group=group, permission__codename="apply_tag").exists()


def test_a_superuser_who_is_no_administrator_of_the_metastore_changes_no_grant(as_user, cast):
    cast.admin.is_metastore_admin = False
    cast.admin.save()
    path = f"{permissions_page(cast.model)}user-manage/{cast.stranger.pk}/"
    answer = as_user(cast.admin).post(path, {"permissions": ["manage"]})
    assert answer.status_code == 200
    assert "does not exist" in answer.content.decode()
    assert not cast.model.user_grants.filter(user=cast.stranger).exists()


def test_a_choice_that_is_not_there_changes_no_grant(as_user, cast):
    path = f"{permissions_page(cast.catalog)}user-manage/{cast.writer.pk}/"
    before = cast.catalog.user_grants.count()
    assert as_user(cast.admin).post(path, {"permissions": ["fly"]}).status_code == 200
    assert cast.catalog.user_grants.count() == before


def test_a_key_that_is_none_is_not_found(as_user, cast):
    assert as_user(cast.admin).get("/admin/registry/catalog/x/permissions/").status_code == 404


def test_the_admin_changes_nothing_else(as_user, cast):
    browser = as_user(cast.admin)
    browser.post(f"/admin/registry/catalog/{cast.catalog.pk}/change/", {"name": "hacked", "comment": "x"})
    assert browser.post(f"/admin/registry/catalog/{cast.catalog.pk}/delete/", {"post": "yes"}).status_code == 403
    assert browser.get("/admin/registry/catalog/add/").status_code == 403
    assert Catalog.objects.get().name == "shop"


def test_a_user_is_added(as_user, cast):
    from accounts.models import User

    body = {
        "user_name": "New@Example.com",
        "kind": "USER",
        "password1": "correct horse 9",
        "password2": "correct horse 9",
    }
    answer = as_user(cast.admin).post("/admin/accounts/user/add/", body)
    assert answer.status_code == 302, answer.content.decode()
    assert User.objects.get(user_name="new@example.com").check_password("correct horse 9")
    assert (
        AuditEvent.objects.get(action_name="createUser", actor="admin@example.com").parameters["name"]
        == "new@example.com"
    )


def test_changes_of_groups_leave_events(as_user, cast):
    browser, group = as_user(cast.admin), cast.reader.groups.get()
    management = {f"child_nestings-{name}_FORMS": value for name, value in (("TOTAL", 0), ("INITIAL", 0))}
    answer = browser.post(f"/admin/auth/group/{group.pk}/change/", {"name": "renamed", **management})
    assert answer.status_code == 302, answer.content.decode()
    browser.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
    events = AuditEvent.objects.filter(action_name__endswith="Group").order_by("pk")
    assert [(event.action_name, event.parameters["name"]) for event in events] == [
        ("updateGroup", "renamed"), ("deleteGroup", "renamed"),
    ]  # fmt: skip


def test_the_group_of_everybody_is_left_alone(as_user, cast):
    browser, everyone = as_user(cast.admin), Group.objects.get(name=EVERYONE)
    assert browser.post(f"/admin/auth/group/{everyone.pk}/change/", {"name": "mine"}).status_code == 403
    assert browser.post(f"/admin/auth/group/{everyone.pk}/delete/", {"post": "yes"}).status_code == 403
    browser.post("/admin/auth/group/", {"action": "delete_selected", "_selected_action": everyone.pk, "post": "yes"})
    assert Group.objects.filter(name=EVERYONE).exists()


def test_who_is_deleted_leaves_what_they_own_to_administrators(as_user, cast):
    group = Group.objects.create(name="owners")
    type(cast.schema).objects.update(owner_group=group)
    browser = as_user(cast.admin)
    browser.post("/admin/auth/group/", {"action": "delete_selected", "_selected_action": group.pk, "post": "yes"})
    browser.post(f"/admin/accounts/user/{cast.owner.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=cast.owner.pk).exists()
    for row in (cast.schema, cast.model):
        row.refresh_from_db()
        assert row.owner is None


def test_what_the_admin_is_denied_is_an_event(as_user, cast):
    """A superuser who does not administrate the metastore edits grants of nobody."""
    User.objects.filter(pk=cast.stranger.pk).update(is_staff=True, is_superuser=True)
    page = f"/admin/registry/registeredmodel/{cast.model.pk}/permissions/user-manage/{cast.reader.pk}/"
    as_user(User.objects.get(pk=cast.stranger.pk)).post(page, {"permissions": ["execute"]})
    assert AuditEvent.objects.filter(result="DENIED", actor="stranger@example.com").count() == 1
