import errno

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from explorer import data_folder


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
