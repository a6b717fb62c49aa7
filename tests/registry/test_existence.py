"""An attacker asks for what is hidden and for what is not there: the answers are the same, byte by byte.

The attacker has a catalog of their own to play with, may read, write and copy there, and has an accomplice. Names are
as long as one another, and are the only thing that is replaced before answers are compared, with ids, times and the
secrets of forms.
"""

import base64
import json
import re
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from registry.models import AuditEvent, ModelVersion
from registry.services.shared.graph import Entity
from registry.services.versions import lineage
from tests.cast import actor, grant
from tests.conftest import Api
from tests.factories import CatalogFactory, ModelVersionFactory, RegisteredModelFactory, SchemaFactory, write
from tests.undone import undone

pytestmark = pytest.mark.large

HIDDEN = {"c": "secretcat", "s": "s3cret", "m": "hush"}
MISSING = {"c": "absentcat", "s": "abs3nt", "m": "gone"}

UC, MLFLOW, OURS = "/api/2.1/unity-catalog", "/api/2.0/mlflow", "/api/2.1/catalog-explorer"
DBX, FS, SQL = f"{MLFLOW}/unity-catalog", "/api/2.0/fs", "/api/2.0/sql/statements"
FULL, MINE = "{c}.{s}.{m}", "mine.lab.toy"

API_PROBES = [
    # Reading by name, in every dialect.
    ("GET", UC + "/catalogs/{c}", None),
    ("GET", UC + "/schemas/{c}.{s}", None),
    ("GET", UC + "/schemas?catalog_name={c}", None),
    ("GET", UC + "/models?catalog_name={c}&schema_name={s}", None),
    ("GET", UC + "/models/{c}.{s}.{m}", None),
    ("GET", UC + "/models/{c}.{s}.{m}/versions/1", None),
    ("GET", UC + "/models/{c}.{s}.{m}/aliases/champion", None),
    ("GET", MLFLOW + "/registered-models/get?name={c}.{s}.{m}", None),
    ("GET", DBX + "/model-versions/get?name={c}.{s}.{m}&version=1", None),
    ("GET", DBX + "/model-versions/get-download-uri?name={c}.{s}.{m}&version=1", None),
    ("GET", FS + "/files/Models/{c}/{s}/{m}/1/MLmodel", None),
    ("GET", FS + "/directories/Models/{c}/{s}/{m}/1", None),
    ("POST", FS + "/create-download-url", {"path": "/Models/{c}/{s}/{m}/1/MLmodel"}),
    ("POST", FS + "/create-upload-url", {"path": "/Models/{c}/{s}/{m}/2/MLmodel"}),
    ("POST", DBX + "/model-versions/generate-temporary-credentials",
     {"name": FULL, "version": "1", "operation": "MODEL_VERSION_OPERATION_READ"}),
    # Lists, searches and their counts.
    ("GET", UC + "/models", None),
    ("GET", UC + "/catalogs?max_results=1", None),
    ("GET", MLFLOW + "/registered-models/search?filter=name='{c}.{s}.{m}'", None),
    ("GET", MLFLOW + "/registered-models/search?filter=name LIKE '{c}.%25'", None),
    ("GET", MLFLOW + "/model-versions/search?filter=name='{c}.{s}.{m}'", None),
    ("GET", MLFLOW + "/model-versions/search?filter=source_path LIKE 'models:/{c}%25'", None),
    # Naming it as something else: source, destination, new name, parent, dependency, table.
    ("POST", MLFLOW + "/model-versions/create", {"name": MINE, "source": "models:/" + FULL + "/1"}),
    ("POST", MLFLOW + "/model-versions/create", {"name": MINE, "source": "models:/" + FULL + "@champion"}),
    ("POST", MLFLOW + "/model-versions/create", {"name": FULL, "source": "models:/" + MINE + "/1"}),
    ("POST", MLFLOW + "/model-versions/create", {"name": "{c}.{s}.newone", "source": "models:/" + MINE + "/1"}),
    ("POST", DBX + "/model-versions/create", {"name": MINE, "source": "models:/" + FULL + "/1"}),
    ("POST", UC + "/models/versions", {"catalog_name": "mine", "schema_name": "lab", "model_name": "toy",
     "source": "models:/" + FULL + "/1", "model_version_dependencies": {"dependencies": [
         {"table": {"table_full_name": FULL}}, {"function": {"function_full_name": FULL}}]}}),
    ("POST", UC + "/models", {"catalog_name": "{c}", "schema_name": "{s}", "name": "{m}"}),
    ("POST", UC + "/schemas", {"catalog_name": "{c}", "name": "{s}"}),
    ("POST", UC + "/catalogs", {"name": "{c}"}),
    ("PATCH", UC + "/catalogs/mine", {"new_name": "{c}"}),
    ("PATCH", UC + "/models/" + MINE, {"new_name": FULL}),
    ("POST", MLFLOW + "/registered-models/rename", {"name": MINE, "new_name": FULL}),
    ("POST", DBX + "/model-versions/emit-lineage", {"name": MINE, "version": "1", "model_version_lineage_info": {
        "entities": [], "lineages": [{"source_securables": [{"table": {"name": FULL}}]}]}}),
    # Rights, policies, requests, explanations, the log.
    ("GET", UC + "/permissions/catalog/{c}", None),
    ("GET", UC + "/effective-permissions/function/{c}.{s}.{m}", None),
    ("PATCH", UC + "/permissions/schema/{c}.{s}",
     {"changes": [{"principal": "attacker@example.com", "add": ["MANAGE"]}]}),
    ("POST", OURS + "/preview-grants/catalog/{c}", {"changes": []}),
    ("GET", OURS + "/explain/function/{c}.{s}.{m}?operation=READ_ARTIFACTS", None),
    ("GET", OURS + "/compare?version=" + MINE + "/1&version={c}.{s}.{m}/1", None),
    ("GET", OURS + "/audit-events?securable_type=catalog&full_name={c}", None),
    ("GET", OURS + "/audit-events/export?securable_type=schema&full_name={c}.{s}", None),
    ("POST", OURS + "/access-requests", {"securable_type": "catalog", "full_name": "{c}", "privileges": ["BROWSE"]}),
    ("GET", "/api/3.0/rfa/destinations/catalog/{c}", None),
    ("GET", UC + "/resource-quotas/catalog/{c}/schema-quota", None),
    ("GET", UC + "/entity-tag-assignments/catalogs/{c}/tags", None),
    ("POST", UC + "/entity-tag-assignments", {"entity_type": "models", "entity_name": FULL, "tag_key": "k"}),
    *(("POST", SQL, {"statement": statement}) for statement in (
        "SHOW GRANTS ON CATALOG {c}", "SHOW GRANTS ON SCHEMA {c}.{s}", "SHOW SCHEMAS IN {c}", "SHOW MODELS IN {c}.{s}",
        "DESCRIBE CATALOG {c}", "DESCRIBE SCHEMA {c}.{s}", "DESCRIBE MODEL {c}.{s}.{m}", "SHOW CATALOGS",
        "GRANT EXECUTE ON MODEL {c}.{s}.{m} TO `attacker@example.com`",
        "ALTER CATALOG {c} OWNER TO `attacker@example.com`",
        "COMMENT ON CATALOG {c} IS 'x'", "SET TAG ON MODEL {c}.{s}.{m} k",
    )),
    ("POST", SQL, {"statement": "DESCRIBE MODEL {m}", "catalog": "{c}", "schema": "{s}"}),
]  # fmt: skip

