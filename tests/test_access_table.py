"""Every address × every member of the cast → status. A new URL without a row fails."""

import json
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import OAuthSecret, User
from registry.models import AuditEvent, DenialTally, Job, ModelVersion, TrashEntry
from registry.names import CERTIFICATION
from registry.remotes.connection import Credential
from registry.services.activity import discussions
from registry.services.hierarchy import registered_models
from registry.services.imports import entries
from registry.services.people.principals import GROUP_IDS_FROM
from registry.services.shared import graph
from registry.services.versions import relationships
from tests.cast import MEMBERS, actor, external_of, table_of
from tests.factories import RegisteredModelFactory
from tests.tracking import make_logged
from tests.undone import undone

pytestmark = pytest.mark.large

UC = "/api/2.0/mlflow/unity-catalog"
V = {"name": "shop.ml.churn", "version": "1"}
M = {"name": "shop.ml.churn"}
IN_SCHEMA = {"catalog_name": "shop", "schema_name": "ml"}
FILE = {"path": "/Models/shop/ml/churn/1/MLmodel"}
PENDING_FILE = {"path": "/Models/shop/ml/churn/2/MLmodel"}
IN_SCHEMA = {"catalog_name": "shop", "schema_name": "ml", "model_name": "churn"}
OWNERS_FOLDER = "/Workspace/Users/owner@example.com"
ENTITY = {"entity_type": "models", "entity_name": "shop.ml.churn"}
FROM_A_FILE = {"source": {"path": {"url": "s3://b/f"}}, "target": {"model_version": V}}
ACTIVE = {"Operations": [{"op": "replace", "path": "active", "value": True}]}
ON_MODEL = {"securable_type": "function", "full_name": "shop.ml.churn"}
NOBODY = "00000000-0000-4000-8000-000000000000"
PERMISSIONS = {"changes": [{"principal": "reader@example.com", "add": ["EXECUTE"]}]}
UNDONE = '[["function", "shop.ml.churn", "reader@example.com", [], ["EXECUTE"], ""]]'
CATALOG_PERMISSIONS = {"changes": [{"principal": "reader@example.com", "add": ["USE CATALOG"]}]}

EXPERIMENT, RUN = {"experiment_id": "<EXPERIMENT>"}, {"run_id": "<RUN>"}
TAG, TAGS = {"key": "k", "value": "v"}, {"tags": [{"key": "k", "value": "v"}]}
METRIC = {"key": "m", "value": 1, "timestamp": 1}
IN_EXPERIMENT = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": EXPERIMENT}
TRACE = {"trace_id": "<NEW>", "trace_location": IN_EXPERIMENT, "request_time": "2026-01-01T00:00:00Z", "state": "OK"}
ASSESSMENT = {"assessment": {"assessment_name": "a", "trace_id": "<TRACE>", "feedback": {"value": 1},
                             "source": {"source_type": "HUMAN", "source_id": "x"}}}  # fmt: skip
EVERYBODY = "200 200 200 200 200 200 401"
READ, EDIT, MANAGE = "200 200 200 200 404 404 401", "200 200 200 403 404 404 401", "200 200 403 403 404 404 401"
NONE, NO_EDIT = "404 404 404 404 404 404 401", "404 404 404 403 404 404 401"
LEVELS = {"access_control_list": [{"user_name": "reader@example.com", "permission_level": "CAN_EDIT"}]}
ENDED = {"path": "f", "upload_id": "x"}
# Of an experiment of the owner's, which the writer may edit and the reader's group may read. Words in capitals stand
# for what is logged to it.
TRACKING = [
    ("tracking-experiments-get-by-name", "GET", {"experiment_name": "<NAME>"}, READ),
    ("tracking-experiments-create", "POST", {"name": "<NAME>"}, "400 400 400 400 400 400 401"),
    ("tracking-experiments-create", "POST", {"name": "<FRESH>"}, EVERYBODY),
    ("tracking-experiments-create", "POST", {"name": "/Users/owner@example.com/<FRESH>"},
     "200 200 403 403 403 403 401"),
    ("tracking-experiments-search", "POST", {}, EVERYBODY),
    ("tracking-experiments-search", "GET", {}, EVERYBODY),
    ("tracking-experiments-list", "GET", {"view_type": "ACTIVE_ONLY"}, EVERYBODY),
    ("tracking-delete-runs", "POST", {**EXPERIMENT, "max_timestamp_millis": 10**14}, EDIT),
    ("tracking-restore-runs", "POST", {**EXPERIMENT, "min_timestamp_millis": 0}, EDIT),
    ("tracking-experiments-update", "POST", {**EXPERIMENT, "new_name": "<FRESH>"}, MANAGE),
    ("tracking-experiments-delete", "POST", EXPERIMENT, MANAGE),
    ("tracking-experiments-restore", "POST", EXPERIMENT, "404 404 403 403 404 404 401"),
    ("tracking-experiments-get", "GET", EXPERIMENT, READ),
    ("tracking-experiments-set-experiment-tag", "POST", {**EXPERIMENT, **TAG}, EDIT),
    ("tracking-experiments-delete-experiment-tag", "POST", {**EXPERIMENT, "key": "k"}, NO_EDIT),
    ("tracking-server-info", "GET", {}, EVERYBODY),
    ("tracking-runs-create", "POST", EXPERIMENT, EDIT),
    ("tracking-runs-update", "POST", {**RUN, "status": "FINISHED"}, EDIT),
    ("tracking-runs-delete", "POST", RUN, EDIT),
    ("tracking-runs-restore", "POST", RUN, EDIT),
    ("tracking-runs-get", "GET", RUN, READ),
    ("tracking-runs-search", "POST", {"experiment_ids": ["<EXPERIMENT>"]}, EVERYBODY),
    ("tracking-runs-log-metric", "POST", {**RUN, **METRIC}, EDIT),
    ("tracking-runs-log-parameter", "POST", {**RUN, **TAG}, EDIT),
    ("tracking-runs-log-batch", "POST", {**RUN, "metrics": [METRIC]}, EDIT),
    ("tracking-runs-log-model", "POST",
     {**RUN, "model_json": '{"run_id": "<RUN>", "artifact_path": "m", "flavors": {}, "utc_time_created": "x"}'}, EDIT),
    ("tracking-runs-log-inputs", "POST", {**RUN, "models": [{"model_id": "<MODEL>"}]}, EDIT),
    ("tracking-runs-outputs", "POST", {**RUN, "models": [{"model_id": "<MODEL>", "step": 0}]}, EDIT),
    ("tracking-runs-set-tag", "POST", {**RUN, **TAG}, EDIT),
    ("tracking-runs-delete-tag", "POST", {**RUN, "key": "k"}, NO_EDIT),
    ("tracking-metrics-get-history", "GET", {**RUN, "metric_key": "loss"}, READ),
    ("tracking-metrics-get-history-bulk-interval", "GET",
     {"run_ids": "<RUN>", "metric_key": "loss", "max_results": 5}, READ),
    ("tracking-logged-models", "POST", {**EXPERIMENT, "name": "n", "source_run_id": "<RUN>"}, EDIT),
    ("tracking-logged-models-search", "POST", {"experiment_ids": ["<EXPERIMENT>"]}, EVERYBODY),
    ("tracking-logged-models-model-id", "GET", {}, READ),
    ("tracking-logged-models-model-id", "PATCH", {"status": "LOGGED_MODEL_READY"}, EDIT),
    ("tracking-logged-models-model-id", "DELETE", {}, EDIT),
    ("tracking-logged-models-model-id-tags", "PATCH", TAGS, EDIT),
    ("tracking-logged-models-model-id-tags-tag-key", "DELETE", {}, NO_EDIT),
    ("tracking-logged-models-model-id-params", "POST", {"params": [TAG]}, EDIT),
    ("tracking-logged-model-artifacts", "GET", {}, READ),
    ("tracking-artifacts-list", "GET", RUN, READ),
    ("tracking-proxy-directory", "GET", {"path": "<EXPERIMENT>/<RUN>/artifacts"}, READ),
    ("tracking-proxy-file", "GET", {}, NONE),
    ("tracking-proxy-file", "PUT", {}, EDIT),
    ("tracking-proxy-file", "DELETE", {}, NO_EDIT),
    ("tracking-proxy-presigned", "GET", {}, NONE),
    ("tracking-proxy-create-upload", "POST", {"path": "f", "num_parts": 1}, EDIT),
    ("tracking-proxy-complete-upload", "POST", ENDED, "400 400 400 403 404 404 401"),
    ("tracking-proxy-abort-upload", "POST", ENDED, "400 400 400 403 404 404 401"),
    ("tracking-traces-v2", "POST", {**EXPERIMENT, "timestamp_ms": 1}, EDIT),
    ("tracking-traces-v2", "GET", {"experiment_ids": "<EXPERIMENT>"}, EVERYBODY),
    ("tracking-traces-request-id-v2", "PATCH", {"timestamp_ms": 1, "status": "OK"}, EDIT),
    ("tracking-traces-request-id-info-v2", "GET", {}, READ),
    ("tracking-traces-request-id-tags-v2", "PATCH", TAG, EDIT),
    ("tracking-traces-request-id-tags-v2", "DELETE", {"key": "k"}, NO_EDIT),
    ("tracking-traces-delete-traces-v2", "POST", {**EXPERIMENT, "request_ids": ["<TRACE>"]}, EDIT),
    ("tracking-traces-link-to-run-v2", "POST", {**RUN, "trace_ids": ["<TRACE>"]}, EDIT),
    ("tracking-traces", "POST", {"trace": {"trace_info": TRACE}}, EDIT),
    # The spans of a trace that is told by its head alone are nowhere.
    ("tracking-traces-get", "GET", {"trace_id": "<TRACE>"}, "400 400 400 400 404 404 401"),
    ("tracking-traces-batchGet", "GET", {"trace_ids": "<TRACE>"}, "400 400 400 400 404 404 401"),
    ("tracking-traces-batchGetInfos", "POST", {"trace_ids": ["<TRACE>"]}, READ),
    ("tracking-traces-search", "POST", {"locations": [IN_EXPERIMENT]}, EVERYBODY),
    ("tracking-traces-delete-traces", "POST", {**EXPERIMENT, "request_ids": ["<TRACE>"]}, EDIT),
    ("tracking-traces-metrics", "POST",
     {"experiment_ids": ["<EXPERIMENT>"], "view_type": "TRACES", "metric_name": "trace_count",
      "aggregations": [{"aggregation_type": "COUNT"}]}, READ),
    ("tracking-traces-calculate-filter-correlation", "POST",
     {"experiment_ids": ["<EXPERIMENT>"], "filter_string1": "status = 'OK'", "filter_string2": "status = 'OK'"}, READ),
    ("tracking-traces-trace-id", "GET", {}, READ),
    ("tracking-traces-trace-id-tags", "PATCH", TAG, EDIT),
    ("tracking-traces-trace-id-tags", "DELETE", {"key": "k"}, NO_EDIT),
    ("tracking-traces-trace-id-assessments", "POST", ASSESSMENT, EDIT),
    ("tracking-traces-trace-id-assessments-assessment-id", "GET", {}, NONE),
    ("tracking-traces-trace-id-assessments-assessment-id", "PATCH", {**ASSESSMENT, "update_mask": "feedback"}, NO_EDIT),
    ("tracking-traces-trace-id-assessments-assessment-id", "DELETE", {}, EDIT),
    ("tracking-permissions", "GET", {}, READ),
    ("tracking-permissions", "PATCH", LEVELS, MANAGE),
    ("tracking-permissions", "PUT", LEVELS, MANAGE),
    ("tracking-permission-levels", "GET", {}, READ),
    ("tracking-version", "GET", {}, EVERYBODY),
    ("tracking-create-model-version", "POST", {"name": "shop.ml.churn", "source": "models:/<MODEL>"}, NONE),
    ("tracking-spans", "POST", {}, "400 400 400 400 400 400 401"),
]  # fmt: skip

