"""`manage.py reset_second_factor USER`: for lost app and recovery codes, where no administrator can sign in."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from registry.actor import Actor
from registry.exceptions import DoesNotExist
from registry.services.people import second_factors


class Command(BaseCommand):
    help = "Remove the second factor of USER, whose password alone signs in again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER", help="an e-mail address")

    def handle(self, *args: Any, user: str, **options: Any) -> None:
        account = User.objects.filter(user_name=user.strip().lower()).first()
        if account is None:
            raise CommandError(f"There is no user {user!r}.")
        try:
            second_factors.remove(actor=Actor(principal=account, user_agent="manage.py reset_second_factor"))
        except DoesNotExist as error:
            raise CommandError(error.message) from error
