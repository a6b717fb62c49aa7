#!/usr/bin/env python
"""Django's command line for Catalog Explorer; `manage.py up` starts the whole product."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from explorer import data_folder, secret_key

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "explorer.settings")
    try:
        data_folder.prepare(settings.DATA_DIR)
        secret_key.require(settings.SECRET_KEY, settings.AUDIT_KEY)
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Catalog Explorer cannot start: {error}")