# (URL name, method, body or query) -> statuses of admin, owner, writer, reader, browser, stranger, anonymous.
# A model that one may not know of is 404; one that one sees without the right is 403.
API = [
    ("databricks-config", "GET", {}, "200 200 200 200 200 200 200"),
    ("uc-artifact-route", "GET", {}, "200 200 200 200 200 200 200"),
    ("uc-create-registered-model", "POST", {"name": "shop.ml.new"}, "200 403 200 403 403 404 401"),
    ("uc-create-registered-model", "POST", M, "400 400 400 400 400 404 401"),
    ("uc-update-registered-model", "PATCH", {**M, "description": "x"}, "200 200 403 403 403 404 401"),
    ("uc-update-registered-model", "PATCH", {**M, "new_name": "other"}, "200 403 403 403 403 404 401"),
    ("uc-delete-registered-model", "DELETE", M, "200 200 403 403 403 404 401"),
    ("uc-get-registered-model", "GET", M, "200 200 200 200 403 404 401"),
    ("uc-search-registered-models", "GET", {}, "200 200 200 200 200 200 401"),
    ("uc-registered-model-alias", "POST", {**V, "alias": "Champion"}, "200 200 403 403 403 404 401"),
    ("uc-registered-model-alias", "DELETE", {**M, "alias": "Champion"}, "200 200 403 403 403 404 401"),
    ("uc-registered-model-alias", "GET", {**M, "alias": "nobody"}, "404 404 404 404 403 404 401"),
    ("uc-set-registered-model-tag", "POST", {**M, "key": "k", "value": "v"}, "200 200 403 403 403 404 401"),
    ("uc-delete-registered-model-tag", "DELETE", {**M, "key": "k"}, "200 200 403 403 403 404 401"),
    ("uc-create-model-version", "POST", {**M, "source": "s"}, "200 200 200 403 403 404 401"),
    ("uc-update-model-version", "PATCH", {**V, "description": "x"}, "200 200 403 403 403 404 401"),
    ("uc-delete-model-version", "DELETE", V, "200 200 403 403 403 404 401"),
    ("uc-get-model-version", "GET", V, "200 200 200 200 403 404 401"),
    ("uc-search-model-versions", "GET", {}, "200 200 200 200 200 200 401"),
    # Of a version that is ready, and that nobody of the cast has begun.
    ("uc-finalize-model-version", "POST", V, "200 200 403 403 403 404 401"),
    ("uc-finalize-model-version", "POST", {**V, "version": "2", "manifest": {"f": {"size": 1}}},
     "400 400 400 403 403 404 401"),
    ("uc-get-download-uri", "GET", V, "200 200 200 200 403 404 401"),
    ("uc-generate-temporary-credentials", "POST", {**V, "operation": "MODEL_VERSION_OPERATION_READ"},
     "403 200 403 200 403 404 401"),
    ("uc-generate-temporary-credentials", "POST",
     {**V, "version": "2", "operation": "MODEL_VERSION_OPERATION_READ_WRITE"}, "200 200 200 403 403 404 401"),
    ("uc-set-model-version-tag", "POST", {**V, "key": "k", "value": "v"}, "200 200 403 403 403 404 401"),
    ("uc-delete-model-version-tag", "DELETE", {**V, "key": "k"}, "200 200 403 403 403 404 401"),
    ("uc-emit-lineage", "POST", {**V, "model_version_lineage_info": {}}, "200 200 200 200 403 404 401"),
    ("uc-metastore-summary", "GET", {}, "200 200 200 200 200 200 401"),
    ("uc-catalogs", "GET", {}, "200 200 200 200 200 200 401"),
    ("uc-catalogs", "POST", {"name": "new"}, "200 403 403 403 403 403 401"),
    ("uc-catalogs", "POST", {"name": "shop"}, "400 400 400 400 400 403 401"),
    ("uc-catalog", "GET", {}, "200 200 200 200 200 404 401"),
    ("uc-catalog", "PATCH", {"comment": "x"}, "200 403 403 403 403 404 401"),
    ("uc-catalog", "DELETE", {"force": True}, "200 403 403 403 403 404 401"),
    ("uc-schemas", "GET", {"catalog_name": "shop"}, "200 200 200 200 200 404 401"),
    ("uc-schemas", "POST", {"catalog_name": "shop", "name": "new"}, "200 403 403 403 403 404 401"),
    ("uc-schema", "GET", {}, "200 200 200 200 200 404 401"),
    ("uc-schema", "PATCH", {"comment": "x"}, "200 403 403 403 403 404 401"),
    ("uc-schema", "DELETE", {"force": True}, "200 403 403 403 403 404 401"),
    ("uc-permissions", "GET", {}, "200 200 200 200 200 404 401"),
    ("uc-permissions", "PATCH", PERMISSIONS, "200 200 403 403 403 404 401"),
    ("uc-effective-permissions", "GET", {}, "200 200 200 200 200 404 401"),
    ("uc-privilege-assignments", "GET", {}, "200 200 200 200 200 404 401"),
    ("uc-effective-privilege-assignments", "GET", {}, "200 200 200 200 200 404 401"),
    ("explain-access", "GET", {"operation": "SET_ALIAS"}, "200 200 200 200 200 404 401"),
    # About others one asks with the right to see grants.
    ("explain-access", "GET", {"operation": "SET_ALIAS", "principal": "reader@example.com"},
     "200 200 403 200 403 404 401"),
    ("compare-versions", "GET", {"version": ["shop.ml.churn/1", "shop.ml.churn/2"]}, "200 200 200 200 403 404 401"),
    ("compare-versions", "GET", {"version": ["shop.ml.churn/1"]}, "400 400 400 400 400 400 401"),
    ("impact", "GET", {"version": "shop.ml.churn/1"}, "200 200 200 200 403 404 401"),
    ("impact", "GET", {"name": "shop.sales.t"}, "200 200 200 200 200 200 401"),  # what is not one's own is left out
    ("impact", "GET", {}, "400 400 400 400 400 400 401"),
    ("export-impact", "GET", {"version": "shop.ml.churn/1"}, "200 200 200 200 403 404 401"),
    ("export-impact", "GET", {"kind": "JOB", "name": "7"}, "200 200 200 200 200 200 401"),
    ("neighbours", "GET", {"version": "shop.ml.churn/1"}, "200 200 200 200 403 404 401"),
    ("neighbours", "GET", {"name": "shop.sales.t"}, "200 200 200 200 200 200 401"),
    ("export-openlineage", "GET", {"version": "shop.ml.churn/1"}, "200 200 200 200 403 404 401"),
    ("export-openlineage", "GET", {"model": "shop.ml.churn"}, "200 200 200 200 403 404 401"),
    ("openlineage", "POST", {"job": {"namespace": "a", "name": "b"}}, "200 200 200 200 200 200 401"),
    ("preview-grants", "POST", PERMISSIONS, "200 200 403 403 403 404 401"),
    ("audit-events", "GET", {}, "200 200 200 200 200 200 401"),
    ("audit-events", "GET", {"full_name": "shop.ml.churn"}, "200 200 200 200 200 404 401"),
    ("export-audit-events", "GET", {"format": "csv"}, "200 200 200 200 200 200 401"),
    ("access-requests", "GET", {}, "200 200 200 200 200 200 401"),
    # Who holds it already has nothing to ask for; the owner and the administrator may still want a grant of their own.
    ("access-requests", "POST", {**ON_MODEL, "privileges": ["EXECUTE"]}, "200 200 200 400 200 404 401"),
    ("access-request", "GET", {}, "404 404 404 404 404 404 401"),
    ("access-request", "PATCH", {"decision": "GRANT"}, "404 404 404 404 404 404 401"),
    ("rfa-requests", "POST", {"requests": [{"securable_permissions": [
        {"securable": {"type": "registered_model", "full_name": "shop.ml.churn"}, "permissions": ["EXECUTE"]}]}]},
     "200 200 200 400 200 404 401"),
    ("rfa-destinations", "GET", {}, "200 200 200 200 200 404 401"),
    ("sql-statements", "POST", {"statement": "SHOW CATALOGS"}, "200 200 200 200 200 200 401"),
    ("sql-statement", "GET", {}, "404 404 404 404 404 404 401"),
    ("sql-cancel-statement", "POST", {}, "404 404 404 404 404 404 401"),
    ("sql-result-chunk", "GET", {}, "404 404 404 404 404 404 401"),
    ("job-list", "GET", {}, "200 200 200 200 200 200 401"),
    ("job-list", "GET", {"all": True}, "200 403 403 403 403 403 401"),
    ("job-by-uid", "GET", {}, "200 200 200 200 404 404 401"),
    ("job-cancel", "POST", {}, "400 400 403 403 404 404 401"),
    ("job-retry", "POST", {}, "400 400 400 400 404 404 401"),
    ("import-list", "GET", {}, "200 403 403 403 403 403 401"),
    ("import-list", "POST", {"kind": "MLFLOW", "address": "https://mlflow.example.com", "destination": "shop.ml"},
     "200 403 403 403 403 403 401"),
    ("import-by-uid", "GET", {}, "200 403 403 403 403 403 401"),
    # It is in the network of this machine, which nobody has allowed.
    ("import-preview", "GET", {}, "400 403 403 403 403 403 401"),
    ("import-start", "POST", {}, "200 403 403 403 403 403 401"),
    ("trash-list", "GET", {}, "200 200 200 200 200 200 401"),
    ("trash-by-uid", "GET", {}, "200 200 404 404 404 404 401"),
    ("trash-by-uid", "DELETE", {}, "200 403 403 403 403 403 401"),
    ("trash-restore", "POST", {}, "200 200 404 404 404 404 401"),
    ("uc-current-metastore", "GET", {}, "200 200 200 200 200 200 401"),
    ("uc-models", "GET", {}, "200 200 200 200 200 200 401"),
    ("uc-models", "GET", {"catalog_name": "shop", "schema_name": "ml"}, "200 200 200 200 200 404 401"),
    ("uc-models", "POST", {"catalog_name": "shop", "schema_name": "ml", "name": "new"}, "200 403 200 403 403 404 401"),
    ("uc-models", "POST", {"catalog_name": "shop", "schema_name": "ml", "name": "churn"},
     "400 400 400 400 400 404 401"),
    ("uc-model", "GET", {}, "200 200 200 200 403 404 401"),
    ("uc-model", "GET", {"include_browse": True}, "200 200 200 200 200 404 401"),
    ("uc-model", "PATCH", {"comment": "x"}, "200 200 403 403 403 404 401"),
    # An administrator gives a model to anybody, its owner to itself or a group of its own.
    ("uc-model", "PATCH", {"owner": "reader@example.com"}, "200 403 403 403 403 404 401"),
    ("uc-model", "PATCH", {"owner": "owner@example.com"}, "200 200 403 403 403 404 401"),
    ("uc-model", "DELETE", {}, "200 200 403 403 403 404 401"),
    ("uc-versions", "GET", {}, "200 200 200 200 403 404 401"),
    ("uc-create-version", "POST", {**IN_SCHEMA, "source": "s"}, "200 200 200 403 403 404 401"),
    ("uc-version", "GET", {}, "200 200 200 200 403 404 401"),
    ("uc-version", "PATCH", {"comment": "x"}, "200 200 403 403 403 404 401"),
    ("uc-version-files", "GET", {}, "403 200 403 200 403 404 401"),
    ("uc-version", "DELETE", {}, "200 200 403 403 403 404 401"),
    # Of a version that is ready, and that nobody of the cast has begun.
    ("uc-finalize-version", "PATCH", {}, "200 200 403 403 403 404 401"),
    ("uc-alias", "GET", {}, "404 404 404 404 403 404 401"),
    ("uc-alias", "PUT", {"version_num": 1}, "200 200 403 403 403 404 401"),
    ("uc-alias", "DELETE", {}, "200 200 403 403 403 404 401"),
    ("uc-temporary-credentials", "POST", {**IN_SCHEMA, "version": 1, "operation": "READ_MODEL_VERSION"},
     "403 200 403 200 403 404 401"),
    ("uc-temporary-credentials", "POST", {**IN_SCHEMA, "version": 2, "operation": "READ_WRITE_MODEL_VERSION"},
     "200 200 200 403 403 404 401"),
    # Of a version on the disk, for which no store vends anything.
    *((name, "POST", {"url": "LOCATION", "operation": "PATH_READ"}, "403 400 403 400 403 404 401")
      for name in ("uc-temporary-path-credentials", "sdk-temporary-path-credentials")),
    ("uc-tags", "PATCH", {"changes": {"add_tags": [{"key": "k", "value": "v"}]}}, "200 200 403 403 403 404 401"),
    ("uc-subentity-tags", "PATCH", {"changes": {"remove": ["k"]}}, "200 200 403 403 403 404 401"),
    ("uc-tag-assignments", "POST", {**ENTITY, "tag_key": "k"}, "200 200 403 403 403 404 401"),
    ("uc-tag-assignments-of", "GET", {}, "200 200 200 200 200 404 401"),
    ("uc-tag-assignment", "GET", {}, "404 404 404 404 404 404 401"),
    ("uc-tag-assignment", "PATCH", {"tag_value": "x"}, "404 404 403 403 403 404 401"),
    ("uc-tag-assignment", "DELETE", {}, "200 200 403 403 403 404 401"),
    ("tag-policies", "GET", {}, "200 200 200 200 200 200 401"),
    ("tag-policies", "POST", {"tag_key": "k"}, "200 403 403 403 403 403 401"),
    ("tag-policy", "GET", {}, "404 404 404 404 404 404 401"),
    ("tag-policy", "PATCH", {"description": "x"}, "404 403 403 403 403 403 401"),
    ("tag-policy", "DELETE", {}, "404 403 403 403 403 403 401"),
    ("uc-resource-quotas", "GET", {}, "200 403 403 403 403 403 401"),
    # Quotas are off, and a quota that is off does not exist.
    ("uc-resource-quota", "GET", {}, "404 403 403 403 403 404 401"),
    ("mlflow-create-registered-model", "POST", {"name": "shop.ml.new"}, "200 403 200 403 403 404 401"),
    ("mlflow-create-registered-model", "POST", M, "400 400 400 400 400 404 401"),
    ("mlflow-rename-registered-model", "POST", {**M, "new_name": "other"}, "200 403 403 403 403 404 401"),
    ("mlflow-update-registered-model", "PATCH", {**M, "description": "x"}, "200 200 403 403 403 404 401"),
    ("mlflow-delete-registered-model", "DELETE", M, "200 200 403 403 403 404 401"),
    ("mlflow-get-registered-model", "GET", M, "200 200 200 200 403 404 401"),
    ("mlflow-search-registered-models", "GET", {}, "200 200 200 200 200 200 401"),
    ("uc-tables", "GET", IN_SCHEMA, "200 200 200 200 200 404 401"),
    ("uc-tables", "POST",
     {"catalog_name": "shop", "schema_name": "ml", "name": "new", "table_type": "EXTERNAL",
      "data_source_format": "DELTA", "storage_location": "s3://b/t"}, "200 403 403 403 403 404 401"),
    # A table of the owner's, which the reader may read: the writer, who may see models here, knows of none.
    ("uc-table", "GET", {}, "200 200 404 200 403 404 401"),
    ("uc-table", "GET", {"include_browse": True}, "200 200 404 200 200 404 401"),
    ("mlflow-get-table", "GET", {}, "200 200 404 200 403 404 401"),
    ("uc-table", "PATCH", {"comment": "x"}, "200 200 404 403 403 404 401"),
    ("uc-table", "PATCH", {"owner": "reader@example.com"}, "200 200 404 403 403 404 401"),
    ("uc-table", "DELETE", {}, "200 200 404 403 403 404 401"),
    ("uc-table-exists", "GET", {}, "200 200 200 200 200 200 401"),
    ("external-metadata-list", "GET", {}, "200 200 200 200 200 200 401"),
    ("external-metadata-list", "POST", {"name": "new", "system_type": "KAFKA", "entity_type": "Topic"},
     "200 403 403 403 403 403 401"),
    ("external-metadata-by-name", "GET", {}, "200 200 404 200 404 404 401"),
    ("external-metadata-by-name", "PATCH", {"url": "https://x/y"}, "200 200 404 403 404 404 401"),
    ("external-metadata-by-name", "PATCH", {"owner": "reader@example.com"}, "200 200 404 403 404 404 401"),
    ("external-metadata-by-name", "DELETE", {}, "200 200 404 403 404 404 401"),
    ("external-lineage", "GET",
     {"object_info.model_version.name": "shop.ml.churn", "object_info.model_version.version": "1",
      "lineage_direction": "UPSTREAM"}, "200 200 200 200 403 404 401"),
    ("external-lineage", "POST", FROM_A_FILE, "200 200 200 403 403 404 401"),
    ("external-lineage", "PATCH", {**FROM_A_FILE, "columns": []}, "404 404 404 403 403 404 401"),
    ("external-lineage", "DELETE", {"external_lineage_relationship": FROM_A_FILE}, "404 404 404 403 403 404 401"),
    ("uc-table-summaries", "GET", {"catalog_name": "shop"}, "200 200 200 200 200 404 401"),
    ("uc-volumes", "GET", IN_SCHEMA, "200 200 200 200 200 404 401"),
    ("uc-functions", "GET", IN_SCHEMA, "200 200 200 200 200 404 401"),
    ("uc-bindings", "GET", {}, "200 200 200 200 200 404 401"),
    ("uc-bindings", "PATCH", {}, "200 200 200 200 200 404 401"),
    ("uc-workspaces", "GET", {}, "200 200 200 200 200 404 401"),
    ("uc-workspaces", "PATCH", {}, "200 200 200 200 200 404 401"),
    ("scim-control-me", "GET", {}, "200 200 200 200 200 200 401"),
    ("scim-control-users", "GET", {}, "200 200 200 200 200 200 401"),
    ("scim-control-users", "POST", {"userName": "new@example.com"}, "201 403 403 403 403 403 401"),
    ("scim-control-user", "GET", {}, "200 200 200 200 200 200 401"),
    ("scim-control-user", "PATCH", ACTIVE, "200 403 403 403 403 403 401"),
    ("scim-control-user", "PUT", {"userName": "x@example.com"}, "200 403 403 403 403 403 401"),
    ("scim-control-user", "DELETE", {}, "204 403 403 403 403 403 401"),
    ("mlflow-get-workspace-model", "GET", M, "200 200 200 200 403 404 401"),
    ("mlflow-get-latest-versions", "GET", M, "200 200 200 200 403 404 401"),
    ("mlflow-get-latest-versions", "POST", M, "200 200 200 200 403 404 401"),
    ("mlflow-registered-model-alias", "POST", {**V, "alias": "Champion"}, "200 200 403 403 403 404 401"),
    ("mlflow-registered-model-alias", "DELETE", {**M, "alias": "Champion"}, "200 200 403 403 403 404 401"),
    ("mlflow-registered-model-alias", "GET", {**M, "alias": "nobody"}, "404 404 404 404 403 404 401"),
    ("mlflow-set-registered-model-tag", "POST", {**M, "key": "k", "value": "v"}, "200 200 403 403 403 404 401"),
    ("mlflow-delete-registered-model-tag", "DELETE", {**M, "key": "k"}, "200 200 403 403 403 404 401"),
    # Whoever copies must read the source's files and may add versions: the owner alone.
    ("mlflow-create-model-version", "POST", {**M, "source": "models:/shop.ml.churn/1"}, "403 200 403 403 403 404 401"),
    ("mlflow-create-model-version", "POST", {**M, "source": "/tmp/model"}, "400 400 400 400 400 404 401"),
    ("mlflow-update-model-version", "PATCH", {**V, "description": "x"}, "200 200 403 403 403 404 401"),
    ("mlflow-delete-model-version", "DELETE", V, "200 200 403 403 403 404 401"),
    ("mlflow-get-model-version", "GET", V, "200 200 200 200 403 404 401"),
    ("mlflow-search-model-versions", "GET", {}, "200 200 200 200 200 200 401"),
    ("mlflow-get-download-uri", "GET", V, "200 200 200 200 403 404 401"),
    ("mlflow-list-artifacts", "GET", V, "403 200 403 200 403 404 401"),
    ("mlflow-get-signed-download-uri", "GET", {**V, "path": "MLmodel"}, "403 200 403 200 403 404 401"),
    ("mlflow-no-logged-model", "GET", {}, "404 404 404 404 404 404 401"),
    ("mlflow-logged-model", "GET", {}, "200 200 200 200 404 404 401"),
    ("mlflow-logged-model-tags", "PATCH", {"tags": []}, "200 200 200 200 404 404 401"),
    ("mlflow-transition-stage", "POST", {**V, "stage": "Production"}, "400 400 400 400 400 404 401"),
    ("mlflow-set-model-version-tag", "POST", {**V, "key": "k", "value": "v"}, "200 200 403 403 403 404 401"),
    ("mlflow-delete-model-version-tag", "DELETE", {**V, "key": "k"}, "200 200 403 403 403 404 401"),
    ("mlflow-artifacts", "GET", {"path": "UID"}, "403 200 403 200 403 404 401"),
    ("mlflow-artifact", "GET", {}, "403 200 403 200 403 404 401"),
    ("scim-users", "GET", {}, "200 200 200 200 200 200 401"),
    ("scim-users", "POST", {"userName": "new@example.com"}, "201 403 403 403 403 403 401"),
    ("scim-user", "GET", {}, "200 200 200 200 200 200 401"),
    ("scim-user", "PUT", {"userName": "new@example.com"}, "200 403 403 403 403 403 401"),
    ("scim-user", "PATCH", ACTIVE, "200 403 403 403 403 403 401"),
    ("scim-user", "DELETE", {}, "204 403 403 403 403 403 401"),
    ("scim-service-principals", "GET", {}, "200 200 200 200 200 200 401"),
    ("scim-service-principals", "POST", {"displayName": "robot"}, "201 403 403 403 403 403 401"),
    ("scim-service-principal", "GET", {}, "404 404 404 404 404 404 401"),
    ("scim-service-principal", "PUT", {"displayName": "robot"}, "404 404 404 404 404 404 401"),
    ("scim-service-principal", "PATCH", ACTIVE, "404 404 404 404 404 404 401"),
    ("scim-service-principal", "DELETE", {}, "404 404 404 404 404 404 401"),
    ("scim-groups", "GET", {}, "200 200 200 200 200 200 401"),
    ("scim-groups", "POST", {"displayName": "new"}, "201 403 403 403 403 403 401"),
    ("scim-group", "GET", {}, "200 200 200 200 200 200 401"),
    ("scim-group", "PUT", {"displayName": "new"}, "200 403 403 403 403 403 401"),
    ("scim-group", "PATCH", {"Operations": []}, "200 403 403 403 403 403 401"),
    ("scim-group", "DELETE", {}, "204 403 403 403 403 403 401"),
    # The folder of one member of the cast: nobody else's, not even for administrators.
    ("workspace-get-status", "GET", {"path": OWNERS_FOLDER}, "404 200 404 404 404 404 401"),
    ("workspace-list", "GET", {"path": OWNERS_FOLDER}, "404 200 404 404 404 404 401"),
    ("workspace-mkdirs", "POST", {"path": OWNERS_FOLDER}, "403 200 403 403 403 403 401"),
    ("workspace-import", "POST", {"path": f"{OWNERS_FOLDER}/f", "content": ""}, "403 200 403 403 403 403 401"),
    ("workspace-export", "GET", {"path": f"{OWNERS_FOLDER}/f"}, "404 404 404 404 404 404 401"),
    ("workspace-delete", "POST", {"path": f"{OWNERS_FOLDER}/f"}, "403 404 403 403 403 403 401"),
    ("workspace-import-file", "POST", {}, "403 200 403 403 403 403 401"),
    ("workspace-file", "GET", {}, "404 404 404 404 404 404 401"),
    ("api-create-token", "POST", {"comment": "c"}, "200 200 200 200 200 200 401"),
    ("api-list-tokens", "GET", {}, "200 200 200 200 200 200 401"),
    ("api-rotate-token", "POST", {"token_id": NOBODY}, "404 404 404 404 404 404 401"),
    ("api-delete-token", "POST", {"token_id": NOBODY}, "404 404 404 404 404 404 401"),
    ("api-all-tokens", "GET", {}, "200 403 403 403 403 403 401"),
    ("api-any-token", "GET", {}, "404 403 403 403 403 403 401"),
    ("api-any-token", "DELETE", {}, "404 403 403 403 403 403 401"),
    ("api-create-token-for", "POST", {"application_id": NOBODY}, "404 403 403 403 403 403 401"),
    ("api-secrets", "GET", {}, "404 404 404 404 404 404 401"),
    ("api-secrets", "POST", {}, "404 404 404 404 404 404 401"),
    ("api-secret", "DELETE", {}, "404 404 404 404 404 404 401"),
    ("openapi", "GET", {}, "200 200 200 200 200 200 200"),
    ("api-docs", "GET", {}, "200 200 200 200 200 200 200"),
    ("oauth-metadata", "GET", {}, "200 200 200 200 200 200 200"),
    ("oauth-token", "POST", {}, "400 400 400 400 400 400 400"),
    ("create-upload-url", "POST", {"path": "/Models/shop/ml/churn/2/MLmodel"}, "200 200 200 403 403 404 401"),
    ("create-download-url", "POST", FILE, "403 200 403 200 403 404 401"),
    ("create-upload-part-urls", "POST", {**PENDING_FILE, "session_token": "x", "start_part_number": 1},
     "400 400 400 403 403 404 401"),
    ("create-abort-upload-url", "POST", {**PENDING_FILE, "session_token": "x"}, "400 400 400 403 403 404 401"),
    ("directory", "GET", {}, "403 200 403 200 403 404 401"),
    ("directory", "PUT", {}, "204 204 204 403 403 404 401"),
    ("directory", "DELETE", {}, "404 404 404 403 403 404 401"),
    ("file", "GET", {}, "403 200 403 200 403 404 401"),
    ("file", "HEAD", {}, "403 200 403 200 403 404 401"),
    ("file", "PUT", {}, "204 204 204 403 403 404 401"),
    ("file", "POST", {"action": "initiate-upload"}, "200 200 200 403 403 404 401"),
    ("file", "DELETE", {}, "404 404 404 403 403 404 401"),
    # A signed URL is asked for by whoever holds it; these carry no signature.
    ("presigned-file", "GET", {}, "403 403 403 403 403 403 403"),
    ("presigned-file", "PUT", {}, "403 403 403 403 403 403 403"),
    ("presigned-part", "PUT", {}, "403 403 403 403 403 403 403"),
    ("presigned-parts", "DELETE", {}, "403 403 403 403 403 403 403"),
    ("scim-me", "GET", {}, "200 200 200 200 200 200 401"),
    *TRACKING,
    ("endpoint-not-found", "GET", {}, "404 404 404 404 404 404 404"),
    ("healthz", "GET", {}, "200 200 200 200 200 200 200"),
]  # fmt: skip

