"""`manage.py install_triggers`: put back the triggers that tell when rights have changed."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from registry.models import triggers


class Command(BaseCommand):
    help = "Put the triggers in place that tell processes when rights have changed. Migrations do that; this repairs."

    def handle(self, *args: Any, **options: Any) -> None:
        gone = triggers.missing(connection)
        triggers.put_in_place(connection)
        if options["verbosity"]:
            self.stdout.write(f"{len(gone)} triggers were missing: {', '.join(gone) or 'none'}.")
