"""Whether the product can serve, and whether what works behind it has been seen lately."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from registry.exceptions import StorageUnavailable
from registry.services.administration import liveness
from registry.services.administration.liveness import Seen


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and the artifact store is there, 503 with the reason otherwise.

    Without clock or workers reads go on: that is reported, and isn't a reason to take the server away.
    """
    try:
        seen = liveness.get_liveness()
        liveness.require_storage()
    except (DatabaseError, OSError, StorageUnavailable) as error:
        return JsonResponse({"status": "unavailable", "reason": type(error).__name__}, status=503)
    workers = {queue: _as_json(worker) for queue, worker in seen.workers.items()}
    return JsonResponse({"status": "ok", "clock": _as_json(seen.clock), "workers": workers})


def _as_json(seen: Seen) -> dict[str, Any]:
    return {"age_seconds": seen.seconds, "late": seen.late}
