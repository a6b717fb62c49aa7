"""`manage.py backup DIR`: everything that the product keeps, while it runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from registry.exceptions import RegistryError
from registry.services.administration.backups.manifest import FINDINGS
from registry.services.administration.backups.taking import back_up


class Command(BaseCommand):
    help = "Write database, files and keys into DIR, an empty folder, while the product goes on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        folder = folder.resolve()
        try:
            manifest = back_up(folder)
        except RegistryError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"The backup in {folder} was not finished, and is none: {error}.") from error
        size = filesizeformat(manifest.bytes).replace("\xa0", " ")
        self.stdout.write(
            f"Backed up to {folder}: the database, {manifest.versions} versions with {manifest.files} files ({size}), "
            "and the keys. Keep it where nobody else can read it."
        )
        if manifest.findings:
            with (folder / FINDINGS).open() as findings:
                for line in findings:
                    self.stderr.write(line, ending="")
            raise CommandError(f"Not as the database says: {manifest.findings} files, named above. The rest is there.")
