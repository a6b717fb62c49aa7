"""What the environment may say: a number that makes no sense is refused with a sentence, before anything starts."""

import os
import subprocess
import sys

import pytest

from tests.live import ROOT


def check(tmp_path, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "DATA_DIR": str(tmp_path), **environment},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("JOB_STALE_AFTER", "-5", "JOB_STALE_AFTER is -5; it has to be 1 or more."),
        ("KEEP_JOBS_DAYS", "0", "KEEP_JOBS_DAYS is 0; it has to be 1 or more."),
        ("QUOTA_SCHEMAS_PER_CATALOG", "-1", "QUOTA_SCHEMAS_PER_CATALOG is -1; it has to be 0 or more."),
        ("DEFAULT_SCHEMA", "ml", "DEFAULT_SCHEMA is set, but DEFAULT_CATALOG isn't: a schema needs its catalog."),
        ("LEAST_BYTES_PER_SECOND", "fast", "LEAST_BYTES_PER_SECOND is 'fast', which is not a whole number."),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(tmp_path, name, value, sentence):
    done = check(tmp_path, **{name: value})
    assert done.returncode == 1
    assert done.stderr == f"Catalog Explorer cannot start: {sentence}\n"


def test_numbers_that_make_sense_are_taken(tmp_path):
    done = check(tmp_path, JOB_STALE_AFTER="3", QUOTA_SCHEMAS_PER_CATALOG="0", KEEP_JOBS_DAYS="", PORT="8123")
    assert done.returncode == 0, done.stderr
