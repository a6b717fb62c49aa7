"""Every API route × every kind of bad input: a clear error in the envelope, and never a fault of the server."""

from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.serializers import ListField, ListSerializer, Serializer

from registry.api.fields import Items, TagField
from registry.models import RegisteredModel
from tests.factories import RegisteredModelFactory
from tests.test_access_table import API, arguments, is_envelope, special

pytestmark = pytest.mark.large

UC = "/api/2.0/mlflow/unity-catalog"
STATUSES = {200, 201, 204, 400, 401, 403, 404, 409}

LISTS = [
    b"tags", b"changes", b"model_params", b"model_metrics", b"model_version_dependencies", b"members", b"Operations",
    b"parts", b"requests", b"order_by", b"add_tags", b"remove", b"scopes", b"privileges", b"values", b"parameters",
]  # fmt: skip

BODIES = {
    "no JSON": b"{not json",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "broken UTF-8": b'{"name": "\xff\xfe"}',
    "a lone surrogate": b'{"name": "\\ud800.a.b", "path": "\\ud800", "catalog_name": "\\ud800"}',
    "NUL": (
        b'{"name": "a\\u0000.b.c", "version": "1\\u0000", "path": "/Models/a/b/c/1/\\u0000", "catalog_name": "\\u0000"}'
    ),
    "nothing": b"{}",
    "deeply nested": b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "too long": b'{"name": "' + b"x" * (2 * 1024 * 1024) + b'"}',
    "wrong types": (
        b'{"name": {"a": 1}, "version": [1], "tags": "x", "path": 5, "changes": {"a": "b"}, "catalog_name": [],'
        b' "source": {}, "alias": [], "key": {}, "operation": 7, "comment": [], "owner": {}, "new_name": [],'
        b' "description": {}, "force": "perhaps", "model_version_lineage_info": "x", "principal": []}'
    ),
    "wrong types within": (
        b'{"name": "shop.ml.churn", "version": "1", "source": "s", "tags": [1, null, {"key": []}],'
        b' "changes": [1, {"principal": 5, "add": "EXECUTE"}, {"add": [null]}], "alias": null, "key": null,'
        b' "model_version_dependencies": [5], "model_version_lineage_info": {"entities": [5], "direction": {}}}'
    ),
    "many items": (
        b'{"name": "shop.ml.new", "version": "1", "source": "s", '
        + b", ".join(b'"%s": [' % name + b"{}," * 20_000 + b"{}]" for name in LISTS)
        + b"}"
    ),
    "traversal": b'{"path": "/Models/shop/ml/churn/2/../../../../etc/passwd", "name": "../..", "source": "../../x"}',
    "absolute paths": b'{"path": "/etc/passwd", "name": "/etc/passwd"}',
    "huge numbers": (
        b'{"name": "shop.ml.churn", "version": 99999999999999999999999999, "max_results": 99999999999999999999999,'
        b' "alias": "a", "key": "k", "operation": "MODEL_VERSION_OPERATION_READ"}'
    ),
    "negative numbers": b'{"name": "shop.ml.churn", "version": "-1", "max_results": -1, "alias": "a", "key": "k"}',
    "two levels": b'{"name": "shop.churn", "version": "1", "path": "/Models/shop/churn/1/x"}',
    "long names": b'{"name": "shop.ml.' + b"x" * 300 + b'", "path": "/Models/shop/ml/' + b"x" * 300 + b'/1/f"}',
}

QUERIES = [
    "max_results=many", "max_results=99999999999999999999", "page_token=%00", "page_token=garbage", "name=%FF%FE",
    "name=%00.a.b", "version=%D9%A1&name=shop.ml.churn", "filter=name%3D", "filter=%00", "filter=name='x'+OR+1=1",
    "filter=%22%22%22", "catalog_name=..", "principal=%00", "path=..%2F..", "name=a.b.c&name=d.e.f",
]  # fmt: skip

SEGMENTS = ["..", "%2e%2e", "%00", "a%00b", "%FF", "a" * 300, "'--", "%0d%0a", "shop.ml.churn.x", "%ED%A0%80"]


