"""What the palette makes of a verb and a name, «copy churn 57», and of the names of people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from explorer.actors import actor_of
from explorer.addresses import called, compare_address, page_of_principal
from registry import authorization
from registry.authorization import Operation
from registry.models import Alias, ModelVersion, RegisteredModel, Securable
from registry.services.finding import lookup
from registry.services.versions import changes

_SENTENCE = re.compile(r"(compare|copy|grant|use)\s+(\S+?)(?:[\s/]+v?(\d{1,9}))?", re.IGNORECASE)
_MOST = 3
"""Models that a name may mean, and people who are offered."""


@dataclass(frozen=True)
class PaletteEntry:
    """Something to go to, a form to open (``is_dialog``), or something to do at once by sending ``post``."""

    label: str
    icon: str
    address: str
    is_dialog: bool = False
    post: Mapping[str, str] = field(default_factory=dict)


def people(request: HttpRequest, text: str) -> list[PaletteEntry]:
    """Return users, groups and service principals by their names: their pages, or, for others, what they own."""
    is_administrator = authorization.is_administrator(actor_of(request))
    found = lookup.search_principals(words=text.split(), most=_MOST)
    return [
        PaletteEntry(called(who), "user", page_of_principal(who))
        if is_administrator
        else PaletteEntry(f"Models that {called(who)} owns", "user", f"{reverse('search')}?{urlencode({'owner': who})}")
        for who in found
    ]


def on_named(request: HttpRequest, text: str) -> list[PaletteEntry]:
    """Return what a verb, a part of a model's name and perhaps a version's number mean, as far as the reader may."""
    asked = _SENTENCE.fullmatch(text.strip())
    if asked is None:
        return []
    verb, name, number = asked[1].lower(), asked[2], asked[3]
    models = lookup.look_up(actor=actor_of(request), text=name, most=_MOST).registered_models
    entries = [_entry(request, verb, model, int(number) if number else None) for model in models]
    return [entry for entry in entries if entry is not None]


def _entry(request: HttpRequest, verb: str, model: RegisteredModel, number: int | None) -> PaletteEntry | None:
    actor = actor_of(request)
    may = authorization.allowed(
        actor, [Operation.MANAGE_GRANTS, Operation.READ_ARTIFACTS, Operation.READ_REGISTERED_MODEL], model
    )
    if verb == "grant":
        return granting(model, model.full_name, may_grant=may[Operation.MANAGE_GRANTS])
    if not may[Operation.READ_ARTIFACTS if verb in ("copy", "use") else Operation.READ_REGISTERED_MODEL]:
        return None
    version = _version(model, number)
    return _ON_VERSION[verb](version) if version else None


def granting(securable: Securable, name: str, *, may_grant: bool) -> PaletteEntry:
    """Return the entry that grants on what is called ``name``, or, for users who may not, requests access to it."""
    form, words = ("grant", "Grant on") if may_grant else ("request-access", "Request access to")
    arguments = [securable.securable_type.lower(), securable.full_name]
    return PaletteEntry(f"{words} {name}", "key-round", reverse(form, args=arguments), is_dialog=True)


def _version(model: RegisteredModel, number: int | None) -> ModelVersion | None:
    """That version, or the newest one, if it is ready."""
    ready = model.versions.filter(status=ModelVersion.Status.READY).order_by("-version")
    version = (ready.filter(version=number) if number is not None else ready).first()
    if version is not None:
        version.registered_model = model
    return version


def _copy(version: ModelVersion) -> PaletteEntry:
    address = reverse("copy-model-version", args=[version.registered_model.name_parts, version.version])
    return PaletteEntry(f"Copy {_called(version)} to…", "folder-output", address, is_dialog=True)


def _use(version: ModelVersion) -> PaletteEntry:
    address = reverse("use-registered-model", args=[version.registered_model.name_parts])
    return PaletteEntry(f"Use {_called(version)}", "code", f"{address}?which={version.version}", is_dialog=True)


def _compare(version: ModelVersion) -> PaletteEntry | None:
    """With what its page compares it with; none where it is the only one."""
    aliases = list(Alias.objects.filter(registered_model=version.registered_model).select_related("model_version"))
    reference = changes.reference_for(version, aliases)
    if reference is None:
        return None
    address = compare_address(reference.version, version)
    return PaletteEntry(f"Compare {_called(version)} with {reference}", "git-compare", address)


_ON_VERSION = {"copy": _copy, "use": _use, "compare": _compare}


def _called(version: ModelVersion) -> str:
    return f"{version.registered_model.full_name} version {version.version}"
