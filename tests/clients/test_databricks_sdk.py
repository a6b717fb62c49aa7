"""databricks-sdk: the hierarchy, grants, principals, tokens, files and tags, with the errors that it raises."""

import base64
import io
import os
from datetime import UTC, datetime

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import (
    AlreadyExists,
    BadRequest,
    DatabricksError,
    InvalidParameterValue,
    InvalidState,
    NotFound,
    PermissionDenied,
    ResourceAlreadyExists,
    ResourceConflict,
    Unauthenticated,
)
from databricks.sdk.service import catalog, iam, sql, tags
from databricks.sdk.service.workspace import ImportFormat, ObjectType

from tests.clients.conftest import use
from tests.clients.journeys import MARKS, MIB, save_model
from tests.live import eventually

pytestmark = MARKS


@pytest.fixture
def workspace(product, monkeypatch):
    use(monkeypatch, product, product.first_run("Access token"))
    return WorkspaceClient()


@pytest.fixture
def stranger(product, monkeypatch, workspace):
    use(monkeypatch, product, product.manage("issue_token", "stranger.sdk@example.com", "--create"))
    return WorkspaceClient()


@pytest.fixture
def outsider(product, monkeypatch, workspace):
    """Somebody to whom no test grants anything."""
    use(monkeypatch, product, product.manage("issue_token", "outsider.sdk@example.com", "--create"))
    return WorkspaceClient()


@pytest.fixture
def model(workspace, mlflow, tmp_path):
    """A model of one ready version, in a catalog of its own."""
    if "sdk" not in {found.name for found in workspace.catalogs.list()}:
        workspace.catalogs.create(name="sdk", comment="of the SDK")
        workspace.schemas.create(name="ml", catalog_name="sdk")
    name = f"sdk.ml.m{os.urandom(4).hex()}"
    mlflow.register_model(save_model(mlflow, tmp_path), name)
    return name


def test_catalogs_and_schemas(workspace):
    made = workspace.catalogs.create(name="walk", comment="first")
    assert (made.name, made.owner, made.catalog_type) == (
        "walk", "admin@example.com", catalog.CatalogType.MANAGED_CATALOG,
    )  # fmt: skip
    assert workspace.catalogs.update("walk", new_name="walked", comment="second").comment == "second"
    workspace.schemas.create(name="a", catalog_name="walked")
    assert [schema.full_name for schema in workspace.schemas.list("walked")] == ["walked.a", "walked.default"]
    assert workspace.schemas.update("walked.a", comment="of a").comment == "of a"
    assert workspace.schemas.get("walked.a").catalog_name == "walked"
    with pytest.raises(InvalidState):
        workspace.catalogs.delete("walked")
    with pytest.raises(ResourceAlreadyExists):
        workspace.catalogs.create(name="walked")
    workspace.schemas.delete("walked.a")
    workspace.catalogs.delete("walked", force=True)
    with pytest.raises(NotFound):
        workspace.catalogs.get("walked")


def test_registered_models_and_versions(workspace, model):
    bare = model.rpartition(".")[2]
    models, versions = workspace.registered_models, workspace.model_versions
    with pytest.raises(ResourceAlreadyExists):
        models.create(catalog_name="sdk", schema_name="ml", name=bare)
    assert models.update(model, comment="described").comment == "described"
    alias = models.set_alias(model, "Champion", 1)
    assert (alias.alias_name, alias.version_num) == ("Champion", 1)
    got = models.get(model, include_aliases=True)
    assert [(found.alias_name, found.version_num) for found in got.aliases] == [("Champion", 1)]
    assert (got.full_name, got.comment, got.owner) == (model, "described", "admin@example.com")
    assert versions.get_by_alias(model, "champion").version == 1
    assert versions.get(model, 1, include_aliases=True).aliases[0].alias_name == "Champion"
    versions.update(model, 1, comment="of the first")
    assert [(found.version, found.comment, found.status.value) for found in versions.list(model)] == [
        (1, "of the first", "READY")
    ]
    assert model in {found.full_name for found in models.list(catalog_name="sdk", schema_name="ml")}
    assert models.update(model, new_name=f"{bare}_renamed").full_name == f"{model}_renamed"
    models.delete_alias(f"{model}_renamed", "champion")
    versions.delete(f"{model}_renamed", 1)
    models.delete(f"{model}_renamed")
    with pytest.raises(NotFound):
        models.get(model)
    with pytest.raises(BadRequest):
        list(models.list(catalog_name="sdk"))


