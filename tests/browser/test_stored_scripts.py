"""Texts that people and clients can set, full of markup: none of it runs on any page that shows it."""

import io
from urllib.parse import quote

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.catalog import EntityTagAssignment

from tests.browser.chromium import sign_in
from tests.live import shell

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

EVIL = """"'><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}<svg onload=alert(3)>"""
MARKDOWN = f"""{EVIL}

[a](javascript:alert(4)) <javascript:alert(5)> ![x](x"onerror="alert(6)) [b](data:text/html,<script>alert(7)</script>)
"""
MLMODEL = """
flavors: {"<img src=x onerror=alert(8)>": {loader_module: '"><script>alert(9)</script>'}}
mlflow_version: "<script>alert(10)</script>"
saved_input_example_info: {artifact_path: 'javascript:alert(11)"><img src=x onerror=alert(12)>'}
signature: {inputs: '[{"name": "<img src=x onerror=alert(13)>", "type": "<script>alert(14)</script>"}]'}
"""
NAME = """\"><script>alert(15)<b>"""  # names have no spaces, periods and slashes
FILE = "<img src=x onerror=alert(16)>.md"
FILES = {"MLmodel": MLMODEL, FILE: MARKDOWN, "page.html": EVIL, "rows.csv": f"{EVIL},b\n1,{EVIL}\n"}


SAY = """
from accounts.models import User
from registry.actor import Actor
from registry.models import RegisteredModel
from registry.services.activity import discussions
actor = Actor(principal=User.objects.get(user_name="admin@example.com"))
model = RegisteredModel.objects.get(filed_as={model!r})
thread = discussions.add_comment(actor=actor, subject=model.versions.first(), text={text!r})
discussions.answer_comment(actor=actor, thread=thread, text={text!r})
"""


@pytest.fixture(scope="module")
def evil(product):
    """A model with markup wherever it can be put, and the addresses that show it."""
    client = WorkspaceClient(host=product.url, token=product.first_run("Access token"))
    client.catalogs.create(name=NAME, comment=MARKDOWN)
    client.schemas.create(name=NAME, catalog_name=NAME, comment=MARKDOWN)
    model = f"{NAME}.{NAME}.{NAME}"
    client.registered_models.create(catalog_name=NAME, schema_name=NAME, name=NAME, comment=MARKDOWN)
    tag = EntityTagAssignment(entity_type="models", entity_name=model, tag_key="<b>bold<script>", tag_value=EVIL)
    client.entity_tag_assignments.create(tag)
    uc = "/api/2.0/mlflow/unity-catalog/model-versions"
    for _ in range(2):
        origin = {
            "name": model, "source": EVIL, "run_id": EVIL, "description": MARKDOWN,
            "tags": [{"key": "<b>t", "value": EVIL}],
            "model_params": [{"name": EVIL, "value": EVIL}], "model_metrics": [{"key": EVIL, "value": 1.5}],
        }  # fmt: skip
        version = client.api_client.do("POST", f"{uc}/create", body=origin)["model_version"]["version"]
        for path, content in FILES.items():
            client.files.upload(f"/Models/{NAME}/{NAME}/{NAME}/{version}/{path}", io.BytesIO(content.encode()))
        client.api_client.do("POST", f"{uc}/finalize", body={"name": model, "version": version})
    client.registered_models.set_alias(model, "Champion", 1)
    shell(product, SAY.format(model=model, text=f"{MARKDOWN} @`{EVIL}`"))
    return model


def pages(model):
    part = quote(NAME, safe="")
    page = f"/explore/data/models/{part}/{part}/{part}"
    version, reference = f"{page}/version/1", quote(model, safe="")
    return [
        "/explore/data", f"/explore/data/{part}", f"/explore/data/{part}/{part}", page,
        f"{page}?activeTab=discussion", f"{version}?activeTab=discussion", f"{page}?activeTab=lineage",
        f"{page}?activeTab=permissions", f"{page}?activeTab=activity", f"{page}/use", f"{page}/aliases/set",
        version, f"{version}?activeTab=lineage", f"{version}?activeTab=activity", f"{version}/copy",
        *(f"{version}?activeTab=artifacts&path={quote(path)}" for path in FILES),
        f"/explore/compare?show=all&version={reference}/1&version={reference}/2",
        "/explore/search?q=comment+LIKE+%27%25alert%25%27", "/explore/tree?filter=alert", "/explore/palette?q=alert",
        "/audit", "/inbox",
    ]  # fmt: skip


def test_nothing_that_is_stored_runs(browser, product, evil):
    context = browser.new_context(base_url=product.url)
    page, ran, complaints = context.new_page(), [], []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    sign_in(page, product.url, product.first_run("Password"))
    for path in pages(evil):
        answer = page.goto(path, wait_until="networkidle")
        assert answer.status == 200, path
        assert page.locator("img[src='x'], main script, svg[onload]").count() == 0, path
        assert page.locator("a[href^='javascript:'], a[href^='data:']").count() == 0, path
    context.close()
    # A blocked attempt would be a report of the Content-Security-Policy: not even that happens.
    assert (ran, complaints) == ([], [])
