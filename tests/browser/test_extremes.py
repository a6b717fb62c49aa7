"""Long names, 10 aliases, 50 tags, text from right to left and 2,000 versions: nothing runs out of its place."""

import pytest

from tests.browser.chromium import sign_in
from tests.browser.test_accessibility import violations
from tests.live import shell

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LONG = "a_model_with_a_name_that_somebody_must_have_generated_because_nobody_types_" + "x" * 170
FILL = f"""
from registry.models import *
from registry.storage import new_location
from uuid import uuid4
schema = Schema.objects.get(catalog__name="dev", name="ml_team")
hebrew = "מודל לחיזוי נטישת לקוחות. **מבוסס** על נתוני 2026."
made = dict(created_by="admin@example.com", updated_by="admin@example.com")
for name in ({LONG!r}, "נטישה"):
    model = RegisteredModel.objects.create(
        schema=schema, name=name, filed_as=f"dev.ml_team.{{name}}", comment=hebrew, last_version=2000, **made)
    rows = [ModelVersion(registered_model=model, version=n, status="READY", storage_location=new_location(uuid4()),
            comment=hebrew, size=n, source="runs:/" + "r" * 200, run_id="r" * 200,
            metrics=[dict(key="a_metric_with_quite_a_long_name", value=0.5, timestamp=1, step=0)], **made)
            for n in range(1, 2001)]
    ModelVersion.objects.bulk_create(rows, batch_size=500)
    newest = model.versions.get(version=2000)
    for n in range(10):
        alias = f"An-alias-with-a-long-name-{{n}}-" + "y" * 60
        model.aliases.create(name=alias, folded=alias.lower(), model_version=newest)
    for n in range(50):
        model.tags.create(key=f"key_{{n}}_" + "k" * 40, value="value " * 20)
        newest.tags.create(key=f"key_{{n}}", value=hebrew[:40])
    DiscussionComment.objects.create(
        registered_model=model, author_name="admin@example.com", text=hebrew + " " + "w" * 300)
print()
"""
MODELS = {"long": f"/explore/data/models/dev/ml_team/{LONG}", "hebrew": "/explore/data/models/dev/ml_team/נטישה"}
TABS = {
    "model": "", "page": "?page=80&metric=a_metric_with_quite_a_long_name", "discussion": "?activeTab=discussion",
    "permissions": "?activeTab=permissions", "lineage": "?activeTab=lineage", "version": "/version/2000",
    "compare": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(product):
    shell(product, FILL)
    return product


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_wider_than_its_page(browser, filled, name, width):
    context = browser.new_context(base_url=filled.url, viewport={"width": width, "height": 900})
    page = context.new_page()
    sign_in(page, filled.url, filled.first_run("Password"))
    full_name = f"dev.ml_team.{MODELS[name].rpartition('/')[2]}"
    for title, tab in TABS.items():
        path = f"/explore/compare?version={full_name}/1&version={full_name}/2000" if tab is None else MODELS[name] + tab
        assert page.goto(path, wait_until="networkidle").status == 200
        assert page.evaluate("document.documentElement.scrollWidth") <= width, title
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            assert violations(page) == [], (title, theme)
    context.close()
