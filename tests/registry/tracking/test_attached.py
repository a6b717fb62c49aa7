"""A `mlflow server` in the place of our own process: what it does not do for us, and how it can fail."""

import base64
import json
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.utils import timezone

from explorer import environment
from registry import attached
from registry.exceptions import InvalidState, TrackingUnavailable
from registry.models import ArtifactRoot, AuditEvent, Experiment
from registry.storage import artifact_store
from registry.storage.attached import location_of
from registry.tracking import belonging, experiments, wire
from registry.tracking.attached import experiments as attached_experiments
from registry.tracking.attached import line
from tests.cast import actor
from tests.tracking import ATTACHED, ask

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("tracking", [ATTACHED], indirect=True)]
SEARCH = "/api/2.0/mlflow/experiments/search"


def fresh():
    return f"experiment {uuid4().hex}"


def made(name):
    """Make an experiment at the server itself, and return its id."""
    return int(ask("experiments/create", name=name)["experiment_id"])


def aged():
    """Let all rows be old enough to be missed."""
    Experiment.objects.update(created_at=timezone.now() - timedelta(hours=1))


def test_what_others_make_there_is_for_administrators_to_hand_over(cast, tracking, api):
    key, name = made(fresh()), None
    attached_experiments.synchronize()
    row = Experiment.objects.get(experiment_id=key)
    name = row.name
    assert (row.owner, row.made_at > 0, row.is_deleted) == (None, True, False)
    about = f"/api/2.0/mlflow/experiments/get?experiment_id={key}"
    assert api(cast.owner).error("GET", about)[0] == 404
    experiments.change_owner(actor=actor(cast.admin), experiment=row, owner=cast.owner.user_name)
    assert api(cast.owner).ok("GET", about)["experiment"]["name"] == name
    assert AuditEvent.objects.filter(action_name="createMlflowExperiment", parameters__experiment_id=str(key)).exists()


def test_what_changes_there_changes_here(tracking):
    key, other = made(fresh()), made(fresh())
    attached_experiments.synchronize()
    name, others = fresh(), Experiment.objects.get(experiment_id=other).name
    ask("experiments/update", experiment_id=str(key), new_name=name)
    ask("experiments/delete", experiment_id=str(other))
    attached_experiments.synchronize()
    assert Experiment.objects.get(experiment_id=key).name == name
    assert Experiment.objects.get(experiment_id=other).is_deleted
    ask("experiments/restore", experiment_id=str(other))
    ask("experiments/update", experiment_id=str(other), new_name=fresh())
    ask("experiments/update", experiment_id=str(key), new_name=others)  # one that was another's a moment ago
    attached_experiments.synchronize()
    attached_experiments.synchronize()
    assert Experiment.objects.get(experiment_id=key).name == others
    assert not Experiment.objects.get(experiment_id=other).is_deleted


def test_what_is_gone_there_is_forgotten_here_and_nothing_else(tracking, monkeypatch):
    key = made(fresh())
    attached_experiments.synchronize()
    row = Experiment.objects.get(experiment_id=key)
    ghost = Experiment.objects.create(experiment_id=10**9, name=fresh(), made_at=1, created_by="x", updated_by="x")
    ArtifactRoot.objects.create(experiment=ghost, kind="run", key="r", storage_location=location_of("run", 10**9, "r"))
    attached_experiments.synchronize()
    assert Experiment.objects.filter(pk=ghost.pk).exists()  # it may be new
    aged()
    pages = attached_experiments.pages
    monkeypatch.setattr(attached_experiments, "pages", lambda *args: ((t, []) for t, _ in pages(*args)))
    attached_experiments.synchronize()
    assert Experiment.objects.filter(pk=row.pk).exists()  # a list may miss it
    assert not Experiment.objects.filter(pk=ghost.pk).exists()


