"""Files of runs that an attached MLflow server keeps: read by the id of their run or model, written by its proxy.

A location is ``mlflow:///run/<experiment>/<run>``; ``model`` and ``trace`` are for the others. No one counts what
arrives there in other ways than ours, so a file has a size and no SHA-256.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from uuid import NAMESPACE_URL, uuid5

import orjson
import urllib3
from django.utils import timezone
from urllib3.exceptions import HTTPError

from registry import attached
from registry.exceptions import FileDoesNotExist, InvalidState, NoSuchUpload, TrackingUnavailable
from registry.storage.base import CHUNK, Entry, Upload, missing
from registry.storage.local import LocalUploads
from registry.storage.local.places import Places

SCHEME = "mlflow"
_PROXY, _API = "api/2.0/mlflow-artifacts/artifacts", "api/2.0/mlflow"
_MOST_DIRECTORIES = 2_000
"""Directories that are listed to find every file: each is a request."""


def location_of(kind: str, experiment: int, key: str) -> str:
    """Return the location of the files of a run, a logged model or a trace (``kind``) called ``key``."""
    return f"{SCHEME}:///{kind}/{experiment}/{quote(key, safe='')}"


@dataclass(frozen=True)
class _Place:
    """How the server is asked for the files of one thing."""

    listing: str
    """The address of its lists; ``in_listing`` names the directory there."""
    listed: dict[str, str]
    in_listing: str
    file: str
    """The address of one file, which ``in_file`` names there; without that it is in the address."""
    filed: dict[str, str]
    in_file: str
    folder: str
    """Where its files are below the root of the proxy, unless a list says otherwise."""


def _place(location: str) -> _Place:
    kind, experiment, quoted = urlsplit(location).path.strip("/").split("/")
    key = unquote(quoted)
    match kind:
        case "run":
            run = {"run_id": key}
            return _Place(f"{_API}/artifacts/list", run, "path", "get-artifact", run, "path", f"{experiment}/{key}")
        case "model":
            model = f"2.0/mlflow/logged-models/{quoted}/artifacts"
            return _Place(
                f"api/{model}/directories", {}, "artifact_directory_path",
                f"ajax-api/{model}/files", {}, "artifact_file_path", f"{experiment}/models/{key}",
            )  # fmt: skip
        case _:
            folder = f"{experiment}/traces/{key}"
            return _Place(_PROXY, {}, "path", f"{_PROXY}/{quote(folder)}/artifacts", {}, "", folder)


class AttachedFiles:
    """Files of the attached server. They are its own: we make no directories, and remove no location."""

    def stat(self, location: str, path: str) -> Entry:
        if not path:
            return Entry("", True, 0, timezone.now())
        folder = path.rpartition("/")[0]
        for entry in _listed(location, folder)[1]:
            if entry.path == path:
                return entry
        raise missing(path)

    def read(self, location: str, path: str, start: int, length: int) -> Iterator[bytes]:
        place = _place(location)
        query = {**place.filed, place.in_file: path} if place.in_file else None
        where = place.file if place.in_file else f"{place.file}/{quote(path)}"
        headers = {"Range": f"bytes={start}-{start + length - 1}"} if start and length else {}
        answer = attached.send("GET", where, query=query, headers=headers, streamed=True)
        if answer.status >= 400:
            answer.close()  # what was not read would be taken for the next answer
            raise missing(path)
        return _pieces(answer, 0 if answer.status == 206 else start, length)

    def list_directory(self, location: str, path: str) -> list[Entry]:
        entries = _listed(location, path)[1]
        if path and not entries and not self.stat(location, path).is_directory:
            raise FileDoesNotExist(f"{path!r} is a file.")
        return entries

    def list_files(self, location: str, folder: str = "") -> list[Entry]:
        files: list[Entry] = []
        folders = deque([folder])
        for _ in range(_MOST_DIRECTORIES):
            if not folders:
                return sorted(files, key=lambda entry: entry.path)
            for entry in _listed(location, folders.popleft())[1]:
                if entry.is_directory:
                    folders.append(entry.path)
                else:
                    files.append(entry)
        raise InvalidState(f"There are more than {_MOST_DIRECTORIES} directories: they are not all listed.")

    def delete_file(self, location: str, path: str) -> None:
        if self.stat(location, path).is_directory:
            raise FileDoesNotExist(f"{path!r} is a directory.")
        answer = attached.send("DELETE", f"{_PROXY}/{quote(writable_root(location))}/{quote(path)}")
        if answer.status >= 400:
            raise InvalidState(f"The MLflow server that keeps runs does not delete {path!r}.")

    def make_directory(self, location: str, path: str) -> None:
        """Do nothing: a directory comes with the first file in it."""

    def remove_directory(self, location: str, path: str) -> None:
        """Do nothing: a directory goes with the last file in it."""

    def delete(self, location: str) -> None:
        """Do nothing: `mlflow gc` does that, there."""

    def probe(self) -> None:
        attached.send("GET", "health")


class AttachedUploads(LocalUploads):
    """Uploads to the attached server: they arrive here as any other, and go on when they are whole."""

    def __init__(self, places: Places) -> None:
        super().__init__(_Spool(places.root))

    def keep(self, upload: Upload, location: str, path: str) -> None:
        where = f"{_PROXY}/{quote(writable_root(location))}/{quote(path)}"
        headers = {"Content-Length": str(upload.size), "Content-Type": "application/octet-stream"}
        try:
            with self._places.upload(upload.name).open("rb") as file:
                answer = attached.send("PUT", where, body=file, headers=headers)
        except FileNotFoundError as error:
            raise NoSuchUpload(f"The upload of {path!r} was discarded in the meantime.") from error
        if answer.status >= 400:
            raise InvalidState(f"The MLflow server that keeps runs does not take {path!r}.")


class _Spool(Places):
    """Places in which the parts of an upload wait, whatever its location is called."""

    def parts(self, location: str, name: str) -> Any:
        return super().parts(f"local:///{uuid5(NAMESPACE_URL, location)}", name)


def root_of(location: str) -> str:
    """Return the address that the server has for the files of ``location``, as it gives it to its clients."""
    return _listed(location, "")[0]


def writable_root(location: str) -> str:
    """Return where the files of ``location`` are below the root of the server's proxy; InvalidState if they are not."""
    root = urlsplit(root_of(location))
    if root.scheme != "mlflow-artifacts":
        raise InvalidState(f"The files lie at {root.geturl()}, where clients write them by themselves.")
    return root.path.strip("/")


