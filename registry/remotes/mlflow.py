"""An MLflow server: its registry, and its artifacts by its own proxy.

(MLflow 1.20 to 3.17: ``model_registry.proto``, ``mlflow_artifacts.proto``.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from registry import limits
from registry.exceptions import DoesNotExist, InvalidState
from registry.remotes.connection import Connection, quoted
from registry.remotes.records import (
    RemoteContainer,
    RemoteFile,
    RemoteGrants,
    RemoteModel,
    RemoteVersion,
    inner,
    items,
    model_of,
    number,
    text,
    version_of,
)

MLFLOW = "api/2.0/mlflow"
_PROXY = "api/2.0/mlflow-artifacts/artifacts"
_PAGE = 200
_HIGHEST = 999_999_999
"""Number of a version: nine digits, as in our own addresses."""
MOST_DIRECTORIES, _MOST_FILES = 10_000, 100_000
"""Of one version."""


def in_order(files: Iterable[RemoteFile]) -> list[RemoteFile]:
    """Return files by path; InvalidState if they have no end."""
    found = sorted(islice(files, _MOST_FILES + 1), key=lambda file: file.path)
    if len(found) > _MOST_FILES:
        raise InvalidState(f"A version of more than {_MOST_FILES} files is not read.")
    return found


def strange_listing(connection: Connection) -> InvalidState:
    """Return the error for lists of files that no such server gives."""
    return InvalidState(f"{connection.address} lists files as such a server does not.")


class MlflowServer:
    """The registry that ``mlflow server`` serves."""

    has_namespaces = False

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._folders: dict[tuple[str, int], str] = {}

    def models(self) -> Iterator[RemoteModel]:
        found = self.connection.pages(
            f"{MLFLOW}/registered-models/search", "registered_models", max_results=_PAGE, order_by="name ASC"
        )
        return map(model_of, found)

    def versions(self, name: str) -> list[RemoteVersion]:
        quote = '"' if "'" in name else "'"
        listed = self.connection.pages(
            f"{MLFLOW}/model-versions/search", "model_versions", filter=f"name={quote}{name}{quote}", max_results=_PAGE
        )
        found = {version.number: version for version in map(version_of, listed)}
        if any(not 1 <= each <= _HIGHEST for each in found):
            raise InvalidState(f"{self.connection.address} numbers versions as such a server does not.")
        return [found[each] for each in sorted(found)]

    def files(self, name: str, version: RemoteVersion) -> list[RemoteFile]:
        root = self._folder(name, version)
        return in_order(self._walk(root))

    def read(self, name: str, version: RemoteVersion, path: str) -> Iterator[bytes]:
        return self.connection.stream(f"{_PROXY}/{quoted(f'{self._folder(name, version)}/{path}')}")

    def grants(self, name: str) -> RemoteGrants:
        return RemoteGrants()

    def container(self, name: str) -> RemoteContainer:
        return RemoteContainer("", RemoteGrants())

    def _walk(self, root: str) -> Iterator[RemoteFile]:
        waiting, seen = [""], 0
        while waiting:
            inside, seen = waiting.pop(), seen + 1
            for item in items(self.connection.json(_PROXY, path=f"{root}/{inside}".rstrip("/")), "files"):
                name = PurePosixPath(text(item, "path")).name  # servers name it from here, or from the root
                path = f"{inside}{name}"
                if not name or seen > MOST_DIRECTORIES or len(path) > limits.ARTIFACT_PATH_LENGTH:
                    raise strange_listing(self.connection)
                if item.get("is_dir"):
                    waiting.append(f"{path}/")
                else:
                    yield RemoteFile(path, number(item, "file_size"))

    def _folder(self, name: str, version: RemoteVersion) -> str:
        """The folder of the proxy in which the files of a version are: asked once, not for each file."""
        key = name, version.number
        if (folder := self._folders.get(key)) is None:
            folder = self._find_folder(name, version)
            self._folders = {key: folder}  # those of one version are read at a time
        return folder

    def _find_folder(self, name: str, version: RemoteVersion) -> str:
        told = self.connection.json(f"{MLFLOW}/model-versions/get-download-uri", name=name, version=version.number)
        address = self._resolved(text(told, "artifact_uri"))
        parts = urlsplit(address)
        if parts.scheme == "mlflow-artifacts":
            return parts.path.strip("/")
        raise InvalidState(
            f"Its files are at {address[:500]}, which that server does not give out. Start it with --serve-artifacts."
        )

    def _resolved(self, address: str) -> str:
        """Where a run, or a logged model, has its files, for addresses that name it."""
        parts = urlsplit(address)
        if parts.scheme == "runs":
            run_id, _, path = parts.path.strip("/").partition("/")
            run = self.connection.json(f"{MLFLOW}/runs/get", run_id=run_id)
            root = text(inner(run, "run", "info"), "artifact_uri")
            return f"{root.rstrip('/')}/{path}"
        if parts.scheme == "models" and parts.path.strip("/").startswith("m-"):
            model = self.connection.json(f"{MLFLOW}/logged-models/{quoted(parts.path.strip('/'))}")
            return text(inner(model, "model", "info"), "artifact_uri")
        if not address:
            raise DoesNotExist("Nobody knows where its files are.")
        return address
