import errno
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from explorer import data_folder

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (OSError(errno.EROFS, "Read-only file system"), "read-only"),
        (PermissionError(errno.EACCES, "Permission denied"), "may not write"),
        (OperationalError("database or disk is full"), "disk is full"),
        (OperationalError("attempt to write a readonly database"), "read-only"),
    ],
)
def test_a_folder_that_cannot_be_written_to_is_a_sentence(tmp_path, error, words):
    with pytest.raises(ImproperlyConfigured, match=words), data_folder.failing_in_a_sentence(tmp_path):
        raise error


def test_other_errors_are_what_they_are(tmp_path):
    with pytest.raises(ConnectionRefusedError), data_folder.failing_in_a_sentence(tmp_path):
        raise ConnectionRefusedError


def test_the_folders_are_made(tmp_path):
    data_folder.prepare(tmp_path / "data")
    assert all((tmp_path / "data" / name).is_dir() for name in data_folder.FOLDERS)


def test_who_only_reads_the_settings_writes_nothing(tmp_path):
    code = "import django; django.setup(); from django.conf import settings; print(settings.DATA_DIR)"
    environment = {
        "DATA_DIR": str(tmp_path / "data"), "DJANGO_SETTINGS_MODULE": "explorer.settings", "PATH": "",
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, check=True, capture_output=True)
    assert done.stdout.decode().strip() == str(tmp_path / "data")
    assert not (tmp_path / "data").exists()
