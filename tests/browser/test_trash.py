"""What is deleted in the browser comes back, at once or from the trash; with script and without."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_main_job import send

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NAME = "prod.ml_team.churn_score"
MODEL = f"/explore/data/models/{NAME.replace('.', '/')}"


def delete(page):
    page.goto(f"{MODEL}/delete")
    expect(page.locator("form.form")).to_contain_text("It can be restored from the trash for 7 days.")
    page.get_by_label("Type its full name to confirm").fill(NAME)
    page.locator("form.form .form-buttons button").last.click()
    expect(page.locator(".toast")).to_contain_text(f"{NAME} was deleted. It is in the trash for 7 days.")


def test_what_was_deleted_is_undone_or_restored(page):
    delete(page)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page).to_have_url(re.compile(f"{MODEL}$"))
    expect(page.locator(".toast")).to_contain_text(f"{NAME} was restored.")
    expect(page.get_by_role("heading", level=1)).to_have_text("churn_score")
    delete(page)
    page.goto("/explore/trash")
    row = page.get_by_role("row").filter(has_text=NAME)
    expect(row).to_contain_text("in 7 days")
    send(page, row.get_by_role("link", name="Restore"), lambda form: None)
    expect(page).to_have_url(re.compile(f"{MODEL}$"))
    expect(page.locator(".toast")).to_contain_text("was restored")
    page.goto("/explore/trash")
    expect(page.get_by_role("row").filter(has_text=NAME)).to_have_count(0)
