"""What settings read from the environment: whole numbers, keys, quotas, and how other servers are reached."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import SimpleLazyObject

from explorer import secret_key, secure_addresses
from registry.exceptions import InvalidParameterValue
from registry.remotes.connection import checked_reach
from registry.storage.roots import checked_root

env = environ.Env()
Default = TypeVar("Default", int, None)


def whole_number(name: str, default: Default, *, least: int = 0) -> int | Default:
    """Read a whole number from the environment; what is none, or less than ``least``, is refused with a sentence."""
    written = env.str(name, default="").strip()
    if not written:
        return default
    try:
        number = int(written)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {written!r}, which is not a whole number.") from error
    if number < least:
        raise ImproperlyConfigured(f"{name} is {number}; it has to be {least} or more.")
    return number


def key(name: str, file: Path) -> str:
    """Return the key that the environment names, or else the one that ``file`` keeps.

    The file is read, or made, when the key is first used: importing the settings writes nothing.
    """
    named = secret_key.from_environment(name, env.str(name, default=""))
    return named or cast("str", SimpleLazyObject(partial(secret_key.read_or_create, file)))


def quotas() -> dict[str, int | None]:
    """Return the limits by their names at Databricks (reference: resource quotas of Unity Catalog). Off unless set."""
    names = (
        "catalogs_per_metastore",
        "schemas_per_catalog",
        "tables_per_schema",
        "registered_models_per_metastore",
        "registered_models_per_schema",
        "model_versions_per_registered_model",
        "bytes_per_catalog",
        "bytes_per_principal",
    )
    return {name: whole_number(f"QUOTA_{name.upper()}", None) for name in names}


def default_namespace() -> tuple[str, ...]:
    """Return the catalog and the schema in which short names of models are found over plain http; none unless set."""
    named = (env.str("DEFAULT_CATALOG", default="").lower(), env.str("DEFAULT_SCHEMA", default="").lower())
    if named[1] and not named[0]:
        raise ImproperlyConfigured("DEFAULT_SCHEMA is set, but DEFAULT_CATALOG isn't: a schema needs its catalog.")
    return tuple(name for name in named if name)


def attached_server() -> tuple[str, str]:
    """Return the address of the MLflow server that keeps runs in place of our own process, and the token for it."""
    url = env.str("TRACKING_URL", default="").strip().rstrip("/")
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise ImproperlyConfigured("TRACKING_URL is not the address of an MLflow server, such as https://mlflow:5000.")
    return url, env.str("TRACKING_TOKEN", default="")


def storage() -> dict[str, Any]:
    """Return where files are kept if not on the disk, where else they may be, and how clients get at them."""
    root = env.str("STORAGE_ROOT", default="")
    return {
        "root": _address("STORAGE_ROOT", root, checked_root) if root.strip() else "",
        "allowed": _addresses("STORAGE_ROOTS", checked_root),
        # Below which addresses models lie that users may register, whoever has put them there; and which servers in
        # the network of this machine are asked.
        "register_from": _addresses("REGISTER_FROM", checked_reach),
        # Whether clients may talk to the store themselves, by links and with credentials.
        "direct": env.bool("STORAGE_DIRECT", default=True),
        # The role whose session lets a client of S3 into one version (STS).
        "role_arn": env.str("STORAGE_ROLE_ARN", default=""),
    }


def _addresses(name: str, checked: Callable[[str], str]) -> list[str]:
    named = (address.strip() for address in env.str(name, default="").split(","))
    return [_address(name, address, checked) for address in named if address]


def _address(name: str, text: str, checked: Callable[[str], str]) -> str:
    try:
        return checked(text)
    except InvalidParameterValue as error:
        raise ImproperlyConfigured(f"{name}: {error.message}") from error


def ai() -> dict[str, Any]:
    """Return how the language model that suggests descriptions is reached, where one is named."""
    return {
        "base_url": env.str("AI_BASE_URL", default="").rstrip("/"),
        "model": env.str("AI_MODEL", default="gpt-4o-mini"),
        "api_key": env.str("AI_API_KEY", default=""),
    }


def oidc() -> dict[str, Any]:
    """Return how the provider of single sign-on is reached, where one is named."""
    return {
        "issuer": secure_addresses.required("OIDC_ISSUER", env.str("OIDC_ISSUER", default="").rstrip("/")),
        "client_id": env.str("OIDC_CLIENT_ID", default=""),
        "client_secret": env.str("OIDC_CLIENT_SECRET", default=""),
        "name": env.str("OIDC_NAME", default="single sign-on"),
        "scope": env.str("OIDC_SCOPE", default="openid email profile"),
        # Whether the provider's e-mails count although it does not say that it has verified them.
        "trust_email": env.bool("OIDC_TRUST_EMAIL", default=False),
        "groups_claim": env.str("OIDC_GROUPS_CLAIM", default="groups"),
    }


def broker_options(redis_url: str, folder: Path) -> dict[str, Any]:
    """Return kombu's options for Redis, or for the messages that are files in ``folder``."""
    if redis_url:
        return {
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            # A broker that hangs is no better than one that is away.
            "socket_connect_timeout": 1,
            "socket_timeout": 1,
            "max_retries": 0,
            "interval_start": 0,
        }
    return {
        "data_folder_in": folder / "messages",
        "data_folder_out": folder / "messages",
        "control_folder": folder / "control",
        "polling_interval": 0.1,
    }
