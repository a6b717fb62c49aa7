"""`manage.py import_registry ADDRESS DESTINATION`: the models of another registry, at once and in this process."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from registry.actor import Actor
from registry.exceptions import RegistryError
from registry.jobs import HANDLERS
from registry.models import Import, JobLost
from registry.remotes.connection import Credential
from registry.services.imports import entries


class Command(BaseCommand):
    help = (
        "Import the models of another registry. The token, or with --user the password, is read from the variable "
        "IMPORT_TOKEN. What is here already stays as it is, so it can be repeated."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="of the other server, such as https://mlflow.example.com")
        parser.add_argument(
            "destination",
            nargs="?",
            default="",
            help="the schema for the models; of a Catalog Explorer, the catalog",
        )
        parser.add_argument("--kind", choices=Import.Kind.values, default=Import.Kind.MLFLOW)
        parser.add_argument("--as", dest="user_name", required=True, help="the administrator who owns what comes")
        parser.add_argument("--user", default="", help="the user whose password IMPORT_TOKEN is")
        parser.add_argument("--stage", action="append", metavar="STAGE=ALIAS", help="such as Production=Champion")
        parser.add_argument("--preview", action="store_true", help="only say what would come")

    def handle(self, *args: Any, address: str, destination: str, **options: Any) -> None:
        user = User.objects.filter(user_name=options["user_name"], is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody here is called {options['user_name']}.")
        actor = Actor(principal=user, user_agent="manage.py import_registry")
        try:
            imported = entries.create_import(
                actor=actor, kind=options["kind"], address=address, destination=destination,
                credential=Credential(os.environ.get("IMPORT_TOKEN", ""), options["user"]),
                stages=_stages(options["stage"]), is_trusted=True,
            )  # fmt: skip
            self._preview(actor, imported) if options["preview"] else self._bring(actor, imported)
        except RegistryError as error:
            raise CommandError(error.message) from error

    def _preview(self, actor: Actor, imported: Import) -> None:
        preview = entries.preview(actor=actor, imported=imported)
        for model in preview.models:
            named = model.problem or f"{model.target}{' (is here already)' if model.is_here else ''}"
            aliases = "".join(f" @{alias}={number}" for alias, number in model.aliases.items())
            self.stdout.write(f"{model.name} -> {named}: {model.versions} versions{aliases}")
        if preview.is_more:
            self.stdout.write("… and more.")
        imported.delete()

    def _bring(self, actor: Actor, imported: Import) -> None:
        job = entries.start_import(actor=actor, imported=imported, by_this_process=True)
        try:
            HANDLERS[job.kind](job)
        except JobLost as error:
            raise CommandError("The other server does not answer: a worker goes on with the import.") from error
        imported.refresh_from_db()
        for about, words in imported.report:
            self.stderr.write(f"{about}: {words}")
        self.stdout.write(
            f"{imported.versions_done} versions of {imported.models_done} models were imported; "
            f"{imported.versions_there} were here already."
        )


def _stages(given: list[str] | None) -> dict[str, str] | None:
    if given is None:
        return None
    pairs = [text.partition("=") for text in given]
    if any(not stage or not alias for stage, _, alias in pairs):
        raise CommandError("--stage takes STAGE=ALIAS, such as Production=Champion.")
    return {stage: alias for stage, _, alias in pairs}
