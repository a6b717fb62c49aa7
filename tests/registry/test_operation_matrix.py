"""The operation matrix, row by row: who may do what to ``c.s.m``, in the words of the notes on Unity Catalog (§1.6)."""

import pytest

from accounts.models import User
from registry import authorization
from registry.authorization import Operation
from registry.models import Metastore
from tests.cast import actor, grant
from tests.factories import ExternalMetadataFactory, RegisteredModelFactory, TableFactory

pytestmark = pytest.mark.large

ON_TABLES = {"ALL PRIVILEGES", "MANAGE", "APPLY TAG", "SELECT", "MODIFY"}
ON_EXTERNAL = {"ALL PRIVILEGES", "MANAGE", "BROWSE", "MODIFY"}
USE = {"USE CATALOG": "catalog", "USE SCHEMA": "schema"}
# Who asks: what they hold beyond USE of the containers, and on what. An owner owns; an administrator has the flag.
HOLDERS = {
    "nobody": None,
    "owner": ("owner", "model"),
    "schema owner": ("owner", "schema"),
    "catalog owner": ("owner", "catalog"),
    "administrator": ("administrator", "metastore"),
    "MANAGE": ("MANAGE", "model"),
    "EXECUTE": ("EXECUTE", "model"),
    "APPLY TAG": ("APPLY TAG", "model"),
    "CREATE MODEL VERSION": ("CREATE MODEL VERSION", "model"),
    "CREATE MODEL": ("CREATE MODEL", "schema"),
    "CREATE FUNCTION": ("CREATE FUNCTION", "schema"),
    "CREATE TABLE": ("CREATE TABLE", "schema"),
    "CREATE EXTERNAL METADATA": ("CREATE EXTERNAL METADATA", "metastore"),
    "CREATE SCHEMA": ("CREATE SCHEMA", "catalog"),
    "CREATE CATALOG": ("CREATE CATALOG", "metastore"),
    "ALL PRIVILEGES": ("ALL PRIVILEGES", "model"),
    "BROWSE": ("BROWSE", "catalog"),
}
MANAGERS = {"owner", "schema owner", "catalog owner", "administrator", "MANAGE"}
READERS = MANAGERS | {"EXECUTE", "APPLY TAG", "CREATE MODEL VERSION", "ALL PRIVILEGES"}
ROWS = [
    ("create catalog", Operation.CREATE_CATALOG, "metastore", {"administrator", "CREATE CATALOG"}),
    ("create schema", Operation.CREATE_SCHEMA, "catalog", {"administrator", "catalog owner", "CREATE SCHEMA"}),
    ("create model", Operation.CREATE_REGISTERED_MODEL, "schema",
     {"administrator", "schema owner", "catalog owner", "CREATE MODEL", "CREATE FUNCTION"}),
    ("read or list model, version, by alias", Operation.READ_REGISTERED_MODEL, "model", READERS),
    ("load, download files, credentials", Operation.READ_ARTIFACTS, "model", {"owner", "EXECUTE", "ALL PRIVILEGES"}),
    ("create version", Operation.CREATE_MODEL_VERSION, "model", MANAGERS | {"CREATE MODEL VERSION", "ALL PRIVILEGES"}),
    # Of versions that somebody else has begun; one's own: see test_authorization.
    ("upload", Operation.WRITE_ARTIFACTS, "model", MANAGERS),
    ("finalize", Operation.FINALIZE_MODEL_VERSION, "model", MANAGERS),
    ("update version comment", Operation.UPDATE_MODEL_VERSION, "model", MANAGERS),
    ("update model comment, connect a job", Operation.UPDATE_REGISTERED_MODEL, "model", MANAGERS),
    # The owner of the model needs CREATE MODEL on the schema as well; so does a holder of MANAGE.
    ("rename model", Operation.RENAME_REGISTERED_MODEL, "model", {"administrator", "schema owner", "catalog owner"}),
    ("set or delete alias", Operation.SET_ALIAS, "model", MANAGERS),
    # Whom the tag's policy lists: everybody, at first.
    ("certify", Operation.CERTIFY, "model", {"owner", "administrator", "APPLY TAG", "ALL PRIVILEGES"}),
    ("tag", Operation.SET_TAG, "model", {"owner", "administrator", "APPLY TAG", "ALL PRIVILEGES"}),
    ("delete version", Operation.DELETE_MODEL_VERSION, "model", MANAGERS),
    ("delete model", Operation.DELETE_REGISTERED_MODEL, "model", MANAGERS),
    ("view all grants", Operation.READ_ALL_GRANTS, "model", MANAGERS),
    ("grant, revoke", Operation.MANAGE_GRANTS, "model", MANAGERS),
    ("create table", Operation.CREATE_TABLE, "schema",
     {"administrator", "schema owner", "catalog owner", "CREATE TABLE"}),
    ("create external metadata", Operation.CREATE_EXTERNAL_METADATA, "metastore",
     {"administrator", "CREATE EXTERNAL METADATA"}),
    ("grant on the metastore", Operation.MANAGE_GRANTS, "metastore", {"administrator"}),
    ("change owner", Operation.TRANSFER_OWNERSHIP, "model", MANAGERS),
    ("decide requests for access", Operation.DECIDE_ACCESS_REQUEST, "model", MANAGERS),
]  # fmt: skip


