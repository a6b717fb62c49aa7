"""What templates need beyond Django's own: icons, addresses and the words for objects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from urllib.parse import urlencode

from django import template
from django.contrib.auth.models import Group
from django.forms.utils import flatatt
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from explorer import addresses, times
from explorer.actors import actor_of
from explorer.addresses import compare_address, page_of
from explorer.markdown import discussion_text, first_paragraph, markdown
from explorer.navigation import TreeEntry, TreeNode
from registry import names
from registry.audit import sentences
from registry.kinds import kind_of
from registry.models import AuditEvent, Governed, Job, ModelVersion, Securable
from registry.models.metadata import Tag
from registry.services.access import access_requests
from registry.services.people import names as names_of_people

register = template.Library()


register.filter("markdown", markdown)
register.filter("discussion_text", discussion_text)
register.filter("first_paragraph", first_paragraph)
register.simple_tag(times.when)
register.filter("duration", times.duration)
register.filter("took", times.took)
register.filter("moment_after", times.moment_after)


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """Return a decorative icon of our sprite; what it means must also be in words."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("icons.svg"), name)


_CERTIFICATIONS = {"certified": ("Certified", "badge-check"), "deprecated": ("Deprecated", "ban")}


@register.simple_tag
def certified(status: str | None, *, in_words: bool = False) -> SafeString:
    """Return the mark of what is certified or deprecated, next to its name: an icon with words to be read aloud."""
    if not status:
        return SafeString()
    words, picture = _CERTIFICATIONS[status]
    shown = words if in_words else format_html('<span class="visually-hidden">{}</span>', words)
    return format_html('<span class="mark mark-{}" title="{}">{} {}</span>', status, words, icon(picture), shown)


@register.simple_tag
def action(
    url: str, label: str = "", *, icon_name: str = "", style: str = "button", title: str = "", element_id: str = ""
) -> SafeString:
    """Return a link to a form that opens as a dialog; ``title`` says in words what one with only an icon does.

    ``element_id`` keeps the keyboard's focus where the link is in what is fetched again and again.
    """
    words = format_html("<span>{}</span>", label) if label else ""
    named = flatatt({"title": title or None, "aria-label": title or None, "id": element_id or None})
    picture = icon(icon_name) if icon_name else ""
    link = '<a class="{0}" href="{1}" hx-get="{1}" hx-target="#dialog"{2}>{3}{4}</a>'
    return format_html(link, style, url, named, picture, words)


@register.simple_tag
def tree_entry(node: TreeNode, path: str) -> SafeString:
    """Return the link of an entry of the tree; ``path`` is the full name of the page's object."""
    return _tree_entry(node.entry, is_open=node.branch is not None, is_current=node.entry.full_name == path)


@lru_cache(maxsize=10_000)
def _tree_entry(entry: TreeEntry, *, is_open: bool, is_current: bool) -> SafeString:
    """Kept, since every page has hundreds of them, nearly all the same as on the page before."""
    context = {"entry": entry, "is_open": is_open, "is_current": is_current}
    return render_to_string("components/tree_entry.html", context)


@register.simple_tag
def with_query(url: str, **parameters: object) -> str:
    """Return ``url`` with a query of ``parameters``, encoded."""
    return f"{url}?{urlencode(parameters)}"


register.simple_tag(compare_address)
register.filter(addresses.called)


@register.filter
def short_of(version: ModelVersion, others: Iterable[ModelVersion]) -> str:
    """Return what to call ``version`` among ``others``: only by its number, where all are of one model."""
    is_alone = all(other.registered_model_id == version.registered_model_id for other in others)
    return version.name_in_model if is_alone else str(version)


@register.filter
def is_long(text: str) -> bool:
    """Return whether ``text`` would fill a screen by itself."""
    return len(text) > 600 or text.count("\n") > 10


@register.filter
def page(row: Governed) -> str:
    return page_of(row)


@register.filter
def address_name(row: Securable) -> str:
    """Return the name of ``row`` in the addresses of what people do to it."""
    return kind_of(row).address_name(row)


@register.filter
def kind(row: Securable) -> str:
    """Return what people call it: catalog, schema, model."""
    return kind_of(row).noun


@register.filter
def node_icon(kind: str) -> str:
    """Return the icon of a node of a lineage graph."""
    icons = {
        "Table": "table",
        "Notebook": "notebook",
        "Job": "workflow",
        "Pipeline": "workflow",
        "Run": "play",
        "Dataset": "table",
        "File": "file",
        "Consumer": "user",
        "Experiment": "flask-conical",
        "Logged model": "box",
        "External system": "waypoints",
        "Git commit": "git-commit-horizontal",
        "Function": "square-function",
        "Serving endpoint": "radio-tower",
        "Vector index": "search",
        "Connection": "plug",
    }
    return icons.get(kind, "layers")


