"""What somebody found who attacked it: each trap once."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group
from guardian.shortcuts import remove_perm

from accounts.models import User
from registry.exceptions import (
    DoesNotExist,
    FileAlreadyExists,
    InvalidParameterValue,
    InvalidState,
    NoSuchUpload,
    PermissionDenied,
)
from registry.jobs.deleting import delete_artifacts
from registry.models import Job, ModelVersion
from registry.services.artifacts import lending, uploads
from registry.services.hierarchy import catalogs, model_versions, schemas
from registry.services.shared import finders
from registry.storage import artifact_store
from tests.cast import actor, grant
from tests.factories import CatalogFactory, ModelVersionFactory, RegisteredModelFactory, write

pytestmark = pytest.mark.django_db

UC = "/api/2.1/unity-catalog"
MLFLOW = "/api/2.0/mlflow"
FS = "/api/2.0/fs"
OPEN_SOURCE = {"User-Agent": "mlflow-python-client/3.17.2"}


@pytest.mark.parametrize(
    "change",
    [
        lambda actor, version: uploads.delete_artifact(actor=actor, version=version, path="MLmodel"),
        lambda actor, version: uploads.make_directory(actor=actor, version=version, path="folder"),
        lambda actor, version: uploads.remove_directory(actor=actor, version=version, path="folder"),
        lambda actor, version: uploads.write_artifact(actor=actor, version=version, path="x", chunks=[b"x"]),
        lambda actor, version: uploads.write_part(
            actor=actor, version=version, parts="00000000-0000-4000-8000-000000000000", number=1, chunks=[b"x"]
        ),
    ],
)
def test_a_version_that_became_ready_meanwhile_is_not_changed(cast, change, monkeypatch):
    """The check comes first, then the bytes, and then another request finalizes: the lock's check is what counts."""
    write(cast.pending, MLmodel="flavors: {}")
    check, checks = uploads.require_writable, []

    def finalized_after_the_first_check(*, actor, version):
        check(actor=actor, version=version)
        if not checks:
            ModelVersion.objects.filter(pk=version.pk).update(status="READY")
        checks.append(version)

    monkeypatch.setattr(uploads, "require_writable", finalized_after_the_first_check)
    with pytest.raises(InvalidState):
        change(actor(cast.writer), cast.pending)
    store = artifact_store(cast.pending.storage_location)
    assert [file.path for file in store.list_files(cast.pending.storage_location)] == ["MLmodel"]


@pytest.mark.parametrize(
    "dependency", [{"type": []}, {"table": {"table_full_name": {"a": 1}}}, {"table": {}}, {"x": 1}]
)
def test_dependencies_are_what_they_may_be(api, cast, dependency):
    body = {
        "catalog_name": "shop", "schema_name": "ml", "model_name": "churn", "source": "s",
        "model_version_dependencies": {
            "dependencies": [dependency, {"function": {"function_full_name": "a.b.f", "more": {}}}]
        },
    }  # fmt: skip
    made = api(cast.writer).ok("POST", f"{UC}/models/versions", body)
    known = {"dependencies": [{"function": {"function_full_name": "a.b.f"}}]}
    assert made["model_version_dependencies"] == known
    assert api(cast.reader).ok("GET", f"{UC}/models/shop.ml.churn/versions")["model_versions"]


@pytest.fixture
def copied(cast):
    """A version of ``shop.ml.churn`` that is a copy of something that the reader may not know of."""
    hidden = ModelVersionFactory(registered_model=RegisteredModelFactory(name="secret"))
    source = f"models:/{hidden.registered_model.full_name}/1"
    return ModelVersionFactory(registered_model=cast.model, copied_from=hidden, source=source)


def test_a_source_that_is_not_shown_is_not_found_either(api, cast, copied):
    for root in (MLFLOW, f"{MLFLOW}/unity-catalog"):
        found = api(cast.reader).ok("GET", f"{root}/model-versions/search?filter=source_path LIKE 'models:/%25'")
        assert found["model_versions"] == []
        found = api(cast.admin).ok("GET", f"{root}/model-versions/search?filter=source_path LIKE 'models:/%25'")
        assert [version["source"] for version in found["model_versions"]] == [copied.source]


def test_a_source_stays_hidden_when_the_original_is_gone(api, cast, copied):
    copied.copied_from.delete()
    path = f"{MLFLOW}/model-versions/get?name=shop.ml.churn&version={copied.version}"
    assert api(cast.reader).ok("GET", path)["model_version"]["source"] == ""