@pytest.fixture
def places(db):
    model = RegisteredModelFactory(name="m", schema__name="s", schema__catalog__name="c")
    return {"model": model, "schema": model.schema, "catalog": model.schema.catalog, "metastore": Metastore.current()}


def somebody(places, holding, *, uses=True):
    user = User.objects.create_user("someone@example.com")
    if uses:
        for privilege, level in USE.items():
            grant(user, places[level], privilege)
    if holding is not None:
        what, where = holding
        if what == "owner":
            type(places[where]).objects.filter(pk=places[where].pk).update(owner_user=user)
        elif what == "administrator":
            user.is_metastore_admin = True
            user.save()
        else:
            grant(user, places[where], what)
    return user


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize(("operation", "level", "allowed"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_row(places, operation, level, allowed, holder):
    user = somebody(places, HOLDERS[holder])
    assert authorization.allows(actor(user), operation, places[level]) == (holder in allowed)


@pytest.mark.parametrize(
    "holder", [h for h, held in HOLDERS.items() if held is None or held[0] not in ("owner", "administrator")]
)
@pytest.mark.parametrize(("operation", "level", "allowed"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_every_row_needs_use_of_the_containers(places, operation, level, allowed, holder):
    """But for what is done on the metastore, which lies in nothing."""
    user = somebody(places, HOLDERS[holder], uses=False)
    expected = level == "metastore" and holder in allowed
    assert authorization.allows(actor(user), operation, places[level]) == expected


@pytest.mark.parametrize("holder", HOLDERS)
def test_what_is_seen(places, holder):
    """Any right on it, BROWSE without USE, or ownership."""
    user = somebody(places, HOLDERS[holder])
    assert authorization.is_visible(actor(user), places["model"]) == (holder in READERS | {"BROWSE"})
    assert authorization.is_visible(actor(user), places["catalog"])


def test_browse_needs_no_use(places):
    user = somebody(places, HOLDERS["BROWSE"], uses=False)
    assert all(authorization.is_visible(actor(user), places[level]) for level in ("catalog", "schema", "model"))


# Of ``c.s.t``, and of what another system has: who holds what on it itself.
OF_TABLES = {
    Operation.READ_TABLE: {"owner", "MANAGE", "APPLY TAG", "SELECT", "MODIFY", "ALL PRIVILEGES", "administrator"},
    Operation.UPDATE_TABLE: {"owner", "MANAGE", "MODIFY", "ALL PRIVILEGES", "administrator"},
    Operation.DELETE_TABLE: {"owner", "MANAGE", "administrator"},
    Operation.MANAGE_GRANTS: {"owner", "MANAGE", "administrator"},
}
OF_EXTERNAL = {
    Operation.READ_EXTERNAL_METADATA: {"owner", "MANAGE", "BROWSE", "MODIFY", "ALL PRIVILEGES", "administrator"},
    Operation.UPDATE_EXTERNAL_METADATA: {"owner", "MANAGE", "MODIFY", "ALL PRIVILEGES", "administrator"},
    Operation.DELETE_EXTERNAL_METADATA: {"owner", "MANAGE", "administrator"},
    Operation.TRANSFER_OWNERSHIP: {"owner", "MANAGE", "administrator"},
}


@pytest.mark.parametrize(
    ("kind", "holder"),
    [
        (kind, holder)
        for kind, fitting in (("table", ON_TABLES), ("external metadata", ON_EXTERNAL))
        for holder in ("nobody", "owner", "administrator", *sorted(fitting))
    ],
)
def test_what_lies_elsewhere(places, kind, holder):
    of_kind = OF_TABLES if kind == "table" else OF_EXTERNAL
    places["it"] = TableFactory(schema=places["schema"]) if kind == "table" else ExternalMetadataFactory()
    holding = None if holder == "nobody" else (holder, "it")
    user = somebody(places, holding)
    told = {operation for operation in of_kind if authorization.allows(actor(user), operation, places["it"])}
    assert told == {operation for operation, holders in of_kind.items() if holder in holders}


def test_rights_to_a_schema_are_rights_to_its_tables(places):
    table = TableFactory(schema=places["schema"])
    for privilege, operation in (("SELECT", Operation.READ_TABLE), ("MODIFY", Operation.UPDATE_TABLE)):
        user = User.objects.create_user(f"{privilege.lower()}@example.com")
        for needed, level in USE.items():
            grant(user, places[level], needed)
        assert not authorization.is_visible(actor(user), table)
        grant(user, places["schema"], privilege)
        assert authorization.allows(actor(user), operation, table)