def test_a_thousand_models_page_by_page(workspace, thousand):
    found = list(workspace.registered_models.list(catalog_name="many", schema_name="models", max_results=300))
    assert [model.name for model in found] == [f"m{number:04}" for number in range(1000)]
    everywhere = [model.full_name for model in workspace.registered_models.list()]
    assert len(everywhere) == len(set(everywhere)) > 1000


def test_grants(workspace, product, model):
    product.manage("issue_token", "granted@example.com", "--create")
    changes = [
        catalog.PermissionsChange(
            principal="granted@example.com", add=[catalog.Privilege.EXECUTE, catalog.Privilege.APPLY_TAG]
        )
    ]
    granted = workspace.grants.update(catalog.SecurableType.FUNCTION.value, model, changes=changes)
    assert {p for a in granted.privilege_assignments for p in a.privileges} == {
        catalog.Privilege.EXECUTE, catalog.Privilege.APPLY_TAG,
    }  # fmt: skip
    assert workspace.grants.get("FUNCTION", model).privilege_assignments[0].principal == "granted@example.com"
    on_schema = [catalog.PermissionsChange(principal="granted@example.com", add=[catalog.Privilege.EXECUTE])]
    workspace.grants.update("SCHEMA", "sdk.ml", changes=on_schema)
    effective = workspace.grants.get_effective("FUNCTION", model, principal="granted@example.com")
    inherited = [p for a in effective.privilege_assignments for p in a.privileges if p.inherited_from_name]
    assert [(p.privilege, p.inherited_from_type, p.inherited_from_name) for p in inherited] == [
        (catalog.Privilege.EXECUTE, catalog.SecurableType.SCHEMA, "sdk.ml")
    ]
    with pytest.raises(NotFound):
        workspace.grants.update("FUNCTION", model, changes=[catalog.PermissionsChange(principal="nobody", add=[])])


def test_grants_in_pages(workspace, model):
    for privilege in (catalog.Privilege.EXECUTE, catalog.Privilege.MANAGE):
        change = catalog.PermissionsChange(principal="admin@example.com", add=[privilege])
        workspace.grants.update("function", model, changes=[change])
    (found,) = workspace.grants.list("function", model)
    assert (found.principal, set(found.privileges)) == (
        "admin@example.com", {catalog.Privilege.EXECUTE, catalog.Privilege.MANAGE},
    )  # fmt: skip
    held = [row for row in workspace.grants.list_effective("function", model) if row.principal == "admin@example.com"]
    assert {privilege.privilege for privilege in held[0].privileges} >= {catalog.Privilege.EXECUTE}


@pytest.mark.usefixtures("stranger")
def test_statements(workspace, outsider, model):
    def execute(text, client=workspace):
        return client.statement_execution.execute_statement(statement=text, warehouse_id="any", wait_timeout="10s")

    granted = execute(f"GRANT EXECUTE ON MODEL {model} TO `stranger.sdk@example.com`")
    assert granted.status.state == sql.StatementState.SUCCEEDED
    shown = execute(f"SHOW GRANTS `stranger.sdk@example.com` ON MODEL {model}")
    assert [column.name for column in shown.manifest.schema.columns][:2] == ["principal", "action_type"]
    assert shown.result.data_array == [["stranger.sdk@example.com", "EXECUTE", "FUNCTION", model]]
    again = workspace.statement_execution.get_statement(shown.statement_id)
    assert again.result.data_array == shown.result.data_array
    chunk = workspace.statement_execution.get_statement_result_chunk_n(shown.statement_id, 0)
    assert chunk.data_array == shown.result.data_array
    workspace.statement_execution.cancel_execution(shown.statement_id)
    with pytest.raises(NotFound):
        outsider.statement_execution.get_statement(shown.statement_id)
    refused = execute("DROP TABLE x")
    assert (refused.status.state, refused.status.sql_state) == (sql.StatementState.FAILED, "0A000")
    assert "DROP is not executed by this server" in refused.status.error.message
    denied = execute(f"DESCRIBE MODEL {model}", outsider)
    assert (
        denied.status.error.message == f"[OBJECT_NOT_FOUND] Routine or Model '{model}' does not exist. SQLSTATE: 42704"
    )


