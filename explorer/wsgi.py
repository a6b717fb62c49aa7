"""The WSGI entry point. Requests come to it through ``explorer.asgi``, which awaits their bodies."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "explorer.settings")

application = get_wsgi_application()
# All views are imported now, and not by the first request; what is loaded stays, so the garbage collector need not go
# through it again: that took a tenth of a second, in the middle of somebody's request.
get_resolver().url_patterns  # noqa: B018 (reading it imports them)
gc.freeze()