@pytest.mark.parametrize(
    "lose",
    [
        lambda cast: remove_perm("use_catalog", cast.writer, cast.catalog),
        lambda cast: User.objects.filter(pk=cast.writer.pk).update(is_active=False),
        lambda cast: cast.pending.delete(),
    ],
    ids=["right", "account", "version"],
)
def test_what_is_lost_during_an_upload_counts_when_it_ends(cast, lose):
    def chunks():
        yield b"first"
        lose(cast)
        yield b"second"

    writer = actor(cast.writer)
    with pytest.raises((PermissionDenied, DoesNotExist, InvalidState)):
        uploads.write_artifact(actor=writer, version=cast.pending, path="late", chunks=chunks())
    assert artifact_store(cast.pending.storage_location).list_files(cast.pending.storage_location) == []


def test_a_signed_url_of_a_file_is_none_of_a_part(api, cast):
    writer = api(cast.writer)
    parts = uploads.begin_upload(actor=actor(cast.writer), version=cast.pending, path="big", overwrite=False)
    path = f"/Models/shop/ml/churn/2/{parts}/1"
    url = urlsplit(writer.ok("POST", f"{FS}/create-upload-url", {"path": path})["url"])
    forged = f"{FS}/presigned-parts/{cast.pending.uid}/{parts}/1?{url.query}"
    assert api()("PUT", forged, b"EVIL").status_code == 403


def test_parts_belong_to_their_version(cast):
    writer = actor(cast.writer)
    other = ModelVersionFactory(registered_model=cast.model, status="PENDING_REGISTRATION", creator_key=cast.writer.pk)
    parts = uploads.begin_upload(actor=writer, version=cast.pending, path="big", overwrite=False)
    with pytest.raises(NoSuchUpload, match="upload doesn't exist"):
        uploads.write_part(actor=writer, version=other, parts=parts, number=1, chunks=[b"EVIL"])


def test_patterns_are_short(api, cast):
    path = f"{MLFLOW}/registered-models/search?filter=comment LIKE '{'a' * 257}'"
    assert api(cast.reader).error("GET", path) == (400, "INVALID_PARAMETER_VALUE")


def test_a_new_name_of_a_container_wants_the_right_to_create(cast):
    """Otherwise it tells whether a hidden one has the name."""
    mine = CatalogFactory(name="mine", owner_user=cast.stranger)
    CatalogFactory(name="hidden")
    with pytest.raises(PermissionDenied, match="CREATE CATALOG"):
        catalogs.update_catalog(actor=actor(cast.stranger), catalog=mine, new_name="hidden")
    schema = cast.catalog.schemas.create(name="theirs", owner_user=cast.reader)
    with pytest.raises(PermissionDenied, match="CREATE SCHEMA"):
        schemas.update_schema(actor=actor(cast.reader), schema=schema, new_name="ml")


def test_a_quota_tells_its_count_to_who_manages(api, cast, settings):
    settings.QUOTAS = {**settings.QUOTAS, "schemas_per_catalog": 5}
    path = f"{UC}/resource-quotas/CATALOG/shop/schema-quota"
    assert api(cast.reader).error("GET", path) == (403, "PERMISSION_DENIED")
    assert api(cast.stranger).error("GET", path) == (404, "RESOURCE_DOES_NOT_EXIST")
    quota = api(cast.admin).ok("GET", path)["quota_info"]
    assert (quota["quota_count"], quota["quota_limit"]) == (1, 5)
    assert [q["quota_name"] for q in api(cast.admin).ok("GET", f"{UC}/resource-quotas/all-resource-quotas")["quotas"]]


@pytest.fixture
def inbox(cast):
    """The directory into which a client of `uc:` writes the files of the pending version."""
    location = lending.lend_for_upload(actor=actor(cast.writer), version=cast.pending)
    return Path(urlsplit(location).path)


def finalized_files(cast):
    model_versions.finalize_model_version(actor=actor(cast.writer), version=cast.pending)
    store = artifact_store(cast.pending.storage_location)
    return [file.path for file in store.list_files(cast.pending.storage_location)]


