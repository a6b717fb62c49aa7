"""`manage.py restore DIR`: a backup, into an empty DATA_DIR and an empty database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from registry.exceptions import RegistryError
from registry.services.administration.backups import restoring


class Command(BaseCommand):
    help = "Bring the backup in DIR into an empty DATA_DIR and an empty database, and compare rows with files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        folder = folder.resolve()
        try:
            manifest = restoring.check(folder)
            damaged = restoring.place(folder, manifest)
        except RegistryError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"Not restored: {error}. Empty DATA_DIR and database, and begin anew.") from error
        call_command("migrate", verbosity=0)
        left_out = restoring.complete(manifest)
        size = filesizeformat(manifest.bytes).replace("\xa0", " ")
        self.stdout.write(
            f"Restored what was backed up on {manifest.made_at[:16].replace('T', ' ')} UTC: the database, "
            f"{manifest.versions} versions with {manifest.files} files ({size}), and the keys."
        )
        if left_out:
            self.stdout.write(f"{left_out} files of versions that were being filled have to be sent again.")
        self._compare(damaged)

    def _compare(self, damaged: restoring.Damaged) -> None:
        findings = 0
        for findings, line in enumerate(restoring.compare(damaged), start=1):  # noqa: B007 (their number is told)
            self.stderr.write(line)
        if findings:
            raise CommandError(f"Not as the database says: {findings} files, named above. The rest is there.")
        self.stdout.write("Every file is as the database says. manage.py up starts it; verify_audit checks the log.")
