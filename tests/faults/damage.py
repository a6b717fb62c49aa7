"""Files that are removed, cut short or changed by one bit under a READY version: nobody takes wrong bytes for right."""

import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import requests

from tests.faults.client import FILES, Client, Lost, Refused, page, place, sha256, stored_file
from tests.faults.table import Row
from tests.live import ROOT, eventually


def _remove(path):
    path.unlink()


def _truncate(path):
    os.truncate(path, path.stat().st_size // 2)


def _flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


DAMAGES = {"removed": _remove, "cut short": _truncate, "one bit changed": _flip}


def try_damage(product, rounds):
    row = Row("File removed, cut short, one bit changed", "")
    row.checked = "Files API, signed URL, zip, copy, MLflow: no wrong bytes as success; the other files still come"
    client = Client(product)
    for number in range(rounds):
        for name, damage in DAMAGES.items():
            _over_http(client, row, f"round {number + 1}, {name}", damage)
        _with_mlflow(client, row, f"round {number + 1}")
    return row


def _over_http(client, row, name, damage):
    model, destination = client.new_model("damaged"), client.new_model("copy_of_damaged")
    files = {"broken.bin": os.urandom(3_000_000), "whole.bin": os.urandom(2_000_000), "empty": b""}
    number = client.register(model, files)
    damage(stored_file(client, model, number, "broken.bin"))
    with row.trial(f"{name}: Files API"):
        _require_refused(lambda: client.send("GET", f"{FILES}/files/{place(model, number, 'broken.bin')}"), files)
    with row.trial(f"{name}: signed URL"):
        _require_refused(lambda: client.send("GET", client.download_url(model, number, "broken.bin")), files)
    with row.trial(f"{name}: zip"), client.browser() as browser:
        assert _zip_of(browser, client, model, client.register(model, files)) == sorted(files)
        assert _zip_of(browser, client, model, number) is None
    with row.trial(f"{name}: copy"):
        _require_no_copy(client, model, number, destination)
    with row.trial(f"{name}: the other files", 0):
        for path in ("whole.bin", "empty"):
            assert client.read(model, number, path) == files[path]
            assert client.send("GET", client.download_url(model, number, path)).content == files[path]


def _require_refused(send, files):
    """An error or a line that breaks: both are told from success. (A URL that is not signed is an error, too.)"""
    try:
        answer = send()
    except (Lost, Refused):
        return
    assert answer.status_code >= 400, f"{answer.status_code}, {sha256(answer.content)}"
    assert answer.json()["message"]


def _zip_of(browser, client, model, number):
    """What is in the zip of a version; None if that is not given out, or not whole."""
    try:
        answer = browser.get(f"{page(client, model, number)}/artifacts.zip", timeout=30)
    except requests.RequestException:
        return None
    if answer.status_code != 200:
        assert "is damaged in the storage" in answer.text, answer.text[:300]
        return None
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return sorted(archive.namelist())


def _require_no_copy(client, model, number, destination):
    try:
        made = client.copy(model, number, destination)
    except Refused:
        return
    eventually(lambda: client.versions(destination)[made] != "PENDING_REGISTRATION", 60)
    assert client.versions(destination)[made] == "FAILED_REGISTRATION"


MLFLOW = """
import json, sys, os, tempfile, warnings
warnings.simplefilter("ignore")
import mlflow
from tests.clients.journeys import digests, save_model
name, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.chdir(folder)
mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.set_registry_uri("databricks-uc")
model = save_model(mlflow, folder)
for _ in range(count):
    mlflow.register_model(model, name)
print(json.dumps(digests(model)), flush=True)
sys.stdin.readline()
def outcome(ask):
    try:
        return ask()
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
def download(number):
    place = tempfile.mkdtemp(dir=folder)
    return digests(mlflow.artifacts.download_artifacts(f"models:/{name}/{number}", dst_path=place))
def load(number):
    return mlflow.pyfunc.load_model(f"models:/{name}/{number}") and "loaded"
print(json.dumps([[outcome(lambda: download(n)), outcome(lambda: load(n))] for n in range(1, count + 1)]), flush=True)
"""
"""The stock client registers a model some times, waits for a line, and tries to get each of the versions."""


def _with_mlflow(client, row, name):
    """One version for each damage, and one that is left whole: that the client gets."""
    model = client.new_model("by_mlflow")
    with tempfile.TemporaryDirectory() as folder, _mlflow(client, model, folder) as process:
        whole = json.loads(process.stdout.readline() or "{}")
        assert whole, process.stderr.read()[-2000:]
        path = next(path for path in whole if path.endswith("code.py"))
        for number, damage in enumerate(DAMAGES.values(), 1):
            damage(stored_file(client, model, number, path))
        process.stdin.write("\n")
        process.stdin.flush()
        outcomes = json.loads(process.stdout.readline() or "[]")
    for number, damage in enumerate(DAMAGES):
        for way, outcome in zip(("download_artifacts", "load_model"), outcomes[number], strict=True):
            with row.trial(f"{name}, {damage}: MLflow's {way}"):
                assert isinstance(outcome, str), f"it gave {outcome}"
                assert outcome != "loaded"
    with row.trial(f"{name}, untouched: MLflow", 0):
        assert outcomes[-1] == [whole, "loaded"], outcomes[-1]


def _mlflow(client, model, folder):
    environment = {
        **os.environ, "DATABRICKS_HOST": client.product.url, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "DATABRICKS_TOKEN": client.product.first_run("Access token"), "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    command = [sys.executable, "-c", MLFLOW, model, str(Path(folder)), str(len(DAMAGES) + 1)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes)
