"""Signing out, which is an event."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse

from explorer.actors import actor_of
from registry import audit


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            audit.signed_out(actor_of(request))
        return super().post(request, *args, **kwargs)
