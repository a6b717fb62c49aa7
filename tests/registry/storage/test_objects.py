"""What only an object store does: links and credentials of its own, and its limits."""

import uuid
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from django.utils import timezone

from registry import storage
from registry.exceptions import (
    Damaged,
    InvalidParameterValue,
    InvalidState,
    NoSuchUpload,
    StorageUnavailable,
    TooLarge,
)
from registry.services.artifacts import lending, transfer
from registry.services.shared import placement
from registry.storage import artifact_store, new_location
from registry.storage.objects import ObjectFiles, ObjectUploads
from registry.storage.objects import s3 as backend
from registry.storage.objects import uploads as object_uploads
from registry.storage.objects.bucket import Item
from registry.storage.objects.places import Place
from registry.storage.roots import checked_root
from tests.cast import actor
from tests.factories import ModelVersionFactory, put
from tests.s3 import BUCKET

HOUR = timedelta(hours=1)


@pytest.fixture
def locations(s3, db):
    """Two locations with a file each."""
    both = [new_location(uuid.uuid4(), placement.bases()[0]) for _ in range(2)]
    for location in both:
        put(location, "sub/f", "secret")
    return both


def client_with(credential):
    keys = credential.fields
    return boto3.client(
        "s3", aws_access_key_id=keys["access_key_id"], aws_secret_access_key=keys["secret_access_key"],
        aws_session_token=keys["session_token"],
    )  # fmt: skip


def key(location, path):
    return Place.of(location).key(path)


@pytest.mark.parametrize("ask", ["get", "list", "list all", "put", "put here", "delete"])
@pytest.mark.objects
@pytest.mark.xdist_group("s3")
def test_a_credential_reads_its_own_version_and_nothing_else(locations, ask):
    mine, others = locations
    reader = client_with(storage.credential(mine, HOUR, write=False))
    assert reader.get_object(Bucket=BUCKET, Key=key(mine, "sub/f"))["Body"].read() == b"secret"
    assert reader.list_objects_v2(Bucket=BUCKET, Prefix=Place.of(mine).prefix)["KeyCount"] == 1
    refused = {
        "get": lambda: reader.get_object(Bucket=BUCKET, Key=key(others, "sub/f")),
        "list": lambda: reader.list_objects_v2(Bucket=BUCKET, Prefix=Place.of(others).prefix),
        "list all": lambda: reader.list_objects_v2(Bucket=BUCKET),
        "put": lambda: reader.put_object(Bucket=BUCKET, Key=key(others, "sub/f"), Body=b"other"),
        "put here": lambda: reader.put_object(Bucket=BUCKET, Key=key(mine, "sub/g"), Body=b"other"),
        "delete": lambda: reader.delete_object(Bucket=BUCKET, Key=key(mine, "sub/f")),
    }[ask]
    with pytest.raises(ClientError, match="AccessDenied"):
        refused()
    assert [entry.path for entry in artifact_store(mine).list_files(mine)] == ["sub/f"]


@pytest.mark.objects
@pytest.mark.xdist_group("s3")
def test_a_credential_that_writes_does_so_in_an_inbox_alone(locations):
    mine, _ = locations
    lender = storage.lender(mine)
    inbox = lender.open_inbox("name")
    writer = client_with(storage.credential(inbox, HOUR, write=True))
    prefix = inbox.split("/", 3)[3]
    writer.put_object(Bucket=BUCKET, Key=f"{prefix}/a/b", Body=b"12345")
    with pytest.raises(ClientError, match="AccessDenied"):
        writer.put_object(Bucket=BUCKET, Key=key(mine, "sub/f"), Body=b"other")
    assert lender.inbox_sizes("name") == [5]
    assert [(path, size, b"".join(pieces)) for path, size, pieces in lender.inbox_files("name")] == [
        ("a/b", 5, b"12345")
    ]
    lender.close_inbox("name")
    assert lender.inbox_sizes("name") == []


