"""Signed URLs, ranges and listings."""

import io

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from registry import audit
from registry.models import ModelVersion
from registry.services.hierarchy import registered_models
from tests.cast import actor
from tests.factories import ModelVersionFactory, write

FILE = "/Models/shop/ml/churn/1/data/weights"


def download_url(api, user, path=FILE):
    return api(user).ok("POST", "/api/2.0/fs/create-download-url", {"path": path})["url"]


def upload_url(api, user, path="/Models/shop/ml/churn/2/f"):
    return api(user).ok("POST", "/api/2.0/fs/create-upload-url", {"path": path})["url"]


def body(answer):
    return b"".join(answer.streaming_content)


def test_parameters_come_in_the_body_or_in_the_query(api, cast):
    """MLflow sends the one, databricks-sdk the other."""
    assert api(cast.reader).ok("POST", f"/api/2.0/fs/create-download-url?path={FILE}")["url"]


def test_a_signed_url_needs_no_token(api, cast):
    answer = Client().get(download_url(api, cast.reader))
    assert (answer.status_code, body(answer)) == (200, b"12345")
    assert answer["Content-Length"] == "5"
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Content-Disposition"] == "attachment"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "status", "content", "part"),
    [
        ("bytes=0-1", 206, b"12", "bytes 0-1/5"),
        ("bytes=3-", 206, b"45", "bytes 3-4/5"),
        ("bytes=-2", 206, b"45", "bytes 3-4/5"),
        ("bytes=2-999", 206, b"345", "bytes 2-4/5"),
        ("bytes=-999", 206, b"12345", "bytes 0-4/5"),
        ("bytes=0-0", 206, b"1", "bytes 0-0/5"),
        ("items=0-1", 200, b"12345", None),
        ("bytes=", 200, b"12345", None),
        ("bytes=-", 200, b"12345", None),
        ("bytes=0-1,3-4", 200, b"12345", None),
    ],
)
def test_ranges(api, cast, asked, status, content, part):
    answer = Client().get(download_url(api, cast.reader), headers={"Range": asked})
    assert (answer.status_code, body(answer), answer.get("Content-Range")) == (status, content, part)
    assert answer["Content-Length"] == str(len(content))


@pytest.mark.parametrize("asked", ["bytes=5-", "bytes=9-10", "bytes=3-2", "bytes=-0"])
def test_a_range_outside_of_the_file_is_refused(api, cast, asked):
    answer = Client().get(download_url(api, cast.reader), headers={"Range": asked})
    assert (answer.status_code, answer["Content-Range"]) == (416, "bytes */5")


def test_head_tells_the_true_length(api, cast):
    answer = Client().head(download_url(api, cast.reader))
    assert (answer.status_code, answer["Content-Length"], answer.content) == (200, "5", b"")


def test_an_upload_is_there_after_finalize(api, cast):
    assert Client().put(upload_url(api, cast.writer), b"bytes", content_type="").status_code == 200
    api(cast.writer).ok(
        "POST", "/api/2.0/mlflow/unity-catalog/model-versions/finalize", {"name": "shop.ml.churn", "version": "2"}
    )
    assert body(Client().get(download_url(api, cast.reader, "/Models/shop/ml/churn/2/f"))) == b"bytes"


def test_an_upload_that_is_shorter_than_announced_is_not_kept(api, cast):
    url = upload_url(api, cast.writer)
    cut = {"wsgi.input": io.BytesIO(b"half"), "CONTENT_LENGTH": "10"}
    answer = Client().generic("PUT", url, b"", content_type="", **cut)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "after 4 of 10 bytes" in answer.json()["message"]


def test_an_upload_url_dies_with_finalize(api, cast):
    url = upload_url(api, cast.writer)
    cast.pending.finalize(size=1)
    answer = Client().put(url, b"late", content_type="")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_STATE")


def test_a_signed_url_names_one_method(api, cast):
    assert Client().put(download_url(api, cast.reader), b"x", content_type="").status_code == 403
    assert Client().get(upload_url(api, cast.writer)).status_code == 403


def test_a_signed_url_names_one_path_of_one_version(api, cast):
    url = download_url(api, cast.reader)
    other = write(ModelVersionFactory(registered_model=cast.model), MLmodel="x", data__weights="secret")
    assert Client().get(url.replace("data/weights", "MLmodel")).status_code == 403
    assert Client().get(url.replace(str(cast.version.uid), str(other.uid))).status_code == 403
    assert Client().get(url[:-3]).status_code == 403
    assert Client().get(url.partition("?")[0]).status_code == 403


