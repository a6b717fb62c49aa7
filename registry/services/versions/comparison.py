"""Several versions side by side: what is the same, what differs, and whether one can stand in for the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import InvalidParameterValue
from registry.models import ModelVersion, RegisteredModel
from registry.names import VersionName
from registry.services.artifacts import signatures, transfer
from registry.services.hierarchy import model_versions
from registry.services.metadata import aliases
from registry.services.versions import version_details
from registry.services.versions.version_details import Details

LEAST, MOST = 2, 4
"""How many versions are compared at once."""
COURSE = 5_000
"""The newest versions whose metrics a course shows."""

_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?(?=\s*(?:[=<>!~;@#]|$))")


@dataclass(frozen=True)
class Row:
    """One fact of each version, as texts in their order; None where a version does not have it.

    ``deltas`` (of metrics) are the differences to the first version, None for the first itself.
    """

    name: str
    values: list[str | None]
    deltas: list[float | None] = field(default_factory=list)

    @property
    def is_different(self) -> bool:
        return len(set(self.values)) > 1


@dataclass(frozen=True)
class Section:
    name: str
    rows: list[Row]
    unreadable: bool = False
    """Whether the caller may not read this of one of the versions: then it is compared for none."""

    @property
    def differences(self) -> list[Row]:
        return [row for row in self.rows if row.is_different]


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
            _data("Environment", may_read, lambda: [_packages(d) for d in details]),
            _data("Files", may_read, lambda: _files(actor, versions)),
        ],
    )


def metric_course(*, actor: Actor, model: RegisteredModel, name: str) -> list[tuple[int, float]]:
    """Return version numbers with the value of a metric, the oldest first, of the newest ``COURSE`` versions."""
    authorization.require(actor, Operation.READ_REGISTERED_MODEL, model)
    rows = model.versions.order_by("-version").values_list("version", "metrics")[:COURSE]
    course = [(number, version_details.latest_metrics(metrics).get(name)) for number, metrics in rows]
    return [(number, value) for number, value in reversed(course) if value is not None]


def section(name: str, facts: Sequence[Mapping[str, str]]) -> Section:
    """The union of the names, in the order in which the versions have them."""
    names = dict.fromkeys(name for of_version in facts for name in of_version)
    return Section(name, [Row(key, [of_version.get(key) for of_version in facts]) for key in names])


def _data(name: str, may_read: bool, facts: Callable[[], Sequence[Mapping[str, str]]]) -> Section:
    """A section that is made of files: data, for users who may read that of all versions."""
    return section(name, facts()) if may_read else Section(name, [], unreadable=True)


def metrics_section(facts: Sequence[Mapping[str, float]]) -> Section:
    rows = []
    for name in sorted({name for of_version in facts for name in of_version}):
        values = [of_version.get(name) for of_version in facts]
        first = values[0]
        deltas = [None if first is None or v is None or not isfinite(v - first) else v - first for v in values[1:]]
        rows.append(Row(name, [None if v is None else repr(v) for v in values], [None, *deltas]))
    return Section("Metrics", rows)


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
        "Size in bytes": "" if version.size is None else str(version.size),
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


def _packages(details: Details) -> dict[str, str]:
    """The lines of the environment by package: ``numpy==2.1`` is ``numpy`` at ``==2.1``."""
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
            file.entry.path: f"{file.entry.size} bytes"
            + ("" if file.entry.path in uncounted else f", {file.sha256[:12]}")
            for file in files
        }
        for files in listed
    ]
