"""The command palette: objects and actions by a few letters. Without script there are the tree and the search."""

from __future__ import annotations

import re
from urllib.parse import quote

from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse

from explorer import navigation
from explorer.actors import actor_of
from explorer.views import palette_verbs
from explorer.views.finding import find_by_name
from explorer.views.paging import words_in
from explorer.views.palette_verbs import PaletteEntry
from registry import authorization
from registry.authorization import Operation
from registry.exceptions import RegistryError
from registry.kinds import Kind, kind_of
from registry.models import Catalog, Experiment, Metastore, ModelVersion, RegisteredModel, Securable
from registry.services.finding import lookup
from registry.services.hierarchy import securables
from registry.tracking import experiments

OFFERED = 12
"""Actions that are offered at once; objects of each kind are half as many."""


def index(request: HttpRequest) -> HttpResponse:
    """What the letters ``q`` may mean to the reader, on the page of the object ``path``."""
    text = words_in(request, "q")
    actions = [
        *_actions_on(request, request.GET.get("path", "")),
        *_registering(request),
        *_places(request),
        *_at_once(),
    ]
    context = {
        "text": text,
        "actions": [
            *palette_verbs.on_named(request, text),
            *_versions(request, text),
            *(entry for entry in actions if _fits(entry.label, text)),
        ][:OFFERED],
        "people": palette_verbs.people(request, text),
        "nodes": navigation.matches(actor_of(request), text, most=OFFERED // 2) if text else [],
        "experiments": _experiments(request, text) if text and settings.KEEPS_RUNS else [],
    }
    return render(request, "components/palette.html", context)


def _versions(request: HttpRequest, text: str) -> list[PaletteEntry]:
    """The versions that a name and a number mean: «churn 57»."""
    asked = re.fullmatch(r"(\S+)[\s/]+v?(\d{1,9})", text)
    if asked is None:
        return []
    rows = lookup.list_versions(actor=actor_of(request), text=f"{asked[1]}/{asked[2]}", most=OFFERED // 2)
    names = [name.rpartition("/")[0] for name, _ in rows]
    return [
        PaletteEntry(
            f"{name} version {asked[2]}", "layers", reverse("model-version", args=[name.split("."), int(asked[2])])
        )
        for name in names
    ]


def _experiments(request: HttpRequest, text: str) -> list[Experiment]:
    """The experiments with the letters in their names, by name."""
    rows = experiments.list_experiments(actor=actor_of(request)).filter(name__icontains=text, is_deleted=False)
    return list(rows.order_by("name")[: OFFERED // 2])


def _fits(label: str, text: str) -> bool:
    """Whether every word of ``text`` is in ``label``."""
    return all(word in label.lower() for word in text.lower().split())


_FIRST: dict[type[Model], tuple[Operation, str, str, str]] = {
    Catalog: (Operation.CREATE_SCHEMA, "Create a schema in", "plus", "create-schema"),
    RegisteredModel: (Operation.SET_ALIAS, "Set an alias of", "plus", "set-registered-model-alias"),
}


def _forms(kind: Kind) -> list[tuple[Operation, str, str, str]]:
    """The operation, what it is called, its icon, and the address of its form."""
    forms = (
        _FIRST.get(kind.model),
        kind.update and (kind.update, "Describe", "pencil", "edit-comment"),
        (Operation.SET_TAG, "Tag", "plus", "set-tag"),
        (Operation.CERTIFY, "Certify or deprecate", "badge-check", "certify"),
        (Operation.TRANSFER_OWNERSHIP, "Change the owner of", "user", "change-owner"),
        kind.delete and (kind.delete, "Delete", "trash-2", f"delete-{kind.page}"),
    )
    return [form for form in forms if form]


def _actions_on(request: HttpRequest, path: str) -> list[PaletteEntry]:
    """What the reader may do to the object whose page is open."""
    try:
        here = find_by_name(request, path) if path else None
    except RegistryError:
        here = None  # a page that outlived its object
    if here is None:
        return []
    if (version := _version_shown(request, here)) is not None:
        return _actions_on_version(request, version)
    forms = _forms(kind_of(here))
    may = authorization.allowed(actor_of(request), [Operation.MANAGE_GRANTS, *(form[0] for form in forms)], here)
    entries = [
        PaletteEntry(f"{words} {here.name}", icon, _address(name, here), is_dialog=True)
        for operation, words, icon, name in forms
        if may[operation]
    ]
    if isinstance(here, RegisteredModel):
        entries = [*_using(request, here), *entries]
    if securables.may_rename(actor=actor_of(request), securable=here):
        entries.append(PaletteEntry(f"Rename {here.name}", "pencil", _address("rename", here), is_dialog=True))
    return [*entries, palette_verbs.granting(here, here.name, may_grant=may[Operation.MANAGE_GRANTS])]


def _version_shown(request: HttpRequest, here: Securable) -> ModelVersion | None:
    """The version of the model ``here`` whose page is open."""
    try:
        shown = resolve(request.GET.get("page", "") or "/")
    except Resolver404:
        return None
    if shown.url_name != "model-version" or not isinstance(here, RegisteredModel):
        return None
    return here.versions.filter(version=shown.kwargs["version"]).first()


_ON_VERSION = (
    (Operation.READ_ARTIFACTS, "Copy {} to…", "folder-output", "copy-model-version"),
    (Operation.UPDATE_MODEL_VERSION, "Describe {}", "pencil", "edit-model-version-comment"),
    (Operation.SET_TAG, "Tag {}", "plus", "set-model-version-tag"),
    (Operation.DELETE_MODEL_VERSION, "Delete {}", "trash-2", "delete-model-version"),
)


def _actions_on_version(request: HttpRequest, version: ModelVersion) -> list[PaletteEntry]:
    """What the reader may do to the version that is shown: never to its model by mistake."""
    model, actor = version.registered_model, actor_of(request)
    may = authorization.allowed(actor, [Operation.SET_ALIAS, *(row[0] for row in _ON_VERSION)], version)
    words = f"{model.name} {version.name_in_model}"
    arguments = [model.name_parts, version.version]
    entries = [
        PaletteEntry(label.replace("{}", words), icon, reverse(name, args=arguments), is_dialog=True)
        for operation, label, icon, name in _ON_VERSION
        if may[operation]
    ]
    if may[Operation.SET_ALIAS]:
        address = f"{reverse('set-registered-model-alias', args=[model.name_parts])}?version={version.version}"
        entries.insert(0, PaletteEntry(f"Set an alias of {words}", "tag", address, is_dialog=True))
    if may[Operation.READ_ARTIFACTS]:
        address = f"{reverse('use-registered-model', args=[model.name_parts])}?which={version.version}"
        entries.insert(0, PaletteEntry(f"Use {words}", "code", address, is_dialog=True))
    return entries


def _using(request: HttpRequest, model: RegisteredModel) -> list[PaletteEntry]:
    entries = [PaletteEntry(f"Use {model.name}", "code", _address("use-registered-model", model), is_dialog=True)]
    newest = model.versions.filter(status=ModelVersion.Status.READY).order_by("-version").first()
    if newest is not None and authorization.allows(actor_of(request), Operation.READ_ARTIFACTS, model):
        address = reverse("copy-model-version", args=[model.name_parts, newest.version])
        entries.append(
            PaletteEntry(f"Copy the newest version of {model.name} to…", "folder-output", address, is_dialog=True)
        )
    return entries


_REGISTERED_FROM = {"run": "register-from-run", "logged-model": "register-logged-model"}


def _registering(request: HttpRequest) -> list[PaletteEntry]:
    """*Register model*, on the page of a run or of a logged model."""
    try:
        here = resolve(request.GET.get("page", "") or "/")
    except Resolver404:
        return []
    if here.url_name not in _REGISTERED_FROM:
        return []
    address = reverse(_REGISTERED_FROM[here.url_name], kwargs=here.kwargs)
    return [PaletteEntry("Register model", "box", address, is_dialog=True)]


_ANY_KIND = {"edit-comment", "rename", "change-owner", "set-tag", "certify"}
"""Forms whose addresses name the kind of the object, and then its full name."""


def _address(name: str, here: Securable) -> str:
    if name in _ANY_KIND:
        return reverse(name, args=[here.securable_type.lower(), here.full_name])
    return reverse(name, args=kind_of(here).arguments(here))


def _places(request: HttpRequest) -> list[PaletteEntry]:
    actor = actor_of(request)
    places = [
        PaletteEntry("Go to the home page", "house", reverse("home")),
        PaletteEntry("Go to catalogs", "library", reverse("catalogs")),
        PaletteEntry("Search models", "search", f"{reverse('search')}?q={quote(request.GET.get('q', ''))}"),
        PaletteEntry("Compare versions", "git-compare", reverse("compare")),
        PaletteEntry("Go to the inbox", "inbox", reverse("inbox")),
        PaletteEntry("Go to SQL", "terminal", reverse("sql")),
        PaletteEntry("Go to my profile", "user", reverse("profile")),
        PaletteEntry("Go to my tokens", "key-round", reverse("tokens")),
        PaletteEntry("Create a token", "key-round", reverse("create-token")),
        PaletteEntry("Go to the audit log", "history", reverse("audit")),
        PaletteEntry("Go to my jobs", "workflow", reverse("jobs")),
        PaletteEntry("Read about the API", "code", reverse("api-docs")),
    ]
    if settings.KEEPS_RUNS:
        places.insert(1, PaletteEntry("Go to experiments", "flask-conical", reverse("experiments")))
        places.append(PaletteEntry("Create an experiment", "plus", reverse("create-experiment"), is_dialog=True))
    if authorization.allows(actor, Operation.CREATE_CATALOG, Metastore.current()):
        places.insert(1, PaletteEntry("Create a catalog", "plus", reverse("create-catalog"), is_dialog=True))
    if authorization.is_administrator(actor):
        places.append(PaletteEntry("Go to users", "users", reverse("principals", args=["users"])))
        places.append(PaletteEntry("Go to groups", "users", reverse("groups")))
        places.append(PaletteEntry("Go to all jobs", "activity", reverse("all-jobs")))
        places.append(PaletteEntry("Go to the storage", "hard-drive", reverse("storage-use")))
    return places


def _at_once() -> list[PaletteEntry]:
    """What needs nothing more than to be chosen."""
    themes = (("light", "sun"), ("dark", "moon"), ("system", "sun-moon"))
    switches = [
        PaletteEntry(f"Switch to the {name} theme", icon, reverse("set-theme"), post={"theme": name})
        for name, icon in themes
    ]
    return [*switches, PaletteEntry("Sign out", "log-out", reverse("logout"), post={"from": "palette"})]
