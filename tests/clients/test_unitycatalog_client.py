"""unitycatalog-client: strict about numbers, enumerations and the spelling of privileges."""

import asyncio

import pytest
from unitycatalog.client import (
    ApiClient,
    CatalogsApi,
    Configuration,
    CreateCatalog,
    CreateModelVersion,
    CreateRegisteredModel,
    CreateSchema,
    FinalizeModelVersion,
    GenerateTemporaryModelVersionCredential,
    GrantsApi,
    ModelVersionOperation,
    ModelVersionsApi,
    PermissionsChange,
    Privilege,
    RegisteredModelsApi,
    SchemasApi,
    SecurableType,
    TemporaryCredentialsApi,
    UpdateModelVersion,
    UpdatePermissions,
    UpdateRegisteredModel,
)
from unitycatalog.client.exceptions import (
    ApiException,
    ForbiddenException,
    NotFoundException,
    UnauthorizedException,
)

from tests.clients.journeys import MARKS
from tests.live import shell

pytestmark = MARKS

UPLOAD = """
from accounts.models import User
from registry.actor import Actor
from registry.models import ModelVersion
from registry.services.artifacts import uploads
version = ModelVersion.objects.get(registered_model__filed_as="{name}", version=1)
actor = Actor(principal=User.objects.get(user_name="admin@example.com"))
uploads.write_artifact(actor=actor, version=version, path="MLmodel", chunks=[b"flavors: {{}}"])
"""


class Client:
    """The APIs of one caller. The client ignores access tokens, so its users set the header themselves."""

    def __init__(self, product, token):
        self.api = ApiClient(Configuration(host=f"{product.url}/api/2.1/unity-catalog"))
        if token:
            self.api.set_default_header("Authorization", f"Bearer {token}")
        self.catalogs, self.schemas = CatalogsApi(self.api), SchemasApi(self.api)
        self.models, self.versions = RegisteredModelsApi(self.api), ModelVersionsApi(self.api)
        self.grants, self.credentials = GrantsApi(self.api), TemporaryCredentialsApi(self.api)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        await self.api.close()


def as_admin(product):
    return Client(product, product.first_run("Access token"))


def test_the_life_of_a_model(product):
    async def walk():
        async with as_admin(product) as uc:
            await uc.catalogs.create_catalog(CreateCatalog(name="open", comment="first"))
            await uc.schemas.create_schema(CreateSchema(name="ml", catalog_name="open"))
            assert (await uc.catalogs.get_catalog("open")).comment == "first"
            assert [schema.name for schema in (await uc.schemas.list_schemas("open")).schemas] == ["ml"]
            made = await uc.models.create_registered_model(
                CreateRegisteredModel(name="m", catalog_name="open", schema_name="ml", comment="first")
            )
            assert (made.full_name, made.comment) == ("open.ml.m", "first")
            changed = await uc.models.update_registered_model("open.ml.m", UpdateRegisteredModel(comment="second"))
            assert changed.comment == "second"
            version = await uc.versions.create_model_version(
                CreateModelVersion(model_name="m", catalog_name="open", schema_name="ml", source="s", run_id="r")
            )
            assert (version.version, version.status.value) == (1, "PENDING_REGISTRATION")
            shell(product, UPLOAD.format(name="open.ml.m"))
            done = await uc.versions.finalize_model_version(
                "open.ml.m", 1, FinalizeModelVersion(full_name="open.ml.m", version=1)
            )
            assert done.status.value == "READY"
            await uc.versions.update_model_version("open.ml.m", 1, UpdateModelVersion(comment="of the first"))
            assert (await uc.versions.get_model_version("open.ml.m", 1)).comment == "of the first"
            assert [v.version for v in (await uc.versions.list_model_versions("open.ml.m")).model_versions] == [1]
            vended = await uc.credentials.generate_temporary_model_version_credentials(
                GenerateTemporaryModelVersionCredential(
                    catalog_name="open", schema_name="ml", model_name="m", version=1,
                    operation=ModelVersionOperation.READ_MODEL_VERSION,
                )
            )  # fmt: skip
            assert vended.expiration_time > 0
            await uc.models.update_registered_model("open.ml.m", UpdateRegisteredModel(new_name="n"))
            await uc.versions.delete_model_version("open.ml.n", 1)
            await uc.models.delete_registered_model("open.ml.n", force=True)
            with pytest.raises(NotFoundException):
                await uc.models.get_registered_model("open.ml.n")
            await uc.catalogs.delete_catalog("open", force=True)

    asyncio.run(walk())


def test_a_thousand_models_page_by_page(product, thousand):
    async def walk():
        names, token = [], None
        async with as_admin(product) as uc:
            while token is None or token:
                page = await uc.models.list_registered_models("many", "models", max_results=50, page_token=token)
                names += [model.name for model in page.registered_models]
                token = page.next_page_token or ""
        assert names == [f"m{number:04}" for number in range(1000)]

    asyncio.run(walk())


def test_grants_show_what_the_client_knows(product):
    async def walk():
        async with as_admin(product) as uc:
            model = (SecurableType.REGISTERED_MODEL, "prod.ml_team.iris_model")
            change = PermissionsChange(principal="admin@example.com", add=[Privilege.EXECUTE], remove=[])
            granted = await uc.grants.update(*model, UpdatePermissions(changes=[change]))
            ours = {a.principal: a.privileges for a in granted.privilege_assignments}
            assert Privilege.EXECUTE in ours["admin@example.com"]
            # BROWSE, which everybody holds on the demo's catalogs, is no word of this client.
            shown = await uc.grants.get(SecurableType.CATALOG, "prod")
            assert all(isinstance(p, Privilege) for a in shown.privilege_assignments for p in a.privileges)
            words = PermissionsChange(principal="admin@example.com", add=[Privilege.USE_CATALOG], remove=[])
            await uc.grants.update(SecurableType.CATALOG, "prod", UpdatePermissions(changes=[words]))
            await uc.grants.update(*model, UpdatePermissions(changes=[PermissionsChange(
                principal="admin@example.com", add=[], remove=[Privilege.EXECUTE])]))  # fmt: skip

    asyncio.run(walk())


def test_the_errors_that_a_user_sees(product):
    token = product.manage("issue_token", "stranger.oss@example.com", "--create")

    async def walk():
        async with as_admin(product) as uc:
            with pytest.raises(NotFoundException):
                await uc.models.get_registered_model("dev.risk.nothing")
            taken = CreateRegisteredModel(name="iris_model", catalog_name="prod", schema_name="ml_team")
            with pytest.raises(ApiException) as caught:
                await uc.models.create_registered_model(taken)
            assert (caught.value.status, "ALREADY_EXISTS" in caught.value.body) == (409, True)
        async with Client(product, token) as uc:
            with pytest.raises(ForbiddenException):
                await uc.models.delete_registered_model("prod.ml_team.iris_model")
        async with Client(product, None) as uc:
            with pytest.raises(UnauthorizedException):
                await uc.catalogs.list_catalogs()

    asyncio.run(walk())