@pytest.mark.objects
@pytest.mark.xdist_group("s3")
def test_large_objects_are_copied_in_parts(locations, monkeypatch):
    monkeypatch.setattr(backend, "WHOLE_UP_TO", 5 * 2**20)
    source, target = locations
    content = bytes(range(256)) * 50_000
    put(source, "large", content)
    heard = []
    assert storage.copy_within(source, "large", len(content), target, "large", heard.append)
    assert b"".join(artifact_store(target).read(target, "large", 0, len(content))) == content
    assert (sum(heard), len(heard)) == (len(content), 3)


@pytest.mark.objects
@pytest.mark.xdist_group("s3")
def test_a_copy_in_parts_that_is_stopped_leaves_nothing(locations, monkeypatch):
    monkeypatch.setattr(backend, "WHOLE_UP_TO", 5 * 2**20)
    source, target = locations
    put(source, "large", b"x" * 12_000_000)

    def stop(size):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        storage.copy_within(source, "large", 12_000_000, target, "large", stop)
    bucket = storage.roots.bucket_of(target)
    assert list(bucket.unfinished(Place.of(target).prefix)) == []
    assert [entry.path for entry in artifact_store(target).list_files(target)] == ["sub/f"]


@pytest.mark.objects
@pytest.mark.xdist_group("s3")
def test_an_upload_of_another_file_is_not_kept(locations):
    store = storage.uploads(locations[0])
    upload = store.receive(locations[0], "one", [b"x"])
    with pytest.raises(InvalidParameterValue):
        store.keep(upload, locations[0], "two")
    store.discard(upload.name)
    with pytest.raises(NoSuchUpload):
        store.keep(upload, locations[0], "one")


