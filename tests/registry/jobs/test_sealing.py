"""The chain over the audit log: whatever is done to the tables by hand is found, and named."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from registry.audit.sentences import sentence
from registry.jobs import sealing
from registry.models import AuditEvent, AuditSeal
from registry.services.hierarchy import registered_models
from tests.cast import actor


@pytest.fixture
def log(cast, settings, tmp_path):
    """Five events, sealed in two runs, so that there is a first, an inner and a last one."""
    settings.AUDIT_HEAD = tmp_path / "audit_head"
    _write(cast, 3)
    assert sealing.seal_events() == 3
    _write(cast, 2)
    assert sealing.seal_events() == 2
    return list(AuditEvent.objects.order_by("pk"))


def _write(cast, count):
    for number in range(count):
        registered_models.update_registered_model(actor=actor(cast.owner), model=cast.model, comment=f"{number}")


def _by_hand(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def _found():
    with pytest.raises(CommandError) as refused:
        call_command("verify_audit")
    return str(refused.value)


def test_a_log_that_nobody_touched_is_whole(log, capsys, cast):
    _write(cast, 1)
    call_command("verify_audit")
    assert "5 events sealed, 1 waiting" in capsys.readouterr().out


def test_every_event_is_sealed_once_and_in_order(log):
    assert list(AuditSeal.objects.values_list("number", "event_id")) == [(n + 1, e.pk) for n, e in enumerate(log)]
    assert sealing.seal_events() == 0


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize(
    ("column", "value"), [("actor", "x@example.com"), ("parameters", '{"comment": "y"}'), ("result", "DENIED")]
)
def test_a_changed_event_is_named(log, place, column, value):
    _by_hand(f"UPDATE registry_auditevent SET {column} = %s WHERE id = %s", value, log[place].pk)
    assert f"{log[place].uid} (seal {place + 1}) was changed" in _found()


def test_the_first_of_several_is_named(log):
    for event in log[1:]:
        _by_hand("UPDATE registry_auditevent SET actor = 'x' WHERE id = %s", event.pk)
    assert str(log[1].uid) in _found()


@pytest.mark.parametrize("place", range(5))
def test_a_removed_event_is_named(log, place):
    _by_hand("DELETE FROM registry_auditevent WHERE id = %s", log[place].pk)
    assert f"{log[place].uid}" in _found()


def test_a_removed_event_with_its_seal_is_noticed(log):
    _by_hand("DELETE FROM registry_auditseal WHERE number = 2")
    _by_hand("DELETE FROM registry_auditevent WHERE id = %s", log[1].pk)
    assert "Seal 2 was removed" in _found()


def test_the_end_cannot_be_cut_off(log):
    _by_hand("DELETE FROM registry_auditseal WHERE number >= 4")
    _by_hand("DELETE FROM registry_auditevent WHERE id >= %s", log[3].pk)
    assert "The end of the chain was removed: 2 events after seal 3" in _found()


def test_an_inserted_event_is_named_and_never_sealed(log, caplog):
    forged = AuditEvent(action_name="updatePermissions", actor="admin@example.com", signature=log[0].signature)
    forged.save()
    assert str(forged.uid) in _found()
    assert sealing.seal_events() == 0
    assert "not written by this server" in caplog.text
    assert f"{forged.uid} was inserted" in _found()


def test_an_event_cannot_take_the_place_of_another(log):
    content = {f.attname: getattr(log[2], f.attname) for f in AuditEvent._meta.concrete_fields if f.attname != "id"}
    _by_hand("UPDATE registry_auditseal SET event_id = %s WHERE number = 3", log[3].pk + 100)
    assert content["uid"] == log[2].uid
    assert str(log[2].uid) in _found()


def test_seals_in_another_order_are_noticed(log):
    _by_hand("UPDATE registry_auditseal SET number = 99 WHERE number = 2")
    _by_hand("UPDATE registry_auditseal SET number = 2 WHERE number = 3")
    assert str(log[2].uid) in _found()


def test_another_key_seals_nothing_that_counts(log, settings):
    settings.AUDIT_KEY = "another"
    assert "was changed" in _found()


def test_a_great_log_is_sealed_and_verified_in_pieces(log, cast, monkeypatch, capsys):
    monkeypatch.setattr(sealing, "AT_ONCE", 2)
    _write(cast, 7)
    assert sealing.seal_events() == 7
    call_command("verify_audit")
    assert "12 events sealed, 0 waiting" in capsys.readouterr().out


def test_an_event_that_commits_late_is_sealed_after_those_that_began_later(log, cast):
    """As on PostgreSQL, where keys are given before transactions end."""
    late = AuditEvent(pk=log[0].pk - 1, action_name="createCatalog", actor="a@example.com").sign()
    late.save(force_insert=True)
    assert sealing.seal_events() == 1
    call_command("verify_audit")


def test_an_end_that_was_cut_off_is_not_grown_over(log, cast, caplog):
    """New events must not make a new end of what is left: sealing stops, and goes on saying why."""
    _by_hand("DELETE FROM registry_auditseal WHERE number >= 4")
    _by_hand("DELETE FROM registry_auditevent WHERE id >= %s", log[3].pk)
    _write(cast, 2)
    assert sealing.seal_events() == 0
    assert "Nothing is sealed" in caplog.text
    assert "The end of the chain was removed" in _found()


def test_a_log_that_was_emptied_is_noticed(log, cast):
    _by_hand("DELETE FROM registry_auditseal")
    _by_hand("DELETE FROM registry_auditevent")
    _write(cast, 1)
    assert sealing.seal_events() == 0
    assert "The end of the chain was removed: 5 events after seal 0" in _found()


def test_forged_events_in_front_do_not_keep_real_ones_from_their_seals(log, cast, monkeypatch):
    monkeypatch.setattr(sealing, "AT_ONCE", 2)
    AuditEvent.objects.bulk_create(AuditEvent(action_name="x", signature="f" * 64) for _ in range(7))
    _write(cast, 3)
    assert sealing.seal_events() == 3
    assert "was inserted" in _found()


@pytest.mark.parametrize("planted", ['{"a": 1000000000000000000000000}', '"text"', "[1e999]"])
@pytest.mark.parametrize("sealed", [True, False])
def test_an_event_that_cannot_be_what_we_wrote_stops_nothing(log, cast, planted, sealed):
    if not sealed:
        _write(cast, 1)
    target = AuditEvent.objects.order_by("-pk").first() if not sealed else log[2]
    if connection.vendor == "postgresql" and planted == "[1e999]":
        pytest.skip("this database does not take it")
    _by_hand("UPDATE registry_auditevent SET parameters = %s WHERE id = %s", planted, target.pk)
    _write(cast, 1)
    assert sealing.seal_events() == 1
    assert "was changed" in _found() if sealed else "was inserted, or changed" in _found()


def _cut_off(log):
    _by_hand("DELETE FROM registry_auditseal WHERE number >= 4")
    _by_hand("DELETE FROM registry_auditevent WHERE id >= %s", log[3].pk)


def test_a_head_that_is_behind_the_database_is_no_alarm(log, cast, settings, tmp_path, capsys):
    """Two processes, with a file each, seal in turns."""
    heads = settings.AUDIT_HEAD, tmp_path / "another_head"
    for turn in range(4):
        settings.AUDIT_HEAD = heads[turn % 2]
        _write(cast, 1)
        assert sealing.seal_events() == 1
        call_command("verify_audit")
    assert "9 events sealed, 0 waiting" in capsys.readouterr().out


def test_the_head_is_read_before_the_seals_that_it_is_compared_with(log, cast, monkeypatch):
    """What another process seals, and notes, while this one looks is no missing end."""
    read, order = sealing.read_head, []
    monkeypatch.setattr(sealing, "read_head", lambda: order.append("head") or read())
    select = AuditSeal.objects.select_for_update
    monkeypatch.setattr(AuditSeal.objects, "select_for_update", lambda: order.append("seals") or select())
    _write(cast, 1)
    assert sealing.seal_events() == 1
    assert order == ["head", "seals"]


def test_a_seal_that_was_replaced_is_an_alarm_where_the_head_is_behind(log, settings):
    settings.AUDIT_HEAD.write_text(f"3 {'0' * 64}")
    assert "Seal 3 was replaced" in _found()
    assert sealing.seal_events() == 0


@pytest.mark.parametrize("content", [b"", b"x y", b"\xff"])
def test_a_head_that_cannot_be_read_is_told_in_words(log, cast, settings, caplog, content):
    settings.AUDIT_HEAD.write_bytes(content)
    _write(cast, 1)
    assert sealing.seal_events() == 0
    assert "Nothing is sealed: The head of the audit chain" in caplog.text
    assert "verify_audit --accept" in _found()


def test_a_database_that_was_set_back_is_accepted_once_and_by_an_event(log, cast, capsys):
    _cut_off(log)
    _write(cast, 2)
    assert sealing.seal_events() == 0
    call_command("verify_audit", accept=True)
    assert "Accepted, and recorded as an event: The end of the chain was removed" in capsys.readouterr().out
    event = AuditEvent.objects.order_by("-pk").first()
    assert (event.action_name, event.actor) == ("auditChainAccepted", "system")
    assert sentence(event) == "accepted seal 3 as the end of the audit log (noted was 5)"
    assert sealing.seal_events() == 3
    call_command("verify_audit")
    with pytest.raises(CommandError, match="there is nothing to accept"):
        call_command("verify_audit", accept=True)


def test_an_unreadable_head_is_accepted_too(log, settings):
    settings.AUDIT_HEAD.write_text("")
    call_command("verify_audit", accept=True)
    assert sentence(AuditEvent.objects.order_by("-pk").first()).endswith(
        "seal 5 as the end of the audit log (noted was unreadable)"
    )


def test_an_emptied_log_can_be_accepted(log):
    _by_hand("DELETE FROM registry_auditseal")
    _by_hand("DELETE FROM registry_auditevent")
    call_command("verify_audit", accept=True)
    assert sealing.seal_events() == 1


def test_a_changed_event_is_not_accepted(log):
    _by_hand("UPDATE registry_auditevent SET actor = 'x' WHERE id = %s", log[1].pk)
    _cut_off(log)
    with pytest.raises(CommandError, match=f"{log[1].uid} .seal 2. was changed"):
        call_command("verify_audit", accept=True)
    assert "was changed" in _found()
