"""Filing models under the names that their containers have now, after one of these was renamed."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Concat

from registry.models import Job, RegisteredModel, Schema
from registry.models.filing import computed_name
from registry.models.locks import share_names

AT_ONCE = 500
"""Models that are filed in one transaction: a user who renames a container in the meantime waits for it."""


def refile(job: Job) -> None:
    """File the models of the job's container again. Repeating it is harmless, and so is doing it twice at once.

    Filters take the long way as long as it is unfinished, so it never fails for good: what goes wrong leaves it
    without a beat, and it is taken up again.
    """
    uid = job.container_uid
    schemas = Schema.objects.filter(Q(uid=uid) | Q(catalog__uid=uid)).order_by("pk").values_list("pk", flat=True)
    stale = RegisteredModel.objects.filter(schema__in=schemas.order_by()).exclude(filed_as=computed_name())
    job.expect(files=stale.count(), size=0)
    for schema in schemas:
        after, is_more = 0, True
        while is_more:
            filed = _refile_some(schema, after)
            job.file_done(len(filed))
            after, is_more = max(filed, default=0), len(filed) == AT_ONCE
    job.succeed()


def _refile_some(schema_key: int, after: int) -> list[int]:
    """File the next models of a schema, by key, and return their keys: fewer than AT_ONCE if they are the last.

    The names are held while this runs. A rename waits, and the job that follows it finds everything written here.
    """
    with transaction.atomic():
        schema = share_names(schema_key)
        if schema is None:
            return []
        filed_as = Concat(Value(f"{schema.full_name}."), "name")
        stale = schema.registered_models.filter(pk__gt=after).exclude(filed_as=filed_as).order_by("pk")
        keys = list(stale.select_for_update(no_key=True).values_list("pk", flat=True)[:AT_ONCE])
        RegisteredModel.objects.filter(pk__in=keys).update(filed_as=filed_as)
    return keys
