from registry import tasks
from registry.models import Job
from registry.services import model_versions
from registry.storage import artifact_store
from tests.cast import actor


def test_the_bytes_of_a_deleted_version_are_removed(cast):
    location = cast.version.storage_location
    model_versions.delete_model_version(actor=actor(cast.owner), version=cast.version)
    job = Job.objects.get()
    for _ in range(2):
        tasks.run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("SUCCEEDED", 1)
    assert artifact_store(location).list_files(location) == []
