"""Files that are not what was uploaded: noted once, reported to the model's owner, shown with the version."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from accounts.models import User, users_in
from registry.models import Damage, ModelVersion, RegisteredModel
from registry.services.activity import notifications
from registry.services.artifacts.digests import manifest_digest


def note(version: ModelVersion, path: str, detail: str) -> None:
    """Note a damaged file, and notify the owner of its model the first time."""
    with transaction.atomic():
        _, is_new = Damage.objects.update_or_create(model_version=version, path=path, defaults={"detail": detail[:500]})
        if is_new:
            model = version.registered_model
            text = f"{path!r} of {version} is damaged in the storage: {detail}."
            notifications.notify(_owners(model), text, about=model)


def replace(version: ModelVersion, damages: Iterable[tuple[str, str]]) -> None:
    """Note the outcome of a whole verification: ``damages`` are paths and what is wrong with them; all else is fine."""
    now = dict(damages)
    version.damages.exclude(path__in=now).delete()
    for path, detail in now.items():
        note(version, path, detail)
    ModelVersion.objects.filter(pk=version.pk).update(verified_at=timezone.now())
    if not version.digest and not now:  # of an earlier release
        digest = manifest_digest(version.artifacts.values_list("path", "sha256"))
        ModelVersion.objects.filter(pk=version.pk).update(digest=digest)


def _owners(model: RegisteredModel) -> list[User]:
    """The people who own ``model``; administrators, if it has no owner."""
    if isinstance(model.owner, User):
        return [model.owner]
    if model.owner is not None:
        return list(users_in(model.owner))
    return list(User.objects.filter(is_metastore_admin=True, is_active=True))
