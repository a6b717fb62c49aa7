from typing import Any

from django.apps import AppConfig
from django.db.models import CharField, TextField
from django.db.models.functions import Length
from django.db.models.signals import post_migrate


class RegistryConfig(AppConfig):
    name = "registry"

    def ready(self) -> None:
        # Lets the database check lengths that SQLite does not hold columns to.
        CharField.register_lookup(Length)
        TextField.register_lookup(Length)
        post_migrate.connect(_install_triggers, sender=self)


def _install_triggers(using: str, **kwargs: Any) -> None:
    from registry.models.revision import install_triggers  # noqa: PLC0415  # models are loaded after the apps

    install_triggers(using)
