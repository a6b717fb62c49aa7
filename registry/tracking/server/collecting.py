"""What was deleted long ago goes for good, as by `mlflow gc`; its files are our door's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlflow.entities.lifecycle_stage import LifecycleStage
from mlflow.store.tracking.dbmodels.models import (
    SqlExperiment,
    SqlLatestMetric,
    SqlLoggedModel,
    SqlMetric,
    SqlRun,
    SqlTraceInfo,
)
from mlflow.store.tracking.sqlalchemy_store import _RUN_DELETE_CASCADE_MODELS, SqlAlchemyStore
from sqlalchemy import func
from sqlalchemy.orm import Session

from registry.tracking.server.scope import narrowed_to

_RUNS: Any = SqlRun
_MODELS: Any = SqlLoggedModel
_METRICS: Any = SqlMetric
_LATEST: Any = SqlLatestMetric


def collect(store: SqlAlchemyStore, before: int, most: int, experiments: Sequence[int] = ()) -> dict[str, int]:
    """Remove at most ``most`` runs, and logged models, that were deleted ``before`` then (milliseconds since 1970).

    Of ``experiments``, deleted ones are removed once nothing is in them. Return how many rows of each kind went.
    """
    with narrowed_to("*"):
        runs = [key for key in _deleted_runs(store, before, most) if _remove_run(store, key)]
        with store.ManagedSessionMaker(read_only=False) as session:
            models = _models(session, before, most)
        gone = [key for key in experiments if _remove_if_empty(store, key)]
    return {"runs": len(runs), "models": models, "experiments": len(gone)}


def deleted_since(store: SqlAlchemyStore, experiment: int, since: int, most: int) -> list[str]:
    """Return the ids of runs of an experiment that were deleted at ``since`` (milliseconds) or later."""
    with narrowed_to(str(experiment)), store.ManagedSessionMaker() as session:
        rows = session.query(_RUNS.run_uuid).filter(
            _RUNS.experiment_id == experiment,
            _RUNS.lifecycle_stage == LifecycleStage.DELETED,
            _RUNS.deleted_time >= since,
        )
        return [key for (key,) in rows.order_by(_RUNS.deleted_time).limit(most)]


def _deleted_runs(store: SqlAlchemyStore, before: int, most: int) -> list[str]:
    with store.ManagedSessionMaker() as session:
        rows = session.query(_RUNS.run_uuid).filter(
            _RUNS.lifecycle_stage == LifecycleStage.DELETED, _RUNS.deleted_time <= before
        )
        return [key for (key,) in rows.order_by(_RUNS.deleted_time).limit(most)]


def _remove_run(store: SqlAlchemyStore, key: str) -> bool:
    """Remove a run that is still deleted, in a separate transaction: restoring it comes before or after.

    Its metrics go name by name: no statement takes too long for a long history.
    """
    with store.ManagedSessionMaker(read_only=False) as session:
        held = session.query(_RUNS).filter(_RUNS.run_uuid == key, _RUNS.lifecycle_stage == LifecycleStage.DELETED)
        if held.with_for_update().first() is None:
            return False
        for (name,) in session.query(_LATEST.key).filter(_LATEST.run_uuid == key).all():
            session.query(_METRICS).filter(_METRICS.run_uuid == key, _METRICS.key == name).delete(
                synchronize_session=False
            )
        owned: Any
        for owned in _RUN_DELETE_CASCADE_MODELS:
            session.query(owned).filter(owned.run_uuid == key).delete(synchronize_session=False)
        session.query(_RUNS).filter(_RUNS.run_uuid == key).delete(synchronize_session=False)
    return True


def _models(session: Session, before: int, most: int) -> int:
    deleted = session.query(_MODELS).filter(
        _MODELS.lifecycle_stage == LifecycleStage.DELETED, _MODELS.last_updated_timestamp_ms <= before
    )
    rows = deleted.limit(most).with_for_update(skip_locked=True).all()
    for row in rows:
        session.delete(row)  # with what depends on it
    return len(rows)


def _remove_if_empty(store: SqlAlchemyStore, key: int) -> bool:
    """Remove a deleted experiment without runs; its logged models and traces go with it.

    The one with the highest id stays until there is a newer one: SQLite would give its id to the next.
    """
    with store.ManagedSessionMaker(read_only=False) as session:
        row = session.get(SqlExperiment, key)
        if row is None:
            return True
        if key == session.query(func.max(SqlExperiment.experiment_id)).scalar():
            return False
        if row.lifecycle_stage != LifecycleStage.DELETED or session.query(SqlRun).filter_by(experiment_id=key).first():
            return False
        for model in session.query(SqlLoggedModel).filter_by(experiment_id=key):
            session.delete(model)
        for trace in session.query(SqlTraceInfo).filter_by(experiment_id=key):
            session.delete(trace)
    store._hard_delete_experiment(str(key))
    return True