def test_a_store_that_does_not_answer_is_unavailable(settings, monkeypatch):
    for name, value in {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "a",
                        "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    backend._client.cache_clear()
    monkeypatch.setattr(backend, "_TRIES", 1)
    location = f"s3://{BUCKET}/{uuid.uuid4()}"
    store, uploads = artifact_store(location), storage.uploads(location)
    for ask in (
        lambda: store.stat(location, "f"), lambda: store.list_files(location), lambda: store.read(location, "f", 0, 1),
        lambda: uploads.receive(location, "f", [b"x"]), lambda: store.delete(location), store.probe,
        lambda: storage.credential(location, HOUR, write=False),
    ):  # fmt: skip
        settings.STORAGE = {**settings.STORAGE, "role_arn": "arn:aws:iam:::role/x"}
        with pytest.raises(StorageUnavailable):
            ask()
    backend._client.cache_clear()


def test_without_a_role_no_credential_is_vended():
    with pytest.raises(InvalidState, match="STORAGE_ROLE_ARN"):
        storage.credential(f"s3://{BUCKET}/{uuid.uuid4()}", HOUR, write=False)


@pytest.mark.parametrize("text", ["s3://bucket", "s3://bucket/a/b-c_d.e=f/", " s3://my.bucket/x "])
def test_roots(text):
    assert checked_root(text) == text.strip().rstrip("/")


@pytest.mark.parametrize(
    "text",
    ["file:///etc", "/etc", "s3://", "s3:///x", "S3://bucket/x y", "s3://bucket/../x", "s3://user:pw@bucket/x",
     "s3://bucket/x?y", "s3://bucket//x", "gs://bucket/x", "s3://bucket/" + "x" * 400, "s3://bucket/*",
     "s3://bucket/0e4c7c52-31e0-4f4e-a4fb-2b2d3c6d3bb5", "s3://bucket/0E4C7C5231E04F4EA4FB2B2D3C6D3BB5/incoming"],
)  # fmt: skip
def test_what_is_no_root(text):
    with pytest.raises(InvalidParameterValue):
        checked_root(text)


@pytest.mark.parametrize("location", ["s3://bucket/x", "s3://bucket", "s3://bucket/../0e4c7c52"])
def test_a_location_ends_in_a_uid(location):
    with pytest.raises(InvalidParameterValue):
        artifact_store(location).list_files(location)


def test_a_key_that_is_too_long_is_refused_before_a_byte_is_sent():
    location = f"s3://bucket/{'x' * 250}/{uuid.uuid4()}/{uuid.uuid4()}"
    with pytest.raises(InvalidParameterValue, match="too long"):
        storage.uploads(location).receive(location, "/".join(["y" * 200] * 4), [b"x"])


class FakeBucket:
    """Objects in a dictionary, as old as a test wants them."""

    def __init__(self):
        self.items = {}

    def add(self, key, *, days=0):
        self.items[key] = Item(key, 1, timezone.now() - timedelta(days=days))

    def list(self, prefix, *, deep):
        below = [item for key, item in sorted(self.items.items()) if key.startswith(prefix)]
        if deep:
            yield from below
            return
        for name in dict.fromkeys(item.key.removeprefix(prefix).partition("/")[0] for item in below):
            key = prefix + name
            yield self.items.get(key) or Item(f"{key}/", 0, None, is_prefix=True)

    def delete(self, keys):
        for key in list(keys):
            del self.items[key]

    def unfinished(self, prefix, before=None):
        return iter(())

    def abort(self, key, handle):
        raise StorageUnavailable("It does not answer.")


def test_parts_and_inboxes_go_when_nothing_has_come_for_long():
    bucket, root = FakeBucket(), "prefix/"
    for folder in ("incoming/a.1", "inbox/b"):
        bucket.add(f"{root}{folder}/0", days=3)
        bucket.add(f"{root}{folder}/1")  # its client goes on
    for folder in ("incoming/c.1", "inbox/d"):
        bucket.add(f"{root}{folder}/0", days=3)
    bucket.add(f"{root}{uuid.uuid4()}/MLmodel", days=300)
    before = set(bucket.items)
    ObjectUploads(bucket).discard_abandoned("s3://bucket/prefix", timezone.now() - timedelta(days=1))
    assert before - set(bucket.items) == {f"{root}incoming/c.1/0", f"{root}inbox/d/0"}


def test_a_location_is_as_old_as_its_newest_file():
    bucket, uid = FakeBucket(), uuid.uuid4()
    bucket.add(f"prefix/{uid}/a", days=9)
    bucket.add(f"prefix/{uid}/b", days=4)
    age = timezone.now() - ObjectFiles(bucket).stat(f"s3://bucket/prefix/{uid}", "").modified_at
    assert timedelta(days=4) <= age < timedelta(days=5)


def test_an_upload_that_cannot_be_discarded_now_is_left_to_the_sweep():
    ObjectUploads(FakeBucket()).discard(f"handle prefix/{uuid.uuid4()}/f")


def test_a_file_of_more_parts_than_a_store_takes_is_refused(monkeypatch):
    monkeypatch.setattr(object_uploads, "PART", 1)
    monkeypatch.setattr(object_uploads, "MOST_PARTS", 3)
    assert [len(part) for part in object_uploads._grouped([b"1", b"2", b""])] == [1, 1]
    with pytest.raises(TooLarge):
        list(object_uploads._grouped([b"1", b"2", b"3"]))


@pytest.mark.objects
@pytest.mark.xdist_group("s3")
def test_what_is_known_to_be_damaged_is_not_given_out_past_us(s3, cast):
    version = ModelVersionFactory(registered_model=cast.model)
    for path in ("MLmodel", "other"):
        put(version.storage_location, path, "x")
        version.artifacts.create(path=path, size=1, sha256="0" * 64)
    version.damages.create(path="other", detail="its SHA-256 is another")
    asking = {"actor": actor(cast.reader), "version": version, "write": False}
    assert transfer.vend_url(path="MLmodel", **asking).startswith("http")
    assert transfer.vend_url(path="other", **asking) == ""
    with pytest.raises(Damaged, match="'other'"):
        lending.vend_credential(**asking)
