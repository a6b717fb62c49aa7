"""`manage.py verify_counters`: whether each container has as many objects in it as its counter says."""

from typing import Any

from django.core.management.base import BaseCommand

from registry.services.shared import counters


class Command(BaseCommand):
    help = "Count what lies in catalogs, schemas and models; name the counters that were wrong, and set them right."

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for container, was in counters.mend():
            wrong += 1
            self.stdout.write(f"{container}: counted {container.now}, and its counter said {was}")
        self.stdout.write(f"{wrong} counters were wrong, and are right now." if wrong else "All counters are right.")
