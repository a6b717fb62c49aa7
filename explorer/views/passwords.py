"""Changing the reader's own password."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.forms import OwnPassword
from accounts.models import User
from accounts.sessions import note_proof, uid_of
from explorer.actors import actor_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.proof import proves_password
from registry.services.people import principals, sessions


class ProvedOwnPassword(OwnPassword):
    """The form in a request: the old password is checked by the way that counts and records attempts."""

    def __init__(self, request: HttpRequest, user: User) -> None:
        self.request = request
        super().__init__(user, submitted(request))

    def clean_old_password(self) -> str:
        old: str = self.cleaned_data["old_password"]
        if not proves_password(self.request, old):
            self.add_error("old_password", self.error_messages["password_incorrect"])
        return old


def change_password(request: HttpRequest) -> HttpResponse:
    """The reader's own password; all other sessions end."""
    user = actor_of(request).principal
    lead = "Your other sessions end."
    if user.must_change_password:
        lead = "Someone else set the password that you signed in with. Choose one that only you know."
    dialog = Dialog("Change your password", "Save", reverse("profile"), lead)

    def perform(fields: Fields) -> None:
        principals.change_own_password(
            actor=actor_of(request), password=fields["new_password1"], end_tokens=fields["end_tokens"]
        )
        update_session_auth_hash(request, user)
        note_proof(request.session)
        sessions.end_other_sessions(actor=actor_of(request), keep=uid_of(request.session))

    return answer(request, dialog, ProvedOwnPassword(request, user), perform)
