"""Whether the product can serve."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from registry.models import Metastore


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and the artifact store is there, 503 with the reason otherwise."""
    try:
        Metastore.objects.exists()
        next(settings.ARTIFACT_ROOT.iterdir(), None)
    except (DatabaseError, OSError) as error:
        return JsonResponse({"status": "unavailable", "reason": type(error).__name__}, status=503)
    return JsonResponse({"status": "ok"})
