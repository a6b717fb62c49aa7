"""Following events: each is made something of exactly once, whoever dies when."""

import threading
import time

import pytest
from django.db import connection

from accounts.models import User
from registry.jobs import sealing
from registry.models import AuditEvent, AuditSeal, EventCursor, Notification
from registry.services.activity import feed, watching
from registry.services.hierarchy import registered_models
from tests.cast import actor


@pytest.fixture(autouse=True)
def head(settings, tmp_path):
    settings.AUDIT_HEAD = tmp_path / "audit_head"


def happen(count=1):
    """Write ``count`` events and seal them; return their keys in that order."""
    events = [AuditEvent(action_name=f"event{number}").sign() for number in range(count)]
    AuditEvent.objects.bulk_create(events)
    sealing.seal_events()
    return [event.pk for event in events]


def position():
    return EventCursor.objects.get(name="test").position


def test_events_come_in_the_order_of_their_seals_and_once(db, monkeypatch):
    monkeypatch.setattr(feed, "AT_ONCE", 3)
    EventCursor.objects.create(name="test", position=0)
    keys, seen = happen(8), []
    for _ in range(2):
        feed.follow("test", lambda event: seen.append(event.pk))
    assert seen == keys
    keys += happen()
    feed.follow("test", lambda event: seen.append(event.pk))
    assert seen == keys


def test_who_follows_for_the_first_time_begins_after_the_newest_seal(db):
    seen = []
    happen(3)
    feed.follow("test", lambda event: seen.append(event.pk))
    assert (seen, position()) == ([], 3)
    (key,) = happen()
    feed.follow("test", lambda event: seen.append(event.pk))
    assert seen == [key]


def test_an_event_that_has_no_seal_is_not_heard_of(db):
    EventCursor.objects.create(name="test", position=0)
    AuditEvent.objects.create(action_name="x")
    seen = []
    feed.follow("test", seen.append)
    assert seen == []


def test_who_is_killed_before_the_commit_hears_again_and_what_was_written_is_gone(cast):
    """A BaseException ends the transaction as SIGKILL would: between the writing and the commit."""
    EventCursor.objects.create(name="test", position=0)
    happen(2)

    def tell(event, *, until=None):
        Notification.objects.create(recipient=cast.reader, text=event.action_name)
        if event.action_name == until:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        feed.follow("test", lambda event: tell(event, until="event1"))
    assert (Notification.objects.count(), position()) == (0, 0)
    for _ in range(2):
        feed.follow("test", tell)
    assert sorted(Notification.objects.values_list("text", flat=True)) == ["event0", "event1"]


def test_an_event_that_always_fails_is_passed_by_after_some_tries(db, caplog):
    EventCursor.objects.create(name="test", position=0)
    keys, seen, tries = happen(3), [], []

    def consume(event):
        if event.pk == keys[1]:
            tries.append(1)
            raise ValueError
        seen.append(event.pk)

    for number in range(1, feed.TRIES + 2):
        feed.follow("test", consume)
        assert len(tries) == min(number, feed.TRIES)
    assert (seen, position()) == ([keys[0], keys[2]], 3)
    assert caplog.text.count("is tried again") == feed.TRIES - 1
    assert caplog.text.count("is passed by") == 1


def test_what_a_failed_try_wrote_is_undone(cast):
    EventCursor.objects.create(name="test", position=0)
    happen()

    def consume(event):
        Notification.objects.create(recipient=cast.reader, text="x")
        raise ValueError

    feed.follow("test", consume)
    assert (Notification.objects.count(), position(), EventCursor.objects.get(name="test").failures) == (0, 0, 1)


def test_an_event_that_was_removed_by_hand_holds_nothing_up(db):
    EventCursor.objects.create(name="test", position=0)
    keys, seen = happen(3), []
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM registry_auditevent WHERE id = %s", [keys[1]])
    feed.follow("test", lambda event: seen.append(event.pk))
    assert (seen, position()) == ([keys[0], keys[2]], 3)


def test_nothing_new_is_asked_for_without_a_lock(db, django_assert_num_queries):
    feed.follow("test", print)
    with django_assert_num_queries(2):
        feed.follow("test", print)


def test_sealing_tells_nobody_and_telling_needs_no_worker_that_sealed(cast):
    EventCursor.objects.get_or_create(name="watchers", defaults={"position": 0})
    registered_models.update_registered_model(actor=actor(cast.admin), model=cast.model, comment="x")
    sealing.seal_events()
    assert Notification.objects.count() == 0
    watching.tell_watchers()
    assert [line.recipient for line in Notification.objects.all()] == [cast.owner]


@pytest.mark.django_db(transaction=True)
def test_two_who_follow_at_once_tell_once_each():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one transaction write at a time")
    EventCursor.objects.create(name="test", position=0)
    recipient = User.objects.create_user("reader@example.com")
    happen(20)

    def consume(event):
        Notification.objects.create(recipient=recipient, text=event.action_name)
        time.sleep(0.01)

    def follow():
        feed.follow("test", consume)
        connection.close()

    threads = [threading.Thread(target=follow) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    texts = sorted(Notification.objects.values_list("text", flat=True))
    assert texts == sorted(f"event{number}" for number in range(20))
    assert AuditSeal.objects.count() == position() == 20
