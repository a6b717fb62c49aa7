"""Everybody's jobs and the storage, for administrators; and what a refusal tells."""

import base64
import re
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.models import EVERYONE, User
from registry.models import AuditEvent, Catalog, Job, ModelVersion, Schema
from tests.cast import grant
from tests.factories import ModelVersionFactory
from tests.pages import text


@pytest.fixture
def copy(cast):
    target = ModelVersionFactory(registered_model=cast.model, status=ModelVersion.Status.PENDING_REGISTRATION)
    return Job.objects.create(
        kind=Job.Kind.COPY, target=target, source=cast.version, title="Copy of a version", created_by=cast.writer,
        requested_by="writer@example.com",
    )  # fmt: skip


def test_jobs_are_listed_by_state(as_user, cast, copy):
    admin = as_user(cast.admin)
    assert "Copy of a version" in admin.get("/settings/jobs").content.decode()
    assert "Copy of a version" not in admin.get("/settings/jobs?state=FAILED").content.decode()
    assert admin.get("/settings/jobs?state=nothing").status_code == 200


@pytest.mark.parametrize("member", ["admin", "owner", "writer"])
def test_a_copy_is_cancelled_by_its_asker_and_by_who_manages_its_target(as_user, cast, copy, member):
    browser = as_user(cast[member])
    assert "Cancel the copy" in browser.get(f"/explore/jobs/{copy.pk}").content.decode()
    assert browser.post(f"/explore/jobs/{copy.pk}/cancel").status_code == 302
    copy.refresh_from_db()
    assert (copy.state, copy.error) == ("FAILED", f"Cancelled by {member}@example.com.")


def test_nobody_else_cancels_a_copy(as_user, cast, copy):
    reader = as_user(cast.reader)
    assert "Cancel the copy" not in reader.get(f"/explore/jobs/{copy.pk}").content.decode()
    assert (
        "can be cancelled by the user who requested it"
        in reader.post(f"/explore/jobs/{copy.pk}/cancel").content.decode()
    )
    copy.refresh_from_db()
    assert copy.state == "QUEUED"


def test_storage_is_summed_by_catalog_and_by_model(as_user, cast):
    cast.pending.finalize(size=3 * 1024 * 1024)
    page = as_user(cast.admin).get("/settings/storage").content.decode()
    assert page.count("3.0\xa0MB") == 3  # in all, of the catalog, of the model
    assert "shop.ml.churn" in page


def test_a_refusal_names_what_is_missing_and_who_can_give_it(as_user, cast):
    page = as_user(cast.browser).get("/explore/data/models/shop/ml/churn?at=2026-01-01T00:00")
    assert page.status_code == 403
    text = page.content.decode()
    assert "USE CATALOG on Catalog &#x27;shop&#x27; can be granted by admin@example.com." in text
    assert "EXECUTE on Routine or Model &#x27;shop.ml.churn&#x27; can be granted by" in text
    assert "owner@example.com" in text
    assert "/explore/grants/function/shop.ml.churn/request" in text


def test_a_refused_form_names_it_too(as_user, cast):
    refused = as_user(cast.reader).post("/explore/objects/function/shop.ml.churn/comment", {"comment": "mine"})
    text = refused.content.decode()
    assert "mine" in text
    assert (
        "MANAGE on Routine or Model &#x27;shop.ml.churn&#x27; can be granted by owner@example.com, admin@example.com."
        in text
    )


def test_a_refusal_on_something_hidden_names_nothing(as_user, cast):
    page = as_user(cast.stranger).get("/explore/data/models/shop/ml/churn").content.decode()
    assert "can be granted" not in page
    assert "Request access" not in page


def test_a_preset_and_the_prerequisites_are_granted_at_once(as_user, cast):
    form = "/explore/grants/function/shop.ml.churn/grant"
    asked = {"principal": "stranger@example.com", "preset": "Reader", "with_prerequisites": "on"}
    preview = text(as_user(cast.admin).post(form, asked | {"preview": "1"}))
    assert "can see 1 registered model" in preview
    assert as_user(cast.stranger).get("/explore/data/models/shop/ml/churn").status_code == 404
    assert as_user(cast.admin).post(form, asked).status_code == 302
    file = as_user(cast.stranger).get("/explore/data/models/shop/ml/churn/version/1/artifacts/MLmodel")
    assert b"".join(file.streaming_content) == b"flavors: {}\n"


def test_prerequisites_that_one_may_not_grant_are_not_offered(as_user, cast):
    """The box stands there with the reason; the preview says what will be missing."""
    owner, form = as_user(cast.owner), "/explore/grants/function/shop.ml.churn/grant"
    page = owner.get(form).content.decode()
    box = re.search('<input type="checkbox" name="with_prerequisites"[^>]*>', page)[0]
    assert "disabled" in box
    assert "checked" not in box
    assert "Only users who manage the containers can grant this." in page
    asked = {"principal": "stranger@example.com", "privileges": "EXECUTE", "preview": "1"}
    words = owner.post(form, asked).content.decode()
    assert "stranger@example.com lacks USE CATALOG on Catalog" in words
    assert "and USE SCHEMA on Schema" in words


