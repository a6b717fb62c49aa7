"""Registering what lies in a folder, or in a bucket, below the addresses that are allowed."""

import os
import uuid

import boto3
import pytest

from registry import tasks
from registry.exceptions import InvalidParameterValue, PermissionDenied
from registry.models import Job, ModelVersion
from registry.services.versions import registrations, retries
from registry.storage import artifact_store
from tests.cast import actor
from tests.pages import text
from tests.s3 import BUCKET, ON_S3

MLMODEL = b"""
flavors: {python_function: {loader_module: m}}
signature: {inputs: '[{"type": "double", "name": "x"}]', outputs: '[{"type": "double"}]'}
"""


@pytest.fixture
def folder(tmp_path, settings):
    """The address of a folder with a model, below one that is allowed."""
    place = tmp_path / "models" / "iris"
    (place / "data").mkdir(parents=True)
    (place / "MLmodel").write_bytes(MLMODEL)
    (place / "data" / "weights").write_bytes(b"w" * 1000)
    settings.STORAGE = {**settings.STORAGE, "register_from": [(tmp_path / "models").as_uri()]}
    return place


@pytest.fixture
def bucket(s3, settings):
    """The address of the same in an object store."""
    prefix = f"lake-{uuid.uuid4().hex[:8]}"
    for path, content in (("MLmodel", MLMODEL), ("data/weights", b"w" * 1000), ("data/", b"")):
        boto3.client("s3").put_object(Bucket=BUCKET, Key=f"{prefix}/iris/{path}", Body=content)
    settings.STORAGE = {**settings.STORAGE, "register_from": [f"s3://{BUCKET}/{prefix}"]}
    return f"s3://{BUCKET}/{prefix}/iris"


def register(cast, address, who="owner"):
    return registrations.register_from(actor=actor(cast[who]), address=address, destination=cast.model)


def run(job):
    tasks.run_job(str(job.pk))
    return Job.objects.get(pk=job.pk), ModelVersion.objects.get(jobs=job)


def files(version):
    return {
        file.path: file.size for file in artifact_store(version.storage_location).list_files(version.storage_location)
    }


@pytest.mark.parametrize("kind", ["folder", pytest.param("bucket", marks=ON_S3)])
def test_what_lies_elsewhere_becomes_a_version(cast, request, kind):
    address = request.getfixturevalue(kind)
    address = address if kind == "bucket" else address.as_uri()
    job, version = run(register(cast, f"{address}/"))
    assert (job.state, version.status, version.source) == ("SUCCEEDED", "READY", address)
    assert files(version) == {"MLmodel": len(MLMODEL), "data/weights": 1000}
    assert len(version.digest) == 64
    assert not version.artifacts.filter(sha256="").exists()


def test_over_plain_http_an_address_is_a_source(api, cast, folder):
    body = {"name": "shop.ml.churn", "source": folder.as_uri(), "description": "From the lake."}
    answer = api(cast.owner)("POST", "/api/2.0/mlflow/model-versions/create", body)
    assert (answer.status_code, answer.json()["model_version"]["status"]) == (200, "PENDING_REGISTRATION")
    _, version = run(Job.objects.get(source_url=folder.as_uri()))
    assert (version.status, version.comment) == ("READY", "From the lake.")
    refused = api(cast.owner)("POST", "/api/2.0/mlflow/model-versions/create", {**body, "source": "file:///etc"})
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    refused = api(cast.reader)("POST", "/api/2.0/mlflow/model-versions/create", body)
    assert refused.status_code == 403


@pytest.mark.parametrize("step", ["/..", "/../../etc", "x", "/iris/../../..", "/%2e%2e/etc", "?x", "#y", "/./x"])
def test_no_address_leads_out(cast, folder, step):
    with pytest.raises(InvalidParameterValue):
        register(cast, f"{folder.parent.as_uri()}{step}")


def test_no_link_is_followed(cast, folder, tmp_path):
    (tmp_path / "secret").write_text("secret")
    os.symlink(tmp_path / "secret", folder / "link")
    os.symlink(tmp_path, folder / "folder")
    _, version = run(register(cast, folder.as_uri()))
    assert set(files(version)) == {"MLmodel", "data/weights"}
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "MLmodel").write_bytes(MLMODEL)
    os.symlink(tmp_path / "outside", folder.parent / "way")
    with pytest.raises(InvalidParameterValue, match="below none"):
        register(cast, f"{folder.parent.as_uri()}/way")


def test_who_may_not_create_versions_learns_nothing_of_the_address(cast, folder):
    for address in (folder.as_uri(), f"{folder.as_uri()}/nothing"):
        with pytest.raises(PermissionDenied):
            register(cast, address, "reader")


def test_what_changes_meanwhile_is_not_registered(cast, folder):
    job = register(cast, folder.as_uri())
    (folder / "data" / "weights").write_bytes(b"w" * 999)
    job, version = run(job)
    assert (job.state, version.status, files(version)) == ("FAILED", "FAILED_REGISTRATION", {})
    assert "changed in the meantime" in job.error
    job, version = run(retries.retry_job(actor=actor(cast.owner), uid=job.pk))
    assert (job.state, version.status) == ("SUCCEEDED", "READY")


def test_an_address_that_is_allowed_no_longer_is_not_read(cast, folder, settings):
    job = register(cast, folder.as_uri())
    settings.STORAGE = {**settings.STORAGE, "register_from": []}
    assert run(job)[0].state == "FAILED"


def test_a_model_is_registered_from_its_page(as_user, cast, folder, settings):
    address = "/explore/data/models/shop/ml/churn"
    assert "Register from an address" in text(as_user(cast.owner).get(address))
    assert "Register from an address" not in text(as_user(cast.reader).get(address))
    form = text(as_user(cast.owner).get(f"{address}/register"))
    assert folder.parent.as_uri() in form
    refused = text(as_user(cast.owner).post(f"{address}/register", {"address": "file:///etc"}))
    assert "is below none of the addresses" in refused
    answer = as_user(cast.owner).post(f"{address}/register", {"address": folder.as_uri(), "comment": "c"})
    job = Job.objects.get(source_url=folder.as_uri())
    assert answer["Location"] == f"/explore/jobs/{job.pk}"
    settings.STORAGE = {**settings.STORAGE, "register_from": []}
    assert "REGISTER_FROM" in text(as_user(cast.owner).get(f"{address}/register"))
    assert "Register from an address" not in text(as_user(cast.owner).get(address))