PAGE_PROBES = [
    ("GET", "/explore/data/{c}", None),
    ("GET", "/explore/data/{c}/{s}", None),
    ("GET", "/explore/data/models/{c}/{s}/{m}", None),
    ("GET", "/explore/data/models/{c}/{s}/{m}/version/1?activeTab=lineage", None),
    ("GET", "/explore/data/models/{c}/{s}/{m}/version/1/artifacts.zip", None),
    ("GET", "/explore/data/models/{c}/{s}/{m}/use", None),
    ("GET", "/explore/tree?of={c}", None),
    ("GET", "/explore/tree?open={c}.{s}", None),
    ("GET", "/explore/tree?filter={c}", None),
    ("GET", "/explore/palette?q={c}&path={c}.{s}.{m}", None),
    ("GET", "/explore/search?q={c}", None),
    ("GET", "/explore/search?catalog={c}", None),
    ("GET", "/explore/search/facets?q={m}", None),
    ("GET", "/explore/copy-destinations?destination={c}", None),
    ("GET", "/explore/compare/versions?version={c}", None),
    ("GET", "/explore/compare?version=" + MINE + "/1&version={c}.{s}.{m}/1", None),
    ("GET", "/explore/catalogs/{c}/create-schema", None),
    ("GET", "/explore/objects/catalog/{c}/rename", None),
    ("GET", "/explore/grants/catalog/{c}/grant", None),
    ("POST", "/explore/grants/schema/{c}.{s}/request", {"privileges": "USE_SCHEMA"}),
    ("POST", "/explore/pins/catalog/{c}", {}),
    ("POST", "/explore/data/models/mine/lab/toy/version/1/copy", {"destination": FULL}),
    ("POST", "/explore/data/models/mine/lab/toy/version/1/copy", {"destination": "{c}.{s}.newone"}),
    ("POST", "/explore/objects/catalog/mine/rename", {"name": "{c}"}),
    ("POST", "/explore/catalogs/create", {"name": "{c}"}),
    ("POST", "/explore/catalogs/{c}/delete", {}),
    ("GET", "/audit?object={c}", None),
    ("GET", "/audit?object={c}.{s}.{m}", None),
    ("POST", "/sql", {"statement": "SHOW GRANTS ON CATALOG {c}"}),
]


