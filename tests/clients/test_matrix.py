"""The same model is the same model through every client; and the README's table says which call which client has.

The table is written from what happens here. To write it anew after a change: ``WRITE_README=1 pytest`` this file.
"""

import pytest

from tests.clients.adapters import Mlflow, OpenSource, Sdk
from tests.clients.conftest import use
from tests.clients.journeys import MARKS, digests, save_model
from tests.readme import require_table

pytestmark = MARKS

NAMES = ("databricks-uc", "databricks-uc native", "uc", "http", "databricks-sdk", "unitycatalog-client")
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
    "download": "download files, load",
    "copy": "copy a version",
    "delete_version": "delete a version",
    "delete_model": "delete a model",
}


@pytest.fixture
def clients(product, connect, monkeypatch, tmp_path):
    token = product.first_run("Access token")
    mlflow = connect("databricks-uc")
    use(monkeypatch, product, token)
    monkeypatch.setenv("MLFLOW_ENABLE_UC_NATIVE_MODEL_REGISTRY", "false")
    adapters = (
        Mlflow("databricks-uc"), Mlflow("databricks-uc", native=True), Mlflow(f"uc:{product.url}"), Mlflow(product.url),
        Sdk(), OpenSource(product.url, token),
    )  # fmt: skip
    folder = save_model(mlflow, tmp_path)
    return dict(zip(NAMES, adapters, strict=True)), folder


def test_a_model_made_through_each_client_is_the_same_through_every_other(clients):
    adapters, folder = clients
    uploads = adapters["databricks-uc"]
    for number, (name, maker) in enumerate(adapters.items()):
        model = f"dev.risk.made_by_{number}"
        maker.create_model(model, f"Made by {name}")
        try:
            maker.create_version(model, folder)
        except NotImplementedError:
            uploads.create_version(model, folder)
        made = max(uploads.list_versions(model))
        maker.update_version(model, made, "described")
        models = {reader: adapter.get_model(model) for reader, adapter in adapters.items()}
        versions = {reader: adapter.get_version(model, made) for reader, adapter in adapters.items()}
        assert set(map(str, models.values())) == {str({"name": model, "comment": f"Made by {name}"})}
        assert len(set(map(str, versions.values()))) == 1, versions
        assert versions["http"]["status"] == "READY"
        assert versions["http"]["comment"] == "described"


def test_the_readme_tells_which_client_has_which_call(clients, tmp_path):
    adapters, folder = clients
    has = {name: calls_of(adapters, name, number, folder, tmp_path) for number, name in enumerate(NAMES)}
    lines = [f"| | {' | '.join(f'`{name}`' for name in NAMES)} |", "|---" * (len(NAMES) + 1) + "|"]
    lines += [
        f"| {words} | {' | '.join('✓' if has[n][call] else '–' for n in NAMES)} |" for call, words in CALLS.items()
    ]
    require_table("the calls of the clients", "\n".join(lines))


def calls_of(adapters, name, number, folder, tmp_path):
    """Lead one client through all calls, in an order in which each finds what it needs."""
    client, uploads, model = adapters[name], adapters["databricks-uc"], f"dev.risk.calls_{number}"
    has = {}

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
    (tmp_path / name).mkdir()
    down = call("download", model, last, tmp_path / name)
    assert not has["download"] or digests(down).items() <= digests(folder).items()
    call("rename_model", model, f"{model}_renamed")
    model = f"{model}_renamed" if has["rename_model"] else model
    call("delete_version", model, last)
    call("delete_model", model)
    return has
