"""Another registry is named, looked at, imported and reported; with script and without."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_main_job import send
from tests.live import eventually

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def there(tmp_path_factory, prepared):
    with prepared(tmp_path_factory.mktemp("there") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def product(tmp_path_factory, prepared, there):
    with prepared(tmp_path_factory.mktemp("product") / "data", REGISTER_FROM=there.url) as running:
        yield running


def test_the_models_that_are_chosen_come(page, there):
    page.goto("/settings/imports")

    def fill(form):
        form.get_by_label("From").select_option("WORKSPACE")
        form.get_by_label("Address").fill(there.url)
        form.get_by_label("Token or password").fill(there.first_run("Access token"))
        form.get_by_label("Into").fill("prod.imported")

    send(page, page.get_by_role("link", name="Import models"), fill)
    row = page.get_by_role("row").filter(has_text="prod.ml_team.iris_model")
    expect(row).to_contain_text("@Champion 2")
    for name in page.get_by_role("textbox", name=re.compile("^Name of .* here$")).all():
        wanted = "iris_model" in name.input_value() and "prod_ml_team" in name.input_value()
        name.fill("prod.imported.iris" if wanted else "")
    page.get_by_role("button", name="Start the import").click()

    def ended():
        page.reload()
        return "Succeeded" in page.locator("#import-job").inner_text()

    eventually(ended)
    expect(page.get_by_role("cell", name="It is called 'prod.ml_team.iris_model' there.")).to_be_visible()
    page.goto("/explore/data/models/prod/imported/iris")
    expect(page.get_by_role("heading", level=1)).to_have_text("iris")
    page.goto("/settings/imports")
    expect(page.get_by_role("link", name=there.url).first).to_be_visible()


def test_what_cannot_be_asked_is_said_in_the_page(page):
    page.goto("/settings/imports/create")
    page.get_by_label("Address").fill("http://127.0.0.1:9")
    page.get_by_label("Into").fill("prod.imported")
    page.get_by_role("button", name="Look at them").click()
    expect(page.get_by_role("alert")).to_contain_text("only where REGISTER_FROM names them")
    page.goto("/settings/imports/create")
    page.get_by_label("Address").fill("ftp://mlflow.example.com")
    page.get_by_label("Into").fill("prod.imported")
    page.get_by_role("button", name="Look at them").click()
    expect(page.locator("form.form")).to_contain_text("is not the address of a server")
