"""The models of a schema: the table, narrowed to those that no one uses, and what is done to several at once."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from explorer import deleting, forms, undo
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, Fields, answer, show, submitted
from explorer.views.finding import find_schema
from explorer.views.lists import listing
from registry import authorization
from registry.authorization import Operation
from registry.exceptions import DoesNotExist
from registry.models import ModelVersion, RegisteredModel, Schema
from registry.services.hierarchy import registered_models
from registry.services.labels import deprecations, tags
from registry.services.labels.certification import with_certification
from registry.services.versions import loads

AT_ONCE = 100
"""Models that are changed at once: a selection may hold those of several pages."""
UNUSED_FOR = (30, 90, 180, 365)
"""Days without a new version or a load, to choose from."""


def models_table(request: HttpRequest, schema: Schema) -> dict[str, Any]:
    """Return what the table shows, and which buttons the models on the page allow."""
    actor = actor_of(request)
    models = registered_models.list_models_of_schema(actor=actor, schema=schema)
    asked = request.GET.get("unused", "")
    unused = int(asked) if asked in map(str, UNUSED_FOR) else 0
    if unused:
        models = loads.unused_since(actor=actor, models=models, days=unused)
    context = listing(request, with_certification(models).prefetch_related("aliases", "tags"))
    shown = RegisteredModel.objects.filter(pk__in=[model.pk for model in context["page"]])
    can_do = {
        name: authorization.permitted(actor, operation, shown).exists()
        for name, operation in (("tag", Operation.SET_TAG), ("delete", Operation.DELETE_REGISTERED_MODEL))
    }
    return {**context, "unused": unused, "unused_choices": UNUSED_FOR, "can_do": can_do}


def tag_several(request: HttpRequest, schema: tuple[str, str]) -> HttpResponse:
    """Give the models that the address names (``model``) one tag."""
    parent, models = _selected(request, schema)
    if not models:
        return _nothing_selected(request, parent, "Tag")
    dialog = Dialog(f"Tag {_counted(models)}", "Tag", page_of(parent), _names(models))

    def perform(fields: Fields) -> None:
        tags.tag_all(actor=actor_of(request), subjects=models, key=fields["key"], value=fields["value"])

    return answer(request, dialog, forms.TagForm(submitted(request)), perform)


def deprecate_several(request: HttpRequest, schema: tuple[str, str]) -> HttpResponse:
    """Mark the models that the address names as deprecated."""
    parent, models = _selected(request, schema)
    if not models:
        return _nothing_selected(request, parent, "Deprecate")
    dialog = Dialog(f"Deprecate {_counted(models)}", "Deprecate", page_of(parent), _names(models))

    def perform(fields: Fields) -> None:
        deprecations.deprecate_all(
            actor=actor_of(request), models=models, ends_on=fields["ends_on"], note=fields["note"]
        )
        undo.tell(request.session, f"Deprecated {_counted(models)}.")

    return answer(request, dialog, forms.DeprecateSeveral(submitted(request)), perform)


def delete_several(request: HttpRequest, schema: tuple[str, str]) -> HttpResponse:
    """Delete the models that the address names, with all that is in them."""
    parent, models = _selected(request, schema)
    if not models:
        return _nothing_selected(request, parent, "Delete")
    missed = deleting.who_misses_it(actor_of(request), parent, ModelVersion.objects.filter(registered_model__in=models))
    gone = "Their versions, tags, grants and files are deleted."
    lead = deleting.lead(_names(models), missed, gone)
    dialog = Dialog(f"Delete {_counted(models)}", "Delete", page_of(parent), lead, danger=True)

    def perform(fields: Fields) -> None:
        registered_models.delete_registered_models(actor=actor_of(request), models=models)

    form = forms.ConfirmByName(submitted(request), full_name=parent.full_name, label="Type the name of the schema")
    return answer(request, dialog, form, perform)


def _selected(request: HttpRequest, schema: tuple[str, str]) -> tuple[Schema, list[RegisteredModel]]:
    """The models that the address names; none at all unless it names one page of them at most."""
    parent = find_schema(request, schema)
    names = {name.replace("\0", "") for name in request.GET.getlist("model")}
    if not 0 < len(names) <= AT_ONCE:
        return parent, []
    known = registered_models.list_models_of_schema(actor=actor_of(request), schema=parent)
    models = list(known.filter(name__in=names).select_related("schema__catalog"))
    if len(models) != len(names):
        raise DoesNotExist(f"Some of these models of {parent.full_name} do not exist any more.")
    return parent, models


def _nothing_selected(request: HttpRequest, parent: Schema, verb: str) -> HttpResponse:
    lead = f"Select 1 to {AT_ONCE} models in the table first."
    return show(request, Dialog(f"{verb} models of {parent.full_name}", "", page_of(parent), lead))


def _counted(models: list[RegisteredModel]) -> str:
    return f"{len(models)} model{'' if len(models) == 1 else 's'}"


def _names(models: list[RegisteredModel]) -> str:
    more = f" and {len(models) - 10} more" if len(models) > 10 else ""
    return f"{', '.join(model.name for model in models[:10])}{more}."
