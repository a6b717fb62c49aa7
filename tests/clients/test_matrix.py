"""The same model is the same model through every client; and the README's table says which call which client has.

The table is written from what happens here. To write it anew after a change: ``WRITE_README=1 pytest`` this file.
"""

import tempfile
from functools import partial
from pathlib import Path
from uuid import uuid4

import mlflow
import pytest

from tests.clients.adapters import OpenSource, Sdk
from tests.clients.conftest import use
from tests.clients.journeys import MARKS, digests
from tests.clients.mlflow_adapter import Mlflow
from tests.clients.releases import RELEASES, Release, numbers_of
from tests.clients.runs import is_up
from tests.live import eventually
from tests.readme import require_table

pytestmark = MARKS

NOW = ".".join(mlflow.__version__.split(".")[:2])
YOUNG = {"databricks-uc native", "uc"}  # MLflow 2 has neither, or a first try of it
CALLS = {
    "create_model": "create a model",
    "get_model": "get a model",
    "search_models": "list or search models",
    "update_model": "describe a model",
    "rename_model": "rename a model",
    "tag_model": "tag a model",
    "create_version": "register a version with its files",
    "get_version": "get a version",
    "list_versions": "list versions",
    "update_version": "describe a version",
    "tag_version": "tag a version",
    "alias": "set, use and delete an alias",
    "download": "download the files",
    "copy": "copy a version",
    "delete_version": "delete a version",
    "delete_model": "delete a model",
}

MLMODEL = """
artifact_path: model
flavors:
  python_function: {loader_module: weights, python_version: 3.11.7}
run_id: 7d2b1a6e9c4c4c0f8d8a5a4b3c2d1e0f
model_uuid: 3b1f2d1e6c9c4c0f8d8a5a4b3c2d1e0f
signature:
  inputs: '[{"type": "double", "name": "x"}]'
  outputs: '[{"type": "double"}]'
utc_time_created: '2026-11-29 12:00:00.000000'
"""


@pytest.fixture(scope="module")
def product(tmp_path_factory, prepared):
    """The product with its demo, which keeps runs."""
    with prepared(tmp_path_factory.mktemp("matrix") / "data", TRACKING="1") as running:
        yield running


@pytest.fixture
def token(product, monkeypatch):
    token = product.first_run("Access token")
    use(monkeypatch, product, token)
    monkeypatch.setenv("MLFLOW_ENABLE_UC_NATIVE_MODEL_REGISTRY", "false")
    return token


@pytest.fixture
def clients(product, connect, token):
    """The clients of this process, by name."""
    connect("databricks-uc")
    return dialects(product, Mlflow) | {"databricks-sdk": Sdk(), "unitycatalog-client": OpenSource(product.url, token)}


def dialects(product, mlflow):
    """MLflow with each URI that its users set, as ``mlflow(uri, native=…)`` makes it."""
    return {
        "databricks-uc": mlflow("databricks-uc"), "databricks-uc native": mlflow("databricks-uc", native=True),
        "uc": mlflow(f"uc:{product.url}"), "http": mlflow(product.url),
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """A model that each release can read; what a newer one saves, an older one does not know."""
    folder = tmp_path / "model"
    (folder / "code").mkdir(parents=True)
    (folder / "MLmodel").write_text(MLMODEL)
    (folder / "code" / "weights.bin").write_bytes(bytes(range(256)))
    return str(folder)


def test_a_model_made_through_each_client_is_the_same_through_every_other(clients, folder):
    uploads = clients["databricks-uc"]
    for number, (name, maker) in enumerate(clients.items()):
        model = f"dev.risk.made_by_{number}"
        maker.create_model(model, f"Made by {name}")
        try:
            maker.create_version(model, folder)
        except NotImplementedError:
            uploads.create_version(model, folder)
        made = max(uploads.list_versions(model))
        maker.update_version(model, made, "described")
        models = {reader: adapter.get_model(model) for reader, adapter in clients.items()}
        versions = {reader: adapter.get_version(model, made) for reader, adapter in clients.items()}
        assert set(map(str, models.values())) == {str({"name": model, "comment": f"Made by {name}"})}
        assert len(set(map(str, versions.values()))) == 1, versions
        assert versions["http"]["status"] == "READY"
        assert versions["http"]["comment"] == "described"


@pytest.mark.parametrize("tracking", ["mlruns", "databricks", "http"])
def test_the_readme_tells_which_release_of_which_client_has_which_call(
    product, clients, folder, tmp_path, monkeypatch, tracking
):
    tracking_uri = product.url if tracking == "http" else tracking
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # what the old releases keep runs in, without SQLAlchemy
    mlflow.set_tracking_uri(tracking_uri)
    if tracking != "mlruns":
        eventually(lambda: is_up(mlflow))
    uploads = clients["databricks-uc"]
    has = {name: {NOW: calls_of(client, uploads, folder, tmp_path)} for name, client in clients.items()}
    for release in RELEASES:
        with Release(release, tmp_path) as process:
            for name, client in dialects(product, partial(process.client, tracking_uri=tracking_uri)).items():
                if name not in YOUNG or numbers_of(release) >= [3]:
                    has[name][release] = calls_of(client, uploads, folder, tmp_path)
    require_table("the calls of the clients", table_of(has))


def table_of(has):
    """Markdown: a row a call, a column a client."""
    head = [f"| | {' | '.join(f'`{name}`' for name in has)} |", "|---" * (len(has) + 1) + "|"]
    cells = {call: [releases_with(call, of_client) for of_client in has.values()] for call in CALLS}
    return "\n".join([*head, *(f"| {CALLS[call]} | {' | '.join(row)} |" for call, row in cells.items())])


def releases_with(call, of_client):
    """Whether a client has a call: ✓, –, or the first release from which on it does."""
    releases = sorted(of_client, key=numbers_of)
    having = [bool(of_client[release].get(call)) for release in releases]
    assert having == sorted(having), f"{call} was there and has gone: {of_client}"
    return "✓" if having[0] else f"from {releases[having.index(True)]}" if having[-1] else "–"


def calls_of(client, uploads, folder, tmp_path):
    """Lead one client through all calls, in an order in which each finds what it needs."""
    model, has = f"dev.risk.calls_{uuid4().hex}", {}

    def call(what, *arguments):
        try:
            answer = getattr(client, what)(*arguments)
            has[what] = True
        except NotImplementedError:
            answer, has[what] = None, False
        return answer

    call("create_model", model, "first")
    call("update_model", model, "second")
    assert call("get_model", model) == {"name": model, "comment": "second"}
    assert call("search_models", model)
    call("tag_model", model)
    call("create_version", model, folder)
    uploads.create_version(model, folder)
    last = max(call("list_versions", model))
    assert call("get_version", model, last)["status"] == "READY"
    call("update_version", model, last, "described")
    call("tag_version", model, last)
    call("alias", model, last)
    call("copy", model, last, f"{model}_copy")
    place = Path(tempfile.mkdtemp(dir=tmp_path))
    down = call("download", model, last, place)
    assert not has["download"] or digests(down).items() <= digests(folder).items()
    call("rename_model", model, f"{model}_renamed")
    model = f"{model}_renamed" if has["rename_model"] else model
    call("delete_version", model, last)
    call("delete_model", model)
    return has
