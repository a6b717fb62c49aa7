"""A stranger learns of nothing that is hidden: not by a count, a page, a status, a text, a time or a row of a log."""

import pytest

from registry.models import Job
from registry.services.versions import copies
from tests.cast import actor
from tests.factories import CatalogFactory, RegisteredModelFactory, SchemaFactory

pytestmark = pytest.mark.large

UC, MLFLOW, OURS = "/api/2.1/unity-catalog", "/api/2.0/mlflow", "/api/2.1/catalog-explorer"
HIDDEN, NOTHING = ("shop", "ml", "churn"), ("shoq", "mm", "churm")


@pytest.fixture
def stranger(api, cast):
    return api(cast.stranger)


# The same request about what is hidden and about what is not there.
TWINS = [
    ("GET", "{uc}/catalogs/{c}", None),
    ("PATCH", "{uc}/catalogs/{c}", {"comment": "x"}),
    ("DELETE", "{uc}/catalogs/{c}", None),
    ("GET", "{uc}/schemas/{c}.{s}", None),
    ("GET", "{uc}/schemas?catalog_name={c}", None),
    ("POST", "{uc}/schemas", {"catalog_name": "{c}", "name": "new"}),
    ("GET", "{uc}/models/{c}.{s}.{m}", None),
    ("GET", "{uc}/models/{c}.{s}.{m}?include_browse=true", None),
    ("PATCH", "{uc}/models/{c}.{s}.{m}", {"new_name": "x"}),
    ("DELETE", "{uc}/models/{c}.{s}.{m}", None),
    ("GET", "{uc}/models?catalog_name={c}&schema_name={s}", None),
    ("POST", "{uc}/models", {"catalog_name": "{c}", "schema_name": "{s}", "name": "{m}"}),
    ("GET", "{uc}/models/{c}.{s}.{m}/versions", None),
    ("GET", "{uc}/models/{c}.{s}.{m}/versions/1", None),
    ("GET", "{uc}/models/{c}.{s}.{m}/aliases/a", None),
    ("GET", "{uc}/models/{c}.{s}.{m}/aliases/a?at=2026-01-01", None),
    ("PUT", "{uc}/models/{c}.{s}.{m}/aliases/a", {"version_num": 1}),
    ("GET", "{uc}/permissions/function/{c}.{s}.{m}", None),
    ("PATCH", "{uc}/permissions/function/{c}.{s}.{m}", {"changes": []}),
    ("GET", "{uc}/effective-permissions/schema/{c}.{s}", None),
    ("GET", "{uc}/privilege-assignments/catalog/{c}", None),
    ("GET", "{uc}/entity-tag-assignments/models/{c}.{s}.{m}/tags", None),
    ("GET", "{mlflow}/registered-models/get?name={c}.{s}.{m}", None),
    ("GET", "{mlflow}/model-versions/get?name={c}.{s}.{m}&version=1", None),
    ("POST", "{mlflow}/model-versions/create", {"name": "{c}.{s}.{m}", "source": "models:/{c}.{s}.{m}/1"}),
    ("GET", "{mlflow}/unity-catalog/registered-models/get?name={c}.{s}.{m}", None),
    ("GET", "{ours}/explain/function/{c}.{s}.{m}?operation=SET_ALIAS", None),
    ("POST", "{ours}/preview-grants/catalog/{c}", {"changes": []}),
    ("GET", "{ours}/audit-events?securable_type=catalog&full_name={c}", None),
    ("POST", "{ours}/access-requests", {"securable_type": "schema", "full_name": "{c}.{s}", "privileges": ["MANAGE"]}),
    ("GET", "/api/3.0/rfa/destinations/registered_model/{c}.{s}.{m}", None),
    ("GET", "/api/2.0/fs/files/Models/{c}/{s}/{m}/1/MLmodel", None),
    ("POST", "/api/2.0/sql/statements", {"statement": "DESCRIBE MODEL {c}.{s}.{m}"}),
    ("POST", "/api/2.0/sql/statements", {"statement": "SHOW GRANTS ON CATALOG {c}"}),
    ("POST", "/api/2.0/sql/statements", {"statement": "SHOW MODELS IN {c}.{s}"}),
]  # fmt: skip
VARYING = ("statement_id",)