# Pages: statuses of the same cast; anonymous readers are sent to the sign-in page (302).
PAGES = [
    ("home", "GET", {}, "200 200 200 200 200 200 302"),
    ("home", "POST", {}, "200 200 200 200 200 200 302"),
    ("favicon", "GET", {}, "302 302 302 302 302 302 302"),
    ("login", "GET", {}, "302 302 302 302 302 302 200"),
    ("admin-change-password", "GET", {}, "302 302 302 302 302 302 302"),
    ("change-password", "POST", {}, "200 200 200 200 200 200 302"),
    ("admin-login", "GET", {}, "302 403 403 403 403 403 302"),
    # No provider is set.
    ("single-sign-on", "GET", {}, "404 404 404 404 404 404 404"),
    ("single-sign-on-callback", "GET", {}, "404 404 404 404 404 404 404"),
    ("logout", "POST", {}, "302 302 302 302 302 302 302"),
    ("admin-logout", "POST", {}, "302 302 302 302 302 302 302"),
    ("sign-in-code", "GET", {}, "302 302 302 302 302 302 302"),  # nobody has given a password before
    ("prove", "GET", {}, "200 200 200 200 200 200 302"),
    ("set-up-second-factor", "GET", {}, "200 200 200 200 200 200 302"),
    ("remove-second-factor", "GET", {}, "200 200 200 200 200 200 302"),
    ("renew-recovery-codes", "GET", {}, "200 200 200 200 200 200 302"),
    ("catalogs", "GET", {}, "200 200 200 200 200 200 302"),
    ("example-notebook", "GET", {}, "200 200 200 200 200 200 302"),
    ("example-notebook", "GET", {"schema": "shop.ml"}, "200 200 200 200 200 404 302"),
    ("search", "GET", {"q": "churn"}, "200 200 200 200 200 200 302"),
    ("tree", "GET", {"of": "shop"}, "200 200 200 200 200 404 302"),
    ("tree", "GET", {"of": "shop.ml"}, "200 200 200 200 200 404 302"),
    ("tree", "GET", {"open": "shop.ml"}, "200 200 200 200 200 200 302"),
    ("tree", "GET", {"filter": "churn"}, "200 200 200 200 200 200 302"),
    ("palette", "GET", {"q": "churn", "path": "shop.ml.churn"}, "200 200 200 200 200 200 302"),
    ("copy-destinations", "GET", {"destination": "churn"}, "200 200 200 200 200 200 302"),
    ("use-registered-model", "GET", {}, "200 200 200 200 200 404 302"),
    ("use-registered-model", "POST", {"which": "1"}, "200 200 200 200 200 404 302"),
    ("tag-model-versions", "POST", {"key": "k"}, "302 302 200 200 200 404 302"),
    ("delete-model-versions", "POST", {}, "302 302 200 200 200 404 302"),
    ("registered-model", "GET", {"sort": "-size", "words": "x"}, "200 200 200 200 200 404 302"),
    # A model's owner may give it to itself or to a group of its own.
    ("change-owner", "POST", {"principal": "owner@example.com"}, "302 302 200 200 200 404 302"),
    ("jobs", "GET", {}, "200 200 200 200 200 200 302"),
    ("imports", "GET", {}, "200 403 403 403 403 403 302"),
    ("create-import", "POST", {}, "200 403 403 403 403 403 302"),
    ("import", "GET", {}, "200 403 403 403 403 403 302"),
    ("import", "POST", {"everything": "on"}, "302 403 403 403 403 403 302"),
    ("trash", "GET", {}, "200 200 200 200 200 200 302"),
    ("restore-from-trash", "POST", {}, "302 302 404 404 404 404 302"),
    # There is no address to register from: who sees the model is told so.
    ("register-from-elsewhere", "POST", {"address": "file:///srv/models/iris"}, "200 200 200 200 200 404 302"),
    # The form of who may not says so, in a page.
    ("purge-from-trash", "POST", {}, "302 200 404 404 404 404 302"),
    # There is a copy, and nobody of the cast has asked for it.
    ("cancel-job", "POST", {}, "404 404 404 404 404 404 302"),
    ("dismiss-job", "POST", {}, "302 302 302 302 302 302 302"),
    ("pin", "POST", {}, "302 302 302 302 302 404 302"),
    ("catalog", "GET", {}, "200 200 200 200 200 404 302"),
    ("schema", "GET", {}, "200 200 200 200 200 404 302"),
    ("registered-model", "GET", {}, "200 200 200 200 200 404 302"),
    ("registered-model", "GET", {"activeTab": "permissions"}, "200 200 200 200 200 404 302"),
    ("model-version", "GET", {}, "200 200 200 200 200 404 302"),
    ("model-version", "GET", {"activeTab": "permissions"}, "200 200 200 200 200 404 302"),
    ("model-version", "GET", {"activeTab": "lineage"}, "200 200 200 200 200 404 302"),
    ("model-version", "GET", {"activeTab": "artifacts"}, "200 200 200 200 200 404 302"),
    ("search", "GET", {"catalog": "shop", "tag": "k=v"}, "200 200 200 200 200 200 302"),
    ("search-facets", "GET", {"q": "churn"}, "200 200 200 200 200 200 302"),
    ("save-search", "POST", {"name": "mine"}, "302 302 302 302 302 302 302"),
    ("forget-search", "POST", {}, "404 404 404 404 404 404 302"),
    ("version-suggestions", "GET", {"version": "churn"}, "200 200 200 200 200 200 302"),
    ("compare", "GET", {}, "200 200 200 200 200 200 302"),
    ("compare", "GET", {"version": ["shop.ml.churn/1", "shop.ml.churn/2"]}, "200 200 200 200 403 404 302"),
    # Files are data: neither the administrator nor the writer reads them.
    ("download-artifact", "GET", {}, "403 200 403 200 403 404 302"),
    ("artifact-picture", "GET", {}, "403 400 403 400 403 404 302"),
    ("download-artifacts", "GET", {}, "403 200 403 200 403 404 302"),
    # A form is shown to whoever sees the object; what one may not do is refused in the form (200), or done (302).
    ("create-catalog", "POST", {"name": "new"}, "302 200 200 200 200 200 302"),
    ("delete-catalog", "POST", {}, "200 200 200 200 200 404 302"),
    ("create-schema", "POST", {"name": "new"}, "302 200 200 200 200 404 302"),
    ("delete-schema", "POST", {}, "200 200 200 200 200 404 302"),
    ("edit-comment", "POST", {"comment": "x"}, "302 302 200 200 200 404 302"),
    ("rename", "POST", {"name": "other"}, "302 200 200 200 200 404 302"),
    ("set-tag", "POST", {"key": "k"}, "302 302 200 200 200 404 302"),
    ("delete-tag", "POST", {}, "302 302 200 200 200 404 302"),
    ("certify", "POST", {"status": "certified"}, "302 302 200 200 200 404 302"),
    ("set-registered-model-alias", "POST", {"alias": "Champion", "version": "1"}, "302 302 200 200 200 404 302"),
    ("delete-registered-model-alias", "POST", {}, "302 302 200 200 200 404 302"),
    ("delete-registered-model", "POST", {"name": "shop.ml.churn"}, "302 302 200 200 200 404 302"),
    ("edit-model-version-comment", "POST", {"comment": "x"}, "302 302 200 200 200 404 302"),
    ("set-model-version-tag", "POST", {"key": "k"}, "302 302 200 200 200 404 302"),
    ("delete-model-version-tag", "POST", {}, "302 302 200 200 200 404 302"),
    ("model-version-run", "GET", {}, "404 404 404 404 404 404 302"),  # no runs are kept: see RUN_PAGES
    ("model-version-neighbours", "GET", {}, "200 200 200 200 200 404 302"),
    ("model-version-impact", "GET", {}, "200 200 200 200 403 404 302"),
    ("model-version-impact", "GET", {"format": "csv", "direction": "UPSTREAM"}, "200 200 200 200 403 404 302"),
    ("registered-model-neighbours", "GET", {"kind": "Run"}, "200 200 200 200 200 404 302"),
    (
        "add-relationship",
        "POST",
        {"direction": "UPSTREAM", "kind": "FILE", "name": "s3://b/f"},
        "302 302 302 200 200 404 302",
    ),
    ("remove-relationship", "POST", {}, "302 302 302 200 404 404 302"),
    ("thing", "GET", {}, "200 200 200 200 200 200 302"),
    ("thing-neighbours", "GET", {"side": "downstream"}, "200 200 200 200 200 200 302"),
    ("table", "GET", {}, "200 200 404 200 200 404 302"),
    ("table", "GET", {"activeTab": "lineage"}, "200 200 404 200 200 404 302"),
    (
        "create-table",
        "POST",
        {"name": "new", "storage_location": "s3://b/t", "data_source_format": "DELTA"},
        "302 200 200 200 200 404 302",
    ),
    ("delete-table", "POST", {}, "302 302 404 200 200 404 302"),
    ("external-metadata-index", "GET", {}, "200 200 200 200 200 200 302"),
    (
        "create-external-metadata",
        "POST",
        {"name": "new", "system_type": "KAFKA", "entity_type": "Topic"},
        "302 200 200 200 200 200 302",
    ),
    ("external-metadata", "GET", {}, "200 200 404 200 404 404 302"),
    ("external-metadata", "GET", {"activeTab": "permissions"}, "200 200 404 200 404 404 302"),
    ("delete-external-metadata", "POST", {}, "302 302 404 200 404 404 302"),
    ("find-impact", "GET", {"table": "shop.sales.t"}, "200 200 200 200 200 200 302"),
    ("thing-impact", "GET", {}, "200 200 200 200 200 200 302"),
    # The administrator may not read the source; the writer may not either; the reader may not write.
    ("copy-model-version", "POST", {"destination": "shop.ml.churn"}, "200 302 200 200 200 404 302"),
    ("delete-model-version", "POST", {}, "302 302 200 200 200 404 302"),
    ("grant", "POST", {"principal": "reader@example.com", "privileges": "EXECUTE"}, "302 302 200 200 200 404 302"),
    ("revoke", "POST", {"privileges": "EXECUTE"}, "302 302 403 200 403 404 302"),
    ("undo-grants", "POST", {"grants": UNDONE}, "302 302 403 403 403 404 302"),
    ("registered-model", "GET", {"activeTab": "lineage"}, "200 200 200 200 200 404 302"),
    ("registered-model", "GET", {"activeTab": "discussion"}, "200 200 200 200 200 404 302"),
    ("model-version", "GET", {"activeTab": "discussion"}, "200 200 200 200 200 404 302"),
    ("comment-on-registered-model", "POST", {"text": "x"}, "302 302 302 302 200 404 302"),
    ("comment-on-model-version", "POST", {"text": "x"}, "302 302 302 302 200 404 302"),
    ("answer-comment", "POST", {"text": "x"}, "302 302 302 302 404 404 302"),
    # The comment is the writer's.
    ("edit-comment-text", "POST", {"text": "x"}, "200 200 302 200 404 404 302"),
    ("comment", "GET", {}, "302 302 302 302 404 404 302"),
    ("delete-comment", "POST", {}, "302 302 302 200 404 404 302"),
    ("watch", "POST", {"level": "EVERYTHING"}, "302 302 302 302 403 404 302"),
    ("suggest-comment", "GET", {}, "200 200 403 403 403 404 302"),
    ("suggest-comment", "POST", {}, "200 200 403 403 403 404 302"),
    ("suggest-model-version-comment", "GET", {}, "200 200 403 403 403 404 302"),
    ("job", "GET", {}, "200 200 200 200 404 404 302"),
    ("registered-model", "GET", {"activeTab": "activity"}, "200 200 200 200 200 404 302"),
    ("registered-model", "GET", {"at": "2026-01-01T00:00"}, "200 200 200 200 403 404 302"),
    ("request-access", "POST", {"privileges": "EXECUTE"}, "302 302 302 200 302 404 302"),
    ("schema", "GET", {"unused": "90"}, "200 200 200 200 200 404 302"),
    ("tag-registered-models", "POST", {"key": "k"}, "302 302 200 200 200 404 302"),
    ("deprecate-registered-models", "POST", {"note": "Old."}, "302 302 200 200 200 404 302"),
    ("delete-registered-models", "POST", {"name": "shop.ml"}, "302 302 200 200 200 404 302"),
    ("mentionable", "GET", {"principal": "o"}, "200 200 200 200 403 404 302"),
    ("unreached-mentions", "GET", {"text": "@stranger"}, "200 200 200 200 403 404 302"),
    ("grant-members", "GET", {}, "200 200 403 403 403 404 302"),
    ("inbox", "GET", {}, "200 200 200 200 200 200 302"),
    ("open-notification", "POST", {}, "404 404 404 404 404 404 302"),
    ("mark-inbox-read", "POST", {}, "302 302 302 302 302 302 302"),
    ("grant-access-request", "GET", {}, "404 404 404 404 404 404 302"),
    ("grant-access-request", "POST", {}, "404 404 404 404 404 404 302"),
    ("decline-access-request", "POST", {}, "404 404 404 404 404 404 302"),
    ("withdraw-access-request", "POST", {}, "404 404 404 404 404 404 302"),
    ("audit", "GET", {}, "200 200 200 200 200 200 302"),
    ("audit", "GET", {"object": "shop.ml.churn"}, "200 200 200 200 200 400 302"),
    ("download-audit", "GET", {}, "200 200 200 200 200 200 302"),
    ("sql-names", "GET", {"letters": "churn"}, "200 200 200 200 200 200 302"),
    ("sql", "POST", {"statement": "SHOW CATALOGS"}, "200 200 200 200 200 200 302"),
    ("principals", "GET", {}, "200 403 403 403 403 403 302"),
    ("create-principal", "POST", {"user_name": "n@example.com"}, "302 200 200 200 200 200 302"),
    ("edit-principal", "POST", {"is_active": "on"}, "302 403 403 403 403 403 302"),
    (
        "set-password",
        "POST",
        {"new_password1": "a long new one", "new_password2": "a long new one"},
        "302 403 403 403 403 403 302",
    ),
    ("end-sessions-of", "POST", {}, "302 403 403 403 403 403 302"),
    ("reset-second-factor", "POST", {}, "200 403 403 403 403 403 302"),  # there is none
    ("delete-principal", "POST", {}, "302 403 403 403 403 403 302"),
    ("service-principal", "GET", {}, "200 403 403 403 403 403 302"),
    (
        "create-service-principal-token",
        "POST",
        {"comment": "c", "days": "1", "scope": "read"},
        "200 403 403 403 403 403 302",
    ),
    ("create-service-principal-secret", "POST", {"days": "1"}, "200 403 403 403 403 403 302"),
    ("delete-service-principal-secret", "POST", {}, "302 403 403 403 403 403 302"),
    ("groups", "GET", {}, "200 403 403 403 403 403 302"),
    ("create-group", "POST", {"name": "new"}, "302 200 200 200 200 200 302"),
    ("group", "GET", {}, "200 403 403 403 403 403 302"),
    ("rename-group", "POST", {"name": "new"}, "302 200 200 200 200 200 302"),
    ("delete-group", "POST", {}, "302 200 200 200 200 200 302"),
    ("add-group-member", "POST", {"principal": "writer@example.com"}, "302 200 200 200 200 200 302"),
    ("remove-group-member", "POST", {}, "302 200 200 200 200 200 302"),
    ("all-jobs", "GET", {}, "200 403 403 403 403 403 302"),
    ("governed-tags", "GET", {}, "200 200 200 200 200 200 302"),
    # The form of who may not says so, in a page.
    ("set-tag-assigners", "POST", {"assigners": "readers"}, "302 200 200 200 200 200 302"),
    ("storage-use", "GET", {}, "200 403 403 403 403 403 302"),
    ("seen-by", "GET", {}, "200 403 403 403 403 403 302"),
    ("user", "GET", {}, "200 403 403 403 403 403 302"),
    ("metastore", "GET", {}, "200 403 403 403 403 403 302"),
    ("metastore", "POST", {"environments": "dev, prod"}, "302 403 403 403 403 403 302"),
    ("all-tokens", "GET", {}, "200 403 403 403 403 403 302"),
    ("revoke-any-token", "POST", {}, "404 403 403 403 403 403 302"),
    ("rotate-token", "POST", {}, "404 404 404 404 404 404 302"),
    ("profile", "GET", {}, "200 200 200 200 200 200 302"),
    ("choose-namespace", "POST", {"namespace": "shop.ml"}, "302 302 302 302 302 302 302"),
    ("choose-mail", "POST", {"frequency": "DAILY"}, "302 302 302 302 302 302 302"),
    ("end-session", "POST", {}, "404 404 404 404 404 404 302"),
    ("end-other-sessions", "POST", {}, "302 302 302 302 302 302 302"),
    ("principal-suggestions", "GET", {"principal": "read"}, "200 200 200 200 200 200 302"),
    ("tokens", "GET", {}, "200 200 200 200 200 200 302"),
    ("create-token", "POST", {"comment": "c", "days": "1"}, "200 200 200 200 200 200 302"),
    ("revoke-token", "POST", {}, "404 404 404 404 404 404 302"),
    ("set-theme", "POST", {"theme": "dark"}, "302 302 302 302 302 302 302"),
]


