"""OpenLineage: what other systems report about their jobs, and about the data that those read and write.

A job is a node, and each dataset is one; a dataset in the namespace ``mlflow-uc://<host>`` is a version of ours
(``<catalog>.<schema>.<model>``, with its number, or an alias, as the dataset's version), and one in the namespace
``unitycatalog://<host>`` a table (``<catalog>.<schema>.<table>``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q

from accounts.models import Scope
from registry import authorization, limits
from registry.actor import Actor
from registry.audit import lineage as events
from registry.audit.actions import Action
from registry.authorization import Operation
from registry.exceptions import InvalidParameterValue
from registry.models import LineageEdge, LineageNode, ModelVersion, locks
from registry.names import FullName, VersionName, plain_text
from registry.services.metadata import aliases
from registry.services.shared import graph
from registry.services.shared.graph import Direction, Edge, Entity, Kind
from registry.services.versions import lineage

MODELS = "mlflow-uc://"
"""How the namespace of versions begins."""
TABLES = "unitycatalog://"
"""And that of tables, by their three names."""
PLAIN = "catalog-explorer"
"""The namespace of what has no other one: of data and jobs that were reported only by name."""
LOCAL = "file"
_FILES = ("s3://", "s3a://", "gs://", "abfss://", "wasbs://", "hdfs://", "dbfs://", "http://", "https://")


@dataclass(frozen=True)
class Named:
    """A job or a dataset, as OpenLineage names it. ``version`` is what its facet says; empty if it says nothing."""

    namespace: str
    name: str
    version: str = ""

    @property
    def is_model(self) -> bool:
        return self.namespace.startswith(MODELS)


def record_event(*, actor: Actor, job: Named, inputs: Sequence[Named], outputs: Sequence[Named]) -> None:
    """Record that ``job`` has read ``inputs`` and written ``outputs``, as ``actor`` reports it.

    Versions of ours among them must exist, and ``actor`` must be allowed to read them, or to add versions next to them.
    """
    authorization.require_scope(actor, Scope.REGISTRY, Action.EMIT_LINEAGE)
    entity = Entity(Kind.JOB, _text(job.name if job.namespace == PLAIN else f"{job.namespace}/{job.name}"))
    read, made = _versions(actor, inputs), _versions(actor, outputs)
    for version in made:
        authorization.require(actor, Operation.CREATE_MODEL_VERSION, version)
    _connect(actor, entity, _data(inputs), _data(outputs))
    for versions, direction in ((read, Direction.DOWNSTREAM), (made, Direction.UPSTREAM)):
        for version in versions:
            lineage.record_lineage(actor=actor, version=version, entities=[entity], direction=direction)


def _versions(actor: Actor, datasets: Sequence[Named]) -> list[ModelVersion]:
    """The versions of ours among ``datasets``, as ``actor`` may read them."""
    names = [_version_name(dataset) for dataset in datasets if dataset.is_model]
    if len(names) > limits.LINEAGE_EDGES_PER_CALL:
        raise InvalidParameterValue(f"An event names at most {limits.LINEAGE_EDGES_PER_CALL} versions on a side.")
    return [aliases.find_model_version(actor=actor, name=name) for name in names]


def _connect(actor: Actor, job: Entity, inputs: list[Entity], outputs: list[Entity]) -> None:
    if not inputs and not outputs:
        return
    resolved = graph.resolved(actor, [*inputs, *outputs])
    inputs, outputs = resolved[: len(inputs)], resolved[len(inputs) :]
    # What is known is read before anything is locked: most events report nothing new.
    nodes, every = graph.known_nodes([job, *inputs, *outputs]), {job, *inputs, *outputs}
    if len(nodes) == len(every) and not _new(actor, _edges(actor, nodes, job, inputs, outputs), nodes[job])[0]:
        return
    with transaction.atomic():
        nodes |= graph.make_nodes(every - nodes.keys())
        node, edges = nodes[job], _edges(actor, nodes, job, inputs, outputs)
        locks.hold_all(LineageNode.objects.filter(pk=node.pk))  # one at a time counts its edges
        new, told = _new(actor, edges, node)
        if told + new > limits.LINEAGE_EDGES_PER_JOB:
            raise InvalidParameterValue(f"A job reads and writes at most {limits.LINEAGE_EDGES_PER_JOB} datasets.")
        if new:
            graph.add_edges(edges)
            events.told_of_job(actor, node.name, new)


def _edges(
    actor: Actor, nodes: Mapping[Entity, LineageNode], job: Entity, inputs: list[Entity], outputs: list[Entity]
) -> list[LineageEdge]:
    edges = [graph.edge(nodes[each], nodes[job], Edge.READ, actor.name) for each in inputs]
    return edges + [graph.edge(nodes[job], nodes[each], Edge.MADE, actor.name) for each in outputs]


def _new(actor: Actor, edges: Sequence[LineageEdge], job: LineageNode) -> tuple[int, int]:
    """Count those of ``edges`` that ``actor`` has not reported before, and all that it has reported of the job."""
    sources = [edge.source_id for edge in edges if edge.source_id != job.pk]
    targets = [edge.target_id for edge in edges if edge.target_id != job.pk]
    at = Q(target=job) | Q(source=job)
    known = Count("pk", filter=Q(target=job, source__in=sources) | Q(source=job, target__in=targets))
    counts = LineageEdge.objects.filter(at, recorded_by=actor.name).aggregate(known=known, told=Count("pk"))
    return len(edges) - counts["known"], counts["told"]


def _data(datasets: Sequence[Named]) -> list[Entity]:
    """What isn't a version of ours, each once."""
    return list(dict.fromkeys(_entity(dataset) for dataset in datasets if not dataset.is_model))


def _entity(dataset: Named) -> Entity:
    """Files are named as runs name them, by their location, so that what both report is one node."""
    if dataset.namespace.startswith(TABLES):
        return Entity(Kind.TABLE, _text(dataset.name), _text(dataset.name))
    if dataset.namespace == PLAIN:
        return Entity(Kind.DATASET, _text(dataset.name))
    if dataset.namespace == LOCAL:
        return Entity(Kind.FILE, _text(dataset.name))
    place = _text(f"{dataset.namespace}/{dataset.name.lstrip('/')}")
    return Entity(Kind.FILE if dataset.namespace.startswith(_FILES) else Kind.DATASET, place)


def _version_name(dataset: Named) -> VersionName:
    if not dataset.version:
        raise InvalidParameterValue(
            f"{dataset.name[:200]!r} is a model: the facet `version` of its dataset says which version, or which alias."
        )
    if dataset.version.isdecimal():
        return VersionName.parse(f"{dataset.name}/{dataset.version}")
    return VersionName.parse(f"{FullName.parse(dataset.name)}@{dataset.version}")


def _text(text: str) -> str:
    cleaned = plain_text(text, limits.LINEAGE_NAME_LENGTH)
    if not cleaned:
        raise InvalidParameterValue("A name has control characters, or is too long.")
    return cleaned