def test_an_inbox_gives_its_own_files_and_nothing_that_a_link_leads_to(cast, inbox, tmp_path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").write_text("secret")
    (inbox / "sub").mkdir()
    (inbox / "sub" / "MLmodel").write_text("flavors: {}")
    (inbox / "symlink").symlink_to(tmp_path / "secret")
    (inbox / "symlinked").symlink_to(tmp_path / "folder")
    os.link(tmp_path / "secret", inbox / "hardlink")
    os.mkfifo(inbox / "pipe")
    assert finalized_files(cast) == ["sub/MLmodel"]
    assert not inbox.exists()


def test_an_inbox_that_is_nested_without_end_is_refused(cast, inbox):
    deep = inbox
    for _ in range(101):
        deep /= "d"
        deep.mkdir()
    (deep / "f").write_text("x")
    with pytest.raises(InvalidParameterValue, match="nested"):
        finalized_files(cast)


@pytest.mark.usefixtures("no_trash")
def test_an_inbox_goes_with_its_version(cast, inbox):
    (inbox / "f").write_text("x")
    model_versions.delete_model_version(actor=actor(cast.owner), version=cast.pending)
    job = Job.objects.get(kind=Job.Kind.DELETE_ARTIFACTS)
    assert job.take()
    delete_artifacts(job)
    assert not inbox.exists()


def test_a_lent_directory_is_a_copy_or_cannot_be_written_through(cast):
    write(cast.version, registered_model_meta="model_name: x", weights=b"w" * 100_000)
    lent = Path(urlsplit(lending.lend_for_download(actor=actor(cast.reader), version=cast.version)).path)
    assert {file.name for file in lent.rglob("*") if file.is_file()} == {"MLmodel", "weights", "registered_model_meta"}
    (lent / "registered_model_meta").write_text("overwritten")
    assert (lent / "weights").stat().st_mode & 0o222 == 0
    store = artifact_store(cast.version.storage_location)
    kept = b"".join(store.read(cast.version.storage_location, "registered_model_meta", 0, 100))
    assert kept == b"model_name: x"


def test_nothing_is_lent_to_who_may_not_read_or_to_other_machines(api, cast, settings):
    path = f"{UC}/models/shop.ml.churn/versions/1"
    for user, address, scheme in (
        (cast.reader, "127.0.0.1", "file"), (cast.reader, "192.0.2.1", "local"), (cast.writer, "127.0.0.1", "local"),
    ):  # fmt: skip
        told = api(user).ok("GET", path, headers=OPEN_SOURCE, REMOTE_ADDR=address)
        assert urlsplit(told["storage_location"]).scheme == scheme
    body = {"catalog_name": "shop", "schema_name": "ml", "model_name": "churn", "source": "s"}
    refused = api(cast.writer).error(
        "POST", f"{UC}/models/versions", body, headers=OPEN_SOURCE, REMOTE_ADDR="192.0.2.1"
    )
    assert refused == (400, "INVALID_STATE")
    settings.LEND_TO_OTHER_MACHINES = True
    made = api(cast.writer).ok("POST", f"{UC}/models/versions", body, headers=OPEN_SOURCE, REMOTE_ADDR="192.0.2.1")
    assert urlsplit(made["storage_location"]).scheme == "file"


def test_params_and_metrics_have_a_limit(api, cast):
    body = {"name": "shop.ml.churn", "source": "s", "model_params": [{"name": "p", "value": "v" * 6000}] * 11}
    assert api(cast.writer).error("POST", f"{MLFLOW}/unity-catalog/model-versions/create", body)[0] == 400
    body["model_params"] = [{"name": "C", "value": "1.0"}]
    body["model_metrics"] = [{"key": "acc", "value": 0.9, "step": 3}]
    made = api(cast.writer).ok("POST", f"{MLFLOW}/unity-catalog/model-versions/create", body)["model_version"]
    assert made["model_params"] == [{"name": "C", "value": "1.0"}]
    assert (made["model_metrics"][0]["key"], made["model_metrics"][0]["step"]) == ("acc", 3)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{UC}/models/shop.ml.churn/aliases/%00"),
        ("DELETE", f"{UC}/entity-tag-assignments/catalogs/shop/tags/%00"),
        ("GET", "/api/2.1/tag-policies/%00"),
        ("GET", f"{MLFLOW}/model-versions/search?filter=version_number = '99999999999999999999'"),
        ("GET", f"{MLFLOW}/model-versions/search?filter=version_number NOT IN (99999999999999999)"),
        ("GET", f"/api/2.0/preview/scim/v2/Users?startIndex={'9' * 30}"),
        ("GET", f"/api/2.0/preview/scim/v2/Users?filter={'not (' * 60}id pr{')' * 60}"),
        ("GET", '/api/2.0/preview/scim/v2/Users?filter=groups[display eq "x"] and userName pr'),
        ("GET", '/api/2.0/preview/scim/v2/Users?filter=nothing eq "x" or userName pr'),
    ],
)
def test_one_request_is_never_a_fault(api, cast, method, path):
    assert api(cast.admin)(method, path).status_code in (200, 400, 404)
    if "scim" in path:
        assert api(cast.admin)(method, path).status_code == 400


