"""Writing what comes from another registry: containers, models, versions with their numbers, labels, rights.

What is here already stays as it is: an import adds, and says where it differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import find_principal
from registry import audit, limits, names
from registry.actor import Actor
from registry.audit.actions import Action
from registry.exceptions import AlreadyExists, DoesNotExist, InvalidParameterValue, InvalidState
from registry.models import AuditEvent, Catalog, ModelVersion, RegisteredModel, Schema, Securable, locks
from registry.names import FullName
from registry.privileges import GRANTABLE, Privilege
from registry.remotes.records import Remote, RemoteContainer, RemoteGrants, RemoteModel, RemoteVersion
from registry.services.access import grants
from registry.services.access.grants import GrantChange
from registry.services.artifacts import removal
from registry.services.hierarchy import catalogs, model_versions, registered_models, schemas, securables
from registry.services.hierarchy.model_versions import Origin
from registry.services.imports import plans
from registry.services.imports.plans import Note
from registry.services.labels import tag_policies, tags
from registry.services.metadata import aliases
from registry.services.shared import allowances, counters, finders


@dataclass(frozen=True)
class Surroundings:
    """What the other server says of what is not here yet: a catalog, its schema, and who owns and uses the model."""

    catalog: RemoteContainer | None
    schema: RemoteContainer | None
    model: RemoteGrants | None


def missing(name: FullName) -> int:
    """Return how many of a model, its schema and its catalog are not here: from the inside out."""
    if RegisteredModel.objects.filter(filed_as=str(name)).exists():
        return 0
    if Schema.objects.filter(catalog__name=name.catalog, name=name.schema).exists():
        return 1
    return 2 if Catalog.objects.filter(name=name.catalog).exists() else 3


def ask(remote: Remote, told: RemoteModel, lacking: int) -> Surroundings:
    """Ask the other server for what is ``lacking`` here (see ``missing``), before anything of it is made."""
    schema = told.name.rpartition(".")[0]
    return Surroundings(
        catalog=remote.container(schema.partition(".")[0]) if lacking > 2 else None,
        schema=remote.container(schema) if lacking > 1 else None,
        model=remote.grants(told.name) if lacking else None,
    )


def ensure_model(actor: Actor, around: Surroundings, told: RemoteModel, name: FullName, note: Note) -> RegisteredModel:
    """Return the model called ``name``; if it is not here it is made as it is there, and so is what it is in."""
    if around.catalog is not None:
        _make_catalog(actor, around.catalog, name.catalog, note)
    if around.schema is not None:
        _make_schema(actor, around.schema, name, note)
    if around.model is None:
        return finders.get_registered_model(actor=actor, full_name=name)
    comment, tagged = plans.comment_of(told.comment, note), _taggable(actor, told.tags, note)
    with transaction.atomic():
        model = registered_models.create_registered_model(
            actor=actor, full_name=name, comment=comment, model_tags=tagged
        )
        _share(actor, model, around.model, note)
        _made(model, told)
        date(model, told)
    return model


def begin_version(
    actor: Actor, model: RegisteredModel, told: RemoteVersion, sizes: Sequence[int], note: Note
) -> ModelVersion:
    """Create the version with its number, pending; one that has failed here before gives way to it."""
    tagged, comment = _taggable(actor, told.tags, note), plans.comment_of(told.comment, note)
    with transaction.atomic():
        locks.share_principals()
        allowances.hold(model.schema.catalog)
        _remove_failed(actor, model, told.number)
        locks.hold(model)
        if model.versions.filter(version=told.number).exists():
            raise InvalidState("A version of that number is here, and is another one.")
        if _was_deleted(model, told.number):
            raise InvalidState("It was deleted here, and a number is never used again.")
        allowances.require_version(actor.principal, sum(sizes), model)
        version = model_versions.create_numbered(actor, model, _origin(told), comment, told.number)
        allowances.require_files(version, sizes)
        _made(version, told)
        audit.model_version_created(actor, version)
        tags.add_first_tags(actor, version, tagged)
    return version


def date(row: RegisteredModel | ModelVersion, told: RemoteModel | RemoteVersion) -> None:
    """Say of a row when it was changed there: its arrival has changed it here."""
    kind = type(row)._default_manager.filter(pk=row.pk)
    kind.update(updated_at=told.updated_at or told.created_at or timezone.now())


def set_aliases(actor: Actor, model: RegisteredModel, wanted: Mapping[str, int], note: Note) -> None:
    """Set the aliases that a model has there. One that is another version's here stays there."""
    here = {row.folded: row.model_version.version for row in aliases.list_with_versions(model=model)}
    for alias, number in wanted.items():
        now = here.get(names.folded(alias))
        if now == number:
            continue
        if now is not None:
            note(f"@{alias} is version {now} here, and version {number} there: it stays.")
            continue
        try:
            aliases.set_registered_model_alias(actor=actor, model=model, alias=alias, version=number, expected=0)
        except (DoesNotExist, InvalidParameterValue, InvalidState) as error:
            note(f"@{alias} was not set: {error.message}")