def test_requests_for_access(workspace, product, monkeypatch, model):
    use(monkeypatch, product, product.manage("issue_token", "asker.sdk@example.com", "--create"))
    asker = WorkspaceClient()
    change = catalog.PermissionsChange(principal="asker.sdk@example.com", add=[catalog.Privilege.BROWSE])
    workspace.grants.update("catalog", "sdk", changes=[change])
    wanted = catalog.CreateAccessRequest(
        comment="for a report",
        securable_permissions=[
            catalog.SecurablePermissions(
                permissions=["EXECUTE"],
                securable=catalog.Securable(full_name=model, type=catalog.SecurableType.FUNCTION),
            )
        ],
    )
    (told,) = asker.rfa.batch_create_access_requests(requests=[wanted]).responses
    (where,) = told.request_destinations
    assert [destination.destination_id for destination in where.destinations] == ["admin@example.com"]
    assert asker.rfa.get_access_request_destinations("registered_model", model).full_name == model
    ours = "/api/2.1/catalog-explorer/access-requests"
    waiting = workspace.api_client.do("GET", ours)["access_requests"]
    mine = [request for request in waiting if request["requester"] == "asker.sdk@example.com"]
    assert [(request["full_name"], request["privileges"]) for request in mine] == [(model, ["EXECUTE"])]
    for request in mine:
        workspace.api_client.do("PATCH", f"{ours}/{request['request_id']}", body={"decision": "GRANT"})
    assert asker.registered_models.get(model).full_name == model


def test_an_alias_at_a_time(workspace, model):
    workspace.registered_models.set_alias(model, "champion", 1)
    path = f"/api/2.1/unity-catalog/models/{model}/aliases/champion"
    now = datetime.now(UTC).isoformat()
    assert workspace.api_client.do("GET", path, query={"at": now})["version"] == 1
    with pytest.raises(NotFound, match="had no alias"):
        workspace.api_client.do("GET", path, query={"at": "2020-01-01T00:00:00Z"})


def test_the_audit_log(workspace, outsider, model):
    ours = "/api/2.1/catalog-explorer/audit-events"
    with pytest.raises(NotFound):
        outsider.registered_models.delete(model)

    def seen():
        told = workspace.api_client.do("GET", ours, query={"full_name": model, "securable_type": "function"})
        return [(event["action_name"], event["response"]["status_code"]) for event in told["events"]]

    eventually(lambda: ("lookUp", 403) in seen())
    assert ("createRegisteredModel", 200) in seen()
    assert outsider.api_client.do("GET", ours)["events"] == []


def test_owners(workspace, model):
    workspace.groups.create(display_name=f"owners of {model}")
    assert workspace.registered_models.update(model, owner=f"owners of {model}").owner == f"owners of {model}"


def test_the_metastore_and_who_one_is(workspace):
    summary, current = workspace.metastores.summary(), workspace.metastores.current()
    assert summary.metastore_id == current.metastore_id
    assert current.workspace_id == workspace.get_workspace_id()
    assert workspace.current_user.me().user_name == "admin@example.com"


