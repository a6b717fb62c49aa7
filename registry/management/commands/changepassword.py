"""`manage.py changepassword USER`: Django's, with an event."""

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.db import transaction

from accounts.models import User
from registry import audit
from registry.actor import Actor


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        told = super().handle(*args, **options)
        user = User.objects.get_by_natural_key(options["username"] or getpass.getuser())
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(must_change_password=False)
            audit.principal_updated(Actor(principal=user, user_agent="manage.py changepassword"), user, ["password"])
        return told
