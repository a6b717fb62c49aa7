"""The Discussion tab, watching and the inbox, as pages."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group

from registry import audit
from registry.models import (
    AccessRequest,
    CatalogUserGrant,
    DiscussionComment,
    Job,
    Notification,
    RegisteredModel,
    Watch,
)
from tests.cast import actor
from tests.pages import text as read

MODEL = "/explore/data/models/shop/ml/churn"


def test_a_thread_is_begun_answered_edited_and_deleted(as_user, cast):
    writer, owner = as_user(cast.writer), as_user(cast.owner)
    begun = writer.post(f"{MODEL}/version/1/comments/add", {"text": "Ready for **prod**, @owner?"})
    thread = DiscussionComment.objects.get()
    assert begun["Location"] == f"{MODEL}/version/1?activeTab=discussion#comment-{thread.uid}"
    owner.post(f"/explore/comments/{thread.uid}/answer", {"text": "Yes."})
    page = owner.get(f"{MODEL}?activeTab=discussion").content.decode()
    assert "Ready for <strong>prod</strong>, <strong>@owner</strong>?" in page
    assert f'href="{MODEL}/version/1">version 1</a>' in page
    writer.post(f"/explore/comments/{thread.uid}/edit", {"text": "Ready?"})
    assert "edited" in owner.get(f"{MODEL}?activeTab=discussion").content.decode()
    writer.post(f"/explore/comments/{thread.uid}/delete")
    page = owner.get(f"{MODEL}?activeTab=discussion").content.decode()
    assert "This comment was deleted." in page
    assert "Yes." in page


def test_what_is_refused_keeps_what_was_typed(as_user, cast):
    text = "x" * 10_001
    page = as_user(cast.writer).post(f"{MODEL}/comments/add", {"text": text}).content.decode()
    assert text in page
    assert "10000" in page
    assert not DiscussionComment.objects.exists()


def test_a_preview_saves_nothing(as_user, cast):
    asked = {"text": "*x* @owner@example.com", "preview": "1"}
    page = as_user(cast.writer).post(f"{MODEL}/comments/add", asked).content.decode()
    assert "<em>x</em>" in page
    assert "<strong>@owner@example.com</strong>" in page  # as the discussion will show it
    assert not DiscussionComment.objects.exists()


def test_the_buttons_are_those_that_one_may_use(as_user, cast):
    comment = cast.model.discussion.create(author=cast.writer, author_name="writer@example.com", text="Hello.")
    pages = {name: as_user(cast[name]).get(f"{MODEL}?activeTab=discussion").content.decode()
             for name in ("writer", "owner", "reader", "browser")}  # fmt: skip
    edit, delete = (f"/explore/comments/{comment.uid}/{action}" for action in ("edit", "delete"))
    assert [edit in page for page in pages.values()] == [True, False, False, False]
    assert [delete in page for page in pages.values()] == [True, True, False, False]
    assert "Hello." not in pages["browser"]
    assert "New comment" not in pages["browser"]


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", "@`<img src=x onerror=alert(1)>`", "![x](//e.x/y)"],
)
def test_a_comment_runs_nothing_and_loads_nothing(as_user, cast, text):
    cast.model.discussion.create(author=cast.writer, author_name="w", text=text)
    page = as_user(cast.owner).get(f"{MODEL}?activeTab=discussion").content.decode()
    assert not any(bad in page for bad in ("<script>alert", 'href="javascript:', "<img"))


def test_watching_is_chosen_and_shown(as_user, cast):
    reader = as_user(cast.reader)
    assert ">Watch<" in reader.get(MODEL).content.decode()
    assert reader.post(f"{MODEL}/watch", {"level": "EVERYTHING"})["Location"] == MODEL
    assert ">Watching<" in reader.get(MODEL).content.decode()
    assert reader.post(f"{MODEL}/watch", {"level": "SOMETIMES"}).status_code == 400
    assert Watch.objects.get().level == "EVERYTHING"


def test_a_line_of_the_inbox_opens_what_it_is_about_and_is_read_then(as_user, cast):
    as_user(cast.writer).post(f"{MODEL}/comments/add", {"text": "It’s “done”."})
    owner, line = as_user(cast.owner), Notification.objects.get(recipient=cast.owner)
    assert "It’s “done”." in unescape(owner.get("/inbox").content.decode())
    opened = owner.post(f"/inbox/{line.pk}/open")
    assert opened["Location"] == f"{MODEL}?activeTab=discussion#comment-{DiscussionComment.objects.get().uid}"
    line.refresh_from_db()
    assert line.read_at is not None
    assert as_user(cast.reader).post(f"/inbox/{line.pk}/open").status_code == 404


def test_a_line_about_what_one_may_no_longer_read_tells_no_new_name(as_user, cast):
    as_user(cast.writer).post(f"{MODEL}/comments/add", {"text": "@reader look"})
    line = Notification.objects.get(recipient=cast.reader)
    cast.reader.groups.clear()
    assert as_user(cast.reader).post(f"/inbox/{line.pk}/open")["Location"] == "/inbox"


def test_a_comment_edited_after_one_lost_the_right_to_it_is_not_quoted(as_user, cast):
    writer = as_user(cast.writer)
    writer.post(f"{MODEL}/comments/add", {"text": "@owner@example.com look"})
    comment = DiscussionComment.objects.get()
    RegisteredModel.objects.update(owner_user=None)
    CatalogUserGrant.objects.filter(user=cast.owner).delete()
    writer.post(f"/explore/comments/{comment.uid}/edit", {"text": "a secret"})
    page = as_user(cast.owner).get("/inbox").content.decode()
    assert ("mentioned you on shop.ml.churn" in page, "a secret" in page) == (True, False)


def test_a_comment_further_down_is_found_on_its_page(as_user, cast):
    first = cast.model.discussion.create(author=cast.writer, author_name="writer@example.com", text="The first.")
    for _ in range(25):
        cast.model.discussion.create(author=cast.writer, author_name="writer@example.com", text="Another.")
    answered = as_user(cast.owner).post(f"/explore/comments/{first.uid}/answer", {"text": "Late."})["Location"]
    assert answered.startswith(f"{MODEL}?activeTab=discussion&page=2#comment-")
    assert "Late." in as_user(cast.owner).get(answered.partition("#")[0]).content.decode()


def test_the_inbox_quotes_words_and_no_markup(as_user, cast):
    as_user(cast.writer).post(f"{MODEL}/comments/add", {"text": "**Look** at [this](https://x.example), @owner <b>."})
    page = unescape(as_user(cast.owner).get("/inbox").content.decode())
    assert "Look at this, @owner <b>." in page


MENTIONS = f"{MODEL}/mentions"


def test_only_those_who_would_be_told_are_offered(as_user, cast):
    Group.objects.create(name="readless")
    offered = read(as_user(cast.owner).get(MENTIONS, {"principal": "rea"}))
    assert re.findall(r'value="([^"]+)"', offered) == ["readers", "reader@example.com"]
    assert re.findall(r'value="([^"]+)"', read(as_user(cast.owner).get(MENTIONS, {"principal": "stranger"}))) == []


def test_who_cannot_read_is_named_while_one_writes_and_access_can_be_asked_for(as_user, cast):
    Group.objects.create(name="data team")
    said = "@reader see @stranger and @`data team`, @nobody, @`everyone`"
    told = unescape(read(as_user(cast.owner).get(f"{MENTIONS}/unreached", {"text": said})))
    assert "stranger@example.com can't read this model" in told
    assert "data team can't read this model" in told
    assert told.count("can't read") == 2
    assert (
        unescape(read(as_user(cast.owner).post(f"{MODEL}/comments/add", {"text": said, "preview": "1"}))).count(
            "can't read this model"
        )
        == 2
    )
    ask = re.search(r'href="([^"]+principal=stranger[^"]+)"', told)[1]
    assert "for stranger@example.com" in read(as_user(cast.owner).get(ask))
    as_user(cast.owner).post(ask, {"preset": "READ_ARTIFACTS"})
    asked = AccessRequest.objects.get()
    assert (asked.requester, asked.principal, asked.privileges) == (cast.owner, cast.stranger, ["EXECUTE"])


def test_history_leads_to_comments_and_jobs(as_user, cast):
    as_user(cast.writer).post(f"{MODEL}/comments/add", {"text": "Look."})
    comment = DiscussionComment.objects.get()
    job = Job.objects.create(kind=Job.Kind.COPY, target=cast.version, title="Copy", created_by=cast.writer)
    audit.model_version_copy_requested(actor(cast.writer), cast.version, cast.version)
    page = read(as_user(cast.reader).get(f"{MODEL}?activeTab=activity"))
    assert f'href="/explore/comments/{comment.uid}">Comment</a>' in page
    assert f'href="/explore/jobs/{job.pk}">Job</a>' in page
    place = as_user(cast.reader).get(f"/explore/comments/{comment.uid}")["Location"]
    assert place == f"{MODEL}?activeTab=discussion#comment-{comment.uid}"
    as_user(cast.writer).post(f"/explore/comments/{comment.uid}/delete")
    assert "/explore/comments/" not in read(as_user(cast.reader).get(f"{MODEL}?activeTab=activity"))
