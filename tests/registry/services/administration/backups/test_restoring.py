"""A backup is restored into nothing else than an empty installation, and whole, or what is not whole is named."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from registry.durable import write_durably
from registry.jobs.sealing import seal_events
from registry.models import ArtifactRoot, DeletionHold
from registry.services.administration import integrity
from registry.services.administration.backups import databases
from registry.services.administration.backups.manifest import place_of
from registry.services.artifacts import uploads
from registry.storage import artifact_store
from registry.tracking.trees import RunTree
from tests.cast import actor, experiment_of
from tests.registry.services.administration.backups.test_taking import register

ROOT = Path(__file__).parents[5]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.large]


@contextmanager
def empty_database():
    """The address of an empty database of the kind that is tested; empty for the one in DATA_DIR."""
    if connection.vendor == "sqlite":
        yield ""
        return
    given, name = connection.settings_dict, f"restored_{uuid4().hex}"  # two tests may restore at once
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield f"postgres://{given['USER']}@{given['HOST']}:{given['PORT']}/{name}"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


def manage(data_dir, database, *arguments):
    environment = {**os.environ, "DATA_DIR": str(data_dir), "DATABASE_URL": database}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_backup_is_an_installation_again(installed, folder, tmp_path):
    version = register(installed, model=b"abc", weights=b"12345")
    uploads.write_artifact(actor=actor(installed.owner), version=installed.pending, path="part", chunks=[b"1"])
    seal_events()
    call_command("backup", str(folder))
    elsewhere = tmp_path / "elsewhere"
    with empty_database() as database:
        done = manage(elsewhere, database, "restore", str(folder))
        assert (done.returncode, done.stderr) == (0, "")
        assert "3 versions with 5 files" in done.stdout
        uid = str(version.uid)
        assert (elsewhere / "artifacts" / uid[:2] / uid / "weights").read_bytes() == b"12345"
        assert "The audit log is whole" in manage(elsewhere, database, "verify_audit").stdout
        assert (elsewhere / "installation").read_text() == (folder / "installation").read_text()
        assert "is in use" in manage(elsewhere, database, "restore", str(folder)).stderr


@pytest.fixture
def backup(installed, folder, settings, tmp_path, monkeypatch):
    """A backup whose database is the test's own, to be restored beside files and keys that are elsewhere."""
    installed.saved = register(installed, model=b"abc", weights=b"12345")
    for name in ("whole", "replaced"):
        uploads.write_artifact(actor=actor(installed.owner), version=installed.pending, path=name, chunks=[b"1"])
    call_command("backup", str(folder))
    settings.ARTIFACT_ROOT = tmp_path / "elsewhere"
    settings.INSTALLATION_FILE, settings.AUDIT_HEAD = tmp_path / "elsewhere.id", tmp_path / "elsewhere.head"
    monkeypatch.setattr(databases, "is_empty", lambda: True)
    monkeypatch.setattr(databases, "load", lambda folder: None)
    return folder


def test_every_file_is_compared_once_more(backup, installed, capsys):
    call_command("restore", str(backup))
    assert "Every file is as the database says." in capsys.readouterr().out
    assert list(integrity.holes(installed.saved)) == []


def test_what_is_damaged_is_named_and_the_rest_is_there(backup, installed, capsys):
    place_of(backup, str(installed.saved.uid), "model").write_bytes(b"abd")
    place_of(backup, str(installed.version.uid), "MLmodel").unlink()  # which has no row
    with pytest.raises(CommandError, match="2 files"):
        call_command("restore", str(backup))
    told = capsys.readouterr().err
    assert f"{installed.saved}, model: the file's SHA-256 is" in told
    assert f"{installed.version.storage_location}, MLmodel: the backup's file is missing" in told
    store = artifact_store(installed.saved.storage_location)
    assert store.stat(installed.saved.storage_location, "weights").size == 5


def test_rows_of_unfinished_files_are_left_out(backup, installed, capsys):
    """Their version is still pending: its client sends them again."""
    entries = [orjson.loads(line) for line in (backup / "files.jsonl").read_bytes().splitlines()]
    place_of(backup, str(installed.pending.uid), "replaced").write_bytes(b"anew")
    assert {entry["path"] for entry in entries} >= {"whole", "replaced"}
    with pytest.raises(CommandError):
        call_command("restore", str(backup))
    assert "1 files of versions that were being filled" in capsys.readouterr().out
    assert [artifact.path for artifact in installed.pending.artifacts.all()] == ["whole"]


