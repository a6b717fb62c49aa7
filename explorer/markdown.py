"""Markdown as sanitized HTML, and what it may cost: every reader of a page pays for what one person has written.

GitHub's parser takes time that grows only with the text's length. What grows faster is bounded here: cells of
tables, the HTML that is made, and how deeply it is nested. A text beyond these bounds is shown as it is written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import lru_cache, partial
from urllib.parse import unquote

import cmarkgfm
import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from explorer import code_colors
from registry.services.activity.mentions import MENTION

_DRAWN = 65_536
"""Characters of a text that is drawn; what is longer (a file: descriptions are not) is shown as it is written."""
_CELLS = 20_000
"""A few short lines can mean a table of a hundred million cells: from here on tables stay text."""
_HTML = 256 * 1024
"""Characters of HTML that a text may become."""
_DEEPEST = 100
"""Elements within one another: the sanitizer walks up through all of them for each."""
_PARAGRAPH = 2_000
"""Characters of a text that are looked at for its first paragraph."""
_KEPT = 128
"""Texts whose HTML is kept."""

_EXTENSIONS = ["strikethrough", "autolink", "tasklist"]
_TAGS = nh3.ALLOWED_TAGS
_LESS = "\ue000"
"""Replaces a ``<`` that begins no address while the parser reads: it would leave raw HTML out, and we show it."""
_BEGINS_HTML = re.compile(r"<(?!(?:https?|mailto):[^\s<>]*>)")
_PICTURE = re.compile(r'(<a href="[^"]*"(?: title="[^"]*")?>)?<img src="([^"]*)" alt="([^"]*)"(?: title="[^"]*")? />')
_RELATIVE = re.compile(r"[\w%()+,=@~-][\w%()+,=@~./ -]*", re.ASCII)
_CLIMBS = re.compile(r"\.\.|%2e|%2f|%5c", re.IGNORECASE)  # a browser reads %2e%2e as two periods, too
_BOX = re.compile(r'<input type="checkbox" (checked="" )?disabled="" />')
_ELEMENT = re.compile(r"<(/?)(\w+)[^>]*>")
_VOID = {"br", "hr", "img", "input"}
_PARTS = re.compile(r"(<[^>]*>)")
_MENTIONED = re.compile(r'(?<![\w@`])@(?:<code>([^<\n]{1,255})</code>|<a href="mailto:[^"]*">([^<]*)</a>)')


@dataclass(frozen=True)
class Pictures:
    """The pictures that a text may show: those below an address of ours whose paths ``known`` returns.

    It is asked only where a text has some, and always has the same.
    """

    address: str
    known: Callable[[], Collection[str]] = field(compare=False)

    def has(self, source: str) -> bool:
        """Return whether ``source``, as a text names it, is one of them."""
        is_below = _RELATIVE.fullmatch(source) and not _CLIMBS.search(source)
        return bool(is_below) and unquote(html.unescape(source)) in self.known()


def markdown(text: str, pictures: Pictures | None = None) -> SafeString:
    """Return the HTML of a description: no raw HTML, code with colors, links that vouch for nothing.

    Pictures are links, except for ``pictures``, which are named by their paths.
    """
    return _drawn(text, pictures, has_mentions=False)


def discussion_text(text: str, pictures: Pictures | None = None) -> SafeString:
    """Return the HTML of a comment, in which who is mentioned stands out."""
    return _drawn(text, pictures, has_mentions=True)


def first_paragraph(text: str) -> str:
    """Return the first paragraph of a Markdown text as plain words, for lists."""
    paragraph = _parsed(text.strip()[:_PARAGRAPH].split("\n\n")[0])
    return html.unescape(nh3.clean(paragraph, tags=set())).strip()


@lru_cache(maxsize=_KEPT)
def _drawn(text: str, pictures: Pictures | None, *, has_mentions: bool) -> SafeString:
    markup = _parsed(text, pictures) if len(text) <= _DRAWN else ""
    if len(text) > _DRAWN or len(markup) > _HTML or _depth(markup) > _DEEPEST:
        return format_html("<pre>{}</pre>", text)
    if has_mentions:
        markup = _with_mentions(markup)
    return mark_safe(_cleaned(code_colors.colored(markup), pictures))  # noqa: S308 (just cleaned)


def _cleaned(markup: str, pictures: Pictures | None) -> str:
    """The HTML with only what is known to be harmless: of pictures, only those below the address of ``pictures``."""

    def allowed(element: str, attribute: str, value: str) -> str | None:
        is_ours = element != "img" or attribute != "src" or (pictures and value.startswith(pictures.address))
        return value if is_ours else None

    classes = {"span": set(code_colors.CLASSES)}
    return nh3.clean(
        markup, tags=_TAGS, link_rel="noopener noreferrer nofollow", allowed_classes=classes, attribute_filter=allowed
    )


def _parsed(text: str, pictures: Pictures | None = None) -> str:
    """The HTML as the parser makes it, with most pictures as links and boxes as characters."""
    extensions = [*_EXTENSIONS, "table"] if _cells(text) <= _CELLS else _EXTENSIONS
    source = _BEGINS_HTML.sub(_LESS, text.replace(_LESS, ""))
    markup = cmarkgfm.markdown_to_html_with_extensions(source, extensions=extensions).replace(_LESS, "&lt;")
    markup = _BOX.sub(lambda box: "☑" if box[1] else "☐", _PICTURE.sub(partial(_picture, pictures), markup))
    return markup.replace('<a href="">', "<a>")  # an address that the parser does not trust is none


def _cells(text: str) -> int:
    """How many cells a table in ``text`` can have: its rows are lines without an empty one between them."""
    columns = max((line.count("|") for line in text.splitlines()), default=0)
    if not columns:
        return 0
    rows = most = 0
    for line in text.splitlines():
        rows = rows + 1 if line.strip() else 0
        most = max(most, rows)
    return columns * most


def _depth(markup: str) -> int:
    """How many elements are open at once, where most are."""
    depth = most = 0
    for closes, name in _ELEMENT.findall(markup):
        if name not in _VOID:
            depth += -1 if closes else 1
            most = max(most, depth)
    return most


def _picture(pictures: Pictures | None, picture: re.Match[str]) -> str:
    """One of ``pictures``; any other is a link to it, or the words of the link that it is in.

    None is loaded from elsewhere: that would reveal who reads.
    """
    link, source, words = picture.groups()
    if pictures is not None and pictures.has(source):
        return f'{link or ""}<img src="{pictures.address}{source}" alt="{words}">'
    return f"{link}{words or source}" if link else f'<a href="{source}">{words or source}</a>'


def _with_mentions(markup: str) -> str:
    """Make strong what ``MENTION`` matches: a group in backticks is code by now, and an e-mail address a link."""
    markup = _MENTIONED.sub(lambda name: f"<strong>@{name[1] or name[2]}</strong>", markup)
    pieces, quiet = _PARTS.split(markup), 0
    for place, piece in enumerate(pieces):
        if element := _ELEMENT.fullmatch(piece):
            quiet += (-1 if element[1] else 1) * (element[2] in ("a", "code", "strong"))
        elif not quiet:
            pieces[place] = MENTION.sub(r"<strong>\g<0></strong>", piece)
    return "".join(pieces)
