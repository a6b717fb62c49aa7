"""Tables of the README that tests write: each stands between two comments, and is written anew by WRITE_README=1."""

import os
import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def require_table(name, table):
    """Assert that the README has ``table`` between the comments called ``name``, or write it there."""
    block = re.compile(rf"(<!-- {re.escape(name)} -->\n)(.*?)(\n<!-- /{re.escape(name)} -->)", re.DOTALL)
    text = README.read_text(encoding="utf-8")
    if os.environ.get("WRITE_README"):
        README.write_text(block.sub(lambda found: found[1] + table + found[3], text), encoding="utf-8")
    else:
        assert block.search(text)[2] == table
