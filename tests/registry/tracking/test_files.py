"""The files of runs, logged models and traces, on both wires: MLflow's proxy and the Files API."""

import hashlib

import pytest
from django.test import Client

from registry.models import ArtifactRoot, RunArtifact
from registry.services.administration import integrity
from registry.storage import artifact_store
from tests.tracking import make_logged

pytestmark = [pytest.mark.django_db, pytest.mark.both_servers]
PROXY, FILES = "/api/2.0/mlflow-artifacts", "/api/2.0/fs"
INTERNAL = "/WorkspaceInternal/Mlflow/Artifacts"
DATABRICKS = {"User-Agent": "mlflow/3 databricks-sdk-py/0.156.0"}


@pytest.fixture
def one(logged, cast):
    logged.shared(cast)
    return logged


def content(answer):
    return b"".join(answer)


def places(one):
    """Where each tree lies on the two wires."""
    here = one.experiment
    yield f"{here}/{one.run}/artifacts", f"{INTERNAL}/{here}/Runs/{one.run}/artifacts"
    yield f"{here}/models/{one.model}/artifacts", f"{INTERNAL}/{here}/LoggedModels/{one.model}/artifacts"
    yield f"{here}/traces/{one.trace}/artifacts", f"{INTERNAL}/{here}/Runs/traces/{one.trace}/artifacts"


def test_what_one_wire_writes_the_other_reads(api, cast, one):
    writer, reader = api(cast.writer), api(cast.reader)
    for proxied, internal in places(one):
        assert writer("PUT", f"{PROXY}/artifacts/{proxied}/a/x.txt", b"from the proxy").status_code == 200
        assert writer("PUT", f"{FILES}/files{internal}/a/y.txt?overwrite=true", b"from the files").status_code == 204
        assert content(reader("GET", f"{FILES}/files{internal}/a/x.txt")) == b"from the proxy"
        assert content(reader("GET", f"{PROXY}/artifacts/{proxied}/a/y.txt")) == b"from the files"
        listed = reader.ok("GET", f"{PROXY}/artifacts?path={proxied}/a")["files"]
        assert listed == [{"path": name, "is_dir": False, "file_size": 14} for name in ("x.txt", "y.txt")]
        entries = reader.ok("GET", f"{FILES}/directories{internal}/a")["contents"]
        assert [entry["path"] for entry in entries] == [f"{internal}/a/x.txt", f"{internal}/a/y.txt"]


@pytest.mark.own_server
def test_size_and_digest_are_counted_and_compared(api, cast, one):
    proxied, _ = next(places(one))
    api(cast.writer)("PUT", f"{PROXY}/artifacts/{proxied}/f", b"12345")
    row = RunArtifact.objects.get(path="f")
    assert (row.size, row.sha256, row.arriving) == (5, hashlib.sha256(b"12345").hexdigest(), "")
    upload = api(cast.writer)("PUT", f"{PROXY}/artifacts/{proxied}/f", b"abc")
    assert upload.status_code == 200
    assert content(api(cast.reader)("GET", f"{PROXY}/artifacts/{proxied}/f")) == b"abc"
    location = row.root.storage_location
    RunArtifact.objects.filter(pk=row.pk).update(sha256="0" * 64)
    assert api(cast.reader).error("GET", f"{PROXY}/artifacts/{proxied}/f") == (400, "DATA_LOSS")
    artifact_store(location).delete_file(location, "f")
    assert api(cast.reader).error("GET", f"{PROXY}/artifacts/{proxied}/f")[0] == 404


