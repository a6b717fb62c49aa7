from importlib import import_module

from django.apps import apps

from registry.models import RegisteredModel
from tests.factories import ModelVersionFactory


def test_sizes_that_are_wrong_are_right_after_the_migration(cast):
    ModelVersionFactory(registered_model=cast.model, size=30)
    ModelVersionFactory(registered_model=cast.model, size=12)
    ModelVersionFactory(registered_model=cast.model, size=99, status="FAILED_REGISTRATION")
    RegisteredModel.objects.update(size=7)
    import_module("registry.migrations.0019_sizes_of_models").recompute(apps, None)
    cast.model.refresh_from_db()
    assert cast.model.size == 42
