"""A pending version belongs to who has begun it, and what was written to it is told."""

import hashlib
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import PersonalAccessToken, User
from registry.exceptions import InvalidState, PermissionDenied
from registry.jobs.expiring import expire_abandoned_versions
from registry.models import ArtifactWrite, AuditEvent, ModelVersion
from registry.services.artifacts import lending, uploads, written
from registry.services.artifacts.manifests import Stated
from registry.services.hierarchy import model_versions, registered_models
from tests.cast import actor, grant
from tests.factories import ModelVersionFactory

PENDING = "/Models/shop/ml/churn/2/model.pkl"
FS = "/api/2.0/fs"
OPEN_SOURCE = {"User-Agent": "mlflow-python-client/3.17.0"}


def digest(content):
    return hashlib.sha256(content).hexdigest()


def put(user, version, path="model.pkl", content=b"abc", **options):
    uploads.write_artifact(actor=actor(user, **options), version=version, path=path, chunks=[content])


def finalize(user, version, **options):
    return model_versions.finalize_model_version(actor=actor(user), version=version, **options)


def told():
    return [event.parameters for event in AuditEvent.objects.filter(action_name="writeModelVersionArtifacts")]


@pytest.fixture
def second(cast):
    """Another one who may add versions to the model, and read it."""
    user = User.objects.create_user("second@example.com")
    grant(user, cast.catalog, "USE CATALOG", "USE SCHEMA", "CREATE MODEL VERSION", "EXECUTE")
    return user


def ways_in(api, cast):
    """Every request that changes files of a pending version, or ends its registration, made ready by its creator."""
    creator = api(cast.writer)
    begun = creator.ok("POST", f"{FS}/files{PENDING}?action=initiate-upload&overwrite=true")
    token = begun["multipart_upload"]["session_token"]
    place = {"path": PENDING}
    model = {"name": "shop.ml.churn", "version": "2"}
    uc = {"catalog_name": "shop", "schema_name": "ml", "model_name": "churn", "version": 2}
    session = {**place, "session_token": token}
    return [
        ("POST", f"{FS}/create-upload-url", place),
        ("PUT", f"{FS}/files{PENDING}?overwrite=true", b"evil"),
        ("DELETE", f"{FS}/files{PENDING}", None),
        ("PUT", f"{FS}/directories/Models/shop/ml/churn/2/d", None),
        ("DELETE", f"{FS}/directories/Models/shop/ml/churn/2/d", None),
        ("POST", f"{FS}/files{PENDING}?action=initiate-upload&overwrite=true", None),
        ("POST", f"{FS}/create-upload-part-urls", {**session, "start_part_number": 1}),
        ("POST", f"{FS}/create-abort-upload-url", session),
        ("POST", f"{FS}/files{PENDING}?action=complete-upload", {**session, "parts": [{"part_number": 1}]}),
        ("POST", "/api/2.0/mlflow/unity-catalog/model-versions/generate-temporary-credentials",
         {**model, "operation": "MODEL_VERSION_OPERATION_READ_WRITE"}),
        ("POST", "/api/2.1/unity-catalog/temporary-model-version-credentials",
         {**uc, "operation": "READ_WRITE_MODEL_VERSION"}),
        ("POST", "/api/2.0/mlflow/unity-catalog/model-versions/finalize", model),
        ("PATCH", "/api/2.1/unity-catalog/models/shop.ml.churn/versions/2/finalize", None),
    ]  # fmt: skip


def test_a_second_writer_changes_nothing_of_a_version_that_is_pending_by_no_way(api, cast, second):
    put(cast.writer, cast.pending)
    for method, path, body in ways_in(api, cast):
        answer = api(second)(method, path, body)
        # The session of an upload is its creator's: another one's is no session at all.
        assert answer.json()["error_code"] in ("PERMISSION_DENIED", "INVALID_PARAMETER_VALUE"), path
    cast.pending.refresh_from_db()
    assert cast.pending.is_pending
    assert cast.pending.artifacts.get().sha256 == digest(b"abc")


