"""Backups of a test's own database. SQLite's copy and pg_dump read what is committed: tests need transaction=True."""

import pytest

from registry.services.administration import installation


@pytest.fixture
def installed(transactional_db, cast, settings, tmp_path):
    """The cast, in an installation with an id, a key and a head of its own."""
    settings.AUDIT_HEAD = tmp_path / "audit_head"
    settings.KEY_FILES = {name: tmp_path / "keys" / name.lower() for name in ("SECRET_KEY", "AUDIT_KEY")}
    (tmp_path / "keys").mkdir()
    for path in settings.KEY_FILES.values():
        path.write_text(str(settings.AUDIT_KEY))
    installation.settle()
    return cast


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backup"
