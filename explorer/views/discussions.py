"""Threads about models and versions, and how much of them users want to hear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from explorer import forms, undo
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.finding import find_model, find_version
from explorer.views.paging import PAGE_SIZE, paginate, words_in
from registry import limits
from registry.exceptions import InvalidParameterValue
from registry.models import DiscussionComment, ModelVersion, RegisteredModel, Watch
from registry.names import FullName
from registry.services.activity import discussions, mentions, watching

OFFERED = 8
"""Names that are offered to someone who mentions one."""
MENTIONS_LENGTH = 8_000
"""Characters of a text, or of the mentions in it, that are looked through while someone writes."""


def discussion_tab(request: HttpRequest, subject: RegisteredModel | ModelVersion) -> dict[str, Any]:
    return {
        "page": paginate(request, discussions.list_threads(actor=actor_of(request), subject=subject)),
        "add_url": _add_url(subject),
        "mentions_url": _mentions_url(subject),
        "longest": limits.DISCUSSION_COMMENT_LENGTH,
    }


def add(request: HttpRequest, full_name: FullName) -> HttpResponse:
    return _add(request, find_model(request, full_name))


def add_to_version(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    return _add(request, find_version(request, full_name, version))


def answer_comment(request: HttpRequest, uid: UUID) -> HttpResponse:
    thread = discussions.get_thread(actor=actor_of(request), uid=uid)
    dialog = _dialog(f"Answer on {thread.subject}", "Answer", comment_address(thread))

    def perform(fields: Fields) -> str:
        comment = discussions.answer_comment(actor=actor_of(request), thread=thread, text=fields["text"])
        return comment_address(comment)

    return _ask_for_text(request, dialog, perform, thread.registered_model)


def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Go to where a comment is: an address of its own, to be passed on."""
    return redirect(comment_address(discussions.get_comment(actor=actor_of(request), uid=uid)))


def edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    comment = discussions.get_comment(actor=actor_of(request), uid=uid)
    # Without the place in the page: a dialog that leads there from the same page would not load anything again.
    dialog = _dialog("Edit your comment", "Save", comment_address(comment).partition("#")[0])

    def perform(fields: Fields) -> None:
        discussions.edit_comment(actor=actor_of(request), comment=comment, text=fields["text"])

    return _ask_for_text(request, dialog, perform, comment.registered_model, comment.text)


def delete(request: HttpRequest, uid: UUID) -> HttpResponse:
    comment = discussions.get_comment(actor=actor_of(request), uid=uid)
    tab = comment_address(comment).partition("#")[0]
    lead = f"By {comment.author_name}. The answers to it stay."
    dialog = Dialog("Delete the comment", "Delete", tab, lead, danger=True)

    def perform(fields: Fields) -> None:
        discussions.delete_comment(actor=actor_of(request), comment=comment)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


@require_POST
def watch(request: HttpRequest, full_name: FullName) -> HttpResponse:
    """Choose how much the reader hears of a model (``level``)."""
    model, level = find_model(request, full_name), request.POST.get("level", "")
    if level not in Watch.Level.values:
        raise InvalidParameterValue("Unknown notification level.")
    before = watching.level_of(actor=actor_of(request), model=model)
    watching.watch(actor=actor_of(request), model=model, level=Watch.Level(level))
    undo.tell(request.session, f"{Watch.Level(level).label}.", request.path, level=before)
    return redirect(page_of(model))


def _add(request: HttpRequest, subject: RegisteredModel | ModelVersion) -> HttpResponse:
    """Begin a thread. What is refused is shown in a form on a page of its own: nothing that was typed is lost."""
    dialog = _dialog(f"Comment on {subject}", "Comment", f"{page_of(subject)}?activeTab=discussion")

    def perform(fields: Fields) -> str:
        comment: DiscussionComment = discussions.add_comment(
            actor=actor_of(request), subject=subject, text=fields["text"]
        )
        return comment_address(comment)

    return _ask_for_text(request, dialog, perform, _model_of(subject))


def comment_address(comment: DiscussionComment) -> str:
    """Return where a comment is in the discussion of what it is about (one query)."""
    begun = comment.thread_id or comment.pk
    page = comment.subject.discussion.threads().filter(pk__gt=begun).count() // PAGE_SIZE + 1
    place = f"&page={page}" if page > 1 else ""
    return f"{page_of(comment.subject)}?activeTab=discussion{place}#comment-{comment.uid}"


def _ask_for_text(
    request: HttpRequest,
    dialog: Dialog,
    perform: Callable[[Fields], str | None],
    model: RegisteredModel,
    text: str = "",
) -> HttpResponse:
    form = forms.DiscussionCommentForm(submitted(request), initial={"text": text}, mentions=_mentions_url(model))

    def preview(fields: Fields) -> dict[str, Any]:
        unreached = mentions.list_unreached(actor=actor_of(request), model=model, text=fields["text"])
        return {"text": fields["text"], "unreached": unreached, "model": model}

    return answer(request, dialog, form, perform, preview)


def mentionable(request: HttpRequest, full_name: FullName) -> HttpResponse:
    """Names to choose from while someone mentions one: of those who would be notified."""
    model, letters = find_model(request, full_name), words_in(request, "principal")
    found = mentions.list_mentionable(actor=actor_of(request), model=model, letters=letters, most=OFFERED)
    return render(request, "components/suggestions.html", {"suggestions": found})


def unreached(request: HttpRequest, full_name: FullName) -> HttpResponse:
    """Who is mentioned in ``text`` and may not read the model, shown while someone writes."""
    model, text = find_model(request, full_name), request.GET.get("text", "").replace("\0", "")[:MENTIONS_LENGTH]
    found = mentions.list_unreached(actor=actor_of(request), model=model, text=text)
    return render(request, "components/unreached.html", {"unreached": found, "model": model})


def _model_of(subject: RegisteredModel | ModelVersion) -> RegisteredModel:
    return subject.registered_model if isinstance(subject, ModelVersion) else subject


def _mentions_url(subject: RegisteredModel | ModelVersion) -> str:
    return reverse("mentionable", args=[_model_of(subject).name_parts])


def _dialog(title: str, submit: str, back: str) -> Dialog:
    return Dialog(title, submit, back, preview="components/comment_preview.html")


def _add_url(subject: RegisteredModel | ModelVersion) -> str:
    if isinstance(subject, ModelVersion):
        return reverse("comment-on-model-version", args=[subject.registered_model.name_parts, subject.version])
    return reverse("comment-on-registered-model", args=[subject.name_parts])