def _remove_failed(actor: Actor, model: RegisteredModel, number: int) -> None:
    """Delete the version of that number if it has failed here: its number is taken by what it was to be."""
    failed = model.versions.filter(version=number, status=ModelVersion.Status.FAILED_REGISTRATION)
    locks.going_versions(failed)
    version = failed.select_related("registered_model__schema__catalog").first()
    if version is not None:
        removal.let_go(actor, failed)
        counters.remove_versions([version], by=actor.name)
        version.delete()


def _was_deleted(model: RegisteredModel, number: int) -> bool:
    """Whether a version of that number was deleted here, by the audit log."""
    about = AuditEvent.objects.filter(registered_model_uid=model.uid, action_name=Action.DELETE_MODEL_VERSION)
    return about.filter(parameters__version_arg=str(number), result=AuditEvent.Result.SUCCESS).exists()


def _origin(told: RemoteVersion) -> Origin:
    return Origin(
        source=told.source[: limits.SOURCE_LENGTH],
        run_id=told.run_id[: limits.RUN_ID_LENGTH],
        run_link=told.run_link[: limits.RUN_LINK_LENGTH],
        model_id=told.model_id[: limits.MODEL_ID_LENGTH],
    )


def _made(row: RegisteredModel | ModelVersion, told: RemoteModel | RemoteVersion) -> None:
    """Say of a new row who made it there, and when."""
    made: dict[str, Any] = {"created_at": told.created_at or timezone.now()}
    if told.created_by:
        made |= {"created_by": told.created_by[:255], "updated_by": told.created_by[:255]}
    row.change(made.pop("updated_by", row.updated_by), **made)


def _taggable(actor: Actor, tagged: Mapping[str, str], note: Note) -> dict[str, str]:
    fitting = plans.tags_of(tagged, note)
    kept = tags.assignable(actor, fitting)
    for key in sorted(fitting.keys() - kept.keys()):
        note(f"The tag {key[:100]!r} is left out: it is governed here, and you may not assign it.")
    for key, value in list(kept.items()):
        try:
            tag_policies.require_allowed({key: value})
        except InvalidParameterValue as error:
            note(f"The tag {key[:100]!r} is left out: {error.message}")
            del kept[key]
    return kept


def _make_catalog(actor: Actor, about: RemoteContainer, name: str, note: Note) -> None:
    comment = plans.comment_of(about.comment, note)
    with suppress(AlreadyExists), transaction.atomic():  # somebody else may have made it in the meantime
        made = catalogs.create_catalog(actor=actor, name=name, comment=comment, with_default_schema=False)
        _share(actor, made, about.grants, note)


def _make_schema(actor: Actor, about: RemoteContainer, name: FullName, note: Note) -> None:
    catalog = finders.get_catalog(actor=actor, name=name.catalog)
    comment = plans.comment_of(about.comment, note)
    with suppress(AlreadyExists), transaction.atomic():
        made = schemas.create_schema(actor=actor, catalog=catalog, name=name.schema, comment=comment)
        _share(actor, made, about.grants, note)


def _share(actor: Actor, row: Catalog | Schema | RegisteredModel, told: RemoteGrants, note: Note) -> None:
    """Give what someone has there to whoever has that name here, as far as it can be given here."""
    known = {name: find_principal(name) for name in {told.owner, *told.privileges} if name}
    for name in sorted(name for name, principal in known.items() if principal is None):
        note(f"{name!r} owns it, or has rights to it, there; nobody here is called that.")
    changes = [
        GrantChange(principal, add=_grantable(row, privileges, name, note))
        for name, privileges in sorted(told.privileges.items())
        if (principal := known.get(name)) is not None
    ]
    grants.update_grants(actor=actor, securable=row, changes=[change for change in changes if change.add])
    if (owner := known.get(told.owner)) is not None and owner != actor.principal:
        securables.update_securable(actor=actor, securable=row, owner=told.owner)


def _grantable(row: Securable, privileges: Iterable[str], name: str, note: Note) -> tuple[Privilege, ...]:
    known = {each.value: each for each in GRANTABLE[row.securable_type]}
    for privilege in privileges:
        if privilege.replace(" ", "_") not in known:
            note(f"{name!r} has {privilege[:50]} there, which can't be granted here.")
    return tuple(known[each.replace(" ", "_")] for each in privileges if each.replace(" ", "_") in known)
