"""Who the user is that an OpenID Connect provider has signed in, and in which groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import EVERYONE, User
from registry import audit, authorization
from registry.actor import Actor
from registry.audit.actions import Action
from registry.denials import DenialKind
from registry.exceptions import InvalidParameterValue, PermissionDenied
from registry.models import locks

MOST_GROUPS = 1_000


def user_of_claims(*, actor: Actor, claims: Mapping[str, Any]) -> User:
    """Return the account of the person that ``claims`` (of a verified ID token) describe, made if need be.

    It is found by the provider's own key for the person (issuer and subject), and by its e-mail only the first time:
    an e-mail that the provider gives to someone else later opens nothing.
    """
    subject = subject_of(claims)
    with transaction.atomic():
        locks.share_principals()
        user = User.objects.filter(sso_subject=subject).first() or _first_time(actor, claims, subject)
        user = locks.hold(user)  # a user who signs in twice at once joins the groups once
        if not user.is_active:
            raise _refusal(actor, user.user_name, f"The account {user} has been deactivated.")
        name = _printable(claims.get("name"))[:255]
        if name and name != user.display_name:
            audit.principal_updated(actor, user, {"display_name": [user.display_name, name]})
            user.display_name = name
            user.save(update_fields=["display_name"])
        _follow_groups(actor, user, claims)
    return user


def subject_of(claims: Mapping[str, Any]) -> str:
    """Return the provider's own key for the person."""
    return f"{claims['iss']} {claims['sub']}"[:500]


def _first_time(actor: Actor, claims: Mapping[str, Any], subject: str) -> User:
    email = _printable(claims.get("email")).lower()
    if not email:
        raise InvalidParameterValue("The provider sends no e-mail address: the client needs the scope `email`.")
    if claims.get("email_verified") is not True and not settings.OIDC["trust_email"]:
        message = f"The provider does not say that it has verified the e-mail {email} (OIDC_TRUST_EMAIL)."
        raise _refusal(actor, email, message)
    user = User.objects.filter(user_name=email).first()
    if user is None:
        user = _create(actor, email, subject)
    elif user.sso_subject is not None or user.kind != User.Kind.USER:
        raise _refusal(actor, email, f"The account {email} belongs to someone else at the provider.")
    elif user.is_superuser or user.is_staff or user.is_metastore_admin:
        words = f"{email} administrates this server: such an account is never found by its e-mail."
        raise _refusal(actor, email, words)
    else:
        user.sso_subject = subject
        user.save(update_fields=["sso_subject"])
        audit.principal_updated(actor, user, ["sso_subject"])
    return user


def _refusal(actor: Actor, name: str, message: str) -> PermissionDenied:
    return authorization.refusal_of(actor, DenialKind.FAILED_SIGN_IN, Action.LOGIN, name, message)


def _create(actor: Actor, email: str, subject: str) -> User:
    try:
        user = User.objects.create_user(email, sso_subject=subject)
    except ValidationError as error:
        raise InvalidParameterValue(f"{email[:300]!r} is not an e-mail that can have an account.") from error
    audit.principal_created(actor, user)
    return user


def _printable(text: object) -> str:
    return "".join(character for character in str(text or "") if character.isprintable()).strip()


def _follow_groups(actor: Actor, user: User, claims: Mapping[str, Any]) -> None:
    """Put ``user`` into the groups that the claim names, and out of those that it named before.

    Groups that are missing are made. Memberships that were given here are left as they are. A claim that is absent
    names no groups: some providers leave it out for users who are in none.
    """
    claim = claims.get(settings.OIDC["groups_claim"]) or []
    names = {_printable(name) for name in (claim if isinstance(claim, list) else [claim])} - {"", EVERYONE}
    named = {_group(actor, name) for name in sorted(names)[:MOST_GROUPS] if len(name) <= 150}
    given = set(user.sso_groups.all())
    already = set(user.groups.all())
    joined, left = named - already, (given - named) & already
    if joined or left:
        user.groups.add(*joined)
        user.groups.remove(*left)
        changed = {"joined": sorted(map(str, joined)), "left": sorted(map(str, left))}
        audit.principal_updated(actor, user, changed)
    user.sso_groups.set((given & named) | joined)


def _group(actor: Actor, name: str) -> Group:
    group, is_new = Group.objects.get_or_create(name=name)
    if is_new:
        audit.principal_created(actor, group)
    return group
