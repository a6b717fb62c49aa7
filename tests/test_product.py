"""The running product: one command starts everything, and what happens when a part of it dies."""

import json
import os
import signal
import socket
import sqlite3
import stat
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from registry.models import Job
from tests.live import START_COPY, Product, eventually, health, is_copying, programs, shell, workers

pytestmark = [pytest.mark.product, pytest.mark.xdist_group("product")]

BIG = 1024 * 1024 * 1024


STATE = """
from registry.models import Job
from registry.storage import artifact_store
job = Job.objects.select_related("source", "target").get(pk="{job}")
def size(version):
    return sum(f.size for f in artifact_store(version.storage_location).list_files(version.storage_location))
print(job.state, job.attempts, job.target.status, size(job.source), size(job.target), job.bytes_done)
"""


@pytest.fixture
def product(tmp_path, prepared):
    product = prepared(tmp_path / "data", JOB_STALE_AFTER="3")
    yield product
    if product.process is not None and product.process.poll() is None:
        product.stop()


def test_the_first_start_prepares_everything_and_the_second_finds_it(tmp_path):
    product = Product(tmp_path / "data")
    product.start()
    log = product.log()
    for line in (product.url, "admin@example.com", "Access token   cex_", 'mlflow.set_registry_uri("databricks-uc")'):
        assert line in log
    password, token = product.first_run("Password"), product.first_run("Access token")
    assert stat.S_IMODE(os.stat(product.data_dir / "secret_key").st_mode) == 0o600
    assert {entry.name for entry in product.data_dir.iterdir()} >= {"artifacts", "catalog.sqlite3", "queue", "static"}
    assert product.stop() == 0
    assert "has stopped: signal SIGTERM" in product.log()
    assert "0 waiting for their seal" in product.manage("verify_audit")
    assert stat.S_IMODE(os.stat(product.data_dir / "audit_key").st_mode) == 0o600
    assert product.processes() == []

    product.start()
    log = product.log()
    assert log.count("Access token") == 1
    assert password not in log.partition("has stopped")[2]
    request = urllib.request.Request(
        f"{product.url}/api/2.1/unity-catalog/catalogs", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request) as answer:
        assert b'"dev"' in answer.read()
    issued = product.manage("issue_token", "new@example.com", "--create")
    assert issued.startswith("cex_")
    assert "\n" not in issued
    product.stop(signal.SIGINT)
    assert product.processes() == []


FRAMED_TWICE = {
    "two lengths": (b"Content-Length: 3\r\nContent-Length: 5\r\n", b"abcde", 400),
    "an unknown coding": (b"Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n", b"", 400),
    # The coding counts (RFC 9112, section 6.3), and the line is closed: what follows is nobody's request.
    "a coding and a length": (
        b"Transfer-Encoding: chunked\r\nContent-Length: 99\r\n",
        b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        401,
    ),
}


