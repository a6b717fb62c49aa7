"""Text that was typed is not lost: not by Esc, not by a click outside, not by a reload."""

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MODEL = "/explore/data/models/prod/ml_team/churn_score"


@pytest.fixture
def page(browser, product):
    context = browser.new_context(base_url=product.url)
    page = context.new_page()
    sign_in(page, product.url, product.first_run("Password"))
    page.goto(MODEL)
    yield page
    context.close()


def open_description(page):
    page.get_by_role("link", name="Edit", exact=True).click()
    return page.get_by_role("dialog").get_by_label("Description")


def test_esc_and_a_click_outside_ask_before_they_discard(page):
    questions = []
    answers = [False, False, True]
    page.on("dialog", lambda box: (questions.append(box.message), box.accept() if answers.pop(0) else box.dismiss()))
    field = open_description(page)
    field.fill("Half a sentence")
    page.keyboard.press("Escape")
    expect(field).to_have_value("Half a sentence")
    page.mouse.click(5, 5)
    expect(field).to_have_value("Half a sentence")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert questions == ["Discard what you typed?"] * 3


def test_nothing_is_asked_where_nothing_was_typed(page):
    page.on("dialog", lambda box: pytest.fail(box.message))
    open_description(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_draft_survives_a_reload_until_it_is_sent(page):
    page.on("dialog", lambda box: box.accept())
    before = open_description(page).input_value()
    page.get_by_role("dialog").get_by_label("Description").fill("A longer text")
    page.reload()
    field = open_description(page)
    expect(field).to_have_value("A longer text")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Description saved.")
    page.get_by_role("button", name="Undo").click()
    expect(open_description(page)).to_have_value(before)
