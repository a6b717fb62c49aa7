"""The reader's own account: groups, sessions, how often news comes by e-mail, and where short names begin."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.models import groups_of
from accounts.sessions import uid_of
from explorer.actors import actor_of
from registry.exceptions import InvalidParameterValue
from registry.models import MailPreference
from registry.services.activity import notifications
from registry.services.finding import namespaces
from registry.services.people import second_factors, sessions


def index(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "groups": groups_of(actor.principal),
        "sessions": sessions.list_sessions(actor=actor),
        "second_factor": second_factors.find_second_factor(actor=actor),
        "this_session": uid_of(request.session),
        "frequency": notifications.mail_frequency(actor=actor),
        "frequencies": MailPreference.Frequency.choices,
        "mail_is_set_up": settings.MAIL_IS_SET_UP,
        "namespace": namespaces.chosen_namespace(actor=actor),
        "namespace_of_all": ".".join(settings.DEFAULT_NAMESPACE),
    }
    return render(request, "explorer/profile/index.html", context)


@require_POST
def end_session(request: HttpRequest, uid: UUID) -> HttpResponse:
    sessions.end_session(actor=actor_of(request), uid=uid)
    return redirect("profile")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    sessions.end_other_sessions(actor=actor_of(request), keep=uid_of(request.session))
    return redirect("profile")


@require_POST
def choose_mail(request: HttpRequest) -> HttpResponse:
    """Choose how often news comes by e-mail (``frequency``)."""
    frequency = request.POST.get("frequency", "")
    if frequency not in MailPreference.Frequency.values:
        raise InvalidParameterValue("Unknown frequency.")
    notifications.choose_mail_frequency(actor=actor_of(request), frequency=MailPreference.Frequency(frequency))
    return redirect("profile")


@require_POST
def choose_namespace(request: HttpRequest) -> HttpResponse:
    """Choose the catalog and schema in which short names are found (``namespace``; empty for the installation's)."""
    namespaces.choose_namespace(actor=actor_of(request), name=request.POST.get("namespace", ""))
    return redirect("profile")