def test_a_signed_url_expires(api, cast, settings, time_machine):
    url = download_url(api, cast.reader)
    time_machine.move_to(timezone.now() + settings.SIGNED_URL_LIFETIME * 1.01)
    assert Client().get(url).status_code == 403


def test_the_right_of_whom_it_was_signed_for_is_asked_again(api, cast):
    url = download_url(api, cast.reader)
    cast.model.group_grants.all().delete()
    assert Client().get(url).status_code == 404


def test_a_signed_url_of_somebody_who_was_deactivated_is_dead(api, cast):
    url = download_url(api, cast.reader)
    cast.reader.is_active = False
    cast.reader.save()
    assert Client().get(url).status_code == 403


def test_a_rename_does_not_break_a_download(api, cast):
    url = download_url(api, cast.reader)
    registered_models.update_registered_model(actor=actor(cast.admin), model=cast.model, new_name="other")
    assert body(Client().get(url)) == b"12345"


def test_a_deleted_and_created_name_does_not_serve_old_urls(api, cast):
    url = download_url(api, cast.reader)
    cast.version.delete()
    write(ModelVersionFactory(registered_model=cast.model, version=1), data__weights="new!!")
    assert Client().get(url).status_code == 404


@pytest.mark.parametrize(
    "path", ["/Models/shop/ml/churn/1/data", "/Models/shop/ml/churn/1/none", "/Models/shop/ml/churn/1"]
)
def test_there_is_no_download_of_what_is_no_file(api, cast, path):
    status, code = api(cast.reader).error("POST", "/api/2.0/fs/create-download-url", {"path": path})
    assert (status, code) in {(404, "NOT_FOUND"), (400, "INVALID_PARAMETER_VALUE")}


@pytest.mark.parametrize(
    "path", ["../x", "/Models/shop/ml/churn/2/../1/MLmodel", "/Models/shop/ml/churn/2/", "/etc/passwd"]
)
def test_no_upload_leaves_its_version(api, cast, path):
    status, _ = api(cast.writer).error("POST", "/api/2.0/fs/create-upload-url", {"path": path})
    assert status in (400, 404)


def test_odd_names_travel(api, cast):
    path = "/Models/shop/ml/churn/2/a b/naïve #1&+.txt"
    assert Client().put(upload_url(api, cast.writer, path), b"odd", content_type="").status_code == 200
    ModelVersion.objects.filter(pk=cast.pending.pk).update(status="READY")
    listing = api(cast.reader).ok("GET", "/api/2.0/fs/directories/Models/shop/ml/churn/2/a%20b")
    assert listing["contents"][0] | {"last_modified": 0} == {
        "path": path, "name": "naïve #1&+.txt", "is_directory": False, "file_size": 3, "last_modified": 0,
    }  # fmt: skip
    assert body(Client().get(download_url(api, cast.reader, path))) == b"odd"


def test_a_file_and_a_directory_never_have_one_name(api, cast):
    assert Client().put(upload_url(api, cast.writer, f"{PENDING}/name/file"), b"x", content_type="").status_code == 200
    for path in ("name", "name/file/below"):
        answer = Client().put(upload_url(api, cast.writer, f"{PENDING}/{path}"), b"x", content_type="")
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), path
    assert list(cast.pending.artifacts.values_list("path", flat=True)) == ["name/file"]


PENDING = "/Models/shop/ml/churn/2"


def full_until(monkeypatch, free):
    """Let the database have no room for the event of a download before ``free()``."""
    note = audit.artifact_read

    def note_if_there_is_room(*arguments, **options):
        if not free():
            raise OperationalError("database or disk is full")
        note(*arguments, **options)

    monkeypatch.setattr(audit, "artifact_read", note_if_there_is_room)


def test_a_download_on_a_full_disk_takes_the_room_of_the_reserve(api, cast, settings, tmp_path, monkeypatch):
    settings.RESERVE_FILE = tmp_path / "reserve"
    settings.RESERVE_FILE.touch()
    full_until(monkeypatch, lambda: not settings.RESERVE_FILE.exists())
    assert body(api(cast.reader)("GET", f"/api/2.0/fs/files{FILE}")) == b"12345"
    assert not settings.RESERVE_FILE.exists()


def test_a_download_on_a_disk_that_stays_full_is_refused_in_words(api, cast, settings, tmp_path, monkeypatch):
    settings.RESERVE_FILE = tmp_path / "reserve"
    full_until(monkeypatch, lambda: False)
    assert api(cast.reader).error("GET", f"/api/2.0/fs/files{FILE}") == (507, "INSUFFICIENT_STORAGE")