# Pages of an experiment of the owner's, as in TRACKING: name, method, query, fields. An administrator does everything.
SEE, CHANGE, RULE = "200 200 200 200 404 404 302", "302 302 302 200 404 404 302", "302 302 200 200 404 404 302"
OF_RUN = {"run": "<RUN>"}
RUN_PAGES = [
    ("experiments", "GET", {}, {}, "200 200 200 200 200 200 302"),
    ("create-experiment", "POST", {}, {"name": "<FRESH>"}, "302 302 302 302 302 302 302"),
    ("experiment", "GET", {}, {}, SEE),
    ("experiment", "GET", {"activeTab": "models"}, {}, SEE),
    ("experiment", "GET", {"activeTab": "permissions"}, {}, SEE),
    ("experiment", "GET", {"activeTab": "activity"}, {}, SEE),
    ("rename-experiment", "POST", {}, {"name": "<FRESH>"}, RULE),
    ("describe-experiment", "POST", {}, {"comment": "x"}, CHANGE),
    ("change-experiment-owner", "POST", {}, {"principal": "writer@example.com"}, RULE),
    ("delete-experiment", "POST", {}, {}, RULE),
    ("restore-experiment", "POST", {}, {}, "200 200 200 200 404 404 302"),  # it is not deleted
    ("tag-runs", "POST", OF_RUN, {"key": "k"}, CHANGE),
    ("delete-runs", "POST", OF_RUN, {}, CHANGE),
    ("restore-runs", "POST", OF_RUN, {}, CHANGE),
    ("compare-runs", "GET", {"run": ["<RUN>", "<OTHER>"]}, {}, SEE),
    ("metric-course", "GET", {"run": "<RUN>", "metric": "loss"}, {}, SEE),
    ("find-run", "GET", {}, {}, "302 302 302 302 404 404 302"),
    ("run", "GET", {}, {}, SEE),
    ("run", "GET", {"activeTab": "metrics"}, {}, SEE),
    ("run", "GET", {"activeTab": "artifacts"}, {}, SEE),
    ("rename-run", "POST", {}, {"name": "x"}, CHANGE),
    ("describe-run", "POST", {}, {"comment": "x"}, CHANGE),
    ("set-run-tag", "POST", {}, {"key": "k"}, CHANGE),
    ("delete-run-tag", "POST", {"key": "k"}, {}, "200 200 200 200 404 404 302"),  # there is none
    ("register-from-run", "GET", {}, {}, SEE),
    ("run-file", "GET", {}, {}, "404 404 404 404 404 404 302"),  # there are none
    ("run-picture", "GET", {}, {}, "404 404 404 404 404 404 302"),
    ("logged-model", "GET", {}, {}, SEE),
    ("logged-model", "GET", {"activeTab": "artifacts"}, {}, SEE),
    ("register-logged-model", "GET", {}, {}, SEE),
    ("logged-model-file", "GET", {}, {}, "404 404 404 404 404 404 302"),
    ("logged-model-picture", "GET", {}, {}, "404 404 404 404 404 404 302"),
]