def test_signed_urls_that_were_made_when_one_managed_the_model_die_with_that(api, cast, second):
    grant(second, cast.model, "MANAGE")
    url = api(second).ok("POST", f"{FS}/create-upload-url", {"path": PENDING})["url"]
    cast.model.user_grants.filter(user=second).delete()
    assert Client().put(url, b"evil", content_type="").status_code == 403
    assert not cast.pending.artifacts.exists()


def test_the_directory_of_another_ones_upload_is_not_taken_in(cast, second):
    lending.lend_for_upload(actor=actor(cast.writer), version=cast.pending)
    for use in (lending.lend_for_upload, model_versions.finalize_model_version):
        with pytest.raises(PermissionDenied, match="MANAGE"):
            use(actor=actor(second), version=cast.pending)


@pytest.mark.parametrize("member", ["writer", "owner", "admin", "manager"])
def test_its_creator_the_owner_and_managers_write_and_finalize(cast, second, member):
    if member == "manager":
        grant(second, cast.model, "MANAGE")
    user = second if member == "manager" else cast[member]
    put(user, cast.pending)
    assert finalize(user, cast.pending).is_ready


def test_an_account_that_has_the_creators_name_again_is_another_one(cast):
    name = cast.writer.user_name
    cast.writer.delete()
    again = User.objects.create_user(name)
    grant(again, cast.catalog, "USE CATALOG", "USE SCHEMA", "CREATE MODEL VERSION")
    with pytest.raises(PermissionDenied):
        put(again, cast.pending)


def test_what_was_written_is_one_event_when_the_version_is_finalized(cast):
    token, _ = PersonalAccessToken.objects.issue(cast.writer)
    for number in range(30):
        put(cast.writer, cast.pending, f"data/{number}", b"%d" % number, credential=token.reference)
    assert told() == []
    finalize(cast.writer, cast.pending)
    (event,) = told()
    assert (event["version_arg"], event["outcome"]) == ("2", "READY")
    assert {(file["path"], file["size"], file["sha256"]) for file in event["files"]} == {
        (f"data/{number}", len(str(number)), digest(b"%d" % number)) for number in range(30)
    }
    assert {(file["by"], file["credential"]) for file in event["files"]} == {(cast.writer.user_name, token.reference)}
    assert not ArtifactWrite.objects.exists()


def test_a_file_that_was_replaced_says_by_whom_and_what_was_there(cast):
    put(cast.writer, cast.pending, content=b"mine")
    put(cast.owner, cast.pending, content=b"better")
    finalize(cast.writer, cast.pending)
    first, second = told()[0]["files"]
    assert (first["by"], first["sha256"]) == (cast.writer.user_name, digest(b"mine"))
    assert (second["by"], second["sha256"]) == (cast.owner.user_name, digest(b"better"))
    assert second["replaced"] == digest(b"mine")


def test_a_file_that_was_written_again_and_again_is_one_line(cast):
    for number in range(5):
        put(cast.writer, cast.pending, content=b"%d" % number)
    finalize(cast.writer, cast.pending)
    (file,) = told()[0]["files"]
    assert (file["times"], file["sha256"], file["replaced"]) == (5, digest(b"4"), digest(b"3"))


def test_a_file_that_was_deleted_is_told(cast):
    put(cast.writer, cast.pending)
    put(cast.writer, cast.pending, "other")
    uploads.delete_artifact(actor=actor(cast.owner), version=cast.pending, path="model.pkl")
    finalize(cast.writer, cast.pending)
    files = [file for file in told()[0]["files"] if file["path"] == "model.pkl"]
    assert [(file["by"], file.get("deleted", False)) for file in files] == [
        (cast.writer.user_name, False), (cast.owner.user_name, True),
    ]  # fmt: skip


def test_more_files_than_an_event_holds_are_several_events(cast, monkeypatch):
    monkeypatch.setattr(written, "FILES_PER_EVENT", 2)
    for number in range(5):
        put(cast.writer, cast.pending, str(number))
    finalize(cast.writer, cast.pending)
    assert sorted((event["part"], event["parts"], len(event["files"])) for event in told()) == [
        (1, 3, 2), (2, 3, 2), (3, 3, 1),
    ]  # fmt: skip


