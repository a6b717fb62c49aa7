"""How many clicks, and how many things to type, the usual jobs take from the page of the object."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import sign_in
from tests.live import shell

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

DEV, PROD = "/explore/data/models/dev/ml_team/iris_model", "/explore/data/models/prod/ml_team/iris_model"


class Hand:
    """A page whose clicks and typed fields are counted."""

    def __init__(self, page):
        self.page, self.clicks, self.typed = page, 0, 0

    def open(self, path):
        self.page.goto(path)
        self.clicks = self.typed = 0

    def click(self, role, name, within=None, **which):
        (within or self.page).get_by_role(role, name=name, **which).first.click()
        self.clicks += 1

    def choose(self, label, value):
        self.page.get_by_label(label).select_option(value)
        self.clicks += 1

    def type(self, label, text):
        self.page.get_by_label(label).first.fill(text)
        self.typed += 1

    @property
    def work(self):
        return self.clicks, self.typed


@pytest.fixture(scope="module")
def product(tmp_path_factory, prepared):
    with prepared(tmp_path_factory.mktemp("clicks") / "data") as running:
        yield running


@pytest.fixture
def hand(browser, product):
    context = browser.new_context(base_url=product.url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(page, product.url, product.first_run("Password"))
    yield Hand(page)
    context.close()


BEHIND = """
from registry.models import *
model = RegisteredModel.objects.get(schema__catalog__name="prod", name="iris_model")
model.aliases.filter(folded="champion").update(model_version=model.versions.get(version=1))
print()
"""
"""The champion of the model in prod is not its newest version."""


def test_the_champion_moves_to_the_newest_in_two_clicks(hand, product):
    shell(product, BEHIND)
    hand.open(PROD)
    hand.click("link", "Move @Champion here")
    hand.click("button", "Move")
    expect(hand.page.locator(".toast")).to_contain_text(re.compile(r"@Champion moved from version 1 to \d\."))
    assert hand.work == (2, 0)


def test_a_version_is_copied_to_prod_with_an_alias_in_three_clicks(hand):
    hand.open(f"{DEV}/version/2")
    hand.click("link", "Copy to…")
    hand.choose("Set an alias when the copy is ready", "Challenger")
    expect(hand.page.get_by_role("status", name="What this copy becomes")).to_contain_text("prod.ml_team.iris_model")
    hand.click("button", "Copy version")
    expect(hand.page.locator(".progress")).to_contain_text("@Challenger is set on it", timeout=30_000)
    expect(hand.page.locator("#job-target")).to_contain_text("prod.ml_team.iris_model version 3")
    assert hand.work == (3, 0)


def test_a_group_is_granted_read_on_a_schema_in_three_clicks_and_a_name(hand):
    hand.open("/explore/data/dev/ml_team")
    hand.click("link", "Permissions")
    hand.click("link", "Grant", exact=True)
    hand.type("Principal", "analysts")
    hand.click("button", "Grant", exact=True)
    expect(hand.page.locator(".toast")).to_contain_text("Granted USE SCHEMA, EXECUTE")
    expect(hand.page.locator(".toast")).to_contain_text("Granted USE CATALOG on dev to analysts")
    assert hand.work == (3, 1)


def test_why_somebody_cannot_load_a_model_takes_two_clicks_and_a_name(hand):
    hand.open(PROD)
    hand.click("link", "Permissions")
    hand.type("Person or group", "maya@example.com")
    hand.click("button", "Explain")
    panel = hand.page.get_by_role("region", name="Why can someone do this")
    expect(panel).to_contain_text("maya@example.com can't load it")
    assert hand.work == (2, 1)


def test_the_newest_is_compared_with_the_champion_in_one_click(hand, product):
    shell(product, BEHIND)
    hand.open(PROD)
    hand.click("link", re.compile("Compare with @Champion"))
    expect(hand.page.get_by_role("heading", level=1)).to_contain_text("Compare versions")
    assert hand.work == (1, 0)


def test_all_models_of_a_team_take_a_click_and_a_word(hand):
    hand.open("/")
    hand.click("searchbox", "Search models")
    hand.type("Search models", "team:ml")
    hand.page.keyboard.press("Enter")
    found = hand.page.get_by_role("region", name="Models found")
    for name in ("dev.ml_team.iris_model", "prod.ml_team.iris_model", "prod.ml_team.churn_score"):
        expect(found).to_contain_text(name)
    assert hand.work == (1, 1)