OPEN = {"home", "logout", "admin-logout", "sign-in-code", "set-theme", "favicon", "admin-login"}
"""Pages that send whoever has not signed in somewhere else than to the sign-in."""


def filled_in(parameters, cast):
    """Return ``parameters`` about what is logged to an experiment just now, and what is."""
    one, fresh = make_logged(), uuid4().hex
    one.shared(cast)
    words = {"<EXPERIMENT>": one.experiment, "<RUN>": one.run, "<OTHER>": one.other, "<MODEL>": one.model,
             "<TRACE>": one.trace,
             "<NAME>": one.name, "<FRESH>": f"fresh {fresh}", "<NEW>": f"tr-{fresh}"}  # fmt: skip
    text = json.dumps(parameters)
    for word, value in words.items():
        text = text.replace(word, value)
    return json.loads(text), words


def address(name, cast, query, method="GET", words=None):
    if name == "endpoint-not-found":
        return "/api/nothing"
    if name in ("revoke", "remove-group-member"):
        query = {"principal": "reader@example.com", "privilege": "EXECUTE"}
    if name == "save-search":
        query = {"q": "churn"}
    if name in ("tag-model-versions", "delete-model-versions"):
        query = {"version": ["shop.ml.churn/1", "shop.ml.churn/2"]}
    if name in ("tag-registered-models", "deprecate-registered-models", "delete-registered-models"):
        query = {"model": "churn"}
    if query == {"path": "UID"}:
        query = {"path": cast.version.uid}
    ModelVersion.objects.filter(pk=cast.version.pk).update(model_id="m-1")
    about = of_runs(name, words) if words else arguments(name, cast) | special(name, cast, method)
    path = reverse(name, kwargs=about)
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def of_runs(name, words):
    known = {
        "model_id": words["<MODEL>"], "request_id": words["<TRACE>"], "trace_id": words["<TRACE>"], "tag_key": "k",
        "assessment_id": "a-1", "experiment": words["<EXPERIMENT>"], "experiment_id": words["<EXPERIMENT>"],
        "path": f"{words['<RUN>']}/artifacts" + ("" if "upload" in name else "/f"), "run_id": words["<RUN>"],
    }  # fmt: skip
    return {parameter: known[parameter] for parameter in get_resolver().reverse_dict[name][0][0][1]}


