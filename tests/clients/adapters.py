"""The six clients behind one set of calls, so that one test can ask all of them. A call that a client does not have
raises NotImplementedError, as MLflow's own do."""

import asyncio

from databricks.sdk import WorkspaceClient
from unitycatalog.client import (
    ApiClient,
    Configuration,
    CreateModelVersion,
    CreateRegisteredModel,
    ModelVersionsApi,
    RegisteredModelsApi,
    UpdateModelVersion,
    UpdateRegisteredModel,
)


class Sdk:
    """databricks-sdk. It registers models, and leaves their versions to MLflow."""

    def __init__(self):
        self.workspace = WorkspaceClient()

    def create_model(self, name, comment):
        catalog, schema, model = name.split(".")
        self.workspace.registered_models.create(catalog_name=catalog, schema_name=schema, name=model, comment=comment)

    def get_model(self, name):
        model = self.workspace.registered_models.get(name)
        return {"name": model.full_name, "comment": model.comment}

    def search_models(self, name):
        return name in {model.full_name for model in self.workspace.registered_models.list()}

    def update_model(self, name, comment):
        self.workspace.registered_models.update(name, comment=comment)

    def rename_model(self, name, new_name):
        self.workspace.registered_models.update(name, new_name=new_name.rpartition(".")[2])

    def delete_model(self, name):
        self.workspace.registered_models.delete(name)

    def tag_model(self, name):
        from databricks.sdk.service.catalog import EntityTagAssignment

        tag = EntityTagAssignment(entity_type="registered_models", entity_name=name, tag_key="team", tag_value="a")
        self.workspace.entity_tag_assignments.create(tag)

    def create_version(self, name, folder):
        raise NotImplementedError

    def get_version(self, name, number):
        version = self.workspace.model_versions.get(name, number)
        return {
            "name": f"{version.catalog_name}.{version.schema_name}.{version.model_name}", "version": version.version,
            "status": version.status.value, "run": version.run_id or "", "source": version.source,
            "comment": version.comment or "",
        }  # fmt: skip

    def list_versions(self, name):
        return [version.version for version in self.workspace.model_versions.list(name)]

    def update_version(self, name, number, comment):
        self.workspace.model_versions.update(name, number, comment=comment)

    def tag_version(self, name, number):
        raise NotImplementedError

    def delete_version(self, name, number):
        self.workspace.model_versions.delete(name, number)

    def alias(self, name, number):
        self.workspace.registered_models.set_alias(name, "champion", number)
        assert self.workspace.model_versions.get_by_alias(name, "Champion").version == number
        self.workspace.registered_models.delete_alias(name, "champion")

    def copy(self, name, number, destination):
        raise NotImplementedError

    def download(self, name, number, folder):
        root = f"/Models/{name.replace('.', '/')}/{number}"
        for entry in self.workspace.files.list_directory_contents(root):
            if not entry.is_directory:
                self.workspace.files.download_to(entry.path, str(folder / entry.name))
        return str(folder)


class OpenSource:
    """unitycatalog-client: metadata, and neither aliases nor tags nor files."""

    def __init__(self, url, token):
        self.url, self.token = url, token

    def ask(self, api, call, *arguments, **options):
        async def asked():
            async with ApiClient(Configuration(host=f"{self.url}/api/2.1/unity-catalog")) as client:
                client.set_default_header("Authorization", f"Bearer {self.token}")
                return await getattr(api(client), call)(*arguments, **options)

        return asyncio.run(asked())

    def create_model(self, name, comment):
        catalog, schema, model = name.split(".")
        asked = CreateRegisteredModel(catalog_name=catalog, schema_name=schema, name=model, comment=comment)
        self.ask(RegisteredModelsApi, "create_registered_model", asked)

    def get_model(self, name):
        model = self.ask(RegisteredModelsApi, "get_registered_model", name)
        return {"name": model.full_name, "comment": model.comment}

    def search_models(self, name):
        found = self.ask(RegisteredModelsApi, "list_registered_models", *name.split(".")[:2])
        return name in {model.full_name for model in found.registered_models}

    def update_model(self, name, comment):
        self.ask(RegisteredModelsApi, "update_registered_model", name, UpdateRegisteredModel(comment=comment))

    def rename_model(self, name, new_name):
        asked = UpdateRegisteredModel(new_name=new_name.rpartition(".")[2])
        self.ask(RegisteredModelsApi, "update_registered_model", name, asked)

    def delete_model(self, name):
        self.ask(RegisteredModelsApi, "delete_registered_model", name, force=True)

    def tag_model(self, name):
        raise NotImplementedError

    def create_version(self, name, folder):
        """It creates versions and finalizes them, and has no way to bring the files."""
        catalog, schema, model = name.split(".")
        asked = CreateModelVersion(catalog_name=catalog, schema_name=schema, model_name=model, source="s", run_id="r")
        version = self.ask(ModelVersionsApi, "create_model_version", asked)
        self.ask(ModelVersionsApi, "delete_model_version", name, version.version)
        raise NotImplementedError

    def get_version(self, name, number):
        version = self.ask(ModelVersionsApi, "get_model_version", name, number)
        return {
            "name": f"{version.catalog_name}.{version.schema_name}.{version.model_name}", "version": version.version,
            "status": version.status.value, "run": version.run_id or "", "source": version.source,
            "comment": version.comment or "",
        }  # fmt: skip

    def list_versions(self, name):
        return [v.version for v in self.ask(ModelVersionsApi, "list_model_versions", name).model_versions]

    def update_version(self, name, number, comment):
        self.ask(ModelVersionsApi, "update_model_version", name, number, UpdateModelVersion(comment=comment))

    def tag_version(self, name, number):
        raise NotImplementedError

    def delete_version(self, name, number):
        self.ask(ModelVersionsApi, "delete_model_version", name, number)

    def alias(self, name, number):
        raise NotImplementedError

    def copy(self, name, number, destination):
        raise NotImplementedError

    def download(self, name, number, folder):
        raise NotImplementedError
