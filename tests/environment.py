"""Loaded before Django's settings: tests write into a folder of their own."""

import os
import shutil
import tempfile
from pathlib import Path

os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="catalog-explorer-tests-")
Path(os.environ["DATA_DIR"], "static").mkdir()  # collected by nobody: tests read static files where they lie
for setting in (
    "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "AUDIT_KEY", "INSTALLATION_ID", "DEBUG", "ALLOWED_HOSTS",
    "STORAGE_ROOT", "STORAGE_ROOTS", "STORAGE_DIRECT", "REGISTER_FROM",
):  # fmt: skip
    os.environ.pop(setting, None)
if root := os.environ.get("TEST_STORAGE_ROOT"):  # set by tests/s3.py
    os.environ["STORAGE_ROOT"] = root
os.environ["TRACKING"] = "0"  # tests that need the process ask for it: the fixture `tracking`
if url := os.environ.get("TEST_DATABASE_URL"):  # set by tests/postgresql.py
    os.environ["DATABASE_URL"] = url


def pytest_unconfigure():
    shutil.rmtree(os.environ["DATA_DIR"], ignore_errors=True)
