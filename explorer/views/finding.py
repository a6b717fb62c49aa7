"""The object that an address names, if the reader can see it."""

from __future__ import annotations

from django.http import HttpRequest

from explorer.actors import actor_of
from registry.kinds import kind_of_full_name
from registry.models import Catalog, Experiment, ModelVersion, RegisteredModel, Schema, Securable
from registry.names import FullName
from registry.privileges import SecurableType
from registry.services.hierarchy import model_versions
from registry.services.shared import finders
from registry.tracking import experiments


def find_catalog(request: HttpRequest, name: str) -> Catalog:
    return finders.get_catalog(actor=actor_of(request), name=name)


def find_schema(request: HttpRequest, name: tuple[str, str]) -> Schema:
    return finders.get_schema(actor=actor_of(request), catalog=name[0], name=name[1])


def find_securable(request: HttpRequest, securable_type: str, full_name: str) -> Securable:
    """Return the object of a type, as addresses spell it, and a full name; for an experiment, its id."""
    if securable_type.upper() == SecurableType.EXPERIMENT:  # whose names have slashes in them
        is_number = full_name.isascii() and full_name.isdecimal() and len(full_name) < 19
        return find_experiment(request, int(full_name) if is_number else -1)
    kind = SecurableType.parse(securable_type)
    return finders.get_securable(actor=actor_of(request), securable_type=kind, full_name=full_name)


def find_experiment(request: HttpRequest, experiment_id: int) -> Experiment:
    return experiments.get_experiment(actor=actor_of(request), experiment_id=min(experiment_id, 2**63 - 1))


def find_by_name(request: HttpRequest, full_name: str) -> Securable:
    kind = SecurableType(kind_of_full_name(full_name).wire_type)
    return finders.get_securable(actor=actor_of(request), securable_type=kind, full_name=full_name)


def find_model(request: HttpRequest, full_name: FullName) -> RegisteredModel:
    return finders.get_registered_model(actor=actor_of(request), full_name=full_name)


def find_version(request: HttpRequest, full_name: FullName, version: int) -> ModelVersion:
    model = find_model(request, full_name)
    return model_versions.get_model_version(actor=actor_of(request), model=model, version=version)
