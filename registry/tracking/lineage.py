"""What versions were made from, as their runs report it: clients log what they read, and name the run.

A version's maker names its run, and any run can be named: it is read for them, and reported in their name.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from registry import limits
from registry.actor import Actor
from registry.exceptions import RegistryError, TrackingUnavailable
from registry.models import UnreadRun
from registry.names import plain_text
from registry.services.shared.graph import Direction, Entity, Kind
from registry.services.versions import lineage
from registry.tracking import runs
from registry.tracking.runs import Dataset, Run

_CODE = ("databricks.notebookID", "source.type", "source.name", "source.git.commit", "source.git.repoURL")
_USER = re.compile(r"(?<=://)[^?#\s]*@")
_AT_ONCE, _TRIES = 100, 3
_KEPT_FOR = timedelta(days=1)
"""How long a run is asked for while the server of runs does not answer."""

logger = logging.getLogger(__name__)


def sources_of(run: Run) -> list[Entity]:
    """Return what the run was made by, and what it has read: tables by their names, files by location, other data
    by its digest."""
    return list(dict.fromkeys([*_makers(run), *(_entity(dataset) for dataset in run.datasets)]))


def read_runs() -> None:
    """Record what the runs of new versions have read."""
    if not UnreadRun.objects.exists():
        return  # which is nearly always so, and writes nothing
    UnreadRun.objects.filter(created_at__lt=timezone.now() - _KEPT_FOR).delete()
    if not settings.KEEPS_RUNS:
        return
    containers = "version__registered_model__schema__catalog"
    unanswered = 0
    for row in UnreadRun.objects.select_related(containers).order_by("pk")[:_AT_ONCE]:
        try:
            _read(row)
        except TrackingUnavailable:
            unanswered += 1  # one may take too long; if several do, the next round asks again
            if unanswered == _TRIES:
                return
            continue
        except RegistryError:
            pass  # a run of another server, or of others; what isn't an id; a version, or a right, that is gone
        except Exception:
            logger.exception("The run of %s cannot be read.", row.version)
        row.delete()


def _read(row: UnreadRun) -> None:
    maker = User.objects.filter(pk=row.version.creator_key or 0, is_active=True).first()
    if maker is None:
        return
    actor = Actor(principal=maker, user_agent="lineage")
    run = runs.get_run(actor=actor, run_id=row.version.run_id)
    lineage.record_lineage(actor=actor, version=row.version, entities=sources_of(run), direction=Direction.UPSTREAM)


def _makers(run: Run) -> Iterator[Entity]:
    """The experiment of the run, and the code that it ran, as MLflow notes it in tags."""
    yield Entity(Kind.EXPERIMENT, str(run.experiment_id))
    tag = {name: plain_text(run.tags.get(f"mlflow.{name}", ""), 500) for name in _CODE}
    if notebook := tag["databricks.notebookID"] or (tag["source.type"] == "NOTEBOOK" and tag["source.name"]):
        yield Entity(Kind.NOTEBOOK, notebook)
    if commit := tag["source.git.commit"][:64]:
        repository = _USER.sub("", tag["source.git.repoURL"])  # which may hold a password
        yield Entity(Kind.COMMIT, commit, f"{repository} {commit[:12]}".strip())


def _entity(dataset: Dataset) -> Entity:
    if table := plain_text(dataset.table, limits.LINEAGE_NAME_LENGTH):
        return Entity(Kind.TABLE, table, table)
    if place := plain_text(dataset.place, limits.LINEAGE_NAME_LENGTH):
        return Entity(Kind.FILE, place)
    name = f"{dataset.name or 'dataset'} {dataset.digest}".strip()
    return Entity(Kind.DATASET, plain_text(name, limits.LINEAGE_NAME_LENGTH) or "dataset")
