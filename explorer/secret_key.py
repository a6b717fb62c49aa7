"""Keys of the installation: made once, kept in DATA_DIR, readable only by their owner."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from explorer.data_folder import failing_in_a_sentence
from registry.durable import sync_directory, write_draft

LEAST_CHARACTERS, LEAST_DIFFERENT = 50, 5
"""What Django's own check asks of a key (``security.W009``)."""


def from_environment(name: str, key: str) -> str:
    """Return ``key``, which the environment names; ImproperlyConfigured if it could be guessed."""
    if key and (len(key) < LEAST_CHARACTERS or len(set(key)) < LEAST_DIFFERENT):
        raise ImproperlyConfigured(
            f"{name} is too short to be secret: it has to have {LEAST_CHARACTERS} characters or more, as `python -c "
            "'import secrets; print(secrets.token_urlsafe(50))'` makes them."
        )
    return key


def read_or_create(path: Path) -> str:
    """Return the key kept at ``path``; the first of several processes to ask makes it (mode 0600).

    ImproperlyConfigured if there is a file without a key: a new one would not fit what the old one has signed.
    """
    if not path.exists():
        with failing_in_a_sentence(path.parent):
            _create(path)
    try:
        key = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"The key in {path} cannot be read ({error}). {_WAYS_OUT}") from error
    if not key:
        raise ImproperlyConfigured(f"The key file {path} is empty. {_WAYS_OUT}")
    return key


def require(*keys: str) -> None:
    """Read ``keys`` now, or make them: an installation without them does not start."""
    for key in keys:
        bool(key)


def _create(path: Path) -> None:
    draft = write_draft(path, secrets.token_urlsafe(50).encode())
    try:
        # link() gives the finished file its name, or fails if another was faster.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    sync_directory(path.parent)


_WAYS_OUT = (
    "Put it back from a backup, or remove the file for a new key. With a new secret_key everybody signs in again; "
    "with a new audit_key the events so far cannot be verified any more."
)