@register.simple_tag
def more_of(address: str, side: str, since: str, kind: str = "") -> str:
    """Return where one more step of a lineage graph is read, as far back as this one; of only one kind, if given."""
    asked = {"side": side, "since": since, "kind": kind}
    return f"{address}?{urlencode({name: value for name, value in asked.items() if value})}" if address else ""


@register.filter
def without_marks(tags: Iterable[Tag]) -> list[Tag]:
    """Return the tags except those that are shown as a mark next to a name."""
    return [tag for tag in tags if tag.key not in names.SYSTEM_TAGS]


@register.filter
def lies_in_tree(row: Securable) -> bool:
    """Return whether people find ``row`` in the tree, pin it, and ask for access to it."""
    return bool(kind_of(row).column)


@register.filter
def is_among(row: Securable, nodes: Iterable[TreeNode]) -> bool:
    """Return whether ``row`` is the object of one of ``nodes``."""
    return any(node.row == row for node in nodes)


@register.filter
def unfinished(jobs: Iterable[Job]) -> bool:
    """Return whether one of ``jobs`` has yet to end."""
    return any(job.is_unfinished for job in jobs)


@register.filter
def progress(job: Job) -> str:
    """Return how far a job is, in words: Running, 40 %, 3.1 MB/s, 2 min left."""
    percent, rate, left = job.percent, job.bytes_per_second, job.seconds_left
    words = [
        {"listing": "Listing files", "checking": "Checking"}.get(job.phase) or job.get_state_display(),
        "" if percent is None else f"{percent} %",
        f"{filesizeformat(rate)}/s" if rate else "",
        f"{times.duration(left)} left" if left else "",
    ]
    return ", ".join(filter(None, words))


@register.filter
def capfirst_of(word: str) -> str:
    """Return a word of an enum as people read it: FINISHED is Finished."""
    return word.replace("_", " ").capitalize()


@register.filter
def pairs(mapping: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what ``mapping`` holds. (Of one that has a key ``items`` a template would take that for the method.)"""
    return list(mapping.items())


@register.filter
def at_most(value: int, most: int) -> int:
    return min(value, most)


@register.filter
def number(value: float | str) -> str:
    """Return a metric as people read it: six digits that say something."""
    return f"{float(value):.6g}"


@register.filter
def signed(value: float) -> str:
    """Return a difference with its sign and its direction."""
    return f"{'▲' if value > 0 else '▼'} {value:+.3g}".replace("-", "−")


@register.simple_tag(takes_context=True)
def prose(context: template.Context, text: str) -> SafeString:
    """Return the HTML of a description, which may show the ``pictures`` of its page, if that has some."""
    return markdown(text, context.get("pictures"))


@register.simple_tag(takes_context=True)
def comment_prose(context: template.Context, text: str) -> SafeString:
    """Return the HTML of a comment, as ``prose`` does of a description."""
    return discussion_text(text, context.get("pictures"))


@register.filter
def broken_at_dots(text: str) -> SafeString:
    """Return words in which a long full name may go on in the next line behind a period or an underscore."""
    return mark_safe(re.sub(r"([._])(?=\w)", r"\1<wbr>", conditional_escape(text)))  # noqa: S308 (escaped)


@register.simple_block_tag
def empty_state(content: SafeString, headline: str) -> SafeString:
    """Return what is shown where a list is empty; what is in the block says why, or what to do."""
    return render_to_string("components/empty_state.html", {"headline": headline, "text": content})


@register.inclusion_tag("components/principal.html")
def principal(who: User | Group | str | None, called: str = "") -> dict[str, object]:
    """Return a principal by what it is called, or the name of one whose account may be gone."""
    name = str(who or "")
    if not called and name:
        called = addresses.called(who) if isinstance(who, User | Group) else names_of_people.called(name)
    return {"name": name, "called": called or name, "is_group": isinstance(who, Group)}


@register.inclusion_tag("components/request_access.html", takes_context=True)
def request_access(
    context: template.Context, securable: Securable, privilege: str = "", style: str = "button"
) -> dict[str, object]:
    is_waiting = access_requests.is_waiting(actor=actor_of(context["request"]), securable=securable)
    can_ask = bool(kind_of(securable).column)
    named = {"securable": securable, "privilege": privilege, "style": style}
    return {**named, "is_waiting": is_waiting, "can_ask": can_ask}


@register.filter
def sentence(event: AuditEvent) -> str:
    return sentences.sentence(event)