@pytest.mark.parametrize(("method", "path", "body"), TWINS, ids=[f"{m} {p} {b or ''}" for m, p, b in TWINS])
def test_what_is_hidden_and_what_is_not_there_read_the_same(stranger, method, path, body):
    answers = []
    for names in (HIDDEN, NOTHING):
        catalog, schema, model = names
        fill = {"c": catalog, "s": schema, "m": model, "uc": UC, "mlflow": MLFLOW, "ours": OURS}
        filled = body and {
            key: value.format(**fill) if isinstance(value, str) else value for key, value in body.items()
        }
        answer = stranger(method, path.format(**fill), filled)
        told = {key: value for key, value in answer.json().items() if key not in VARYING}
        text = str(told)
        for name, general in zip(names, ("C", "S", "M"), strict=True):
            text = text.replace(name, general)
        answers.append((answer.status_code, text))
    assert answers[0] == answers[1]
    assert answers[0][0] in (200, 400, 404)


@pytest.mark.parametrize("page", ["/explore/data/{c}", "/explore/data/{c}/{s}", "/explore/data/models/{c}/{s}/{m}",
                                  "/explore/data/models/{c}/{s}/{m}/version/1", "/explore/tree?of={c}",
                                  "/explore/grants/schema/{c}.{s}/grant"])  # fmt: skip
def test_pages_of_what_is_hidden_are_those_of_nothing(as_user, cast, page):
    browser = as_user(cast.stranger)
    answers = [browser.get(page.format(c=c, s=s, m=m)) for c, s, m in (HIDDEN, NOTHING)]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_lists_counts_and_searches_are_empty(stranger, as_user, cast):
    for path in (
        f"{UC}/catalogs", f"{UC}/models", f"{MLFLOW}/registered-models/search", f"{MLFLOW}/model-versions/search",
        f"{MLFLOW}/unity-catalog/registered-models/search", f"{MLFLOW}/unity-catalog/model-versions/search",
        f"{OURS}/audit-events", f"{OURS}/access-requests", f"{OURS}/access-requests?role=requester",
    ):  # fmt: skip
        told = stranger.ok("GET", path)
        assert [value for value in told.values() if value] == [], path
    page = as_user(cast.stranger).get("/explore/search?q=churn").content.decode()
    assert "shop.ml" not in page
    assert b"shop" not in as_user(cast.stranger).get("/explore/data").content


def test_pages_are_full_and_tokens_lead_somewhere(api, cast):
    """Hidden rows between visible ones leave no gap, no empty page and no token to nothing."""
    mine = SchemaFactory(catalog=CatalogFactory(owner_user=cast.stranger))
    hidden = SchemaFactory(catalog=cast.catalog)
    for number in range(12):
        RegisteredModelFactory(schema=mine if number % 3 == 0 else hidden)
    token, sizes = "", []
    while True:
        told = api(cast.stranger).ok("GET", f"{UC}/models?max_results=2&page_token={token}")
        sizes.append(len(told["registered_models"]))
        token = told.get("next_page_token", "")
        if not token:
            break
    assert sizes == [2, 2]


def test_a_page_token_of_somebody_else_is_refused(api, cast):
    for _ in range(3):
        RegisteredModelFactory(schema=cast.schema)
    token = api(cast.admin).ok("GET", f"{UC}/models?max_results=2")["next_page_token"]
    assert api(cast.stranger).error("GET", f"{UC}/models?page_token={token}") == (400, "INVALID_PARAMETER_VALUE")


def test_a_job_is_no_window(as_user, cast):
    job = copies.copy_model_version(actor=actor(cast.owner), source=cast.version, destination=cast.model)
    assert as_user(cast.stranger).get(f"/explore/jobs/{job.pk}").status_code == 404
    assert Job.objects.count() == 1


def test_names_that_are_taken_are_told_to_nobody_who_may_not_know_them(stranger):
    told = {stranger("POST", f"{UC}/catalogs", {"name": name}).content for name in ("shop", "free")}
    assert len(told) == 1


def test_sign_in_and_tokens_tell_nothing_of_accounts(client, cast):
    cast.reader.set_password("right password 1")
    cast.reader.save()
    pages = {
        client.post("/login", {"username": name, "password": "wrong"}).content.decode().replace(name, "NAME")
        for name in ("reader@example.com", "nobody@example.com", "owner@example.com")
    }
    assert len({_without_tokens(page) for page in pages}) == 1
    answers = {
        client.get(f"{UC}/catalogs", headers={"Authorization": f"Bearer {secret}"}).content
        for secret in ("cex_" + "x" * 43, "nonsense", "cex_" + "y" * 43)
    }
    assert len(answers) == 1


def _without_tokens(page):
    import re

    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)
