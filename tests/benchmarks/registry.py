"""Reads of a large registry, beside a stock `mlflow server` with the same models: requests/s and latency of both.

    python -m tests.benchmarks.registry [MODELS …]        (5000 and 100000 unless told)

The product runs as `manage.py up` starts it: a token in every request, every right asked for. `mlflow server` runs with
its own defaults, asks nobody who they are, and so shows everything to everybody. Both keep the same names in SQLite;
each model has two versions, an alias and a tag. Figures are of one run on one machine: the sides take turns, and only
their ratios say something elsewhere. Load comes from `wrk` where it is installed, otherwise from threads of Python.
"""

import http.client
import json
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count, cycle
from pathlib import Path

from tests.live import Product, eventually, free_port, shell

SIZES = (5_000, 100_000)
CONNECTIONS, ROUNDS, WARM_UP, SECONDS = 8, 2, 2, 6
CATALOGS, MODELS_PER_SCHEMA, NAMES_ASKED = 50, 50, 5_000
ALIAS, VERSION, PAGE = "version by alias", "version by number", "page of 100 models"
PATHS = {
    ALIAS: "/registered-models/alias?name={}&alias=Champion",
    VERSION: "/model-versions/get?name={}&version=1",
    PAGE: "/registered-models/search?max_results=100",
}
# Both readers hold EXECUTE on the same three models; one may use their schemas alone, the other may use every schema.
ADMINISTRATOR, READER, WIDE_READER = "administrator", "sees 3 models", "sees 3 models, may use all schemas"
QUESTIONS = [(ALIAS, ADMINISTRATOR), (ALIAS, READER), (VERSION, ADMINISTRATOR)]
QUESTIONS += [(PAGE, caller) for caller in (ADMINISTRATOR, READER, WIDE_READER)]
HEADS = ("", "caller", *("requests/s", "p50, ms", "p99, ms") * 2, "requests/s, ratio", "p50, ratio")
progress = partial(print, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Load:
    """What one measurement asks: these paths of that server, in turn."""

    port: int
    paths: list
    headers: dict = field(default_factory=dict)


@dataclass
class Row:
    """One line of the table: what is asked of both sides, and the figures of each round."""

    operation: str
    caller: str
    loads: dict
    figures: dict = field(default_factory=lambda: {"ours": [], "mlflow": []})

    def of(self, side):
        """Requests/s, p50 and p99 in milliseconds: the median of the rounds."""
        return [statistics.median(values) for values in zip(*self.figures[side], strict=True)]


def main(sizes):
    tables = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            tables[size] = measure(size, Path(folder))
        print_table(size, tables[size])
    print_summary(tables)


def measure(size, folder):
    places = [(number // MODELS_PER_SCHEMA, number) for number in range(size)]
    names = [f"catalog{schema % CATALOGS:02}.schema{schema:04}.model{model:06}" for schema, model in places]
    allowed = [names[size * sixth // 6] for sixth in (1, 3, 5)]
    (folder / "names.json").write_text(json.dumps([names, allowed]))
    product, store = Product(folder / "data", demo=False), folder / "mlflow.db"
    with product, mlflow_server(store):
        tokens = {ADMINISTRATOR: product.first_run("Access token")}
    progress(f"filling both with {size:,} models")
    fill = f"from tests.benchmarks.registry import fill_product; print(fill_product({str(folder / 'names.json')!r}))"
    tokens |= json.loads(shell(product, fill))
    fill_mlflow(store, names)
    asked = {READER: allowed, WIDE_READER: allowed}
    asked[ADMINISTRATOR] = random.Random(1).sample(names, min(NAMES_ASKED, size))
    with product, mlflow_server(store) as port:
        ports = product.port, port
        rows = [row_of(what, caller, ports, tokens[caller], asked[caller]) for what, caller in QUESTIONS]
        for sides in [("ours", "mlflow"), ("mlflow", "ours")] * (ROUNDS // 2):
            for row in rows:
                measure_row(row, sides)
    return rows


def row_of(operation, caller, ports, token, names):
    paths = [PATHS[operation].format(name) for name in names]
    ours = [f"/api/2.0/mlflow/unity-catalog{path}" for path in paths]
    theirs = [f"/api/2.0/mlflow{path}" for path in paths]
    loads = {"ours": Load(ports[0], ours, {"Authorization": f"Bearer {token}"}), "mlflow": Load(ports[1], theirs)}
    return Row(operation, caller, loads)


def measure_row(row, sides):
    for side in sides:
        check(row, side)
        wait_for_quiet()
        run(row.loads[side], WARM_UP)
        row.figures[side].append(run(row.loads[side], SECONDS))
        progress(f"{row.operation}, {row.caller}, {side}:", *(round(figure, 1) for figure in row.figures[side][-1]))


def check(row, side):
    """What is measured is the right answer: that version, a full page, or exactly the models that may be seen."""
    load = row.loads[side]
    answer = ask(http.client.HTTPConnection("127.0.0.1", load.port), load, load.paths[0])
    if row.operation == PAGE:
        found = [len(model["aliases"]) + len(model["tags"]) for model in answer["registered_models"]]
        assert found == [2] * (100 if side == "mlflow" or row.caller == ADMINISTRATOR else 3), found
    else:
        assert answer["model_version"]["version"] == ("2" if row.operation == ALIAS else "1"), answer


def wait_for_quiet(patience=120):
    """Wait until the machine is idle: the job runners of mlflow are busy for a minute after their start."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        (up, idle), _, (up_later, idle_later) = uptime(), time.sleep(1), uptime()  # idle: of all processors together
        if idle_later - idle > 0.9 * os.cpu_count() * (up_later - up):
            return
    progress("This machine does not become idle: the next figures are of a busy one.")


def uptime():
    return map(float, Path("/proc/uptime").read_text().split())


def fill_product(file):
    """Runs within `manage.py shell`: fill the database, and return the tokens of the two readers as JSON."""
    from django.db import connection

    from accounts.models import PersonalAccessToken, User
    from registry import models
    from tests.cast import grant

    names, allowed = json.loads(Path(file).read_text())
    create = User.objects.create_user
    owners = cycle([create(f"owner{number}@example.com") for number in range(CATALOGS)])
    ready = {"status": "READY", "source": "runs:/1/model", "storage_location": "local:///bench"}
    champion = {"name": "Champion", "folded": "champion"}
    catalogs, schemas, registered, versions, aliases, tags = {}, {}, [], [], [], []
    for full_name in names:
        catalog, schema, name = full_name.split(".")
        parent = catalogs.setdefault(catalog, models.Catalog(name=catalog))
        parent = schemas.setdefault(schema, models.Schema(catalog=parent, name=schema))
        model = models.RegisteredModel(schema=parent, name=name, filed_as=full_name, owner_user=next(owners))
        model.last_version = 2
        registered.append(model)
        versions += [models.ModelVersion(registered_model=model, version=number, **ready) for number in (1, 2)]
        aliases.append(models.Alias(registered_model=model, model_version=versions[-1], **champion))
        tags.append(models.RegisteredModelTag(subject=model, key="team", value="bench"))
    for rows in (list(catalogs.values()), list(schemas.values()), registered, versions, aliases, tags):
        type(rows[0]).objects.bulk_create(rows, batch_size=1000)
    users = {READER: create("reader@example.com"), WIDE_READER: create("wide@example.com")}
    for model in (model for model in registered if model.full_name in allowed):
        grant(users[READER], model.schema.catalog, "USE_CATALOG")
        grant(users[READER], model.schema, "USE_SCHEMA")
        for user in users.values():
            grant(user, model, "EXECUTE")
    for catalog in catalogs.values():
        grant(users[WIDE_READER], catalog, "USE_CATALOG", "USE_SCHEMA")
    connection.cursor().execute("ANALYZE")
    return json.dumps({caller: PersonalAccessToken.objects.issue(user)[1] for caller, user in users.items()})


def fill_mlflow(store, names):
    models = [(name,) for name in names]
    versions = [(name, version) for name in names for version in (1, 2)]
    into = "model_versions (name, version, creation_time, last_updated_time, current_stage, source, status)"
    with closing(sqlite3.connect(store)) as database, database:
        insert = database.executemany
        insert("INSERT INTO registered_models (name, creation_time, last_updated_time) VALUES (?, 1, 1)", models)
        insert(f"INSERT INTO {into} VALUES (?, ?, 1, 1, 'None', 'runs:/1/model', 'READY')", versions)
        insert("INSERT INTO registered_model_aliases (name, alias, version) VALUES (?, 'Champion', 2)", models)
        insert("INSERT INTO registered_model_tags (name, key, value) VALUES (?, 'team', 'bench')", models)
        database.execute("ANALYZE")


@contextmanager
def mlflow_server(store, *options):
    """The stock server with its own defaults, listening on the port that is yielded."""
    port = free_port()
    arguments = ["--backend-store-uri", f"sqlite:///{store}", "--port", str(port), *options]
    command = [sys.executable, "-m", "mlflow", "server", *arguments]
    with store.with_suffix(".log").open("ab") as log:
        server = subprocess.Popen(command, cwd=store.parent, stdout=log, stderr=log, start_new_session=True)
    try:
        eventually(lambda: is_up(port), seconds=120)
        yield port
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            server.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)  # what it has left behind


def is_up(port):
    with suppress(OSError), closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200


WRK = """
local asked, worker = 0, nil
failures = 0 -- not local: read from another state
function setup(thread) worker = thread end
function init() for i, path in ipairs(requests) do requests[i] = wrk.format("GET", path) end end
function request() asked = asked + 1 return requests[asked % #requests + 1] end
function response(status) if status ~= 200 then failures = failures + 1 end end
function done(summary, latency)
    local errors = summary.errors
    local failed = worker:get("failures") + errors.connect + errors.read + errors.write + errors.timeout
    local p50, p99 = latency:percentile(50) / 1000, latency:percentile(99) / 1000
    io.stderr:write(string.format("[%d, %f, %f, %f]", failed, summary.requests / summary.duration * 1e6, p50, p99))
end
"""


def run(load, seconds):
    """Requests/s, p50 and p99 in milliseconds of ``load`` through a few kept-alive connections."""
    failed, *figures = (with_wrk if shutil.which("wrk") else with_threads)(load, seconds)
    assert failed == 0, f"{failed} requests failed: {load.paths[0]}"
    return figures


def with_wrk(load, seconds):
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "60s", f"http://127.0.0.1:{load.port}"]
    command += [argument for header in load.headers.items() for argument in ("-H", ": ".join(header))]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"requests = {{{json.dumps(load.paths)[1:-1]}}}\n{WRK}")
        script.flush()
        done = subprocess.run([*command, "-s", script.name], check=True, capture_output=True, text=True)
    return json.loads(done.stderr)


def with_threads(load, seconds):
    latencies, number, started = [], count(), time.perf_counter()

    def keep_asking(_):
        connection = http.client.HTTPConnection("127.0.0.1", load.port, timeout=60)
        while (begun := time.perf_counter()) < started + seconds:
            ask(connection, load, load.paths[next(number) % len(load.paths)])
            latencies.append((time.perf_counter() - begun) * 1000)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(keep_asking, range(CONNECTIONS)))
    percentiles = statistics.quantiles(latencies, n=100, method="inclusive")
    return 0, len(latencies) / (time.perf_counter() - started), percentiles[49], percentiles[98]


def ask(connection, load, path):
    connection.request("GET", path, headers=load.headers)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, content
    return json.loads(content)


def print_table(size, rows):
    print(f"\n{size:,} models, {CONNECTIONS} connections: first ours, then mlflow's, then ours to mlflow's\n")
    print(f"| {' | '.join(HEADS)} |\n{'|---' * len(HEADS)}|")
    for row in rows:
        ours, theirs = row.of("ours"), row.of("mlflow")
        cells = [f"{figure:.0f}" for figure in ours + theirs] + [f"{ours[i] / theirs[i]:.2f}" for i in (0, 1)]
        print("|", " | ".join([row.operation, row.caller, *cells]), "|", flush=True)


def print_summary(tables):
    """What a page costs who sees little beside who sees everything, and what growing costs."""
    p50 = [{(row.operation, row.caller): row.of("ours")[1] for row in rows} for rows in tables.values()]
    print()
    for size, of in zip(tables, p50, strict=True):
        for caller in (READER, WIDE_READER):
            ratio = of[PAGE, caller] / of[PAGE, ADMINISTRATOR]
            print(f"- {size:,} models, {PAGE}, {caller}: {ratio:.2f} times an administrator's p50")
    for operation, caller in p50[0] if len(p50) > 1 else ():
        growth = p50[-1][operation, caller] / p50[0][operation, caller]
        print(f"- {operation}, {caller}: {growth:.2f} times the p50 after growing from {' to '.join(map(str, tables))}")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES)
