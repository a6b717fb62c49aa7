"""A database that is busy, full, or has lost what was to be referred to: what people and clients are told."""

import pytest
from django.db import IntegrityError, OperationalError

from explorer.views.errors import server_error
from registry.services.hierarchy import catalogs
from registry.services.shared import finders

BUSY = OperationalError("deadlock detected")
FULL = OperationalError("database or disk is full")
GONE = IntegrityError("FOREIGN KEY constraint failed")


@pytest.fixture
def failing(monkeypatch):
    """``failing(error)`` lets every look at a catalog, and every new one, end with that error."""

    def arrange(error):
        def fail(*args, **kwargs):
            raise error

        monkeypatch.setattr(finders, "get_catalog", fail)
        for name in ("list_catalogs", "create_catalog"):
            monkeypatch.setattr(catalogs, name, fail)

    return arrange


def test_a_page_that_finds_the_database_busy_tries_again_by_itself(as_user, cast, failing):
    failing(BUSY)
    answer = as_user(cast.admin).get("/explore/data/shop")
    assert (answer.status_code, answer["Refresh"]) == (503, "2")
    assert "retries automatically" in answer.content.decode()


def test_a_form_that_finds_the_database_busy_says_that_nothing_was_saved(as_user, cast, failing):
    failing(BUSY)
    answer = as_user(cast.admin).post("/explore/catalogs/create", {"name": "fresh"})
    assert answer.status_code == 503
    assert not answer.has_header("Refresh")
    assert "nothing was saved" in answer.content.decode()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BUSY, (503, "TEMPORARILY_UNAVAILABLE")),
        (FULL, (507, "INSUFFICIENT_STORAGE")),
        (GONE, (404, "RESOURCE_DOES_NOT_EXIST")),
    ],
    ids=["busy", "full", "gone"],
)
def test_a_client_is_told_what_helps(api, cast, failing, settings, tmp_path, error, told):
    settings.RESERVE_FILE = tmp_path / "reserve"
    settings.RESERVE_FILE.touch()
    failing(error)
    assert api(cast.admin).error("GET", "/api/2.1/unity-catalog/catalogs/shop") == told
    assert settings.RESERVE_FILE.exists() is (error is not FULL)


def test_a_page_says_that_the_disk_is_full(as_user, cast, failing, settings, tmp_path):
    settings.RESERVE_FILE = tmp_path / "reserve"
    failing(FULL)
    answer = as_user(cast.admin).get("/explore/data/shop")
    assert answer.status_code == 507
    assert "Delete something to free space" in answer.content.decode()


def test_a_page_says_that_something_has_gone_meanwhile(as_user, cast, monkeypatch):
    def fail(*args, **kwargs):
        raise GONE

    monkeypatch.setattr(catalogs, "create_catalog", fail)
    answer = as_user(cast.admin).post("/explore/catalogs/create", {"name": "fresh"})
    assert answer.status_code == 404
    assert "deleted in the meantime" in answer.content.decode()


@pytest.mark.parametrize(("error", "status"), [(BUSY, 503), (FULL, 507), (ValueError(), 500)])
def test_what_fails_where_no_view_was_asked_is_told_alike(rf, settings, tmp_path, error, status):
    settings.RESERVE_FILE = tmp_path / "reserve"
    try:
        raise error
    except Exception:
        assert server_error(rf.get("/explore/data")).status_code == status
