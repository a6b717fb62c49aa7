"""Watching: the events of a model that people are told of, each once."""

import pytest

from registry import clock
from registry.exceptions import PermissionDenied
from registry.models import AuditEvent, AuditSeal, Notification, Watch
from registry.privileges import Privilege
from registry.services.access import grants
from registry.services.access.grants import GrantChange
from registry.services.activity import watching
from registry.services.hierarchy import registered_models
from registry.services.metadata import aliases
from tests.cast import actor


@pytest.fixture(autouse=True)
def head(settings, tmp_path):
    settings.AUDIT_HEAD = tmp_path / "audit_head"


def inbox(user):
    return [line.words for line in Notification.objects.filter(recipient=user).order_by("pk")]


def move_alias(cast, version=1):
    aliases.set_registered_model_alias(actor=actor(cast.admin), model=cast.model, alias="Champion", version=version)


def test_who_watches_is_told_of_changes_once(cast):
    watching.watch(actor=actor(cast.reader), model=cast.model, level=Watch.Level.EVERYTHING)
    move_alias(cast)
    for _ in range(2):
        clock.tick()
    told = ["admin@example.com set the alias Champion to version 1 on shop.ml.churn."]
    assert inbox(cast.reader) == inbox(cast.owner) == told
    assert inbox(cast.writer) == inbox(cast.admin) == []


def test_nobody_is_told_of_what_they_did_or_of_what_they_may_not_know(cast):
    watching.watch(actor=actor(cast.reader), model=cast.model, level=Watch.Level.EVERYTHING)
    change = GrantChange(cast.browser, add=(Privilege.EXECUTE,))
    grants.update_grants(actor=actor(cast.owner), securable=cast.model, changes=[change])
    registered_models.update_registered_model(actor=actor(cast.owner), model=cast.model, comment="x")
    with pytest.raises(PermissionDenied):
        registered_models.update_registered_model(actor=actor(cast.reader), model=cast.model, comment="y")
    clock.tick()
    assert inbox(cast.owner) == []
    assert inbox(cast.reader) == ["owner@example.com described it on shop.ml.churn."]


def test_a_model_that_is_gone_tells_nothing_and_stops_nothing(cast):
    move_alias(cast)
    registered_models.delete_registered_model(actor=actor(cast.owner), model=cast.model)
    clock.tick()
    assert Notification.objects.count() == 0
    assert AuditSeal.objects.count() == AuditEvent.objects.count()


def test_news_that_fail_stop_no_seal(cast, monkeypatch, caplog):
    move_alias(cast)
    monkeypatch.setattr("registry.services.activity.notifications.notify", lambda *args, **options: 1 / 0)
    clock.tick()
    assert AuditSeal.objects.count() == 1
    assert "watchers: event" in caplog.text


def test_watching_wants_the_right_to_read(cast):
    with pytest.raises(PermissionDenied):
        watching.watch(actor=actor(cast.browser), model=cast.model, level=Watch.Level.EVERYTHING)
    assert watching.level_of(actor=actor(cast.owner), model=cast.model) == Watch.Level.EVERYTHING
    assert watching.level_of(actor=actor(cast.reader), model=cast.model) == Watch.Level.CONCERNING
