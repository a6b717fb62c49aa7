"""Headers, scripts and third-party files."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest
from django.test import Client

from explorer import wsgi
from explorer.templatetags.explorer import discussion_text, markdown
from explorer.wsgi import Utf8

ROOT = Path(__file__).parents[2]
PAGES = ["/login", "/admin/login/"]


@pytest.mark.parametrize(
    "page", [*PAGES, "/explore/data", "/explore/data/models/shop/ml/churn", "/admin/", "/api/nothing"]
)
def test_every_answer_carries_a_strict_policy(as_user, cast, page):
    answer = as_user(cast.admin).get(page) if page not in PAGES else Client().get(page)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "nonce" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "page",
    ["/explore/data", "/explore/data/models/shop/ml/churn", "/admin/", "/admin/registry/catalog/", "/settings/tokens",
     "/admin/registry/catalog/{catalog}/permissions/", "/admin/registry/catalog/{catalog}/change/",
     "/admin/registry/catalog/{catalog}/permissions/user-manage/{user}/"],
)  # fmt: skip
def test_no_page_has_inline_script_or_style(as_user, cast, page):
    page = page.format(catalog=cast.catalog.pk, user=cast.reader.pk)
    html = as_user(cast.admin).get(page).content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", html)
    assert not re.search(r"<style|\sstyle=|\son\w+=\"", html)


def test_third_party_files_are_those_of_the_listing():
    listed = dict(
        re.findall(r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", (ROOT / "static/vendor/README.md").read_text(), re.M)
    )
    for name, digest in listed.items():
        assert hashlib.sha256((ROOT / "static" / name).read_bytes()).hexdigest() == digest, name
    assert {f"vendor/{file.name}" for file in (ROOT / "static/vendor").glob("*.js")} <= set(listed)


def test_third_party_files_of_the_tests_are_those_of_their_listing():
    folder = ROOT / "tests/browser/vendor"
    listed = dict(re.findall(r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", (folder / "README.md").read_text(), re.M))
    assert listed == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.js")}


@pytest.mark.parametrize("charset", ["rot13", "hex", '"undefined"', "unicode_escape", "utf-7", "no-such"])
@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=-charset-"])
def test_no_request_has_another_charset_than_utf_8(charset, kind):
    seen = []
    environ = {"CONTENT_TYPE": f"{kind}; Charset={charset}; version=1"}
    Utf8(lambda environ, start_response: seen.append(environ["CONTENT_TYPE"]) or [])(environ, None)
    assert seen == [f"{kind}; version=1"]
    assert isinstance(wsgi.site, Utf8)


def test_an_address_of_htmx_that_is_none_is_dropped(client, cast):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://["}
    assert client.get("/explore/data", headers=headers).headers["HX-Redirect"].startswith("/login")


def test_a_path_of_htmx_that_is_none_alone_is_dropped_too(as_user, cast):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver//[x"}
    address = "/explore/data/models/shop/ml/churn"
    answer = as_user(cast.owner).post(f"{address}/aliases/set", {"alias": "New", "version": "1"}, headers=headers)
    assert answer.headers["HX-Redirect"] == address


@pytest.mark.parametrize("text", ["![[" * 21_000, "[a" * 32_000, "![" * 16 + "*_" * 31_000, "[" * 99 + "~~a" * 20_000])
def test_in_a_text_of_brackets_links_stay_text(text):
    """Each bracket within another would have the rest of the text read once more."""
    for drawn in (markdown(f"[a](https://example.com) {text}"), discussion_text(f"[a](https://example.com) {text}")):
        assert "[a](https://example.com)" in drawn


def test_links_are_drawn_in_a_long_text():
    assert markdown("A [link](https://example.com) and `code`. " * 1_000).count("<a ") == 1_000
    assert markdown("x" * 70_000).startswith("<pre>")


def test_forms_need_their_csrf_token(cast):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.owner, backend="django.contrib.auth.backends.ModelBackend")
    answer = browser.post("/explore/data/models/shop/ml/churn/delete")
    assert answer.status_code == 403
    assert "form has expired" in answer.content.decode()


def test_every_component_opens_with_a_comment_that_names_its_context():
    for component in (ROOT / "templates/components").glob("*.html"):
        assert re.match(r"{# .+ Context: .+ #}", component.read_text()), component.name


def test_pages_travel_compressed_and_files_as_they_are(as_user, cast):
    browser, accept = as_user(cast.reader), {"Accept-Encoding": "gzip"}
    page = browser.get("/explore/data/models/shop/ml/churn", headers=accept)
    assert page["Content-Encoding"] == "gzip"
    assert b"churn" in gzip.decompress(page.content)
    file = browser.get("/explore/data/models/shop/ml/churn/version/1/artifacts/MLmodel", headers=accept)
    assert "Content-Encoding" not in file
    assert b"".join(file.streaming_content) == b"flavors: {}\n"


def test_pictures_are_links_tasks_have_boxes_and_addresses_lead_somewhere():
    drawn = markdown(
        "![a *cat*](https://i.example/c.png) ![](x.png)\n\n- [ ] todo\n- [X] done\n\nhttps://a.example/?q=1."
    )
    assert "<img" not in drawn
    assert '<a href="https://i.example/c.png" rel="noopener noreferrer nofollow">a *cat*</a>' in drawn
    assert ">x.png</a>" in drawn
    assert "<li>☐ todo</li>\n<li>☑ done</li>" in drawn
    assert 'href="https://a.example/?q=1"' in drawn
    for text in ("javascript:alert(1)", "![x](javascript:alert(1))", "data:text/html,x", "www.a.example"):
        assert "<a " not in markdown(text)
    assert "<strong>@ada@example.com</strong>" in discussion_text("@ada@example.com")


def test_a_row_of_addresses_without_blanks_stays_text():
    assert "<a " not in markdown("https://a.example/(" * 2_000)
    assert markdown("https://a.example/( " * 500).count("<a ") == 500
