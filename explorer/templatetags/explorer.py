"""What templates need beyond Django's own: icons, Markdown, addresses and the words for objects."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from urllib.parse import urlencode

import nh3
from django import template
from django.contrib.auth.models import Group
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from accounts.models import User
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.navigation import Entry, Node
from registry import names
from registry.audit import sentences
from registry.models import AuditEvent, Job, ModelVersion, Securable
from registry.models.metadata import Tag
from registry.privileges import SecurableType
from registry.services import access_requests
from registry.services.comparison import Row
from registry.services.discussions import MENTION

register = template.Library()


def _markdown(*more: str) -> MarkdownIt:
    """CommonMark without HTML, with the rules that ``more`` names, lists of tasks, and addresses as links."""
    made = MarkdownIt("commonmark", {"html": False, "linkify": True}).enable(["strikethrough", "linkify", *more])
    made.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})  # type: ignore[union-attr]
    made.core.ruler.push("task", _tasks)
    made.add_render_rule("image", _image)
    return made


def _tasks(state: StateCore) -> None:
    """A rule of markdown-it: an item of a list that begins with [ ] or [x] is a task."""
    for item, _, token in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type == "list_item_open" and token.type == "inline" and token.children:
            first = token.children[0]
            first.content = re.sub(r"^\[( |x|X)\] ", lambda box: "☐ " if box[1] == " " else "☑ ", first.content)


def _image(renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    """A picture is a link to it: none is loaded from elsewhere, which would tell who reads."""
    token = tokens[index]
    return format_html('<a href="{0}">{1}</a>', token.attrs["src"], token.content or token.attrs["src"])


_CELLS = 5_000
"""A few short lines can mean a table of a hundred thousand cells: from here on tables stay text."""
_SCANNED = 100_000
"""A bracket that opens within another has the rest of the text read once more: from here on links stay text."""
_IN_A_ROW = 100
"""Each address without a blank before the next has the rest read once more: a longer row of them stays text."""
_DRAWN = 65_536
"""Characters of a text that is drawn; what is longer (a file: descriptions are not) is shown as it is written."""
_PARAGRAPH = 2_000
"""Characters of a text that are looked at for its first paragraph."""


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """A decorative icon of our sprite; what it means must also stand in words."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("icons.svg"), name)


_CERTIFICATIONS = {"certified": ("Certified", "badge-check"), "deprecated": ("Deprecated", "ban")}


@register.simple_tag
def certified(status: str | None, *, in_words: bool = False) -> SafeString:
    """The mark of what is certified or deprecated, beside its name: an icon, which has its words to be read aloud."""
    if not status:
        return SafeString()
    words, picture = _CERTIFICATIONS[status]
    shown = words if in_words else format_html('<span class="visually-hidden">{}</span>', words)
    return format_html('<span class="mark mark-{}" title="{}">{} {}</span>', status, words, icon(picture), shown)


@register.simple_tag
def action(
    url: str, label: str = "", *, icon_name: str = "", style: str = "button", title: str = "", element_id: str = ""
) -> SafeString:
    """A link to a form that opens as a dialog; ``title`` says in words what one with an icon alone does.

    ``element_id`` keeps the keyboard's focus where the link stands in what is fetched again and again.
    """
    words = format_html("<span>{}</span>", label) if label else ""
    named = flatatt({"title": title or None, "aria-label": title or None, "id": element_id or None})
    picture = icon(icon_name) if icon_name else ""
    link = '<a class="{0}" href="{1}" hx-get="{1}" hx-target="#dialog"{2}>{3}{4}</a>'
    return format_html(link, style, url, named, picture, words)


@register.simple_tag
def tree_entry(node: Node, path: str) -> SafeString:
    """The link of an entry of the tree; ``path`` is the full name of the page's object."""
    return _tree_entry(node.entry, is_open=node.branch is not None, is_current=node.entry.full_name == path)


