"""A backup is whole, or says what is not."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from registry import tasks
from registry.exceptions import InvalidState
from registry.models import DeletionHold, Job, ModelVersion
from registry.services.administration.backups import databases, taking
from registry.services.administration.backups.manifest import Manifest, place_of
from registry.services.artifacts import uploads
from registry.services.hierarchy import model_versions
from registry.storage import artifact_store
from tests.cast import actor
from tests.factories import write

pytestmark = pytest.mark.django_db(transaction=True)


def register(cast, **files):
    """A ready version whose files have rows."""
    origin = model_versions.Origin(source="/run/model")
    version = model_versions.create_model_version(actor=actor(cast.owner), model=cast.model, origin=origin)
    for name, content in files.items():
        uploads.write_artifact(actor=actor(cast.owner), version=version, path=name, chunks=[content])
    return model_versions.finalize_model_version(actor=actor(cast.owner), version=version)


def on_disk(settings, version, path):
    uid = str(version.uid)
    return settings.ARTIFACT_ROOT / uid[:2] / uid / path


def saved(folder, version, path):
    return place_of(folder, str(version.uid), path).read_bytes()


def test_a_backup_has_every_part_and_says_what_it_has(installed, folder, capsys):
    version = register(installed, model=b"abc", weights=b"12345")
    call_command("backup", str(folder))
    manifest = Manifest.read(folder)
    manifest.verify(folder)
    # Beside the new version: the cast's ready one, whose two files have no rows, and its pending one.
    assert (manifest.versions, manifest.files, manifest.findings) == (3, 4, 0)
    assert set(manifest.parts) >= {databases.file_name(), "secret_key", "audit_key", "installation", "files.jsonl"}
    assert saved(folder, version, "weights") == b"12345"
    assert saved(folder, installed.version, "data/weights") == b"12345"
    assert "3 versions with 4 files" in capsys.readouterr().out
    assert not DeletionHold.objects.exists()
    assert folder.stat().st_mode & 0o077 == 0


def test_a_folder_that_is_not_empty_is_refused(installed, folder):
    folder.mkdir()
    (folder / "something").touch()
    with pytest.raises(CommandError, match="is not empty"):
        call_command("backup", str(folder))


def test_a_database_of_an_older_release_is_refused(installed, folder, monkeypatch):
    plan = "registry.services.administration.backups.databases.MigrationExecutor.migration_plan"
    monkeypatch.setattr(plan, lambda *_: ["one"])
    with pytest.raises(CommandError, match="run manage.py migrate first"):
        call_command("backup", str(folder))


def test_what_does_not_compare_is_named_and_the_rest_is_there(installed, folder, settings, capsys):
    version = register(installed, gone=b"1", short=b"22", wrong=b"333", whole=b"4444")
    on_disk(settings, version, "gone").unlink()
    on_disk(settings, version, "short").write_bytes(b"2")
    on_disk(settings, version, "wrong").write_bytes(b"334")
    with pytest.raises(CommandError, match="3 files"):
        call_command("backup", str(folder))
    told = capsys.readouterr().err
    for line in (
        "gone: the file is not there",
        "short: the file has 1 bytes instead of 2",
        "wrong: the file's SHA-256",
    ):
        assert f"shop.ml.churn version {version.version}, {line}" in told
    assert Manifest.read(folder).findings == 3
    assert saved(folder, version, "whole") == b"4444"


def test_a_file_that_cannot_be_read_is_named(installed, folder, monkeypatch):
    version = register(installed, broken=b"1", whole=b"2")
    read = type(artifact_store(version.storage_location)).read

    def fail(self, location, path, start, length):
        yield from read(self, location, path, start, length)
        if path == "broken":
            raise OSError(5, os.strerror(5))

    monkeypatch.setattr("registry.storage.local.LocalFiles.read", fail)
    assert taking.back_up(folder).findings == 1
    assert "broken: the file cannot be read (Input/output error)" in (folder / "findings.txt").read_text()
    assert saved(folder, version, "whole") == b"2"


def test_what_is_being_filled_is_saved_as_far_as_it_is(installed, folder, settings):
    pending = installed.pending
    for name in ("whole", "replaced", "taken_back"):
        uploads.write_artifact(actor=actor(installed.owner), version=pending, path=name, chunks=[b"1"])
    write(pending, replaced=b"anew")
    on_disk(settings, pending, "taken_back").unlink()
    assert taking.back_up(folder).findings == 0
    files = [orjson.loads(line) for line in (folder / "files.jsonl").read_text().splitlines()]
    assert [file["path"] for file in files if file["uid"] == str(pending.uid)] == ["whole"]


def test_a_failed_version_owes_no_files(installed, folder):
    failed = register(installed, lost=b"1")
    ModelVersion.objects.filter(pk=failed.pk).update(status=ModelVersion.Status.FAILED_REGISTRATION)
    artifact_store(failed.storage_location).delete(failed.storage_location)
    assert taking.back_up(folder).findings == 0


@pytest.mark.usefixtures("no_trash")
def test_bytes_of_a_version_that_is_deleted_meanwhile_are_still_there(installed, folder, monkeypatch):
    """It is deleted after the snapshot of the database, and before its files are copied."""
    version = register(installed, model=b"abc")
    copy_files = taking._copy_files

    def delete_first(*arguments):
        model_versions.delete_model_version(actor=actor(installed.owner), version=version)
        tasks.run_job(str(Job.objects.get(kind=Job.Kind.DELETE_ARTIFACTS).pk))
        return copy_files(*arguments)

    monkeypatch.setattr(taking, "_copy_files", delete_first)
    uid = version.uid
    assert taking.back_up(folder).findings == 0
    assert place_of(folder, str(uid), "model").read_bytes() == b"abc"
    job = Job.objects.get()
    assert (job.state, job.attempts) == ("QUEUED", 0)
    tasks.run_job(str(job.pk))
    assert artifact_store(version.storage_location).list_files(version.storage_location) == []


def test_what_comes_after_the_snapshot_is_in_no_part_of_the_backup(installed, folder, monkeypatch):
    write_inventory, late = taking._write_inventory, []

    def register_late():
        late.append(register(installed, late=b"1"))
        connection.close()

    def register_first(inventory):
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(register_late).result()
        write_inventory(inventory)

    monkeypatch.setattr(taking, "_write_inventory", register_first)
    manifest = taking.back_up(folder)
    assert ModelVersion.objects.filter(pk=late[0].pk).exists()
    assert (manifest.versions, manifest.findings) == (2, 0)
    assert str(late[0].uid) not in (folder / "files.jsonl").read_text()


def test_a_backup_without_room_is_none(installed, folder, monkeypatch):
    def fail(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(taking, "sync_file", fail)
    with pytest.raises(CommandError, match="was not finished, and is none: .*No space left"):
        call_command("backup", str(folder))
    with pytest.raises(InvalidState, match="no backup, or one that was not finished"):
        Manifest.read(folder)
    assert not DeletionHold.objects.exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite needs no program")
def test_pg_dump_is_there_and_not_older_than_the_server(installed, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="There is no pg_dump in PATH"):
        call_command("backup", str(folder))
    shutil.rmtree(folder)
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
    old.chmod(0o755)
    with pytest.raises(CommandError, match="9.6.1.* install PostgreSQL's client programs of version"):
        call_command("backup", str(folder))
