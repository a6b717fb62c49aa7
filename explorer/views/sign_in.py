"""Signing in by password, and out. Every failure reads the same, whatever its reason."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import throttle
from accounts import views as accounts
from accounts.forms import Code
from accounts.hashing import Busy
from accounts.models import SecondFactor, User
from explorer.actors import actor_of
from explorer.views.errors import error_page
from explorer.views.signing import forget, known_browser, put, sign_in, take
from registry import audit
from registry.actor import Actor, client_address
from registry.denials import Attempt, DenialKind

_HALFWAY = "halfway_in"
_HALFWAY_FOR = 300
"""Seconds that someone has for the code of the second factor, after the password."""


class SignIn(accounts.SignIn):
    """The sign-in page; each success and each failure is an event."""

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        provider = settings.OIDC["name"] if settings.OIDC["issuer"] else ""
        return super().get_context_data(provider=provider, **context)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count the attempt before anything is hashed."""
        name = typed_name(request)
        browser = known_browser(request, User.objects.filter(user_name=name).first())
        self.attempt = throttle.sign_in(account=name, address=client_address(request), browser=browser)
        try:
            self.attempt.begin()
            return super().post(request, *args, **kwargs)
        except throttle.TooManyAttempts:
            audit.sign_in_denied(_attempt(request), "password", kind=DenialKind.LOCKED_OUT)
            raise
        except Busy:
            self.attempt.give_back()
            raise

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        self.attempt.give_back()
        user = form.get_user()
        if not SecondFactor.objects.filter(user=user).exists():
            return sign_in(self.request, user, "password", self.get_redirect_url())
        response = redirect("sign-in-code")
        halfway = {"user": user.pk, "hash": user.get_session_auth_hash(), "next": self.get_redirect_url()}
        put(response, _HALFWAY, halfway, seconds=_HALFWAY_FOR, path=reverse("sign-in-code"))
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        audit.sign_in_denied(_attempt(self.request), "password")
        return super().form_invalid(form)


@login_not_required
@never_cache
def enter_code(request: HttpRequest) -> HttpResponse:
    """The second step: the code of an app, or a recovery code."""
    halfway = take(request, _HALFWAY, seconds=_HALFWAY_FOR)
    user = _on_the_way(halfway)
    if user is None:
        return redirect("login")
    form = Code(request.POST if request.method == "POST" else None)
    if form.is_valid():
        attempt = throttle.code(user=user, browser=known_browser(request, user))
        how = _use_code(request, attempt, user, form.cleaned_data["code"])
        if how:
            response = sign_in(request, user, f"password and {how}", halfway["next"])
            forget(response, _HALFWAY, path=reverse("sign-in-code"))
            return response
        form.add_error("code", "The code is wrong, or has been used.")
    return render(request, "accounts/enter_code.html", {"form": form})


def _use_code(request: HttpRequest, attempt: throttle.CountedAttempt, user: User, code: str) -> str:
    """What kind of code it was, if it is accepted; every other one is a denied event."""
    try:
        attempt.begin()
        factor = SecondFactor.objects.get(user=user)
        if how := factor.use(code):
            attempt.give_back()
            return how
    except throttle.TooManyAttempts:
        audit.sign_in_denied(Actor.of_nobody(request, user.user_name), "code", kind=DenialKind.LOCKED_OUT)
        raise
    audit.sign_in_denied(Actor.of_nobody(request, user.user_name), "code")
    return ""


def _on_the_way(halfway: dict[str, Any]) -> User | None:
    """The user who has given their password, which is still current, and has not given a code yet."""
    user = User.objects.filter(pk=halfway.get("user", 0), is_active=True, second_factor__isnull=False).first()
    is_current = user is not None and constant_time_compare(user.get_session_auth_hash(), halfway["hash"])
    return user if is_current else None


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out, and have the browser forget what it keeps of this site: pages, and what was looked at last."""
    if request.user.is_authenticated:
        audit.signed_out(actor_of(request))
        logout(request)
    response = redirect(settings.LOGOUT_REDIRECT_URL)
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@login_not_required
def admin_door(request: HttpRequest) -> HttpResponse:
    """Where the Django admin sends people it does not let in: to the one sign-in page, as its own leaves no events."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next", reverse("admin:index")))
    if admin.site.has_permission(request):
        return redirect("admin:index")
    audit.refused(actor_of(request), DenialKind.NOT_STAFF, Attempt.OPEN_ADMIN, request.GET.get("next", ""))
    return error_page(request, 403, "The Django admin is for staff.")


def typed_name(request: HttpRequest) -> str:
    """Return the account that is signed in to, as accounts are spelled: another spelling isn't a fresh start."""
    return request.POST.get("username", "").replace("\0", "").strip().lower()[:255]


def _attempt(request: HttpRequest) -> Actor:
    """Someone who tries to sign in: no one yet, under the name that was typed."""
    return Actor.of_nobody(request, typed_name(request))
