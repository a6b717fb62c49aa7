"""The database of MLflow's process: what takes too long is ended, and SQLite knows how large its tables are."""

import time
import warnings
from importlib import import_module

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"


@pytest.fixture(scope="module")
def database():
    """The module, whose import takes seconds and warns of MLflow's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module("registry.tracking.server.database")


@pytest.fixture(scope="module")
def engine(database, tmp_path_factory):
    return database.open_store(f"sqlite:///{tmp_path_factory.mktemp('db') / 'tracking.sqlite3'}").engine


def test_a_statement_that_takes_too_long_is_ended_and_told(database, engine, monkeypatch):
    monkeypatch.setattr(database, "_LONGEST", 0.2)
    began = time.monotonic()
    with engine.connect() as connection:
        with pytest.raises(OperationalError) as ended:
            connection.execute(text(ENDLESS))
        assert connection.execute(text("SELECT 1")).scalar() == 1  # the next one has its own time
    assert time.monotonic() - began < 10
    answer = import_module("registry.tracking.server.refusals").answer(ended.value)
    assert answer.status_code == 400
    assert b"takes too long" in answer.data


def test_tables_are_counted_now_and_then(database, engine):
    statistics = database.Statistics(engine)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO experiments (name, lifecycle_stage) VALUES ('a', 'active')"))
    statistics.refresh()
    counted = "SELECT stat FROM sqlite_stat1 WHERE tbl = 'experiments'"
    with engine.connect() as connection:
        before = connection.execute(text(counted)).scalars().all()
    assert before
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO experiments (name, lifecycle_stage) VALUES ('b', 'active')"))
    statistics.refresh()  # too soon
    with engine.connect() as connection:
        assert connection.execute(text(counted)).scalars().all() == before
    statistics.counted_at = -database._COUNTED_EVERY
    statistics.refresh()
    with engine.connect() as connection:
        assert connection.execute(text(counted)).scalars().all() != before


def test_runs_of_one_experiment_are_found_by_an_index(engine):
    with engine.connect() as connection:
        indexes = connection.execute(text("SELECT sql FROM sqlite_master WHERE tbl_name = 'runs'")).scalars().all()
    assert any("(experiment_id, lifecycle_stage, start_time)" in (index or "") for index in indexes)
