"""The main job in a real browser: find a model, alias, describe, tag, grant, copy, look at lineage, delete.

Every step is done twice: with script, where forms are dialogs, and without, where they are pages.
"""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MODEL = "/explore/data/models/dev/ml_team/iris_model"


def send(page, link, fill):
    """Open a form by its link, let ``fill`` fill it in, and send it."""
    link.click()
    form = page.locator("form.form").last  # the dialog comes after whatever forms the page has
    expect(form).to_be_visible()
    fill(form)
    form.locator(".form-buttons button").last.click()


def link(page, name):
    return page.get_by_role("link", name=name, exact=True).first


def test_walk_through_the_tree(page):
    page.goto("/explore/data")
    expect(page.get_by_role("table")).to_contain_text("Where models are trained")
    tree = page.get_by_role("navigation", name="Catalogs")
    for name in ("dev", "dev.ml_team", "dev.ml_team.iris_model"):
        tree.locator(f"[data-name='{name}'] .tree-name").click()
    expect(page).to_have_url(re.compile(f"{MODEL}$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("iris_model")
    link(page, "Version 2").click()
    expect(page).to_have_url(re.compile(f"{MODEL}/version/2$"))


def test_an_alias_is_set_moved_and_removed(page):
    aside = page.get_by_role("complementary")
    page.goto(f"{MODEL}/version/1")
    send(page, aside.get_by_role("link", name="Add alias"), lambda form: form.get_by_label("Alias").fill("Challenger"))
    page.wait_for_url(f"**{MODEL}")
    expect(aside).to_contain_text("@Challenger → version 1")
    move = aside.get_by_role("link", name="Move the alias Challenger", exact=True)
    send(page, move, lambda form: form.get_by_label("Version").select_option("2"))
    expect(aside).to_contain_text("@Challenger → version 2")
    send(page, aside.get_by_role("link", name="Remove the alias Challenger"), lambda form: None)
    expect(aside).not_to_contain_text("@Challenger")


def test_a_refusal_stands_in_the_form(page):
    page.goto(f"{MODEL}/version/1")
    add = page.get_by_role("complementary").get_by_role("link", name="Add alias")
    send(page, add, lambda form: form.get_by_label("Alias").fill("latest"))
    expect(page.get_by_role("alert")).to_contain_text("is reserved")
    expect(page.get_by_role("textbox", name="Alias")).to_have_value("latest")


def test_description_and_tags_are_edited(page):
    page.goto(MODEL)
    send(page, link(page, "Edit"), lambda form: form.get_by_label("Description").fill("Now in **bold**."))
    expect(page.locator(".prose")).to_have_text("Now in bold.")

    def tag(form):
        form.get_by_label("Key").fill("stage")
        form.get_by_label("Value").fill("a & b")

    aside = page.get_by_role("complementary")
    send(page, aside.get_by_role("link", name="Add tag"), tag)
    expect(aside).to_contain_text("stage:a & b")
    send(page, aside.get_by_role("link", name="Remove the tag stage"), lambda form: None)
    expect(aside).not_to_contain_text("stage:a & b")


def test_a_privilege_is_granted_and_revoked(page):
    page.goto(MODEL)
    link(page, "Permissions").click()

    def grant(form):
        form.get_by_label("Principal").fill("omar@example.com")
        form.get_by_label("APPLY TAG").check()
        form.get_by_label("Also grant USE").uncheck()

    send(page, link(page, "Grant"), grant)
    row = page.get_by_role("row").filter(has_text="omar@example.com")
    expect(row).to_contain_text("APPLY TAG")
    expect(page.get_by_role("row").filter(has_text="ml-team").first).to_contain_text("from catalog dev")
    send(page, row.get_by_role("link", name="Revoke"), lambda form: None)
    expect(page.get_by_role("table")).not_to_contain_text("omar@example.com")


def test_a_version_is_copied_followed_and_deleted(page):
    page.goto(f"{MODEL}/version/2")
    send(
        page,
        link(page, "Copy to…"),
        lambda form: form.get_by_label("Destination model").fill("prod.ml_team.churn_score"),
    )
    page.wait_for_url("**/explore/jobs/*")
    status = page.locator(".progress")
    expect(status).to_contain_text("Succeeded", timeout=30_000)
    expect(status).to_contain_text("100 %")
    expect(page.locator(".progress[hx-trigger]")).to_have_count(0)
    page.locator("#job-target").click()
    expect(page.locator(".status").first).to_contain_text("Ready")
    link(page, "Lineage").click()
    expect(page.locator(".lineage")).to_contain_text("dev.ml_team.iris_model version 2")
    page.locator(".page-head summary", has_text="More").click()
    send(page, link(page, "Delete"), lambda form: None)
    expect(page).to_have_url(re.compile("/explore/data/models/prod/ml_team/churn_score$"))
    expect(page.get_by_role("table")).not_to_contain_text("Version 2")


def places(page):
    """From the left: where the nodes of the lineage stand, by their labels."""
    nodes = page.locator(".lineage .node").all()
    return {node.locator(".break").first.inner_text(): node.bounding_box()["x"] for node in nodes}


def test_what_lies_at_the_end_of_a_page_is_never_beneath_the_copies(page):
    page.goto(f"{MODEL}/version/1")
    send(
        page,
        link(page, "Copy to…"),
        lambda form: form.get_by_label("Destination model").fill("dev.ml_team.beneath"),
    )
    page.wait_for_url("**/explore/jobs/*")
    expect(page.locator(".progress")).to_contain_text("Succeeded", timeout=30_000)
    page.goto(f"{MODEL}/aliases/set")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 420})
        if page.locator(".drawer details[open]").count() == 0:
            page.locator(".drawer summary").click()
        page.locator("form.form .form-buttons button").last.click(trial=True, timeout=5_000)
    page.goto("/explore/data/models/dev/ml_team/beneath/delete")
    page.get_by_label("Type its full name to confirm").fill("dev.ml_team.beneath")
    page.locator("form.form .form-buttons button").last.click()
    expect(page).to_have_url(re.compile("/explore/data/dev/ml_team$"))


