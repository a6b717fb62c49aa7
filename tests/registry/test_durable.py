import os
import stat

import pytest

from registry import durable


@pytest.fixture
def steps(monkeypatch):
    """What reaches the disk, and the renaming, in their order."""
    steps, fsync, replace = [], os.fsync, os.replace

    def note_fsync(descriptor):
        steps.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def note_replace(source, target, **options):
        steps.append("rename")
        replace(source, target, **options)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    return steps


def test_content_reaches_the_disk_before_its_name_and_the_name_before_it_returns(tmp_path, steps):
    durable.write_durably(tmp_path / "key", b"content")
    assert steps == ["file", "rename", "directory"]


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "folder" / "key"
    for content in (b"a long content", b"short"):
        durable.write_durably(path, content)
    assert path.read_bytes() == b"short"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["key"]


def test_what_cannot_be_written_leaves_the_old_file_and_no_draft(tmp_path, monkeypatch):
    path = tmp_path / "key"
    durable.write_durably(path, b"old")
    monkeypatch.setattr(
        durable, "sync_file", lambda file: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(OSError, match="No space left"):
        durable.write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1
