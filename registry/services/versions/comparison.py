"""Several versions side by side: what is the same, what differs, and whether one can stand in for the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from registry import authorization, sizes
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import InvalidParameterValue
from registry.models import ModelVersion, RegisteredModel
from registry.names import VersionName
from registry.services.artifacts import signatures, transfer
from registry.services.hierarchy import model_versions
from registry.services.metadata import aliases
from registry.services.versions import version_details
from registry.services.versions.sections import Section, metrics_section, section
from registry.services.versions.version_details import Details

LEAST, MOST = 2, 4
"""How many versions are compared at once."""
CHAMPION = "champion"
"""The alias of what is in production, as in MLflow's documentation; its case does not matter."""
COURSE = 5_000
"""How many of the newest versions a course of metrics shows."""

_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?(?=\s*(?:[=<>!~;@#]|$))")


@dataclass(frozen=True)
class VersionComparison:
    """``signatures``: of each version after the first, whether it serves the callers of the first."""

    versions: list[ModelVersion]
    signatures: list[signatures.SignatureComparison]
    sections: list[Section]


def find_versions(*, actor: Actor, references: Sequence[str]) -> list[ModelVersion]:
    """Return the versions that texts like ``catalog.schema.model/3`` or ``…@alias`` name, each once, in their order."""
    distinct = list(dict.fromkeys(reference.strip() for reference in references if reference.strip()))
    if not LEAST <= len(distinct) <= MOST:
        raise InvalidParameterValue(
            f"{LEAST} to {MOST} versions are compared, each as <catalog>.<schema>.<model>/<n> or …@<alias>."
        )
    names = [VersionName.parse(reference) for reference in distinct]
    versions = {row.pk: row for row in (aliases.find_model_version(actor=actor, name=name) for name in names)}
    if len(versions) < LEAST:
        raise InvalidParameterValue("These are names of the same version.")
    return list(versions.values())


def ordered(versions: Sequence[ModelVersion], base: str = "") -> list[ModelVersion]:
    """Return ``versions`` as people compare them: first the measure of the others, then the oldest first.

    The measure is the version that ``base`` names (``catalog.schema.model/3``); else the one that has the alias
    @champion, if only one of them has; else the oldest.
    """
    by_age = sorted(versions, key=lambda version: (version.created_at, version.version))
    champions = [version for version in by_age if any(a.folded == CHAMPION for a in version.aliases.all())]
    first = next((v for v in by_age if base in (reference_of(v), f"models:/{reference_of(v)}")), None)
    first = first or (champions[0] if len(champions) == 1 else by_age[0])
    return [first, *(version for version in by_age if version is not first)]


def reference_of(version: ModelVersion) -> str:
    """Return the name by which addresses of comparisons call ``version``."""
    return f"{version.registered_model.full_name}/{version.version}"


def compare_versions(*, actor: Actor, versions: Sequence[ModelVersion]) -> VersionComparison:
    """Compare ``versions`` with the first of them. ``actor`` reads the metadata of each."""
    for version in versions:
        authorization.require(actor, Operation.READ_REGISTERED_MODEL, version)
    details = [version_details.describe_version(actor=actor, version=version) for version in versions]
    may_read = all(v.is_ready and authorization.allows(actor, Operation.READ_ARTIFACTS, v) for v in versions)
    logged = [d.mlmodel.signature for d in details]
    sources = model_versions.sources_of(actor=actor, versions=versions)
    return VersionComparison(
        versions=list(versions),
        signatures=[signatures.compare_signatures(logged[0], other) for other in logged[1:]],
        sections=[
            section("About", [_about(v, sources[v.pk], d) for v, d in zip(versions, details, strict=True)]),
            section("Signature", [_signature(d) for d in details]),
            metrics_section([version_details.latest_metrics(version.metrics) for version in versions]),
            section("Parameters", [version_details.params_of(version) for version in versions]),
            section("Tags", [dict(version.tags.values_list("key", "value")) for version in versions]),
            _data("Environment", may_read, lambda: [packages(d) for d in details]),
            _data("Files", may_read, lambda: _files(actor, versions)),
        ],
    )


def metric_course(*, actor: Actor, model: RegisteredModel, name: str) -> list[tuple[int, float]]:
    """Return version numbers with the value of a metric, the oldest first, of the newest ``COURSE`` versions."""
    authorization.require(actor, Operation.READ_REGISTERED_MODEL, model)
    rows = model.versions.order_by("-version").values_list("version", "metrics")[:COURSE]
    course = [(number, version_details.latest_metrics(metrics).get(name)) for number, metrics in rows]
    return [(number, value) for number, value in reversed(course) if value is not None]


def _data(name: str, may_read: bool, facts: Callable[[], Sequence[Mapping[str, str]]]) -> Section:
    """A section that is made from files: data, for users who may read that of all versions."""
    return section(name, facts()) if may_read else Section(name, [], unreadable=True)


def _about(version: ModelVersion, source: str, details: Details) -> dict[str, str]:
    facts = {
        "Status": version.get_status_display(),
        "Registered": f"{version.created_at:%Y-%m-%d %H:%M} UTC by {version.created_by}",
        "Aliases": ", ".join(version.aliases.values_list("name", flat=True)),
        "Description": version.comment,
        "Source": source,
        "Run": version.run_id,
        "Logged model": version.model_id,
        "Flavors": ", ".join(flavor.name for flavor in details.mlmodel.flavors),
        "MLflow": details.mlmodel.facts.get("mlflow_version", ""),
        "Size": "" if version.size is None else sizes.exact(version.size),
    }
    return {name: text for name, text in facts.items() if text}


def _signature(details: Details) -> dict[str, str]:
    signature = details.mlmodel.signature
    if signature is None:
        return {}
    parts = (("Input", signature.inputs), ("Output", signature.outputs), ("Parameter", signature.params))
    return {
        f"{kind} {entry.name or place}": entry.type
        + ("" if entry.required else ", optional")
        + (f", default {entry.default}" if entry.default else "")
        for kind, fields in parts
        for place, entry in enumerate(fields, start=1)
    }


def packages(details: Details) -> dict[str, str]:
    """Return the lines of the environment by package: ``numpy==2.1`` is ``numpy`` at ``==2.1``."""
    packages = {}
    for line in details.requirements:
        name = _PACKAGE.match(line)
        packages[name[0].lower() if name else line] = line[name.end() :].strip() or "any" if name else "any"
    return packages


def _files(actor: Actor, versions: Sequence[ModelVersion]) -> list[dict[str, str]]:
    """The files of each version by path: their sizes, and the digests of those that were counted in all of them."""
    listed = [transfer.list_files(actor=actor, version=version) for version in versions]
    uncounted = {file.entry.path for files in listed for file in files if not file.sha256}
    return [
        {
            file.entry.path: sizes.exact(file.entry.size)
            + ("" if file.entry.path in uncounted else f", {file.sha256[:12]}")
            for file in files
        }
        for files in listed
    ]
