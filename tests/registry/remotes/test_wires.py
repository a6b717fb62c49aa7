"""Answers of servers that are none of those they are said to be."""

from contextlib import suppress
from functools import partial

import pytest

from registry.exceptions import InvalidState, RegistryError
from registry.remotes.catalog_explorer import CatalogExplorer
from registry.remotes.mlflow import MlflowServer
from registry.remotes.records import model_of, version_of
from registry.remotes.workspace import WorkspaceRegistry

ODD = [None, 5, "text", [], ["a"], [None], {"a": 1}, True, 10**30, -1, "9" * 30, "\0"]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_field_of_another_type_is_none(odd):
    for key in ("name", "description", "aliases", "tags", "creation_timestamp", "user_id"):
        model_of({"name": "m", key: odd})
    for key in ("version", "tags", "status", "current_stage", "source", "run_id", "last_updated_timestamp"):
        version_of({"version": "1", key: odd})


class Answering:
    """A connection to a server that answers everything alike."""

    address = "https://mlflow.example.com"

    def __init__(self, answer):
        self.answer, self.asked = answer, 0

    def json(self, path, /, **query):
        self.asked += 1
        return self.answer

    def pages(self, path, items, /, **query):
        found = self.json(path).get(items)
        return iter([item for item in found if isinstance(item, dict)] if isinstance(found, list) else [])


@pytest.mark.parametrize("kind", [MlflowServer, WorkspaceRegistry, CatalogExplorer])
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_an_odd_answer_raises_nothing_that_nobody_expects(kind, odd):
    for field in ("files", "registered_models", "model_versions", "artifact_uri", "run", "privilege_assignments"):
        remote = kind(Answering({"artifact_uri": "mlflow-artifacts:/1/a", field: odd}))
        told = version_of({"version": 1})
        asked = [
            partial(list, remote.models()), partial(remote.versions, "m"), partial(remote.files, "m", told),
            partial(remote.grants, "m"), partial(remote.container, "a.b"),
        ]  # fmt: skip
        for ask in asked:
            with suppress(RegistryError):
                ask()


@pytest.mark.parametrize("kind", [MlflowServer, WorkspaceRegistry])
def test_directories_within_directories_have_an_end(kind):
    connection = Answering({"artifact_uri": "mlflow-artifacts:/1/a", "files": [{"path": "d", "is_dir": True}] * 2})
    with pytest.raises(InvalidState):
        kind(connection).files("m", version_of({"version": 1}))
    assert connection.asked < 12_000


def test_numbers_that_no_version_has_are_refused():
    for number in (0, -1, 10**9, "x"):
        with pytest.raises(InvalidState, match="numbers versions"):
            MlflowServer(Answering({"model_versions": [{"version": number}]})).versions("m")
