import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from explorer import secret_key

ROOT = Path(__file__).parents[2]


def test_a_key_is_made_once(tmp_path):
    path = tmp_path / "folder" / "key"
    key = secret_key.read_or_create(path)
    assert len(key) > 50
    assert secret_key.read_or_create(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(list(path.parent.iterdir())) == 1


def test_the_key_of_whoever_was_faster_counts(tmp_path, monkeypatch):
    path = tmp_path / "key"
    write_draft = secret_key.write_draft

    def be_late(*arguments):
        path.write_text("of another process")
        return write_draft(*arguments)

    monkeypatch.setattr(secret_key, "write_draft", be_late)
    assert secret_key.read_or_create(path) == "of another process"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe"])
def test_a_file_without_a_key_is_not_replaced_by_a_new_one(tmp_path, content):
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match="Put it back from a backup, or remove the file"):
        secret_key.read_or_create(path)
    assert path.read_bytes() == content


def test_the_command_line_tells_of_it_in_words(tmp_path):
    (tmp_path / "audit_key").touch()
    environment = {**os.environ, "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "verify_audit"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Catalog Explorer cannot start: The key file {tmp_path / 'audit_key'} is empty.")
    assert "Traceback" not in done.stderr
