"""A source that is deleted while it is copied: an error in words, on every way, and never a defect."""

import json
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from django.test import Client

from accounts.models import PersonalAccessToken
from registry.exceptions import RegistryError
from registry.models import Job, ModelVersion, RegisteredModel
from registry.services.hierarchy import model_versions, registered_models
from registry.services.versions import copies
from tests.cast import actor, grant
from tests.factories import ModelVersionFactory

MLFLOW = "/api/2.0/mlflow"
UC = "/api/2.1/unity-catalog"
SOURCE = "models:/shop.ml.churn/1"
COPIES = {
    "http": ("POST", f"{MLFLOW}/model-versions/create", {"name": "shop.ml.other", "source": SOURCE}),
    "databricks-uc": (
        "POST", f"{MLFLOW}/unity-catalog/model-versions/create", {"name": "shop.ml.other", "source": SOURCE},
    ),
    "native": (
        "POST", f"{UC}/models/versions",
        {"catalog_name": "shop", "schema_name": "ml", "model_name": "other", "source": SOURCE},
    ),
}  # fmt: skip
GOES = {
    "the version": lambda cast: ModelVersion.objects.filter(pk=cast.version.pk).delete(),
    "the model": lambda cast: RegisteredModel.objects.filter(pk=cast.model.pk).delete(),
}


@pytest.fixture
def other(cast):
    """A model of somebody who may read the source and add versions."""
    grant(cast.reader, cast.catalog, "CREATE MODEL VERSION", "CREATE MODEL")
    return cast.schema.registered_models.create(name="other", filed_as="shop.ml.other", owner_user=cast.reader)


def gone_after_the_checks(monkeypatch, module, cast, goes):
    """Let the source be deleted when all rights have been asked, before anything is written."""
    require, asked = module.authorization.require, []

    def require_and_delete(actor, operation, securable):
        require(actor, operation, securable)
        asked.append(operation)
        if operation == "create model version":
            goes(cast)

    monkeypatch.setattr(module.authorization, "require", require_and_delete)


@pytest.mark.parametrize("goes", GOES.values(), ids=GOES)
@pytest.mark.parametrize(("method", "path", "body"), COPIES.values(), ids=COPIES)
def test_a_source_that_goes_between_the_checks_and_the_copy(api, cast, other, monkeypatch, goes, method, path, body):
    client = api(cast.reader)
    gone_after_the_checks(monkeypatch, copies if path.startswith(f"{MLFLOW}/model") else model_versions, cast, goes)
    answer = client(method, path, body)
    if body and path.startswith(f"{MLFLOW}/model"):
        assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
        assert not Job.objects.exists()
    else:
        assert answer.status_code == 200, "what a client says of its source is its word: the version is its own"


@pytest.mark.parametrize("goes", GOES.values(), ids=GOES)
def test_in_the_browser_too(as_user, cast, other, monkeypatch, goes):
    browser = as_user(cast.reader)
    gone_after_the_checks(monkeypatch, copies, cast, goes)
    answer = browser.post(
        "/explore/data/models/shop/ml/churn/version/1/copy",
        {"catalog": "shop", "schema": "ml", "model": "other", "full_name": "shop.ml.other", "name": "shop.ml.other",
         "destination": "shop.ml.other"},
    )  # fmt: skip
    assert answer.status_code in (200, 404)
    assert "deleted in the meantime" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deletes", ["the version", "the model"])
def test_copies_and_a_deletion_at_once(cast, other, deletes):
    """On PostgreSQL they meet in all possible ways; on SQLite one at a time writes."""
    _, secret = PersonalAccessToken.objects.issue(cast.reader)
    statuses, errors, start = [], [], Barrier(7)

    def copy():
        try:
            start.wait()
            method, path, body = COPIES["http"]
            answer = Client().generic(
                method, path, data=json.dumps(body), content_type="application/json",
                headers={"Authorization": f"Bearer {secret}"},
            )  # fmt: skip
            statuses.append(answer.status_code)
        finally:
            connections.close_all()

    def delete():
        try:
            start.wait()
            if deletes == "the version":
                model_versions.delete_model_version(actor=actor(cast.owner), version=cast.version)
            else:
                registered_models.delete_registered_model(actor=actor(cast.owner), model=cast.model)
        except RegistryError as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=copy) for _ in range(6)] + [Thread(target=delete)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(statuses) == 6
    assert set(statuses) <= {200, 404}
    assert not ModelVersion.objects.filter(pk=cast.version.pk).exists()
    connection.check_constraints()
    assert ModelVersionFactory(registered_model=other).version
