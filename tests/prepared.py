"""Products that have had their first start already: it takes longer than any other, and most tests are not about it."""

import fcntl
import os
import shutil

import pytest

from tests.live import Product


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """``prepared(data_dir, demo=…, …)`` is a Product to be started, on a copy of a data folder that was used once.

    All processes that run tests share the folders that are copied: one makes them, the others wait.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def product(data_dir, *, demo=True, **environment):
        used = _used_once(shared / f"used-once-{'demo' if demo else 'empty'}", demo)
        running = Product(data_dir, demo=demo, **environment)
        shutil.copytree(used.data_dir, running.data_dir)
        shutil.copy(used.output, running.output)  # which tells the password and the token
        return running

    return product


def _used_once(folder, demo):
    folder.mkdir(exist_ok=True)
    used = Product(folder / "data", demo=demo)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            with used:
                pass
            (folder / "ready").touch()
    return used
