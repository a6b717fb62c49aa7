"""Stock clients and a server that keeps its files in an S3 server: with it, past it, and what they may not do there."""

import json
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from tests import s3
from tests.clients.journeys import MARKS, digests, predicts, save_model, save_seven_files
from tests.live import Product, eventually, shell

pytestmark = [*(mark for mark in MARKS if mark.name != "xdist_group"), *s3.ON_S3]
ROOT = f"s3://{s3.BUCKET}/clients"


@pytest.fixture(scope="module")
def product(tmp_path_factory, s3_server):
    folder = tmp_path_factory.mktemp("product") / "data"
    with Product(
        folder,
        STORAGE_ROOT=ROOT,
        STORAGE_ROOTS=f"s3://{s3.BUCKET}/teams",
        STORAGE_ROLE_ARN=s3.role_arn(),
        TRASH_DAYS="0",
    ) as running:
        yield running


@pytest.fixture
def door(s3_server, monkeypatch):
    """The S3 server as clients of their own reach it: MLflow is told where by its own variable, and has no keys."""
    with s3.as_amazon_answers(s3_server) as address:
        monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", address)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
            monkeypatch.delenv(name)
        yield address


def location_of(product, name, version):
    full = dict(zip(("catalog", "schema", "model"), name.split("."), strict=True))
    return shell(product, f"""
from registry.models import ModelVersion
print(ModelVersion.objects.get(registered_model__name={full["model"]!r}, version={version},
    registered_model__schema__name={full["schema"]!r},
    registered_model__schema__catalog__name={full["catalog"]!r}).storage_location)
""")  # fmt: skip


def keys_below(location):
    prefix = location.split("/", 3)[3] + "/"
    found = boto3.client("s3").list_objects_v2(Bucket=s3.BUCKET, Prefix=prefix).get("Contents", ())
    return {item["Key"].removeprefix(prefix): item["Size"] for item in found}


def test_files_lie_as_files_and_come_down_past_the_server(connect, product, tmp_path):
    mlflow, name = connect("databricks-uc"), "dev.risk.in_store"
    folder = save_seven_files(mlflow, tmp_path)
    version = mlflow.register_model(folder, name)
    assert version.status == "READY"
    location = location_of(product, name, 1)
    assert location.startswith(f"{ROOT}/")
    files = {
        path.relative_to(folder).as_posix(): path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()
    }
    assert keys_below(location) == files
    mlflow.artifacts.download_artifacts(f"models:/{name}/1", dst_path=str(tmp_path / "down"))
    assert digests(tmp_path / "down") == digests(folder)
    link = ask(product, "fs/create-download-url", {"path": f"/Models/{name.replace('.', '/')}/1/MLmodel"})
    assert link["url"].startswith(boto3.client("s3").meta.endpoint_url)
    with urllib.request.urlopen(link["url"]) as answer:
        assert answer.read() == Path(folder, "MLmodel").read_bytes()


def ask(product, path, body):
    headers = {"Authorization": f"Bearer {product.first_run('Access token')}", "Content-Type": "application/json"}
    address = f"{product.url}/api/2.0/{path}"
    with urllib.request.urlopen(urllib.request.Request(address, json.dumps(body).encode(), headers)) as answer:
        return json.load(answer)


def test_a_copy_on_the_server_moves_no_byte_of_it(connect, product, tmp_path):
    mlflow = connect(product.url)
    source, target = "dev.risk.copied", "prod.risk.copied"
    folder = save_seven_files(mlflow, tmp_path)
    connect("databricks-uc").register_model(folder, source)
    client = connect(product.url).MlflowClient()
    client.create_registered_model(target)
    version = client.create_model_version(target, f"models:/{source}/1")
    assert version.status == "READY"
    assert keys_below(location_of(product, target, 1)) == keys_below(location_of(product, source, 1))
    assert predicts(connect("databricks-uc"), f"models:/{target}/1")


