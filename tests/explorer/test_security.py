"""Headers, scripts and third-party files."""

import gzip
import hashlib
import io
import re
from pathlib import Path

import pytest
from django.test import Client

from explorer.serving.environ import environ_of

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
    headers = [(b"content-type", f"{kind}; Charset={charset}; version=1".encode())]
    scope = {"method": "POST", "path": "/", "query_string": b"", "http_version": "1.1", "headers": headers}
    assert environ_of(scope, io.BytesIO())["CONTENT_TYPE"] == f"{kind}; version=1"


def test_a_header_with_an_underscore_does_not_pass_for_one_that_a_proxy_sets():
    headers = [(b"x_forwarded_proto", b"https"), (b"x-test", b"a"), (b"x-test", b"b")]
    scope = {"method": "GET", "path": "/", "query_string": b"", "http_version": "1.1", "headers": headers}
    environ = environ_of(scope, io.BytesIO())
    assert "HTTP_X_FORWARDED_PROTO" not in environ
    assert environ["HTTP_X_TEST"] == "a,b"


def test_an_address_of_htmx_that_is_none_is_dropped(client, cast):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://["}
    assert client.get("/explore/data", headers=headers).headers["HX-Redirect"].startswith("/login")


def test_a_path_of_htmx_that_is_none_alone_is_dropped_too(as_user, cast):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver//[x"}
    address = "/explore/data/models/shop/ml/churn"
    answer = as_user(cast.owner).post(f"{address}/aliases/set", {"alias": "New", "version": "1"}, headers=headers)
    assert answer.headers["HX-Redirect"] == address


def test_forms_need_their_csrf_token(cast):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.owner, backend="django.contrib.auth.backends.ModelBackend")
    answer = browser.post("/explore/data/models/shop/ml/churn/delete")
    assert answer.status_code == 403
    assert "form has expired" in answer.content.decode()


def test_every_component_opens_with_a_comment_that_names_its_context():
    for component in (ROOT / "templates/components").glob("*.html"):
        assert re.match(r"({# .+ #}\n)*{# (.+ )?Context: .+ #}", component.read_text()), component.name


def test_pages_travel_compressed_and_files_as_they_are(as_user, cast):
    browser, accept = as_user(cast.reader), {"Accept-Encoding": "gzip"}
    page = browser.get("/explore/data/models/shop/ml/churn", headers=accept)
    assert page["Content-Encoding"] == "gzip"
    assert b"churn" in gzip.decompress(page.content)
    file = browser.get("/explore/data/models/shop/ml/churn/version/1/artifacts/MLmodel", headers=accept)
    assert "Content-Encoding" not in file
    assert b"".join(file.streaming_content) == b"flavors: {}\n"