def paths(cast):
    """Of the calls about runs: tests/registry/tracking/test_bad_input.py."""
    others = {"endpoint-not-found", "healthz", "oauth-token", "oauth-metadata", "api-docs"}
    for name in sorted({name for name, *_ in API if not name.startswith("tracking-")} - others):
        yield name, reverse(name, kwargs=arguments(name, cast) | special(name, cast, "GET"))


def check(answer, what):
    assert answer.status_code in STATUSES, (what, answer.status_code, answer.content[:300])
    if answer.status_code >= 400:
        assert is_envelope(what[0], answer.json()), what
        assert "Traceback" not in answer.content.decode(errors="replace")


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_bodies(api, cast, body):
    admin = api(cast.admin)
    admin.client.raise_request_exception = True
    for name, path in list(paths(cast)):
        for method in ("POST", "PATCH", "DELETE", "PUT", "GET"):
            if (name, method) in {("uc-catalog", "DELETE"), ("uc-schema", "DELETE")}:
                continue  # an empty body is a good one there
            check(admin(method, path, body), (name, method))


@pytest.mark.parametrize("query", QUERIES)
def test_queries(api, cast, query):
    admin = api(cast.admin)
    for name, path in list(paths(cast)):
        check(admin("GET", f"{path}?{query}"), (name, query))


@pytest.mark.parametrize("segment", SEGMENTS)
def test_path_segments(api, cast, segment):
    admin = api(cast.admin)
    for prefix in (
        "/api/2.1/unity-catalog/catalogs/", "/api/2.1/unity-catalog/schemas/",
        "/api/2.1/unity-catalog/permissions/function/", "/api/2.1/unity-catalog/permissions/catalog/",
        "/api/2.1/unity-catalog/effective-permissions/schema/", "/api/2.1/unity-catalog/permissions/",
        "/api/2.0/fs/directories/Models/shop/ml/churn/1/", "/api/2.0/fs/directories/Models/shop/ml/",
        "/api/2.0/fs/directories/", f"/api/2.0/fs/presigned/{cast.version.uid}/",
    ):  # fmt: skip
        for method in ("GET", "PATCH", "DELETE"):
            check(admin(method, prefix + segment), (method, prefix, segment))


@pytest.mark.parametrize(
    "token", ["", "nonsense", "Bearer", "Bearer ", "Bearer x y", "Basic eDp5", "Bearer \xff", "a" * 5000]
)
def test_tokens(client, db, token):
    answer = client.get("/api/2.1/unity-catalog/catalogs", headers={"Authorization": token})
    assert (answer.status_code, answer.json()["error_code"]) == (401, "UNAUTHENTICATED")