@pytest.fixture
def attacker(db):
    """Somebody with a catalog of their own, and no right anywhere else."""
    attacker = User.objects.create_user("attacker@example.com")
    User.objects.create_user("accomplice@example.com")
    hidden = SchemaFactory(catalog__name=HIDDEN["c"], name=HIDDEN["s"])
    model = RegisteredModelFactory(schema=hidden, name=HIDDEN["m"])
    version = write(ModelVersionFactory(registered_model=model), MLmodel="flavors: {}\n")
    model.aliases.create(model_version=version, name="champion", folded="champion")
    mine = SchemaFactory(catalog=CatalogFactory(name="mine", owner_user=attacker), name="lab", owner_user=attacker)
    toy = RegisteredModelFactory(schema=mine, name="toy", owner_user=attacker)
    write(ModelVersionFactory(registered_model=toy), MLmodel="flavors: {}\n")
    return attacker


def filled(template, names):
    if isinstance(template, str):
        for key, name in names.items():
            template = template.replace(f"{{{key}}}", name)
        return template
    if isinstance(template, dict):
        return {key: filled(value, names) for key, value in template.items()}
    return [filled(value, names) for value in template] if isinstance(template, list) else template


def without_names(text, names):
    """``text`` with what differs from one asking to the next taken out, and the names."""
    for key in ("c", "s", "m"):
        text = text.replace(names[key], f"<{key}>")
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>", text)
    text = re.sub(r'("csrfmiddlewaretoken" value="|X-CSRFToken[^A-Za-z0-9]+)[A-Za-z0-9]{64}', "<form>", text)
    text = re.sub(r"gAAAA[A-Za-z0-9_=-]+", "<token>", text)
    text = re.sub(r"\b1[0-9]{12}\b|\b20\d\d-\d\d-\d\d[T ][\d:.]+(Z|\+00:00)?", "<time>", text)
    text = re.sub(r"\b\d{1,2} [A-Z][a-z]{2} 20\d\d, [\d:]{5,8}", "<time>", text)  # a second may have passed
    return re.sub(r"signature=[A-Za-z0-9:_%.-]+", "<signature>", text)


def asked(ask, probe, names):
    """Everything that an answer shows: status, headers, bytes, and how often the database was asked before it."""
    method, path, body = probe
    with undone(), CaptureQueriesContext(connection) as queries:
        afterwards = {"explorer.afterwards": []}  # what is written once the answer is sent delays nobody
        answer = ask(method, filled(path, names), filled(body, names), afterwards)
        content = b"".join(answer).decode()
    headers = {name: value for name, value in answer.items() if name not in ("X-Request-Id", "Set-Cookie")}
    return without_names(f"{answer.status_code} {headers}\n{content}", names), len(queries)


def compare(ask, probe):
    asked(ask, probe, MISSING)  # what is read once and kept is there for both
    hidden, queries_of_hidden = asked(ask, probe, HIDDEN)
    missing, queries_of_missing = asked(ask, probe, MISSING)
    assert hidden == missing
    assert queries_of_hidden == queries_of_missing


def by_api(attacker):
    ask = Api(Client(), attacker)
    return lambda method, path, body, more: ask(method, path, body, **more)


def by_browser(attacker):
    browser = Client()
    browser.force_login(attacker, backend="django.contrib.auth.backends.ModelBackend")
    return lambda method, path, body, more: (
        browser.post(path, body, **more) if method == "POST" else browser.get(path, **more)
    )


def names_of(probes):
    return [f"{method} {path} {json.dumps(body) if body else ''}"[:100] for method, path, body in probes]


@pytest.mark.parametrize("probe", API_PROBES, ids=names_of(API_PROBES))
def test_the_api_says_the_same_of_what_is_hidden_and_what_is_missing(attacker, probe):
    compare(by_api(attacker), probe)


@pytest.mark.parametrize("probe", PAGE_PROBES, ids=names_of(PAGE_PROBES))
def test_pages_say_the_same_of_what_is_hidden_and_what_is_missing(attacker, probe):
    compare(by_browser(attacker), probe)


def test_there_are_enough_probes():
    assert len(API_PROBES) + len(PAGE_PROBES) >= 50


# Two accounts: one tells of a version what it was made from, the other one looks.

LOOKS = [
    "/explore/data/models/mine/lab/toy/version/{version}?activeTab=lineage",
    "/explore/data/models/mine/lab/toy/version/{version}/lineage",
    "/explore/data/models/mine/lab/toy?activeTab=lineage",
    "/explore/data/models/mine/lab/toy/version/{version}",
    "/explore/data/models/mine/lab/toy?activeTab=activity",
]


