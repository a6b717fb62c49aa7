"""Answers that never arrive, and transfers that break: what is repeated comes out right."""

import http.client
import io
import json
import os
import socket

import pytest
import requests
from databricks.sdk import WorkspaceClient

from tests.clients.conftest import use
from tests.clients.journeys import MARKS, MIB, digests, predicts, save_model
from tests.live import eventually, shell

pytestmark = MARKS

UC = "/api/2.0/mlflow/unity-catalog"


@pytest.fixture
def workspace(product, monkeypatch):
    use(monkeypatch, product, product.first_run("Access token"))
    return WorkspaceClient()


def send_and_hang_up(product, path, body, happened):
    """Send a request, wait until what it asks for is committed, and cut the line without taking the answer."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {product.first_run('Access token')}\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", product.port)) as line:
        line.sendall(head.encode() + content)
        eventually(happened)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def versions_of(workspace, name):
    found = workspace.model_versions.list(name)
    return [(version.version, version.status.value) for version in found]


def test_a_create_and_a_finalize_are_repeated_when_their_answers_are_lost(product, workspace):
    name = {"name": "dev.risk.lost"}
    workspace.api_client.do("POST", f"{UC}/registered-models/create", body=name)
    create = f"{UC}/model-versions/create"
    send_and_hang_up(product, create, {**name, "source": "s"}, lambda: versions_of(workspace, "dev.risk.lost"))
    made = workspace.api_client.do("POST", f"{UC}/model-versions/create", body={**name, "source": "s"})
    assert made["model_version"]["version"] == "2"
    workspace.files.upload("/Models/dev/risk/lost/2/MLmodel", io.BytesIO(b"flavors: {}"))
    send_and_hang_up(
        product, f"{UC}/model-versions/finalize", {**name, "version": "2"},
        lambda: (2, "READY") in versions_of(workspace, "dev.risk.lost"),
    )  # fmt: skip
    again = workspace.api_client.do("POST", f"{UC}/model-versions/finalize", body={**name, "version": "2"})
    assert again["model_version"]["status"] == "READY"
    # The first one waits for nobody: it goes with the clock, and the other stays.
    old = (
        "from django.utils import timezone; from datetime import timedelta; from registry.models import ModelVersion; "
    )
    old += "ModelVersion.objects.filter(registered_model__filed_as='dev.risk.lost').update("
    shell(product, f"{old}updated_at=timezone.now() - timedelta(days=2))")
    eventually(lambda: versions_of(workspace, "dev.risk.lost") == [(2, "READY")])


def test_an_upload_in_parts_goes_on_after_a_part_was_cut(product, workspace):
    workspace.registered_models.create(catalog_name="dev", schema_name="risk", name="parts")
    api = workspace.api_client
    api.do("POST", f"{UC}/model-versions/create", body={"name": "dev.risk.parts", "source": "s"})
    path = "/Models/dev/risk/parts/1/big.bin"
    query = {"action": "initiate-upload", "overwrite": "true"}
    token = api.do("POST", f"/api/2.0/fs/files{path}", query=query)["multipart_upload"]["session_token"]
    ask = {"path": path, "session_token": token, "start_part_number": 1, "count": 3}
    urls = [part["url"] for part in api.do("POST", "/api/2.0/fs/create-upload-part-urls", body=ask)["upload_part_urls"]]
    content = [os.urandom(MIB) for _ in urls]
    etags = [requests.put(url, data=part).headers["ETag"] for url, part in zip(urls[:2], content, strict=False)]
    broken = http.client.HTTPConnection("127.0.0.1", product.port)
    broken.putrequest("PUT", urls[2].removeprefix(product.url))
    broken.putheader("Content-Length", str(MIB))
    broken.endheaders(content[2][:1000])
    broken.close()
    etags.append(requests.put(urls[2], data=content[2]).headers["ETag"])
    done = {"action": "complete-upload", "upload_type": "multipart", "session_token": token}
    wrong = [{"part_number": n, "etag": '"0"'} for n in (1, 2, 3)]
    with pytest.raises(Exception, match="Part 1 is not the one"):
        api.do("POST", f"/api/2.0/fs/files{path}", query=done, body={"parts": wrong})
    parts = [{"part_number": number, "etag": etag} for number, etag in enumerate(etags, 1)]
    api.do("POST", f"/api/2.0/fs/files{path}", query=done, body={"parts": parts})
    api.do("POST", f"{UC}/model-versions/finalize", body={"name": "dev.risk.parts", "version": "1"})
    assert workspace.files.download(path).contents.read() == b"".join(content)


def test_an_upload_in_parts_is_given_up(workspace):
    workspace.registered_models.create(catalog_name="dev", schema_name="risk", name="given_up")
    api = workspace.api_client
    api.do("POST", f"{UC}/model-versions/create", body={"name": "dev.risk.given_up", "source": "s"})
    path = "/Models/dev/risk/given_up/1/big.bin"
    token = api.do("POST", f"/api/2.0/fs/files{path}", query={"action": "initiate-upload"})
    ask = {"path": path, "session_token": token["multipart_upload"]["session_token"]}
    abort = api.do("POST", "/api/2.0/fs/create-abort-upload-url", body=ask)["abort_upload_url"]["url"]
    assert requests.delete(abort).status_code == 200
    urls = api.do("POST", "/api/2.0/fs/create-upload-part-urls", body={**ask, "start_part_number": 1})
    assert requests.put(urls["upload_part_urls"][0]["url"], data=b"x").status_code == 404


def test_an_installation_may_choose_the_files_api(tmp_path, connect, monkeypatch, prepared):
    """The client asks which route to take, and the whole journey goes by it."""
    with prepared(tmp_path / "data", ARTIFACTS_BY_FILES_API="1") as other:
        mlflow = connect("databricks-uc")
        use(monkeypatch, other, other.first_run("Access token"))
        folder = save_model(mlflow, tmp_path)
        mlflow.register_model(folder, "dev.risk.by_files")
        assert predicts(mlflow, "models:/dev.risk.by_files/1")
        down = mlflow.artifacts.download_artifacts("models:/dev.risk.by_files/1", dst_path=str(tmp_path / "down"))
        assert digests(down) == digests(folder)
        route = f"{other.url}{UC}/registered-models:is-databricks-sdk-models-artifact-repository-enabled"
        assert requests.get(route).json() == {"is_databricks_sdk_models_artifact_repository_enabled": True}


def test_what_the_product_writes_is_closed_to_other_accounts(product):
    for path in product.data_dir.iterdir():
        if path.name != "lent":
            assert path.stat().st_mode & 0o077 == 0, path
    assert product.data_dir.stat().st_mode & 0o777 == 0o711
