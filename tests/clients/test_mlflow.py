"""What MLflow's users meet beyond the walk: the demo's models, rights, broken uploads, bodies in chunks."""

import http.client
import json
import urllib.parse

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied
from databricks.sdk.service.catalog import PermissionsChange, Privilege
from mlflow.exceptions import MlflowException, RestException

from tests.clients.journeys import FLOWERS, MARKS, save_model

pytestmark = MARKS

CHAMPION = "models:/prod.ml_team.iris_model@Champion"


def test_the_demo_predicts(mlflow):
    assert list(mlflow.pyfunc.load_model(CHAMPION).predict(FLOWERS)) == [0, 1, 2]
    for uri in ("models:/dev.ml_team.iris_model/1", "models:/prod.ml_team.churn_score@champion"):
        model = mlflow.pyfunc.load_model(uri)
        assert len(model.predict(model.input_example)) == 2


def test_whoever_may_not_read_is_told_so_in_mlflows_words(mlflow, sign_in):
    sign_in("stranger@example.com")  # BROWSE on the demo's catalogs, like everybody
    with pytest.raises(RestException, match="PERMISSION_DENIED: User does not have USE CATALOG on Catalog 'prod'"):
        mlflow.pyfunc.load_model(CHAMPION)
    with pytest.raises(NotFound):
        WorkspaceClient().catalogs.get("nothing")
    with pytest.raises(PermissionDenied):
        WorkspaceClient().catalogs.create(name="mine")


def test_a_principal_that_may_only_add_versions_registers(mlflow, sign_in, tmp_path):
    """The trap of every registry: register_model always creates first, and must be told that the model exists."""
    changes = [PermissionsChange(principal="ci@example.com", add=[Privilege.USE_CATALOG, Privilege.USE_SCHEMA])]
    admin = WorkspaceClient()
    sign_in("ci@example.com")
    admin.grants.update("CATALOG", "dev", changes=changes)
    path = "/api/2.1/unity-catalog/permissions/FUNCTION/dev.risk.fraud_detection"
    body = {"changes": [{"principal": "ci@example.com", "add": ["CREATE_MODEL_VERSION"]}]}  # not in the SDK's enum
    admin.api_client.do("PATCH", path, body=body)
    folder = save_model(mlflow, tmp_path)
    registered = mlflow.register_model(folder, "dev.risk.fraud_detection")
    assert registered.status == "READY"
    with pytest.raises(MlflowException, match="PERMISSION_DENIED"):
        mlflow.pyfunc.load_model(f"models:/dev.risk.fraud_detection/{registered.version}")


def test_copying_and_registering_again_leave_the_source_alone(mlflow):
    client = mlflow.MlflowClient()
    before = mlflow.pyfunc.load_model("models:/dev.ml_team.iris_model/2").predict(FLOWERS)
    client.copy_model_version("models:/dev.ml_team.iris_model/2", "dev.ml_team.iris_again")
    client.copy_model_version("models:/dev.ml_team.iris_again/1", "dev.ml_team.iris_again")
    client.delete_registered_model("dev.ml_team.iris_again")
    assert list(mlflow.pyfunc.load_model("models:/dev.ml_team.iris_model/2").predict(FLOWERS)) == list(before)


def test_files_with_odd_names_and_empty_files_come_back_as_they_were(mlflow, tmp_path):
    folder = save_model(mlflow, tmp_path)
    odd = {"a b.txt": b"blank", "naïve/ü#1?.txt": b"\xc3\xbc", "empty/__init__.py": b"", "%2e%2e": b"dots"}
    for name, content in odd.items():
        (tmp_path / "model" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "model" / name).write_bytes(content)
    version = mlflow.register_model(folder, "dev.ml_team.odd_files").version
    mlflow.artifacts.download_artifacts(f"models:/dev.ml_team.odd_files/{version}", dst_path=str(tmp_path / "back"))
    assert {name: (tmp_path / "back" / name).read_bytes() for name in odd} == odd