ENDS = {
    "the version": lambda cast: model_versions.delete_model_version(actor=actor(cast.owner), version=cast.pending),
    "the model": lambda cast: registered_models.delete_registered_model(actor=actor(cast.owner), model=cast.model),
    "by the clock": lambda cast: expire_abandoned_versions(timezone.now() + timedelta(days=2)),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_what_was_written_to_a_version_that_is_deleted_unfinished_is_told_too(cast, end):
    put(cast.writer, cast.pending)
    end(cast)
    (event,) = told()
    assert (event["outcome"], event["files"][0]["path"], event["files"][0]["by"]) == (
        "DELETED", "model.pkl", cast.writer.user_name,
    )  # fmt: skip
    assert not ModelVersion.objects.filter(pk=cast.pending.pk).exists()


def test_files_of_a_lent_directory_are_told_as_written_by_who_finalized(cast, tmp_path):

    lent = Path(urlsplit(lending.lend_for_upload(actor=actor(cast.writer), version=cast.pending)).path)
    (lent / "MLmodel").write_text("flavors: {}")
    finalize(cast.writer, cast.pending)
    assert [(file["path"], file["by"]) for file in told()[0]["files"]] == [("MLmodel", cast.writer.user_name)]


def test_a_manifest_that_fits_is_finalized_and_asked_again_fits(cast):
    put(cast.writer, cast.pending)
    manifest = {"model.pkl": Stated(digest(b"abc"), 3)}
    assert finalize(cast.writer, cast.pending, manifest=manifest).is_ready
    assert finalize(cast.writer, cast.pending, manifest=manifest).is_ready
    with pytest.raises(InvalidState, match="'model.pkl' is different"):
        finalize(cast.writer, cast.pending, manifest={"model.pkl": Stated(digest(b"other"))})


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ({}, "'model.pkl' is not in the manifest"),
        ({"model.pkl": Stated(size=4)}, "'model.pkl' is different"),
        ({"model.pkl": Stated(digest(b"x"))}, "'model.pkl' is different"),
        ({"model.pkl": Stated(size=3), "a": Stated(size=1), "b": Stated(size=1)}, "'a' and 1 more are missing"),
    ],
)
def test_a_manifest_that_differs_is_refused_and_the_version_stays_pending(cast, manifest, message):
    put(cast.writer, cast.pending)
    with pytest.raises(InvalidState, match=message):
        finalize(cast.writer, cast.pending, manifest=manifest)
    cast.pending.refresh_from_db()
    assert cast.pending.is_pending


FINALIZE = [
    ("POST", "/api/2.0/mlflow/unity-catalog/model-versions/finalize", {"name": "shop.ml.churn", "version": "2"}),
    ("PATCH", "/api/2.1/unity-catalog/models/shop.ml.churn/versions/2/finalize", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), FINALIZE)
def test_clients_may_state_a_manifest(api, cast, method, path, body):
    put(cast.writer, cast.pending)
    wrong = {"model.pkl": {"sha256": digest(b"swapped"), "size": 3}}
    assert api(cast.writer).error(method, path, {**body, "manifest": wrong}) == (400, "INVALID_STATE")
    for nonsense in ([], "x", {"model.pkl": "x"}, {"model.pkl": {}}, {"model.pkl": {"sha256": "zz"}},
                     {"model.pkl": {"size": -1}}, {str(number): {"size": 1} for number in range(10_001)}):  # fmt: skip
        refused = api(cast.writer).error(method, path, {**body, "manifest": nonsense})
        assert refused == (400, "INVALID_PARAMETER_VALUE")
    right = {"model.pkl": {"sha256": digest(b"abc").upper(), "size": 3}}
    api(cast.writer).ok(method, path, {**body, "manifest": right})
    cast.pending.refresh_from_db()
    assert cast.pending.is_ready


def test_the_manifest_is_described(api, cast):
    document = Client().get("/api/openapi.json").json()
    finalize = document["paths"]["/api/2.1/unity-catalog/models/{full_name}/versions/{version}/finalize"]["patch"]
    assert "manifest" in str(finalize["requestBody"]) or "manifest" in str(document["components"]["schemas"])


def test_a_version_without_a_creator_is_its_managers_alone(cast):
    version = ModelVersionFactory(registered_model=cast.model, status="PENDING_REGISTRATION")
    with pytest.raises(PermissionDenied):
        put(cast.writer, version)
    put(cast.owner, version)
