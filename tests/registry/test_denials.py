"""Every refusal on every way in leaves a trace, and what is folded still says what a responder needs."""

import ast
import base64
import logging
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import OAuthSecret, PersonalAccessToken, Scope, User
from registry import audit, limits
from registry.actor import Actor
from registry.api.signing import Claim
from registry.audit import denials, folding
from registry.audit.actions import Action
from registry.audit.sentences import _REFUSED, sentence
from registry.denials import Denial, DenialKind
from registry.exceptions import DoesNotExist, PermissionDenied
from registry.jobs.sealing import find_tampering, seal_events
from registry.models import AuditEvent, DenialTally, Job
from registry.privileges import SecurableType
from registry.services.activity import discussions
from registry.services.finding import statements
from registry.services.people import principals, sessions, tokens
from registry.services.versions import copies, jobs
from tests.cast import actor

UC = "/api/2.1/unity-catalog"
ROOT = Path(__file__).resolve().parents[2]
ROBOT = "00000000-0000-4000-8000-000000000b07"
NOON = "2026-11-03T12:00:10Z"


def denied(**wanted):
    return AuditEvent.objects.filter(result="DENIED", **wanted)


def the_denial():
    event = denied().get()
    return event.parameters["kind"], event.action_name, event.parameters.get("full_name_arg", "")


def nobody(name="", address="203.0.113.7", credential=""):
    return Actor.of_nobody(RequestFactory(REMOTE_ADDR=address).get("/"), name, credential)


def refuse(who, name="shop", kind=DenialKind.UNKNOWN_TOKEN, action="authenticate"):
    audit.refused(who, kind, action, name)
    audit.write_pending()


def fold():
    """The folded events, once the minute is over."""
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        audit.fold_denials()
    return list(denied(action_name=Action.FOLDED_DENIALS).order_by("pk"))


# Nothing is refused in silence


def constructed(tree, name):
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name
    ]


def test_errors_of_refusals_are_made_where_the_attempt_is_noted():
    """A PermissionDenied that somebody raises elsewhere is a refusal without a trace, and so fails here."""
    made = {}
    for package in ("accounts", "explorer", "registry"):
        for path in (ROOT / package).rglob("*.py"):
            if lines := constructed(ast.parse(path.read_text()), "PermissionDenied"):
                made[str(path.relative_to(ROOT))] = len(lines)
    assert made == {
        "registry/authorization/refusing.py": 2,
    }


def test_every_kind_has_words():
    assert set(_REFUSED) == set(DenialKind)
    for kind in DenialKind:
        event = AuditEvent(action_name="x", result="DENIED", parameters={"kind": kind.value}, error_message="No.")
        assert sentence(event).endswith(": No.")


def test_an_administrator_of_the_metastore_who_tries_the_superuser_leaves_traces(cast):
    cast.owner.is_metastore_admin = True
    cast.owner.save()
    attempts = (
        lambda who: principals.update_user(actor=who, user=cast.admin, is_active=False),
        lambda who: principals.set_password(actor=who, user=cast.admin, password="mine now 12"),
        lambda who: principals.delete_user(actor=who, user=cast.admin),
    )
    for attempt in attempts:
        asking = actor(cast.owner)
        with pytest.raises(PermissionDenied, match="Only a superuser"):
            attempt(asking)
        audit.record_denials(asking)
    assert set(denied().values_list("action_name", flat=True)) == {"managePrincipals"}
    assert [event.parameters["full_name_arg"] for event in denied()] == ["admin@example.com"] * 3


def test_editing_a_comment_of_another_is_an_event_on_the_model(cast):
    comment = discussions.add_comment(actor=actor(cast.writer), subject=cast.model, text="Hello.")
    asking = actor(cast.reader)
    with pytest.raises(PermissionDenied):
        discussions.edit_comment(actor=asking, comment=comment, text="x")
    audit.record_denials(asking)
    assert the_denial() == ("MISSING_PRIVILEGE", "updateComment", "shop.ml.churn")
    assert denied().get().securable_uid == cast.model.uid


def test_cancelling_the_copy_of_another_is_an_event(cast):
    job = copies.copy_model_version(actor=actor(cast.owner), source=cast.version, destination=cast.model)
    asking = actor(cast.reader)
    with pytest.raises(PermissionDenied):
        jobs.cancel_job(actor=asking, uid=job.pk)
    audit.record_denials(asking)
    assert the_denial() == ("MISSING_PRIVILEGE", "cancelJob", "shop.ml.churn")


