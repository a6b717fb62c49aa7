"""Pages of what MLflow's process keeps: there are none where no runs are kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from registry.exceptions import DoesNotExist

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def tracked(view: View) -> View:
    """Let ``view`` be a page of this server if it keeps runs."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.KEEPS_RUNS:
            raise DoesNotExist("This server keeps no experiments and no runs.")
        return view(request, *args, **kwargs)

    return page  # type: ignore[return-value]  # it takes what ``view`` takes