def test_where_a_request_ends_is_never_in_doubt(product):
    product.start()
    for what, (headers, body, status) in FRAMED_TWICE.items():
        with socket.create_connection(("127.0.0.1", product.port), timeout=10) as line:
            line.sendall(b"POST /api/2.0/token/create HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + b"\r\n" + body)
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 %d " % status), what
        assert answer.count(b"HTTP/1.1 ") == 1, what


COUNTED = """
from registry.models import AuditEvent, DenialTally
denied = AuditEvent.objects.filter(result="DENIED")
folded = [event.parameters for event in denied.filter(action_name="foldedDenials")]
own = denied.exclude(action_name="foldedDenials").count()
print(own, sum(told["count"] for told in folded), DenialTally.objects.count())
print([told["objects"] for told in folded])
"""


def test_what_was_refused_is_written_when_the_product_ends(product):
    """By whichever of its processes: 90 tokens that do not exist, and the end of everything right after."""
    product.start()
    for _ in range(90):
        request = urllib.request.Request(
            f"{product.url}/api/2.1/unity-catalog/catalogs", headers={"Authorization": "Bearer cex_wrong"}
        )
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(request)
    assert product.stop() == 0
    own, folded, left = shell(product, COUNTED).splitlines()[0].split()
    assert (int(own) + int(folded), left) == (90, "0")
    assert int(folded) > 0
    assert "/api/2.1/unity-catalog/catalogs" in shell(product, COUNTED)
    assert "Denied to address 127.0.0.1, and folded: " in product.log()
    assert "0 waiting for their seal" in product.manage("verify_audit")


REVOKE = """
from accounts.models import User
from registry.actor import Actor
from registry.models import Catalog
from registry.privileges import Privilege
from registry.services.access import grants
admin = Actor(principal=User.objects.get(user_name="admin@example.com"))
change = grants.GrantChange(User.objects.get(user_name="new@example.com"), {how}=(Privilege.BROWSE,))
grants.update_grants(actor=admin, securable=Catalog.objects.get(name="dev"), changes=[change])
print("done")
"""


def test_every_process_sees_a_revoked_grant_in_its_next_request(product):
    """Each request opens a connection of its own, so that all the server's processes answer some."""
    product.start()
    headers = {"Authorization": f"Bearer {product.manage('issue_token', 'new@example.com', '--create')}"}
    everyone = "from accounts.models import EVERYONE; from django.contrib.auth.models import Group; "
    shell(product, everyone + "Group.objects.get(name=EVERYONE).delete(); print()")

    def seen():
        request = urllib.request.Request(f"{product.url}/api/2.1/unity-catalog/catalogs", headers=headers)
        with urllib.request.urlopen(request) as answer:
            return b'"dev"' in answer.read()

    assert {seen() for _ in range(20)} == {False}
    shell(product, REVOKE.format(how="add"))
    assert {seen() for _ in range(20)} == {True}
    shell(product, REVOKE.format(how="remove"))
    assert {seen() for _ in range(20)} == {False}


def test_a_taken_port_is_told(product, tmp_path):
    product.start()
    second = Product(tmp_path / "second")
    second.port = product.port
    second.url = "http://127.0.0.1:1"
    with pytest.raises(AssertionError, match="Choose another PORT"):
        second.start()


def test_nothing_is_left_when_the_supervisor_is_killed(product):
    product.start()
    product.stop(signal.SIGKILL)
    eventually(lambda: not product.processes(), 30)


def test_a_worker_that_dies_in_the_middle_of_a_copy_loses_nothing(product):
    """SIGKILL hits all workers and their children while bytes are copied; the job ends READY with every byte."""
    product.start()
    job = shell(product, START_COPY.format(size=BIG))

    def state():
        return shell(product, STATE.format(job=job)).split()

    # Copying takes a second or more: strike as soon as the first bytes are there.
    eventually(lambda: is_copying(product, job))
    for pid in reversed(workers(product)):
        os.kill(pid, signal.SIGKILL)
    done = eventually(lambda: state() if state()[0] in ("SUCCEEDED", "FAILED") else None, 90)
    status, attempts, target, source_size, target_size, _ = done
    assert (status, target) == ("SUCCEEDED", "READY"), done
    assert source_size == target_size == str(BIG)
    assert int(attempts) >= 2, "the worker had finished before it was killed"
    assert "is started again" in product.log()


def test_a_worker_that_is_stopped_together_with_its_children_is_replaced(product):
    """SIGTERM to all of them at once can leave Celery's main process waiting for children that are gone."""
    product.start()
    for _ in range(3):
        stopped = workers(product)
        for pid in stopped:
            os.kill(pid, signal.SIGTERM)
        eventually(lambda stopped=stopped: len(workers(product)) >= 6 and not set(workers(product)) & set(stopped), 60)
    job = shell(product, START_COPY.format(size=4 * 1024 * 1024))
    eventually(lambda: shell(product, STATE.format(job=job)).startswith("SUCCEEDED"), 60)


def test_jobs_that_were_queued_when_everything_was_killed_are_done_after_the_next_start(product):
    product.start()
    for pid in reversed(workers(product)):
        os.kill(pid, signal.SIGSTOP)
    job = shell(product, START_COPY.format(size=4 * 1024 * 1024))
    for pid in product.processes():
        os.kill(pid, signal.SIGKILL)
    product.process.wait(30)
    eventually(lambda: not product.processes(), 30)
    product.start()
    done = eventually(
        lambda: (s := shell(product, STATE.format(job=job)).split())[0] in ("SUCCEEDED", "FAILED") and s, 90
    )
    assert (done[0], done[2]) == ("SUCCEEDED", "READY")
    assert done[3] == done[4]


def test_a_second_start_on_the_same_folder_is_refused(product, tmp_path):
    product.start()
    second = Product(product.data_dir)
    second.output = tmp_path / "second.log"
    with pytest.raises(AssertionError, match="is already running on"):
        second.start()


def query(product, sql):
    """The first column of the first row, read beside the product without the seconds that a Django takes to start."""
    with sqlite3.connect(f"file:{product.data_dir / 'catalog.sqlite3'}?mode=ro", uri=True) as connection:
        return connection.execute(sql).fetchone()[0]


DELETE_VERSION = """
from accounts.models import User
from registry.actor import Actor
from registry.models import ModelVersion
from registry.services.hierarchy import model_versions
from registry.services.trash import entries
actor = Actor(principal=User.objects.get(user_name="admin@example.com"))
version = ModelVersion.objects.get(registered_model__name="fraud_detection", version={version})
model_versions.delete_model_version(actor=actor, version=version)
entries.purge(actor=actor, uid=entries.list_trash(actor=actor).first().uid)
"""


def test_a_delete_is_done_at_once_while_all_byte_workers_are_busy(product):
    """They are stopped: no copy could keep them busier."""
    product.start()
    busy = workers(product, "bytes")
    for pid in reversed(busy):
        os.kill(pid, signal.SIGSTOP)
    copy = shell(product, START_COPY.format(size=2 * Job.FEW_BYTES))
    shell(product, DELETE_VERSION.format(version=1))
    state = "select state from registry_job where kind = '{}' order by created_at desc"
    eventually(lambda: query(product, state.format("DELETE_ARTIFACTS")) == "SUCCEEDED", 5)
    assert query(product, state.format("COPY")) == "QUEUED"
    for pid in busy:
        os.kill(pid, signal.SIGCONT)
    eventually(lambda: shell(product, STATE.format(job=copy)).startswith("SUCCEEDED"), 60)


def test_a_clock_that_is_killed_is_replaced(product):
    product.start()
    (clock,) = eventually(lambda: programs(product, "manage tick"))
    eventually(lambda: not health(product)["clock"]["late"], 30)
    os.kill(clock, signal.SIGKILL)
    product.manage("issue_token", "new@example.com", "--create")  # an event
    unsealed = "select count(*) from registry_auditevent where id not in (select event_id from registry_auditseal)"
    eventually(lambda: query(product, unsealed) == 0, 30)
    assert programs(product, "manage tick") not in ([], [clock])
    assert not health(product)["clock"]["late"]


def test_a_web_process_that_is_killed_is_replaced_while_the_other_serves(product):
    product.start()
    main, *children = eventually(lambda: len(found := programs(product, "granian")) >= 3 and found)
    assert eventually(lambda: listeners(product) == len(children))  # the first may answer long before the others
    assert kill_and_count_failures(product, children[0]) <= 2  # what the dead one had accepted
    assert eventually(lambda: listeners(product) == len(children))
    now = programs(product, "granian")
    assert (now[0], len(now)) == (main, 1 + len(children))

    assert kill_and_count_failures(product, main) <= 2
    assert "The web server died" in product.log()
    assert set(programs(product, "granian")) - {main, *now}


def listeners(product):
    """How many sockets listen on the product's port: each web process has one of its own."""
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = "0A"  # TCP_LISTEN in the kernel's include/net/tcp_states.h
    return [state for _, local, _, state, *_ in sockets if local.endswith(f":{product.port:04X}")].count(listening)


def kill_and_count_failures(product, pid):
    """Ask without a pause for three seconds; return how often there was no answer."""
    os.kill(pid, signal.SIGKILL)
    killed, failed = time.monotonic(), 0
    while time.monotonic() < killed + 3:
        try:
            assert health(product)["status"] == "ok"
        except OSError:
            failed += 1
    return failed


def test_the_process_that_keeps_runs_is_replaced_and_nothing_it_said_is_lost(tmp_path, prepared):
    with prepared(tmp_path / "data", TRACKING="1") as product:
        run = eventually(lambda: ask(product, "runs/create", {"experiment_id": "0"}))["run"]["info"]["run_id"]
        answered, failed, stop = [], [], threading.Event()
        threads = [
            threading.Thread(target=log_batches, args=(product, run, stop, answered)),
            threading.Thread(target=read_models, args=(product, stop, failed)),
        ]
        for thread in threads:
            thread.start()
        try:
            for _ in range(2):
                more_than(answered, 5)
                for pid in programs(product, "registry.tracking.server"):
                    os.kill(pid, signal.SIGKILL)
            more_than(answered, 5)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert failed == []
        histories = [steps_of(product, run, number) for number in range(BATCH)]
        assert set(answered) <= set(histories[0])
        assert all(steps == histories[0] for steps in histories)  # a batch is there as a whole, or not at all


def more_than(answered, number):
    """Wait until so many more are answered."""
    before = len(answered)
    eventually(lambda: len(answered) > before + number)


BATCH = 10


def ask(product, call, body):
    """What MLflow's API answers; None while nobody does."""
    request = urllib.request.Request(
        f"{product.url}/api/2.0/mlflow/{call}",
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": f"Bearer {product.first_run('Access token')}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code != 503:
            raise
        return None


def log_batches(product, run, stop, answered):
    step = 0
    while not stop.is_set():
        step += 1
        metrics = [{"key": f"m{number}", "value": step, "timestamp": step, "step": step} for number in range(BATCH)]
        if ask(product, "runs/log-batch", {"run_id": run, "metrics": metrics}) is not None:
            answered.append(step)
        else:
            time.sleep(0.1)


def read_models(product, stop, failed):
    while not stop.is_set():
        try:
            assert ask(product, "registered-models/search", None)["registered_models"]
        except (OSError, AssertionError, TypeError) as error:
            failed.append(repr(error))


def steps_of(product, run, number):
    history = ask(product, f"metrics/get-history?run_id={run}&metric_key=m{number}&max_results=25000", None)
    return [metric["step"] for metric in history["metrics"]]
