"""Names of artifacts that every client's disk can hold."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from registry.exceptions import InvalidParameterValue
from registry.services.artifacts import lending, transfer, uploads
from registry.services.hierarchy import model_versions
from registry.storage.paths import artifact_path, folded_digest, new_artifact_path
from tests.cast import actor
from tests.factories import write

REFUSED = [
    "C:/x", "c:x", "data/C:", " ../x", "../x", "/ ../x", " x", "x ", "x /y", "x/ y", "\tx", "x\n", "a\x00b", "a\x7fb",
    "a\\b", "\\\\server\\share", "con", "CON", "nul.txt", "data/Aux", "com1", "LPT9.log", "prn .txt", "com¹", "conin$",
    "x.", "x./y", "...", "a:b", "x" * 256, "ü" * 128, "d/" * 101 + "f",
    "what?/x", "a#b/x", "100%/x", "dir with space+plus%25/x", "%2e%2e/x",
    "\ud800", "a//b", "", ".", "a/..", "\u00a0x", "x\u2003",
]  # fmt: skip
TAKEN = [
    "MLmodel", "data/model.pkl", "a b.txt", "naïve/ü", "a..b", ".hidden", "console", "com10", "nullable.py",
    "aux_data/x", "dir with space+plus/x", "what?", "a*b", 'a"b', "a<b", "a>b", "a|b", "10:30.log",
    "%2e%2e", "~x", "-rf", "x" * 255, "模型/权重.bin", "cafe\u0301.txt", "a,b;c'd(e)[f]{g}=h+i@j#k$l%m^n&o!",
]  # fmt: skip


@pytest.mark.parametrize("path", REFUSED)
def test_what_a_clients_disk_cannot_hold_is_refused(path):
    with pytest.raises(InvalidParameterValue, match="artifact path|nested") as refused:
        new_artifact_path(path)
    assert all(character in refused.value.message for character in "%#?" if character in path)


@pytest.mark.parametrize("path", TAKEN)
def test_what_it_can_hold_is_taken_as_it_is(path):
    assert new_artifact_path(path) == path


@pytest.mark.parametrize("path", ["C:/x", " x", "nul", "what?", "100%", "a#b", "x."])
def test_what_earlier_releases_have_taken_is_still_read(cast, path):
    assert artifact_path(path) == path
    write(cast.version, **{path: "old"})
    read = transfer.read_artifact(actor=actor(cast.reader), version=cast.version, path=path, start=0, length=3)
    assert b"".join(read) == b"old"


@pytest.mark.parametrize(
    ("one", "other"),
    [("cafe\u0301", "caf\u00e9"), ("README.md", "readme.MD"), ("d/Straße", "d/STRASSE"), ("\u212b", "\u00e5")],
)
def test_names_that_are_one_on_some_disks_cannot_lie_side_by_side(cast, one, other):
    assert folded_digest(one) == folded_digest(other)
    writer = actor(cast.writer)
    uploads.write_artifact(actor=writer, version=cast.pending, path=one, chunks=[b"1"])
    with pytest.raises(InvalidParameterValue, match="cannot lie beside"):
        uploads.write_artifact(actor=writer, version=cast.pending, path=other, chunks=[b"2"])
    uploads.write_artifact(actor=writer, version=cast.pending, path=one, chunks=[b"3"])
    assert cast.pending.artifacts.get().size == 1


def by_inbox(cast, path):

    inbox = Path(urlsplit(lending.lend_for_upload(actor=actor(cast.writer), version=cast.pending)).path)
    (inbox / path).parent.mkdir(parents=True, exist_ok=True)
    (inbox / path).write_text("x")
    model_versions.finalize_model_version(actor=actor(cast.writer), version=cast.pending)


WAYS = {
    "one request": lambda cast, path: uploads.write_artifact(
        actor=actor(cast.writer), version=cast.pending, path=path, chunks=[b"x"]
    ),
    "parts": lambda cast, path: uploads.begin_upload(
        actor=actor(cast.writer), version=cast.pending, path=path, overwrite=True
    ),
    "a signed URL": lambda cast, path: transfer.vend_url(
        actor=actor(cast.writer), version=cast.pending, path=path, write=True
    ),
    "a directory": lambda cast, path: uploads.make_directory(actor=actor(cast.writer), version=cast.pending, path=path),
    "a lent directory": by_inbox,
}


@pytest.mark.parametrize("path", ["C:/x", "nul", "x.", "a\\b", " x"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_way_in_asks_the_same(cast, way, path):
    with pytest.raises(InvalidParameterValue, match="artifact path"):
        way(cast, path)
    cast.pending.refresh_from_db()
    assert cast.pending.is_pending
    assert not cast.pending.artifacts.exists()
