"""Runs in a real browser: train, look at the run, register from its page into a new model, see it on the version."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import sign_in
from tests.browser.runs import Logger, fill, pages_of
from tests.browser.test_accessibility import SCREEN, TELEPHONE, violations
from tests.browser.test_main_job import link, send
from tests.live import shell

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def product(tmp_path_factory, prepared):
    with prepared(tmp_path_factory.mktemp("product") / "data", TRACKING="1") as running:
        yield running


@pytest.fixture(scope="module")
def ids(product):
    return fill(product)


def test_a_run_becomes_a_version_with_its_metrics(page, ids, request):
    page.goto("/explore/data")
    link(page, "Experiments").click()
    link(page, "/Shared/iris").click()
    link(page, "depth 7").click()
    expect(page.get_by_role("main")).to_contain_text("s3://lake/iris.csv")
    name = f"dev.ml_team.forest_{'script' if 'no' not in request.node.callspec.id else 'plain'}"
    send(page, link(page, "Register model"), lambda form: form.get_by_label("Registered model").fill(name))
    page.wait_for_url("**/explore/jobs/**")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Register as {name} version 1")
    expect(page.locator("#job-target")).to_be_visible()
    expect(page.locator(".progress")).to_contain_text("Succeeded", timeout=20_000)
    page.locator("#job-target").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("Ready")
    for told in ("accuracy", "loss", "criterion", "gini", "petal length"):
        expect(main).to_contain_text(told)
    page.goto(f"/ml/experiments/{ids['experiment']}/runs/{ids['run']}")
    expect(page.get_by_role("main")).to_contain_text(f"{name} version 1")


def test_the_version_leads_to_its_run_and_back(page, ids, request):
    if "no" in request.node.callspec.id:
        pytest.skip("what the version tells of its run comes after the page: the run's page stands in the lineage")
    page.goto(f"/ml/experiments/{ids['experiment']}/models/{ids['model']}")
    send(
        page, link(page, "Register model"), lambda form: form.get_by_label("Registered model").fill("dev.ml_team.back")
    )
    page.wait_for_url("**/explore/jobs/**")
    expect(page.locator(".progress")).to_contain_text("Succeeded", timeout=20_000)
    page.locator("#job-target").click()
    link(page, "depth 7").click()
    expect(page).to_have_url(re.compile(f"/runs/{ids['run']}$"))
    link(page, "dev.ml_team.back version 1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("back")


def test_three_runs_are_compared_from_the_table(page, ids):
    page.goto(f"/ml/experiments/{ids['experiment']}")
    for depth in (2, 4, 7):
        page.get_by_label(f"Select run depth {depth}").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare 3 runs")
    table = page.get_by_role("region", name="Comparison")
    expect(table).to_contain_text("depth")
    expect(table).not_to_contain_text("criterion")
    link(page, "Show all").click()
    expect(table).to_contain_text("criterion")


def test_charts_are_drawn_over_steps_and_over_time(browser, product, ids):
    context = browser.new_context(base_url=product.url, viewport=SCREEN)
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    sign_in(page, product.url, product.first_run("Password"))
    page.goto(pages_of(ids)["run-metrics"])
    expect(page.locator(".plot canvas")).to_have_count(2)
    expect(page.locator(".plot").first).to_contain_text("Step")
    page.get_by_label("Over", exact=True).select_option("time")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".plot").first).to_contain_text("Time")
    page.goto(pages_of(ids)["compare-runs"])
    expect(page.locator(".plot").first.locator(".u-series")).to_have_count(4)
    assert complaints == []
    context.close()


def test_the_address_that_mlflow_prints_leads_to_the_run(browser, product, ids):
    context = browser.new_context(base_url=product.url)
    page = context.new_page()
    sign_in(page, product.url, product.first_run("Password"))
    page.goto(f"/#/experiments/{ids['experiment']}/runs/{ids['run']}")
    expect(page.get_by_role("heading", level=1)).to_have_text("depth 7")
    context.close()


@pytest.mark.parametrize(("level", "buttons"), [("CAN_READ", False), ("CAN_EDIT", True)])
def test_whoever_reads_may_not_change_what_whoever_edits_may(browser, product, level, buttons):
    admin = Logger(product, product.first_run("Access token"))
    name = f"{level.lower()}@example.com"
    told = admin.ask("POST", "mlflow/experiments/create", {"name": f"of {level}"})
    run = admin.run(told["experiment_id"], "one")
    password = "pass word 9"
    shell(
        product,
        f"""
from accounts.models import User
user = User.objects.create_user({name!r})
user.set_password({password!r})
user.save()
print()
""",
    )
    page = browser.new_context(base_url=product.url).new_page()
    sign_in(page, product.url, password, user=name)
    page.goto(f"/ml/experiments/{told['experiment_id']}")
    expect(page.get_by_role("main")).to_contain_text("No Experiment")
    admin.ask("PATCH", f"permissions/experiments/{told['experiment_id']}",
              {"access_control_list": [{"user_name": name, "permission_level": level}]})  # fmt: skip
    page.goto(f"/ml/experiments/{told['experiment_id']}/runs/{run}")
    expect(page.get_by_role("heading", level=1)).to_have_text("one")
    expect(page.get_by_role("link", name="Add tag")).to_have_count(1 if buttons else 0)
    page.goto(f"/ml/experiments/{told['experiment_id']}")
    expect(page.get_by_role("button", name="Delete")).to_have_count(1 if buttons else 0)
    page.context.close()


def test_no_page_of_runs_breaks_a_rule_or_is_wider_than_a_telephone(browser, product, ids):
    context = browser.new_context(base_url=product.url, viewport=SCREEN)
    page = context.new_page()
    sign_in(page, product.url, product.first_run("Password"))
    for title, path in pages_of(ids).items():
        page.set_viewport_size(SCREEN)
        page.goto(path, wait_until="networkidle")
        assert violations(page) == [], title
        page.set_viewport_size(TELEPHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"], title
    context.close()
