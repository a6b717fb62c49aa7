"""The largest file, the largest version, and quotas of bytes: refused before bytes are taken, and while they come."""

import json

import pytest
from django.test import Client

from registry.exceptions import QuotaExceeded, TooLarge
from registry.models import Job
from registry.services.artifacts import uploads
from registry.services.hierarchy import model_versions
from registry.services.shared import allowances
from registry.services.trash import entries
from registry.services.versions import copies
from tests.cast import actor, grant
from tests.factories import ModelVersionFactory, RegisteredModelFactory

PLACE = "/Models/shop/ml/churn/2/big"
FS = "/api/2.0/fs"
LIMITS = {
    "file": ("LARGEST_FILE", None, TooLarge, "A file has at most 10 bytes here."),
    "version": ("LARGEST_VERSION", None, TooLarge, "A version has at most 10 bytes here"),
    "principal": ("QUOTAS", "bytes_per_principal", QuotaExceeded, "10 bytes that one principal may register"),
    "catalog": ("QUOTAS", "bytes_per_catalog", QuotaExceeded, "10 bytes that Catalog 'shop' may hold"),
}


@pytest.fixture(params=LIMITS)
def limit(request, settings):
    """Each of the limits, alone, at ten bytes: what is raised, and what it says."""
    name, quota, error, message = LIMITS[request.param]
    setattr(settings, name, {**settings.QUOTAS, quota: 10} if quota else 10)
    return error, message


def put(cast, size, path="big", **options):
    return uploads.write_artifact(
        actor=actor(cast.writer), version=cast.pending, path=path, chunks=[b"x" * size], **options
    )


def test_as_many_bytes_as_are_allowed_are_taken(cast, limit):
    assert put(cast, 10) == 10
    assert put(cast, 10) == 10, "what is replaced makes room"


def test_one_more_is_refused_while_it_arrives(cast, limit, artifact_root):
    taken = []

    def chunks():
        for number in range(1000):
            taken.append(number)
            yield b"x"

    error, message = limit
    with pytest.raises(error, match=message):
        uploads.write_artifact(actor=actor(cast.writer), version=cast.pending, path="big", chunks=chunks())
    assert len(taken) == 11
    assert not cast.pending.artifacts.exists()
    assert not list((artifact_root / "incoming").iterdir())


def test_an_announced_size_is_refused_before_a_byte_is_read(cast, limit):
    def never():
        raise AssertionError("a byte was read")
        yield b""

    error, message = limit
    with pytest.raises(error, match=message):
        uploads.write_artifact(actor=actor(cast.writer), version=cast.pending, path="big", chunks=never(), size=11)
    with pytest.raises(error, match=message):
        uploads.write_part(actor=actor(cast.writer), version=cast.pending, parts="0", number=1, chunks=never(), size=11)


def test_parts_count_before_they_are_a_file(cast, limit):
    error, message = limit
    writer = actor(cast.writer)
    parts = uploads.begin_upload(actor=writer, version=cast.pending, path="big", overwrite=True)
    for number, content in ((1, b"12345"), (1, b"54321"), (2, b"67890")):
        uploads.write_part(actor=writer, version=cast.pending, parts=parts, number=number, chunks=[content])
    with pytest.raises(error, match=message):
        uploads.write_part(actor=writer, version=cast.pending, parts=parts, number=3, chunks=[b"1"])
    uploads.complete_upload(
        actor=writer, version=cast.pending, path="big", parts=parts, etags={1: "", 2: ""}, overwrite=True
    )
    assert cast.pending.artifacts.get().size == 10
    assert not cast.pending.upload_parts.exists()


@pytest.mark.parametrize("name", ["version", "principal", "catalog"])
def test_files_are_counted_together(cast, settings, name):
    setting, quota, error, message = LIMITS[name]
    setattr(settings, setting, {**settings.QUOTAS, quota: 10} if quota else 10)
    put(cast, 6, "one")
    with pytest.raises(error, match=message):
        put(cast, 5, "two")
    uploads.delete_artifact(actor=actor(cast.writer), version=cast.pending, path="one")
    put(cast, 5, "two")


