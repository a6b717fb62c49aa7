"""The search box, and the page about the API: found, refused at a position, and no complaint of the browser."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def look_for(page, words):
    box = page.get_by_role("search").first.get_by_label("Search models")
    box.fill(words)
    box.press("Enter")


def test_a_part_of_a_name_or_a_filter_finds_models(page):
    page.goto("/explore/data")
    look_for(page, "iris")
    expect(page.get_by_role("table")).to_contain_text("prod.ml_team.iris_model")
    expect(page.get_by_role("table")).not_to_contain_text("fraud")
    look_for(page, "name LIKE 'dev.%' AND comment != '' AND name != 'dev.ml_team.iris_model'")
    expect(page.get_by_role("table")).not_to_contain_text("iris")
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/explore/data/models/dev/"))
    look_for(page, "nosuchmodel anywhereatall")
    expect(page.get_by_role("main")).to_contain_text("No models found")


def test_the_page_about_the_api_shows_its_operations(browser, product):
    """Swagger UI under our Content-Security-Policy; a report of a violation would stand in the console."""
    page, complaints = browser.new_page(base_url=product.url), []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/api/docs")
    expect(page.locator(".opblock").first).to_be_visible(timeout=30_000)
    wanted = page.get_by_text("/api/2.1/unity-catalog/models/{full_name}", exact=True).first
    for _ in range(100):  # of many operations Swagger UI draws those alone that are near
        if wanted.count():
            break
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(100)
    expect(wanted).to_be_visible()
    page.close()
    assert complaints == []
