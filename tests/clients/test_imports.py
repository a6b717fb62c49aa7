"""Imports from real servers: a stock `mlflow server` that its own client has filled, and another Catalog Explorer."""

import hashlib
import os
import shutil
from pathlib import Path

import mlflow as stock
import pytest
import requests
from mlflow import MlflowClient

from tests.benchmarks.registry import mlflow_server
from tests.clients.conftest import use
from tests.live import eventually, shell

pytestmark = [
    pytest.mark.client,
    pytest.mark.xdist_group("clients"),
    pytest.mark.filterwarnings("default"),  # the client's own
]
MIB = 1024 * 1024
SMALL_FILES, LARGE = 2_000, 1024 * MIB


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """What versions are made of: a small model, one of very many files, one with a very large file."""
    root = tmp_path_factory.mktemp("models")
    for name in ("small", "many", "large"):
        folder = root / name
        folder.mkdir()
        (folder / "MLmodel").write_text(f"flavors: {{python_function: {{loader_module: {name}}}}}\n")
        (folder / "ünï code & more.txt").write_text(name)
    for number in range(SMALL_FILES):
        place = root / "many" / f"part {number % 10}"
        place.mkdir(exist_ok=True)
        (place / f"{number}.txt").write_text(f"file {number}")
    block = os.urandom(MIB)
    with (root / "large" / "weights.bin").open("wb") as file:
        for _ in range(LARGE // MIB):
            file.write(block)
    return root


@pytest.fixture(scope="module")
def theirs(tmp_path_factory, folders):
    """The address of a stock server with models of all kinds."""
    store = tmp_path_factory.mktemp("theirs") / "mlflow.db"
    with mlflow_server(store, "--workers", "2") as port:
        url = f"http://127.0.0.1:{port}"
        fill(url, folders, store.parent / "mlartifacts")
        yield url


def fill(url, folders, kept):
    """By its own client; but what would take minutes is put where the server keeps it."""
    client = MlflowClient(tracking_uri=url, registry_uri=url)
    run = client.create_run(client.create_experiment("training"))
    client.log_artifacts(run.info.run_id, folders / "small", "small")
    place = kept / run.info.artifact_uri.removeprefix("mlflow-artifacts:/")
    assert (place / "small" / "MLmodel").exists()
    for name in ("many", "large"):
        shutil.copytree(folders / name, place / name)

    def register(name, kind, **more):
        return client.create_model_version(
            name, f"runs:/{run.info.run_id}/{kind}", run.info.run_id, await_creation_for=0, **more
        )

    client.create_registered_model("fraud", tags={"team": "risk", "a.b": "dotted"}, description="Finds **fraud**.")
    for number in range(1, 6):
        register("fraud", "small", tags={"auc": f"0.{number}"}, description=f"the {number}.")
    client.delete_model_version("fraud", "2")
    client.delete_model_version("fraud", "4")
    client.set_registered_model_alias("fraud", "blue", "1")
    client.transition_model_version_stage("fraud", "5", "Production")
    client.transition_model_version_stage("fraud", "3", "Staging")
    client.transition_model_version_stage("fraud", "1", "Archived")
    client.create_registered_model("Big Ones")
    register("Big Ones", "many")
    register("Big Ones", "large")
    client.create_registered_model("nothing yet")


@pytest.fixture(scope="module")
def product(tmp_path_factory, prepared, theirs):
    """It is told that it may ask that server, which is on this machine."""
    with prepared(tmp_path_factory.mktemp("product") / "data", REGISTER_FROM=theirs) as running:
        yield running


class Api:
    def __init__(self, product):
        self.url = product.url
        self.headers = {"Authorization": f"Bearer {product.first_run('Access token')}"}

    def __call__(self, method, path, body=None):
        answer = requests.request(method, f"{self.url}/api/2.1/{path}", json=body, headers=self.headers, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()


def bring(api, names=None, **asked):
    """Import by the API as a script does, and return the import once it has ended."""
    made = api("POST", "imports", asked)
    api("GET", f"imports/{made['import_id']}/preview")
    api("POST", f"imports/{made['import_id']}/start", {"names": names or {}})

    def ended():
        told = api("GET", f"imports/{made['import_id']}")
        return told if told["state"] in ("SUCCEEDED", "FAILED") else None

    return eventually(ended, 300)


DUMP = """
import hashlib
from django.db import connection
kept = ("catalog", "schema", "registeredmodel", "modelversion", "artifact", "alias")
told = {}
with connection.cursor() as cursor:
    for table in sorted(connection.introspection.table_names(cursor)):
        if table.startswith(tuple(f"registry_{name}" for name in kept)):
            cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
            told[table] = hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
print(told)
"""


@pytest.fixture(scope="module")
def imported(product, theirs):
    return bring(Api(product), kind="MLFLOW", address=theirs, destination="prod.imported")


def test_everything_is_as_it_is_there(imported, product, theirs, folders, monkeypatch, tmp_path):
    assert (imported["state"], imported["models"], imported["versions"]) == ("SUCCEEDED", 3, 5), imported
    there = MlflowClient(tracking_uri=theirs, registry_uri=theirs)
    use(monkeypatch, product, product.first_run("Access token"))
    here = MlflowClient(registry_uri="databricks-uc")
    for name, ours in (("fraud", "fraud"), ("Big Ones", "big_ones"), ("nothing yet", "nothing_yet")):
        compare(there, here, name, f"prod.imported.{ours}")
    fraud = here.get_registered_model("prod.imported.fraud")
    assert fraud.aliases == {"blue": "1", "Champion": "5", "Challenger": "3"}
    assert fraud.tags == {"team": "risk", "a_b": "dotted"}
    for name, version, kind in (("fraud", 5, "small"), ("big_ones", 1, "many"), ("big_ones", 2, "large")):
        listed = Api(product)(
            "GET", f"unity-catalog/models/prod.imported.{name}/versions/{version}/files?max_results=9999"
        )
        assert {file["path"]: file["sha256"] for file in listed["files"]} == digests(folders / kind)
    got = stock.artifacts.download_artifacts(
        "models:/prod.imported.fraud/5", dst_path=str(tmp_path), registry_uri="databricks-uc"
    )
    assert digests(Path(got)) == digests(folders / "small")
    lines = {(line["object"], line["message"]) for line in imported["report"]}
    assert lines == {
        ("prod.imported.big_ones", "It is called 'Big Ones' there."),
        ("prod.imported.nothing_yet", "It is called 'nothing yet' there."),
        ("prod.imported.fraud", "The tag 'a.b' is called 'a_b' here."),
        ("prod.imported.fraud", "In the stage Archived, which becomes no alias: versions 1."),
    }


def compare(there, here, name, full_name):
    """Field by field, by the client's own entities."""
    one, other = there.get_registered_model(name), here.get_registered_model(full_name)
    for field in ("creation_timestamp", "last_updated_timestamp", "description"):
        assert (getattr(one, field) or "") == (getattr(other, field) or ""), (name, field)
    versions = {int(version.version): version for version in there.search_model_versions(f"name='{name}'")}
    ours = {int(version.version): version for version in here.search_model_versions(f"name='{full_name}'")}
    assert versions.keys() == ours.keys()
    for number, version in versions.items():
        full = here.get_model_version(full_name, str(number))
        for field in (
            "creation_timestamp", "last_updated_timestamp", "description", "run_id", "source", "tags", "status",
        ):  # fmt: skip
            expected = getattr(version, field)
            assert (getattr(full, field) or "") == (expected or ""), (name, number, field)


def digests(folder):
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and file.name != "registered_model_meta"  # the client's own
    }


def test_a_second_import_writes_nothing(imported, product, theirs):
    before = shell(product, DUMP)
    again = bring(Api(product), kind="MLFLOW", address=theirs, destination="prod.imported")
    assert (again["versions"], again["versions_already_there"]) == (0, 5)
    assert shell(product, DUMP) == before


def test_the_command_line_brings_the_same(imported, product, theirs):
    said = product.manage("import_registry", theirs, "prod.imported", "--as", "admin@example.com", "--preview")
    assert "fraud -> prod.imported.fraud (is here already): 3 versions @blue=1 @Champion=5 @Challenger=3" in said
    said = product.manage("import_registry", theirs, "prod.imported", "--as", "admin@example.com")
    assert said.endswith("0 versions of 3 models were imported; 5 were here already.")


def test_a_server_in_the_network_that_nobody_has_allowed_is_not_asked(product, prepared, tmp_path, theirs):
    api = Api(product)
    elsewhere = theirs.replace("127.0.0.1", "localhost")
    made = api("POST", "imports", {"kind": "MLFLOW", "address": elsewhere, "destination": "prod.other"})
    answer = requests.get(f"{product.url}/api/2.1/imports/{made['import_id']}/preview", headers=api.headers, timeout=30)
    assert answer.status_code == 400
    assert "within a network" in answer.text


def test_from_another_catalog_explorer_and_by_databricks_wire(product, theirs, prepared, tmp_path):
    token = product.first_run("Access token")
    product.manage("issue_token", "maya@example.com", "--create")
    api = Api(product)
    bring(api, {"fraud": "lab.shared.fraud"}, kind="MLFLOW", address=theirs, destination="lab.shared")
    api("PATCH", "unity-catalog/models/lab.shared.fraud", {"owner": "maya@example.com"})
    changes = [
        {"principal": "maya@example.com", "add": ["USE_CATALOG", "USE_SCHEMA"]},
        {"principal": "admin@example.com", "add": ["EXECUTE"]},  # an administrator who owns nothing reads no files
    ]
    api("PATCH", "unity-catalog/permissions/catalog/lab", {"changes": changes})
    with prepared(tmp_path / "other" / "data", REGISTER_FROM=product.url) as other:
        other.manage("issue_token", "maya@example.com", "--create")
        there = Api(other)
        asked = {"kind": "CATALOG_EXPLORER", "address": product.url, "token": token, "destination": "copy"}
        chosen = {"lab.shared.fraud": "copy.shared.fraud"}
        came = bring(there, chosen, **asked)
        assert (came["state"], came["versions"], came["report"]) == ("SUCCEEDED", 3, [])
        model = there("GET", "unity-catalog/models/copy.shared.fraud?include_aliases=true")
        assert model["owner"] == "maya@example.com"
        assert {alias["alias_name"]: alias["version_num"] for alias in model["aliases"]} == {
            "blue": 1, "Champion": 5, "Challenger": 3,
        }  # fmt: skip
        for number in (1, 3, 5):
            one = api("GET", f"unity-catalog/models/lab.shared.fraud/versions/{number}")
            two = there("GET", f"unity-catalog/models/copy.shared.fraud/versions/{number}")
            for field in ("digest", "created_at", "created_by", "updated_at", "comment", "run_id", "source", "tags"):
                assert one[field] == two[field], field
        held = there("GET", "unity-catalog/permissions/catalog/copy")["privilege_assignments"]
        assert {each["principal"]: each["privileges"] for each in held} == {
            "admin@example.com": ["EXECUTE"], "maya@example.com": ["USE_CATALOG", "USE_SCHEMA"],
        }  # fmt: skip
        again = bring(there, chosen, **asked)
        assert (again["versions"], again["versions_already_there"]) == (0, 3)

        asked |= {"kind": "WORKSPACE", "destination": "legacy.all"}
        came = bring(there, {"lab.shared.fraud": "legacy.all.fraud"}, **asked)
        assert (came["state"], came["versions"]) == ("SUCCEEDED", 3), came
        listed = there("GET", "unity-catalog/models/legacy.all.fraud/versions")["model_versions"]
        assert [version["version"] for version in listed] == [5, 3, 1]


def test_the_vendors_documented_way_works(imported, product, monkeypatch, tmp_path):
    use(monkeypatch, product, product.first_run("Access token"))
    monkeypatch.setenv("MLFLOW_SKIP_SIGNATURE_CHECK_FOR_UC_REGISTRY_MIGRATION", "true")
    monkeypatch.chdir(tmp_path)
    client = MlflowClient(registry_uri="databricks")
    copied = client.copy_model_version("models:/prod.imported.fraud/5", "prod.imported.migrated")
    assert (str(copied.version), copied.status) == ("1", "READY")