def test_an_experiment_that_we_are_about_to_make_is_not_taken_over_by_another_row(tracking):
    name = fresh()
    row = Experiment.objects.create(name=name, created_by="x", updated_by="x")
    tag = {"key": attached_experiments.MADE_FOR, "value": str(row.uid)}
    key = int(ask("experiments/create", name=name, tags=[tag])["experiment_id"])
    attached_experiments.synchronize()
    assert list(Experiment.objects.filter(name=name).values_list("experiment_id", flat=True)) == [None]
    experiments.settle(Experiment.objects.get(name=name))
    row = Experiment.objects.get(name=name)
    assert (row.experiment_id, row.made_at) == (key, attached_experiments.made_at(key))


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_are_full_of_what_one_may_see(cast, tracking, api, monkeypatch, size):
    monkeypatch.setattr(attached_experiments, "PAGE", 3)
    prefix = uuid4().hex
    keys = [made(f"{prefix} {number}") for number in range(11)]
    for key in keys[1::3]:
        Experiment.objects.create(
            experiment_id=key, name=fresh(), owner_user=cast.owner, created_by="x", updated_by="x"
        )
    asked = {"filter": f"name LIKE '{prefix}%'", "order_by": ["name ASC"], "max_results": size}
    found, token = [], ""
    for _ in range(10):
        page = api(cast.owner).ok("POST", SEARCH, {**asked, **({"page_token": token} if token else {})})
        found += [int(item["experiment_id"]) for item in page["experiments"]]
        token = page.get("next_page_token", "")
        assert len(page["experiments"]) == size or not token
        if not token:
            break
    by_name = sorted(keys, key=lambda key: f"{prefix} {keys.index(key)}")
    assert found == [key for key in by_name if key in keys[1::3]]
    assert api(cast.stranger).ok("POST", SEARCH, asked) == {}
    if size == 1:
        first = api(cast.owner).ok("POST", SEARCH, asked)["next_page_token"]
        other = {**asked, "filter": "name != 'x'", "page_token": first}
        assert api(cast.owner).error("POST", SEARCH, other) == (400, "INVALID_PARAMETER_VALUE")
    assert api(cast.owner).error("POST", SEARCH, {**asked, "filter": "what = 1"})[0] == 400
    assert api(cast.owner).error("POST", SEARCH, {**asked, "max_results": -1})[0] == 400


def test_rows_of_another_server_open_nothing_here(cast, tracking, api):
    stale = Experiment.objects.create(
        experiment_id=made(fresh()), name=fresh(), made_at=1, owner_user=cast.owner, created_by="x", updated_by="x"
    )
    line._sure_until.clear()
    about = f"/api/2.0/mlflow/experiments/get?experiment_id={stale.experiment_id}"
    assert api(cast.owner).error("GET", about) == (503, "TEMPORARILY_UNAVAILABLE")
    with pytest.raises(TrackingUnavailable, match="forget_experiments"):
        attached_experiments.synchronize()
    call_command("forget_experiments")
    assert not Experiment.objects.exists()
    attached_experiments.synchronize()
    assert api(cast.owner).error("GET", about)[0] == 404


def test_our_own_experiments_are_not_taken_for_the_servers(cast, tracking, settings):
    default = Experiment.objects.create(experiment_id=0, name="Default", created_by="system", updated_by="system")
    experiments.prepare()
    assert not Experiment.objects.filter(pk=default.pk).exists()
    Experiment.objects.create(experiment_id=7, name=fresh(), created_by="x", updated_by="x")
    with pytest.raises(InvalidState, match="forget_experiments"):
        experiments.prepare()
    Experiment.objects.update(made_at=1)
    experiments.prepare()
    settings.TRACKING_URL = ""
    with pytest.raises(InvalidState, match="TRACKING_URL"):
        experiments.prepare()


def test_what_it_cannot_tell_is_refused_by_name(cast, logged, api):
    logged.shared(cast)
    body = {"experiment_id": logged.experiment, "min_timestamp_millis": 0}
    answer = api(cast.writer)("POST", "/api/2.0/mlflow/databricks/runs/restore-runs", body)
    assert answer.status_code == 400
    assert "doesn't report" in answer.json()["message"]


def test_parts_of_a_file_are_read_by_their_range(cast, logged, api):
    logged.shared(cast)
    path = f"/api/2.0/mlflow-artifacts/artifacts/{logged.experiment}/{logged.run}/artifacts/f"
    assert api(cast.writer)("PUT", path, bytes(range(100))).status_code == 200
    answer = api(cast.reader)("GET", path, headers={"Range": "bytes=10-19"})
    assert (answer.status_code, b"".join(answer)) == (206, bytes(range(10, 20)))
    location = ArtifactRoot.objects.get().storage_location
    assert b"".join(artifact_store(location).read(location, "f", 90, 10)) == bytes(range(90, 100))


