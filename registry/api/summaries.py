"""What each operation of the API does, in a few words: the titles of its documentation."""

from __future__ import annotations

TAGS = (
    ("unity-catalog", "Catalogs, schemas, models, versions and grants, as Unity Catalog's clients ask for them"),
    ("databricks-uc", "The registry, as MLflow's client asks Databricks for it (`databricks-uc`)"),
    ("mlflow-rest", "The registry, as MLflow's client asks MLflow's own server for it"),
    ("mlflow-views", "Logged models and what else MLflow's client asks about"),
    ("files", "Files of versions"),
    ("governance", "Additions of this server: explanations, previews, access requests, governed tags, the audit log"),
    ("comparison", "Additions of this server: comparing versions"),
    ("jobs", "Slow work: its progress, cancelling and retrying"),
    ("imports", "Models of other registries, brought here"),
    ("trash", "What was deleted, and can be restored for some days"),
    ("lineage", "Additions of this server: lineage and impact"),
    ("external-lineage", "Relationships and external metadata"),
    ("openlineage", "Events of OpenLineage"),
    ("rfa", "Access requests in Databricks' own form"),
    ("sql", "SQL statements about grants, owners, comments and tags"),
    ("scim", "Users, groups and service principals"),
    ("tokens", "Tokens and OAuth secrets"),
    ("workspace", "Files that clients keep in a workspace"),
)
"""The groups of operations, in the order of the page, and what is in each."""