def test_a_look_at_what_belongs_to_somebody_else_is_an_event_and_one_at_nothing_is_none(cast):
    job = Job.objects.create(kind=Job.Kind.COPY, target=cast.version, title="Copy", created_by=cast.owner)
    token, _ = PersonalAccessToken.objects.issue(cast.owner)
    attempts = {
        "getJob": lambda who, uid: jobs.get_job(actor=who, uid=uid or job.pk),
        "manageOwnTokens": lambda who, uid: tokens.revoke_token(actor=who, uid=uid or token.uid),
        "getStatement": lambda who, uid: statements.read_answer(actor=who, key=uid or kept),
        "logout": lambda who, uid: sessions.end_session(actor=who, uid=uid or job.pk),
    }
    kept = job.pk
    statements.keep_answer(actor=actor(cast.owner), key=kept, answer={})
    nothing = "00000000-0000-4000-8000-00000000dead"
    for action, attempt in attempts.items():
        for uid in (nothing, None):
            asking = actor(cast.stranger)
            with pytest.raises(DoesNotExist):
                attempt(asking, uid)
            audit.record_denials(asking)
        assert denied(action_name=action).count() == (0 if action == "logout" else 1), action


# Credentials


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def test_tokens_that_do_not_count_are_events_that_say_why_whose_and_which(client, cast):
    def issued(**columns):
        token, secret = PersonalAccessToken.objects.issue(cast.reader)
        PersonalAccessToken.objects.filter(pk=token.pk).update(**columns)
        return token.reference, bearer(secret)

    now = timezone.now()
    revoked, expired = issued(revoked_at=now), issued(expires_at=now)
    robot = User.objects.create_user(ROBOT, kind=User.Kind.SERVICE_PRINCIPAL)
    secret, _ = OAuthSecret.objects.issue(robot, lifetime=timedelta(days=1))
    machine = secret.access_token(Scope.ADMIN)
    basic = base64.b64encode(b"reader@example.com:cex_wrong").decode()
    told = [
        ("UNKNOWN_TOKEN", "", "", bearer("cex_" + "x" * 43)),
        ("UNKNOWN_TOKEN", "", "", {"Authorization": "Negotiate x"}),
        ("UNKNOWN_TOKEN", "", "", {"Authorization": f"Basic {basic}"}),
        ("UNKNOWN_TOKEN", "", "", bearer("a:b:c")),
        ("REVOKED_TOKEN", "reader@example.com", *revoked),
        ("EXPIRED_TOKEN", "reader@example.com", *expired),
    ]
    contents = set()
    for kind, name, uid, headers in told:
        answer = client.get(f"{UC}/catalogs", headers=headers)
        assert answer.status_code == 401
        contents.add(answer.content)
        event = denied().first()
        assert (event.parameters["kind"], event.actor, event.parameters.get("token_id", "")) == (kind, name, uid)
        assert (event.action_name, event.parameters["full_name_arg"]) == ("authenticate", f"{UC}/catalogs")
        assert event.source_address == "127.0.0.1"
    assert len(contents) == 1
    secret.delete()
    assert client.get(f"{UC}/catalogs", headers=bearer(machine)).status_code == 401
    assert denied().first().parameters["kind"] == "REVOKED_TOKEN"
    assert client.get("/api/2.0/preview/scim/v2/Users", headers=bearer("x")).status_code == 401
    assert denied().count() == 8


def test_the_token_of_somebody_who_was_deactivated_says_so(client, cast):
    token, secret = PersonalAccessToken.objects.issue(cast.reader)
    User.objects.filter(pk=cast.reader.pk).update(is_active=False)
    client.get(f"{UC}/catalogs", headers=bearer(secret))
    assert (denied().get().parameters["kind"], denied().get().actor) == ("DEACTIVATED_ACCOUNT", "reader@example.com")


def test_a_narrow_token_is_told_from_a_missing_privilege_and_named(client, cast):
    token, secret = PersonalAccessToken.objects.issue(cast.owner, scope=Scope.READ)
    client.delete(f"{UC}/models/shop.ml.churn", headers=bearer(secret))
    event = denied().get()
    assert (event.parameters["kind"], event.parameters["token_id"]) == ("NARROW_TOKEN", token.reference)
    assert "too narrow a scope" in sentence(event)


