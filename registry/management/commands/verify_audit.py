"""`manage.py verify_audit`: whether the audit log is what was written."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.jobs.sealing import find_tampering
from registry.models import AuditEvent, AuditSeal


class Command(BaseCommand):
    help = "Check the chain of seals over the audit log; name the first event that was changed, removed or inserted."

    def handle(self, *args: Any, **options: Any) -> None:
        if finding := find_tampering():
            raise CommandError(finding)
        sealed, waiting = AuditSeal.objects.count(), AuditEvent.objects.filter(seal=None).count()
        self.stdout.write(f"The audit log is whole: {sealed} events sealed, {waiting} waiting for their seal.")
