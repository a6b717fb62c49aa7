"""The reader's second factor: setting it up, recovery codes, removing it. Each step takes a proof that is not old."""

from __future__ import annotations

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts import second_factors as mechanics
from accounts.forms import Code
from explorer import forms
from explorer.actors import actor_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.proof import needs_proof
from registry.exceptions import RegistryError
from registry.services.people import second_factors

_NEW = "new_second_factor"
"""The name under which the session keeps the secret, sealed, between the picture and the first code."""


@needs_proof
@never_cache
def set_up(request: HttpRequest) -> HttpResponse:
    """Show the secret as a picture and as letters, and take the first code that the app makes of it."""
    actor = actor_of(request)
    if second_factors.find_second_factor(actor=actor) is not None:
        return redirect("profile")
    secret, form = _secret(request), Code(submitted(request))
    form.fields["code"].help_text = "The six digits that your app shows now."
    if form.is_valid():
        try:
            codes = second_factors.enrol(actor=actor, secret=secret, code=form.cleaned_data["code"])
        except RegistryError as error:
            form.add_error("code", error.message)
        else:
            del request.session[_NEW]
            return _show(request, codes)
    code = segno.make(mechanics.address_of(secret, actor.name), micro=False)
    # Dark on light in every theme: few apps read the opposite.
    picture = code.svg_data_uri(scale=5, border=4, light="white")
    context = {"form": form, "picture": picture, "secret": mechanics.spelled(secret)}
    return render(request, "explorer/profile/second_factor.html", context)


@needs_proof
@never_cache
def renew_recovery_codes(request: HttpRequest) -> HttpResponse:
    """Show new ones, once; earlier ones no longer count."""
    if request.method == "POST":
        return _show(request, second_factors.renew_recovery_codes(actor=actor_of(request)))
    lead = "Those that you have now, used and unused, count no more."
    dialog = Dialog("New recovery codes", "Show new codes", reverse("profile"), lead)
    return render(request, "explorer/dialog.html", {"dialog": dialog, "form": forms.Confirm()})


@needs_proof
def remove(request: HttpRequest) -> HttpResponse:
    lead = "You sign in with only your password again. Recovery codes stop working."
    dialog = Dialog("Remove the second factor", "Remove", reverse("profile"), lead, danger=True)

    def perform(fields: Fields) -> None:
        second_factors.remove(actor=actor_of(request))

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


def _secret(request: HttpRequest) -> bytes:
    """The one that was shown before, so that a page that is loaded again shows it again; or a new one."""
    secret = mechanics.unseal(request.session.get(_NEW, ""))
    if secret is None:
        secret = mechanics.new_secret()
        request.session[_NEW] = mechanics.seal(secret)
    return secret


def _show(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return render(request, "explorer/profile/recovery_codes.html", {"codes": codes})
