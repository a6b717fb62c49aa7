"""`manage.py verify_audit`: whether the audit log is what was written."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.exceptions import InvalidState
from registry.jobs.sealing import accept_chain, find_tampering
from registry.models import AuditEvent, AuditSeal


class Command(BaseCommand):
    help = "Check the chain of seals over the audit log; name the first event that was changed, removed or inserted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--accept",
            action="store_true",
            help="after a backup was restored: take the end of the chain that is there for its end, which is an event",
        )

    def handle(self, *args: Any, accept: bool, **options: Any) -> None:
        if accept:
            self._accept()
        if finding := find_tampering():
            raise CommandError(finding)
        sealed, waiting = AuditSeal.objects.count(), AuditEvent.objects.filter(seal=None).count()
        self.stdout.write(f"The audit log is whole: {sealed} events sealed, {waiting} waiting for their seal.")

    def _accept(self) -> None:
        try:
            finding = accept_chain()
        except InvalidState as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Accepted, and recorded as an event: {finding}")
