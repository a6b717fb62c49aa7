"""Catalogs, schemas and permissions as databricks-sdk asks for them."""

from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from registry.models import Metastore
from registry.services.people.principals import id_of
from tests.cast import grant

UC = "/api/2.1/unity-catalog"
PREVIEW = "/api/2.1/catalog-explorer/preview-grants/function/shop.ml.churn"


@pytest.fixture
def admin(api, cast):
    asked = api(cast.admin)
    return lambda method, path, body=None: asked.ok(method, f"{UC}/{path}", body)


def test_a_catalogs_life(admin):
    made = admin("POST", "catalogs", {"name": "Dev", "comment": "c"})
    assert (made["name"], made["owner"], made["comment"]) == ("dev", "admin@example.com", "c")
    assert admin("GET", "catalogs/DEV")["id"] == made["id"]
    changed = admin("PATCH", "catalogs/dev", {"comment": "", "new_name": "test", "owner": "readers"})
    assert (changed["name"], changed["comment"], changed["owner"]) == ("test", "", "readers")
    assert [catalog["name"] for catalog in admin("GET", "catalogs?max_results=0")["catalogs"]] == ["shop", "test"]
    assert admin("DELETE", "schemas/test.default") == {}
    assert admin("DELETE", "catalogs/test") == {}


def test_a_schemas_life(admin):
    made = admin("POST", "schemas", {"name": "new", "catalog_name": "shop"})
    assert (made["full_name"], made["catalog_name"]) == ("shop.new", "shop")
    assert admin("PATCH", "schemas/shop.new", {"comment": "c"})["comment"] == "c"
    assert [schema["name"] for schema in admin("GET", "schemas?catalog_name=shop")["schemas"]] == ["ml", "new"]
    assert admin("DELETE", "schemas/shop.new?force=true") == {}


def test_a_full_container_is_deleted_by_force_alone(api, cast):
    admin = api(cast.admin)
    assert admin.error("DELETE", f"{UC}/schemas/shop.ml") == (400, "INVALID_STATE")
    admin.ok("DELETE", f"{UC}/catalogs/shop?force=true")


def test_permissions(admin):
    body = {"changes": [{"principal": "stranger@example.com", "add": ["EXECUTE", "APPLY_TAG"], "remove": ["MANAGE"]}]}
    changed = admin("PATCH", "permissions/FUNCTION/shop.ml.churn", body)
    privileges = {row["principal"]: row["privileges"] for row in changed["privilege_assignments"]}
    assert privileges["stranger@example.com"] == ["APPLY_TAG", "EXECUTE"]
    found = admin("GET", "permissions/FUNCTION/shop.ml.churn?principal=stranger@example.com")
    assert len(found["privilege_assignments"]) == 1


def test_effective_permissions_tell_where_from(admin):
    found = admin("GET", "effective-permissions/FUNCTION/shop.ml.churn?principal=writer@example.com")
    (row,) = found["privilege_assignments"]
    assert row["principal"] == "writer@example.com"
    assert row["privileges"] == [
        {"privilege": "CREATE_MODEL_VERSION", "inherited_from_type": "CATALOG", "inherited_from_name": "shop"}
    ]


def test_a_change_may_name_its_principal_by_id_and_want_no_answer(admin, cast):
    sales = Group.objects.get(name="everybody-in-sales")
    for principal in (cast.stranger, sales):
        body = {"changes": [{"principal_id": id_of(principal), "add": ["APPLY_TAG"]}]}
        body["omit_permissions_in_response"] = True
        assert admin("PATCH", "permissions/function/shop.ml.churn", body) == {"privilege_assignments": []}
    found = admin("GET", "permissions/function/shop.ml.churn")["privilege_assignments"]
    holders = {row["principal_id"] for row in found if "APPLY_TAG" in row["privileges"]}
    assert holders == {id_of(cast.stranger), id_of(sales)}


@pytest.mark.parametrize(
    ("asked", "status"), [("", 200), ("0", 200), ("150", 200), ("1", 400), ("149", 400), ("-1", 400)]
)
def test_how_many_grants_may_be_asked_for(api, cast, asked, status):
    path = (
        f"{UC}/permissions/function/shop.ml.churn?max_results={asked}" if asked else f"{UC}/permissions/schema/shop.ml"
    )
    assert api(cast.admin)("GET", path).status_code == status


@pytest.mark.parametrize("kind", ["privilege-assignments", "effective-privilege-assignments"])
def test_grants_come_in_pages(admin, cast, kind):
    for number in range(7):
        grant(User.objects.create_user(f"p{number}@example.com"), cast.model, "EXECUTE", "MANAGE")
    whole = admin("GET", f"{kind}/function/shop.ml.churn")
    name = next(iter(whole))
    assert "next_page_token" not in whole
    gathered, token = [], ""
    while True:
        page = admin("GET", f"{kind}/function/shop.ml.churn?page_size=3&page_token={token}")
        assert 1 <= len(page[name]) <= 3
        gathered += page[name]
        token = page.get("next_page_token", "")
        if not token:
            break
    assert gathered == whole[name]
    assert len(gathered) >= 8