@pytest.mark.parametrize("look", LOOKS)
def test_an_accomplice_who_tells_a_table_shows_nothing_of_its_catalog(attacker, look):
    version = _toy_version()
    accomplice = User.objects.get(user_name="accomplice@example.com")
    grant(accomplice, version.registered_model.schema.catalog, "USE CATALOG", "USE SCHEMA", "EXECUTE")
    ask, told = by_browser(attacker), {}
    for name, names in (("before", MISSING), ("hidden", HIDDEN), ("missing", MISSING)):
        with undone():
            table = Entity(lineage.Kind.TABLE, f"{names['c']}.x.t", f"{names['c']}.x.t")
            lineage.record_lineage(
                actor=actor(accomplice), version=version, entities=[table], direction=lineage.Direction.DOWNSTREAM
            )
            told[name] = asked(ask, ("GET", look.format(version=version.version), None), names)
    assert told["hidden"] == told["missing"]


def test_the_audit_log_of_what_one_owns_tells_no_table_of_others(attacker):
    version = _toy_version()
    accomplice = User.objects.get(user_name="accomplice@example.com")
    grant(accomplice, version.registered_model.schema.catalog, "USE CATALOG", "USE SCHEMA", "EXECUTE")
    table = Entity(lineage.Kind.TABLE, "secretcat.x.t", "secretcat.x.t")
    lineage.record_lineage(
        actor=actor(accomplice), version=version, entities=[table], direction=lineage.Direction.DOWNSTREAM
    )
    answer = Api(Client(), attacker)("GET", f"{OURS}/audit-events")
    assert b"emitModelVersionLineage" in answer.content
    assert b"secretcat" not in answer.content


def _toy_version():
    return ModelVersion.objects.get(registered_model__name="toy")


# Tokens of pages


def pages_of(ask, path):
    """The tokens that lead from page to page."""
    tokens, token = [], ""
    while True:
        told = ask.ok("GET", f"{path}{'&' if '?' in path else '?'}max_results=1&page_token={token}")
        token = told.get("next_page_token", "")
        if not token:
            return tokens
        tokens.append(token)


@pytest.mark.parametrize("others", [10_000, 100_000_000_000])
def test_page_tokens_tell_nothing_of_how_much_there_is_of_others(attacker, others):
    """A token has the same length, and is as unreadable, however many events of others lie between."""
    version = _toy_version()
    for number in (1, 2):
        event = AuditEvent(
            pk=number + others * number, action_name="x", catalog_uid=version.registered_model.schema.catalog.uid
        )
        event.sign().save(force_insert=True)
    (token,) = pages_of(Api(Client(), attacker), f"{OURS}/audit-events")
    assert len(token) == 184
    readable = base64.urlsafe_b64decode(token)
    assert str(2 + others * 2).encode() not in readable
    assert b"audit" not in readable


def test_page_tokens_have_a_limited_length_and_are_read_by_every_process(attacker, settings):
    """The longest names there are; and a process that has another key before the old one."""
    lab = SchemaFactory(catalog=CatalogFactory(name="c" * 255, owner_user=attacker), name="ß" * 255)
    for letter in "ab":
        RegisteredModelFactory(schema=lab, name="\U00020000" * 254 + letter)
    ask = Api(Client(), attacker)
    token = pages_of(ask, f"{UC}/models?catalog_name={'c' * 255}&schema_name={'ß' * 255}")[0]
    assert len(token) < 4_000
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key, which is as long as that"
    path = f"{UC}/models?catalog_name={'c' * 255}&schema_name={'ß' * 255}&max_results=1&page_token={token}"
    assert ask.ok("GET", path)["registered_models"]
    settings.SECRET_KEY_FALLBACKS = []
    assert ask.error("GET", path) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("token", ["x", "x" * 100_000, "gAAAAA==", "é", "1", '["a",[5]]'])
def test_what_is_no_token_is_refused(attacker, token):
    path = f"{UC}/models?page_token={quote(token)}"
    assert Api(Client(), attacker).error("GET", path) == (400, "INVALID_PARAMETER_VALUE")


def test_a_listing_of_files_has_such_tokens_too(attacker):
    version = _toy_version()
    write(version, a="1", b="2")
    found, token, ask = [], "", Api(Client(), attacker)
    while True:
        told = ask.ok("GET", f"{FS}/directories/Models/mine/lab/toy/1?page_size=1&page_token={token}")
        found += [entry["name"] for entry in told["contents"]]
        token = told.get("next_page_token")
        if not token:
            break
        assert token.startswith("gAAAA")
    assert found == ["MLmodel", "a", "b"]
