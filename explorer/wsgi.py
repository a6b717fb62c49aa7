"""The WSGI entry point. Requests come to it through ``explorer.asgi``, which awaits their bodies."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from explorer import data_folder, secret_key

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "explorer.settings")

data_folder.prepare(settings.DATA_DIR)
secret_key.require(settings.SECRET_KEY, settings.AUDIT_KEY)
application = get_wsgi_application()
# All views are imported now, and not by the first request; what is loaded stays, so the garbage collector need not go
# through it again: that took a tenth of a second, in the middle of someone's request.
get_resolver().url_patterns  # noqa: B018 (reading it imports them)
gc.freeze()