def test_a_host_that_is_not_ours_is_refused_in_the_envelope(client, db):
    answer = client.get("/api/2.1/unity-catalog/catalogs", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_a_defect_of_ours_is_told_without_its_innards(api, cast, monkeypatch, caplog):
    def broken(**_):
        raise RuntimeError("secret innards")

    monkeypatch.setattr("registry.services.hierarchy.catalogs.list_catalogs", broken)
    answer = api(cast.admin)("GET", "/api/2.1/unity-catalog/catalogs")
    assert (answer.status_code, answer.json()["error_code"]) == (500, "INTERNAL_ERROR")
    assert "innards" not in answer.content.decode()
    assert "secret innards" in caplog.text


def test_a_long_filter_is_refused(api, cast):
    text = " AND ".join(["run_id='x'"] * 400)
    answer = api(cast.admin)("GET", f"{UC}/model-versions/search", QUERY_STRING=urlencode({"filter": text}))
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_a_path_that_no_file_system_holds_is_refused(api, cast):
    path = "/Models/shop/ml/churn/1/" + "/".join(["😀" * 63] * 16)
    status, _ = api(cast.owner).error("POST", "/api/2.0/fs/create-download-url", {"path": path})
    assert status == 400


def test_an_object_that_is_deleted_in_between_is_not_found(api, cast, monkeypatch):
    def delete_first(*_):
        RegisteredModel.objects.all().delete()

    admin = api(cast.admin)
    monkeypatch.setattr("registry.authorization.require", delete_first)
    for method, path, body in (
        ("POST", "registered-models/set-tag", {"name": "shop.ml.churn", "key": "k", "value": "v"}),
        ("POST", "registered-models/alias", {"name": "shop.ml.churn", "alias": "a", "version": "1"}),
        ("POST", "model-versions/create", {"name": "shop.ml.churn", "source": "s"}),
        ("PATCH", "registered-models/update", {"name": "shop.ml.churn", "description": "d"}),
    ):
        assert admin.error(method, f"{UC}/{path}", body) == (404, "RESOURCE_DOES_NOT_EXIST")
        RegisteredModelFactory(schema=cast.schema, name="churn")


def test_errors_name_the_field(api, cast):
    answer = api(cast.admin)("POST", f"{UC}/registered-models/create", {"description": "x"})
    assert "name: This field is required." in answer.json()["message"]


def test_lists_are_counted_before_they_are_read(api, cast, monkeypatch):
    """A body of 60 KB with 20,000 wrong items was validated and spelled for seconds, whoever sent it."""
    read, create = count_calls(monkeypatch, TagField, "run_validation"), f"{UC}/registered-models/create"
    answer = api(cast.reader)("POST", create, {"name": "shop.ml.new", "tags": [{}] * 20_000})
    assert (answer.status_code, read) == (400, [])
    assert "tags: Ensure this field has no more than 100 elements." in answer.json()["message"]
    answer = api(cast.reader)("POST", create, {"name": "shop.ml.new", "tags": [{"key": "a"}] + [{}] * 99})
    assert (answer.status_code, len(read)) == (400, 2)
    assert answer.json()["message"] == "tags.1.key: This field is required."


def test_an_error_does_not_repeat_all_that_is_wrong(api, cast):
    body = {"name": "shop.ml.churn", "key": "k", "value": "v", "version": "x" * 100_000}
    answer = api(cast.reader)("POST", f"{UC}/model-versions/set-tag", body)
    assert answer.status_code == 400
    assert len(answer.json()["message"]) < 3_000


def test_every_list_of_the_api_is_counted_first():
    """What a serializer of Django REST framework reads as a list, it reads whole."""
    serializers = [each for each in subclasses(Serializer) if each.__module__.startswith("registry.api.")]
    assert len(serializers) > 50
    for serializer in serializers:
        for name, field in serializer().fields.items():
            assert not isinstance(field, ListSerializer), (serializer, name)
            assert isinstance(field, Items) or not isinstance(field, ListField), (serializer, name)


def count_calls(monkeypatch, cls, name):
    calls, real = [], getattr(cls, name)

    def counting(self, *args, **kwargs):
        calls.append(args)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(cls, name, counting)
    return calls


def subclasses(cls):
    return {below for each in cls.__subclasses__() for below in ({each} | subclasses(each))}


def test_filter_errors_name_the_position_and_what_was_expected(api, cast):
    answer = api(cast.admin)("GET", f"{UC}/model-versions/search?filter=name='a.b.c' OR x")
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert "character 14: expected AND" in answer.json()["message"]


@pytest.mark.parametrize("path", ["unity-catalog/permissions/function/shop.ml.churn", "catalog-explorer/preview/x"])
def test_the_right_is_asked_for_before_a_thousand_principals_are_looked_for(api, cast, path):
    changes = [{"principal": f"nobody{number}@example.com", "add": ["EXECUTE"]} for number in range(1_000)]
    preview = reverse("preview-grants", kwargs={"securable_type": "function", "full_name": "shop.ml.churn"})
    method, address = ("POST", preview) if "preview" in path else ("PATCH", f"/api/2.1/{path}")
    with CaptureQueriesContext(connection) as queries:
        assert api(cast.writer).error(method, address, {"changes": changes}) == (403, "PERMISSION_DENIED")
    assert len(queries) < 30
