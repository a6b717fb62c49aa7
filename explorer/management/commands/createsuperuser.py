"""`manage.py createsuperuser`: Django's command, with an event. (This application comes before Django's own.)"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser

from accounts.models import User
from registry import audit
from registry.actor import Actor


class Command(createsuperuser.Command):
    help = "Create a superuser, which is an event."

    def handle(self, *args: Any, **options: Any) -> None:
        """What Django asks for takes as long as people take: no transaction waits for it, and the event comes after."""
        superusers = User.objects.filter(is_superuser=True)
        before = set(superusers.values_list("pk", flat=True))
        super().handle(*args, **options)
        for user in superusers.exclude(pk__in=before):
            audit.principal_created(Actor.at_the_machine("createsuperuser"), user, is_superuser=True)
