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


def test_what_was_counted_is_known_to_all_who_ask_then(database, engine):
    """Runs are sorted by a metric with an index that is made for it, and not run by run through all metrics."""
    statistics = database.Statistics(engine)

    def log(numbers):
        rows = [{"run": f"{number:032}", "number": number} for number in numbers]
        columns = "run_uuid, lifecycle_stage, experiment_id, start_time"
        with engine.begin() as connection:
            connection.execute(text(f"INSERT INTO runs ({columns}) VALUES (:run, 'active', 0, :number)"), rows)
            connection.execute(text("INSERT INTO latest_metrics VALUES ('loss', :number, 1, 1, 0, :run)"), rows)

    log(range(2))
    statistics.refresh()
    log(range(2, 5_000))
    query = (  # as MLflow writes it
        "SELECT DISTINCT runs.run_uuid, runs.start_time, CASE WHEN (m.value IS NULL) THEN 1 ELSE 0 END AS c, m.value "
        "FROM runs LEFT OUTER JOIN (SELECT key, value, run_uuid FROM latest_metrics WHERE key = 'loss') AS m "
        "ON runs.run_uuid = m.run_uuid WHERE runs.experiment_id IN (0) AND runs.lifecycle_stage IN ('active') "
        "ORDER BY c, m.value DESC, runs.start_time DESC, runs.run_uuid LIMIT 26"
    )

    def plan():
        with engine.connect() as connection:
            return str(connection.execute(text(f"EXPLAIN QUERY PLAN {query}")).all())

    statistics.refresh()  # too soon
    assert "SCAN m" in plan()
    statistics.counted_at = -database._COUNTED_EVERY
    statistics.refresh()
    assert "SEARCH m USING AUTOMATIC" in plan()


def test_runs_of_one_experiment_are_found_by_an_index(engine):
    with engine.connect() as connection:
        indexes = connection.execute(text("SELECT sql FROM sqlite_master WHERE tbl_name = 'runs'")).scalars().all()
    assert any("(experiment_id, lifecycle_stage, start_time)" in (index or "") for index in indexes)