# fmt: off
SUMMARIES: dict[str, dict[str, str]] = {
    "/api/1.0/unity-control/scim2/Me": {"get": "Get the caller"},
    "/api/1.0/unity-control/scim2/Users": {"get": "List users", "post": "Create a user"},
    "/api/1.0/unity-control/scim2/Users/{principal_id}": {
        "get": "Get a user", "put": "Replace a user", "patch": "Update a user", "delete": "Delete a user",
    },
    "/api/2.0/accounts/servicePrincipals/{principal_id}/credentials/secrets": {
        "get": "List the OAuth secrets of a service principal",
        "post": "Create an OAuth secret of a service principal",
    },
    "/api/2.0/accounts/servicePrincipals/{principal_id}/credentials/secrets/{uid}": {
        "delete": "Delete an OAuth secret of a service principal",
    },
    "/api/2.0/unity-catalog/temporary-path-credentials": {
        "post": "Get temporary credentials for files at an address (for databricks-sdk)",
    },
    "/api/2.0/fs/create-abort-upload-url": {"post": "Get an address that cancels an upload"},
    "/api/2.0/fs/create-download-url": {"post": "Get an address that downloads a file"},
    "/api/2.0/fs/create-upload-part-urls": {"post": "Get addresses that upload the parts of a file"},
    "/api/2.0/fs/create-upload-url": {"post": "Get an address that uploads a file"},
    "/api/2.0/fs/directories/{path}": {
        "get": "List a directory", "put": "Create a directory", "delete": "Delete a directory",
    },
    "/api/2.0/fs/files/{path}": {
        "get": "Download a file", "post": "Upload a file in parts", "put": "Upload a file", "delete": "Delete a file",
    },
    "/api/2.0/fs/presigned-parts/{uid}/{parts}": {"delete": "Cancel an upload in parts"},
    "/api/2.0/fs/presigned-parts/{uid}/{parts}/{number}": {"put": "Upload a part of a file"},
    "/api/2.0/fs/presigned/{uid}/{path}": {
        "get": "Download a file by its signed address", "put": "Upload a file by its signed address",
    },
    "/api/2.0/lineage-tracking/external-lineage": {
        "get": "List relationships", "post": "Create a relationship", "patch": "Update a relationship",
        "delete": "Delete a relationship",
    },
    "/api/2.0/lineage-tracking/external-metadata": {
        "get": "List external metadata", "post": "Create external metadata",
    },
    "/api/2.0/lineage-tracking/external-metadata/{name}": {
        "get": "Get external metadata", "patch": "Update external metadata", "delete": "Delete external metadata",
    },
    "/api/2.0/mlflow-artifacts/artifacts": {"get": "List the files of a version"},
    "/api/2.0/mlflow-artifacts/artifacts/{path}": {"get": "Download a file of a version"},
    "/api/2.0/mlflow/databricks/registered-models/get": {
        "get": "Get a registered model, as Databricks' workspace registry",
    },
    "/api/2.0/mlflow/logged-models/": {"get": "List logged models"},
    "/api/2.0/mlflow/logged-models/{model_id}": {"get": "Get a logged model"},
    "/api/2.0/mlflow/logged-models/{model_id}/tags": {"patch": "Set tags of a logged model"},
    "/api/2.0/mlflow/model-versions/create": {"post": "Create a model version"},
    "/api/2.0/mlflow/model-versions/delete": {"delete": "Delete a model version"},
    "/api/2.0/mlflow/model-versions/delete-tag": {"delete": "Delete a tag of a model version"},
    "/api/2.0/mlflow/model-versions/get": {"get": "Get a model version"},
    "/api/2.0/mlflow/model-versions/get-download-uri": {"get": "Get where a version's files lie"},
    "/api/2.0/mlflow/model-versions/get-signed-download-uri": {"get": "Get a signed address of a file"},
    "/api/2.0/mlflow/model-versions/list-artifacts": {"get": "List the files of a version"},
    "/api/2.0/mlflow/model-versions/search": {"get": "Search model versions"},
    "/api/2.0/mlflow/model-versions/set-tag": {"post": "Set a tag of a model version"},
    "/api/2.0/mlflow/model-versions/transition-stage": {
        "post": "Change the stage of a version (refused: use aliases)",
    },
    "/api/2.0/mlflow/model-versions/update": {"patch": "Update a model version"},
    "/api/2.0/mlflow/registered-models/alias": {
        "get": "Get the version of an alias", "post": "Set an alias", "delete": "Delete an alias",
    },
    "/api/2.0/mlflow/registered-models/create": {"post": "Create a registered model"},
    "/api/2.0/mlflow/registered-models/delete": {"delete": "Delete a registered model"},
    "/api/2.0/mlflow/registered-models/delete-tag": {"delete": "Delete a tag of a registered model"},
    "/api/2.0/mlflow/registered-models/get": {"get": "Get a registered model"},
    "/api/2.0/mlflow/registered-models/get-latest-versions": {
        "get": "Get the latest versions", "post": "Get the latest versions",
    },
    "/api/2.0/mlflow/registered-models/rename": {"post": "Rename a registered model"},
    "/api/2.0/mlflow/registered-models/search": {"get": "Search registered models"},
    "/api/2.0/mlflow/registered-models/set-tag": {"post": "Set a tag of a registered model"},
    "/api/2.0/mlflow/registered-models/update": {"patch": "Update a registered model"},
    "/api/2.0/mlflow/unity-catalog/model-versions/create": {"post": "Create a model version"},
    "/api/2.0/mlflow/unity-catalog/model-versions/delete": {"delete": "Delete a model version"},
    "/api/2.0/mlflow/unity-catalog/model-versions/delete-tag": {"delete": "Delete a tag of a model version"},
    "/api/2.0/mlflow/unity-catalog/model-versions/emit-lineage": {"post": "Record the lineage of a version"},
    "/api/2.0/mlflow/unity-catalog/model-versions/finalize": {"post": "Finalize a model version"},
    "/api/2.0/mlflow/unity-catalog/model-versions/generate-temporary-credentials": {
        "post": "Get temporary credentials for a version's files",
    },
    "/api/2.0/mlflow/unity-catalog/model-versions/get": {"get": "Get a model version"},
    "/api/2.0/mlflow/unity-catalog/model-versions/get-download-uri": {"get": "Get where a version's files lie"},
    "/api/2.0/mlflow/unity-catalog/model-versions/search": {"get": "Search model versions"},
    "/api/2.0/mlflow/unity-catalog/model-versions/set-tag": {"post": "Set a tag of a model version"},
    "/api/2.0/mlflow/unity-catalog/model-versions/update": {"patch": "Update a model version"},
    "/api/2.0/mlflow/unity-catalog/registered-models/alias": {
        "get": "Get the version of an alias", "post": "Set an alias", "delete": "Delete an alias",
    },
    "/api/2.0/mlflow/unity-catalog/registered-models/create": {"post": "Create a registered model"},
    "/api/2.0/mlflow/unity-catalog/registered-models/delete": {"delete": "Delete a registered model"},
    "/api/2.0/mlflow/unity-catalog/registered-models/delete-tag": {"delete": "Delete a tag of a registered model"},
    "/api/2.0/mlflow/unity-catalog/registered-models/get": {"get": "Get a registered model"},
    "/api/2.0/mlflow/unity-catalog/registered-models/search": {"get": "Search registered models"},
    "/api/2.0/mlflow/unity-catalog/registered-models/set-tag": {"post": "Set a tag of a registered model"},
    "/api/2.0/mlflow/unity-catalog/registered-models/update": {"patch": "Update a registered model"},
    "/api/2.0/mlflow/unity-catalog/registered-models:is-databricks-sdk-models-artifact-repository-enabled": {
        "get": "Ask how MLflow transfers files",
    },
    "/api/2.0/preview/scim/v2/Groups": {"get": "List groups", "post": "Create a group"},
    "/api/2.0/preview/scim/v2/Groups/{principal_id}": {
        "get": "Get a group", "put": "Replace a group", "patch": "Update a group", "delete": "Delete a group",
    },
    "/api/2.0/preview/scim/v2/Me": {"get": "Get the caller"},
    "/api/2.0/preview/scim/v2/ServicePrincipals": {
        "get": "List service principals", "post": "Create a service principal",
    },
    "/api/2.0/preview/scim/v2/ServicePrincipals/{principal_id}": {
        "get": "Get a service principal", "put": "Replace a service principal", "patch": "Update a service principal",
        "delete": "Delete a service principal",
    },
    "/api/2.0/preview/scim/v2/Users": {"get": "List users", "post": "Create a user"},
    "/api/2.0/preview/scim/v2/Users/{principal_id}": {
        "get": "Get a user", "put": "Replace a user", "patch": "Update a user", "delete": "Delete a user",
    },
    "/api/2.0/sql/statements": {"post": "Execute a statement"},
    "/api/2.0/sql/statements/{statement_id}": {"get": "Get the state and the result of a statement"},
    "/api/2.0/sql/statements/{statement_id}/cancel": {"post": "Cancel a statement"},
    "/api/2.0/sql/statements/{statement_id}/result/chunks/{chunk_index}": {"get": "Get a chunk of a result"},
    "/api/2.0/token-management/on-behalf-of/tokens": {"post": "Create a token for a service principal"},
    "/api/2.0/token-management/tokens": {"get": "List all tokens"},
    "/api/2.0/token-management/tokens/{uid}": {"get": "Get a token", "delete": "Revoke a token"},
    "/api/2.0/token/create": {"post": "Create a token"},
    "/api/2.0/token/delete": {"post": "Revoke one of your tokens"},
    "/api/2.0/token/list": {"get": "List your tokens"},
    "/api/2.0/token/rotate": {"post": "Rotate a token"},
    "/api/2.0/unity-catalog/tables/{full_name}": {"get": "Get a table, as MLflow asks"},
    "/api/2.0/workspace-files/{path}": {"get": "Download a workspace file"},
    "/api/2.0/workspace-files/import-file/{path}": {"post": "Upload a workspace file"},
    "/api/2.0/workspace/delete": {"post": "Delete a workspace file or directory"},
    "/api/2.0/workspace/export": {"get": "Export a workspace file"},
    "/api/2.0/workspace/get-status": {"get": "Get a workspace file or directory"},
    "/api/2.0/workspace/import": {"post": "Import a workspace file"},
    "/api/2.0/workspace/list": {"get": "List a workspace directory"},
    "/api/2.0/workspace/mkdirs": {"post": "Create a workspace directory"},
    "/api/2.1/catalog-explorer/access-requests": {"get": "List access requests", "post": "Request access"},
    "/api/2.1/catalog-explorer/access-requests/{uid}": {
        "get": "Get an access request", "patch": "Decide or withdraw an access request",
    },
    "/api/2.1/catalog-explorer/audit-events": {"get": "List audit events"},
    "/api/2.1/catalog-explorer/audit-events/export": {"get": "Export audit events"},
    "/api/2.1/catalog-explorer/compare": {"get": "Compare model versions"},
    "/api/2.1/catalog-explorer/explain/{securable_type}/{full_name}": {
        "get": "Explain why somebody can or can't do something",
    },
    "/api/2.1/catalog-explorer/impact": {"get": "List what depends on something"},
    "/api/2.1/catalog-explorer/impact/export": {"get": "Export what depends on something"},
    "/api/2.1/catalog-explorer/lineage": {"get": "List lineage"},
    "/api/2.1/catalog-explorer/lineage/openlineage": {"get": "Export lineage as OpenLineage events"},
    "/api/2.1/catalog-explorer/preview-grants/{securable_type}/{full_name}": {"post": "Preview a change of grants"},
    "/api/2.1/jobs": {"get": "List jobs"},
    "/api/2.1/jobs/{uid}": {"get": "Get a job and its progress"},
    "/api/2.1/jobs/{uid}/cancel": {"post": "Cancel a job"},
    "/api/2.1/jobs/{uid}/retry": {"post": "Retry a failed job"},
    "/api/2.1/imports": {"get": "List imports", "post": "Note an import"},
    "/api/2.1/imports/{uid}": {"get": "Get an import, with its report"},
    "/api/2.1/imports/{uid}/preview": {"get": "Look at what an import would bring"},
    "/api/2.1/imports/{uid}/start": {"post": "Start an import"},
    "/api/2.1/trash": {"get": "List what can be restored"},
    "/api/2.1/trash/{uid}": {"get": "Get an entry of the trash", "delete": "Delete an entry of the trash forever"},
    "/api/2.1/trash/{uid}/restore": {"post": "Restore what was deleted"},
    "/api/2.1/tag-policies": {"get": "List governed tags", "post": "Govern a tag"},
    "/api/2.1/tag-policies/{tag_key}": {
        "get": "Get a governed tag", "patch": "Change a governed tag", "delete": "Stop governing a tag",
    },
    "/api/2.1/unity-catalog/bindings/{securable_type}/{full_name}": {
        "get": "List the workspaces of a catalog", "patch": "Change the workspaces of a catalog",
    },
    "/api/2.1/unity-catalog/catalogs": {"get": "List catalogs", "post": "Create a catalog"},
    "/api/2.1/unity-catalog/catalogs/{name}": {
        "get": "Get a catalog", "patch": "Update a catalog", "delete": "Delete a catalog",
    },
    "/api/2.1/unity-catalog/current-metastore-assignment": {"get": "Get the metastore of this workspace"},
    "/api/2.1/unity-catalog/effective-permissions/{securable_type}/{full_name}": {
        "get": "List direct and inherited grants",
    },
    "/api/2.1/unity-catalog/effective-privilege-assignments/{securable_type}/{full_name}": {
        "get": "List direct and inherited grants, in pages",
    },
    "/api/2.1/unity-catalog/entity-tag-assignments": {"post": "Add a tag to an object"},
    "/api/2.1/unity-catalog/entity-tag-assignments/{entity_type}/{entity_name}/tags": {
        "get": "List the tags of an object",
    },
    "/api/2.1/unity-catalog/entity-tag-assignments/{entity_type}/{entity_name}/tags/{tag_key}": {
        "get": "Get a tag of an object", "patch": "Change a tag of an object",
        "delete": "Remove a tag from an object",
    },
    "/api/2.1/unity-catalog/functions": {"get": "List functions"},
    "/api/2.1/unity-catalog/metastore_summary": {"get": "Get the metastore"},
    "/api/2.1/unity-catalog/models": {"get": "List registered models", "post": "Create a registered model"},
    "/api/2.1/unity-catalog/models/{full_name}": {
        "get": "Get a registered model", "patch": "Update a registered model", "delete": "Delete a registered model",
    },
    "/api/2.1/unity-catalog/models/{full_name}/aliases/{alias}": {
        "get": "Get the version of an alias", "put": "Set an alias", "delete": "Delete an alias",
    },
    "/api/2.1/unity-catalog/models/{full_name}/versions": {"get": "List the versions of a model"},
    "/api/2.1/unity-catalog/models/{full_name}/versions/{version}": {
        "get": "Get a model version", "patch": "Update a model version", "delete": "Delete a model version",
    },
    "/api/2.1/unity-catalog/models/{full_name}/versions/{version}/files": {"get": "List the files of a version"},
    "/api/2.1/unity-catalog/models/{full_name}/versions/{version}/finalize": {"patch": "Finalize a model version"},
    "/api/2.1/unity-catalog/models/versions": {"post": "Create a model version"},
    "/api/2.1/unity-catalog/permissions/{securable_type}/{full_name}": {
        "get": "List direct grants", "patch": "Change grants",
    },
    "/api/2.1/unity-catalog/privilege-assignments/{securable_type}/{full_name}": {
        "get": "List direct grants, in pages",
    },
    "/api/2.1/unity-catalog/resource-quotas/{parent_type}/{parent_full_name}/{quota_name}": {"get": "Get a quota"},
    "/api/2.1/unity-catalog/resource-quotas/all-resource-quotas": {"get": "List quotas"},
    "/api/2.1/unity-catalog/schemas": {"get": "List the schemas of a catalog", "post": "Create a schema"},
    "/api/2.1/unity-catalog/schemas/{full_name}": {
        "get": "Get a schema", "patch": "Update a schema", "delete": "Delete a schema",
    },
    "/api/2.1/unity-catalog/securable-tags/{securable_type}/{full_name}": {"patch": "Change the tags of an object"},
    "/api/2.1/unity-catalog/subentity-tags/{securable_type}/{full_name}/{subentity}": {
        "patch": "Change the tags of a model version",
    },
    "/api/2.1/unity-catalog/table-summaries": {"get": "Search the tables of a catalog"},
    "/api/2.1/unity-catalog/tables": {"get": "List the tables of a schema", "post": "Register an external table"},
    "/api/2.1/unity-catalog/tables/{full_name}": {
        "get": "Get a table", "patch": "Change a table", "delete": "Delete a table",
    },
    "/api/2.1/unity-catalog/tables/{full_name}/exists": {"get": "Ask whether a table exists"},
    "/api/2.1/unity-catalog/temporary-model-version-credentials": {
        "post": "Get temporary credentials for a version's files",
    },
    "/api/2.1/unity-catalog/temporary-path-credentials": {
        "post": "Get temporary credentials for files at an address",
    },
    "/api/2.1/unity-catalog/volumes": {"get": "List volumes"},
    "/api/2.1/unity-catalog/workspace-bindings/catalogs/{name}": {
        "get": "List the workspaces of a catalog (older form)",
        "patch": "Change the workspaces of a catalog (older form)",
    },
    "/api/3.0/rfa/destinations/{securable_type}/{full_name}": {"get": "List who answers access requests"},
    "/api/3.0/rfa/requests": {"post": "Request access to several objects"},
    "/api/v1/lineage": {"post": "Send an OpenLineage event"},
}
# fmt: on
"""By path and method."""
