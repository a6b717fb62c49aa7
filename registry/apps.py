from django.apps import AppConfig
from django.db.models import CharField, TextField
from django.db.models.functions import Length


class RegistryConfig(AppConfig):
    name = "registry"

    def ready(self) -> None:
        # Lets the database check lengths that SQLite does not hold columns to.
        CharField.register_lookup(Length)
        TextField.register_lookup(Length)
