"""Tokens and OAuth secrets: requests read here, rows written here. Times in milliseconds; -1 is never."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from accounts.models import OAuthSecret, PersonalAccessToken, Scope
from registry import limits
from registry.api.fields import Items, TextField, milliseconds

_LONGEST = limits.TOKEN_LIFETIME_DAYS * 24 * 3600


class CreateToken(serializers.Serializer[Any]):
    """``scopes`` are those of this server; the widest of several counts, and without one the token carries all rights.

    Databricks' own `all-apis` also counts as that.
    """

    comment = TextField(default="", max_length=255)
    scopes = Items(
        serializers.ChoiceField(choices=[*Scope.values, "all-apis"]),
        required=False,
        allow_null=True,
        max_length=4,
    )
    lifetime_seconds = serializers.IntegerField(required=False, allow_null=True, max_value=_LONGEST)


class CreateTokenFor(CreateToken):
    application_id = serializers.CharField(max_length=255)


class TokenId(serializers.Serializer[Any]):
    token_id = serializers.UUIDField()


class ListTokens(serializers.Serializer[Any]):
    created_by_username = TextField(default="")
    created_by_id = serializers.IntegerField(required=False, min_value=0, max_value=2**53)


class CreateSecret(serializers.Serializer[Any]):
    lifetime = serializers.RegexField(r"^\d{1,10}s$", required=False)


class TokenInfo(TypedDict):
    token_id: str
    comment: str
    scopes: list[str]
    creation_time: int
    expiry_time: int
    created_by_id: NotRequired[int]
    created_by_username: NotRequired[str]
    owner_id: NotRequired[int]


class CreatedToken(TypedDict):
    token_value: str
    token_info: TokenInfo


class TokenList(TypedDict):
    token_infos: list[TokenInfo]


class TokenAnswer(TypedDict):
    token_info: TokenInfo


class SecretInfo(TypedDict):
    id: str
    status: str
    secret_hash: str
    create_time: str
    expire_time: str
    secret: NotRequired[str]


class SecretList(TypedDict):
    secrets: list[SecretInfo]
    next_page_token: NotRequired[str]


def lifetime_of(seconds: int | None) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds and seconds > 0 else None


def token_info(token: PersonalAccessToken) -> TokenInfo:
    return {
        "token_id": str(token.uid),
        "comment": token.comment,
        "scopes": [token.scope],
        "creation_time": milliseconds(token.created_at),
        "expiry_time": milliseconds(token.expires_at) if token.expires_at else -1,
    }


def owned_token_info(token: PersonalAccessToken) -> TokenInfo:
    """A token as administrators see it: with its owner, and without its secret.

    Its creator is given as its owner, as clients look for it there; a token that an administrator made for a
    service principal is no exception, and the audit event names the administrator.
    """
    return {
        **token_info(token),
        "created_by_id": token.user_id,
        "created_by_username": token.user.user_name,
        "owner_id": token.user_id,
    }


def secret_info(secret: OAuthSecret) -> SecretInfo:
    return {
        "id": str(secret.uid),
        "status": "ACTIVE",
        "secret_hash": secret.digest,
        "create_time": secret.created_at.isoformat(),
        "expire_time": secret.expires_at.isoformat(),
    }