def test_users_groups_and_service_principals(workspace, product, monkeypatch):
    user = workspace.users_v2.create(user_name="Ann@example.com", display_name="Ann", active=True)
    assert (user.user_name, user.display_name, user.active) == ("ann@example.com", "Ann", True)
    with pytest.raises(ResourceConflict):
        workspace.users_v2.create(user_name="ann@example.com")
    robot = workspace.service_principals_v2.create(display_name="robot")
    assert len(robot.application_id) == 36
    inner = workspace.groups_v2.create(display_name="inner", members=[iam.ComplexValue(value=user.id)])
    outer = workspace.groups_v2.create(
        display_name="outer", members=[iam.ComplexValue(value=inner.id), iam.ComplexValue(value=robot.id)]
    )
    assert {member.display for member in outer.members} == {"inner", robot.application_id}
    assert [group.display for group in workspace.users_v2.get(user.id).groups] == ["inner"]

    found = list(workspace.users_v2.list(filter='userName eq "ANN@example.com"', attributes="userName"))
    assert [(one.id, one.user_name, one.display_name) for one in found] == [(user.id, "ann@example.com", None)]
    assert [g.display_name for g in workspace.groups_v2.list(filter='displayName sw "inn"')] == ["inner"]
    assert len(list(workspace.users_v2.list(count=2))) == len(list(workspace.users_v2.list())) > 2
    # The older names of the same calls.
    assert workspace.users.get(user.id).user_name == "ann@example.com"
    assert workspace.groups.get(inner.id).display_name == "inner"
    assert workspace.service_principals.get(robot.id).application_id == robot.application_id

    replace = iam.PatchOp.REPLACE
    workspace.users_v2.patch(user.id, operations=[iam.Patch(op=replace, path="displayName", value="Anna")])
    workspace.users_v2.patch(user.id, operations=[iam.Patch(op=replace, path="active", value=False)])
    assert (workspace.users_v2.get(user.id).display_name, workspace.users_v2.get(user.id).active) == ("Anna", False)
    workspace.users_v2.update(user.id, user_name="ann@example.com", display_name="Ann again", active=True)
    assert workspace.users_v2.get(user.id).active
    remove = iam.Patch(op=iam.PatchOp.REMOVE, path=f'members[value eq "{robot.id}"]')
    add = iam.Patch(op=iam.PatchOp.ADD, value={"members": [{"value": user.id}]})
    workspace.groups_v2.patch(outer.id, operations=[remove, add])
    assert {member.display for member in workspace.groups_v2.get(outer.id).members} == {"inner", "ann@example.com"}
    nest = iam.Patch(op=iam.PatchOp.ADD, value={"members": [{"value": outer.id}]})
    with pytest.raises(BadRequest):
        workspace.groups_v2.patch(inner.id, operations=[nest])
    with pytest.raises(BadRequest):
        list(workspace.users_v2.list(filter="userName ="))
    workspace.groups_v2.update(outer.id, display_name="outermost", members=[])
    assert workspace.groups_v2.get(outer.id).members is None or workspace.groups_v2.get(outer.id).members == []
    workspace.groups_v2.delete(outer.id)
    workspace.service_principals_v2.delete(robot.id)
    workspace.users_v2.delete(user.id)
    with pytest.raises(NotFound):
        workspace.users_v2.get(user.id)


def test_principals_are_made_by_administrators(stranger):
    assert list(stranger.users_v2.list())
    with pytest.raises(PermissionDenied):
        stranger.users_v2.create(user_name="mine@example.com")
    with pytest.raises(PermissionDenied):
        stranger.groups_v2.create(display_name="mine")


def test_tokens(workspace, product, monkeypatch):
    made = workspace.tokens.create(comment="ci", lifetime_seconds=3600)
    assert made.token_info.token_id in {token.token_id for token in workspace.tokens.list()}
    use(monkeypatch, product, made.token_value)
    assert WorkspaceClient().current_user.me().user_name == "admin@example.com"
    everybody = {token.token_id: token.created_by_username for token in workspace.token_management.list()}
    assert everybody[made.token_info.token_id] == "admin@example.com"
    workspace.tokens.delete(made.token_info.token_id)
    with pytest.raises(Unauthenticated):
        WorkspaceClient().current_user.me()
    robot = workspace.service_principals_v2.create(display_name="token's robot")
    created = workspace.token_management.create_obo_token(application_id=robot.application_id, lifetime_seconds=60)
    use(monkeypatch, product, created.token_value)
    assert WorkspaceClient().current_user.me().display_name == "token's robot"
    with pytest.raises(PermissionDenied):
        WorkspaceClient().token_management.list()
    workspace.token_management.delete(created.token_info.token_id)
    with pytest.raises(NotFound):
        workspace.token_management.get(created.token_info.token_id)


def test_oauth_for_machines(workspace, product, monkeypatch, mlflow):
    robot = workspace.service_principals_v2.create(display_name="oauth robot")
    secret = workspace.service_principal_secrets_proxy.create(robot.id)
    for name in ("DATABRICKS_TOKEN", "DATABRICKS_HOST"):
        monkeypatch.delenv(name)
    options = {"host": product.url, "client_id": robot.application_id}
    machine = WorkspaceClient(**options, client_secret=secret.secret)
    assert machine.current_user.me().display_name == "oauth robot"
    monkeypatch.setenv("DATABRICKS_HOST", product.url)
    monkeypatch.setenv("DATABRICKS_CLIENT_ID", robot.application_id)
    monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", secret.secret)
    assert mlflow.MlflowClient().search_registered_models(max_results=1) == []
    workspace.service_principals_v2.patch(
        robot.id, operations=[iam.Patch(op=iam.PatchOp.REPLACE, path="active", value=False)]
    )
    with pytest.raises(Unauthenticated):
        machine.current_user.me()
    workspace.service_principal_secrets_proxy.delete(robot.id, secret.id)
    with pytest.raises(ValueError, match="invalid_client"):
        WorkspaceClient(**options, client_secret=secret.secret).current_user.me()