def test_the_hold_of_the_backup_does_not_live_on(backup):
    DeletionHold.objects.create(reason="backup")
    call_command("restore", str(backup))
    assert not DeletionHold.is_held()


def test_a_part_that_has_changed_is_named(backup):
    for part in ("files.jsonl", "audit_key"):
        content = (backup / part).read_bytes()
        (backup / part).write_bytes(b"something else")
        with pytest.raises(CommandError, match=f"{part} is not what it was"):
            call_command("restore", str(backup))
        (backup / part).write_bytes(content)


def test_what_is_no_backup_is_told_in_words(backup):
    for content in (b"", b"[]", b"{", b'{"format": 99}', b'{"format": 1}'):
        write_durably(backup / "manifest.json", content)
        with pytest.raises(CommandError, match=r"cannot be read|has format 99"):
            call_command("restore", str(backup))
    (backup / "manifest.json").unlink()
    with pytest.raises(CommandError, match="it is no backup, or one that was not finished"):
        call_command("restore", str(backup))


def test_it_goes_into_an_empty_installation_alone(backup, installed, settings, monkeypatch):
    monkeypatch.setattr(databases, "is_empty", lambda: False)
    with pytest.raises(CommandError, match="The database is not empty"):
        call_command("restore", str(backup))
    monkeypatch.setattr(databases, "is_empty", lambda: True)
    (settings.ARTIFACT_ROOT / "00" / "00000000-0000-0000-0000-000000000000").mkdir(parents=True)
    with pytest.raises(CommandError, match="is in use"):
        call_command("restore", str(backup))


def test_it_goes_into_a_database_of_its_kind(backup, monkeypatch):
    monkeypatch.setattr(databases, "engine", lambda: "oracle")
    with pytest.raises(CommandError, match="a backup is restored into a database of its own kind"):
        call_command("restore", str(backup))


def test_keys_of_the_environment_have_to_be_there_again(installed, folder, settings, tmp_path, monkeypatch):
    settings.KEYS_OF_ENVIRONMENT = {"AUDIT_KEY"}
    settings.KEY_FILES["AUDIT_KEY"].unlink()
    call_command("backup", str(folder))
    settings.KEYS_OF_ENVIRONMENT = set()
    settings.ARTIFACT_ROOT, settings.INSTALLATION_FILE = tmp_path / "elsewhere", tmp_path / "elsewhere.id"
    settings.AUDIT_HEAD = tmp_path / "elsewhere.head"
    monkeypatch.setattr(databases, "is_empty", lambda: True)
    with pytest.raises(CommandError, match="The backup has no audit_key: set AUDIT_KEY"):
        call_command("restore", str(folder))


@pytest.fixture
def run(installed, settings, tmp_path):
    """A run with two files; MLflow's database is a stand-in."""
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    with closing(sqlite3.connect(settings.DATA_DIR / databases.RUNS)) as runs:
        runs.execute("CREATE TABLE runs AS SELECT 'r1' AS run_uuid")
        runs.commit()
    tree = RunTree(actor(installed.owner), experiment_of(installed), ArtifactRoot.Kind.RUN, "r1")
    for name, content in (("a/model", b"abc"), ("notes", b"12345")):
        tree.write(name, [content], None)
    return ArtifactRoot.objects.get()


def test_runs_come_back_with_their_files(installed, run, folder, tmp_path):
    call_command("backup", str(folder))
    elsewhere, uid = tmp_path / "elsewhere", str(run.uid)
    with empty_database() as database:
        done = manage(elsewhere, database, "restore", str(folder))
        assert (done.returncode, done.stderr) == (0, "")
    assert (elsewhere / "artifacts" / uid[:2] / uid / "a" / "model").read_bytes() == b"abc"
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(elsewhere / databases.RUNS)) as runs:
            assert runs.execute("SELECT run_uuid FROM runs").fetchall() == [("r1",)]


def test_a_file_of_a_run_that_was_written_anew_meanwhile_is_left_out(backup_of_run, run, capsys):
    place_of(backup_of_run, str(run.uid), "notes").write_bytes(b"anew")
    with pytest.raises(CommandError):
        call_command("restore", str(backup_of_run))
    assert [artifact.path for artifact in run.artifacts.all()] == ["a/model"]


@pytest.fixture
def backup_of_run(run, backup, settings, tmp_path):
    settings.DATA_DIR = tmp_path / "empty"
    settings.DATA_DIR.mkdir()
    return backup
