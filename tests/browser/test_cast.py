"""The main journeys as each member of the cast: what each is shown and offered, and can do to the end."""

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import sign_in
from tests.live import shell

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MODEL = "/explore/data/models/shop/ml/churn"
PASSWORD = "pass word 9"
ASSEMBLE = f"""
from accounts.models import User
User.objects.all().delete()
from tests.cast import assemble
assemble()
for user in User.objects.all():
    user.set_password("{PASSWORD}")
    user.save()
print()
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory, prepared):
    """The product with the cast in it, and nothing else."""
    with prepared(tmp_path_factory.mktemp("shop") / "data", demo=False) as running:
        shell(running, ASSEMBLE)
        yield running


@pytest.fixture
def enter(browser, shop):
    """Sign a member in, in a browser of its own. A console error fails the test."""
    contexts, complaints = [], []

    def of(member):
        contexts.append(browser.new_context(base_url=shop.url, viewport={"width": 1440, "height": 900}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        sign_in(page, shop.url, PASSWORD, f"{member}@example.com")
        return page

    yield of
    for context in contexts:
        context.close()
    assert complaints == []


def offered(page):
    """The buttons and links that change something on a model's page."""
    names = ("AI generate", "Add", "Add tag", "Add alias", "Tag", "Delete", "More", "Use this model")
    return {name for name in names if page.get_by_text(name, exact=True).count()}


def test_the_administrator_makes_a_catalog_grants_on_it_and_finds_it_in_the_log(enter):
    page = enter("admin")
    page.get_by_role("link", name="Create catalog").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("staging")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/explore/data/staging")
    page.get_by_role("link", name="Permissions").click()
    page.get_by_role("link", name="Grant", exact=True).click()
    page.get_by_label("Principal").fill("readers")
    page.get_by_label("Reader: Find and load models").check()
    page.get_by_role("button", name="Grant", exact=True).click()
    expect(page.get_by_role("region", name="Permissions")).to_contain_text("EXECUTE")
    page.goto("/audit")
    expect(page.get_by_role("table")).to_contain_text("created the catalog")
    reader = enter("reader")
    expect(reader.get_by_role("main")).to_contain_text("staging")


def test_the_owner_describes_tags_aliases_and_undoes(enter):
    page = enter("owner")
    page.goto(MODEL)
    assert offered(page) == {"Add", "Add tag", "Add alias", "Tag", "Delete", "More", "Use this model"}
    page.get_by_role("link", name="Add", exact=True).click()
    page.get_by_role("textbox", name="Description", exact=True).fill("Who **leaves**.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".prose strong")).to_have_text("leaves")
    page.get_by_role("row").filter(has_text="Version 1").get_by_role("link", name="Add an alias to version 1").click()
    page.get_by_label("Alias", exact=True).fill("Champion")
    page.get_by_role("button", name="Save alias").click()
    expect(page.get_by_role("complementary")).to_contain_text("@Champion → version 1")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("complementary")).not_to_contain_text("@Champion")


def test_the_writer_discusses_and_the_owner_answers(enter):
    writer, owner = enter("writer"), enter("owner")
    writer.goto(MODEL)
    assert offered(writer) == set()  # who may only add versions cannot load it
    writer.get_by_role("link", name="Discussion").click()
    writer.get_by_label("New comment").fill("May I retrain it, @owner?")
    writer.get_by_role("button", name="Comment").click()
    expect(writer.locator(".comment:target")).to_contain_text("May I retrain it")
    owner.goto("/inbox")
    told = owner.get_by_role("listitem").filter(has_text="writer@example.com mentioned you on shop.ml.churn")
    expect(told).to_have_class("unread")
    told.get_by_role("button", name="Open").click()
    owner.get_by_text("Answer", exact=True).first.click()
    owner.get_by_label("Your answer").fill("Please do.")
    owner.get_by_role("button", name="Answer").click()
    expect(owner.locator(".comment:target")).to_contain_text("Please do.")
    owner.goto("/inbox")
    expect(told).not_to_have_class("unread")
    writer.goto("/inbox")
    expect(writer.get_by_role("main")).to_contain_text("owner@example.com answered on shop.ml.churn")


def test_the_reader_watches_loads_and_changes_nothing(enter):
    page = enter("reader")
    page.goto(MODEL)
    assert offered(page) == {"More", "Use this model"}
    page.locator("summary", has_text="Watch").click()
    page.get_by_role("button", name="All activity").click()
    expect(page.locator("summary", has_text="Watching")).to_be_visible()
    page.get_by_role("link", name="Version 1").first.click()
    page.get_by_role("link", name="Artifacts").click()
    page.get_by_role("link", name="MLmodel").click()
    expect(page.get_by_role("main")).to_contain_text("flavors: {}")
    page.goto("/explore/objects/function/shop.ml.churn/comment")
    page.get_by_role("textbox", name="Description", exact=True).fill("Mine.")
    page.get_by_role("button", name="Save").click()
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("You don't have MANAGE on Routine or Model 'shop.ml.churn'")
    expect(refusal).to_contain_text("can be granted by owner@example.com")
    expect(page.get_by_role("textbox", name="Description", exact=True)).to_have_value("Mine.")


def test_who_only_browses_sees_that_it_is_there_and_asks_for_more(enter):
    page = enter("browser")
    page.goto(MODEL)
    expect(page.get_by_role("main")).to_contain_text("You can see this model but not use it")
    page.get_by_role("link", name="Request access").first.click()
    page.get_by_label("EXECUTE", exact=True).check()
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/inbox")
    expect(page.get_by_role("region", name="Your requests")).to_contain_text("Open")
    page.goto(f"{MODEL}/version/1/artifacts/MLmodel")
    expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("can be granted by")


def test_the_stranger_does_not_learn_that_it_is_there(enter):
    page = enter("stranger")
    expect(page.get_by_role("main")).not_to_contain_text("shop")
    page.goto(MODEL)
    expect(page.get_by_role("heading", name="Not here")).to_be_visible()
    page.goto("/explore/search?q=churn")
    expect(page.get_by_role("main")).not_to_contain_text("shop.ml.churn")


def test_who_has_not_signed_in_is_asked_to_and_then_brought_there(browser, shop):
    context = browser.new_context(base_url=shop.url)
    page = context.new_page()
    page.goto(MODEL)
    page.get_by_label("E-mail").fill("reader@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{MODEL}")
    context.close()


def test_the_first_page_weighs_little(browser, shop):
    """With all that it loads, compressed as it travels: 150 KB are the most."""
    context = browser.new_context(base_url=shop.url)
    page = context.new_page()
    weights = []
    page.on("requestfinished", lambda request: weights.append(max(0, request.sizes()["responseBodySize"])))
    sign_in(page, shop.url, PASSWORD, "owner@example.com")
    page.goto(MODEL, wait_until="networkidle")
    assert 0 < sum(weights) <= 150_000
    context.close()
