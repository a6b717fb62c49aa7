"""MLflow behind the calls that all clients share, by whatever release of it this process has.

Started as a program it answers calls on its standard input, a line of JSON each: ``releases.py`` leads releases that
live in environments of their own that way. Nothing but MLflow and the standard library is imported here.
"""

import functools
import json
import os
import sys
import time
import traceback

import mlflow
from mlflow.exceptions import MlflowException

# How a release says that it does not have a call, and the server that the client has no way to move files: over plain
# http there is none, and releases before 2.13 know cloud storage alone.
MISSING = (
    "is unsupported for models in the Unity Catalog",
    "is where this server can't read it",
    "cannot transfer files with this server",
)


def may_be_missing(method):
    """Raise NotImplementedError where the client does not have the call, as its own exceptions do elsewhere."""

    @functools.wraps(method)
    def tried(*arguments):
        try:
            return method(*arguments)
        except MlflowException as error:
            told = "".join(traceback.format_exception(error))
            if any(words in told for words in MISSING):
                raise NotImplementedError from error
            raise

    return tried


class Mlflow:
    """MLflow with one of its registry URIs."""

    def __init__(self, registry_uri, *, native=False):
        self.registry_uri, self.native = registry_uri, native

    @property
    def client(self):
        os.environ["MLFLOW_ENABLE_UC_NATIVE_MODEL_REGISTRY"] = "true" if self.native else "false"
        mlflow.set_registry_uri(self.registry_uri)
        return mlflow.MlflowClient()

    def create_model(self, name, comment):
        self.client.create_registered_model(name, description=comment)

    def get_model(self, name):
        model = self.client.get_registered_model(name)
        return {"name": model.name, "comment": model.description}

    def search_models(self, name):
        return name in {model.name for model in self.client.search_registered_models(max_results=1000)}

    def update_model(self, name, comment):
        self.client.update_registered_model(name, description=comment)

    @may_be_missing
    def rename_model(self, name, new_name):
        self.client.rename_registered_model(name, new_name)

    def delete_model(self, name):
        self.client.delete_registered_model(name)

    def tag_model(self, name):
        self.client.set_registered_model_tag(name, "team", "a")
        self.client.set_registered_model_tag(name, "gone", "a")
        self.client.delete_registered_model_tag(name, "gone")
        assert self.client.get_registered_model(name).tags == {"team": "a"}

    @may_be_missing
    def create_version(self, name, folder):
        client = self.client
        version = mlflow.register_model(folder, name)
        assert client.get_model_version(name, str(version.version)).status == "READY"

    def get_version(self, name, number):
        version = self.client.get_model_version(name, number)
        return {
            "name": version.name, "version": int(version.version), "status": version.status,
            "run": version.run_id or "", "source": version.source, "comment": version.description or "",
        }  # fmt: skip

    def list_versions(self, name):
        return [int(version.version) for version in self.client.search_model_versions(f"name='{name}'")]

    def update_version(self, name, number, comment):
        self.client.update_model_version(name, number, comment)

    def tag_version(self, name, number):
        self.client.set_model_version_tag(name, str(number), "team", "a")
        assert self.client.get_model_version(name, str(number)).tags == {"team": "a"}

    def delete_version(self, name, number):
        self.client.delete_model_version(name, number)

    def alias(self, name, number):
        self.client.set_registered_model_alias(name, "champion", str(number))
        assert int(self.client.get_model_version_by_alias(name, "Champion").version) == number
        self.client.delete_registered_model_alias(name, "champion")

    @may_be_missing
    def copy(self, name, number, destination):
        version = self.client.copy_model_version(f"models:/{name}/{number}", destination)
        deadline = time.monotonic() + 60
        while self.client.get_model_version(destination, version.version).status == "PENDING_REGISTRATION":
            assert time.monotonic() < deadline, "The copy is not ready after a minute."
            time.sleep(0.1)

    @may_be_missing
    def download(self, name, number, folder):
        assert self.client
        return mlflow.artifacts.download_artifacts(f"models:/{name}/{number}", dst_path=str(folder))


def answer(line):
    """Make one call of :class:`Mlflow` and tell its ``answer``, that the client does not have it, or how it failed."""
    call = json.loads(line)
    try:
        mlflow.set_tracking_uri(call["tracking_uri"])
        adapter = Mlflow(call["registry_uri"], native=call["native"])
        return {"answer": getattr(adapter, call["name"])(*call["arguments"])}
    except NotImplementedError:
        return {"missing": True}
    except Exception:
        return {"failed": traceback.format_exc()}


if __name__ == "__main__":
    answers, sys.stdout = sys.stdout, sys.stderr  # what MLflow prints is no answer
    for line in sys.stdin:
        print(json.dumps(answer(line)), file=answers, flush=True)