def test_a_file_in_parts_by_the_proxy(api, cast, one):
    proxied, _ = next(places(one))
    writer = api(cast.writer)
    begun = writer.ok("POST", f"{PROXY}/mpu/create/{proxied}/d", {"path": "/tmp/big.bin", "num_parts": 2})
    parts = []
    for credential, piece in zip(begun["credentials"], (b"first ", b"second"), strict=True):
        answer = Client().put(credential["url"], piece, content_type="")
        assert answer.status_code == 200
        parts.append({"part_number": credential["part_number"], "etag": answer["ETag"]})
    ended = {"path": "/tmp/big.bin", "upload_id": begun["upload_id"], "parts": parts}
    assert api(cast.stranger)("POST", f"{PROXY}/mpu/complete/{proxied}/d", ended).status_code == 404
    assert api(cast.owner)("POST", f"{PROXY}/mpu/complete/{proxied}/d", ended).status_code == 400  # another's session
    for _ in range(2):  # an answer may be lost
        writer.ok("POST", f"{PROXY}/mpu/complete/{proxied}/d", ended)
    told = api(cast.reader).ok("GET", f"{PROXY}/presigned/{proxied}/d/big.bin")
    assert told["file_size"] == 12
    answer = Client().get(told["url"], headers={"Range": "bytes=6-"})
    assert (answer.status_code, content(answer)) == (206, b"second")
    again = writer.ok("POST", f"{PROXY}/mpu/create/{proxied}/d", {"path": "other", "num_parts": 1})
    Client().put(again["credentials"][0]["url"], b"x", content_type="")
    writer.ok("POST", f"{PROXY}/mpu/abort/{proxied}/d", {"path": "other", "upload_id": again["upload_id"]})
    gone = {"path": "other", "upload_id": again["upload_id"], "parts": [{"part_number": 1, "etag": ""}]}
    assert writer.error("POST", f"{PROXY}/mpu/complete/{proxied}/d", gone) == (404, "NO_SUCH_UPLOAD")


def test_signed_urls_and_parts_by_the_files_api(api, cast, one):
    _, internal = next(places(one))
    writer, path = api(cast.writer), f"{internal}/model/weights"
    url = writer.ok("POST", f"{FILES}/create-upload-url", {"path": path})["url"]
    assert Client().put(url, b"bytes", content_type="").status_code == 200
    url = api(cast.reader).ok("POST", f"{FILES}/create-download-url", {"path": path})["url"]
    assert content(Client().get(url)) == b"bytes"
    token = writer.ok("POST", f"{FILES}/files{path}?action=initiate-upload&overwrite=true")["multipart_upload"]
    asked = {"path": path, "start_part_number": 1, "count": 1, **token}
    part = writer.ok("POST", f"{FILES}/create-upload-part-urls", asked)["upload_part_urls"][0]
    etag = Client().put(part["url"], b"in parts", content_type="")["ETag"]
    done = {"parts": [{"part_number": 1, "etag": etag.strip('"')}]}
    where = f"{FILES}/files{path}?action=complete-upload&session_token={token['session_token']}"
    writer.ok("POST", where, done)
    assert content(api(cast.reader)("GET", f"{FILES}/files{path}")) == b"in parts"


def test_a_signed_url_ends_with_the_right(api, cast, one):
    _, internal = next(places(one))
    api(cast.writer)("PUT", f"{FILES}/files{internal}/f?overwrite=true", b"x")
    url = api(cast.reader).ok("POST", f"{FILES}/create-download-url", {"path": f"{internal}/f"})["url"]
    root = ArtifactRoot.objects.get()
    root.experiment.group_grants.all().delete()
    answer = Client().get(url)
    assert answer.status_code == 404, content(answer)


def test_nobody_else_learns_of_a_file_or_writes_one(api, cast, one):
    for proxied, internal in places(one):
        api(cast.writer)("PUT", f"{PROXY}/artifacts/{proxied}/f", b"secret")
        stranger, reader = api(cast.stranger), api(cast.reader)
        for method, path, body in [
            ("GET", f"{PROXY}/artifacts/{proxied}/f", None), ("GET", f"{PROXY}/artifacts?path={proxied}", None),
            ("PUT", f"{PROXY}/artifacts/{proxied}/f", b"x"), ("DELETE", f"{PROXY}/artifacts/{proxied}/f", None),
            ("GET", f"{PROXY}/presigned/{proxied}/f", None),
            ("POST", f"{PROXY}/mpu/create/{proxied}", {"path": "f", "num_parts": 1}),
            ("GET", f"{FILES}/files{internal}/f", None), ("HEAD", f"{FILES}/files{internal}/f", None),
            ("PUT", f"{FILES}/files{internal}/f?overwrite=true", b"x"), ("DELETE", f"{FILES}/files{internal}/f", None),
            ("GET", f"{FILES}/directories{internal}", None), ("PUT", f"{FILES}/directories{internal}/d", None),
            ("POST", f"{FILES}/create-download-url", {"path": f"{internal}/f"}),
            ("POST", f"{FILES}/create-upload-url", {"path": f"{internal}/f"}),
            ("POST", f"{FILES}/files{internal}/f?action=initiate-upload", None),
        ]:  # fmt: skip
            assert stranger(method, path, body).status_code == 404, (method, path)
            if method in ("PUT", "DELETE") or "upload" in path or "mpu" in path:
                assert reader(method, path, body).status_code == 403, (method, path)
        assert content(reader("GET", f"{PROXY}/artifacts/{proxied}/f")) == b"secret"


