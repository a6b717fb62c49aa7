"""Registering what a run has logged, or what lies elsewhere: files become a version, and a job carries the bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from registry import audit, authorization, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import InvalidParameterValue
from registry.models import Job, RegisteredModel, locks
from registry.names import FullName
from registry.remotes.hugging_face import Repository
from registry.services.artifacts import mlmodel
from registry.services.artifacts.inventory import StoredFile
from registry.services.artifacts.sources import ElsewhereFiles, LoggedFiles, RepositoryFiles, Source
from registry.services.hierarchy import registered_models
from registry.services.hierarchy.model_versions import Origin
from registry.services.shared import allowances
from registry.services.shared.graph import Direction, Entity
from registry.services.versions import filling, lineage
from registry.services.versions.filling import NewVersion
from registry.storage import elsewhere
from registry.storage.paths import folded_digest, new_artifact_path
from registry.storage.roots import checked_source, is_below

NO_SIGNATURE = (
    "This model has no signature for inputs and outputs, which every model in a catalog needs. Log it "
    "again with input_example=…, or with signature=mlflow.models.infer_signature(inputs, predictions)."
)


_SERVERS = ("http", "https")
"""Schemes of repositories; other addresses are of folders."""


@dataclass(frozen=True)
class _Wanted:
    """The version that is asked for, in a model that may have to be created."""

    destination: RegisteredModel | FullName
    comment: str
    tags: Mapping[str, str]
    origin: Origin
    read_from: tuple[Entity, ...] = ()


def register_files(
    *,
    actor: Actor,
    files: LoggedFiles,
    destination: RegisteredModel | FullName,
    origin: Origin,
    comment: str = "",
    version_tags: Mapping[str, str] | None = None,
    read_from: Iterable[Entity] = (),
) -> Job:
    """Start registering ``files`` as the next version of ``destination``; ``read_from`` is what it was trained on.

    A model that is named is created if necessary: both, or neither. The same registration of the same principal is
    joined, as long as it has not ended.
    """
    stored, source = _require_registrable(actor, files), {"source_root": files.root, "source_path": files.path}
    wanted = _Wanted(destination, comment, version_tags or {}, origin, tuple(read_from))
    return _register(actor, wanted, stored, source)


def addresses() -> list[str]:
    """Return the addresses below which models are registered from where they lie."""
    return list(settings.STORAGE["register_from"])


def is_elsewhere(source: str) -> bool:
    """Return whether ``source`` is the address of something that may be registered from where it lies."""
    return bool(addresses()) and urlsplit(source).scheme in ("file", "s3", *_SERVERS)


def source_at(address: str) -> ElsewhereFiles | RepositoryFiles:
    """Return the files at an address; InvalidParameterValue unless it is below one of REGISTER_FROM.

    Those of a repository are those of the commit that it has now: its server is asked, but for an address that
    names one.
    """
    if urlsplit(address.strip()).scheme in _SERVERS:
        repository = Repository.at(address)
        _require_allowed(repository.address)
        return RepositoryFiles(repository.pinned())
    checked = elsewhere.resolved(checked_source(address))
    _require_allowed(checked)
    return ElsewhereFiles(checked)


def _require_allowed(checked: str) -> None:
    if not is_below(checked, map(elsewhere.resolved, addresses())):
        raise InvalidParameterValue(
            f"{checked[:500]!r} is below none of the addresses that this server registers from: "
            f"{', '.join(addresses()) or 'there is none'}."
        )


def register_from(
    *,
    actor: Actor,
    address: str,
    destination: RegisteredModel | FullName,
    comment: str = "",
    version_tags: Mapping[str, str] | None = None,
) -> Job:
    """Start registering the model whose files lie at ``address`` as the next version of ``destination``.

    A model that is named is created if necessary: both, or neither. Addresses below REGISTER_FROM are read for
    everyone who may create a version.
    """
    if isinstance(destination, RegisteredModel):  # before anything there is asked
        authorization.require(actor, Operation.CREATE_MODEL_VERSION, destination)
    source = source_at(address)
    stored = source.files()
    if isinstance(source, ElsewhereFiles):
        _require_model(source, stored, source.address)
    require_fit(stored)  # repositories of Hugging Face have no MLmodel
    wanted = _Wanted(destination, comment, version_tags or {}, Origin(source=source.address))
    return _register(actor, wanted, stored, {"source_url": source.address})


def _register(actor: Actor, wanted: _Wanted, stored: list[StoredFile], source: Mapping[str, Any]) -> Job:
    """Start the job that fills the version with the files ``stored``; ``source`` are its columns that name them."""
    size, described = sum(file.size for file in stored), names.comment_text(wanted.comment)
    with transaction.atomic():
        model = _destination(actor, wanted.destination)
        allowances.hold(model.schema.catalog)
        locks.hold(model)  # of two that ask at once, the second one finds the first
        new = NewVersion(model, described, wanted.tags, wanted.origin)
        if twin := filling.unfinished_twin(actor, new, **source):
            return twin
        target = filling.create(actor, new, size, None)
        audit.model_version_created(actor, target)
        upstream = Direction.UPSTREAM
        lineage.record_lineage(actor=actor, version=target, entities=wanted.read_from, direction=upstream)
        return filling.start(actor, Job.Kind.REGISTER, target, size, **source)


def _require_registrable(actor: Actor, files: LoggedFiles) -> list[StoredFile]:
    """Return the files, if ``actor`` may read them and they are those of a model with a signature."""
    authorization.require(actor, Operation.READ_EXPERIMENT, files.root.experiment)
    stored = files.files()
    _require_model(files, stored, f"{files.path!r} of the {files.root}" if files.path else f"The {files.root}")
    return stored


def _require_model(source: Source, files: list[StoredFile], where: str) -> None:
    """Raise unless ``files`` are those of a model with a signature, and every client's disk can hold them."""
    require_fit(files)
    if not any(file.path == "MLmodel" for file in files):
        raise InvalidParameterValue(f"{where} isn't a model: it has no MLmodel file.")
    require_signature(source.location, f"{source.prefix}MLmodel")


def require_fit(files: Sequence[StoredFile]) -> None:
    """Raise unless every client's disk can hold the files: they may not have come through us."""
    for file in files:
        new_artifact_path(file.path)
    if len({folded_digest(file.path) for file in files}) < len(files):
        raise InvalidParameterValue("Two of the files have the same name on a disk that ignores case.")


def require_signature(location: str, path: str) -> None:
    """Raise unless the file MLmodel at ``path`` of a location states the model's inputs and outputs."""
    signature = mlmodel.describe_at(location, path).signature
    if signature is None or not signature.inputs or not signature.outputs:
        raise InvalidParameterValue(NO_SIGNATURE)


def _destination(actor: Actor, destination: RegisteredModel | FullName) -> RegisteredModel:
    if isinstance(destination, FullName):
        destination = registered_models.ensure_registered_model(actor=actor, full_name=destination)
    authorization.require(actor, Operation.CREATE_MODEL_VERSION, destination)
    return destination
