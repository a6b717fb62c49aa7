"""Names that can be taken, and who learns that they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.conflicts import is_gone, is_taken
from registry.exceptions import AlreadyExists, DoesNotExist
from registry.models import Catalog, Metastore, Schema


def require_free(
    actor: Actor, operation: Operation, container: Metastore | Catalog | Schema, taken: QuerySet[Any], message: str
) -> None:
    """Raise AlreadyExists if there is a row in ``taken``, or what ``operation`` on ``container`` raises.

    That a name is taken is said before the right to create is asked for: MLflow's clients always create first and
    go on when the object exists. It is said to users who see the object or may create it, and to no one else.
    """
    known = taken if authorization.allows(actor, operation, container) else authorization.visible(actor, taken)
    if known.exists():
        raise AlreadyExists(message)
    authorization.require(actor, operation, container)


@contextmanager
def unless_taken(message: str) -> Iterator[None]:
    """Open one transaction. A name taken in the meantime is AlreadyExists, a container that was deleted is
    DoesNotExist; every other conflict is a defect. (The object that took the name may be gone by now.)"""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if is_gone(error):
            raise DoesNotExist("Its container was deleted in the meantime.") from error
        if is_taken(error):
            raise AlreadyExists(message) from error
        raise
