"""Every change says that it was made, and how to take it back where it can be."""

import html
import json
import re

import pytest

from registry.models import Watch
from tests.pages import text

pytestmark = pytest.mark.large

MODEL, OBJECT = "/explore/data/models/shop/ml/churn", "/explore/objects/function/shop.ml.churn"


def toast(page):
    """What is said, and the form of its offer: address and fields."""
    part = re.search(r'<div class="toast".*?</div>', page, re.DOTALL)
    if part is None:
        return None
    words = re.search(r'<p class="break">(.*?)</p>', part[0], re.DOTALL)[1]
    form = re.search(r'action="([^"]+)"', part[0])
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', part[0]))
    fields.pop("csrfmiddlewaretoken", None)
    clean = {name: html.unescape(value) for name, value in fields.items()}
    return html.unescape(words.strip()), form and html.unescape(form[1]), clean


def state(cast):
    cast.model.refresh_from_db()
    tags = dict(cast.model.tags.values_list("key", "value"))
    grants = sorted(cast.model.user_grants.values_list("user__user_name", "permission__codename"))
    above = (cast.schema.user_grants, cast.catalog.user_grants)
    uses = [sorted(rows.values_list("user__user_name", "permission__codename")) for rows in above]
    watched = list(Watch.objects.values_list("user__user_name", "level"))
    return cast.model.comment, tags, grants, uses, watched, list(cast.version.tags.values_list("key", "value"))


STRANGER = {"principal": "stranger@example.com"}
GRANTED = (
    "Granted APPLY TAG, EXECUTE on shop.ml.churn to stranger@example.com; "
    "Granted USE SCHEMA on shop.ml to stranger@example.com; Granted USE CATALOG on shop to stranger@example.com."
)


@pytest.mark.parametrize(
    ("address", "fields", "words"),
    [
        (f"{OBJECT}/comment", {"comment": "new"}, "Description saved."),
        (f"{OBJECT}/tags/set", {"key": "k", "value": "new"}, "Tag k changed."),
        (f"{OBJECT}/tags/set", {"key": "other", "value": "v"}, "Tag other added."),
        (f"{OBJECT}/tags/delete?key=k", {}, "Tag k removed."),
        (f"{MODEL}/version/1/tags/set", {"key": "a", "value": "b"}, "Tag a added."),
        (f"{OBJECT}/certification", {"status": "certified"}, "Certification saved."),
        (
            "/explore/grants/function/shop.ml.churn/grant",
            {**STRANGER, "privileges": ["EXECUTE", "APPLY_TAG"], "with_prerequisites": "on"},
            GRANTED,
        ),
        (
            "/explore/grants/function/shop.ml.churn/revoke?principal=stranger@example.com&privilege=CREATE_MODEL_VERSION",
            {"privileges": "CREATE_MODEL_VERSION"},
            None,
        ),
        (
            "/explore/grants/catalog/shop/revoke?principal=writer@example.com",
            {"privileges": "CREATE_MODEL_VERSION"},
            "Revoked CREATE MODEL VERSION on shop from writer@example.com.",
        ),
    ],
)
def test_a_change_says_what_it_was_and_is_taken_back_with_one_click(as_user, cast, address, fields, words):
    cast.model.tags.create(key="k", value="old")
    admin, before = as_user(cast.admin), state(cast)
    assert admin.post(address, fields).status_code == 302
    is_changed = state(cast) != before
    told, undo, hidden = toast(text(admin.get(MODEL)))
    assert told == (words or "Nothing changed: it was so already.")
    assert is_changed is (words is not None)
    assert toast(text(admin.get(MODEL))) is None  # once
    if undo:
        assert admin.post(undo, hidden).status_code == 302
    assert state(cast) == before


def test_what_was_granted_before_is_not_revoked_by_an_undo(as_user, cast):
    admin = as_user(cast.admin)
    grant = "/explore/grants/function/shop.ml.churn/grant"
    admin.post(grant, {**STRANGER, "privileges": ["EXECUTE"]})
    admin.post(grant, {**STRANGER, "privileges": ["EXECUTE", "APPLY_TAG"]})
    words, undo, hidden = toast(text(admin.get(MODEL)))
    assert words == "Granted APPLY TAG on shop.ml.churn to stranger@example.com."
    admin.post(undo, hidden)
    codenames = cast.model.user_grants.filter(user=cast.stranger).values_list("permission__codename", flat=True)
    assert list(codenames) == ["execute"]


@pytest.mark.parametrize(
    ("address", "first", "second"),
    [
        (f"{OBJECT}/comment", {"comment": "mine"}, {"comment": "of somebody else"}),
        (f"{OBJECT}/tags/set", {"key": "k", "value": "mine"}, {"key": "k", "value": "of somebody else"}),
        (f"{OBJECT}/certification", {"status": "certified"}, {"status": "deprecated"}),
    ],
)
def test_an_undo_does_not_take_back_what_somebody_else_did_since(as_user, cast, address, first, second):
    admin = as_user(cast.admin)
    admin.post(address, first)
    _, undo, hidden = toast(text(admin.get(MODEL)))
    admin.post(address, second)
    after = state(cast)
    assert "Someone has changed this since." in text(admin.post(undo, hidden))
    assert state(cast) == after


def test_who_ends_their_own_sessions_is_answered(as_user, cast):
    assert as_user(cast.admin).post(f"/settings/users/{cast.admin.pk}/sessions/end").status_code == 302


def test_watching_is_taken_back(as_user, cast):
    reader, before = as_user(cast.reader), state(cast)
    reader.post(f"{MODEL}/watch", {"level": "EVERYTHING"})
    _, undo, hidden = toast(text(reader.get(MODEL)))
    reader.post(undo, hidden)
    assert state(cast)[:4] == before[:4]
    assert Watch.objects.filter(level="EVERYTHING").count() == 0


@pytest.mark.parametrize("grants", ["", "x", "[]", "{}", "[1]", "[[1,2,3,4,5]]", '[["function","a","nobody",[],[]]]'])
def test_what_is_no_change_of_grants_is_refused(as_user, cast, grants):
    assert as_user(cast.admin).post("/explore/grants/undo", {"grants": grants}).status_code in (400, 404)


def test_so_many_changes_are_counted_before_they_are_looked_at(as_user, cast, django_assert_max_num_queries):
    admin, many = as_user(cast.admin), [["function", "shop.ml.churn", "nobody", [], []]] * 1_000
    with django_assert_max_num_queries(10):
        assert admin.post("/explore/grants/undo", {"grants": json.dumps(many)}).status_code == 400


def test_what_no_page_has_shown_is_not_said_of_the_next_change(as_user, cast):
    admin = as_user(cast.admin)
    admin.post(f"{OBJECT}/tags/set", {"key": "k", "value": "v"})
    admin.post("/explore/catalogs/shop/create-schema", {"name": "other"})
    assert toast(text(admin.get(MODEL)))[0] == "Created."


def test_a_long_description_is_not_carried_along(as_user, cast):
    cast.model.comment = "x" * 5_000
    cast.model.save()
    admin = as_user(cast.admin)
    admin.post(f"{OBJECT}/comment", {"comment": "new"})
    assert toast(text(admin.get(MODEL)))[:2] == ("Saved.", None)
