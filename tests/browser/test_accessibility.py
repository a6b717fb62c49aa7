"""Every page against WCAG 2.2 AA by axe-core, in both themes; and none is wider than a telephone."""

from pathlib import Path

import pytest

from tests.browser.chromium import sign_in
from tests.browser.screenshots import DIALOGS, PAGES

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

AXE = (Path(__file__).parent / "vendor" / "axe-core-4.14.1.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# The Django admin's and Swagger UI's own markup is theirs.
NOT_OURS = {"admin", "api"}
SCREEN, TELEPHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
OURS = {title: path for title, path in PAGES.items() if title not in NOT_OURS}


@pytest.fixture(scope="module")
def visitor(browser, product):
    context = browser.new_context(base_url=product.url, viewport=SCREEN)
    page = context.new_page()
    sign_in(page, product.url, product.first_run("Password"))
    yield page
    context.close()


def violations(page):
    """What breaks a rule in the light theme, and in the dark one where colours are to be read."""
    page.evaluate(AXE)
    page.emulate_media(color_scheme="light")
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", RULES)["violations"]
    page.emulate_media(color_scheme="dark")
    found += page.evaluate("axe.run(document, {runOnly: ['color-contrast', 'link-in-text-block']})")["violations"]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("title", OURS)
def test_a_page_has_no_violation_and_is_no_wider_than_a_telephone(visitor, title):
    visitor.set_viewport_size(SCREEN)
    answer = visitor.goto(OURS[title], wait_until="networkidle")
    assert answer.status == {"search-refused": 400, "not-there": 404}.get(title, 200)
    assert violations(visitor) == []
    visitor.set_viewport_size(TELEPHONE)
    assert visitor.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]


@pytest.mark.parametrize("title", DIALOGS)
def test_a_dialog_has_no_violation(visitor, title):
    visitor.set_viewport_size(SCREEN)
    path, opens = DIALOGS[title]
    visitor.goto(path, wait_until="networkidle")
    opens(visitor)
    visitor.locator("dialog[open], details.menu[open], #tree-found [role=treeitem]").first.wait_for()
    visitor.wait_for_timeout(300)
    assert violations(visitor) == []


def test_the_sign_in_page_has_no_violation(browser, product):
    context = browser.new_context(base_url=product.url)
    page = context.new_page()
    page.goto("/login")
    assert violations(page) == []
    context.close()