def test_requests_without_a_token_are_counted_and_make_no_rows_of_their_own(client, cast):
    for _ in range(5):
        client.get(f"{UC}/catalogs")
    assert not denied().exists()
    (event,) = fold()
    assert event.parameters["kinds"] == {"NO_CREDENTIAL": 5}
    assert (event.actor, event.source_address) == ("", "127.0.0.1")


def test_signed_urls_that_do_not_count_are_events(client, cast):
    path = f"/api/2.0/fs/presigned/{cast.version.uid}/MLmodel"

    token, _ = PersonalAccessToken.objects.issue(cast.reader)

    def signed():
        claim = Claim.by(token, "presigned-file", "GET", str(cast.version.uid), "MLmodel")
        return f"{path}?signature={claim.sign()}"

    old = signed()
    assert client.get(path.replace("MLmodel", "x") + "?signature=forged").status_code == 403
    assert client.put(signed()).status_code == 403  # another method than the one that was signed
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert client.get(old).status_code == 403
    User.objects.filter(pk=cast.reader.pk).update(is_active=False)
    assert client.get(signed()).status_code == 403
    kinds = [event.parameters["kind"] for event in denied().order_by("pk")]
    assert kinds == ["FORGED_URL", "FORGED_URL", "EXPIRED_URL", "REVOKED_URL"]
    assert denied(action_name="useSignedUrl", parameters__full_name_arg=path).count() == 3


def test_a_forged_upload_session_is_an_event(api, cast):
    body = {"path": "/Models/shop/ml/churn/2/x", "session_token": "forged", "start_part_number": 1}
    assert api(cast.writer)("POST", "/api/2.0/fs/create-upload-part-urls", body).status_code == 400
    assert the_denial()[0] == "FORGED_UPLOAD_SESSION"


def test_refusals_of_the_token_endpoint_are_events(client, cast):
    client.post("/oidc/v1/token", {"grant_type": "password"})
    client.post("/oidc/v1/token", {"grant_type": "client_credentials", "client_id": ROBOT, "client_secret": "x"})
    assert [event.parameters["kind"] for event in denied().order_by("pk")] == ["OAUTH_REQUEST", "FAILED_SIGN_IN"]
    robot = User.objects.create_user(ROBOT, kind=User.Kind.SERVICE_PRINCIPAL)
    _, text = OAuthSecret.objects.issue(robot, lifetime=timedelta(days=1))
    asked = {"grant_type": "client_credentials", "client_id": ROBOT, "client_secret": text, "scope": "root"}
    assert client.post("/oidc/v1/token", asked).status_code == 400
    assert (denied().first().parameters["kind"], denied().first().actor) == ("OAUTH_REQUEST", ROBOT)


# Pages


def test_a_wrong_old_password_is_an_event(as_user, cast):
    cast.reader.set_password("the right one 1")
    cast.reader.save()
    asked = {"old_password": "wrong", "new_password1": "a long new one", "new_password2": "a long new one"}
    as_user(cast.reader).post("/settings/password", asked)
    assert the_denial() == ("WRONG_PASSWORD", "proveIdentity", "reader@example.com")


def test_being_locked_out_is_told_from_failing(client, cast):
    for _ in range(12):
        client.post("/login", {"username": "reader@example.com", "password": "wrong"})
    kinds = [event.parameters["kind"] for event in denied(action_name="login")]
    assert kinds.count("FAILED_SIGN_IN") == 10
    assert kinds.count("LOCKED_OUT") == 2


def test_a_form_from_elsewhere_is_an_event_of_whoever_sent_it(cast):
    browser = Client(enforce_csrf_checks=True)
    browser.post("/login", {"username": "a", "password": "b"})
    assert (denied().first().actor, the_denial()[:2]) == ("", ("FORGED_FORM", "sendForm"))
    browser.force_login(cast.reader, backend="django.contrib.auth.backends.ModelBackend")
    browser.post("/explore/catalogs/create", {"name": "x"})
    event = denied().first()
    assert (event.actor, event.parameters["full_name_arg"]) == ("reader@example.com", "POST /explore/catalogs/create")


