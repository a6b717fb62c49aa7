"""`manage.py verify_artifacts`: whether the storage holds what the database says, and nothing else."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.models import ModelVersion
from registry.services.administration import integrity
from registry.services.artifacts import damages


class Command(BaseCommand):
    help = "Compare the files of every ready version with what was uploaded; name what is damaged and what is orphaned."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sizes", action="store_true", help="compare only sizes, without reading files")

    def handle(self, *args: Any, sizes: bool, **options: Any) -> None:
        ready = ModelVersion.objects.filter(status=ModelVersion.Status.READY).order_by("pk")
        versions, wrong = 0, 0
        for version in ready.select_related("registered_model__schema__catalog").iterator(chunk_size=100):
            versions += 1
            findings = list(integrity.holes(version, digests=not sizes))
            if findings or not sizes:
                damages.replace(version, [(finding.path, finding.detail) for finding in findings])
            for finding in findings:
                wrong += 1
                self.stdout.write(str(finding))
        orphaned = 0
        for location in integrity.orphans():
            orphaned += 1
            self.stdout.write(f"{location}: belongs to no version")
        summary = f"{versions} versions verified: {wrong} damaged files, {orphaned} folders that belong to no version."
        if wrong:
            raise CommandError(summary)
        self.stdout.write(summary)