def test_ranges_are_joined_by_mlflows_parallel_download(mlflow, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_MINIMUM_FILE_SIZE", "1000000")
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE", "400000")
    folder = save_model(mlflow, tmp_path)
    content = bytes(range(256)) * 6000
    (tmp_path / "model" / "weights.bin").write_bytes(content)
    version = mlflow.register_model(folder, "dev.ml_team.big").version
    mlflow.artifacts.download_artifacts(f"models:/dev.ml_team.big/{version}", dst_path=str(tmp_path / "back"))
    assert (tmp_path / "back" / "weights.bin").read_bytes() == content


def test_bodies_in_chunks_are_read_whole(product, mlflow):
    """Django sees nothing of a chunked body: neither JSON nor bytes may come out empty."""
    token = {"Authorization": f"Bearer {product.first_run('Access token')}"}
    uc = "/api/2.0/mlflow/unity-catalog"

    def send(method, path, pieces, headers=token):
        connection = http.client.HTTPConnection("127.0.0.1", product.port)
        connection.request(method, path, body=iter(pieces), headers=headers, encode_chunked=True)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    status, _ = send("POST", f"{uc}/registered-models/create", [b'{"name": ', b'"dev.ml_team.', b'chunked"}'])
    assert status == 200
    create = [json.dumps({"name": "dev.ml_team.chunked", "source": "s"}).encode()]
    version = json.loads(send("POST", f"{uc}/model-versions/create", create)[1])["model_version"]["version"]
    root = f"/Models/dev/ml_team/chunked/{version}"
    content = [b"x" * 1_000_003] * 5
    for name, pieces in (("big.bin", content), ("empty", [])):
        asked = [json.dumps({"path": f"{root}/{name}"}).encode()]
        url = urllib.parse.urlsplit(json.loads(send("POST", "/api/2.0/fs/create-upload-url", asked)[1])["url"])
        assert send("PUT", f"{url.path}?{url.query}", pieces, {})[0] == 200
    finalize = [json.dumps({"name": "dev.ml_team.chunked", "version": version}).encode()]
    assert send("POST", f"{uc}/model-versions/finalize", finalize)[0] == 200
    listing = WorkspaceClient().api_client.do("GET", f"/api/2.0/fs/directories{root}")["contents"]
    assert {entry["name"]: entry["file_size"] for entry in listing} == {"big.bin": 5_000_015, "empty": 0}
    too_big = [b'{"name": "', *[b"x" * 2**20] * 20, b'"}']
    status, content = send("POST", f"{uc}/registered-models/create", too_big)
    assert (status, json.loads(content)["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    connection = http.client.HTTPConnection("127.0.0.1", product.port)
    connection.request("POST", f"{uc}/registered-models/create", b"".join(too_big), token)
    assert connection.getresponse().status == 400
    connection.close()


def test_an_upload_that_is_cut_off_leaves_a_version_that_can_still_be_filled(product, mlflow):
    client = WorkspaceClient().api_client
    name = {"name": "dev.ml_team.cut"}
    client.do("POST", "/api/2.0/mlflow/unity-catalog/registered-models/create", body=name)
    client.do("POST", "/api/2.0/mlflow/unity-catalog/model-versions/create", body={**name, "source": "s"})
    path = {"path": "/Models/dev/ml_team/cut/1/f"}
    url = urllib.parse.urlsplit(client.do("POST", "/api/2.0/fs/create-upload-url", body=path)["url"])
    connection = http.client.HTTPConnection("127.0.0.1", product.port)
    connection.putrequest("PUT", f"{url.path}?{url.query}")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders(b"x" * 1000)
    connection.close()
    incoming = product.data_dir / "artifacts" / "incoming"
    whole = http.client.HTTPConnection("127.0.0.1", product.port)
    whole.request("PUT", f"{url.path}?{url.query}", body=b"whole")
    assert whole.getresponse().status == 200
    whole.close()
    client.do("POST", "/api/2.0/mlflow/unity-catalog/model-versions/finalize", body={**name, "version": "1"})
    listing = client.do("GET", "/api/2.0/fs/directories/Models/dev/ml_team/cut/1")["contents"]
    assert [(entry["name"], entry["file_size"]) for entry in listing] == [("f", 5)]
    assert not incoming.exists() or not list(incoming.iterdir())
