"""What is new in a version, measured against the version that people rely on now: what a reviewer asks first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import Alias, ModelVersion, RegisteredModel
from registry.services.artifacts import inventory, previews, signatures
from registry.services.versions import comparison, version_details, version_lists
from registry.services.versions.comparison import CHAMPION
from registry.services.versions.sections import Cell, Row, metrics_section, section
from registry.services.versions.version_details import Details

_PICKLES = 4
_GLANCED = 5


@dataclass(frozen=True)
class Reference:
    """The version that another is measured against, and its alias (empty, if it is just the one before)."""

    version: ModelVersion
    alias: str

    def __str__(self) -> str:
        return f"@{self.alias}" if self.alias else self.version.name_in_model


@dataclass(frozen=True)
class VersionChanges:
    """Rows have two values: the reference's, and the version's. ``packages`` is None for users who may not read
    files."""

    reference: Reference
    metrics: list[Row]
    params: list[Row]
    signature: signatures.SignatureComparison
    packages: list[Row] | None


@dataclass(frozen=True)
class Glance:
    """A version, what to call it, and its main metrics, against the reference if there is one."""

    title: str
    version: ModelVersion
    cells: list[tuple[str, Cell]]
    reference: Reference | None = None


def reference_for(version: ModelVersion, aliases: Sequence[Alias]) -> Reference | None:
    """Return what ``version`` is measured against: @champion, else another alias of its model, else the version before.

    ``aliases``: those of its model. None, if there is no other version that is ready.
    """
    others = [a for a in aliases if a.model_version_id != version.pk and a.model_version.is_ready]
    others.sort(key=lambda alias: (alias.folded != CHAMPION, alias.folded))
    is_champion = any(a.folded == CHAMPION and a.model_version_id == version.pk for a in aliases)
    if others and not is_champion:
        return Reference(others[0].model_version, others[0].name)
    ready = version.registered_model.versions.filter(status=ModelVersion.Status.READY)
    before = ready.filter(version__lt=version.version).order_by("-version").first()
    return Reference(before, "") if before else None


def changes_since(*, actor: Actor, version: ModelVersion, details: Details, reference: Reference) -> VersionChanges:
    """Return what in ``version`` (whose ``details`` were read) differs from ``reference``, of the same model."""
    other = version_details.describe_version(actor=actor, version=reference.version)
    both = (reference.version, version)
    may_read = authorization.allows(actor, Operation.READ_ARTIFACTS, version)
    packages = section("Environment", [comparison.packages(d) for d in (other, details)])
    return VersionChanges(
        reference=reference,
        metrics=metrics_section([version_details.latest_metrics(v.metrics) for v in both]).rows,
        params=section("Parameters", [version_details.params_of(v) for v in both]).differences,
        signature=signatures.compare_signatures(other.mlmodel.signature, details.mlmodel.signature),
        packages=packages.differences if may_read else None,
    )


def glance(*, actor: Actor, model: RegisteredModel, aliases: Sequence[Alias]) -> list[Glance]:
    """Return the version that people rely on, if an alias of ``model`` names one, and the newest that is ready.

    Only one if both are the same; without metrics for users who may not read the model.
    """
    newest = model.versions.filter(status=ModelVersion.Status.READY).order_by("-version").first()
    if newest is None:
        return []
    newest.registered_model = model
    ahead = min(aliases, key=lambda alias: (alias.folded != CHAMPION, alias.folded), default=None)
    may_read = authorization.allows(actor, Operation.READ_REGISTERED_MODEL, model)
    if ahead is None or ahead.model_version_id == newest.pk:
        title = f"@{ahead.name} and newest" if ahead else "Newest"
        return [Glance(title, newest, _cells([newest]) if may_read else [], reference_for(newest, aliases))]
    relied_on = ahead.model_version
    measured = _cells([relied_on, newest]) if may_read else []
    before = [(name, Cell(cell.value, None, "")) for name, cell in _cells([relied_on])] if may_read else []
    return [
        Glance(f"@{ahead.name}", relied_on, before),
        Glance("Newest", newest, measured, Reference(relied_on, ahead.name)),
    ]


def _cells(versions: Sequence[ModelVersion]) -> list[tuple[str, Cell]]:
    """The main metrics of the last of ``versions``, measured against the first."""
    shown = version_lists.main_metrics(versions, _GLANCED)
    rows = metrics_section([version_details.latest_metrics(version.metrics) for version in versions]).rows
    return [(row.name, row.cells[-1]) for name in shown for row in rows if row.name == name]


def pickles_of(*, actor: Actor, version: ModelVersion) -> list[str]:
    """Return paths of files that run code when they are loaded, as far as their names show: the first few."""
    if not authorization.allows(actor, Operation.READ_ARTIFACTS, version):
        return []
    return inventory.paths_ending(version, previews.PICKLED, _PICKLES)