@pytest.mark.parametrize("name", ["principal", "catalog"])
def test_quotas_count_what_is_ready_and_what_others_begin(cast, settings, name):
    setting, quota, error, message = LIMITS[name]
    settings.QUOTAS = {**settings.QUOTAS, quota: 10}
    put(cast, 6)
    model_versions.finalize_model_version(actor=actor(cast.owner), version=cast.pending)
    second = ModelVersionFactory(registered_model=cast.model, status="PENDING_REGISTRATION", creator_key=cast.writer.pk)
    with pytest.raises(error, match=message):
        uploads.write_artifact(actor=actor(cast.owner), version=second, path="f", chunks=[b"12345"])
    model_versions.delete_model_version(actor=actor(cast.owner), version=cast.pending)
    with pytest.raises(error, match=message):  # what is in the trash counts
        uploads.write_artifact(actor=actor(cast.owner), version=second, path="f", chunks=[b"12345"])
    assert allowances.bytes_of_principal(cast.writer.pk) == allowances.bytes_of_catalog(cast.catalog) == 6
    assert allowances.bytes_by_catalog()[cast.catalog.pk] == 6
    assert (cast.writer, 6) in allowances.principals_with_bytes()
    entries.purge(actor=actor(cast.admin), uid=entries.list_trash(actor=actor(cast.admin)).get().uid)
    uploads.write_artifact(actor=actor(cast.owner), version=second, path="f", chunks=[b"12345"])


def test_a_quota_of_a_principal_is_no_other_ones(cast, settings):
    settings.QUOTAS = {**settings.QUOTAS, "bytes_per_principal": 10}
    put(cast, 10)
    own = ModelVersionFactory(registered_model=cast.model, status="PENDING_REGISTRATION", creator_key=cast.owner.pk)
    uploads.write_artifact(actor=actor(cast.owner), version=own, path="f", chunks=[b"x" * 10])
    assert [allowances.bytes_of_principal(user.pk) for user in (cast.writer, cast.owner)] == [10, 10]
    assert allowances.bytes_of_catalog(cast.catalog) == 20


@pytest.mark.parametrize("name", ["version", "principal", "catalog"])
def test_a_copy_counts_from_the_moment_it_is_asked_for(cast, settings, name):
    setting, quota, error, message = LIMITS[name]
    put(cast, 6)
    source = model_versions.finalize_model_version(actor=actor(cast.writer), version=cast.pending)
    grant(cast.reader, cast.catalog, "CREATE MODEL VERSION")
    other = RegisteredModelFactory(schema=cast.schema)
    size = 5 if name == "version" else 13 if name == "catalog" else 7
    setattr(settings, setting, {**settings.QUOTAS, quota: size} if quota else size)
    asking = {"actor": actor(cast.reader), "source": source}
    if name != "version":
        copies.copy_model_version(**asking, destination=cast.model)
    with pytest.raises(error, match=message.replace("10", str(size))):
        copies.copy_model_version(**asking, destination=other)
    assert Job.objects.count() == (name != "version")


WAYS = {
    "a signed URL": lambda api, cast, body: Client().put(
        api(cast.writer).ok("POST", f"{FS}/create-upload-url", {"path": PLACE})["url"], body, content_type=""
    ),
    "the Files API": lambda api, cast, body: api(cast.writer)("PUT", f"{FS}/files{PLACE}?overwrite=true", body),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_clients_are_told_in_their_envelope(api, cast, limit, way):
    error, message = limit
    answer = way(api, cast, b"x" * 11)
    code = {TooLarge: "INVALID_PARAMETER_VALUE", QuotaExceeded: "QUOTA_EXCEEDED"}[error]
    assert (answer.status_code, answer.json()["error_code"]) == (400, code)
    assert message in json.loads(answer.content)["message"]


def test_nothing_is_asked_of_the_database_where_there_are_no_limits(cast, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert allowances.of_file(cast.pending, "big").rooms == ()


def test_quotas_of_bytes_are_told_to_whom_they_are_about_and_to_administrators(api, as_user, cast, settings):
    quotas = "/api/2.1/unity-catalog/resource-quotas"
    own = f"{quotas}/principal/writer@example.com/artifact-byte-quota"
    of_catalog = f"{quotas}/catalog/shop/artifact-byte-quota"
    assert api(cast.writer).error("GET", own) == (404, "RESOURCE_DOES_NOT_EXIST"), "it is off"
    settings.QUOTAS = {**settings.QUOTAS, "bytes_per_principal": 10, "bytes_per_catalog": 20}
    put(cast, 6)
    for user in (cast.writer, cast.admin):
        told = api(user).ok("GET", own)["quota_info"]
        assert (told["quota_count"], told["quota_limit"], told["parent_full_name"]) == (6, 10, "writer@example.com")
    assert api(cast.owner).error("GET", own) == (403, "PERMISSION_DENIED")
    assert api(cast.admin).ok("GET", of_catalog)["quota_info"]["quota_count"] == 6
    assert api(cast.writer).error("GET", of_catalog) == (403, "PERMISSION_DENIED")
    listed = api(cast.admin).ok("GET", f"{quotas}/all-resource-quotas")["quotas"]
    assert [(quota["parent_securable_type"], quota["quota_count"]) for quota in listed] == [
        ("CATALOG", 6), ("PRINCIPAL", 6),
    ]  # fmt: skip
    page = as_user(cast.admin).get("/settings/storage").content.decode()
    assert "writer@example.com" in page
    assert "Quotas" in page
