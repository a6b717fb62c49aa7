"""Jobs as JSON: progress, cancelling, retrying."""

import pytest

from registry import tasks
from registry.models import Job, ModelVersion
from registry.services.metadata import aliases
from registry.services.versions import copies
from tests.cast import actor
from tests.factories import RegisteredModelFactory

JOBS = "/api/2.1/jobs"


@pytest.fixture
def copy(cast):
    """A copy of a version with files, which the owner has asked for, with an alias."""
    there = RegisteredModelFactory(schema=cast.schema, name="there", owner_user=cast.owner)
    return copies.copy_model_version(actor=actor(cast.owner), source=cast.version, destination=there, alias="new")


def test_a_job_tells_its_progress_to_those_who_may_know(api, cast, copy):
    told = api(cast.owner).ok("GET", f"{JOBS}/{copy.pk}")
    assert (told["state"], told["kind"], told["target"], told["alias"]) == (
        "QUEUED", "COPY", {"full_name": "shop.ml.there", "version": 1}, "new",
    )  # fmt: skip
    assert [job["job_id"] for job in api(cast.owner).ok("GET", JOBS)["jobs"]] == [str(copy.pk)]
    assert api(cast.owner).ok("GET", JOBS, {"state": "FAILED"})["jobs"] == []
    assert api(cast.reader).ok("GET", JOBS)["jobs"] == []
    assert [job["job_id"] for job in api(cast.admin).ok("GET", JOBS, {"all": True})["jobs"]] == [str(copy.pk)]
    assert api(cast.stranger).error("GET", f"{JOBS}/{copy.pk}")[0] == 404
    tasks.run_job(str(copy.pk))
    told = api(cast.owner).ok("GET", f"{JOBS}/{copy.pk}")
    assert (told["state"], told["percent"], told["files_done"]) == ("SUCCEEDED", 100, told["files_total"])
    assert told["finished_at"]


def test_a_job_is_cancelled_and_begun_once_more(api, cast, copy):
    owner = api(cast.owner)
    cancelled = owner.ok("POST", f"{JOBS}/{copy.pk}/cancel")
    assert (cancelled["state"], "Cancelled by" in cancelled["error"]) == ("FAILED", True)
    assert owner.error("POST", f"{JOBS}/{copy.pk}/cancel")[0] == 400
    again = owner.ok("POST", f"{JOBS}/{copy.pk}/retry")
    assert again["job_id"] != str(copy.pk)
    assert again["target"] == {"full_name": "shop.ml.there", "version": 2}
    assert owner.error("POST", f"{JOBS}/{again['job_id']}/retry")[0] == 400  # it has not failed
    tasks.run_job(again["job_id"])
    assert owner.ok("GET", f"{JOBS}/{again['job_id']}")["state"] == "SUCCEEDED"
    there = ModelVersion.objects.get(registered_model__name="there", version=2)
    assert there.is_ready
    assert aliases.find_alias(model=there.registered_model, alias="new").model_version == there


def test_what_is_gone_is_not_begun_once_more(api, cast, copy):
    api(cast.owner).ok("POST", f"{JOBS}/{copy.pk}/cancel")
    Job.objects.filter(pk=copy.pk).update(source=None)
    assert "source was deleted" in api(cast.owner)("POST", f"{JOBS}/{copy.pk}/retry").json()["message"]
    Job.objects.filter(pk=copy.pk).update(target=None)
    assert "has been deleted" in api(cast.owner)("POST", f"{JOBS}/{copy.pk}/retry").json()["message"]


def test_who_starts_a_copy_over_http_is_told_where_its_job_is(api, cast):
    RegisteredModelFactory(schema=cast.schema, name="there", owner_user=cast.owner)
    source = f"models:/shop.ml.churn/{cast.version.version}"
    answer = api(cast.owner)(
        "POST", "/api/2.0/mlflow/model-versions/create", {"name": "shop.ml.there", "source": source}
    )
    assert answer.status_code == 200
    job = api(cast.owner).ok("GET", answer["Location"])
    assert job["target"] == {"full_name": "shop.ml.there", "version": 1}
