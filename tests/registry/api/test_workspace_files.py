"""Files of one's own workspace folder: what `databricks bundle deploy` asks, call by call, and what it is refused.

The sequences are those that Databricks' CLI records in its own acceptance tests (deploy, destroy).
"""

import base64
import errno
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import PersonalAccessToken, Scope
from registry import limits
from registry.exceptions import InvalidState
from registry.models import WorkspaceFile
from registry.services.people import workspace_files
from tests.cast import actor

API = "/api/2.0"
HOME = "/Workspace/Users/reader@example.com"
ROOT = f"{HOME}/.bundle/shop/default"
STATE = f"{ROOT}/state"
LOCK = f"{STATE}/deploy.lock"
MISSING = (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.fixture(autouse=True)
def disk(settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path


@pytest.fixture
def reader(cast, api):
    return api(cast.reader)


def status(client, path):
    return client.ok("GET", f"{API}/workspace/get-status?path={path}&return_export_info=true")


def mkdirs(client, path):
    return client.ok("POST", f"{API}/workspace/mkdirs", {"path": path})


def put(client, path, content, *, overwrite=True):
    """As the CLI did until 2026: the bytes alone."""
    address = f"{API}/workspace-files/import-file/{path.strip('/')}?overwrite={str(overwrite).lower()}"
    return client("POST", address, content)


def upload(client, path, content, **fields):
    """As the SDKs do, and the CLI since: a form."""
    form = {"path": path, "format": "AUTO", "content": SimpleUploadedFile("content", content), **fields}
    return client.client.post(f"{API}/workspace/import", form, headers=client.headers)


def exported(client, path):
    answer = client("GET", f"{API}/workspace/export?path={path}&direct_download=true")
    content = b"".join(answer)
    assert answer["Content-Length"] == str(len(content))
    return content


def error_of(answer):
    return answer.status_code, answer.json()["error_code"]


def write_bytes(client, path, content, *, overwrite):
    return put(client, path, content, overwrite=overwrite)


def write_form(client, path, content, *, overwrite):
    return upload(client, path, content, **({"overwrite": "true"} if overwrite else {}))


@pytest.mark.parametrize("write", [write_bytes, write_form])
def test_a_bundle_is_deployed_again_and_destroyed(reader, write):
    assert reader.error("GET", f"{API}/workspace/get-status?path={STATE}/resources.json") == MISSING
    assert reader.error("GET", f"{API}/workspace-files{STATE}/resources.json") == MISSING
    for round_ in (1, 2):
        lock = json.dumps({"ID": str(round_)}).encode()
        if round_ == 1:
            assert error_of(write(reader, LOCK, lock, overwrite=False)) == MISSING
            mkdirs(reader, STATE)
        assert write(reader, LOCK, lock, overwrite=False).status_code == 200
        assert exported(reader, LOCK) == lock
        assert "already exists" in write(reader, LOCK, b"another", overwrite=False).json()["message"]
        assert exported(reader, LOCK) == lock
        mkdirs(reader, f"{ROOT}/artifacts/.internal")
        reader.ok("POST", f"{API}/workspace/delete", {"path": f"{ROOT}/artifacts/.internal", "recursive": True})
        state = json.dumps({"serial": round_}).encode()
        assert write(reader, f"{STATE}/resources.json", state, overwrite=True).status_code == 200
        assert b"".join(reader("GET", f"{API}/workspace-files{STATE}/resources.json")) == state
        assert status(reader, f"{STATE}/resources.json")["size"] == len(state)
        reader.ok("POST", f"{API}/workspace/delete", {"path": LOCK})
    reader.ok("POST", f"{API}/workspace/delete", {"path": ROOT, "recursive": True})
    assert reader.error("GET", f"{API}/workspace/get-status?path={ROOT}") == MISSING


def test_a_file_tells_what_it_is(reader):
    mkdirs(reader, ROOT)
    put(reader, f"{ROOT}/model.py", b"pass\n")
    told = status(reader, f"{ROOT}/model.py")
    assert (told["object_type"], told["path"], told["size"]) == ("FILE", f"{ROOT}/model.py", 5)
    assert told["resource_id"] == str(told["object_id"])
    assert told["created_at"] <= told["modified_at"]
    assert status(reader, HOME) == {"path": HOME, "object_type": "DIRECTORY"}
    assert status(reader, ROOT.removeprefix("/Workspace"))["object_type"] == "DIRECTORY"
    as_json = reader.ok("GET", f"{API}/workspace/export?path={ROOT}/model.py&format=SOURCE")
    assert as_json == {"content": base64.b64encode(b"pass\n").decode(), "file_type": "py"}


def test_a_directory_lists_what_lies_in_it(reader):
    assert reader.ok("GET", f"{API}/workspace/list?path={HOME}") == {}
    mkdirs(reader, f"{HOME}/a/b")
    put(reader, f"{HOME}/a/file", b"1")

    def listed(path):
        return [
            (one["path"], one["object_type"])
            for one in reader.ok("GET", f"{API}/workspace/list?path={path}")["objects"]
        ]

    assert listed(HOME) == [(f"{HOME}/a", "DIRECTORY")]
    assert listed(f"{HOME}/a/") == [(f"{HOME}/a/b", "DIRECTORY"), (f"{HOME}/a/file", "FILE")]
    assert listed(f"{HOME}/a/file") == [(f"{HOME}/a/file", "FILE")]
    answer = reader("POST", f"{API}/workspace/delete", {"path": f"{HOME}/a"})
    assert error_of(answer) == (400, "DIRECTORY_NOT_EMPTY")


def test_names_differ_by_case_and_a_neighbour_with_a_longer_name_stays(reader):
    for name in ("a", "A", "ab"):
        mkdirs(reader, f"{HOME}/{name}/x")
    reader.ok("POST", f"{API}/workspace/delete", {"path": f"{HOME}/a", "recursive": True})
    assert sorted(WorkspaceFile.objects.values_list("path", flat=True)) == ["A", "A/x", "ab", "ab/x"]


def test_json_brings_content_in_base64(reader):
    asked = {"path": f"{HOME}/f", "content": base64.b64encode(b"\x00\xff").decode(), "format": "RAW"}
    reader.ok("POST", f"{API}/workspace/import", asked)
    assert exported(reader, f"{HOME}/f") == b"\x00\xff"
    assert reader.error("POST", f"{API}/workspace/import", asked) == (400, "RESOURCE_ALREADY_EXISTS")
    assert reader.error("POST", f"{API}/workspace/import", {**asked, "content": "é"})[0] == 400
    assert reader.error("POST", f"{API}/workspace/import", {**asked, "content": 7})[0] == 400


@pytest.mark.parametrize("said", [{"format": "SOURCE"}, {"format": "DBC"}, {"language": "PYTHON"}])
def test_notebooks_are_refused_by_name(reader, said):
    answer = reader("POST", f"{API}/workspace/import", {"path": f"{HOME}/f", "content": "", **said})
    assert error_of(answer) == (400, "INVALID_PARAMETER_VALUE")
    assert "no notebooks" in answer.json()["message"]
    assert reader.error("GET", f"{API}/workspace/export?path={HOME}/f&format=HTML")[0] == 400


@pytest.mark.parametrize(
    "elsewhere", ["/Workspace/Users/owner@example.com/f", "/Workspace/Shared/f", "/f", "/Users", ""]
)
def test_folders_of_others_are_not_there_and_take_nothing(reader, cast, api, elsewhere):
    mkdirs(api(cast.owner), "/Users/owner@example.com/f")
    assert reader.error("GET", f"{API}/workspace/get-status?path={elsewhere or '/'}") == MISSING
    assert reader.error("GET", f"{API}/workspace/list?path={elsewhere or '/'}") == MISSING
    denied = (403, "PERMISSION_DENIED")
    for call in ("mkdirs", "delete", "import"):
        asked = {"path": elsewhere or "/", "content": ""}
        assert reader.error("POST", f"{API}/workspace/{call}", asked) == denied
    assert reader.error("GET", f"{API}/workspace-files/{elsewhere.strip('/') or 'x'}") == MISSING
    assert error_of(put(reader, elsewhere or "/x", b"1")) == denied
    assert WorkspaceFile.objects.count() == 1


@pytest.mark.parametrize("below", ["a/../b", "./a", "a//b", "a\\b", "x" * 300, "a\tb"])
def test_what_is_no_path_is_refused(reader, below):
    asked = {"path": f"{HOME}/{below}"}
    assert reader.error("POST", f"{API}/workspace/mkdirs", asked) == (400, "INVALID_PARAMETER_VALUE")


def test_a_file_is_no_directory(reader):
    put(reader, f"{HOME}/f", b"1")
    assert reader.error("POST", f"{API}/workspace/mkdirs", {"path": f"{HOME}/f/sub"}) == (
        400,
        "RESOURCE_ALREADY_EXISTS",
    )
    assert error_of(put(reader, f"{HOME}/f/sub", b"1")) == MISSING
    mkdirs(reader, f"{HOME}/d")
    assert error_of(put(reader, f"{HOME}/d", b"1")) == (409, "ALREADY_EXISTS")
    assert error_of(put(reader, HOME, b"1")) == (400, "INVALID_PARAMETER_VALUE")
    assert reader.error("GET", f"{API}/workspace/export?path={HOME}/d")[0] == 400
    assert reader.error("POST", f"{API}/workspace/delete", {"path": HOME, "recursive": True})[0] == 400


def test_what_is_too_long_is_refused_whichever_way_it_comes(reader, monkeypatch):
    monkeypatch.setattr(limits, "WORKSPACE_FILE_LENGTH", 1000)
    assert put(reader, f"{HOME}/f", b"x" * 1000).status_code == 200
    for answer in (put(reader, f"{HOME}/f", b"x" * 1001), upload(reader, f"{HOME}/g", b"x" * 1001)):
        assert error_of(answer) == (400, "INVALID_PARAMETER_VALUE")
        assert "at most 1000 bytes" in answer.json()["message"]
    assert error_of(upload(reader, f"{HOME}/g", b"x" * 100_000)) == (400, "INVALID_PARAMETER_VALUE")
    assert exported(reader, f"{HOME}/f") == b"x" * 1000


def test_a_folder_has_an_end(reader, monkeypatch):
    monkeypatch.setattr(limits, "WORKSPACE_FILES", 3)
    monkeypatch.setattr(limits, "WORKSPACE_LENGTH", 100)
    mkdirs(reader, f"{HOME}/a/b")
    assert reader.error("POST", f"{API}/workspace/mkdirs", {"path": f"{HOME}/a/c/d"}) == (400, "QUOTA_EXCEEDED")
    assert put(reader, f"{HOME}/a/f", b"x" * 60).status_code == 200
    assert put(reader, f"{HOME}/a/f", b"x" * 100).status_code == 200
    assert error_of(put(reader, f"{HOME}/a/f", b"x" * 101)) == (400, "QUOTA_EXCEEDED")
    assert put(reader, f"{HOME}/a/f", b"x").status_code == 200
    assert error_of(put(reader, f"{HOME}/a/g", b"x")) == (400, "QUOTA_EXCEEDED")
    assert WorkspaceFile.objects.count() == 3


def test_a_token_that_only_reads_changes_nothing(cast, api, reader):
    put(reader, f"{HOME}/f", b"1")
    _, secret = PersonalAccessToken.objects.issue(cast.reader, scope=Scope.READ)
    narrow = api()
    narrow.headers["Authorization"] = f"Bearer {secret}"
    assert exported(narrow, f"{HOME}/f") == b"1"
    assert error_of(put(narrow, f"{HOME}/f", b"2")) == (403, "PERMISSION_DENIED")
    assert narrow.error("POST", f"{API}/workspace/delete", {"path": f"{HOME}/f"}) == (403, "PERMISSION_DENIED")
    assert exported(reader, f"{HOME}/f") == b"1"


def test_a_form_is_read_when_it_is_known_who_asks(api, db, monkeypatch):
    def parse(parser):
        raise AssertionError("read")

    monkeypatch.setattr("django.http.multipartparser.MultiPartParser.parse", parse)
    assert error_of(upload(api(), f"{HOME}/f", b"1")) == (401, "UNAUTHENTICATED")


def test_a_long_file_is_read_in_pieces_and_never_half_of_another(reader, cast):
    long = bytes(range(256)) * 12 * 1024  # 3 MiB
    put(reader, f"{HOME}/f", long)
    assert exported(reader, f"{HOME}/f") == long
    refused = reader("GET", f"{API}/workspace/export?path={HOME}/f")
    assert "direct_download=true" in refused.json()["message"]
    _, pieces = workspace_files.read(actor=actor(cast.reader), path=f"{HOME}/f")
    next(pieces)
    put(reader, f"{HOME}/f", long[::-1])
    with pytest.raises(InvalidState):
        next(pieces)


def test_without_content_nothing_is_emptied(reader):
    put(reader, f"{HOME}/f", b"1")
    asked = f"{API}/workspace/import?path={HOME}/f&overwrite=true"
    assert reader.error("POST", asked) == (400, "INVALID_PARAMETER_VALUE")
    assert exported(reader, f"{HOME}/f") == b"1"


def test_a_path_without_end_is_refused(reader):
    asked = {"path": f"{HOME}/" + "a/" * 300_000}
    assert reader.error("POST", f"{API}/workspace/mkdirs", asked) == (400, "INVALID_PARAMETER_VALUE")


def test_a_full_disk_is_told_as_such(reader, monkeypatch):
    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("django.http.multipartparser.MultiPartParser.parse", full)
    assert error_of(upload(reader, f"{HOME}/f", b"1")) == (507, "INSUFFICIENT_STORAGE")
    monkeypatch.setattr("registry.services.people.workspace_files.SpooledTemporaryFile", full)
    assert error_of(put(reader, f"{HOME}/f", b"1")) == (507, "INSUFFICIENT_STORAGE")


def test_what_cascades_over_files_reads_none_of_their_content(cast, as_user):
    WorkspaceFile.objects.create(owner=cast.owner, path="secret", parent="", content=b"content", size=7)
    with CaptureQueriesContext(connection) as asked:
        page = as_user(cast.admin).post(f"/admin/accounts/user/{cast.owner.pk}/delete/", {"post": "yes"})
    assert page.status_code == 302
    assert not WorkspaceFile.objects.exists()
    read = [query["sql"] for query in asked if query["sql"].startswith("SELECT") and "workspacefile" in query["sql"]]
    assert read
    assert not any('."content"' in query for query in read)