def test_values_that_are_nested_without_end_are_refused(api, cast):
    deep = b'{"Operations": [{"op": "replace", "path": "displayName", "value": ' + b"[" * 900 + b"]" * 900 + b"}]}"
    answer = api(cast.admin)("PATCH", f"/api/2.0/preview/scim/v2/Users/{cast.reader.pk}", deep)
    assert answer.status_code == 400


def test_a_right_through_a_group_counts_for_who_copies(api, cast):
    """The reader reads through a group; a copy into a model of the group is one that it may make."""
    mine = RegisteredModelFactory(schema=cast.schema, owner_group=Group.objects.get(name="readers"))
    grant(cast.reader, cast.catalog, "USE CATALOG")
    body = {"name": mine.full_name, "source": "models:/shop.ml.churn/1"}
    made = api(cast.reader).ok("POST", f"{MLFLOW}/model-versions/create", body)["model_version"]
    assert (made["status"], made["source"]) == ("PENDING_REGISTRATION", "models:/shop.ml.churn/1")


def test_full_names_follow_their_containers_however_old_the_reader_s_copy_is(cast):
    """Two who rename at once: each read the names before the other wrote."""
    admin = actor(cast.admin)
    first = finders.get_catalog(actor=admin, name="shop")
    second = finders.get_catalog(actor=admin, name="shop")
    schema = finders.get_schema(actor=admin, catalog="shop", name="ml")
    catalogs.update_catalog(actor=admin, catalog=first, new_name="a-much-longer-name")
    schemas.update_schema(actor=admin, schema=schema, new_name="s")
    cast.model.refresh_from_db()
    assert cast.model.full_name == "a-much-longer-name.s.churn"
    catalogs.update_catalog(actor=admin, catalog=second, new_name="b")
    cast.model.refresh_from_db()
    assert cast.model.full_name == "b.s.churn"


def test_an_upload_in_parts_ends_once_and_may_be_ended_again(cast):
    writer = actor(cast.writer)
    parts = uploads.begin_upload(actor=writer, version=cast.pending, path="f", overwrite=False)
    end = {"actor": writer, "version": cast.pending, "path": "f", "parts": parts, "overwrite": False}
    with pytest.raises(InvalidParameterValue, match="at least one"):
        uploads.complete_upload(**end, etags={})
    etag = uploads.write_part(actor=writer, version=cast.pending, parts=parts, number=1, chunks=[b"x"])
    with pytest.raises(InvalidParameterValue, match="Part 2"):
        uploads.complete_upload(**end, etags={1: etag, 2: ""})
    uploads.complete_upload(**end, etags={1: etag})
    uploads.complete_upload(**end, etags={1: etag})
    again = uploads.begin_upload(actor=writer, version=cast.pending, path="g", overwrite=False)
    uploads.write_artifact(actor=writer, version=cast.pending, path="g", chunks=[b"meanwhile"])
    uploads.write_part(actor=writer, version=cast.pending, parts=again, number=1, chunks=[b"x"])
    with pytest.raises(FileAlreadyExists):
        uploads.complete_upload(**{**end, "path": "g", "parts": again}, etags={1: ""})


def test_a_masked_update_of_a_tag_policy_changes_what_the_mask_names(api, cast):
    admin, path = api(cast.admin), "/api/2.1/tag-policies"
    admin.ok("POST", path, {"tag_key": "k", "description": "d", "values": [{"name": "a"}]})
    told = admin.ok("PATCH", f"{path}/k?update_mask=description", {"description": "e", "values": [{"name": "b"}]})
    assert (told["description"], told["values"]) == ("e", [{"name": "a"}])
    assert admin.ok("PATCH", f"{path}/k?update_mask=values", {"tag_key": "k"})["values"] == []
    assert admin.error("PATCH", f"{path}/k?update_mask=id", {}) == (400, "INVALID_PARAMETER_VALUE")


def test_replacing_a_user_keeps_it_deactivated(api, cast):
    User.objects.filter(pk=cast.reader.pk).update(is_active=False)
    body = {"userName": "reader@example.com", "displayName": "Rea"}
    told = api(cast.admin).ok("PUT", f"/api/2.0/preview/scim/v2/Users/{cast.reader.pk}", body)
    assert (told["active"], told["displayName"]) == (False, "Rea")


def test_a_removal_without_a_path_is_refused(api, cast):
    body = {"Operations": [{"op": "remove", "value": {"members": []}}]}
    group = 10**12 + Group.objects.get(name="readers").pk
    assert api(cast.admin)("PATCH", f"/api/2.0/preview/scim/v2/Groups/{group}", body).status_code == 400
