"""Rights in a real browser: look before granting, ask why, ask for access and get it, set an alias back, read the log.

With script, where forms are dialogs, and without, where they are pages.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import sign_in
from tests.live import shell

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MODEL = "/explore/data/models/dev/ml_team/iris_model"
PASSWORD = "pass word 9"
SET_PASSWORD = f"""
from accounts.models import User
user = User.objects.get(user_name="omar@example.com")
user.set_password("{PASSWORD}")
user.save()
print()
"""


@pytest.fixture
def omar(page, browser, product):
    """A second browser, in which a user has signed in who sees the demo's models by BROWSE alone."""
    shell(product, SET_PASSWORD)
    context = browser.new_context(base_url=product.url)
    other = context.new_page()
    sign_in(other, product.url, PASSWORD, "omar@example.com")
    yield other
    context.close()


def test_a_grant_is_looked_at_before_it_is_given(page):
    page.goto("/explore/data/dev?activeTab=permissions")
    page.get_by_role("link", name="Grant", exact=True).click()
    page.get_by_label("Principal").fill("analysts")
    page.get_by_label("USE SCHEMA", exact=True).check()
    page.get_by_label("USE CATALOG", exact=True).check()
    page.get_by_label("EXECUTE", exact=True).check()
    if (button := page.get_by_role("button", name="Preview")).count():  # without script
        button.click()
    preview = page.get_by_role("status", name="What this would do")
    expect(preview).to_contain_text("omar@example.com")
    expect(preview).to_contain_text("+ can load 2 registered models")
    expect(page.get_by_label("EXECUTE", exact=True)).to_be_checked()
    page.goto("/explore/data/dev?activeTab=permissions")
    expect(page.get_by_role("main")).not_to_contain_text("analysts")


def test_a_revoke_shows_who_loses_what(page):
    page.goto("/explore/data/dev?activeTab=permissions")
    row = page.get_by_role("row").filter(has_text="account users")
    row.get_by_role("link", name="Revoke").first.click()
    expect(page.get_by_role("status", name="What this would do")).to_contain_text(
        "can no longer see 2 registered models"
    )


def test_why_somebody_may_not_is_told_with_who_can_change_it(page):
    page.goto(f"{MODEL}?activeTab=permissions")
    page.get_by_label("Person or group").fill("omar@example.com")
    page.get_by_label("Can they …").select_option("READ_ARTIFACTS")
    page.get_by_role("button", name="Explain").click()
    panel = page.get_by_role("region", name="Why can someone do this, or why not?")
    expect(panel).to_contain_text("omar@example.com can't load it")
    expect(panel.locator(".missing")).to_have_count(3)
    expect(panel.get_by_role("link", name="Grant")).to_have_count(3)


def test_access_is_asked_for_and_given(page, omar):
    omar.goto(MODEL)
    omar.get_by_role("link", name="Request access").click()
    omar.get_by_label("Load it").check()
    omar.get_by_label("For how long").select_option("30 days")
    omar.get_by_label("What is it for?").fill("For the report.")
    omar.get_by_role("button", name="Send").click()
    omar.wait_for_url("**/inbox")
    expect(omar.get_by_role("region", name="Your requests")).to_contain_text("dev.ml_team.iris_model")
    page.goto("/inbox")
    waiting = page.get_by_role("region", name="Waiting for you")
    expect(waiting).to_contain_text("“For the report.”")
    waiting.get_by_role("link", name="Grant").click()
    expect(page.get_by_text("USE SCHEMA on dev.ml_team and USE CATALOG on dev")).to_be_visible()
    expect(page.get_by_label("For how long")).to_have_value("30")
    page.get_by_role("button", name="Grant").click()
    page.wait_for_url("**/inbox")
    expect(waiting).to_contain_text("Nothing to review.")
    omar.goto(f"{MODEL}/version/2")
    expect(omar.get_by_role("link", name="Copy to…")).to_be_visible()
    omar.goto("/inbox")
    told = omar.get_by_role("region", name="Notifications")
    expect(told).to_contain_text("admin@example.com has granted EXECUTE on dev.ml_team.iris_model.")
    omar.get_by_role("button", name="Mark all as read").click()
    expect(omar.locator(".badge")).to_have_count(0)
    _take_back(page)


