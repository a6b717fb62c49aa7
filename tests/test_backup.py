"""The running product is backed up while others register and delete, and is restored elsewhere with every byte."""

import sqlite3
import subprocess
import sys
import urllib.request
import uuid

import pytest

from tests.live import ROOT, Product, eventually

pytestmark = [pytest.mark.product, pytest.mark.xdist_group("product")]

WRITE = """
import sys
from pathlib import Path
from accounts.models import User
from registry.actor import Actor
from registry.names import FullName
from registry.services.shared import finders
from registry.services.artifacts import uploads
from registry.services.hierarchy import model_versions, registered_models
actor = Actor(principal=User.objects.get(user_name="admin@example.com"))
model = finders.get_registered_model(actor=actor, full_name=FullName.parse("dev.risk.fraud_detection"))
kept = []
while not Path({stop!r}).exists():
    version = model_versions.create_model_version(actor=actor, model=model, origin=model_versions.Origin(source="w"))
    for name in ("a.bin", "folder/b.bin"):
        content = f"{{version.version}} {{name}}".encode() * 5000
        uploads.write_artifact(actor=actor, version=version, path=name, chunks=[content])
    kept.append(model_versions.finalize_model_version(actor=actor, version=version))
    if len(kept) > 20:
        model_versions.delete_model_version(actor=actor, version=kept.pop(len(kept) % 7))
    Path({count!r}).write_text(str(version.version))
"""


def begin_writing(product, folder):
    code = WRITE.format(stop=str(folder / "stop"), count=str(folder / "count"))
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    return subprocess.Popen(command, cwd=ROOT, env=product.environment)


def written(folder):
    return int((folder / "count").read_text() or 0) if (folder / "count").exists() else 0


def restored_versions(data_dir):
    """Number and files of the versions that the writer registered, as the restored database has them."""
    with sqlite3.connect(data_dir / "catalog.sqlite3") as connection:
        rows = connection.execute(
            "select v.version, a.path from registry_modelversion v"
            " join registry_artifact a on a.model_version_id = v.id where v.source = 'w' and v.status = 'READY'"
        )
        return rows.fetchall()


def test_a_backup_under_load_is_restored_with_every_byte(tmp_path, prepared):
    product = prepared(tmp_path / "data", JOB_STALE_AFTER="3")
    with product:
        token = product.first_run("Access token")
        writer = begin_writing(product, tmp_path)
        try:
            eventually(lambda: written(tmp_path) > 40)
            before = written(tmp_path)
            assert "Backed up to" in product.manage("backup", str(tmp_path / "backup"))
            eventually(lambda: written(tmp_path) > before)
        finally:
            (tmp_path / "stop").touch()
            assert writer.wait(30) == 0
    restored = Product(tmp_path / "restored")
    assert "Every file is as the database says" in restored.manage("restore", str(tmp_path / "backup"))
    assert "The audit log is whole" in restored.manage("verify_audit")
    files = restored_versions(restored.data_dir)
    assert len(files) >= 2 * 20
    with restored:
        for number, path in files:
            address = f"{restored.url}/api/2.0/fs/files/Models/dev/risk/fraud_detection/{number}/{path}"
            request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request) as answer:
                assert answer.read() == f"{number} {path}".encode() * 5000
    assert "Nothing is sealed" not in restored.log()


def test_another_data_folder_on_a_used_database_is_refused(tmp_path):
    product = Product(tmp_path / "data", demo=False)
    with product:
        pass
    uid = (product.data_dir / "installation").read_text().strip()
    database = f"sqlite:///{product.data_dir / 'catalog.sqlite3'}"
    second = Product(tmp_path / "second", DATABASE_URL=database)
    with pytest.raises(AssertionError, match=f"The database belongs to the installation {uid}, and DATA_DIR"):
        second.start()
    (second.data_dir / "installation").write_text(str(uuid.uuid4()))
    with pytest.raises(AssertionError, match=f"the database to {uid}"):
        second.start()
    worker = [sys.executable, "-m", "celery", "--quiet", "-A", "explorer", "worker", "--loglevel", "WARNING"]
    done = subprocess.run(
        worker, cwd=ROOT, env=second.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert f"the database to {uid}" in done.stderr
