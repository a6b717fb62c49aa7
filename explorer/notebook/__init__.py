"""The example notebook: a model's life, with the address of this server and a schema of the reader's already in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NAME = "models_in_unity_catalog.ipynb"
_PARAMETERS = "parameters"
"""The tag of the cell in which a notebook keeps what is set from outside (papermill's convention)."""


def notebook(host: str, schema: str) -> bytes:
    """Return the notebook as a file. ``schema`` is the full name of the one in which it registers its models."""
    document: dict[str, Any] = json.loads(Path(__file__).with_name(NAME).read_text(encoding="utf-8"))
    for cell in document["cells"]:
        if _PARAMETERS in cell["metadata"].get("tags", ()):
            cell["source"] = _SETTINGS.format(host=host, schema=schema)
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


_SETTINGS = 'HOST = {host!r}\nTOKEN = ""  # Settings › My tokens\nSCHEMA = {schema!r}'
