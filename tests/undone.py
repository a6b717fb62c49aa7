"""Many questions to one arrangement: what each of them changes is not there for the next."""

from contextlib import contextmanager, suppress

from django.db import transaction


@contextmanager
def undone():
    ours = transaction.atomic()
    ours._from_testcase = True  # as Django's own transaction around a test: the product is in none yet
    with suppress(Undo), ours:
        yield
        raise Undo


class Undo(Exception):
    """Leaves a transaction without its changes."""