def test_who_is_kept_out_of_the_admin_leaves_a_trace(as_user, cast):
    as_user(cast.reader).get("/admin/registry/catalog/", follow=True)
    assert the_denial() == ("NOT_STAFF", "openAdmin", "/admin/registry/catalog/")
    cast.owner.is_staff = True
    cast.owner.save()
    assert as_user(cast.owner).get("/admin/registry/catalog/").status_code == 403
    assert denied().first().parameters["full_name_arg"] == "GET /admin/registry/catalog/"


def test_signing_out_is_an_event(as_user, cast):
    as_user(cast.reader).post("/logout")
    event = AuditEvent.objects.get(action_name="logout")
    assert (event.actor, event.result, sentence(event)) == ("reader@example.com", "SUCCESS", "signed out")
    as_user(None).post("/logout")
    assert AuditEvent.objects.count() == 1


# The machine


def test_a_password_that_is_set_at_the_machine_is_an_event(cast, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda prompt: "quite another 1")
    call_command("changepassword", "Reader@example.com")
    event = AuditEvent.objects.get()
    assert (event.action_name, event.actor, event.parameters["name"]) == ("updateUser", "system", "reader@example.com")
    assert event.user_agent.startswith("manage.py changepassword (uid ")
    cast.reader.refresh_from_db()
    assert cast.reader.check_password("quite another 1")


@pytest.mark.parametrize(("name", "typed"), [("nobody@example.com", "quite another 1"), ("reader@example.com", "123")])
def test_a_password_that_is_not_set_at_the_machine_is_no_event(cast, monkeypatch, name, typed):
    monkeypatch.setattr("getpass.getpass", lambda prompt: typed)
    with pytest.raises(CommandError):
        call_command("changepassword", name)
    assert not AuditEvent.objects.exists()


def test_a_superuser_who_is_made_at_the_machine_is_an_event(cast):
    call_command("createsuperuser", "--noinput", "--user_name", "root@example.com", verbosity=0)
    event = AuditEvent.objects.get()
    assert (event.action_name, event.parameters) == ("createUser", {"name": "root@example.com", "is_superuser": True})


# The fold


@time_machine.travel(NOON, tick=False)
def test_what_is_over_the_limit_is_one_event_that_says_what_from_where_on_what_and_with_which_token(cast, caplog):
    def attempt(number):
        who = Actor(principal=cast.reader, address=f"198.51.100.{number % 2}", credential="the-token")
        kind = DenialKind.NARROW_TOKEN if number % 3 == 0 else DenialKind.MISSING_PRIVILEGE
        who.denials.append(Denial(kind, "deleteCatalog", SecurableType.CATALOG, "shop", "No."))
        audit.record_denials(who)

    for number in range(limits.DENIALS_PER_MINUTE):
        attempt(number)
    assert denied().count() == limits.DENIALS_PER_MINUTE
    caplog.clear()
    for number in range(9):
        attempt(number)
    assert denied().count() == limits.DENIALS_PER_MINUTE
    line = caplog.messages[0]
    for word in ("reader@example.com", "narrow token", "deleteCatalog", "shop", "198.51.100.0", "the-token"):
        assert word in line
    (event,) = fold()
    assert event.actor == "reader@example.com"
    assert event.parameters == {
        "count": 9, "kinds": {"NARROW_TOKEN": 3, "MISSING_PRIVILEGE": 6}, "operations": {"deleteCatalog": 9},
        "objects": {"shop": 9}, "addresses": {"198.51.100.0": 5, "198.51.100.1": 4}, "tokens": {"the-token": 9},
        "since": "2026-11-03T12:00:00+00:00", "until": "2026-11-03T12:01:00+00:00",
    }  # fmt: skip
    assert sentence(event) == (
        "was denied more often than is listed one by one: 9 denials: 6 × missing privilege, 3 × narrow token; "
        "from 198.51.100.0 (5), 198.51.100.1 (4); with the token the-token (9); deleteCatalog (9); on shop (9)"
    )
    assert not DenialTally.objects.exists()


@time_machine.travel(NOON, tick=False)
def test_the_fold_names_a_few_and_counts_the_rest(cast):
    for number in range(limits.DENIALS_PER_MINUTE):
        refuse(nobody(), f"first {number}")
    for number in range(200):
        refuse(nobody(), "x" * 5000 if number == 0 else f"/probe/{number}\n2026 INFO forged line")
    (event,) = fold()
    objects = event.parameters["objects"]
    assert len(objects) == limits.FOLDED_DISTINCT
    assert max(map(len, objects)) == limits.FOLDED_NAME_LENGTH
    assert event.parameters["others"] == {"objects": 190}
    assert "and 190 more" in sentence(event)
    assert "\n" not in sentence(event)
    assert len(str(event.parameters)) < 6_000


