"""Catalog objects for tests, made without services: what a test checks is never what set it up."""

import factory
from factory.django import DjangoModelFactory

from registry import models
from registry.services.shared import counters, graph
from registry.services.shared.placement import location_of_version
from registry.storage import uploads


class Owned(DjangoModelFactory):
    created_by = "someone@example.com"
    updated_by = "someone@example.com"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        row = super()._create(model_class, *args, **kwargs)
        if model_class in (models.Schema, models.RegisteredModel):
            counters.add(row)
        return row


class CatalogFactory(Owned):
    class Meta:
        model = models.Catalog

    name = factory.Sequence(lambda n: f"catalog{n}")


class SchemaFactory(Owned):
    class Meta:
        model = models.Schema

    catalog = factory.SubFactory(CatalogFactory)
    name = factory.Sequence(lambda n: f"schema{n}")


class RegisteredModelFactory(Owned):
    class Meta:
        model = models.RegisteredModel

    schema = factory.SubFactory(SchemaFactory)
    name = factory.Sequence(lambda n: f"model{n}")
    filed_as = factory.LazyAttribute(lambda model: f"{model.schema.full_name}.{model.name}")


class TableFactory(Owned):
    class Meta:
        model = models.Table

    schema = factory.SubFactory(SchemaFactory)
    name = factory.Sequence(lambda n: f"table{n}")
    storage_location = "s3://somewhere/table"
    data_source_format = "DELTA"

    @classmethod
    def _create(cls, model_class, *args, **values):
        table = super()._create(model_class, *args, **values)
        graph.add_table(table)
        return table


class ExternalMetadataFactory(Owned):
    class Meta:
        model = models.ExternalMetadata

    name = factory.Sequence(lambda n: f"external{n}")
    system_type = "KAFKA"
    entity_type = "Topic"

    @classmethod
    def _create(cls, model_class, *args, **values):
        metadata = super()._create(model_class, *args, **values)
        graph.add_external(metadata)
        return metadata


class ModelVersionFactory(Owned):
    class Meta:
        model = models.ModelVersion

    registered_model = factory.SubFactory(RegisteredModelFactory)
    version = factory.LazyAttribute(lambda version: version.registered_model.take_next_version("tests"))
    uid = factory.Faker("uuid4", cast_to=None)
    storage_location = factory.LazyAttribute(
        lambda version: location_of_version(version.registered_model.schema, version.uid)
    )
    source = "/somewhere/model"
    status = models.ModelVersion.Status.READY
    is_copy = factory.LazyAttribute(lambda version: getattr(version, "copied_from", None) is not None)

    @classmethod
    def _create(cls, model_class, *args, **values):
        """With the lineage that a version has from its first moment."""
        version = super()._create(model_class, *args, **values)
        graph.record_origin(version, version.copied_from)
        models.LineageEdge.objects.filter(target__version=version).update(first_seen_at=version.created_at)
        return version


def put(location, path, content):
    """Make ``content`` the file ``path`` at a location."""
    store = uploads(location)
    store.keep(
        store.receive(location, path, [content if isinstance(content, bytes) else content.encode()]), location, path
    )


def write(version, **files):
    """Put ``files`` (``__`` stands for a slash) into a version's place, whatever its status."""
    for name, content in files.items():
        put(version.storage_location, name.replace("__", "/"), content)
    return version