def _listed(location: str, path: str) -> tuple[str, list[Entry]]:
    """Return the address of the root, and what is directly in a directory, by name."""
    place = _place(location)
    default, query = f"{place.folder}/artifacts", dict(place.listed)
    if not place.in_file:
        query[place.in_listing] = f"{default}/{path}" if path else default
    elif path:
        query[place.in_listing] = path
    answer = attached.send("GET", place.listing, query=query)
    if answer.status >= 400:
        raise missing(path)
    content = _content(answer)
    prefix = f"{path}/" if path else ""
    entries = [_entry(item, prefix) for item in content.get("files", ())]
    root = content.get("root_uri") or f"mlflow-artifacts:/{default}"
    return root, sorted(entries, key=lambda entry: entry.path)


def _content(answer: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    try:
        content: dict[str, Any] = orjson.loads(answer.data)
    except ValueError as error:
        raise TrackingUnavailable("The server at TRACKING_URL isn't an MLflow server.") from error
    return content


def _entry(item: dict[str, Any], prefix: str) -> Entry:
    """Read an item of a list, which has its whole path or only its name. The server keeps no times of files."""
    name = str(item["path"]).rpartition("/")[2]
    is_directory = bool(item.get("is_dir"))
    return Entry(prefix + name, is_directory, 0 if is_directory else int(item.get("file_size") or 0), timezone.now())


def _pieces(answer: urllib3.BaseHTTPResponse, skipped: int, length: int) -> Iterator[bytes]:
    """Yield ``length`` bytes of an answer after the first ``skipped``."""
    try:
        for piece in answer.stream(CHUNK):
            part = piece[skipped : skipped + length]
            skipped = max(0, skipped - len(piece))
            length -= len(part)
            if part:
                yield part
            if not length:
                return
        raise InvalidState("A file of the MLflow server that keeps runs is shorter than it was listed.")
    except (HTTPError, OSError) as error:
        raise InvalidState("The MLflow server that keeps runs has broken off in the middle of a file.") from error
    finally:
        answer.close()