@lru_cache(maxsize=10_000)
def _tree_entry(entry: Entry, *, is_open: bool, is_current: bool) -> SafeString:
    """Kept, since every page has hundreds of them, nearly all the same as on the page before."""
    context = {"entry": entry, "is_open": is_open, "is_current": is_current}
    return render_to_string("components/tree_entry.html", context)


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as sanitised HTML: no raw HTML, pictures as links, links that vouch for nothing."""
    if len(text) > _DRAWN:
        return format_html("<pre>{}</pre>", text)
    lines = [line.count("|") for line in text.splitlines() if "|" in line]
    return _render(_with_tables if max(lines, default=0) * len(lines) <= _CELLS else _plain, text)


@register.filter
def discussion_text(text: str) -> SafeString:
    """The Markdown of a comment; who is mentioned stands out."""
    return _render(_with_mentions, text)


def _render(renderer: MarkdownIt, text: str) -> SafeString:
    marks = sum(text.count(mark) for mark in "*_~`<&!\\[")
    if _depth(text) * marks > _SCANNED or any(word.count("://") > _IN_A_ROW for word in text.split()):
        renderer = _without_links[renderer]
    cleaned = nh3.clean(renderer.render(text), tags=nh3.ALLOWED_TAGS - {"img"}, link_rel="noopener noreferrer nofollow")
    return mark_safe(cleaned)  # noqa: S308 (nh3 has just cleaned it)


def _depth(text: str) -> int:
    """How many brackets are open at once, where most are."""
    depth = most = 0
    for bracket in re.findall(r"[\[\]]", text):
        depth = depth + 1 if bracket == "[" else max(depth - 1, 0)
        most = max(most, depth)
    return most


_plain, _with_tables, _with_mentions = _markdown(), _markdown("table"), _markdown()


def _mention(state: StateInline, silent: bool) -> bool:
    """A rule of markdown-it: what ``MENTION`` matches is strong."""
    found = MENTION.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("strong_open", "strong", 1)
        state.push("text", "", 0).content = f"@{found[1] or found[2]}"
        state.push("strong_close", "strong", -1)
    state.pos = found.end()
    return True


_without_links = {_plain: _markdown(), _with_tables: _markdown("table"), _with_mentions: _markdown()}
for _renderer in (_with_mentions, _without_links[_with_mentions]):
    _renderer.inline.ruler.before("text", "mention", _mention)
for _renderer in _without_links.values():
    _renderer.disable(["link", "image", "linkify"])


@register.simple_tag
def with_query(url: str, **parameters: object) -> str:
    """``url`` with a query of ``parameters``, encoded."""
    return f"{url}?{urlencode(parameters)}"


@register.filter
def page(row: Securable | ModelVersion) -> str:
    return page_of(row)


@register.filter
def kind(row: Securable) -> str:
    """What people call it: catalog, schema, model."""
    return {SecurableType.FUNCTION: "model"}.get(row.securable_type, row.securable_type.lower())


@register.filter
def node_icon(kind: str) -> str:
    """The icon of a node of a lineage graph."""
    icons = {"Table": "table", "Notebook": "notebook", "Job": "workflow", "Pipeline": "workflow", "Run": "play"}
    return icons.get(kind, "layers")


@register.filter
def first_paragraph(text: str) -> str:
    """The first paragraph of a Markdown text as plain words, for lists."""
    paragraph = _plain.render(text.strip()[:_PARAGRAPH].split("\n\n")[0])
    return html.unescape(nh3.clean(paragraph, tags=set())).strip()


@register.filter
def without_marks(tags: Iterable[Tag]) -> list[Tag]:
    """Tags but for those that are shown as a mark beside a name."""
    return [tag for tag in tags if tag.key not in names.SYSTEM_TAGS]


@register.filter
def is_among(row: Securable, nodes: Iterable[Node]) -> bool:
    """Whether ``row`` is the object of one of ``nodes``."""
    return any(node.row == row for node in nodes)


@register.filter
def unfinished(jobs: Iterable[Job]) -> bool:
    """Whether one of ``jobs`` is still to end."""
    return any(job.is_unfinished for job in jobs)


@register.filter
def duration(seconds: int) -> str:
    """Seconds as people say them: 40 s, 3 min, 2 h."""
    if seconds < 100:
        return f"{seconds} s"
    return f"{round(seconds / 60)} min" if seconds < 100 * 60 else f"{round(seconds / 3600)} h"


@register.filter
def moment_after(at: datetime) -> str:
    """The first whole second at which what happened at ``at`` has happened, as forms take it."""
    return f"{at.astimezone(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}"


@register.filter
def number(value: float | str) -> str:
    """A metric as people read it: six digits that say something."""
    return f"{float(value):.6g}"


@register.filter
def signed(value: float) -> str:
    """A difference with its sign and its direction."""
    return f"{'▲' if value > 0 else '▼'} {value:+.4g}".replace("-", "−")


@register.filter
def with_deltas(row: Row) -> list[tuple[str | None, float | None]]:
    """Pairs of a metric's value and its difference to the first version's."""
    return list(zip(row.values, row.deltas, strict=True))


@register.inclusion_tag("components/principal.html")
def principal(who: User | Group | str | None) -> dict[str, object]:
    """A principal, or the name of one whose account may be gone."""
    return {"name": str(who or ""), "is_group": isinstance(who, Group)}


@register.inclusion_tag("components/request_access.html", takes_context=True)
def request_access(
    context: template.Context, securable: Securable, privilege: str = "", style: str = "button"
) -> dict[str, object]:
    is_waiting = access_requests.is_waiting(actor=actor_of(context["request"]), securable=securable)
    return {"securable": securable, "privilege": privilege, "style": style, "is_waiting": is_waiting}


@register.filter
def sentence(event: AuditEvent) -> str:
    return sentences.sentence(event)