def test_grants_on_the_metastore(admin, api, cast):
    metastore = admin("GET", "metastore_summary")["metastore_id"]
    body = {"changes": [{"principal": "stranger@example.com", "add": ["CREATE CATALOG"]}]}
    admin("PATCH", f"permissions/METASTORE/{metastore}", body)
    assert api(cast.stranger).ok("POST", f"{UC}/catalogs", {"name": "mine"})["owner"] == "stranger@example.com"


def test_unknown_principals_are_named(api, cast):
    body = {"changes": [{"principal": "nobody@example.com", "add": ["EXECUTE"]}]}
    told = api(cast.admin).error("PATCH", f"{UC}/permissions/FUNCTION/shop.ml.churn", body)
    assert told == (404, "PRINCIPAL_DOES_NOT_EXIST")


def test_me(api, cast):
    me = api(cast.reader).ok("GET", "/api/2.0/preview/scim/v2/Me")
    assert me["userName"] == "reader@example.com"
    assert [group["display"] for group in me["groups"]] == ["account users", "everybody-in-sales", "readers"]


def test_a_service_principal_finds_its_application_id_as_its_user_name(api, cast):
    """As databricks-sdk's ``current_user.me()`` shows it, whoever asks."""
    robot = User.objects.create_user("0f0e9a2c-5b1f-4b0f-9d55-3a4f2d3c1b2a", kind=User.Kind.SERVICE_PRINCIPAL)
    me = api(robot).ok("GET", "/api/2.0/preview/scim/v2/Me")
    assert me["userName"] == me["applicationId"] == robot.user_name


def test_the_metastore_goes_by_its_name_and_by_its_id(api, cast):
    metastore = Metastore.current()
    by_name, by_id = (
        api(cast.admin).ok("GET", f"{UC}/permissions/metastore/{name}") for name in (metastore.name, metastore.uid)
    )
    assert by_name == by_id
    assert api(cast.admin).error("GET", f"{UC}/permissions/metastore/other")[0] == 404


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_a_principal_is_one_however_it_is_spelled(api, cast, method):
    """Two changes of one principal are one: neither is lost, and what contradicts is refused, whatever the order."""
    path = f"{UC}/permissions/function/shop.ml.churn" if method == "PATCH" else PREVIEW
    spelled = {"principal": "READER@example.com"}, {"principal_id": cast.reader.pk}
    for add, remove in (spelled, reversed(spelled)):
        body = {"changes": [{**add, "add": ["APPLY_TAG"]}, {**remove, "remove": ["APPLY_TAG"]}]}
        assert api(cast.owner).error(method, path, body) == (400, "INVALID_PARAMETER_VALUE")
    body = {"changes": [{**spelled[0], "add": ["APPLY_TAG"]}, {**spelled[1], "add": ["MANAGE"]}]}
    api(cast.owner).ok(method, path, body)
    held = {row.permission.codename for row in cast.model.user_grants.filter(user=cast.reader)}
    assert ({"apply_tag", "manage"} <= held) == (method == "PATCH")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("displayName eq readers", ["readers"]),
        ('displayName eq "readers"', ["readers"]),
        ("displayName sw read and displayName co ers", ["readers"]),
        ('displayName eq "is eq readers"', []),
        ("(displayName eq readers)", ["readers"]),
        ("displayName eq true-ish or displayName eq 12th", []),
    ],
)
def test_a_filter_of_principals_takes_a_word_without_quotes(api, cast, text, names):
    groups = api(cast.admin).ok("GET", f"/api/2.0/preview/scim/v2/Groups?{urlencode({'filter': text})}")
    assert [group["displayName"] for group in groups.get("Resources", [])] == names


@pytest.mark.parametrize("text", ["displayName eq", "displayName eq two words", 'displayName eq "open', "eq readers"])
def test_what_is_no_filter_of_principals_is_refused(api, cast, text):
    path = f"/api/2.0/preview/scim/v2/Groups?{urlencode({'filter': text})}"
    assert api(cast.admin)("GET", path).status_code == 400


def test_a_deployment_job_that_is_not_there_is_not_found(api, cast):
    model = api(cast.owner).ok("PATCH", f"{UC}/models/shop.ml.churn", {"deployment_job_id": "77"})
    assert (model["deployment_job_id"], model["deployment_job_state"]) == ("77", "NOT_FOUND")