@pytest.fixture
def pending(workspace, model):
    """The folder of a version that waits for its files."""
    body = {"name": model, "source": "s"}
    made = workspace.api_client.do("POST", "/api/2.0/mlflow/unity-catalog/model-versions/create", body=body)
    catalog_name, schema, name = model.split(".")
    return f"/Models/{catalog_name}/{schema}/{name}/{made['model_version']['version']}"


def finalize(workspace, model, version=2):
    body = {"name": model, "version": str(version)}
    workspace.api_client.do("POST", "/api/2.0/mlflow/unity-catalog/model-versions/finalize", body=body)


def test_files(workspace, model, pending):
    files = workspace.files
    files.upload(f"{pending}/a b/naïve ü#1.txt", io.BytesIO(b"text"))
    files.upload(f"{pending}/empty", io.BytesIO(b""))
    with pytest.raises(AlreadyExists):
        files.upload(f"{pending}/empty", io.BytesIO(b"x"))
    files.upload(f"{pending}/empty", io.BytesIO(b""), overwrite=True)
    big = os.urandom(210 * MIB)  # in parts of 10 MiB
    files.upload(f"{pending}/big.bin", io.BytesIO(big))
    for name in ("MLmodel", "code.py", "requirements.txt", "sub/deep/f"):
        files.upload(f"{pending}/{name}", io.BytesIO(name.encode()))
    files.create_directory(f"{pending}/folder")
    files.upload(f"{pending}/folder/gone", io.BytesIO(b"gone"))
    files.delete(f"{pending}/folder/gone")
    files.delete_directory(f"{pending}/folder")
    finalize(workspace, model)

    assert {entry.name: (entry.is_directory, entry.file_size) for entry in files.list_directory_contents(pending)} == {
        "MLmodel": (False, 7), "a b": (True, 0), "big.bin": (False, 210 * MIB), "code.py": (False, 7),
        "empty": (False, 0), "requirements.txt": (False, 16), "sub": (True, 0),
    }  # fmt: skip
    assert len(list(files.list_directory_contents(pending, page_size=2))) == 7
    assert files.get_metadata(f"{pending}/big.bin").content_length == 210 * MIB
    files.get_directory_metadata(f"{pending}/a b")
    assert files.download(f"{pending}/a b/naïve ü#1.txt").contents.read() == b"text"
    assert files.download(f"{pending}/big.bin").contents.read() == big
    for call in (
        lambda: files.get_metadata(f"{pending}/nothing"),
        lambda: files.get_directory_metadata(f"{pending}/big.bin"),
        lambda: list(files.list_directory_contents(f"{pending}/nothing")),
    ):
        with pytest.raises(NotFound):
            call()
    with pytest.raises(InvalidState):
        files.upload(f"{pending}/late", io.BytesIO(b"x"))


def test_files_come_down_in_ranges(workspace, model, pending, tmp_path):
    content = os.urandom(30 * MIB)
    workspace.files.upload(f"{pending}/big.bin", io.BytesIO(content))
    finalize(workspace, model)
    workspace.files.download_to(f"{pending}/big.bin", str(tmp_path / "down"), use_parallel=True)
    assert (tmp_path / "down").read_bytes() == content


def test_files_of_others_are_hidden(stranger, pending):
    for call in (
        lambda: stranger.files.upload(f"{pending}/x", io.BytesIO(b"x")),
        lambda: stranger.files.get_directory_metadata(pending),
    ):
        with pytest.raises((NotFound, PermissionDenied)):
            call()


def test_tags_of_entities(workspace, model):
    assignments = workspace.entity_tag_assignments
    for entity_type, name in (("catalogs", "sdk"), ("schemas", "sdk.ml"), ("registered_models", model)):
        tag = catalog.EntityTagAssignment(entity_type=entity_type, entity_name=name, tag_key="team", tag_value="a")
        assignments.create(tag)
        with pytest.raises(ResourceAlreadyExists):
            assignments.create(tag)
        tag.tag_value = "b"
        assert assignments.update(entity_type, name, "team", tag, update_mask="tag_value").tag_value == "b"
        assert assignments.get(entity_type, name, "team").tag_value == "b"
        assert [(found.tag_key, found.tag_value) for found in assignments.list(entity_type, name)] == [("team", "b")]
        assignments.delete(entity_type, name, "team")
        with pytest.raises(NotFound):
            assignments.get(entity_type, name, "team")


