"""Events of lineage: that someone has reported some. What we see ourselves isn't an event."""

from registry.actor import Actor
from registry.audit.actions import Action
from registry.audit.recording import record
from registry.models import Governed, ModelVersion


def told_of_version(actor: Actor, version: ModelVersion, entities: list[str]) -> None:
    record(actor, Action.EMIT_MODEL_VERSION_LINEAGE, version, entities=entities)


def told_of_job(actor: Actor, job: str, edges: int) -> None:
    record(actor, Action.EMIT_LINEAGE, None, job=job, edges=str(edges))


def relationship_created(actor: Actor, subject: Governed, **told: str) -> None:
    """``subject``: what is ours of the two ends; ``told``: the names of both, and the note."""
    record(actor, Action.CREATE_RELATIONSHIP, subject, **told)


def relationship_updated(actor: Actor, subject: Governed, **told: str) -> None:
    record(actor, Action.UPDATE_RELATIONSHIP, subject, **told)


def relationship_deleted(actor: Actor, subject: Governed, **told: str) -> None:
    record(actor, Action.DELETE_RELATIONSHIP, subject, **told)
