"""Imports as administrators ask for them: noted, looked at, started, and what came of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import sealing
from registry import authorization, names, queue, remotes
from registry.actor import Actor
from registry.audit import imports
from registry.authorization import Operation
from registry.exceptions import DoesNotExist, InvalidParameterValue, InvalidState, RegistryError, StorageUnavailable
from registry.models import Import, Job, Metastore, RegisteredModel
from registry.names import FullName
from registry.remotes.connection import Credential, checked_address
from registry.remotes.records import Remote, RemoteModel
from registry.services.imports import plans

SHOWN = 400
"""Models that a preview tells of."""
_PATIENCE = 15
"""Seconds after which a preview ends with those that were read: someone waits for it."""
_LONGEST_NAME = 1_000
_PURPOSE = "registry.imports"


@dataclass(frozen=True)
class Planned:
    """What would become of a model. ``problem`` says why nothing can."""

    name: str
    target: str
    versions: int
    gaps: list[int]
    aliases: Mapping[str, int]
    is_here: bool
    problem: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Preview:
    """The models that would come. There may be more than were read."""

    models: list[Planned]
    is_more: bool


def create_import(
    *,
    actor: Actor,
    kind: str,
    address: str,
    destination: str,
    credential: Credential,
    stages: Mapping[str, str] | None = None,
    is_trusted: bool = False,
) -> Import:
    """Note an import, for ``start_import``; the server is not asked yet.

    ``is_trusted``: whoever asks runs this machine, and may reach what it reaches.
    """
    require_importer(actor)
    checked = Import.Kind(kind)
    place, credential = _destination(checked, destination), credential.checked()
    _require_plain(stages or ())
    mapping = {stage: names.alias_name(alias) for stage, alias in (Import.STAGES if stages is None else stages).items()}
    return Import.objects.create(
        kind=checked,
        address=checked_address(address),
        user=credential.user[:255],
        secret=sealing.seal(_PURPOSE, credential.secret.encode()) if credential.secret else "",
        is_trusted=is_trusted,
        destination=place,
        stages=mapping,
        created_by=actor.principal,
        requested_by=actor.name,
    )


def list_imports(*, actor: Actor) -> QuerySet[Import]:
    """Return the imports that were started, the newest first."""
    require_importer(actor)
    return Import.objects.exclude(started_at=None).select_related("job", "created_by").order_by("-created_at", "-pk")


def get_import(*, actor: Actor, uid: UUID) -> Import:
    require_importer(actor)
    found = Import.objects.select_related("job", "created_by").filter(pk=uid).first()
    if found is None:
        raise DoesNotExist(f"Import '{uid}' does not exist.")
    return found


def preview(*, actor: Actor, imported: Import) -> Preview:
    """Ask the other server what it has, and say what would become of it."""
    require_importer(actor)
    remote, ends_at = connect(imported), time.monotonic() + _PATIENCE
    planned: list[Planned] = []
    for told in remote.models():
        if len(planned) == SHOWN or time.monotonic() > ends_at:
            return Preview(planned, is_more=True)
        if not told.is_prompt:
            planned.append(_plan(imported, remote, told))
    return Preview(planned, is_more=False)


def start_import(
    *, actor: Actor, imported: Import, chosen: Mapping[str, str] | None = None, by_this_process: bool = False
) -> Job:
    """Start it, once. ``chosen``: the full name that each model gets, by its name there; all of them without it.

    ``by_this_process``: the caller does the job, which it holds already.
    """
    require_importer(actor)
    _require_plain(chosen or ())
    given = {name: str(FullName.parse(target)) for name, target in (chosen or {}).items()}
    if len(set(given.values())) < len(given):
        raise InvalidParameterValue("Two models would get the same name.")
    with transaction.atomic():
        waiting = Import.objects.select_for_update().filter(pk=imported.pk, started_at=None).first()
        if waiting is None:
            raise InvalidState("This import has been started already.")
        job = Job.objects.create(
            kind=Job.Kind.IMPORT, created_by=actor.principal, requested_by=actor.name, title=str(waiting)
        )
        Import.objects.filter(pk=waiting.pk).update(job=job, names=given, started_at=timezone.now())
        imports.import_started(actor, waiting)
        if by_this_process:
            job.take()
        else:
            queue.enqueue(job)
    imported.refresh_from_db()
    return job


def connect(imported: Import) -> Remote:
    """Return the registry that is imported; InvalidState if its credential cannot be read any more."""
    secret = sealing.unseal(_PURPOSE, imported.secret) if imported.secret else b""
    if secret is None:
        raise InvalidState("The credential was sealed with another SECRET_KEY: import it anew.")
    credential = Credential(secret.decode(), imported.user)
    return remotes.connect(imported.kind, imported.address, credential, is_trusted=imported.is_trusted)


def chosen_models(imported: Import, remote: Remote) -> Iterator[tuple[RemoteModel, FullName | str]]:
    """Yield the models to import, each with its full name here, or with why it can have none."""
    taken: set[str] = set()
    for told in remote.models():
        if imported.names and told.name not in imported.names:
            continue
        name = _name_of(imported, told)
        if told.is_prompt:
            name = "It is a prompt, not a model."
        elif str(name) in taken:
            name = f"Another model gets the name {name}: name them apart."
        taken.add(str(name))
        yield told, name


def forget_secrets() -> None:
    """Forget imports that were never started, and the credentials of those that have ended."""
    Import.objects.filter(started_at=None, created_at__lt=timezone.now() - Import.WAITS_FOR).delete()
    over = Import.objects.exclude(started_at=None).exclude(
        job__in=Job.objects.unfinished().filter(kind=Job.Kind.IMPORT)
    )
    over.filter(~Q(secret="") | ~Q(user="")).update(secret="", user="")


def require_importer(actor: Actor) -> None:
    """Raise unless ``actor`` may import: what comes is dated, and named after who made it there."""
    authorization.require(actor, Operation.IMPORT_REGISTRY, Metastore.current())


def _require_plain(names_there: Iterable[str]) -> None:
    """Raise for names that no registry gives, and no database keeps."""
    if bad := next((name for name in names_there if not name or "\0" in name or len(name) > _LONGEST_NAME), None):
        raise InvalidParameterValue(f"{bad[:100]!r} is no name of a model or a stage.")


def _destination(kind: Import.Kind, text: str) -> str:
    """Where models go: a schema, or for those that have one already, a catalog or nothing."""
    if kind != Import.Kind.CATALOG_EXPLORER:
        return ".".join(names.schema_name(text))
    return names.new_object_name(text, "catalog name") if text else ""


def _name_of(imported: Import, told: RemoteModel) -> FullName | str:
    try:
        if told.name in imported.names:
            return FullName.parse(imported.names[told.name])
        has_namespaces = imported.kind == Import.Kind.CATALOG_EXPLORER
        return plans.full_name(told.name, imported.destination, has_namespaces=has_namespaces)
    except InvalidParameterValue as error:
        return error.message


def _plan(imported: Import, remote: Remote, told: RemoteModel) -> Planned:
    name, notes = _name_of(imported, told), list[str]()
    try:
        versions = remote.versions(told.name)
    except StorageUnavailable:
        raise
    except RegistryError as error:
        return Planned(told.name, "", 0, [], {}, is_here=False, problem=error.message)
    aliases = plans.aliases_of(told, versions, imported.stages, notes.append)
    problem, target = (name, "") if isinstance(name, str) else ("", str(name))
    is_here = bool(target) and RegisteredModel.objects.filter(filed_as=target).exists()
    return Planned(told.name, target, len(versions), plans.gaps_of(versions), aliases, is_here, problem, notes)
