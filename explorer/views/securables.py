"""What is done to catalogs, schemas and models in the same way: a description, a name, an owner."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse

from explorer import account_forms, forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, Fields, answer, describe, submitted
from explorer.views.finding import find_securable
from registry.services.hierarchy import securables


def edit_comment(request: HttpRequest, securable_type: str, full_name: str) -> HttpResponse:
    actor, securable = actor_of(request), find_securable(request, securable_type, full_name)
    update = securables.update_securable
    name, comment = securable.full_name.rpartition(".")[2], getattr(securable, "comment", "")
    save = partial(update, actor=actor, securable=securable)
    return describe(request, name, page_of(securable), comment, lambda text: save(comment=text))


def rename(request: HttpRequest, securable_type: str, full_name: str) -> HttpResponse:
    securable = find_securable(request, securable_type, full_name)
    lead = "Grants, aliases and versions stay. Code that loads a model by its old name stops working."
    dialog = Dialog(f"Rename {securable.full_name}", "Rename", page_of(securable), lead)

    def perform(fields: Fields) -> str:
        actor = actor_of(request)
        return page_of(securables.update_securable(actor=actor, securable=securable, new_name=fields["name"]))

    last_part = securable.full_name.rpartition(".")[2]
    return answer(request, dialog, forms.Rename(submitted(request), initial={"name": last_part}), perform)


def change_owner(request: HttpRequest, securable_type: str, full_name: str) -> HttpResponse:
    securable = find_securable(request, securable_type, full_name)
    lead = "Owners can do everything with it. Grants don't change."
    dialog = Dialog(f"Change the owner of {securable.full_name}", "Change owner", page_of(securable), lead)

    def perform(fields: Fields) -> None:
        securables.update_securable(actor=actor_of(request), securable=securable, owner=fields["principal"])

    return answer(request, dialog, account_forms.MemberForm(submitted(request)), perform)
