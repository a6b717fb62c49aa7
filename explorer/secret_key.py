"""The installation's secret key: made once, kept in DATA_DIR, readable by its owner alone."""

import os
import secrets
import tempfile
from pathlib import Path


def read_or_create(path: Path) -> str:
    """Return the key kept at ``path``; the first of several processes to ask makes it (mode 0600)."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp creates with mode 0600, and link() gives the finished file its name or fails if another was faster.
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret_key-")
        try:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(50))
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()
    return path.read_text().strip()
