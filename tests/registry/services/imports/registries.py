"""A registry of another server, as a test makes it."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

from registry.exceptions import DoesNotExist
from registry.remotes.records import (
    RemoteContainer,
    RemoteFile,
    RemoteGrants,
    RemoteModel,
    RemoteVersion,
)

LAST_YEAR = datetime(2025, 3, 1, 12, 30, tzinfo=UTC)
YESTERDAY = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


def version(number, **fields):
    told = RemoteVersion(
        number=number, comment=f"the {number}.", tags={"auc": "0.9"}, status="READY", stage="", created_at=LAST_YEAR,
        updated_at=YESTERDAY, created_by="maya", source="mlflow-artifacts:/1/abc/artifacts/model", run_id="r" * 32,
        run_link="", model_id="",
    )  # fmt: skip
    return replace(told, **fields)


class FakeRegistry:
    """Models by name, each with its versions, and files by name, number and path."""

    has_namespaces = False

    def __init__(self):
        self.told, self.numbered, self.content = {}, {}, {}
        self.rights, self.containers, self.asked = {}, {}, []
        self.tells_digests = True

    def add(self, name, *versions, **fields):
        model = RemoteModel(
            name=name, comment="about it", tags={"team": "churn"}, aliases={}, created_at=LAST_YEAR,
            updated_at=YESTERDAY, created_by="maya",
        )  # fmt: skip
        self.told[name], self.numbered[name] = replace(model, **fields), list(versions)
        for each in versions:
            self.content[name, each.number] = {"MLmodel": b"flavors: {}\n", "data/weights": b"12345" * each.number}

    def models(self):
        return iter(sorted(self.told.values(), key=lambda model: model.name))

    def versions(self, name):
        return self.numbered[name]

    def files(self, name, version):
        files = self.content[name, version.number]
        digest = (lambda content: hashlib.sha256(content).hexdigest()) if self.tells_digests else (lambda content: "")
        return [RemoteFile(path, len(content), digest(content)) for path, content in sorted(files.items())]

    def read(self, name, version, path):
        self.asked.append((name, version.number, path))
        if path not in self.content[name, version.number]:
            raise DoesNotExist("no such thing")
        return iter([self.content[name, version.number][path]])

    def grants(self, name):
        return self.rights.get(name, RemoteGrants())

    def container(self, name):
        return self.containers.get(name, RemoteContainer("", RemoteGrants()))
