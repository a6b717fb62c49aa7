"""An answer that may soon be another one: the server waits for it, not a thread.

A view puts a ``Waiting`` into its request's environ under WAITING. Where no one looks for it (behind another server, in
a test), the first answer is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

WAITING = "catalog_explorer.waiting"


@dataclass(frozen=True)
class Waiting:
    """``is_over`` is asked again and again, for at most ``seconds``; then ``answer`` gives the body that is sent."""

    is_over: Callable[[], bool]
    answer: Callable[[], bytes]
    seconds: float