def arguments(name, cast):
    """Values for the parameters of a route: what they mean at most addresses."""
    known = {
        "name": "shop", "catalog": "shop", "schema": ("shop", "ml"), "full_name": str(cast.name), "version": 1,
        "uid": cast.version.uid, "path": "MLmodel", "securable_type": "function", "alias": "nobody", "subentity": "1",
        "entity_type": "models", "entity_name": str(cast.name), "tag_key": "k", "parent_type": "catalog",
        "parent_full_name": "shop", "quota_name": "schema-quota", "principal_id": cast.reader.pk, "parts": NOBODY,
        "number": 1, "pk": cast.stranger.pk, "key": 1, "kind": "users", "form": "csv",
        "statement_id": NOBODY, "chunk_index": 0, "model_id": "m-1", "group": 1,
    }  # fmt: skip
    if name.startswith("workspace-"):
        known["path"] = f"{OWNERS_FOLDER[1:]}/f"
    return {parameter: known[parameter] for parameter in get_resolver().reverse_dict[name][0][0][1]}


MADE = {
    "job-by-uid": lambda cast: {"uid": job_of(cast)},
    "import": lambda cast: {"uid": import_of(cast)},
    "import-by-uid": lambda cast: {"uid": import_of(cast)},
    "import-preview": lambda cast: {"uid": import_of(cast)},
    "import-start": lambda cast: {"uid": import_of(cast)},
    "trash-by-uid": lambda cast: {"uid": trashed(cast)},
    "trash-restore": lambda cast: {"uid": trashed(cast)},
    "restore-from-trash": lambda cast: {"uid": trashed(cast)},
    "purge-from-trash": lambda cast: {"uid": trashed(cast)},
    "job-cancel": lambda cast: {"uid": job_of(cast)},
    "job-retry": lambda cast: {"uid": job_of(cast)},
    "job": lambda cast: {"uid": job_of(cast)},
    "thing": lambda cast: {"uid": made_job().uid},
    "thing-neighbours": lambda cast: {"uid": made_job().uid},
    "thing-impact": lambda cast: {"uid": made_job().uid},
    "remove-relationship": lambda cast: {"uid": drawn(cast).uid, "full_name": cast.name},
    "grant-members": lambda cast: {"group": Group.objects.get(name="everybody-in-sales").pk},
    "table": lambda cast: {"full_name": table_of(cast).name_parts},
    "delete-table": lambda cast: {"full_name": table_of(cast).name_parts},
    "external-metadata": lambda cast: {"name": external_of(cast).name},
    "delete-external-metadata": lambda cast: {"name": external_of(cast).name},
    "uc-table": lambda cast: {"full_name": table_of(cast).full_name},
    "mlflow-get-table": lambda cast: {"full_name": table_of(cast).full_name},
    "uc-table-exists": lambda cast: {"full_name": table_of(cast).full_name},
    "external-metadata-by-name": lambda cast: {"name": external_of(cast).name},
}
"""Whose addresses name something that is made for them."""


