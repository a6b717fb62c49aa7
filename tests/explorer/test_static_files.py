import pytest
from whitenoise.middleware import WhiteNoiseMiddleware

from explorer import staticfiles


@pytest.fixture
def root(settings, tmp_path, monkeypatch):
    """A folder of static files, which a collection of two fills."""
    settings.STATIC_ROOT, settings.STATIC_MARK = str(tmp_path / "static"), tmp_path / "mark"

    def collect(*arguments, **options):
        root = tmp_path / "static"
        root.mkdir(exist_ok=True)
        for name in ("base.css", "staticfiles.json"):
            if not (root / name).exists():  # one that is there is taken for what it was
                (root / name).write_text("whole")

    monkeypatch.setattr(staticfiles, "call_command", collect)
    return tmp_path / "static"


def test_files_that_had_not_reached_the_disk_are_made_anew(root):
    root.mkdir()
    (root / "base.css").touch()
    staticfiles.collect()
    assert (root / "base.css").read_text() == "whole"


def test_files_that_had_reached_the_disk_are_kept(root):
    staticfiles.collect()
    (root / "of_this_release.js").write_text("kept")
    staticfiles.collect()
    assert (root / "of_this_release.js").read_text() == "kept"


def test_a_collection_that_does_not_end_leaves_no_mark(root, settings, monkeypatch):
    staticfiles.collect()

    def break_off(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(staticfiles, "call_command", break_off)
    with pytest.raises(OSError, match="No space"):
        staticfiles.collect()
    assert not settings.STATIC_MARK.exists()


@pytest.mark.django_db  # closing an answer ends a request, which looks at the connection
def test_a_static_file_is_a_part_of_our_pages_alone(settings, tmp_path, rf):
    settings.STATIC_ROOT = str(tmp_path)
    (tmp_path / "picture.svg").write_text("<svg/>")
    answer = WhiteNoiseMiddleware(lambda request: None)(rf.get("/static/picture.svg"))
    assert b"".join(answer) == b"<svg/>"
    answer.close()
    assert answer["Content-Security-Policy"] == "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
    assert "Access-Control-Allow-Origin" not in answer
