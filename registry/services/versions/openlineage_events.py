"""OpenLineage out: what versions were made from and go to, as events that other systems read.

A version has its own job, which reads what it was made from and writes it; jobs that others have reported stay
theirs. ``openlineage`` reads the same names back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import ModelVersion
from registry.names import FullName
from registry.services.hierarchy import model_versions
from registry.services.shared import finders
from registry.services.shared.graph import Direction, Kind
from registry.services.versions import edges
from registry.services.versions.edges import Neighbour
from registry.services.versions.impact import Reach
from registry.services.versions.openlineage import LOCAL, MODELS, PLAIN, TABLES

_EVENT = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent"
_VERSION = "https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://[^/]+)/+(.+)", re.IGNORECASE)
_DATA = (Kind.TABLE, Kind.FILE, Kind.DATASET, Kind.MODEL_VERSION)

Json = dict[str, Any]


def versions_of(*, actor: Actor, full_name: FullName) -> Iterable[ModelVersion]:
    """Return the versions of the model of that name whose metadata ``actor`` may read."""
    model = finders.read_registered_model(actor=actor, full_name=full_name)
    versions = model_versions.list_versions_of(actor=actor, model=model).order_by("version")
    return versions.select_related("registered_model__schema__catalog").iterator(chunk_size=100)


def events_of(*, actor: Actor, versions: Iterable[ModelVersion], host: str) -> Iterator[Json]:
    """Yield the events of ``versions``, as far as ``actor`` may see their neighbors."""
    for version in versions:
        yield from _events(actor, version, host)


def _events(actor: Actor, version: ModelVersion, host: str) -> Iterator[Json]:
    authorization.require(actor, Operation.READ_REGISTERED_MODEL, version)
    nodes, itself = list(version.lineage_nodes.all()), _version(version, host)
    up, down = (list(edges.every_edge(actor=actor, nodes=nodes, reach=Reach(side))) for side in Direction)
    for side, inputs, outputs in ((up, [], [itself]), (down, [itself], [])):
        for told in side:
            if told.node.kind == Kind.JOB:
                yield _event(told.edge.first_seen_at, host, _job(told.name), inputs, outputs)
    own = {"namespace": f"{MODELS}{host}", "name": f"{version.registered_model.full_name}/{version.version}"}
    if made_from := _datasets(up, host):
        yield _event(version.created_at, host, own, made_from, [itself])
    if goes_to := _datasets(down, host):
        yield _event(version.created_at, host, {**own, "name": f"{own['name']}/use"}, [itself], goes_to)


def _datasets(side: Iterable[Neighbour], host: str) -> list[Json]:
    found = [_dataset(told, host) for told in side if told.node.kind in _DATA and not told.node.is_deleted]
    return list({(each["namespace"], each["name"], str(each["facets"])): each for each in found}.values())


def _dataset(told: Neighbour, host: str) -> Json:
    if told.node.version is not None:
        return _version(told.node.version, host)
    if told.node.kind == Kind.TABLE:
        return _named(f"{TABLES}{host}", told.name)
    if address := _ADDRESS.fullmatch(told.name):
        return _named(*address.groups())
    return _named(LOCAL if told.node.kind == Kind.FILE else PLAIN, told.name)


def _named(namespace: str, name: str) -> Json:
    return {"namespace": namespace, "name": name, "facets": {}}


def _version(version: ModelVersion, host: str) -> Json:
    facet = {"_producer": f"{MODELS}{host}", "_schemaURL": _VERSION, "datasetVersion": str(version.version)}
    named = _named(f"{MODELS}{host}", version.registered_model.full_name)
    return {**named, "facets": {"version": facet}}


def _job(name: str) -> dict[str, str]:
    address = _ADDRESS.fullmatch(name)
    return {"namespace": address[1], "name": address[2]} if address else {"namespace": PLAIN, "name": name}


def _event(at: datetime, host: str, job: dict[str, str], inputs: list[Json], outputs: list[Json]) -> Json:
    return {
        "eventTime": at.isoformat(), "producer": f"{MODELS}{host}", "schemaURL": _EVENT, "job": {**job, "facets": {}},
        "inputs": inputs, "outputs": outputs,
    }  # fmt: skip