@time_machine.travel(NOON, tick=False)
def test_addresses_without_number_make_a_limited_number_of_rows(cast):
    for number in range(300):
        refuse(nobody(address=f"203.0.{number // 250}.{number % 250}"))
    for number in range(100):
        refuse(nobody(address=f"2001:db8:0:1::{number:x}"))  # one subscriber
    own, tallies = denied().count(), DenialTally.objects.count()
    assert own == limits.DENIALS_OF_NOBODY_PER_MINUTE
    assert tallies <= limits.ADDRESSES_PER_MINUTE + 1
    events = fold()
    assert len(events) <= limits.ADDRESSES_PER_MINUTE + 1
    assert sum(event.parameters["count"] for event in events) + own == 400
    shared = max(events, key=lambda event: event.parameters["count"])
    assert shared.parameters["others"]["addresses"] > 100


@time_machine.travel(NOON, tick=False)
def test_anonymous_noise_takes_no_room_from_anybody_who_has_signed_in(cast):
    for number in range(500):
        refuse(nobody(name="reader@example.com", address=f"203.0.113.{number % 200}"), kind=DenialKind.FAILED_SIGN_IN)
    refuse(actor(cast.reader), kind=DenialKind.WRONG_PASSWORD)
    assert denied(parameters__kind="WRONG_PASSWORD").count() == 1


@time_machine.travel(NOON, tick=False)
def test_an_address_of_ipv6_counts_as_its_network():
    assert folding.network_of("2001:db8::1") == folding.network_of("2001:db8::2") == "2001:db8::/64"
    assert folding.network_of("::ffff:192.0.2.1") == "::ffff:192.0.2.1"
    assert folding.network_of("nonsense" * 20) == ("nonsense" * 20)[:64]


def test_a_minute_that_is_not_over_is_not_folded_and_the_next_one_has_room_again(cast):
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(limits.DENIALS_PER_MINUTE + 1):
            refuse(nobody())
        audit.fold_denials()
        assert not denied(action_name=Action.FOLDED_DENIALS).exists()
        clock.shift(60)
        refuse(nobody())
        assert denied().count() == limits.DENIALS_PER_MINUTE + 1
        audit.fold_denials()
        assert denied(action_name=Action.FOLDED_DENIALS).count() == 1  # without another denial of that minute
        audit.fold_denials(whole_minutes=False)
        assert denied(action_name=Action.FOLDED_DENIALS).count() == 1  # nothing was folded in the second one
        assert not DenialTally.objects.exists()


def test_folded_events_are_genuine_and_sealed(cast):
    for _ in range(limits.DENIALS_PER_MINUTE + 5):
        refuse(nobody())
    fold()
    seal_events()
    assert find_tampering() == ""


def test_folded_events_stand_in_words_in_the_page_and_in_the_api(api, as_user, cast):
    for _ in range(limits.DENIALS_PER_MINUTE + 3):
        refuse(actor(cast.reader), "shop", DenialKind.WRONG_PASSWORD, "changePassword")
    fold()
    page = as_user(cast.admin).get("/audit?action=foldedDenials")
    text = page.content.decode()
    assert "was denied more often than is listed one by one" in text
    assert "3 × wrong password" in text
    (event,) = api(cast.admin).ok("GET", "/api/2.1/catalog-explorer/audit-events?action_name=foldedDenials")["events"]
    assert "3 × wrong password; changePassword (3); on shop (3)" in event["response"]["error_message"]
    assert event["request_params"]["kinds"] == {"WRONG_PASSWORD": 3}
    assert event["response"]["status_code"] == 403
    # It names objects everywhere: managers of some do not read it.
    assert api(cast.owner).ok("GET", "/api/2.1/catalog-explorer/audit-events?action_name=foldedDenials")["events"] == []


# Writing


def test_what_cannot_be_written_now_is_written_the_next_time(cast, monkeypatch):
    def full(*arguments):
        raise OperationalError("database is locked")

    monkeypatch.setattr(denials, "write", full)
    refuse(nobody(), "one")
    refuse(nobody(), "two")
    assert audit.has_pending()
    monkeypatch.undo()
    refuse(nobody(), "three")
    assert [event.parameters["full_name_arg"] for event in denied().order_by("pk")] == ["one", "two", "three"]
    assert not audit.has_pending()


