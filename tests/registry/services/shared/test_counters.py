import pytest
from django.core.management import call_command

from explorer.navigation import with_counts
from registry import authorization
from registry.models import Catalog, ModelVersion, RegisteredModel, Schema
from registry.names import FullName
from registry.privileges import Privilege
from registry.services.hierarchy import catalogs, model_versions, registered_models, schemas
from registry.services.hierarchy.model_versions import Origin
from registry.services.shared import counters
from tests.cast import actor, grant
from tests.factories import RegisteredModelFactory, SchemaFactory


def counted(container):
    return type(container).objects.get(pk=container.pk).child_count


def test_each_change_is_counted(cast):
    boss = actor(cast.admin)
    catalog = catalogs.create_catalog(actor=boss, name="counted", with_default_schema=False)
    schema = schemas.create_schema(actor=boss, catalog=catalog, name="s")
    model = registered_models.create_registered_model(actor=boss, full_name=FullName("counted", "s", "m"))
    versions = [model_versions.create_model_version(actor=boss, model=model, origin=Origin()) for _ in range(3)]
    assert (counted(catalog), counted(schema), counted(model)) == (1, 1, 3)
    model_versions.delete_model_version(actor=boss, version=versions[1])
    assert counted(model) == 2
    registered_models.delete_registered_model(actor=boss, model=model)
    assert counted(schema) == 0
    schemas.delete_schema(actor=boss, schema=schema)
    assert counted(catalog) == 0
    assert list(counters.mend()) == []


def test_a_counter_that_is_wrong_is_named_and_set_right(cast, capsys):
    Schema.objects.filter(pk=cast.schema.pk).update(child_count=40)
    call_command("verify_counters")
    here = RegisteredModel.objects.filter(schema=cast.schema).count()
    assert f"{cast.schema}: counted {here}, and its counter said 40" in capsys.readouterr().out
    assert counted(cast.schema) == here
    call_command("verify_counters")
    assert "All counters are right." in capsys.readouterr().out


@pytest.mark.parametrize("who", ["admin", "owner", "writer", "reader", "browser", "stranger"])
def test_everybody_is_told_how_many_they_could_list(cast, who):
    """By whichever way it is told: the counter, or counting."""
    me = actor(getattr(cast, who))
    other = RegisteredModelFactory(schema=cast.schema)
    RegisteredModelFactory(schema=SchemaFactory(catalog=cast.catalog))
    grant(cast.stranger, other, Privilege.EXECUTE)
    for row in with_counts(me, catalogs.list_catalogs(actor=me)):
        assert row.shown_count == schemas.list_schemas(actor=me, catalog=row).count()
        for below in with_counts(me, schemas.list_schemas(actor=me, catalog=row)):
            assert below.shown_count == registered_models.list_models_of_schema(actor=me, schema=below).count()


def test_who_sees_everything_makes_the_database_count_nothing(cast, django_assert_num_queries):
    me = actor(cast.admin)
    assert authorization.is_administrator(me)  # which reads what they hold
    with django_assert_num_queries(1) as queries:
        list(with_counts(me, Catalog.objects.all()))
    assert "COUNT" not in queries[0]["sql"]
    assert ModelVersion.objects.exists()
