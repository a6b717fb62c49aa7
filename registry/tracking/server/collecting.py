"""What was deleted long ago goes for good, as by `mlflow gc`; its files are our door's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlflow.entities.lifecycle_stage import LifecycleStage
from mlflow.store.tracking.dbmodels.models import SqlExperiment, SqlLoggedModel, SqlRun, SqlTraceInfo
from mlflow.store.tracking.sqlalchemy_store import _RUN_DELETE_CASCADE_MODELS, SqlAlchemyStore
from sqlalchemy.orm import Session

from registry.tracking.server.scope import narrowed_to

_RUNS: Any = SqlRun
_MODELS: Any = SqlLoggedModel


def collect(store: SqlAlchemyStore, before: int, most: int, experiments: Sequence[int] = ()) -> dict[str, int]:
    """Remove at most ``most`` runs, and logged models, that were deleted ``before`` then (milliseconds since 1970).

    Of ``experiments`` those go that are deleted, once nothing is in them. Return how many rows of each kind went.
    """
    with narrowed_to("*"):
        with store.ManagedSessionMaker(read_only=False) as session:
            removed = {"runs": _runs(session, before, most), "models": _models(session, before, most)}
        gone = [key for key in experiments if _remove_if_empty(store, key)]
    return {**removed, "experiments": len(gone)}


def deleted_since(store: SqlAlchemyStore, experiment: int, since: int, most: int) -> list[str]:
    """Return the ids of runs of an experiment that were deleted at ``since`` (milliseconds) or later."""
    with narrowed_to(str(experiment)), store.ManagedSessionMaker() as session:
        rows = session.query(_RUNS.run_uuid).filter(
            _RUNS.experiment_id == experiment,
            _RUNS.lifecycle_stage == LifecycleStage.DELETED,
            _RUNS.deleted_time >= since,
        )
        return [key for (key,) in rows.order_by(_RUNS.deleted_time).limit(most)]


def _runs(session: Session, before: int, most: int) -> int:
    """Remove runs by their ids, held while it is done: one that is restored meanwhile stays."""
    deleted = session.query(_RUNS.run_uuid).filter(
        _RUNS.lifecycle_stage == LifecycleStage.DELETED, _RUNS.deleted_time <= before
    )
    ids = [key for (key,) in deleted.limit(most).with_for_update(skip_locked=True)]
    owned: Any
    for owned in _RUN_DELETE_CASCADE_MODELS:
        session.query(owned).filter(owned.run_uuid.in_(ids)).delete(synchronize_session=False)
    return int(session.query(_RUNS).filter(_RUNS.run_uuid.in_(ids)).delete(synchronize_session=False))


def _models(session: Session, before: int, most: int) -> int:
    deleted = session.query(_MODELS).filter(
        _MODELS.lifecycle_stage == LifecycleStage.DELETED, _MODELS.last_updated_timestamp_ms <= before
    )
    rows = deleted.limit(most).with_for_update(skip_locked=True).all()
    for row in rows:
        session.delete(row)  # with what hangs on it
    return len(rows)


def _remove_if_empty(store: SqlAlchemyStore, key: int) -> bool:
    """Remove a deleted experiment without runs; its logged models and traces go with it."""
    with store.ManagedSessionMaker(read_only=False) as session:
        row = session.get(SqlExperiment, key)
        if row is None:
            return True
        if row.lifecycle_stage != LifecycleStage.DELETED or session.query(SqlRun).filter_by(experiment_id=key).first():
            return False
        for model in session.query(SqlLoggedModel).filter_by(experiment_id=key):
            session.delete(model)
        for trace in session.query(SqlTraceInfo).filter_by(experiment_id=key):
            session.delete(trace)
    store._hard_delete_experiment(str(key))
    return True
