"""What a fresh installation gets: an administrator, a token and, unless declined, a catalog to look at."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from explorer import demo
from registry import audit
from registry.actor import Actor
from registry.models import Metastore
from registry.services.people import tokens

ADMINISTRATOR = "admin@example.com"

MESSAGE = """
Catalog Explorer is ready for the first time. This is shown once:

  Address        {address}
  Administrator  {user_name}
  Password       {password}
  Access token   {token}   (until {until:%-d %b %Y})

Point MLflow at it:

  import mlflow, os
  os.environ["DATABRICKS_HOST"] = "{address}"
  os.environ["DATABRICKS_TOKEN"] = "{token}"
  mlflow.set_registry_uri("databricks-uc")
"""


def is_due() -> bool:
    return not User.objects.exists()


@transaction.atomic
def prepare(address: str, *, with_demo: bool) -> str:
    """Create what a first run creates, all or nothing, and return the message that reports it."""
    Metastore.current()
    password = secrets.token_urlsafe(12)
    administrator = User.objects.create_superuser(ADMINISTRATOR, password, display_name="Administrator")
    audit.principal_created(Actor.at_the_machine("up"), administrator, is_superuser=True)
    actor = Actor(principal=administrator, user_agent="manage.py up")
    lifetime = timedelta(days=settings.TOKEN_LIFETIME_DAYS)
    _, token = tokens.create_token(actor=actor, comment="first run", lifetime=lifetime)
    if with_demo:
        demo.load(actor)
    return MESSAGE.format(
        address=address, user_name=ADMINISTRATOR, password=password, token=token, until=timezone.now() + lifetime
    )