def test_governed_tags(workspace, stranger, model):
    key = f"cost {model}".replace(".", " ")
    values = [tags.Value(name="low"), tags.Value(name="high")]
    made = workspace.tag_policies.create_tag_policy(tags.TagPolicy(tag_key=key, description="d", values=values))
    assert [value.name for value in made.values] == ["low", "high"]
    assert key in {policy.tag_key for policy in stranger.tag_policies.list_tag_policies(page_size=1)}
    tag = catalog.EntityTagAssignment(entity_type="models", entity_name=model, tag_key=key, tag_value="none")
    with pytest.raises(InvalidParameterValue):
        workspace.entity_tag_assignments.create(tag)
    tag.tag_value = "high"
    workspace.entity_tag_assignments.create(tag)
    with pytest.raises(PermissionDenied):
        stranger.tag_policies.delete_tag_policy(key)
    changed = tags.TagPolicy(tag_key=key, description="described")
    assert workspace.tag_policies.update_tag_policy(key, changed, update_mask="description").description == "described"
    assert workspace.tag_policies.get_tag_policy(key).values[1].name == "high"
    workspace.tag_policies.delete_tag_policy(key)
    with pytest.raises(NotFound):
        workspace.tag_policies.get_tag_policy(key)


def test_quotas_are_off_by_default(workspace):
    assert list(workspace.resource_quotas.list_quotas()) == []
    with pytest.raises(NotFound):
        workspace.resource_quotas.get_quota("catalog", "sdk", "schema-quota")


def test_the_errors_that_a_user_sees(workspace, stranger, product, monkeypatch):
    with pytest.raises(InvalidParameterValue):
        workspace.registered_models.get("two.levels")
    with pytest.raises(NotFound):
        stranger.catalogs.get("sdk")
    with pytest.raises(PermissionDenied):
        stranger.registered_models.delete("prod.ml_team.iris_model")
    use(monkeypatch, product, "cex_wrong")
    with pytest.raises(Unauthenticated):
        WorkspaceClient().current_user.me()


def test_the_folder_in_which_bundles_keep_their_state(workspace, stranger):
    folder = "/Workspace/Users/admin@example.com/.bundle/sdk/dev"
    workspace.workspace.mkdirs(f"{folder}/state")
    state = os.urandom(4 * MIB)
    upload = {"format": ImportFormat.AUTO}
    workspace.workspace.upload(f"{folder}/state/resources.json", io.BytesIO(state), **upload)
    with pytest.raises(ResourceAlreadyExists):
        workspace.workspace.upload(f"{folder}/state/resources.json", b"", **upload)
    workspace.workspace.upload(f"{folder}/model.py", b"pass", **upload, overwrite=True)
    with pytest.raises(DatabricksError, match="no notebooks"):
        workspace.workspace.upload(f"{folder}/other.py", b"pass")  # the SDK asks for a notebook
    assert workspace.workspace.download(f"{folder}/state/resources.json").read() == state
    assert base64.b64decode(workspace.workspace.export(f"{folder}/model.py").content) == b"pass"
    found = {one.path: one.object_type for one in workspace.workspace.list(folder, recursive=True)}
    assert found == {
        f"{folder}/model.py": ObjectType.FILE, f"{folder}/state/resources.json": ObjectType.FILE
    }  # fmt: skip
    with pytest.raises(NotFound):
        stranger.workspace.get_status(f"{folder}/model.py")
    with pytest.raises(BadRequest, match="not empty"):
        workspace.workspace.delete(folder)
    workspace.workspace.delete(folder, recursive=True)
    with pytest.raises(NotFound):
        workspace.workspace.get_status(folder)


