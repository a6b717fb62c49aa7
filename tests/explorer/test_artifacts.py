from io import BytesIO
from zipfile import ZipFile

import pytest

from registry.models import ModelVersion
from tests.factories import write

VERSION = "/explore/data/models/shop/ml/churn/version/1"


def text(answer):
    return b"".join(answer).decode()  # a file is streamed


def test_the_tree_shows_folders_files_and_what_is_a_pickle(as_user, cast):
    write(cast.version, data__model__pkl="x", **{"data__model.pkl": "x"})
    page = text(as_user(cast.reader).get(f"{VERSION}?activeTab=artifacts&path=data/weights"))
    assert 'aria-current="true"' in page
    assert "<details open>" in page
    assert page.count('class="flag"') == 1


def test_who_may_not_read_the_files_is_told_what_is_missing(as_user, cast):
    page = text(as_user(cast.admin).get(f"{VERSION}?activeTab=artifacts"))
    assert "You need EXECUTE" in page
    assert "weights" not in page


@pytest.mark.parametrize("path", ["nothing", "../../../etc/passwd", "data", "%00"])
def test_a_file_that_is_not_there_is_said_beside_the_tree(as_user, cast, path):
    answer = as_user(cast.reader).get(f"{VERSION}?activeTab=artifacts&path={path}")
    assert answer.status_code == 200
    assert 'role="alert"' in text(answer)


def test_html_is_shown_as_text_and_only_saved_as_a_file(as_user, cast):
    write(cast.version, **{"page.html": "<script>alert(1)</script>"})
    browser = as_user(cast.reader)
    assert "&lt;script&gt;alert(1)" in text(browser.get(f"{VERSION}?activeTab=artifacts&path=page.html"))
    answer = browser.get(f"{VERSION}/artifacts/page.html")
    assert answer["Content-Disposition"] == 'attachment; filename="page.html"'
    assert text(answer) == "<script>alert(1)</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert browser.get(f"{VERSION}/pictures/page.html").status_code == 400


def test_names_of_files_are_escaped_and_quoted(as_user, cast):
    name = 'a"<b>\u202e%é;.md'
    write(cast.version, **{name: "x"})
    browser = as_user(cast.reader)
    page = text(browser.get(f"{VERSION}?activeTab=artifacts"))
    assert "<b>" not in page
    answer = browser.get(f"{VERSION}/artifacts/a%22%3Cb%3E%E2%80%AE%25%C3%A9%3B.md")
    assert text(answer) == "x"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''a%22")


def test_all_files_are_saved_as_a_zip(as_user, cast):
    answer = as_user(cast.reader).get(f"{VERSION}/artifacts.zip")
    content = b"".join(answer)
    assert answer["Content-Disposition"] == 'attachment; filename="churn-version-1.zip"'
    assert int(answer["Content-Length"]) == len(content)
    assert ZipFile(BytesIO(content)).namelist() == ["MLmodel", "data/weights"]


def test_a_picture_is_shown(as_user, cast):
    write(cast.version, **{"plot.png": b"\x89PNG"})
    browser = as_user(cast.reader)
    assert f'src="{VERSION}/pictures/plot.png"' in text(browser.get(f"{VERSION}?activeTab=artifacts&path=plot.png"))
    answer = browser.get(f"{VERSION}/pictures/plot.png")
    assert (b"".join(answer), answer["Content-Type"]) == (b"\x89PNG", "image/png")


def test_files_may_be_called_anything_and_lie_as_deep_as_they_like(as_user, cast):
    deep = "/".join("a" * 1 for _ in range(200)) + "/leaf"
    write(cast.version, **{"data/values": "x", "data/items": "x", deep: "x"})
    page = text(as_user(cast.reader).get(f"{VERSION}?activeTab=artifacts"))
    assert ">values</span>" in page
    assert "/leaf</span>" in page


def test_a_description_shows_pictures_of_its_own_version(as_user, cast):
    cast.version.artifacts.create(path="plots/roc.png", size=10, sha256="0" * 64)
    ModelVersion.objects.filter(pk=cast.version.pk).update(comment="![ROC](plots/roc.png) ![gone](plots/gone.png)")
    address = "/explore/data/models/shop/ml/churn/version/1"
    page = as_user(cast.reader).get(address).content.decode()
    assert f'<img src="{address}/pictures/plots/roc.png" alt="ROC">' in page
    assert page.count("/pictures/") == 1
    assert "/pictures/" not in as_user(cast.browser).get(address).content.decode()
