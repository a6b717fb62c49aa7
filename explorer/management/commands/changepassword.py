"""`manage.py changepassword USER`: Django's command, with an event. (This application comes before Django's own.)"""

from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction

from accounts.models import User
from registry import audit
from registry.actor import Actor

_TRIES = 3


class Command(changepassword.Command):
    help = "Set the password of USER, which is an event. All sessions of USER end."

    def handle(self, *args: Any, **options: Any) -> str:
        name = options["username"] or getpass.getuser()
        user = User.objects.filter(user_name=name.strip().lower(), kind=User.Kind.USER).first()
        if user is None:
            raise CommandError(f"There is no person {name!r} who could have a password.")
        self.stdout.write(f"Changing the password of {user}.")
        password = self._asked(user)
        with transaction.atomic():
            user.set_password(password)
            user.must_change_password = False
            user.save(update_fields=["password", "must_change_password"])
            audit.principal_updated(Actor.at_the_machine("changepassword"), user, ["password"])
        return f"The password of {user} has been changed."

    def _asked(self, user: User) -> str:
        """A password that was typed twice and is good enough."""
        for _ in range(_TRIES):
            first = getpass.getpass("Password: ")
            if first != getpass.getpass("Password (again): "):
                self.stderr.write("The two differ. Try again.")
                continue
            try:
                validate_password(first, user)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
                continue
            return first
        raise CommandError(f"The password of {user} stays: {_TRIES} attempts have failed.")