def job_of(cast):
    return Job.objects.create(kind=Job.Kind.COPY, target=cast.version, title="Copy").pk


def import_of(cast):
    return entries.create_import(
        actor=actor(cast.admin), kind="MLFLOW", address="http://127.0.0.1:9", destination="shop.ml",
        credential=Credential(),
    ).pk  # fmt: skip


def trashed(cast):
    model = RegisteredModelFactory(schema=cast.schema, name="thrown_away", owner_user=cast.owner)
    registered_models.delete_registered_model(actor=actor(cast.owner), model=model)
    return TrashEntry.objects.latest("pk").uid


def made_job():
    job = graph.Entity(graph.Kind.JOB, "7")
    return graph.nodes_of([job])[job]


def drawn(cast):
    end = relationships.find_end(actor=actor(cast.owner), kind=graph.Kind.FILE, name="s3://drawn")
    itself = relationships.end_of(cast.version)
    return relationships.create_relationship(actor=actor(cast.owner), source=end, target=itself)


def special(name, cast, method):
    """Arguments that mean something else at this address than elsewhere."""
    if name in MADE:
        return MADE[name](cast)
    if name in ("comment", "answer-comment", "edit-comment-text", "delete-comment"):
        said = discussions.add_comment(actor=actor(cast.writer), subject=cast.model, text="Hello.")
        return {"uid": said.uid}
    if name in ("directory", "file"):  # reading is of the ready version, writing of the pending one
        ready = "MLmodel" if name == "file" else ""
        fresh = uuid4().hex  # the disk does not forget what a member has written
        return {"path": f"Models/shop/ml/churn/{f'1/{ready}' if method in ('GET', 'HEAD') else f'2/{fresh}'}"}
    if name == "uc-schema":
        return {"full_name": "shop.ml"}
    if name in ("group", "rename-group", "delete-group", "add-group-member", "remove-group-member"):
        return {"pk": Group.objects.get(name="readers").pk}
    if "service-principal" in name and "scim" not in name:
        robot = User.objects.create_user(NOBODY, kind=User.Kind.SERVICE_PRINCIPAL)
        secret, _ = OAuthSecret.objects.issue(robot, lifetime=timedelta(days=1))
        return {"pk": robot.pk, **({"uid": secret.uid} if "delete" in name else {})}
    if name == "set-tag-assigners":
        return {"tag_key": CERTIFICATION}
    if name == "scim-group":
        return {"principal_id": GROUP_IDS_FROM + Group.objects.get(name="readers").pk}
    if name == "mlflow-artifact":
        return {"path": f"{cast.version.uid}/MLmodel"}
    given = arguments(name, cast)
    takes_parsed_names = name in {page for page, *_ in PAGES} and "securable_type" not in given
    return {"full_name": cast.name} if takes_parsed_names and "full_name" in given else {}