def test_one_that_can_never_be_written_takes_no_others_along(cast, monkeypatch, caplog):
    whole = folding.write_event

    def picky(who, action, *rest, **more):
        if action == "poison":
            raise ValueError("poison")
        whole(who, action, *rest, **more)

    monkeypatch.setattr(folding, "write_event", picky)
    for action in ("before", "poison", "after"):
        audit.refused(nobody(), DenialKind.UNKNOWN_TOKEN, action, "x\0y")
    audit.write_pending()
    assert set(denied().values_list("action_name", flat=True)) == {"before", "after"}
    assert "poison" in caplog.text


def test_what_waits_has_a_limit_and_beyond_it_kinds_are_counted(cast, monkeypatch):
    monkeypatch.setattr(limits, "PENDING_DENIALS", 10)
    for _ in range(25):
        audit.refused(nobody(), DenialKind.FORGED_URL, "useSignedUrl", "x")
    assert len(denials._pending.waiting) == 10
    audit.write_pending()
    assert denied().count() == 10
    (event,) = fold()
    assert event.parameters["kinds"] == {"FORGED_URL": 15}


def test_whoever_writes_takes_along_what_others_have_noted_meanwhile(cast, monkeypatch):
    whole, began = denials.write, []

    def slow(some, beyond):
        if not began:
            began.append(True)
            audit.refused(nobody(), DenialKind.FORGED_URL, "useSignedUrl", "meanwhile")
            audit.write_pending()  # somebody writes: this returns at once
            assert audit.has_pending()
        whole(some, beyond)

    monkeypatch.setattr(denials, "write", slow)
    refuse(nobody(), "first")
    assert [event.parameters["full_name_arg"] for event in denied().order_by("pk")] == ["first", "meanwhile"]


def test_an_answer_asks_the_database_nothing_for_its_refusal(api, cast):
    """The events are written when the answer is closed: what is asked before that is the same for both."""
    stranger, counts = api(cast.stranger), []
    stranger("GET", f"{UC}/models/shop.ml.churn")
    for name in ("shop.ml.churn", "shoq.mm.churm"):
        later = []
        with CaptureQueriesContext(connection) as queries:
            stranger("GET", f"{UC}/models/{name}", **{"explorer.afterwards": later})
        counts.append([query["sql"].replace(name.split(".")[0], "C") for query in queries.captured_queries])
        assert len(later) == 1
    assert len(counts[0]) == len(counts[1])
    assert not denied(securable_uid=cast.model.uid).exclude(pk=denied().last().pk).exists()
    audit.write_pending()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite's transactions exclude each other")
def test_two_processes_count_together_and_do_not_wait_for_each_other_for_ever():
    """Two connections write batches over the same principals and addresses, the clock folds and seals meanwhile."""
    users = [User.objects.create_user(f"u{number}@example.com") for number in range(5)]
    together, errors = Barrier(3), []

    def batch(turn):
        known = [folding.Refusal(actor(user), Denial(DenialKind.NARROW_TOKEN, "x", None, "y", "")) for user in users]
        unknown = [
            folding.Refusal(nobody(address=f"198.51.100.{number}"), Denial(DenialKind.FORGED_URL, "x", None, "y", ""))
            for number in range(5)
        ]
        return (known + unknown)[:: 1 if turn % 2 else -1]

    def run(work):
        try:
            together.wait()
            for turn in range(40):
                work(turn)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    works = [lambda turn: folding.write(batch(turn), {})] * 2 + [lambda turn: (audit.fold_denials(), seal_events())]
    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    audit.fold_denials(whole_minutes=False)
    folded = sum(event.parameters["count"] for event in denied(action_name=Action.FOLDED_DENIALS))
    assert folded + denied().exclude(action_name=Action.FOLDED_DENIALS).count() == 2 * 40 * 10


def test_log_lines_are_warnings_for_the_operator(cast, caplog):
    with caplog.at_level(logging.WARNING, logger="registry.audit.folding"):
        for _ in range(limits.DENIALS_PER_MINUTE + 1):
            refuse(nobody(), "/api/x")
    assert any("authenticate" in line and "/api/x" in line and "203.0.113.7" in line for line in caplog.messages)
