"""Discussions: threads about a model or one of its versions, for users who may read its metadata."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import Scope, User
from registry import audit, authorization, limits
from registry.actor import Actor
from registry.audit.actions import Action
from registry.authorization import Operation
from registry.denials import Attempt, DenialKind
from registry.exceptions import DoesNotExist, InvalidParameterValue, InvalidState
from registry.models import DiscussionComment, ModelVersion, RegisteredModel, locks
from registry.services.activity import notifications, watching
from registry.services.activity.mentions import people_in


def list_threads(*, actor: Actor, subject: RegisteredModel | ModelVersion) -> QuerySet[DiscussionComment]:
    """Return the threads on ``subject`` with their answers, the newest first; on a model also those on its versions."""
    if not authorization.allows(actor, Operation.READ_REGISTERED_MODEL, subject):
        return DiscussionComment.objects.none()
    replies = Prefetch("replies", DiscussionComment.objects.select_related("author"))
    threads = subject.discussion.threads().select_related("author", "model_version__registered_model__schema__catalog")
    return threads.order_by("-pk").prefetch_related(replies)


def count_comments(*, actor: Actor, subject: RegisteredModel | ModelVersion) -> int:
    """Return how many comments there are on ``subject`` for ``actor`` to read."""
    readable = authorization.permitted(actor, Operation.READ_REGISTERED_MODEL, RegisteredModel.objects.order_by())
    return subject.discussion.filter(deleted_at=None, registered_model__in=readable).count()


def add_comment(*, actor: Actor, subject: RegisteredModel | ModelVersion, text: str) -> DiscussionComment:
    """Begin a thread. Users who are mentioned in it and may read the model are notified, and so are its watchers."""
    version = subject if isinstance(subject, ModelVersion) else None
    model = subject.registered_model if isinstance(subject, ModelVersion) else subject
    return _add(actor, DiscussionComment(registered_model=model, model_version=version, text=text))


def answer_comment(*, actor: Actor, thread: DiscussionComment, text: str) -> DiscussionComment:
    """Answer in the thread of ``thread``. Users who have said something in it are notified."""
    begun = thread.thread or thread
    return _add(
        actor,
        DiscussionComment(
            registered_model=begun.registered_model, model_version=begun.model_version, thread=begun, text=text
        ),
    )


def get_thread(*, actor: Actor, uid: UUID) -> DiscussionComment:
    """Return the thread that begins with the comment of that uid, which may have been deleted since it was answered."""
    return _readable(actor, DiscussionComment.objects.threads().filter(uid=uid))


def get_comment(*, actor: Actor, uid: UUID) -> DiscussionComment:
    """Return the comment with that uid, if ``actor`` may read the model that it is about."""
    return _readable(actor, DiscussionComment.objects.filter(uid=uid, deleted_at=None))


def edit_comment(*, actor: Actor, comment: DiscussionComment, text: str) -> None:
    """Change one's own comment. Only users who were not mentioned before are notified."""
    authorization.require_scope(actor, Scope.REGISTRY, Action.UPDATE_COMMENT)
    if comment.author != actor.principal:
        about, message = comment.registered_model, "Only its author can edit a comment."
        raise authorization.refusal_of(actor, DenialKind.MISSING_PRIVILEGE, Action.UPDATE_COMMENT, about, message)
    told_before = set(people_in(comment.text))
    comment.text, comment.edited_at = _checked(text), timezone.now()
    new = [user for user in people_in(comment.text) if user not in told_before]
    listening = watching.listeners(comment.registered_model, concerned=new)
    with transaction.atomic():
        changed = {"text": comment.text, "edited_at": comment.edited_at}
        if DiscussionComment.objects.filter(pk=comment.pk, deleted_at=None).update(**changed) != 1:
            raise DoesNotExist("The comment was deleted in the meantime.")
        audit.comment_edited(actor, comment)
        _tell(actor, comment, "mentioned you", [user for user in listening if user in new])


def delete_comment(*, actor: Actor, comment: DiscussionComment) -> None:
    """Delete a comment, with what the inboxes quote of it: one's own, or any if ``actor`` manages the model."""
    authorization.require_scope(actor, Scope.REGISTRY, Action.DELETE_COMMENT)
    if comment.author != actor.principal:
        authorization.require(actor, Operation.UPDATE_REGISTERED_MODEL, comment.registered_model)
    with transaction.atomic():
        locks.share_principals()
        _hold_subject(comment)
        left = DiscussionComment.objects.filter(pk=comment.pk, deleted_at=None)
        if left.update(text="", deleted_at=timezone.now()) != 1:
            raise DoesNotExist("The comment was deleted in the meantime.")
        comment.notifications.all().delete()
        audit.comment_deleted(actor, comment)


def _readable(actor: Actor, named: QuerySet[DiscussionComment]) -> DiscussionComment:
    comment = named.select_related("registered_model__schema__catalog", "model_version", "thread").first()
    if comment is None or not authorization.allows(actor, Operation.READ_REGISTERED_MODEL, comment.registered_model):
        raise authorization.none_of(actor, named, "There is no such comment.", Attempt.GET_COMMENT)
    return comment


def _add(actor: Actor, comment: DiscussionComment) -> DiscussionComment:
    authorization.require(actor, Operation.READ_REGISTERED_MODEL, comment.registered_model)
    authorization.require_scope(actor, Scope.REGISTRY, Action.CREATE_COMMENT)
    comment.text = _checked(comment.text)
    comment.author, comment.author_name = actor.principal, actor.name
    # Found before anything is locked: there may be many, and the rights of each are checked.
    mentioned = people_in(comment.text)
    concerned = [*mentioned, *_speakers(comment.thread)]
    listening = watching.listeners(comment.registered_model, concerned=concerned)
    with transaction.atomic():
        _require_still_there(comment)
        comment.save()
        audit.comment_added(actor, comment)
        _tell(actor, comment, "mentioned you", [user for user in listening if user in mentioned])
        verb = "answered" if comment.thread else "commented"
        _tell(actor, comment, verb, [user for user in listening if user not in mentioned])
    return comment


def _require_still_there(comment: DiscussionComment) -> None:
    """Hold what ``comment`` is about, so that it is not deleted before the comment is saved."""
    _hold_subject(comment)
    if comment.thread_id and not DiscussionComment.objects.threads().filter(pk=comment.thread_id).exists():
        raise InvalidState("What you answer has been deleted.")


def _hold_subject(comment: DiscussionComment) -> None:
    if comment.model_version is not None:
        locks.hold(comment.model_version)
    locks.hold(comment.registered_model)


def _checked(text: str) -> str:
    text = text.replace("\0", "").strip()
    if not text:
        raise InvalidParameterValue("A comment says something.")
    if len(text) > limits.DISCUSSION_COMMENT_LENGTH:
        raise InvalidParameterValue(f"A comment has at most {limits.DISCUSSION_COMMENT_LENGTH} characters.")
    return text


def _tell(actor: Actor, comment: DiscussionComment, verb: str, people: list[User]) -> None:
    others = [user for user in people if user != actor.principal]
    notifications.notify(others, f"{actor.name} {verb} on {comment.subject}", about=comment)


def _speakers(thread: DiscussionComment | None) -> list[User]:
    """Return the users who have said something in ``thread``."""
    if thread is None:
        return []
    comments = DiscussionComment.objects.filter(Q(pk=thread.pk) | Q(thread=thread), deleted_at=None)
    return [comment.author for comment in comments.select_related("author") if comment.author is not None]
