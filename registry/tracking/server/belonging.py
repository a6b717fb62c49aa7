"""Which experiment runs, logged models and traces belong to: what our door asks before it lets a request pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlflow.store.tracking.dbmodels.models import SqlExperiment, SqlLoggedModel, SqlRun, SqlTraceInfo
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

from registry.tracking.server.scope import narrowed_to

_KEYS: dict[str, Any] = {
    "experiment": SqlExperiment.experiment_id,
    "run": SqlRun.run_uuid,
    "model": SqlLoggedModel.model_id,
    "trace": SqlTraceInfo.request_id,
}


def experiments_of(store: SqlAlchemyStore, asked: dict[str, Sequence[str]]) -> dict[str, dict[str, int]]:
    """Return the experiment of each id in ``asked``, by kind (``experiment``, ``run``, ``model``, ``trace``); not for
    unknown ids."""
    with narrowed_to("*"), store.ManagedSessionMaker() as session:
        return {
            kind: dict(session.query(key, key.class_.experiment_id).filter(key.in_(ids)).all())
            for kind, ids in asked.items()
            if (key := _KEYS[kind])
        }
