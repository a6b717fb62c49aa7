"""Tables hold at every width: no broken word, no cut cell, no sideways scroll of the page, rows of one line."""

from pathlib import Path

import pytest

from tests.browser.chromium import sign_in
from tests.browser.screenshots import PAGES
from tests.live import shell

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FAULTS = Path(__file__).with_name("tables.js").read_text().partition("\n")[2].rstrip().removesuffix(";")
"""An expression that returns what of a page does not hold."""
FILL = """
from django.contrib.auth.models import Group
from accounts.models import User
from registry.models import *
from registry.storage import new_location
from uuid import uuid4
schema = Schema.objects.get(catalog__name="prod", name="ml_team")
made = dict(created_by="a.very.long.name.of.a.person@department.example.com", updated_by="admin@example.com")
words = "A description that goes on for longer than any column of a table is wide, in quite ordinary words."
for n in range(30):
    name = f"customer_lifetime_value_regressor_{n}"
    RegisteredModel.objects.create(schema=schema, name=name, filed_as=f"prod.ml_team.{name}", comment=words, **made)
model = RegisteredModel.objects.create(
    schema=schema, name="churn_xgb", filed_as="prod.ml_team.churn_xgb", comment=words * 20, last_version=60, **made)
names = ("auc", "log_loss", "a_business_metric_with_a_long_name", "seconds")
ModelVersion.objects.bulk_create(ModelVersion(
    registered_model=model, version=n, status="READY", storage_location=new_location(uuid4()), comment=words,
    size=n * 10**6, flavor="xgboost", source=f"runs:/{n:032x}/model", run_id=f"{n:032x}",
    metrics=[dict(key=key, value=n / 60, timestamp=1, step=0) for key in names],
    params=[dict(name=f"a_parameter_{i}", value=str(n * i)) for i in range(12)], **made) for n in range(1, 61))
newest = model.versions.get(version=60)
for n in range(10):
    model.aliases.create(name=f"alias-with-a-name-{n}", folded=f"alias-with-a-name-{n}", model_version=newest)
for n in range(50):
    newest.tags.create(key=f"validation_status_{n}", value="approved by the committee")
    model.tags.create(key=f"cost_center_{n}", value="marketing")
for n in range(30):
    name = f"somebody.with.a.long.name.{n}@department.example.com"
    person = User.objects.create_user(name, display_name=f"Somebody {n}")
    person.groups.add(*Group.objects.get_or_create(name=f"a-group-with-a-long-name-{n % 5}")[:1])
print()
"""
BIG = "/explore/data/models/prod/ml_team/churn_xgb"
MORE = {
    "big": BIG, "big-3": f"{BIG}?page=3&sort=size", "columns-10": f"{BIG}?columns=1&" + "&".join(
        f"param=a_parameter_{n}" for n in range(10)),
    "big-version": f"{BIG}/version/60", "big-permissions": f"{BIG}?activeTab=permissions",
    "big-compare": "/explore/compare?version=prod.ml_team.churn_xgb/59&version=prod.ml_team.churn_xgb/60&show=all",
    "home": "/",
}  # fmt: skip
ELSEWHERE = {"api", "admin"}
"""Pages that are not ours."""


@pytest.fixture(scope="module")
def filled(product):
    shell(product, FILL)
    return product


@pytest.mark.parametrize("width", [360, 768, 1440, 1920])
def test_every_table_holds(browser, filled, width):
    context = browser.new_context(base_url=filled.url, viewport={"width": width, "height": 900})
    page = context.new_page()
    sign_in(page, filled.url, filled.first_run("Password"))
    faults = {}
    for name, path in (PAGES | MORE).items():
        if name not in ELSEWHERE:
            page.goto(path, wait_until="networkidle")
            if found := page.evaluate(FAULTS):
                faults[name] = found
    context.close()
    assert not faults, "\n".join(f"{name}: {found}" for name, found in faults.items())


def test_the_selection_survives_paging_and_sorting(browser, filled):
    context = browser.new_context(base_url=filled.url)
    page = context.new_page()
    sign_in(page, filled.url, filled.first_run("Password"))
    page.goto(BIG)
    page.get_by_label("Select version 60").check()
    page.get_by_role("link", name="Next").click()
    page.get_by_label("Select version 35").check()
    status = page.locator("[data-selected]")
    assert status.inner_text() == "2 selected, 1 of them on other pages"
    page.get_by_role("link", name="Registered").click()
    assert "2 selected" in status.inner_text()
    page.get_by_role("button", name="Compare", exact=True).click()
    assert page.locator("th a", has_text="Version 60").count() == 1
    assert page.locator("th a", has_text="Version 35").count() == 1
    page.goto(BIG)
    page.get_by_role("button", name="Clear").click()
    assert "Select versions" in status.inner_text()
    context.close()


def test_the_head_of_a_table_and_the_bars_stay_in_sight(browser, filled):
    context = browser.new_context(base_url=filled.url, viewport={"width": 1920, "height": 900})
    page = context.new_page()
    sign_in(page, filled.url, filled.first_run("Password"))
    page.goto(BIG, wait_until="networkidle")
    page.locator("th", has_text="Version 40").scroll_into_view_if_needed()
    page.mouse.wheel(0, 300)
    page.wait_for_timeout(300)
    tops = [
        page.locator(part).first.bounding_box()["y"]
        for part in (".topbar", ".selection", "#tree", ".selection ~ * thead th")
    ]
    context.close()
    assert tops[0] == 0
    assert 50 <= tops[1] <= 60
    assert 50 <= tops[2] <= 60
    assert 90 <= tops[3] <= 120