def test_prerequisites_are_granted_too_unless_somebody_says_no(as_user, cast):
    page = as_user(cast.admin).get("/explore/grants/function/shop.ml.churn/grant").content.decode()
    assert "checked" in re.search('<input type="checkbox" name="with_prerequisites"[^>]*>', page)[0]
    assert "with_prerequisites" not in as_user(cast.admin).get("/explore/grants/catalog/shop/grant").content.decode()


@pytest.mark.parametrize(("privilege", "is_told"), [("BROWSE", False), ("EXECUTE", True)])
def test_a_preview_on_a_container_tells_what_is_of_no_use_alone(as_user, cast, privilege, is_told):
    asked = {"principal": "stranger@example.com", "privileges": privilege, "preview": "1"}
    page = as_user(cast.admin).post("/explore/grants/catalog/shop/grant", asked).content.decode()
    assert ("lacks USE CATALOG" in page) is is_told


def test_a_service_principal_gets_a_secret_and_a_token_that_let_it_in(as_user, api, cast, client):
    admin = as_user(cast.admin)
    page = admin.post("/settings/service-principals/create", {"display_name": "ci"})["Location"]
    robot = User.objects.get(display_name="ci")
    assert page == f"/settings/service-principals/{robot.pk}"
    told = admin.post(f"{page}/secrets/create", {"days": "30"}).content.decode()
    secret = re.search('id="secret"[^>]*>([^<]+)<', told)[1]
    assert f"DATABRICKS_CLIENT_ID={robot.user_name}" in told
    asked = {"grant_type": "client_credentials", "scope": "all-apis"}
    basic = base64.b64encode(f"{robot.user_name}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    granted = admin.post("/oidc/v1/token", asked, headers=headers).json()
    assert granted["token_type"] == "Bearer"
    token = admin.post(f"{page}/tokens/create", {"comment": "nightly", "days": "1", "scope": "read"}).content.decode()
    assert "DATABRICKS_TOKEN=cex_" in token
    shown = admin.get(page).content.decode()
    assert "nightly" in shown
    assert secret not in shown
    uid = robot.oauth_secrets.get().uid
    assert admin.post(f"{page}/secrets/{uid}/delete").status_code == 302
    assert not robot.oauth_secrets.exists()


def test_a_grant_wants_a_preset_or_a_privilege(as_user, cast):
    refused = as_user(cast.owner).post(
        "/explore/grants/function/shop.ml.churn/grant", {"principal": "writer@example.com"}
    )
    assert "Choose one of the options above" in refused.content.decode()


def test_principals_are_offered_by_a_part_of_their_name(as_user, cast):
    cast.reader.display_name = "Grace Hopper"
    cast.reader.save()
    offered = as_user(cast.writer).get("/explore/principals?principal=hop").content.decode()
    assert 'value="reader@example.com"' in offered
    assert 'label="Grace Hopper – reader@example.com"' in offered
    assert 'value="readers"' not in offered


def test_only_a_superuser_takes_over_a_superusers_account(as_user, cast):
    User.objects.filter(pk=cast.owner.pk).update(is_metastore_admin=True)
    owner, path = as_user(User.objects.get(pk=cast.owner.pk)), f"/settings/users/{cast.admin.pk}"
    asked = {
        "password": {"new_password1": "a long password 1", "new_password2": "a long password 1"},
        "edit": {"display_name": "x"},
        "delete": {},
    }
    for action, form in asked.items():
        assert "Only a superuser" in owner.post(f"{path}/{action}", form).content.decode()
    assert User.objects.get(pk=cast.admin.pk).is_active


def test_the_list_of_groups_tells_how_many_are_in_each(as_user, cast):
    cast.reader.groups.get().user_set.add(cast.writer)
    page = as_user(cast.admin).get("/settings/groups").context["page"]
    everybody = User.objects.filter(is_active=True).count()
    assert {group.name: (group.users, group.groups) for group in page} == {
        "account users": (everybody, 0), "everybody-in-sales": (0, 1), "readers": (2, 0)
    }  # fmt: skip


def test_the_audit_log_says_what_became_of_an_account(as_user, cast):
    admin, path = as_user(cast.admin), f"/settings/users/{cast.reader.pk}"
    admin.post(f"{path}/password", {"new_password1": "a long password 1", "new_password2": "a long password 1"})
    admin.post(f"{path}/edit", {"display_name": "Grace", "is_metastore_admin": "on"})
    group = cast.reader.groups.get()
    admin.post(reverse("add-group-member", args=[group.pk]), {"principal": "writer@example.com"})
    page = unescape(admin.get("/audit").content.decode())
    assert "changed reader@example.com: set its password" in page
    assert "called it 'Grace' and deactivated it and made it a metastore administrator" in page
    assert "changed the group readers: took in writer@example.com" in page


def test_the_activity_of_a_container_names_what_lies_in_it(as_user, cast):
    admin = as_user(cast.admin)
    admin.post("/explore/data/models/shop/ml/churn/aliases/set", {"alias": "New", "version": "1"})
    for address in ("/explore/data/shop", "/explore/data/shop/ml"):
        page = text(admin.get(f"{address}?activeTab=activity"))
        assert 'set the alias New to <a href="/explore/data/models/shop/ml/churn/version/1" >version 1</a>' in page
        assert '<span class="muted break">shop.ml.churn</span>' in page
    page = text(admin.get("/explore/data/models/shop/ml/churn?activeTab=activity"))
    assert "Aliases then" in page


def test_a_container_with_something_in_it_is_deleted_by_who_types_its_name(as_user, cast):
    owner, form = as_user(cast.admin), "/explore/catalogs/shop/delete"
    assert "is not empty" in owner.post(form, {"force": ""}).content.decode()
    assert "Its full name is shop." in owner.post(form, {"force": "Shop"}).content.decode()
    assert Catalog.objects.filter(name="shop").exists()
    assert owner.post("/explore/schemas/shop/ml/delete", {"force": "shop.ml"}).status_code == 302
    assert not Schema.objects.filter(name="ml").exists()
    assert owner.post(form, {"force": "shop"})["Location"] == "/explore/data"


def test_what_would_be_refused_is_not_offered_in_the_lists_of_principals(as_user, cast):
    admin = as_user(cast.admin)
    page = admin.get("/settings/users").content.decode()
    assert f"/settings/users/{cast.owner.pk}/delete" in page
    assert f"/settings/users/{cast.admin.pk}/delete" not in page
    User.objects.filter(pk=cast.owner.pk).update(is_metastore_admin=True)
    page = as_user(User.objects.get(pk=cast.owner.pk)).get("/settings/users").content.decode()
    assert f"/settings/users/{cast.admin.pk}/password" not in page
    everybody = Group.objects.get(name=EVERYONE)
    page = as_user(cast.admin).get(f"/settings/groups/{everybody.pk}").content.decode()
    assert "Add member" not in page
    assert "You can't change this group" in page


def test_the_page_of_a_principal_tells_what_it_can_do_and_through_what(as_user, cast):
    grant(cast.reader, cast.schema, "APPLY TAG")
    admin = as_user(cast.admin)
    page = text(admin.get(f"/settings/users/{cast.reader.pk}"))
    for words in ("APPLY TAG", "directly", "everybody-in-sales", "EXECUTE", "readers", "Last seen"):
        assert words in page
    assert "shop.ml.churn" in text(admin.get(f"/settings/users/{cast.owner.pk}")).partition("Owns")[2]
    group = Group.objects.get(name="everybody-in-sales")
    assert "EXECUTE" in text(admin.get(f"/settings/groups/{group.pk}"))


def test_users_are_searched_and_everybody_is_counted(as_user, cast):
    admin = as_user(cast.admin)
    page = text(admin.get("/settings/users?words=READER"))
    assert "reader@example.com" in page
    assert "writer@example.com" not in page
    assert "No match" in text(admin.get("/settings/users?words=nobody-is-called-so"))
    everybody = re.search(r">account users</a></th> <td>(\d+)</td>", text(admin.get("/settings/groups")))
    assert int(everybody[1]) == User.objects.filter(is_active=True).count()


def test_an_administrator_sees_what_somebody_else_would_and_it_is_recorded(as_user, cast):
    def seen(member, **query):
        page = as_user(cast.admin).get(f"/settings/users/{cast[member].pk}/sees", query)
        return text(page).split("<main")[1]

    assert "load it" in seen("reader")
    assert "see that it exists" in seen("browser")
    assert "can't see any model" in unescape(seen("stranger"))
    assert "shop.ml.churn" not in seen("reader", words="other")
    assert "shop.ml.churn" in seen("reader", words="CHUR")
    event = AuditEvent.objects.filter(action_name="viewAsPrincipal").latest("pk")
    assert (event.actor, event.parameters["name"]) == ("admin@example.com", "reader@example.com")
    cast.reader.is_active = False
    cast.reader.save()
    assert "shop.ml.churn" not in seen("reader")
    for name, sees in (("everybody-in-sales", "load it"), ("readers", "load it"), ("nobody", "can't see any model")):
        group, _ = Group.objects.get_or_create(name=name)
        group.user_set.add(cast.owner)  # what members own is not the group's
        page = unescape(text(as_user(cast.admin).get(f"/settings/groups/{group.pk}/sees")).split("<main")[1])
        assert sees in page
        assert f'<span class="break">{name}</span> sees' in page
    assert "This account is inactive" in seen("reader")
    assert as_user(cast.owner).get(f"/settings/users/{cast.reader.pk}/sees").status_code == 403