def test_lineage_is_drawn_from_left_to_right(page):
    page.goto(f"{MODEL}/version/2?activeTab=lineage")
    expect(page.locator(".lineage .node")).not_to_have_count(0)
    left = places(page)
    assert (
        left["dev.ml_team.iris"] < left["dev.ml_team.iris_model version 2"] < left["prod.ml_team.iris_model version 2"]
    )


def test_lineage_is_followed_step_by_step_with_the_keyboard(page):
    page.goto(f"{MODEL.replace('dev', 'prod')}/version/2?activeTab=lineage")
    source = page.locator(".lineage .node", has_text="dev.ml_team.iris_model version 2")
    expect(source).to_contain_text("Made on 20")
    more = link(page, "Show what lies beyond dev.ml_team.iris_model version 2")
    more.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".lineage")).to_contain_text("dev.ml_team.iris")
    expect(more).to_have_count(0)
    left = places(page)
    assert (
        left["dev.ml_team.iris"] < left["dev.ml_team.iris_model version 2"] < left["prod.ml_team.iris_model version 2"]
    )


def test_a_token_is_made_and_revoked(page):
    page.goto("/settings/tokens")
    link(page, "Create token").click()
    page.get_by_label("What is it for?").fill("browser test")
    page.get_by_role("button", name="Create").click()
    expect(page.locator("#secret")).to_contain_text("cex_")
    link(page, "Done").click()
    row = page.get_by_role("row").filter(has_text="browser test")
    send(page, row.get_by_role("link", name="Revoke"), lambda form: None)
    expect(page.locator("main")).not_to_contain_text("browser test")
