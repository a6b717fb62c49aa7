"""Comments on models and versions: who reads and writes them, and who is told."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ObjectDoesNotExist

from accounts.models import Scope, User
from registry import limits
from registry.exceptions import DoesNotExist, InvalidParameterValue, InvalidState, PermissionDenied
from registry.models import AuditEvent, DiscussionComment, Notification, RegisteredModel, Watch
from registry.services.activity import discussions, watching
from registry.services.activity.mentions import MENTION
from tests.cast import actor, grant
from tests.factories import RegisteredModelFactory


def say(cast, text="Does it drift?", *, by=None, on=None):
    return discussions.add_comment(actor=actor(by or cast.writer), subject=on or cast.model, text=text)


def reply(cast, thread, text="Not yet.", *, by=None):
    return discussions.answer_comment(actor=actor(by or cast.owner), thread=thread, text=text)


def inbox(user):
    return [line.words for line in Notification.objects.filter(recipient=user).order_by("pk")]


def threads(cast, user, subject=None):
    return list(discussions.list_threads(actor=actor(user), subject=subject or cast.model))


def test_threads_stand_newest_first_with_their_answers_and_those_on_versions(cast):
    first = say(cast)
    reply(cast, first)
    second = say(cast, "And this one?", on=cast.version)
    assert threads(cast, cast.reader) == [second, first]
    assert [said.text for said in threads(cast, cast.reader)[1].replies.all()] == ["Not yet."]
    assert threads(cast, cast.reader, cast.version) == [second]
    counts = [discussions.count_comments(actor=actor(cast[who]), subject=cast.model) for who in ("reader", "browser")]
    assert counts == [3, 0]


def test_an_answer_to_an_answer_lands_in_the_thread(cast):
    thread = say(cast)
    assert reply(cast, reply(cast, thread), by=cast.reader).thread == thread


def test_who_may_not_read_the_model_reads_and_says_nothing(cast):
    thread = say(cast)
    assert threads(cast, cast.browser) == threads(cast, cast.stranger) == []
    with pytest.raises(PermissionDenied):
        say(cast, by=cast.browser)
    with pytest.raises(DoesNotExist):
        say(cast, by=cast.stranger)
    for member in (cast.browser, cast.stranger):
        with pytest.raises(DoesNotExist, match="no such comment"):
            discussions.get_comment(actor=actor(member), uid=thread.uid)


def test_a_token_that_only_reads_says_nothing(cast):
    reading = actor(cast.writer)
    object.__setattr__(reading, "scopes", Scope.READ.included)
    with pytest.raises(PermissionDenied, match="scope"):
        discussions.add_comment(actor=reading, subject=cast.model, text="x")


@pytest.mark.parametrize("text", ["", " \n ", "x" * (limits.DISCUSSION_COMMENT_LENGTH + 1)])
def test_a_comment_says_something_and_not_too_much(cast, text):
    with pytest.raises(InvalidParameterValue):
        say(cast, text)
    assert not DiscussionComment.objects.exists()


def test_the_owner_hears_of_comments_and_whoever_spoke_of_answers(cast):
    thread = say(cast, on=cast.version)
    assert inbox(cast.owner) == ["writer@example.com commented on shop.ml.churn version 1: “Does it drift?”"]
    reply(cast, thread)
    assert inbox(cast.writer) == ["owner@example.com answered on shop.ml.churn version 1: “Not yet.”"]
    assert len(inbox(cast.owner)) == 1  # not of what they said themselves


@pytest.mark.parametrize("mention", ["@reader@example.com", "@reader", "@`readers`", "@READER@example.com."])
def test_who_is_mentioned_is_told_by_name_short_name_and_group(cast, mention):
    say(cast, f"What do you say, {mention}")
    assert inbox(cast.reader)[0].startswith("writer@example.com mentioned you on shop.ml.churn: “What do you say")


@pytest.mark.parametrize(
    "text",
    ["reader@example.com", "models:/shop.ml.churn@reader", "@browser@example.com", "@stranger", "@`account users`"],
)  # fmt: skip
def test_who_is_not_mentioned_or_may_not_read_is_not_told(cast, text):
    say(cast, text)
    assert not any(inbox(member) for member in (cast.reader, cast.browser, cast.stranger))


def test_a_short_name_of_several_people_mentions_none(cast):
    User.objects.create_user("reader@elsewhere.example")
    say(cast, "@reader")
    assert inbox(cast.reader) == []


def test_a_text_mentions_at_most_so_many(cast, monkeypatch):
    monkeypatch.setattr("registry.limits.MENTIONS_PER_COMMENT", 1)
    grant(cast.writer, cast.model, "EXECUTE")
    say(cast, "@writer and @reader")
    assert inbox(cast.reader) == []


def test_an_edit_tells_only_whom_it_mentions_anew(cast):
    comment = say(cast, "@owner look")
    discussions.edit_comment(actor=actor(cast.writer), comment=comment, text="@owner @reader look")
    assert (len(inbox(cast.owner)), len(inbox(cast.reader))) == (1, 1)
    comment.refresh_from_db()
    assert comment.edited_at is not None
    assert inbox(cast.owner) == ["writer@example.com mentioned you on shop.ml.churn: “@owner @reader look”"]
    for member in (cast.owner, cast.admin):
        with pytest.raises(PermissionDenied, match="author"):
            discussions.edit_comment(actor=actor(member), comment=comment, text="mine")


def test_a_deleted_comment_is_gone_with_what_inboxes_quote_of_it(cast):
    thread = say(cast, "A secret: 1234")
    answer = reply(cast, thread)
    discussions.delete_comment(actor=actor(cast.writer), comment=thread)
    assert inbox(cast.owner) == []
    assert not DiscussionComment.objects.filter(text__contains="1234").exists()
    assert threads(cast, cast.reader) == [thread]  # there is an answer
    reply(cast, answer, "I agree.")
    for said in DiscussionComment.objects.filter(deleted_at=None):
        discussions.delete_comment(actor=actor(cast.owner), comment=said)
    assert threads(cast, cast.reader) == []
    with pytest.raises(InvalidState, match="deleted"):
        reply(cast, thread)
    with pytest.raises(DoesNotExist):
        discussions.get_thread(actor=actor(cast.reader), uid=thread.uid)


def test_others_comments_are_deleted_by_who_manages_the_model(cast):
    comment = say(cast)
    with pytest.raises(PermissionDenied):
        discussions.delete_comment(actor=actor(cast.reader), comment=comment)
    discussions.delete_comment(actor=actor(cast.owner), comment=comment)
    event = AuditEvent.objects.filter(action_name="deleteComment").get()
    assert (event.actor, event.parameters["author"]) == ("owner@example.com", "writer@example.com")
    assert "Does it drift" not in str(list(AuditEvent.objects.values_list("parameters", flat=True)))


def test_an_account_of_the_same_name_does_not_inherit_the_comments(cast):
    comment = say(cast)
    cast.writer.delete()
    again = User.objects.create_user("writer@example.com")
    grant(again, cast.catalog, "USE CATALOG", "USE SCHEMA", "CREATE MODEL VERSION")
    comment.refresh_from_db()
    assert comment.author_name == "writer@example.com"
    with pytest.raises(PermissionDenied):
        discussions.delete_comment(actor=actor(again), comment=comment)


def test_muting_silences_even_mentions_and_watching_tells_everything(cast):
    watching.watch(actor=actor(cast.owner), model=cast.model, level=Watch.Level.NOTHING)
    watching.watch(actor=actor(cast.reader), model=cast.model, level=Watch.Level.EVERYTHING)
    say(cast, "@owner hello")
    assert inbox(cast.owner) == []
    assert inbox(cast.reader) == ["writer@example.com commented on shop.ml.churn: “@owner hello”"]


def test_a_right_that_is_gone_tells_nothing_more(cast):
    watching.watch(actor=actor(cast.reader), model=cast.model, level=Watch.Level.EVERYTHING)
    cast.reader.groups.remove(Group.objects.get(name="readers"))
    say(cast)
    assert inbox(cast.reader) == []


def test_a_group_that_owns_hears_nothing_unasked(cast):
    model = RegisteredModelFactory(schema=cast.schema, owner_group=Group.objects.get(name="readers"))
    grant(cast.writer, model, "EXECUTE")
    say(cast, on=model)
    assert inbox(cast.reader) == []
    assert watching.level_of(actor=actor(cast.reader), model=model) == Watch.Level.CONCERNING


@pytest.mark.parametrize(
    ("text", "expected"),
    [("@ada", "ada"), ("(@ada@example.com)", "ada@example.com"), ("@`data team`", "data team"), ("a@b.c", None),
     ("``@ada``", None), ("@", None)],
)  # fmt: skip
def test_what_a_mention_is(text, expected):
    found = MENTION.search(text)
    assert (found and (found[1] or found[2])) == expected


def test_what_is_deleted_meanwhile_stays_deleted(cast):
    comment = say(cast, "A secret: 1234")
    opened = DiscussionComment.objects.get()
    discussions.delete_comment(actor=actor(cast.owner), comment=comment)
    for change in (
        lambda: discussions.edit_comment(actor=actor(cast.writer), comment=opened, text="A secret: 1234"),
        lambda: discussions.delete_comment(actor=actor(cast.writer), comment=opened),
    ):
        with pytest.raises(DoesNotExist, match="in the meantime"):
            change()
    assert DiscussionComment.objects.get().text == ""


def test_a_model_that_is_deleted_meanwhile_takes_no_comment(cast):
    model, version = RegisteredModel.objects.get(), cast.version
    say(cast)
    RegisteredModel.objects.filter(pk=model.pk).delete()
    for subject in (model, version):
        with pytest.raises((DoesNotExist, ObjectDoesNotExist)):
            say(cast, on=subject)
    with pytest.raises((DoesNotExist, ObjectDoesNotExist)):
        watching.watch(actor=actor(cast.writer), model=model, level=Watch.Level.NOTHING)


def test_a_thread_whose_beginning_was_deleted_goes_on(cast):
    thread = say(cast)
    reply(cast, thread, by=cast.reader)
    discussions.delete_comment(actor=actor(cast.writer), comment=thread)
    found = discussions.get_thread(actor=actor(cast.owner), uid=thread.uid)
    reply(cast, found, "Still here.")
    assert inbox(cast.reader)[-1] == "owner@example.com answered on shop.ml.churn: “Still here.”"
    assert inbox(cast.writer) == ["reader@example.com answered on shop.ml.churn: “Not yet.”"]


def test_an_owner_may_want_to_hear_only_what_concerns_them(cast):
    watching.watch(actor=actor(cast.owner), model=cast.model, level=Watch.Level.CONCERNING)
    say(cast)
    assert inbox(cast.owner) == []
    say(cast, "@owner?")
    assert len(inbox(cast.owner)) == 1


def test_a_comment_mentions_at_most_so_many_people(cast, monkeypatch):
    monkeypatch.setattr("registry.limits.MENTIONED_PEOPLE", 1)
    say(cast, "@owner @reader")
    assert (len(inbox(cast.owner)), len(inbox(cast.reader))) == (1, 0)
