"""Code in Markdown, with colors: Pygments reads it, and five classes are enough."""

from __future__ import annotations

import html
import re

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

_BLOCK = re.compile(r'<pre><code class="language-(\w{1,20})">(.*?)</code></pre>', re.DOTALL)
_LANGUAGES = {"bash", "json", "py", "python", "sh", "shell", "sql", "toml", "yaml", "yml"}
"""What is read: the languages that people write about models in, and whose lexers no text keeps busy.

(Those of Scala, R and diffs take seconds for a few letters, with the whole process waiting.)"""
_LONGEST = 3_000
"""Characters of the code of one text that are read; from there on it has no colors."""
_FAMILIES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "code-comment"),
    (String, "code-string"),
    (Number, "code-number"),
    (Keyword, "code-keyword"),
    (Operator.Word, "code-keyword"),
    (Name.Function, "code-name"),
    (Name.Class, "code-name"),
    (Name.Decorator, "code-name"),
    (Name.Builtin, "code-name"),
    (Name.Tag, "code-name"),
)
CLASSES = sorted({name for _, name in _FAMILIES})


def colored(markup: str) -> str:
    """Return the HTML that the parser of Markdown has made, with its blocks of code in colors."""
    left = _LONGEST

    def block(found: re.Match[str]) -> str:
        nonlocal left
        language, text = found[1].lower(), html.unescape(found[2])
        left -= len(text)
        if language not in _LANGUAGES or left < 0:
            return f"<pre><code>{found[2]}</code></pre>"
        pieces = get_lexer_by_name(language, ensurenl=False, stripnl=False).get_tokens(text)
        return f"<pre><code>{''.join(_piece(kind, piece) for kind, piece in pieces)}</code></pre>"

    return _BLOCK.sub(block, markup)


def _piece(kind: _TokenType, text: str) -> str:
    shown = html.escape(text, quote=False)
    family = next((name for token, name in _FAMILIES if kind[: len(token)] == token), "")
    return f'<span class="{family}">{shown}</span>' if family else shown
