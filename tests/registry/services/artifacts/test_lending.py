"""Directories that are lent to clients of this machine: one for each reader, and nothing in them is shared."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from registry.exceptions import Damaged, StorageFull, TooLarge
from registry.models import ModelVersion
from registry.services.artifacts import lending, transfer, uploads
from registry.services.hierarchy import model_versions
from registry.storage import discard_lent, room
from registry.storage.local import lent_directory as lent_files
from tests.cast import actor, grant

LARGE = b"w" * 300_000


@pytest.fixture
def version(cast):
    """A version with a small file and a large one, as uploads leave it."""
    for path, content in (("MLmodel", b"flavors: {}"), ("data/weights", LARGE)):
        uploads.write_artifact(actor=actor(cast.writer), version=cast.pending, path=path, chunks=[content])
    return model_versions.finalize_model_version(actor=actor(cast.writer), version=cast.pending)


def lend(user, version):
    return Path(urlsplit(lending.lend_for_download(actor=actor(user), version=version)).path)


def stored(artifact_root, version, path):
    return artifact_root / str(version.uid)[:2] / str(version.uid) / path


def contents(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


WHOLE = {"MLmodel": b"flavors: {}", "data/weights": LARGE}


def test_what_is_lent_is_never_the_stored_file_itself(cast, version, artifact_root):
    """The client may be the server's own account, which changes the mode of what it owns, or root."""
    folder = lend(cast.reader, version)
    for path, content in WHOLE.items():
        mine, theirs = stored(artifact_root, version, path), folder / path
        assert (mine.stat().st_ino, mine.stat().st_nlink) != (theirs.stat().st_ino, 2)
        assert mine.stat().st_nlink == 1
        theirs.chmod(0o666)
        theirs.write_bytes(b"evil")
        assert mine.read_bytes() == content
    ModelVersion.objects.get(pk=version.pk)
    read = transfer.read_artifact(
        actor=actor(cast.reader), version=version, path="data/weights", start=0, length=len(LARGE)
    )
    assert b"".join(read) == LARGE


def test_a_reader_has_one_directory_however_often_it_asks(cast, version, settings, monkeypatch):
    copied = []
    copy = lent_files.copy
    monkeypatch.setattr(lent_files, "copy", lambda source, target: copied.append(source) or copy(source, target))
    folders = {lend(cast.reader, version) for _ in range(25)}
    assert len(folders) == 1
    assert contents(folders.pop()) == WHOLE
    assert len(copied) == 2, "each file once"
    assert len([path for path in settings.LENT_ROOT.iterdir() if path.is_dir()]) == 1


def test_another_reader_and_another_version_have_their_own(cast, version):
    grant(cast.writer, cast.model, "EXECUTE")
    assert len({lend(cast.reader, version), lend(cast.writer, version), lend(cast.reader, cast.version)}) == 3


def test_what_a_client_has_changed_comes_anew_and_what_it_added_goes(cast, version):
    folder = lend(cast.reader, version)
    (folder / "MLmodel").write_text("flavors: {evil}")
    os.utime(folder / "MLmodel", ns=(0, 0))
    (folder / "data/weights").unlink()
    (folder / "data/weights").write_bytes(b"x" * len(LARGE))
    (folder / "planted.py").write_text("import os")
    assert contents(lend(cast.reader, version)) == WHOLE


def test_a_client_that_deletes_what_it_was_lent_is_lent_it_again(cast, version):
    folder = lend(cast.reader, version)
    for path in WHOLE:
        (folder / path).unlink()
    (folder / "data").rmdir()
    folder.rmdir()
    assert contents(lend(cast.reader, version)) == WHOLE


def test_no_link_that_a_client_puts_there_is_followed(cast, version, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "weights").write_bytes(b"theirs")
    (elsewhere / "kept").write_bytes(b"theirs")
    folder = lend(cast.reader, version)
    (folder / "data/weights").unlink()
    (folder / "data").rmdir()
    (folder / "data").symlink_to(elsewhere)
    (folder / "MLmodel").unlink()
    (folder / "MLmodel").symlink_to(elsewhere / "kept")
    assert contents(lend(cast.reader, version)) == WHOLE
    assert contents(elsewhere) == {"weights": b"theirs", "kept": b"theirs"}


def test_its_life_is_prolonged_and_ends(cast, version, settings):
    folder = lend(cast.reader, version)
    long_ago = (timezone.now() - timedelta(hours=2)).timestamp()
    os.utime(folder, (long_ago, long_ago))
    lend(cast.reader, version)
    discard_lent(timezone.now() - timedelta(hours=1))
    assert contents(folder) == WHOLE
    discard_lent(timezone.now() + timedelta(hours=1))
    assert list(settings.LENT_ROOT.glob("*")) == []
    assert contents(lend(cast.reader, version)) == WHOLE


def test_a_file_that_was_changed_in_the_storage_is_not_lent(cast, version, artifact_root):
    weights = stored(artifact_root, version, "data/weights")
    weights.write_bytes(b"e" + LARGE[1:])
    with pytest.raises(Damaged, match="data/weights"):
        lend(cast.reader, version)
    assert not list(artifact_root.parent.glob("lent/*/data/weights"))


def test_there_is_room_for_all_of_it_or_nothing_is_copied(cast, version, monkeypatch, settings):
    monkeypatch.setattr(room, "free", lambda root: room.LEAST + len(LARGE))
    with pytest.raises(StorageFull):
        lend(cast.reader, version)
    assert not [path for path in settings.LENT_ROOT.rglob("*") if path.is_file() and path.stat().st_size > 1000]


# What comes in


def inbox_with_a_hole(cast, size):
    inbox = Path(urlsplit(lending.lend_for_upload(actor=actor(cast.writer), version=cast.pending)).path)
    (inbox / "MLmodel").write_text("flavors: {}")
    with (inbox / "sparse").open("wb") as file:
        file.truncate(size)
    assert (inbox / "sparse").stat().st_blocks * 512 < size
    return inbox


def finalize(cast):
    return model_versions.finalize_model_version(actor=actor(cast.writer), version=cast.pending)


def test_a_sparse_file_is_counted_with_its_holes_before_it_is_copied(cast, monkeypatch, artifact_root):
    inbox_with_a_hole(cast, 400_000_000)
    monkeypatch.setattr(room, "free", lambda root: room.LEAST + 1_000_000)
    with pytest.raises(StorageFull):
        finalize(cast)
    assert not cast.pending.artifacts.exists()
    assert not stored(artifact_root, cast.pending, "MLmodel").exists()


def test_a_sparse_file_is_too_large_a_file(cast, settings):
    settings.LARGEST_FILE = 1_000_000
    inbox_with_a_hole(cast, 400_000_000)
    with pytest.raises(TooLarge, match="at most 1000000 bytes"):
        finalize(cast)
    assert not cast.pending.artifacts.exists()
