"""Threads about models and versions, and how much of them one wants to hear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from explorer import forms, undo
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.finding import find_model, find_version
from explorer.views.paging import PAGE_SIZE, paginate
from registry import limits
from registry.exceptions import InvalidParameterValue
from registry.models import DiscussionComment, ModelVersion, RegisteredModel, Watch
from registry.names import FullName
from registry.services.activity import discussions, watching


def discussion_tab(request: HttpRequest, subject: RegisteredModel | ModelVersion) -> dict[str, Any]:
    return {
        "page": paginate(request, discussions.list_threads(actor=actor_of(request), subject=subject)),
        "add_url": _add_url(subject),
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

    return _ask_for_text(request, dialog, perform)


def edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    comment = discussions.get_comment(actor=actor_of(request), uid=uid)
    # Without the place in the page: a dialog that leads there from the same page would load nothing anew.
    dialog = _dialog("Edit your comment", "Save", comment_address(comment).partition("#")[0])

    def perform(fields: Fields) -> None:
        discussions.edit_comment(actor=actor_of(request), comment=comment, text=fields["text"])

    return _ask_for_text(request, dialog, perform, comment.text)


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
    """Choose how much one hears of a model (``level``)."""
    model, level = find_model(request, full_name), request.POST.get("level", "")
    if level not in Watch.Level.values:
        raise InvalidParameterValue("There is no such level of watching.")
    before = watching.level_of(actor=actor_of(request), model=model)
    watching.watch(actor=actor_of(request), model=model, level=Watch.Level(level))
    undo.tell(request.session, f"{Watch.Level(level).label}.", request.path, level=before)
    return redirect(page_of(model))


def _add(request: HttpRequest, subject: RegisteredModel | ModelVersion) -> HttpResponse:
    """Begin a thread. What is refused stands in a form of its own page: nothing that was typed is lost."""
    dialog = _dialog(f"Comment on {subject}", "Comment", f"{page_of(subject)}?activeTab=discussion")

    def perform(fields: Fields) -> str:
        comment: DiscussionComment = discussions.add_comment(
            actor=actor_of(request), subject=subject, text=fields["text"]
        )
        return comment_address(comment)

    return _ask_for_text(request, dialog, perform)


def comment_address(comment: DiscussionComment) -> str:
    """Return where a comment stands in the discussion of what it is about (one query)."""
    begun = comment.thread_id or comment.pk
    page = comment.subject.discussion.threads().filter(pk__gt=begun).count() // PAGE_SIZE + 1
    place = f"&page={page}" if page > 1 else ""
    return f"{page_of(comment.subject)}?activeTab=discussion{place}#comment-{comment.uid}"


def _ask_for_text(
    request: HttpRequest, dialog: Dialog, perform: Callable[[Fields], str | None], text: str = ""
) -> HttpResponse:
    form = forms.DiscussionCommentForm(submitted(request), initial={"text": text})
    return answer(request, dialog, form, perform, preview=lambda fields: fields["text"])


def _dialog(title: str, submit: str, back: str) -> Dialog:
    return Dialog(title, submit, back, preview="components/comment_preview.html")


def _add_url(subject: RegisteredModel | ModelVersion) -> str:
    if isinstance(subject, ModelVersion):
        return reverse("comment-on-model-version", args=[subject.registered_model.name_parts, subject.version])
    return reverse("comment-on-registered-model", args=[subject.name_parts])
