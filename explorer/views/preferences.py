"""What people set for themselves: the theme (in a cookie), pins, and jobs that they put away."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from explorer.actors import actor_of
from explorer.navigation import THEMES
from explorer.views.finding import find_securable
from registry.services.finding import pins
from registry.services.versions import jobs


@login_not_required
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember the theme in a cookie."""
    theme, response = request.POST.get("theme", ""), _back(request)
    if theme in THEMES:
        response.set_cookie(
            settings.THEME_COOKIE_NAME, theme, max_age=365 * 24 * 3600, samesite="Lax", secure=settings.SECURE_COOKIES
        )
    return response


@require_POST
def pin(request: HttpRequest, securable_type: str, full_name: str) -> HttpResponse:
    """Put an object at the top of the reader's tree, or take it away from there (``unpin``)."""
    securable = find_securable(request, securable_type, full_name)
    change = pins.unpin if "unpin" in request.POST else pins.pin
    change(actor=actor_of(request), securable=securable)
    return _back(request)


@require_POST
def dismiss_job(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Take a job that has ended out of the reader's drawer."""
    jobs.dismiss_job(actor=actor_of(request), uid=uid)
    return _back(request)


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """To where the form was, if that is a page of ours."""
    back = request.POST.get("next", "")
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, {request.get_host()})
    return HttpResponseRedirect(back if is_ours else reverse("catalogs"))
