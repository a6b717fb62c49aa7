"""The locks: what is installed is named with its version and its hashes, and no index is named."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def locked(name):
    """Each requirement of a lock, by name, with its version and its hashes."""
    text = re.sub(r"^\s*#.*$", "", (ROOT / name).read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        project, version = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", line).groups()
        found[project] = version, re.findall(r"--hash=sha256:([0-9a-f]{64})", line)
    return found


def name_of(requirement):
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower().replace("_", "-")


LOCKS = [
    "requirements.lock", "requirements-cloud.lock", "requirements-dev.lock",
    *(str(lock.relative_to(ROOT)) for lock in ROOT.glob("tests/clients/releases/*.lock")),
]  # fmt: skip


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_one_version_and_its_hashes(name):
    found = locked(name)
    assert len(found) > 25
    assert [package for package, (_, hashes) in found.items() if not hashes] == []
    assert not re.search(r"index-url|find-links|trusted-host|git\+|https?://", (ROOT / name).read_text())


def test_whatever_the_project_names_is_in_its_lock():
    product, tests = locked("requirements.lock"), locked("requirements-dev.lock")
    cloud, extras = locked("requirements-cloud.lock"), PROJECT["optional-dependencies"]
    assert {name_of(package) for package in PROJECT["dependencies"]} <= set(product)
    assert {name_of(package) for package in extras["dev"]} - {PROJECT["name"]} <= set(tests)
    assert {name_of(package) for package in extras["s3"]} <= set(cloud)
    assert {package: tests[package] for package in cloud} == cloud
    assert {package: cloud[package] for package in product} == product


def test_the_makefile_installs_nothing_without_its_hash():
    """But for the newest releases of the clients, which only the nightly run tries."""
    installs = re.findall(r"\$\(UV\) pip install .*", (ROOT / "Makefile").read_text())
    newest = [line for line in installs if "--upgrade" in line]
    assert newest == [line for line in installs if line.endswith("mlflow databricks-sdk unitycatalog-client")]
    assert len(newest) == 1
    assert all("--require-hashes" in line and "--no-deps" in line for line in installs if line not in newest)


def test_what_npm_installs_has_one_version_and_its_hash_and_runs_no_script():
    lock = (ROOT / "tests/npm/package-lock.json").read_text()
    packages = {name: package for name, package in json.loads(lock)["packages"].items() if name}
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert "resolved" not in lock
    wanted = json.loads((ROOT / "tests/npm/package.json").read_text())["devDependencies"]
    assert wanted == {name: packages[f"node_modules/{name}"]["version"] for name in wanted}
    installs = re.findall(r"npm (?:ci|install|i)\b.*", (ROOT / "Makefile").read_text())
    assert len(installs) == 1
    assert installs[0].startswith("npm ci ")
    assert "--ignore-scripts" in installs[0]
