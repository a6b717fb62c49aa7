"""What a worker does, one module per kind of job."""

from collections.abc import Callable

from registry.jobs.copying import copy_artifacts
from registry.jobs.deleting import delete_artifacts
from registry.jobs.importing import import_registry
from registry.jobs.refiling import refile
from registry.jobs.verifying import verify_artifacts
from registry.models import Job

HANDLERS: dict[str, Callable[[Job], None]] = {
    Job.Kind.COPY: copy_artifacts,
    Job.Kind.REGISTER: copy_artifacts,
    Job.Kind.DELETE_ARTIFACTS: delete_artifacts,
    Job.Kind.IMPORT: import_registry,
    Job.Kind.REFILE: refile,
    Job.Kind.VERIFY_ARTIFACTS: verify_artifacts,
}
