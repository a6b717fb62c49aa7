"""Governed tags: the values that they take, and who may assign them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from explorer import account_forms
from explorer.actors import actor_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.paging import paginate
from registry import authorization
from registry.services.labels import tag_policies


def index(request: HttpRequest) -> HttpResponse:
    """All of them: users who tag need to know them."""
    context = {
        "page": paginate(request, tag_policies.list_tag_policies()),
        "can_edit": authorization.is_administrator(actor_of(request)),
    }
    return render(request, "explorer/governed_tags/index.html", context)


def set_assigners(request: HttpRequest, tag_key: str) -> HttpResponse:
    policy = tag_policies.get_tag_policy(tag_key=tag_key)
    lead = "Only they and administrators can set or remove it. They also need the right to tag the object."
    dialog = Dialog(f"Assigners of {tag_key}", "Save", reverse("governed-tags"), lead)

    def perform(fields: Fields) -> None:
        tag_policies.update_tag_policy(actor=actor_of(request), tag_key=tag_key, assigners=fields["assigners"])

    initial = {"assigners": "\n".join(map(str, policy.assigners.all()))}
    return answer(request, dialog, account_forms.Assigners(submitted(request), initial=initial), perform)
