"""`manage.py issue_token USER`: a personal access token, and nothing else, on standard output."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import User
from registry import audit, limits
from registry.actor import Actor
from registry.services.people import tokens


class Command(BaseCommand):
    help = "Issue a personal access token to USER and print it, alone, on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER", help="an e-mail address, or a service principal's application id")
        parser.add_argument("--create", action="store_true", help="create the user when there is none")
        parser.add_argument(
            "--days", type=int, default=settings.TOKEN_LIFETIME_DAYS, help="lifetime (default %(default)s)"
        )

    def handle(self, *args: Any, user: str, create: bool, days: int, **options: Any) -> None:
        if not 1 <= days <= limits.TOKEN_LIFETIME_DAYS:
            raise CommandError(f"--days is a number from 1 to {limits.TOKEN_LIFETIME_DAYS}.")
        with transaction.atomic():
            actor = Actor(principal=self._principal(user, create=create), user_agent="manage.py issue_token")
            _, secret = tokens.create_token(actor=actor, comment="issue_token", lifetime=timedelta(days=days))
        self.stdout.write(secret)

    def _principal(self, user_name: str, *, create: bool) -> User:
        principal = User.objects.filter(user_name=user_name.strip().lower()).first()
        if principal is None and create:
            try:
                principal = User.objects.create_user(user_name)
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
            audit.principal_created(Actor(principal=principal, user_agent="manage.py issue_token"), principal)
        if principal is None or not principal.is_active:
            raise CommandError(f"There is no active user {user_name!r}. (--create makes one.)")
        return principal
