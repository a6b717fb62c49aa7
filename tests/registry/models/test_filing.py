from operator import attrgetter

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.compiled_queries import CompiledQueryForKeys
from registry.models import ModelVersion, RegisteredModel, Schema
from registry.models.filing import attach_containers
from tests.factories import CatalogFactory, ModelVersionFactory, RegisteredModelFactory, SchemaFactory


def models():
    return list(RegisteredModel.objects.order_by("pk"))


def test_a_name_is_that_of_the_containers_whatever_a_model_is_filed_as(db):
    model = RegisteredModelFactory(schema__catalog__name="c", schema__name="s", name="m", filed_as="old.s.m")
    assert (model.full_name, str(model)) == ("c.s.m", "c.s.m")


def test_containers_are_read_once_for_many_models(db):
    schema = SchemaFactory()
    for _ in range(20):
        RegisteredModelFactory(schema=schema)
    attach_containers(models(), lambda model: model)  # compiled
    with CaptureQueriesContext(connection) as queries:
        read = models()
        found = attach_containers(read, lambda model: model)
        names = {model.full_name for model in found}
    assert len(queries) == 2
    assert found == read
    assert len({id(model.schema) for model in found}) == 1
    assert names == {f"{schema.full_name}.{model.name}" for model in read}


def test_many_containers_are_read_in_several_goes(db):
    catalog = CatalogFactory()
    for _ in range(CompiledQueryForKeys.AT_ONCE + 1):
        RegisteredModelFactory(schema=SchemaFactory(catalog=catalog))
    found = attach_containers(models(), lambda model: model)
    assert [model.full_name for model in found] == [model.filed_as for model in found]
    assert len(found) == CompiledQueryForKeys.AT_ONCE + 1


def test_what_else_containers_have_is_read_when_it_is_asked_for(db):
    RegisteredModelFactory(schema__comment="in full", schema__catalog__comment="too")
    (model,) = attach_containers(models(), lambda model: model)
    assert (model.schema.comment, model.schema.catalog.comment) == ("in full", "too")


def test_rows_whose_containers_went_meanwhile_are_left_out(db):
    stays, goes = ModelVersionFactory(), ModelVersionFactory()
    rows = list(ModelVersion.objects.select_related("registered_model").order_by("pk"))
    Schema.objects.filter(pk=goes.registered_model.schema_id).delete()
    assert attach_containers(rows, attrgetter("registered_model")) == [stays]
    assert attach_containers([], attrgetter("registered_model")) == []
