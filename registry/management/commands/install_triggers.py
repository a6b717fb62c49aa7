"""`manage.py install_triggers`: put back what reports that rights have changed, and what finds words."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from registry.models import text_search, triggers


class Command(BaseCommand):
    help = (
        "Put the triggers in place that tell processes when rights have changed, and the indexes that find words. "
        "Migrations do that; this repairs."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        gone = [*triggers.missing(connection), *text_search.missing(connection)]
        triggers.put_in_place(connection)
        text_search.put_in_place(connection)
        if options["verbosity"]:
            self.stdout.write(f"{len(gone)} triggers or indexes were missing: {', '.join(gone) or 'none'}.")