def test_the_open_dialect_goes_to_the_store_by_itself(connect, product, door, tmp_path):
    mlflow, name = connect(f"uc:{product.url}"), "dev.risk.open_store"
    folder = save_seven_files(mlflow, tmp_path)
    mlflow.MlflowClient().create_registered_model(name)
    version = mlflow.register_model(folder, name)
    assert version.status == "READY"
    mlflow.artifacts.download_artifacts(f"models:/{name}/1", dst_path=str(tmp_path / "down"))
    assert digests(tmp_path / "down") == digests(folder)
    assert predicts(mlflow, f"models:/{name}/1")
    mlflow.MlflowClient().copy_model_version(f"models:/{name}/1", f"{name}_copy")
    assert predicts(mlflow, f"models:/{name}_copy/1")
    assert predicts(mlflow, f"models:/{name}/1")


def test_a_credential_for_one_version_does_not_open_another(connect, product, s3_server, tmp_path):
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.errors import PermissionDenied
    from databricks.sdk.service.catalog import PathOperation, PermissionsChange, Privilege

    mlflow, name = connect("databricks-uc"), "dev.risk.vended"
    for _ in range(2):
        mlflow.register_model(save_model(mlflow, tmp_path), name)
    mine, others = (location_of(product, name, version) for version in (1, 2))
    w = WorkspaceClient(host=product.url, token=product.first_run("Access token"))
    vended = w.temporary_path_credentials.generate_temporary_path_credentials(
        f"{mine}/MLmodel", PathOperation.PATH_READ
    )
    keys = vended.aws_temp_credentials
    reader = boto3.client(
        "s3", aws_access_key_id=keys.access_key_id, aws_secret_access_key=keys.secret_access_key,
        aws_session_token=keys.session_token,
    )  # fmt: skip
    mine, others = (f"{location.split('/', 3)[3]}/MLmodel" for location in (mine, others))
    assert b"flavors" in reader.get_object(Bucket=s3.BUCKET, Key=mine)["Body"].read()
    for refused in (
        lambda: reader.get_object(Bucket=s3.BUCKET, Key=others),
        lambda: reader.list_objects_v2(Bucket=s3.BUCKET, Prefix=others.removesuffix("MLmodel")),
        lambda: reader.put_object(Bucket=s3.BUCKET, Key=others, Body=b""),
        lambda: reader.put_object(Bucket=s3.BUCKET, Key=mine, Body=b""),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()
    stranger = product.manage("issue_token", "stranger.store@example.com", "--create")
    change = PermissionsChange(principal="stranger.store@example.com", add=[Privilege.BROWSE])
    w.grants.update("catalog", "dev", changes=[change])
    w = WorkspaceClient(host=product.url, token=stranger)
    with pytest.raises(PermissionDenied):
        w.temporary_path_credentials.generate_temporary_path_credentials(
            f"s3://{s3.BUCKET}/{mine}", PathOperation.PATH_READ
        )


def test_a_catalog_can_have_a_root_of_its_own(connect, product, tmp_path):
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.errors import InvalidParameterValue

    w = WorkspaceClient(host=product.url, token=product.first_run("Access token"))
    root = f"s3://{s3.BUCKET}/teams/vision"
    catalog = w.catalogs.create("vision", storage_root=root)
    assert (catalog.storage_root, w.catalogs.get("vision").storage_location) == (root, root)
    with pytest.raises(InvalidParameterValue, match="STORAGE_ROOTS"):
        w.catalogs.create("elsewhere", storage_root="s3://other-bucket/x")
    mlflow = connect("databricks-uc")
    mlflow.register_model(save_model(mlflow, tmp_path), "vision.default.m")
    assert location_of(product, "vision.default.m", 1).startswith(f"{root}/")
    assert predicts(mlflow, "models:/vision.default.m/1")
    location = location_of(product, "vision.default.m", 1)
    w.catalogs.delete("vision", force=True)
    eventually(lambda: not keys_below(location))