def test_tables_are_registered_granted_and_forgotten(workspace, outsider):
    if "lake" not in {found.name for found in workspace.catalogs.list()}:
        workspace.catalogs.create(name="lake")
        workspace.schemas.create(name="raw", catalog_name="lake")
    columns = [catalog.ColumnInfo(name="id", type_name=catalog.ColumnTypeName.LONG, type_text="bigint", position=0)]
    made = workspace.tables.create(
        "orders", "lake", "raw", catalog.TableType.EXTERNAL, catalog.DataSourceFormat.DELTA, "s3://lake/orders",
        columns=columns, properties={"team": "risk"},
    )  # fmt: skip
    assert workspace.tables.get("lake.raw.orders") == made
    assert made.columns == columns
    assert [table.full_name for table in workspace.tables.list("lake", "raw")] == ["lake.raw.orders"]
    assert [table.full_name for table in workspace.tables.list_summaries("lake")] == ["lake.raw.orders"]
    assert not outsider.tables.exists("lake.raw.orders").table_exists
    with pytest.raises(NotFound):
        outsider.tables.get("lake.raw.orders")
    me = "outsider.sdk@example.com"
    for kind, name, privilege in (
        ("CATALOG", "lake", "USE_CATALOG"),
        ("SCHEMA", "lake.raw", "USE_SCHEMA"),
        ("TABLE", "lake.raw.orders", "SELECT"),
    ):  # fmt: skip
        change = catalog.PermissionsChange(principal=me, add=[catalog.Privilege(privilege)])
        workspace.grants.update(kind, name, changes=[change])
    assert outsider.tables.get("lake.raw.orders").storage_location == "s3://lake/orders"
    workspace.tables.update("lake.raw.orders", owner=me)
    outsider.tables.delete("lake.raw.orders")
    assert not workspace.tables.exists("lake.raw.orders").table_exists


def test_external_lineage_leads_from_a_topic_to_a_model_and_on(workspace, model):
    topic = catalog.ExternalMetadata(
        name="orders_topic",
        system_type=catalog.SystemType.KAFKA,
        entity_type="Topic",
        columns=["id"],
        url="https://k/o",
    )
    board = catalog.ExternalMetadata(name="risk_board", system_type=catalog.SystemType.TABLEAU, entity_type="Dashboard")
    metadata, lineage = workspace.external_metadata, workspace.external_lineage
    for external in (topic, board):
        metadata.create_external_metadata(external)
    assert metadata.get_external_metadata("orders_topic").columns == ["id"]
    metadata.update_external_metadata("orders_topic", topic, "entity_type,url")
    assert {"orders_topic", "risk_board"} <= {found.name for found in metadata.list_external_metadata(page_size=1)}
    version = catalog.ExternalLineageObject(model_version=catalog.ExternalLineageModelVersion(name=model, version="1"))
    source, target = (
        catalog.ExternalLineageObject(external_metadata=catalog.ExternalLineageExternalMetadata(name=name))
        for name in ("orders_topic", "risk_board")
    )
    for ends in ((source, version), (version, target)):
        lineage.create_external_lineage_relationship(catalog.CreateRequestExternalLineage(*ends))
    pair = [catalog.ColumnRelationship(source="id", target="id")]
    changed = lineage.update_external_lineage_relationship(
        catalog.UpdateRequestExternalLineage(source, version, columns=pair), "columns"
    )
    assert changed.columns == pair
    sides = {}
    for direction in catalog.LineageDirection:
        (found,) = lineage.list_external_lineage_relationships(version, direction)
        sides[direction.name] = found.external_metadata_info.name, found.external_metadata_info.system_type.name
    assert sides == {"UPSTREAM": ("orders_topic", "KAFKA"), "DOWNSTREAM": ("risk_board", "TABLEAU")}
    (found,) = lineage.list_external_lineage_relationships(target, catalog.LineageDirection.UPSTREAM)
    assert (found.model_info.model_name, found.model_info.version) == (model, 1)
    impact = workspace.api_client.do(
        "GET", "/api/2.1/catalog-explorer/impact", query={"kind": "EXTERNAL", "name": "orders_topic"}
    )
    assert [(each["name"], each["owner"] != "") for each in impact["dependants"]] == [
        (f"{model} version 1", True), ("risk_board", True),
    ]  # fmt: skip
    lineage.delete_external_lineage_relationship(catalog.DeleteRequestExternalLineage(source, version))
    assert list(lineage.list_external_lineage_relationships(version, catalog.LineageDirection.UPSTREAM)) == []
    for name in ("orders_topic", "risk_board"):
        metadata.delete_external_metadata(name)
