"""Registering a repository of Hugging Face by its address."""

import hashlib
import json

import pytest

from registry import tasks
from registry.exceptions import DoesNotExist, InvalidParameterValue, PermissionDenied
from registry.models import Job, ModelVersion
from registry.remotes import connection
from registry.remotes.hugging_face import Repository
from registry.services.artifacts import inventory
from registry.services.versions import registrations, retries
from tests.cast import actor
from tests.registry.remotes.servers import served

COMMIT = "a" * 40
FILES = {"README.md": b"# ViT", "model.safetensors": b"w" * 3000, "onnx/a b.onnx": b"o"}


@pytest.fixture
def hub(settings, monkeypatch):
    """A server that answers as the Hub does, with one repository, whose files come in two pages."""
    monkeypatch.setattr(connection, "_PAUSE", 0)
    with served() as server:
        settings.STORAGE = {**settings.STORAGE, "register_from": [server.url]}
        entries = [{"type": "directory", "path": "onnx"}]
        for path, content in FILES.items():
            lfs = {"lfs": {"oid": hashlib.sha256(content).hexdigest()}} if len(content) > 100 else {}
            entries.append({"type": "file", "path": path, "size": len(content), **lfs})
            server.answers[f"/google/vit/resolve/{COMMIT}/{path.replace(' ', '%20')}"] = (200, {}, content)
        following = {"Link": f'<{server.url}/page-2>; rel="next"'}
        server.answers["/api/models/google/vit/revision/main"] = told({"sha": COMMIT})
        server.answers[f"/api/models/google/vit/tree/{COMMIT}"] = told(entries[:2], following)
        server.answers["/page-2"] = told(entries[2:])
        yield server


def told(value, headers=None):
    return 200, headers or {}, json.dumps(value).encode()


def register(cast, address, who="owner"):
    return registrations.register_from(actor=actor(cast[who]), address=address, destination=cast.model)


def run(job):
    tasks.run_job(str(job.pk))
    return Job.objects.get(pk=job.pk), ModelVersion.objects.get(jobs=job)


def test_a_repository_becomes_a_version_at_the_commit_that_it_has(hub, cast):
    job, version = run(register(cast, f"{hub.url}/google/vit"))
    assert (job.state, job.error, version.status) == ("SUCCEEDED", "", "READY")
    assert version.source == f"{hub.url}/google/vit/tree/{COMMIT}"
    assert {file.path: file.sha256 for file in inventory.rows_of(version)} == {
        path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()
    }
    assert job.files_done == 3


def test_what_was_changed_on_the_way_fails(hub, cast):
    job = register(cast, f"{hub.url}/google/vit/tree/main/")
    hub.answers[f"/google/vit/resolve/{COMMIT}/model.safetensors"] = (200, {}, b"x" * 3000)
    job, version = run(job)
    assert (job.state, version.status) == ("FAILED", "FAILED_REGISTRATION")
    assert "SHA-256 has changed" in job.error
    hub.answers[f"/google/vit/resolve/{COMMIT}/model.safetensors"] = (200, {}, FILES["model.safetensors"])
    job, version = run(retries.retry_job(actor=actor(cast.owner), uid=job.pk))
    assert (job.state, version.status) == ("SUCCEEDED", "READY")


def test_a_hub_that_is_away_is_waited_for(hub, cast):
    job = register(cast, f"{hub.url}/google/vit")
    hub.answers[f"/api/models/google/vit/tree/{COMMIT}"] = (503, {}, b"")
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, "Waiting: " in job.error) == ("QUEUED", True)


def test_nothing_is_asked_for_whoever_may_not_create_a_version(hub, cast):
    with pytest.raises(PermissionDenied):
        register(cast, f"{hub.url}/google/vit", "reader")
    assert hub.asked == []


def test_only_below_what_is_allowed(hub, cast, settings):
    settings.STORAGE = {**settings.STORAGE, "register_from": [f"{hub.url}/google", "file:///srv"]}
    for address in (f"{hub.url}/other/vit", "https://huggingface.co/google/vit", f"{hub.url}/google2/vit"):
        with pytest.raises(InvalidParameterValue, match="below none"):
            register(cast, address)
    assert hub.asked == []


def test_one_that_is_not_there_is_said(hub, cast):
    with pytest.raises(DoesNotExist):
        register(cast, f"{hub.url}/google/nothing")


@pytest.mark.parametrize(
    "address",
    ["https://huggingface.co", "https://huggingface.co/vit", "https://huggingface.co/a/b/c", "https://h/a/..",
     "https://h/a/b/tree/../../x", "https://h/a/b?x=1", "https://h/a/b/tree/", "https://u@h/a/b/tree/x y"],
)  # fmt: skip
def test_what_is_no_repository_is_refused(address):
    with pytest.raises(InvalidParameterValue):
        Repository.at(address)
