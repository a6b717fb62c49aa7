"""How long, how many: the limits of Models in Unity Catalog, each with its source. Checked in services and, where
a database can, by it. Quotas that an installation may want are settings (``QUOTAS``)."""

NAME_LENGTH = 255  # Unity Catalog requirements page: object names
COMMENT_LENGTH = 65_536  # Databricks API, registered models: comment
ALIASES_PER_MODEL = 10  # Manage model lifecycle in Unity Catalog
ALIAS_LENGTH = 255  # MLflow, utils/validation.py
TAGS_PER_OBJECT = 50  # SET TAG page, 2026 (20 in older texts)
TAG_KEY_LENGTH = 255  # SET TAG page
TAG_VALUE_LENGTH = 1_000  # SET TAG page
# Ours; the sources name none.
TAGS_PER_CALL = 100  # read; how many an object may have is another limit
GROUP_MEMBERS_PER_CALL = 10_000
TOKEN_LIFETIME_DAYS = 3_650
OAUTH_SECRET_LIFETIME_DAYS = 730
SOURCE_LENGTH = 4_096
ROOT_LENGTH = 300  # of a storage root: an object's key, of at most 1,024 bytes, begins with it
LOCATION_LENGTH = 2_048  # of a table, or of what is in another system
COLUMNS = 4_000  # of one of those
COLUMN_LENGTH = 16 * 1024  # of what is reported of one, as JSON
RUN_ID_LENGTH = 255
MODEL_ID_LENGTH = 255
LINEAGE_HEADER_LENGTH = 64 * 1024
LINEAGE_EDGES_PER_CALL = 100
NOTE_LENGTH = 1_000  # of an edge that someone has drawn
LINEAGE_NAME_LENGTH = 1_100
LINEAGE_EDGES_PER_JOB = 5_000  # that one principal reports
UPLOAD_NAME_LENGTH = 1_500  # a store's handle of some hundred letters, and a key
ARTIFACT_PATH_LENGTH = 1_024  # in bytes
ARTIFACT_NAME_LENGTH = 255  # what common file systems hold, in bytes
MLMODEL_LENGTH = 1024 * 1024
MLMODEL_VALUES = 5_000  # YAML's own; a signature is one text
SIGNATURE_FIELDS = 5_000  # of inputs, of outputs, of parameters
FLAVOR_LENGTH = 100
DISCUSSION_COMMENT_LENGTH = 10_000
MENTIONS_PER_COMMENT = 20
MENTIONED_PEOPLE = 100
PINS = 50
SAVED_SEARCHES = 50
SAVED_SEARCH_NAME = 100
PREVIEW_LENGTH = 256 * 1024  # bytes of a file that are read to be shown
PREVIEW_IMAGE_LENGTH = 10 * 1024 * 1024
FILTER_COMPARISONS = 20
FILTER_LENGTH = 10_000
FILTER_LIST_LENGTH = 500
ORDER_KEYS = 5
PARAMS_PER_VERSION = 1_000
TAG_POLICY_VALUES = 1_000
TAG_POLICY_ASSIGNERS = 1_000
METRICS_PER_VERSION = 1_000
LINEAGE_EDGES_PER_VERSION = 500
UPLOAD_PARTS = 10_000
MANIFEST_FILES = 10_000
ARTIFACT_DEPTH = 100
SEARCH_WORDS = 8
FILTER_PATTERN_LENGTH = 256
DEPENDENCY_NAME_LENGTH = 800
RUN_LINK_LENGTH = 500  # MLflow, the column of its own store
WORKSPACES_PER_CALL = 100
PROPERTIES = 100  # of a catalog, of a schema
PROPERTY_KEY_LENGTH = 255
PROPERTY_VALUE_LENGTH = 4_000
WORKSPACE_FILE_LENGTH = 10 * 1024 * 1024  # Databricks, workspace/export
WORKSPACE_FILES = 10_000  # of one account, with directories
WORKSPACE_LENGTH = 200 * 1024 * 1024  # of one account, in bytes
VERSION_DETAILS_LENGTH = 64 * 1024  # of params, and of metrics, as JSON

DENIALS_PER_MINUTE = 60
"""Denied attempts of one principal, or from one address, that have events of their own in a minute; more are folded."""
DENIALS_OF_NOBODY_PER_MINUTE = 120
"""The same for all who have not proved who they are, together."""
ADDRESSES_PER_MINUTE = 50
"""Addresses whose denials are folded separately in a minute; those of more are folded together."""
FOLDED_DISTINCT = 10
"""Objects, operations, addresses and tokens that a folded event names; the attempts on others are counted."""
FOLDED_NAME_LENGTH = 200
PENDING_DENIALS = 2_000
"""Denials of a process that wait to be written; of more, only the kinds are counted."""
REQUEST_COMMENT_LENGTH = 2000
"""Characters of a request for access, and of the reply to it."""
OPEN_REQUESTS = 100
"""Requests for access of one person that wait for an answer, or are of the last hour."""
GRANT_DAYS = 366
"""Days after which a grant that is to end by itself has ended at the latest."""

EXPERIMENT_NAME_LENGTH = 256
"""Characters of the name of an experiment: MLflow's own column."""
DEPRECATION_NOTE_LENGTH = 2_000
