"""The provider of single sign-on that the settings name, as OpenID Connect's client sees it. (Authlib speaks it.)"""

from __future__ import annotations

from typing import Any

from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.utils.crypto import constant_time_compare

from explorer.secure_addresses import is_secure

ALGORITHMS = {
    f"{kind}{length}" for kind in ("RS", "PS", "ES") for length in (256, 384, 512)
} | {"EdDSA", "Ed25519"}  # fmt: skip
"""Signatures by a key that only the provider has, whatever else its metadata lists: neither none nor HS256, which
anyone who knows the client can make."""
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")


class Distrusted(Exception):
    """The provider, or an answer in its name, is not to be relied on."""


def begin(redirect_uri: str, **parameters: str) -> tuple[str, dict[str, str]]:
    """Return the address to send someone to, and what has to be known when they come back.

    With proof keys (RFC 7636), a state and a nonce.
    """
    begun = _connect().create_authorization_url(redirect_uri, **parameters)
    return begun.pop("url"), begun


def finish(redirect_uri: str, begun: dict[str, Any], answer: dict[str, str]) -> dict[str, Any]:
    """Return what the verified ID token says, and of the groups, if it does not, what the provider says when asked."""
    if not begun or not constant_time_compare(begun["state"], answer.get("state", "")):
        raise Distrusted("The answer was not asked for by this browser.")
    if "code" not in answer:
        raise Distrusted(f"The provider answered {answer.get('error', 'nothing')[:100]!r}.")
    client = _connect()
    token = client.fetch_access_token(
        redirect_uri=redirect_uri, code=answer["code"], state=begun["state"], code_verifier=begun["code_verifier"]
    )
    id_token = client.parse_id_token(token, nonce=begun["nonce"], claims_options=_claims_of(client))
    if id_token is None:
        raise Distrusted("The provider sent no ID token.")
    claims = dict(id_token)
    if settings.OIDC["groups_claim"] not in claims and client.server_metadata.get("userinfo_endpoint"):
        more = client.userinfo(token=token)
        claims = {**more, **claims} if more["sub"] == claims["sub"] else claims
    return claims


def _claims_of(client: Any) -> dict[str, dict[str, Any]]:
    """What an ID token has to say. (Authlib by itself takes one for someone else that names us as ``azp``.)"""
    return {
        "iss": {"essential": True, "value": client.server_metadata["issuer"]},
        "aud": {"essential": True, "value": client.client_id},
    }


def _connect() -> Any:
    oidc = settings.OIDC
    client = OAuth().register(
        "provider",
        client_id=oidc["client_id"],
        client_secret=oidc["client_secret"],
        server_metadata_url=f"{oidc['issuer']}/.well-known/openid-configuration",
        client_kwargs={"scope": oidc["scope"], "code_challenge_method": "S256", "timeout": 10},
    )
    _require_secure(oidc["issuer"])
    metadata = client.load_server_metadata()
    if str(metadata.get("issuer", "")).rstrip("/") != oidc["issuer"]:
        raise Distrusted(f"OIDC_ISSUER is {oidc['issuer']!r}, and its metadata are of {metadata.get('issuer')!r}.")
    for name in _ENDPOINTS:
        if name in metadata:
            _require_secure(metadata[name])
    listed = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    metadata["id_token_signing_alg_values_supported"] = sorted(ALGORITHMS.intersection(listed)) or ["RS256"]
    return client


def _require_secure(address: str) -> None:
    if not is_secure(address):
        raise Distrusted(f"{address!r} does not begin with https://.")