def _take_back(page):
    """So that the other half of this test, with or without script, finds things as they were."""
    page.goto("/sql")
    for statement in (
        "REVOKE EXECUTE ON MODEL dev.ml_team.iris_model FROM `omar@example.com`",
        "REVOKE USE SCHEMA ON SCHEMA dev.ml_team FROM `omar@example.com`",
        "REVOKE USE CATALOG ON CATALOG dev FROM `omar@example.com`",
    ):
        page.get_by_label("Statement").fill(statement)
        page.get_by_role("button", name="Execute").click()
        expect(page.get_by_role("status")).to_contain_text("Done.")


def test_an_alias_is_set_back_to_what_it_was(page):
    page.goto("/sql")
    shown = page.get_by_role("complementary")
    for version in ("1", "2"):
        page.goto(f"{MODEL}/aliases/set?alias=Rolling&version={version}")
        page.get_by_role("button", name="Save alias" if version == "1" else "Move").click()
        page.wait_for_url(f"**{MODEL}")
        expect(shown).to_contain_text(f"@Rolling → version {version}")
        if version == "1":
            moment = page.evaluate("new Date().toISOString().slice(0, 23)")
    page.goto(f"{MODEL}?at={moment}")
    then = page.locator(".as-of")
    expect(then).to_contain_text("@Rolling → version 1")
    then.locator("li").filter(has_text="Rolling").get_by_role("button", name="Set back to version 1").click()
    page.wait_for_url(f"**{MODEL}")
    expect(shown).to_contain_text("@Rolling → version 1")
    page.goto(f"{MODEL}?activeTab=activity")
    first = page.get_by_role("region", name="Activity").get_by_role("listitem").first
    expect(first).to_contain_text("set the alias Rolling to version 1 (it was version 2)")
    page.goto(f"{MODEL}/aliases/delete?alias=Rolling")
    page.get_by_role("button", name="Remove").click()


def test_the_audit_log_is_filtered_and_downloaded(page, omar):
    omar.goto("/explore/data/models/dev/ml_team/nothing")
    omar.goto("/explore/data/dev?activeTab=permissions")
    page.goto("/audit")
    page.get_by_label("Principal").fill("omar@example.com")
    page.get_by_role("button", name="Filter").click()
    rows = page.get_by_role("table").locator("tbody tr")
    expect(rows.first).to_contain_text("signed in by password")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    with open(download.value.path()) as file:
        lines = file.read().splitlines()
    assert lines[0].startswith("event_time,event_id,action_name")
    assert all("omar@example.com" in line for line in lines[1:])


def test_people_and_groups_are_managed(page):
    page.goto("/settings/users")
    page.get_by_role("link", name="Create user").click()
    page.get_by_label("E-mail").fill("new.person@example.com")
    page.get_by_role("button", name="Create").click()
    row = page.get_by_role("row").filter(has_text="new.person@example.com")
    expect(row).to_contain_text("Active")
    page.goto("/settings/groups")
    page.get_by_role("link", name="Create group").click()
    page.get_by_label("Name").fill("reviewers")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/settings/groups/\d+$"))
    page.get_by_role("link", name="Add member").click()
    page.get_by_label("Principal").fill("new.person@example.com")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("region", name="Members")).to_contain_text("new.person@example.com")
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url("**/settings/groups")
    page.goto("/settings/users")
    row.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("table")).not_to_contain_text("new.person@example.com")


def test_a_token_is_narrow_and_is_rotated(page):
    page.goto("/settings/tokens/create")
    page.get_by_label("What is it for?").fill("narrow")
    page.get_by_label("Scope").select_option("read")
    page.get_by_role("button", name="Create").click()
    first = page.locator("#secret").inner_text()
    page.get_by_role("link", name="Done").click()
    row = page.get_by_role("row").filter(has_text="narrow")
    expect(row).to_contain_text("read")
    row.get_by_role("link", name="Rotate").click()
    page.get_by_role("button", name="Rotate").click()
    assert page.locator("#secret").inner_text() not in ("", first)
    page.get_by_role("link", name="Done").click()
    row.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)
