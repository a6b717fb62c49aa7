"""Tokens: the caller's own, everyone's for administrators, and the OAuth secrets of service principals."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from accounts.models import User
from registry import limits
from registry.api.base import ApiView, Nothing, Params, asks
from registry.api.identities import scope_of
from registry.api.tokens import serializers as wire
from registry.services.people import principals, tokens


class CreateToken(ApiView):
    @asks(wire.CreateToken)
    def post(self, params: Params) -> wire.CreatedToken:
        lifetime = wire.lifetime_of(params.get("lifetime_seconds"))
        token, secret = tokens.create_token(
            actor=self.actor, comment=params["comment"], lifetime=lifetime, scope=scope_of(params.get("scopes"))
        )
        return {"token_value": secret, "token_info": wire.token_info(token)}


class ListTokens(ApiView):
    @asks()
    def get(self) -> wire.TokenList:
        return {"token_infos": [wire.token_info(token) for token in tokens.list_tokens(actor=self.actor)]}


class RotateToken(ApiView):
    @asks(wire.TokenId)
    def post(self, params: Params) -> wire.CreatedToken:
        """Replace a token with a new one with its name, scope and lifetime; the old one ends now."""
        token, secret = tokens.rotate_token(actor=self.actor, uid=params["token_id"])
        return {"token_value": secret, "token_info": wire.token_info(token)}


class DeleteToken(ApiView):
    @asks(wire.TokenId)
    def post(self, params: Params) -> Nothing:
        tokens.revoke_token(actor=self.actor, uid=params["token_id"])
        return {}


class AllTokens(ApiView):
    @asks(wire.ListTokens)
    def get(self, params: Params) -> wire.TokenList:
        rows = tokens.list_all_tokens(actor=self.actor)
        if params["created_by_username"]:
            rows = rows.filter(user__user_name=params["created_by_username"].lower())
        if "created_by_id" in params:
            rows = rows.filter(user=params["created_by_id"])
        return {"token_infos": [wire.owned_token_info(token) for token in rows]}


class AnyToken(ApiView):
    @asks()
    def get(self, uid: UUID) -> wire.TokenAnswer:
        return {"token_info": wire.owned_token_info(tokens.get_any_token(actor=self.actor, uid=uid))}

    @asks()
    def delete(self, uid: UUID) -> Nothing:
        tokens.revoke_any_token(actor=self.actor, uid=uid)
        return {}


class CreateTokenFor(ApiView):
    @asks(wire.CreateTokenFor)
    def post(self, params: Params) -> wire.CreatedToken:
        token, secret = tokens.create_token_for(
            actor=self.actor, application_id=params["application_id"], comment=params["comment"],
            lifetime=wire.lifetime_of(params.get("lifetime_seconds")), scope=scope_of(params.get("scopes")),
        )  # fmt: skip
        return {"token_value": secret, "token_info": wire.owned_token_info(token)}


class SecretsView(ApiView):
    def owner(self, principal_id: int) -> User:
        return principals.get_user(pk=principal_id, kind=User.Kind.SERVICE_PRINCIPAL)


class Secrets(SecretsView):
    @asks()
    def get(self, principal_id: int) -> wire.SecretList:
        rows = tokens.list_secrets(actor=self.actor, owner=self.owner(principal_id))
        return {"secrets": [wire.secret_info(secret) for secret in rows]}

    @asks(wire.CreateSecret)
    def post(self, params: Params, principal_id: int) -> wire.SecretInfo:
        days = timedelta(days=limits.OAUTH_SECRET_LIFETIME_DAYS)
        lifetime = timedelta(seconds=int(params["lifetime"][:-1])) if "lifetime" in params else days
        secret, text = tokens.create_secret(
            actor=self.actor, owner=self.owner(principal_id), lifetime=min(lifetime, days)
        )
        return {**wire.secret_info(secret), "secret": text}


class Secret(SecretsView):
    @asks()
    def delete(self, principal_id: int, uid: UUID) -> Nothing:
        tokens.delete_secret(actor=self.actor, owner=self.owner(principal_id), uid=uid)
        return {}
