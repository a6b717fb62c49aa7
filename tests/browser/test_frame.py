"""The frame with the keyboard alone: the tree, its filter, the palette, the width of the tree."""

import re
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MODEL = "/explore/data/models/dev/ml_team/iris_model"


@pytest.fixture
def keyboard(browser, product):
    """A page with script; a console error fails the test."""
    context = browser.new_context(base_url=product.url)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, product.url, product.first_run("Password"))
    yield page
    context.close()
    assert complaints == []


def item(page, name):
    return page.locator(f"#tree-all [role=tree] [data-name='{name}']")


def test_the_tree_is_walked_with_arrows_and_remembers_what_was_open(keyboard):
    page = keyboard
    page.goto("/explore/data")
    item(page, "dev").focus()
    page.keyboard.press("ArrowRight")
    expect(item(page, "dev")).to_have_attribute("aria-expanded", "true")
    expect(item(page, "dev.ml_team")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(item(page, "dev.ml_team")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(item(page, "dev.ml_team.iris_model")).to_be_visible()
    page.keyboard.press("End")
    expect(item(page, "prod")).to_be_focused()
    page.keyboard.press("d")
    expect(item(page, "dev")).to_be_focused()
    page.reload()
    expect(item(page, "dev.ml_team.iris_model")).to_be_visible()
    item(page, "dev.ml_team.iris_model").focus()
    page.keyboard.press("ArrowLeft")
    expect(item(page, "dev.ml_team")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(item(page, "dev.ml_team.iris_model")).to_be_hidden()


def test_one_entry_of_the_tree_takes_part_in_tabbing(keyboard):
    keyboard.goto(MODEL)
    expect(keyboard.locator("#tree-all [role=tree] [tabindex='0']")).to_have_count(1)
    expect(item(keyboard, "dev.ml_team.iris_model")).to_have_attribute("tabindex", "0")


def test_the_filter_asks_the_server_and_leads_there(keyboard):
    keyboard.goto("/explore/data")
    box = keyboard.get_by_label("Filter catalogs, schemas and models")
    box.fill("churn")
    expect(keyboard.locator("#tree-found")).to_contain_text("prod.ml_team.churn_score")
    box.press("ArrowDown")
    keyboard.keyboard.press("Enter")
    expect(keyboard).to_have_url(re.compile("/prod/ml_team/churn_score$"))
    expect(keyboard.locator("#tree-all")).to_be_visible()


def test_the_palette_changes_the_theme(keyboard):
    page = keyboard
    page.goto("/explore/data")
    page.keyboard.press("Control+k")
    page.keyboard.type("dark theme")
    expect(page.locator("#palette").get_by_role("option", selected=True)).to_have_text(re.compile("dark theme"))
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page).to_have_url(re.compile("/explore/data$"))


def test_the_palette_goes_to_objects_and_opens_forms(keyboard):
    page = keyboard
    page.goto("/explore/data")
    page.keyboard.press("Control+k")
    page.keyboard.type("iris")
    expect(page.get_by_role("option", name="dev.ml_team.iris_model")).to_be_visible()
    expect(page.locator("#palette").get_by_role("option", selected=True)).to_have_text(
        re.compile("dev.ml_team.iris_model")
    )
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{MODEL}")
    page.keyboard.press("Control+k")
    page.keyboard.type("set an alias")
    expect(page.locator("#palette").get_by_role("option", selected=True)).to_have_text(
        re.compile("Set an alias of iris_model")
    )
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Alias")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()


def test_enter_waits_for_what_is_found_for_the_last_letter(keyboard):
    page = keyboard
    page.goto("/explore/data")
    page.get_by_label("Filter catalogs, schemas and models").press_sequentially("churn_score")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/prod/ml_team/churn_score$"))
    page.keyboard.press("Control+k")
    page.keyboard.type("dev.ml_team.iris_model")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{MODEL}")


def test_what_cannot_be_sent_says_why_and_loses_nothing(browser, product):
    context = browser.new_context(base_url=product.url)
    page = context.new_page()
    sign_in(page, product.url, product.first_run("Password"))
    page.goto(MODEL)
    page.get_by_role("link", name="Add tag").first.click()
    page.get_by_role("textbox", name="Key").fill("typed")
    context.clear_cookies(name="csrftoken")
    page.locator("#dialog").get_by_role("button", name="Save").click()
    expect(page.locator("#dialog [role=alert]")).to_contain_text("has expired")
    expect(page.get_by_role("textbox", name="Key")).to_have_value("typed")
    context.set_offline(True)
    page.locator("#dialog").get_by_role("button", name="Save").click()
    expect(page.locator("#dialog [role=alert]")).to_have_text("The server cannot be reached. Try again.")
    context.close()


def test_slash_goes_to_the_search_and_a_question_mark_tells_the_keys(keyboard):
    keyboard.goto("/explore/data")
    keyboard.keyboard.press("?")
    expect(keyboard.get_by_role("heading", name="Keys")).to_be_visible()
    keyboard.keyboard.press("Escape")
    keyboard.keyboard.press("/")
    expect(keyboard.locator("#search-box")).to_be_focused()


def test_keys_of_one_character_go_places_and_walk_through_rows(keyboard):
    keyboard.goto("/explore/data")
    keyboard.keyboard.press("j")
    expect(keyboard.locator("main tbody a", has_text="dev")).to_be_focused()
    keyboard.keyboard.press("j")
    expect(keyboard.locator("main tbody a", has_text="prod")).to_be_focused()
    keyboard.keyboard.press("k")
    expect(keyboard.locator("main tbody a", has_text="dev")).to_be_focused()
    keyboard.keyboard.press("g")
    keyboard.keyboard.press("i")
    expect(keyboard).to_have_url(re.compile("/inbox$"))
    keyboard.keyboard.press("c")  # without a g before it: nothing
    keyboard.keyboard.press("g")
    keyboard.keyboard.press("m")
    expect(keyboard).to_have_url(re.compile("/explore/search$"))


def test_keys_of_one_character_can_be_turned_off(keyboard):
    keyboard.goto("/explore/data")
    keyboard.keyboard.press("Control+k")
    keyboard.get_by_role("button", name="Keys").click()
    keyboard.get_by_label("Single-key shortcuts").uncheck()
    keyboard.keyboard.press("Escape")
    keyboard.keyboard.press("/")
    keyboard.keyboard.press("?")
    expect(keyboard.get_by_role("heading", name="Keys")).to_be_hidden()
    expect(keyboard.locator("#search-box")).not_to_be_focused()
    keyboard.reload()
    keyboard.keyboard.press("Control+k")
    keyboard.get_by_role("button", name="Keys").click()
    keyboard.get_by_label("Single-key shortcuts").check()
    keyboard.keyboard.press("Escape")
    keyboard.keyboard.press("/")
    expect(keyboard.locator("#search-box")).to_be_focused()


def test_the_width_of_the_tree_is_kept(keyboard):
    keyboard.goto("/explore/data")
    splitter = keyboard.get_by_role("separator")
    splitter.focus()
    before = keyboard.locator("#tree").bounding_box()["width"]
    for _ in range(4):
        keyboard.keyboard.press("ArrowRight")
    keyboard.reload()
    assert keyboard.locator("#tree").bounding_box()["width"] == pytest.approx(before + 64, abs=2)


def test_a_pin_and_what_was_looked_at_stand_above_the_tree(keyboard):
    keyboard.goto(MODEL)
    keyboard.get_by_role("button", name="Pin", exact=True).click()
    expect(keyboard.get_by_role("button", name="Unpin")).to_be_visible()
    keyboard.goto("/explore/data/prod")
    tree = keyboard.locator("#tree-all")
    expect(tree.get_by_role("link", name="dev.ml_team.iris_model")).to_have_count(2)  # pinned, and looked at
    keyboard.goto(MODEL)
    keyboard.get_by_role("button", name="Unpin").click()
    expect(keyboard.get_by_role("button", name="Pin", exact=True)).to_be_visible()


def test_names_are_offered_where_a_mention_begins(keyboard):
    page = keyboard
    page.goto(f"{MODEL}?activeTab=discussion")
    field = page.get_by_label("New comment")
    field.press_sequentially("Look, @admi")
    expect(page.get_by_role("option", name="admin@example.com")).to_have_attribute("aria-selected", "true")
    field.press("Enter")
    expect(field).to_have_value("Look, @admin@example.com ")
    field.press_sequentially("and @ml-t")
    expect(page.get_by_role("option", name="ml-team")).to_be_visible()
    field.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    page.route("**/mentions?*", lambda route: route.fulfill(body='<option value="data team"></option>'))
    field.press_sequentially(" @dat")
    page.get_by_role("option", name="data team").click()
    expect(field).to_have_value("Look, @admin@example.com and @ml-t @`data team` ")


def test_who_cannot_read_is_named_while_one_mentions_them(keyboard):
    page = keyboard
    page.goto(f"{MODEL}?activeTab=discussion")
    field = page.get_by_label("New comment")
    field.press_sequentially("@maya, @omar: ready?")
    notice = page.get_by_text("Omar Haddad can't read this model and won't be notified.")
    expect(notice).to_be_visible()
    expect(page.get_by_text("Maya Lindqvist can't read")).to_have_count(0)
    notice.get_by_role("link", name="Request access for them").click()
    expect(page.get_by_role("heading", name="Request access to dev.ml_team.iris_model for Omar Haddad")).to_be_visible()
    page.keyboard.press("Escape")
    field.fill("ready?")
    expect(notice).to_have_count(0)


def test_a_graph_of_lineage_shows_the_way_to_a_node_and_finds_one(keyboard):
    page = keyboard
    page.goto(f"{MODEL}/version/2?activeTab=lineage")
    page.get_by_role("link", name="prod.ml_team.iris_model version 2", exact=True).focus()
    expect(page.locator(".lineage-edges .edge-marked")).to_have_count(1)
    page.get_by_label("Find in the graph").fill("prod.")
    expect(page.locator(".lineage .node-other")).to_have_count(page.locator(".lineage .node").count() - 1)
    expect(page.locator(".lineage .node", has_text="prod.")).not_to_have_class(re.compile("node-other"))
    page.get_by_role("button", name="Full screen").click()
    expect(page.locator(".lineage-card:fullscreen")).to_be_visible()


def test_kinds_of_a_graph_of_lineage_are_switched_off_in_the_drawing_the_table_and_the_file(keyboard, tmp_path):
    page = keyboard
    page.goto(f"{MODEL}/version/2?activeTab=lineage")
    nodes, rows = page.locator(".lineage li .node"), page.locator("[data-lineage-table] tbody tr")
    copy = page.locator(".lineage .node", has_text="prod.ml_team.iris_model version 2")
    every, versions = nodes.count(), page.locator(".lineage li [data-kind='Model version']").count()
    expect(rows).to_have_count(every)
    page.get_by_role("button", name="Table").click()
    row = page.get_by_role("row", name=re.compile("Copies and users 1 Model version prod.ml_team.iris_model version 2"))
    expect(row).to_be_visible()
    assert "prod.ml_team.iris_model" in _text_of_svg(page, tmp_path)
    page.locator("summary", has_text="Kinds").click()
    page.get_by_label(f"Model version ({versions})").uncheck()
    expect(copy).to_be_hidden()
    expect(rows).to_have_count(every - versions)
    expect(page.locator(".lineage-edges path")).to_have_count(every - versions)
    assert "prod.ml_team.iris_model" not in _text_of_svg(page, tmp_path)
    page.locator("summary", has_text="Kinds").click()  # that pressed something else closed it
    page.get_by_label(f"Model version ({versions})").check()
    expect(copy).to_be_visible()


def _text_of_svg(page, folder):
    with page.expect_download() as download:
        page.get_by_role("button", name="SVG").click()
    assert download.value.suggested_filename.endswith(".svg")
    download.value.save_as(folder / "lineage.svg")
    picture = ET.parse(folder / "lineage.svg").getroot()
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    return "".join(picture.itertext())


def test_versions_are_selected_all_at_once_and_tagged_where_they_stand(keyboard):
    page = keyboard
    page.goto(f"{MODEL}?sort=version")
    compare, tag = (page.get_by_role("button", name=name) for name in ("Compare", "Tag"))
    expect(compare).to_be_disabled()
    expect(tag).to_be_disabled()
    page.get_by_label("Select version 1").check()
    expect(compare).to_be_disabled()
    expect(page.locator("[data-selected]")).to_have_text("1 selected")
    page.get_by_label("Select all versions of this page").check()
    expect(page.locator("[data-selected]")).to_have_text("2 selected")
    expect(compare).to_be_enabled()
    tag.click()
    form = page.get_by_role("dialog")
    form.get_by_label("Key").fill("checked")
    form.get_by_role("button", name="Tag").click()
    expect(page.locator(".chip", has_text="checked")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"\?sort=version$"))


def test_the_lines_to_copy_follow_the_version_that_is_chosen(keyboard):
    page = keyboard
    page.goto(MODEL)
    page.get_by_role("link", name="Use this model").click()
    which = page.get_by_label("Version", exact=True)
    which.select_option("1")
    expect(page.locator("#snippet-2")).to_contain_text("models:/dev.ml_team.iris_model/1")
    expect(which).to_be_focused()


def test_what_was_looked_at_keeps_up_with_new_names(keyboard):
    page, recent = keyboard, keyboard.locator("#tree-recent")
    page.goto("/explore/data/dev")
    page.get_by_role("link", name="Create schema").click()
    page.get_by_role("dialog").get_by_label("Name").fill("before")
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    page.wait_for_url("**/explore/data/dev/before")
    page.locator("details.menu > summary").last.click()
    page.get_by_role("link", name="Rename").click()
    page.get_by_role("dialog").get_by_label("Name").fill("after")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    page.wait_for_url("**/explore/data/dev/after")
    page.goto("/explore/data")
    expect(recent.get_by_role("link", name="dev.after")).to_be_visible()
    expect(recent).not_to_contain_text("dev.before")
    other = page.context.new_page()
    other.goto("/explore/schemas/dev/after/delete")
    other.get_by_role("button", name="Delete").click()
    other.wait_for_url("**/explore/data/dev")
    other.locator("#tree-recent").get_by_role("link", name="dev.after").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Not here")
    expect(other.locator("#tree-recent")).not_to_contain_text("dev.after")


def test_on_a_narrow_page_the_tree_comes_when_it_is_asked_for(keyboard):
    page = keyboard
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(MODEL)
    tree = page.get_by_role("navigation", name="Catalogs", exact=True)
    expect(tree).to_be_hidden()
    page.get_by_role("button", name="Catalogs").click()
    expect(tree).to_be_visible()


def test_a_preset_ticks_what_it_grants(keyboard):
    page = keyboard
    page.goto(f"{MODEL}?activeTab=permissions")
    page.get_by_role("link", name="Grant", exact=True).click()
    form = page.get_by_role("dialog")
    form.get_by_label("Contributor: ").check()
    execute = form.get_by_label("EXECUTE", exact=True)
    expect(execute).to_be_checked()
    execute.uncheck()
    expect(form.get_by_label("Custom: ")).to_be_checked()


def test_statements_are_completed_and_executed_by_keys(keyboard):
    page = keyboard
    page.goto("/sql")
    field = page.get_by_label("Statement")
    field.press_sequentially("SHOW GRANTS ON MODEL iris_mo")
    page.get_by_role("option", name="dev.ml_team.iris_model").click()
    expect(field).to_have_value("SHOW GRANTS ON MODEL dev.ml_team.iris_model ")
    field.press("Control+Enter")
    expect(page.get_by_role("region", name="Result")).to_contain_text("ml-team")
    page.get_by_text("History").click()
    page.get_by_role("link", name="SHOW GRANTS ON MODEL dev.ml_team.iris_model").click()
    expect(page.get_by_label("Statement")).to_have_value("SHOW GRANTS ON MODEL dev.ml_team.iris_model")
