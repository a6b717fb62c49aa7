"""What the product's own code does not do, read from the code: each exception has its place, and stands here."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [
    file
    for package in ("accounts", "explorer", "registry")
    for file in sorted((ROOT / package).rglob("*.py"))
    if "migrations" not in file.parts and "demo/artifacts" not in file.as_posix()  # the demo's models are data
]

NETWORK = {"requests", "socket", "urllib.request", "http.client", "smtplib", "ftplib", "httpx", "aiohttp", "urllib3"}
REACHES_OUT = {
    "registry/services/versions/suggestions.py",  # the language model, at AI_BASE_URL
    "registry/jobs/mailing.py",  # errors of the mail server, at EMAIL_URL
    "explorer/views/single_sign_on.py",  # errors of the provider, which is asked at OIDC_ISSUER
    "registry/tracking/wire.py",  # the process that keeps runs, by a socket in DATA_DIR
    "registry/remotes/guard.py",  # servers that users name, where they may go
    "registry/remotes/connection.py",  # and through it
    "registry/attached.py",  # the MLflow server that keeps runs instead, at TRACKING_URL
    "registry/storage/attached.py",  # errors of that server
    "explorer/management/commands/up.py",  # whether the port to listen on is free
}
RUNS_PROGRAMS = {
    "explorer/supervisor.py",  # web server, workers and clock
    "registry/services/administration/backups/databases.py",  # pg_dump and pg_restore
}
MAKES_OBJECTS = {
    "pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "xml", "lxml", "defusedxml", "plistlib",
    "zipfile", "tarfile", "lzma", "bz2", "zlib", "gzip", "importlib", "code", "ctypes.util",
}  # fmt: skip
WRITES_SQL = {
    "accounts/compiled_queries.py",  # what Django has compiled, with parameters
    "registry/jobs/upkeep.py",  # ANALYZE
    "registry/models/locks.py",  # SELECT … FOR SHARE, with a parameter
    "registry/models/text_search.py",  # the indexes that find words, made of constants
    "registry/models/triggers.py",  # the triggers, made of constants
    "registry/services/administration/backups/databases.py",  # snapshots
    "registry/tracking/server/database.py",  # a schema, a lock, pragmas
}


CRYPTOGRAPHY = {
    "hashlib",
    "hmac",
    "secrets",
    "random",
    "django.core.signing",
    "django.utils.crypto",
    "joserfc",
    "cryptography",
}
USES_CRYPTOGRAPHY = {
    "accounts/models/tokens.py",  # tokens and secrets, and access tokens
    "accounts/sealing.py",  # what is kept sealed: secrets of apps, credentials of other servers
    "accounts/second_factors.py",  # secrets of apps, sealed; recovery codes
    "accounts/throttle.py",  # what is limited, as digests
    "explorer/first_run.py",  # the first password
    "explorer/secret_key.py",  # the keys
    "explorer/provider.py",  # the state of a sign-in, compared
    "explorer/views/sign_in.py",  # a password that is still the same, compared
    "explorer/views/signing.py",  # cookies of who is on the way in
    "explorer/views/single_sign_on.py",  # errors of ID tokens
    "registry/api/signing.py",  # signed URLs, uploads in parts
    "registry/http/paging.py",  # page tokens
    "registry/models/events.py",  # the audit log
    "registry/services/administration/backups/manifest.py",
    "registry/services/administration/backups/taking.py",
    "registry/services/artifacts/digests.py",  # of files
    "registry/services/artifacts/inventory.py",  # the same
    "registry/services/artifacts/lending.py",  # names of lent directories
    "registry/storage/base.py",
    "registry/storage/objects/uploads.py",
    "registry/storage/local/lent_directory.py",
    "registry/storage/local/uploads.py",
    "registry/storage/paths.py",
}


@pytest.fixture(scope="module")
def trees():
    return {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text()) for file in FILES}


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree):
    """Every call, and what is called as it is written: ``eval``, ``yaml.load``, ``text.format``."""
    return [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def who_imports(trees, modules):
    return {
        path
        for path, tree in trees.items()
        if any(name == module or name.startswith(f"{module}.") for name in imported(tree) for module in modules)
    }


def test_the_files_are_found(trees):
    assert len(trees) > 150


def test_modules_and_functions_are_read_at_a_sitting(trees):
    for path, tree in trees.items():
        assert len((ROOT / path).read_text().splitlines()) <= 300, path
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno - node.lineno < 30, (path, node.name)


def test_modules_import_at_their_top_alone(trees):
    """A late import hides a circle."""
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert not [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)], (path, node.name)


def test_the_server_reaches_out_in_few_places(trees):
    """To addresses of the settings, and through one guard to those of others."""
    assert who_imports(trees, NETWORK) == REACHES_OUT


def test_programs_are_run_in_few_places_and_never_by_a_shell(trees):
    assert who_imports(trees, {"subprocess"}) == RUNS_PROGRAMS
    for path, tree in trees.items():
        for name, call in calls(tree):
            assert not re.match(r"os\.(system|popen|spawn|exec)", name), path
            assert not any(keyword.arg == "shell" for keyword in call.keywords), path


def test_no_code_or_object_is_made_of_data(trees):
    assert who_imports(trees, MAKES_OBJECTS) == set()
    for path, tree in trees.items():
        for name, _ in calls(tree):
            assert name not in ("eval", "exec", "compile", "__import__", "yaml.load", "yaml.unsafe_load"), path


def test_no_template_or_format_is_made_of_data(trees):
    """Templates are files, and what is filled in by ``format`` is written in the code: a literal, or a constant."""
    written = {"holder.format", "self.words.format_map"}  # constants of the triggers and of the audit log's actions
    for path, tree in trees.items():
        for name, call in calls(tree):
            if name in written:
                continue
            assert name.rpartition(".")[2] not in ("Template", "from_string", "format_map", "vformat"), path
            if isinstance(call.func, ast.Attribute) and call.func.attr == "format":
                assert is_written_in_the_code(call.func.value), (path, name)


def is_written_in_the_code(text):
    """Whether it is a literal, a constant, or an entry of a constant table, whatever the key."""
    if isinstance(text, ast.Constant):
        return True
    table = text.func.value if isinstance(text, ast.Call) and ast.unparse(text.func).endswith(".get") else text
    return isinstance(table, ast.Name) and re.fullmatch(r"_?[A-Z_]+", table.id) is not None


def test_sql_is_written_in_few_places(trees):
    found = {
        path
        for path, tree in trees.items()
        if any(re.search(r"\.(raw|extra|execute|executemany|executescript)$|RawSQL", name) for name, _ in calls(tree))
    }
    assert found == WRITES_SQL


def test_patterns_are_written_in_the_code(trees):
    """No text of a user becomes a part of a regular expression."""
    for path, tree in trees.items():
        for name, call in calls(tree):
            if re.fullmatch(r"re\.(compile|match|search|fullmatch|sub|findall|finditer|split)", name):
                pattern = call.args[0]
                filled_in = {ast.unparse(p.value) for p in ast.walk(pattern) if isinstance(p, ast.FormattedValue)}
                assert isinstance(pattern, (ast.Constant, ast.JoinedStr)), path
                # One of two signs of SQL, the keys of filters, and a length.
                assert filled_in <= {"quote", "_KEYS", "_LONGEST"}, path


def test_cryptography_is_used_where_the_inventory_says(trees):
    """And nothing is hashed but by SHA-256. (The inventory stands in SECURITY.md.)"""
    assert who_imports(trees, CRYPTOGRAPHY) == USES_CRYPTOGRAPHY
    for path, tree in trees.items():
        for name, call in calls(tree):
            if name.startswith(("hashlib.", "hmac.new", "salted_hmac")):
                assert "sha256" in ast.unparse(call), path
            assert not name.startswith("random."), path


SCRIPTS = pytest.mark.parametrize("script", sorted((ROOT / "static/js").glob("*.js")), ids=lambda script: script.name)


@SCRIPTS
def test_scripts_of_ours_make_no_code_and_listen_to_no_other_window(script):
    forbidden = (
        r"\beval\(|new Function|document\.write|postMessage|outerHTML|insertAdjacentHTML|\"message\"|javascript:"
    )
    assert not re.search(forbidden, script.read_text())


@SCRIPTS
def test_scripts_of_ours_set_no_property_that_data_names(script):
    text = re.sub(r"//.*", "", script.read_text())
    assert not re.search(r"[\w)\]]\[[^\]]*\]\s*=[^=>]|__proto__|\.constructor\b|Object\.assign\([^,]+, *JSON", text)


@pytest.mark.parametrize("files", ["templates/**/*.html", "static/css/**/*.css", "static/js/*.js"])
def test_no_line_is_longer_than_one_of_python(files):
    """The formatters break what they can: long tags of Django, comments and addresses are broken by hand."""
    found = [file for file in ROOT.glob(files) if any(len(line) > 120 for line in file.read_text().splitlines())]
    assert found == []
