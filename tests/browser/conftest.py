import pytest

from tests.browser.chromium import chromium, sign_in


@pytest.fixture(scope="module")
def product(tmp_path_factory, prepared):
    with prepared(tmp_path_factory.mktemp("product") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(params=["script", "no script"])
def page(request, browser, product):
    """A page of somebody who has signed in, with and without script. A console error or a CSP report fails the test."""
    context = browser.new_context(java_script_enabled=request.param == "script", base_url=product.url)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, product.url, product.first_run("Password"))
    yield page
    context.close()
    assert complaints == []