@contextmanager
def server(status=200, body=b"{}", kind="application/json", **headers):
    """An HTTP server that answers everything alike, and what it was sent."""
    sent = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            sent.append(self.headers)
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{listening.server_port}", sent
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


FAILURES = {
    "the credential is refused": ({"status": 401}, 503, "TRACKING_TOKEN"),
    "the credential may not": ({"status": 403}, 503, "TRACKING_TOKEN"),
    "it is busy": ({"status": 503}, 503, "Ask again"),
    "a proxy has lost it": ({"status": 502, "kind": "text/html", "body": b"<html>"}, 503, "Ask again"),
    "it fails": ({"status": 500, "body": b'{"error_code": "INTERNAL_ERROR"}'}, 400, "its log"),
    "it is somewhere else": ({"status": 302, "Location": "http://127.0.0.1:1/"}, 503, "another address"),
    "it is something else": ({"kind": "text/html", "body": b"<html>"}, 503, "isn't an MLflow server"),
    "it is older": ({"status": 404, "kind": "text/html", "body": b"<html>"}, 404, "does not have this call"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_failures_are_told_in_words(cast, logged, api, settings, failure):
    logged.row(cast.owner)
    answered, status, words = FAILURES[failure]
    about = f"/api/2.0/mlflow/experiments/get?experiment_id={logged.experiment}"
    with server(**answered) as (where, _):
        settings.TRACKING_URL = f"http://{where}"
        answer = api(cast.owner)("GET", about)
    assert answer.status_code == status, answer.content
    assert words in answer.json()["message"]


def test_a_server_that_is_gone_fails_no_page_of_the_catalog(cast, logged, api, settings, as_user):
    logged.row(cast.owner)
    belonging._known.clear()
    settings.TRACKING_URL = "http://127.0.0.1:9"
    assert api(cast.owner).error("GET", f"/api/2.0/mlflow/runs/get?run_id={logged.run}")[0] == 503
    assert as_user(cast.owner).get(f"/ml/experiments/{logged.experiment}").status_code == 503
    assert as_user(cast.owner).get("/explore/data").status_code == 200


@pytest.mark.parametrize(
    ("address", "token", "sent"),
    [
        ("http://{where}", "secret", "Bearer secret"),
        ("http://me:p%40ss@{where}", "", f"Basic {base64.b64encode(b'me:p@ss').decode()}"),
        ("http://{where}", "", None),
    ],
)
def test_the_servers_credential_is_ours_and_no_callers(cast, logged, api, settings, address, token, sent):
    logged.row(cast.owner)
    found = json.dumps({"experiment": {"experiment_id": logged.experiment, "name": "x"}}).encode()
    with server(body=found) as (where, requests):
        settings.TRACKING_URL, settings.TRACKING_TOKEN = address.format(where=where), token
        api(cast.owner).ok("GET", f"/api/2.0/mlflow/experiments/get?experiment_id={logged.experiment}")
    assert [headers.get("Authorization") for headers in requests] == [sent]


def test_an_address_may_have_a_path(cast, logged, settings):
    with server(body=b'{"a": 1}') as (where, _):
        settings.TRACKING_URL = f"http://{where}/behind"
        assert json.loads(attached.send("GET", "x", query={"a": 1}).data) == {"a": 1}


@pytest.mark.parametrize("url", ["mlflow:5000", "ftp://x", "http://", "http://x?y=1"])
def test_an_address_that_is_none_is_refused_at_the_start(tracking, monkeypatch, url):
    monkeypatch.setenv("TRACKING_URL", url)
    with pytest.raises(ImproperlyConfigured, match="TRACKING_URL"):
        environment.attached_server()


def test_wire_says_who_does_not_answer(tracking, settings):
    settings.TRACKING_URL = "http://127.0.0.1:9"
    with pytest.raises(TrackingUnavailable, match="MLflow server"):
        wire.ask("GET", "health", scope="")
