"""Amazon S3, and what speaks its protocol. Address, region, keys and certificates are the SDK's own settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from registry.exceptions import InvalidState, NoSuchUpload, StorageUnavailable
from registry.storage.base import CHUNK, missing
from registry.storage.objects.bucket import Credential, Item

WHOLE_UP_TO = 64 * 1024 * 1024
"""Bytes up to which an object is copied by one request."""
_MOST_PARTS = 10_000
_TRIES = 3
_MISSING = ("404", "NoSuchKey", "NotFound")


class S3Bucket:
    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def _s3(self) -> Any:
        return _client("s3")

    def head(self, key: str) -> Item | None:
        answer = self._found(lambda: self._s3.head_object(Bucket=self.name, Key=key))
        return Item(key, answer["ContentLength"], answer["LastModified"]) if answer is not None else None

    def read(self, key: str, start: int, length: int) -> Iterator[bytes] | None:
        if length == 0:
            return iter(()) if self.head(key) is not None else None
        body = self._body(key, start, length)
        return self._pieces(body, key, start, length) if body is not None else None

    def _body(self, key: str, start: int, length: int) -> Any:
        part = f"bytes={start}-{start + length - 1}"
        answer = self._found(lambda: self._s3.get_object(Bucket=self.name, Key=key, Range=part))
        return answer["Body"] if answer is not None else None

    def _pieces(self, body: Any, key: str, start: int, length: int) -> Iterator[bytes]:
        """Yield an answer that has begun. What breaks off is asked for again from there, a few times."""
        tries = _TRIES
        while True:
            try:
                for piece in body.iter_chunks(CHUNK):
                    start, length = start + len(piece), length - len(piece)
                    yield piece
            except BotoCoreError as error:
                tries -= 1
                if not tries:
                    raise _unavailable() from error
            finally:
                body.close()
            if length <= 0:
                return
            body = self._body(key, start, length)
            if body is None:
                raise missing(key)

    def list(self, prefix: str, *, deep: bool) -> Iterator[Item]:
        options = {} if deep else {"Delimiter": "/"}
        with _worded():
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix, **options):
                for item in page.get("Contents", ()):
                    yield Item(item["Key"], item["Size"], item["LastModified"])
                for item in page.get("CommonPrefixes", ()):
                    yield Item(item["Prefix"], 0, None, is_prefix=True)

    def delete(self, keys: Iterable[str]) -> None:
        def remove(key: str) -> None:
            with _worded():
                self._s3.delete_object(Bucket=self.name, Key=key)

        # One by one, at once: not every server takes a list of them.
        with ThreadPoolExecutor(8) as pool:
            for _ in pool.map(remove, keys):
                pass

    def begin(self, key: str) -> str:
        with _worded():
            handle: str = self._s3.create_multipart_upload(
                Bucket=self.name, Key=key, ContentType="application/octet-stream"
            )["UploadId"]
        return handle

    def put_part(self, key: str, handle: str, number: int, content: bytes) -> str:
        with _worded():
            tag: str = self._s3.upload_part(
                Bucket=self.name, Key=key, UploadId=handle, PartNumber=number, Body=content
            )["ETag"]
        return tag

    def complete(self, key: str, handle: str, tags: Sequence[str]) -> None:
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1)]
        try:
            self._s3.complete_multipart_upload(
                Bucket=self.name, Key=key, UploadId=handle, MultipartUpload={"Parts": parts}
            )
        except ClientError as error:
            if _code(error) == "NoSuchUpload" or not self._is_unfinished(key, handle):
                raise NoSuchUpload("The upload was discarded in the meantime.") from error
            raise _unavailable() from error
        except BotoCoreError as error:
            raise _unavailable() from error

    def _is_unfinished(self, key: str, handle: str) -> bool:
        """Return whether there is still such an upload: not every server says so when it is to be completed."""
        return any(upload == (key, handle) for upload in self.unfinished(key))

    def abort(self, key: str, handle: str) -> None:
        try:
            self._s3.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=handle)
        except ClientError as error:
            if _code(error) not in ("NoSuchUpload", *_MISSING):
                raise _unavailable() from error
        except BotoCoreError as error:
            raise _unavailable() from error

    def unfinished(self, prefix: str, before: datetime | None = None) -> Iterator[tuple[str, str]]:
        with _worded():
            pages = self._s3.get_paginator("list_multipart_uploads").paginate(Bucket=self.name, Prefix=prefix)
            found = [upload for page in pages for upload in page.get("Uploads", ())]
        for upload in found:
            if before is None or upload["Initiated"] < before:
                yield upload["Key"], upload["UploadId"]

    def copy(self, bucket: str, source: str, key: str, size: int, progress: Callable[[int], None]) -> None:
        origin = {"Bucket": bucket, "Key": source}
        if size > WHOLE_UP_TO:
            return self._copy_in_parts(origin, key, size, progress)
        answer = self._found(lambda: self._s3.copy_object(Bucket=self.name, Key=key, CopySource=origin))
        if answer is None:
            raise missing(source)
        return progress(size)

    def _copy_in_parts(self, origin: dict[str, str], key: str, size: int, progress: Callable[[int], None]) -> None:
        step = max(WHOLE_UP_TO, -(-size // _MOST_PARTS))
        starts = range(0, size, step)
        handle = self.begin(key)

        def part(start: int) -> str:
            answer = self._found(
                lambda: self._s3.upload_part_copy(
                    Bucket=self.name, Key=key, UploadId=handle, PartNumber=start // step + 1, CopySource=origin,
                    CopySourceRange=f"bytes={start}-{min(start + step, size) - 1}",
                )
            )  # fmt: skip
            if answer is None:
                raise missing(origin["Key"])
            tag: str = answer["CopyPartResult"]["ETag"]
            return tag

        pool, tags = ThreadPoolExecutor(8), []
        try:
            for start, tag in zip(starts, pool.map(part, starts), strict=True):
                tags.append(tag)
                progress(min(step, size - start))
            self.complete(key, handle, tags)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            self.abort(key, handle)
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def link(self, key: str, lifetime: timedelta) -> str:
        asked = {
            "Bucket": self.name, "Key": key,
            "ResponseContentDisposition": "attachment", "ResponseContentType": "application/octet-stream",
        }  # fmt: skip
        with _worded():
            url: str = self._s3.generate_presigned_url("get_object", asked, ExpiresIn=int(lifetime.total_seconds()))
        return url

    def credential(self, prefix: str, lifetime: timedelta, *, write: bool) -> Credential:
        if not settings.STORAGE["role_arn"]:
            raise InvalidState(
                "This server vends no credentials for its store: STORAGE_ROLE_ARN is not set. Files can be read "
                "and written through it, by signed URLs or the Files API."
            )
        with _worded():
            keys = _client("sts").assume_role(
                RoleArn=settings.STORAGE["role_arn"],
                RoleSessionName="catalog-explorer",
                Policy=_policy(self.name, prefix, write=write),
                DurationSeconds=int(max(900, lifetime.total_seconds())),
            )["Credentials"]
        fields = {
            "access_key_id": keys["AccessKeyId"],
            "secret_access_key": keys["SecretAccessKey"],
            "session_token": keys["SessionToken"],
        }
        return Credential("aws_temp_credentials", fields, keys["Expiration"])

    def probe(self) -> None:
        with _worded():
            _client("s3", hasty=True).list_objects_v2(Bucket=self.name, MaxKeys=1)

    def _found(self, ask: Callable[[], Any]) -> Any:
        """Return what ``ask`` returns, or None where it says that there is no such object."""
        try:
            return ask()
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            raise _unavailable() from error
        except BotoCoreError as error:
            raise _unavailable() from error


def _policy(bucket: str, prefix: str, *, write: bool) -> str:
    """Return what a session may do at most: with the objects below ``prefix``, and with their list."""
    actions = ["s3:GetObject"]
    if write:
        actions += ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    statements = [
        {"Effect": "Allow", "Action": actions, "Resource": [f"arn:aws:s3:::{bucket}/{prefix}*"]},
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::{bucket}"],
            "Condition": {"StringLike": {"s3:prefix": [f"{prefix}*", prefix.rstrip("/")]}},
        },
    ]
    # Without blanks: Ceph does not decode those that the SDK sends.
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


@contextmanager
def _worded() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise _unavailable() from error


def _unavailable() -> StorageUnavailable:
    return StorageUnavailable("The object store that keeps the files does not answer as it should. Ask again.")


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@cache
def _client(service: str, *, hasty: bool = False) -> Any:
    """Return the SDK's client, one for all threads of the process. A ``hasty`` one waits for two seconds, once."""
    session = boto3.session.Session()
    endpoint = session.client(service).meta.endpoint_url
    # A server of one's own has no host for each bucket.
    style = "auto" if "amazonaws.com" in endpoint else "path"
    options = Config(
        signature_version="s3v4" if service == "s3" else None,
        s3={"addressing_style": style},
        connect_timeout=2 if hasty else 5,
        read_timeout=2 if hasty else 60,
        max_pool_connections=50,
        retries={"mode": "standard", "max_attempts": 1 if hasty else _TRIES},
    )
    return session.client(service, config=options)
