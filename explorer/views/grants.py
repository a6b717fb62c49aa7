"""Granting and revoking, on any securable."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from explorer import forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, answer, submitted
from registry.models import Securable
from registry.privileges import Privilege, SecurableType
from registry.services import grants
from registry.services.ownership import find_principal


def grant(request: HttpRequest, securable_type: str, full_name: str) -> HttpResponse:
    securable = _securable(request, securable_type, full_name)
    dialog = Dialog(f"Grant on {securable.full_name}", "Grant", _permissions_tab(securable), _who_is_covered(securable))

    def perform(asked: dict[str, Any]) -> None:
        change = grants.GrantChange(find_principal(asked["principal"]), add=tuple(asked["privileges"]))
        grants.update_grants(actor=actor_of(request), securable=securable, changes=[change])

    form = forms.Grant(submitted(request), securable_type=securable.securable_type)
    return answer(request, dialog, form, perform)


def revoke(request: HttpRequest, securable_type: str, full_name: str) -> HttpResponse:
    """Revoke the one privilege, from the one principal, that the address names."""
    securable = _securable(request, securable_type, full_name)
    principal, privilege = request.GET.get("principal", ""), Privilege.parse(request.GET.get("privilege", ""))
    lead = f"{principal} loses it on {securable.full_name}, unless it is granted elsewhere too."
    dialog = Dialog(f"Revoke {privilege.words}", "Revoke", _permissions_tab(securable), lead, danger=True)

    def perform(asked: dict[str, Any]) -> None:
        change = grants.GrantChange(find_principal(principal), remove=(privilege,))
        grants.update_grants(actor=actor_of(request), securable=securable, changes=[change])

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


def _securable(request: HttpRequest, securable_type: str, full_name: str) -> Securable:
    kind = SecurableType.parse(securable_type)
    return grants.get_securable(actor=actor_of(request), securable_type=kind, full_name=full_name)


def _permissions_tab(securable: Securable) -> str:
    return f"{page_of(securable)}?activeTab=permissions"


def _who_is_covered(securable: Securable) -> str:
    if securable.securable_type in (SecurableType.CATALOG, SecurableType.SCHEMA):
        return f"It holds for everything in this {securable.securable_type.lower()}, now and later."
    return ""
