"""``/api/2.1/unity-catalog/…``, and the tag policies next to it."""

from django.urls import path

from registry.api.unity_catalog.views import (
    containers,
    credentials,
    elsewhere,
    model_versions,
    permissions,
    quotas,
    registered_models,
    tables,
    tags,
)

UC = "unity-catalog"
MODEL = f"{UC}/models/<str:full_name>"
VERSION = f"{MODEL}/versions/<str:version>"
TAGS = f"{UC}/entity-tag-assignments/<str:entity_type>/<str:entity_name>/tags"

urlpatterns = [
    path(f"{UC}/metastore_summary", containers.MetastoreSummary.as_view(), name="uc-metastore-summary"),
    path(f"{UC}/current-metastore-assignment", containers.CurrentMetastore.as_view(), name="uc-current-metastore"),
    path(f"{UC}/catalogs", containers.Catalogs.as_view(), name="uc-catalogs"),
    path(f"{UC}/catalogs/<str:name>", containers.Catalog.as_view(), name="uc-catalog"),
    path(f"{UC}/schemas", containers.Schemas.as_view(), name="uc-schemas"),
    path(f"{UC}/schemas/<str:full_name>", containers.SchemaByName.as_view(), name="uc-schema"),
    path(f"{UC}/tables", tables.Tables.as_view(), name="uc-tables"),
    path(f"{UC}/tables/<str:full_name>", tables.TableByName.as_view(), name="uc-table"),
    path(f"{UC}/tables/<str:full_name>/exists", tables.TableExists.as_view(), name="uc-table-exists"),
    path(f"{UC}/table-summaries", tables.TableSummaries.as_view(), name="uc-table-summaries"),
    path(f"{UC}/volumes", elsewhere.Volumes.as_view(), name="uc-volumes"),
    path(f"{UC}/functions", elsewhere.Functions.as_view(), name="uc-functions"),
    path(f"{UC}/bindings/<str:securable_type>/<str:full_name>", elsewhere.Bindings.as_view(), name="uc-bindings"),
    path(f"{UC}/workspace-bindings/catalogs/<str:name>", elsewhere.CatalogWorkspaces.as_view(), name="uc-workspaces"),
    path(f"{UC}/models", registered_models.RegisteredModels.as_view(), name="uc-models"),
    path(f"{UC}/models/versions", model_versions.CreateModelVersion.as_view(), name="uc-create-version"),
    path(MODEL, registered_models.RegisteredModelByName.as_view(), name="uc-model"),
    path(f"{MODEL}/versions", model_versions.ModelVersions.as_view(), name="uc-versions"),
    path(VERSION, model_versions.ModelVersionByNumber.as_view(), name="uc-version"),
    path(f"{VERSION}/files", model_versions.FilesOfVersion.as_view(), name="uc-version-files"),
    path(f"{VERSION}/finalize", model_versions.FinalizeModelVersion.as_view(), name="uc-finalize-version"),
    path(f"{MODEL}/aliases/<str:alias>", model_versions.AliasByName.as_view(), name="uc-alias"),
    path(
        f"{UC}/temporary-model-version-credentials",
        credentials.TemporaryModelVersionCredentials.as_view(),
        name="uc-temporary-credentials",
    ),
    path(
        f"{UC}/temporary-path-credentials",
        credentials.TemporaryPathCredentials.as_view(),
        name="uc-temporary-path-credentials",
    ),
    path(f"{UC}/securable-tags/<str:securable_type>/<str:full_name>", tags.SecurableTags.as_view(), name="uc-tags"),
    path(
        f"{UC}/subentity-tags/<str:securable_type>/<str:full_name>/<str:subentity>",
        tags.SubentityTags.as_view(),
        name="uc-subentity-tags",
    ),
    path(f"{UC}/entity-tag-assignments", tags.TagAssignments.as_view(), name="uc-tag-assignments"),
    path(TAGS, tags.TagAssignmentsOf.as_view(), name="uc-tag-assignments-of"),
    path(f"{TAGS}/<str:tag_key>", tags.TagAssignmentByKey.as_view(), name="uc-tag-assignment"),
    path("tag-policies", tags.TagPolicies.as_view(), name="tag-policies"),
    path("tag-policies/<str:tag_key>", tags.TagPolicyByKey.as_view(), name="tag-policy"),
    path(
        f"{UC}/permissions/<str:securable_type>/<str:full_name>",
        permissions.Permissions.as_view(),
        name="uc-permissions",
    ),
    path(
        f"{UC}/effective-permissions/<str:securable_type>/<str:full_name>",
        permissions.EffectivePermissions.as_view(),
        name="uc-effective-permissions",
    ),
    path(
        f"{UC}/privilege-assignments/<str:securable_type>/<str:full_name>",
        permissions.PrivilegeAssignments.as_view(),
        name="uc-privilege-assignments",
    ),
    path(
        f"{UC}/effective-privilege-assignments/<str:securable_type>/<str:full_name>",
        permissions.EffectivePrivilegeAssignments.as_view(),
        name="uc-effective-privilege-assignments",
    ),
    path(f"{UC}/resource-quotas/all-resource-quotas", quotas.ResourceQuotas.as_view(), name="uc-resource-quotas"),
    path(
        f"{UC}/resource-quotas/<str:parent_type>/<str:parent_full_name>/<str:quota_name>",
        quotas.ResourceQuota.as_view(),
        name="uc-resource-quota",
    ),
]
