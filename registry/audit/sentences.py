"""Audit events as people read them: what someone did, in one sentence without a subject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry.audit.actions import Action, action_called
from registry.denials import DenialKind
from registry.models import AuditEvent

Parameters = Mapping[str, Any]

_REFUSED: dict[DenialKind, str] = {
    DenialKind.MISSING_PRIVILEGE: "was denied {action}",
    DenialKind.NARROW_TOKEN: "was denied {action} with a token of too narrow a scope",
    DenialKind.HIDDEN_OBJECT: "asked for an object hidden from them ({action})",
    DenialKind.NO_CREDENTIAL: "sent no token",
    DenialKind.UNKNOWN_TOKEN: "used an unknown token",
    DenialKind.EXPIRED_TOKEN: "used an expired token",
    DenialKind.REVOKED_TOKEN: "used a revoked token",
    DenialKind.FORGED_URL: "used a forged signed URL",
    DenialKind.EXPIRED_URL: "used an expired signed URL",
    DenialKind.REVOKED_URL: "used a signed URL that is no longer valid",
    DenialKind.FORGED_UPLOAD_SESSION: "used an upload session that is forged, expired or someone else's",
    DenialKind.FAILED_SIGN_IN: "failed to sign in",
    DenialKind.LOCKED_OUT: "was locked out after too many attempts to sign in",
    DenialKind.WRONG_PASSWORD: "gave a wrong password ({action})",
    DenialKind.DEACTIVATED_ACCOUNT: "used a deactivated account",
    DenialKind.OAUTH_REQUEST: "was refused an OAuth token",
    DenialKind.FORGED_FORM: "sent a form without a valid CSRF token",
    DenialKind.NOT_STAFF: "was denied the Django admin",
}
_COUNTED = {
    "addresses": "from ",
    "tokens": "with the token ",
    "principals": "as ",
    "operations": "",
    "objects": "on ",
}
"""What a folded event counts, and how that is worded."""


def _denied(event: AuditEvent) -> str:
    if event.action_name == Action.FOLDED_DENIALS:
        return f"was denied more often than is listed one by one: {event.error_message}"
    kind = event.parameters.get("kind", DenialKind.MISSING_PRIVILEGE)
    words = _REFUSED.get(kind, _REFUSED[DenialKind.MISSING_PRIVILEGE]).format(action=event.action_name)
    method = f" by {event.parameters['method']}" if event.parameters.get("method") else ""
    return f"{words}{method}: {event.error_message}".removesuffix(": ")


def counted(parameters: Parameters) -> str:
    """Return the counts of folded denials as words: how many of each kind, of what, on what, from where, and so on."""
    others = parameters.get("others", {})
    kinds = ", ".join(
        f"{number} × {kind.replace('_', ' ').lower()}" for kind, number in _by_number(parameters["kinds"])
    )
    parts = [f"{parameters['count']} {'denial' if parameters['count'] == 1 else 'denials'}: {kinds}"]
    for what, lead in _COUNTED.items():
        names = [f"{_printable(name)} ({number})" for name, number in _by_number(parameters.get(what, {}))]
        more = [f"and {others[what]} more"] if others.get(what) else []
        parts += [f"{lead}{', '.join(names + more)}"] if names else []
    return "; ".join(parts)


def _by_number(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def _printable(text: str) -> str:
    """What an attacker chose cannot make lines of its own in a log."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def sentence(event: AuditEvent) -> str:
    """Return what the event says, for a list that names its actor and its object."""
    if event.is_denied:
        return _denied(event)
    action = action_called(event.action_name)
    try:
        return action.say(event.parameters) if action else event.action_name
    except (KeyError, TypeError, AttributeError):
        return event.action_name  # an event of an older release, which said less