def test_the_experiment_of_a_path_has_to_be_the_runs(api, cast, one):
    other = make_logged()
    other.row(cast.stranger)
    stranger = api(cast.stranger)
    for path in (f"{other.experiment}/{one.run}/artifacts/f", f"{one.experiment}/{other.run}/artifacts/f"):
        assert stranger.error("GET", f"{PROXY}/artifacts/{path}")[0] == 404
    path = f"{INTERNAL}/{other.experiment}/Runs/{one.run}/artifacts/f"
    assert stranger.error("GET", f"{FILES}/files{path}")[0] == 404


@pytest.mark.parametrize("path", ["../f", "a/../../f", "/f", "a//b", "a/./b", "con", "x" * 300, "a\\b"])
def test_paths_that_lead_out_are_refused(api, cast, one, path):
    proxied, internal = next(places(one))
    writer = api(cast.writer)
    for where in (f"{PROXY}/artifacts/{proxied}/{path}", f"{FILES}/files{internal}/{path}?overwrite=true"):
        assert writer("PUT", where, b"x").status_code in (400, 404), where
    assert not RunArtifact.objects.exists()


def test_a_directory_goes_with_what_is_in_it(api, cast, one):
    proxied, _ = next(places(one))
    writer = api(cast.writer)
    for name in ("a/x", "a/b/y", "ab", "c"):
        writer("PUT", f"{PROXY}/artifacts/{proxied}/{name}", b"x")
    writer.ok("DELETE", f"{PROXY}/artifacts/{proxied}/a")
    listed = writer.ok("GET", f"{PROXY}/artifacts?path={proxied}")["files"]
    assert {entry["path"] for entry in listed if not entry["is_dir"]} == {"ab", "c"}
    assert writer.ok("GET", f"{PROXY}/artifacts?path={proxied}/a/b")["files"] == []
    assert set(RunArtifact.objects.values_list("path", flat=True)) <= {"ab", "c"}


def test_lists_by_id_tell_where_the_files_lie_in_the_callers_dialect(api, cast, one):
    proxied, _ = next(places(one))
    api(cast.writer)("PUT", f"{PROXY}/artifacts/{proxied}/a/x", b"x")
    about = f"/api/2.0/mlflow/artifacts/list?run_id={one.run}&path=a"
    told = api(cast.reader).ok("GET", about)
    assert told == {
        "root_uri": f"mlflow-artifacts:/{proxied}",
        "files": [{"path": "a/x", "is_dir": False, "file_size": 1}],
    }
    told = api(cast.reader).ok("GET", about, headers=DATABRICKS)
    assert told["root_uri"] == f"dbfs:/databricks/mlflow-tracking/{one.experiment}/{one.run}/artifacts"
    run = api(cast.reader).ok("GET", f"/api/2.0/mlflow/runs/get?run_id={one.run}", headers=DATABRICKS)["run"]
    assert run["info"]["artifact_uri"] == told["root_uri"]
    model = api(cast.reader).ok("GET", f"/api/2.0/mlflow/logged-models/{one.model}", headers=DATABRICKS)["model"]
    root = f"dbfs:/databricks/mlflow-tracking/{one.experiment}/logged_models/{one.model}/artifacts"
    assert model["info"]["artifact_uri"] == root


def test_the_files_of_runs_are_no_orphans(api, cast, one):
    proxied, _ = next(places(one))
    api(cast.writer)("PUT", f"{PROXY}/artifacts/{proxied}/f", b"x")
    assert ArtifactRoot.objects.get().storage_location not in set(integrity.orphans())


def test_no_file_is_larger_than_the_largest(api, cast, one, settings):
    settings.LARGEST_FILE = 10
    proxied, _ = next(places(one))
    assert api(cast.writer).error("PUT", f"{PROXY}/artifacts/{proxied}/f", b"x" * 11)[0] == 400
    assert api(cast.writer)("PUT", f"{PROXY}/artifacts/{proxied}/f", b"x" * 10).status_code == 200