def rows(table):
    return [
        pytest.param(name, method, parameters, statuses.split(), id=f"{name} {method} {' '.join(parameters)}")
        for name, method, parameters, statuses in table
    ]


def is_refused(name, method, status, statuses):
    """Whether that is a refusal: also what is not there for one and is for another, or is refused in a form."""
    *known, _ = statuses  # whoever is anonymous is sent to the sign-in page
    is_hidden = status == "404" and set(known) & {"200", "201", "204", "302"}
    is_refused_in_a_form = method == "POST" and status == "200" and "302" in known and name != "request-access"
    return bool(status in ("401", "403") or is_hidden or is_refused_in_a_form)


def has_left_a_trace():
    """Whether there is an event of a refusal, or one is counted for the event of this minute."""
    return AuditEvent.objects.filter(result="DENIED").exists() or DenialTally.objects.exclude(folded={}).exists()


@pytest.mark.parametrize(("name", "method", "parameters", "statuses"), rows(API))
def test_api(api, cast, subtests, request, name, method, parameters, statuses):
    if name.startswith("tracking-"):
        request.getfixturevalue("tracking")
    for member, status in zip(MEMBERS, statuses, strict=True):
        with subtests.test(member), undone():
            asked, words = parameters, {}
            if name.startswith("tracking-"):
                asked, words = filled_in(parameters, cast)
            path = address(name, cast, asked if method == "GET" else None, method, words)
            body = asked if method not in ("GET", "HEAD") else None
            if asked.get("url") == "LOCATION":
                body = {**asked, "url": f"{cast.version.storage_location}/MLmodel"}
            answer = api(cast[member])(method, path, body)
            told = b"".join(answer)  # a file is streamed
            assert answer.status_code == int(status), told
            assert has_left_a_trace() or not is_refused(name, method, status, statuses), told
            if int(status) >= 400 and method != "HEAD":
                assert is_envelope(name, json.loads(told))


def is_envelope(name, told):
    """Errors are in the client's own form: SCIM's and OAuth's are standards of their own."""
    if name.startswith("scim-"):
        return {"schemas", "detail", "status"} <= set(told)
    return set(told) == (
        {"error", "error_description"} if name == "oauth-token" else {"error_code", "message", "details"}
    )


@pytest.mark.parametrize(("name", "method", "parameters", "statuses"), rows(PAGES))
def test_pages(as_user, cast, subtests, name, method, parameters, statuses):
    for member, status in zip(MEMBERS, statuses, strict=True):
        with subtests.test(member), undone():
            path = address(name, cast, parameters if method == "GET" else None)
            browser = as_user(cast[member])
            answer = browser.post(path, parameters) if method == "POST" else browser.get(path)
            told = b"".join(answer)  # a file is streamed
            assert answer.status_code == int(status), told[:2000]
            assert has_left_a_trace() or not is_refused(name, method, status, statuses), told[:2000]
            if member == "anonymous" and status == "302" and name not in OPEN:
                assert answer["Location"].startswith("/login?next=")


@pytest.mark.parametrize("row", RUN_PAGES, ids=lambda row: f"{row[0]} {row[1]} {' '.join(row[2])}")
def test_pages_of_runs(as_user, cast, subtests, tracking, row):
    name, method, query, fields, statuses = row
    for member, status in zip(MEMBERS, statuses.split(), strict=True):
        with subtests.test(member), undone():
            (asked, filled), words = filled_in([query, fields], cast)
            path, browser = address(name, cast, asked, method, words), as_user(cast[member])
            answer = browser.post(path, filled) if method == "POST" else browser.get(path)
            assert answer.status_code == int(status), answer.content[:2000]
            assert has_left_a_trace() or not is_refused(name, method, status, statuses.split()), answer.content[:2000]
            if member == "anonymous":
                assert answer["Location"].startswith("/login?next=")


def test_every_url_has_a_row():
    """Walks the resolver; the Django admin has tests of its own."""
    known = {name for name, *_ in API + PAGES + RUN_PAGES}
    assert set(url_names(get_resolver())) - known == set()


def url_names(resolver):
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name
        elif isinstance(pattern, URLResolver) and pattern.namespace != "admin":
            yield from url_names(pattern)
