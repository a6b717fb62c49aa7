"""What the dearest request of each kind costs beside a plain one of as many bytes, and what readers notice of attacks.

    python -m tests.benchmarks.hostile

The product runs as `manage.py up` starts it, with no proxy before it. Plain and hostile requests take turns; each
figure is the fastest of its rounds, since whatever else the machine does can only make one slower. Texts are drawn
anew in each round: what is kept of a text would hide what it costs. The reader asks for a page, for a model and for
health again and again, undisturbed at first, and then during each attack: none of its requests may fail. Figures are of
one run on one machine; only their ratios say something elsewhere. A full disk needs root, and is named as left out
without it.
"""

import json
import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import requests

from tests.faults.client import MLFLOW, UC, Client, page, submit
from tests.faults.disks import Disk
from tests.faults.slow_clients import begin_login, begin_upload, line_to, trickle
from tests.hostile_texts import MARKDOWN
from tests.live import Product
from tests.needed import NEEDED

ROUNDS, SECONDS = 5, 12
MOST = 5
"""A ratio that is called too dear."""
KIB = 1024
LONGEST_TEXT, LONGEST_COMMENT, LONGEST_FILTER = 65_000, 9_900, 9_900


@dataclass
class Pair:
    """Two requests of as many bytes: functions that take the number of the round and return their answers."""

    kind: str
    size: int
    plain: object
    hostile: object
    seconds: dict = field(default_factory=lambda: {"plain": [], "hostile": []})

    def measure(self):
        for number in range(ROUNDS):
            for side in self.seconds:
                ask = getattr(self, side)(number)
                began = time.perf_counter()
                answer = ask()
                self.seconds[side].append(time.perf_counter() - began)
                assert answer.status_code < 500, (self.kind, side, answer.status_code, answer.text[:300])
        return self

    @property
    def milliseconds(self):
        return {side: 1000 * min(seconds) for side, seconds in self.seconds.items()}

    @property
    def ratio(self):
        return self.milliseconds["hostile"] / self.milliseconds["plain"]


def main():
    has_disk = NEEDED["disks"].is_there()
    with Disk(1024) if has_disk else nullcontext() as disk, tempfile.TemporaryDirectory() as folder:
        data = (disk.place if disk else Path(folder)) / "data"
        product = Product(data, demo=False)
        product.output = Path(folder) / "product.log"
        try:
            with product:
                target = Target(Client(product))
                pairs = [pair.measure() for pair in target.pairs()]
                print_pairs(pairs)
                attacks = measure_attacks(target, disk)
                print_attacks(attacks, has_disk)
        finally:
            if product.process is not None and product.processes():
                product.kill()
    dear = [pair.kind for pair in pairs if pair.ratio > MOST]
    dear += [name for name, took in attacks.items() if took.failures or took.p99 > MOST * attacks["undisturbed"].p99]
    sys.exit(f"Too dear: {', '.join(dear)}" if dear else None)


class Target:
    """A product with one model, and the requests that are tried on it."""

    def __init__(self, client):
        self.client, self.session = client, client.browser()
        self.model = client.new_model("hostile")
        self.address = f"/explore/data/models/{self.model.replace('.', '/')}"
        self.version = client.register(self.model, {"MLmodel": b"flavors: {}\n"})

    def pairs(self):
        yield from self.lists()
        yield from self.descriptions()
        yield from self.comments()
        yield from self.files()
        yield from self.filters()
        yield from self.statements()

    # Bodies of JSON

    def lists(self):
        create, update = f"{MLFLOW}/registered-models/create", f"{MLFLOW}/model-versions/create"
        for kind, path, size, hostile in (
            ("60 KB of wrong tags", create, 60 * KIB, b'"tags": [%s]' % b",".join([b"{}"] * 20_000)),
            ("585 KB of wrong tags", create, 585 * KIB, b'"tags": [%s]' % b",".join([b"{}"] * 195_000)),
            ("1 MB of wrong metrics", update, 1000 * KIB, b'"model_metrics": [%s]' % b",".join([b"{}"] * 330_000)),
            ("lists within lists", create, 60 * KIB, b'"tags": ' + b"[" * 30_000 + b"]" * 30_000),
            ("a name of 1 MB", update, 1000 * KIB, b'"run_id": "%s"' % (b"x" * 1000 * KIB)),
        ):
            name = self.model.encode()
            body = b'{"name": "%s", "source": "s", %s}' % (name, hostile)
            padded = b'{"name": "%s", "source": "s", "padding": "%s"}' % (name, b"x" * (len(body) - 40 - len(name)))
            # The plain one names a model that is there already, or makes a version; both are read to the end.
            yield Pair(kind, size, self.sending(path, padded), self.sending(path, body))

    def sending(self, path, body):
        return lambda number: lambda: self.client.send("POST", path, data=body)

    # Texts

    def descriptions(self):
        for name, text in cut(LONGEST_TEXT).items():
            yield Pair(f"description: {name}", len(text), self.described(prose(len(text))), self.described(text))

    def described(self, text):
        def prepared(number):
            self.client.ask("PATCH", f"{UC}/models/{self.model}", {"comment": f"{number} {text}"[:65_536]})
            return lambda: self.session.get(self.client.product.url + self.address, timeout=60)

        return prepared

    def comments(self):
        for name, text in cut(LONGEST_COMMENT).items():
            yield Pair(f"comment: {name}", len(text), self.previewed(prose(len(text))), self.previewed(text))

    def previewed(self, text):
        url = f"{self.client.product.url}{self.address}/comments/add"
        return lambda number: lambda: submit(self.session, url, text=f"{number} {text}", preview="1")

    # Files

    def files(self):
        texts = cut(LONGEST_TEXT)
        written = texts | {f"plain {length}": prose(length) for length in {len(text) for text in texts.values()}}
        rounds = {f"{name} {n}.md": f"{n} {text}".encode() for name, text in written.items() for n in range(ROUNDS)}
        number = self.client.register(self.model, {"MLmodel": b"flavors: {}\n"} | rounds)
        for name, text in texts.items():
            sides = (self.shown(number, side) for side in (f"plain {len(text)}", name))
            yield Pair(f"README: {name}", len(text), *sides)
        for name, text in MLMODELS.items():
            padding = b"flavors: {}\npadding: |\n" + b" words and more words\n" * (len(text) // 22)
            versions = [self.client.register(self.model, {"MLmodel": content}) for content in (padding, text)]
            yield Pair(f"MLmodel: {name}", len(text), *(self.opened(version) for version in versions))

    def shown(self, number, name):
        address = page(self.client, self.model, number)

        def prepared(turn):
            query = urlencode({"activeTab": "artifacts", "path": f"{name} {turn}.md"})
            return lambda: self.session.get(f"{address}?{query}", timeout=60)

        return prepared

    def opened(self, number):
        return lambda _: lambda: self.session.get(page(self.client, self.model, number), timeout=60)

    # Languages

    def filters(self):
        plain = f"name = '{'x' * 200}'"
        for name, text in FILTERS.items():
            padded = f"{plain}{' ' * (len(text) - len(plain))}"
            yield Pair(f"filter: {name}", len(text), self.searching(padded), self.searching(text))

    def searching(self, text):
        path = f"{MLFLOW}/registered-models/search?{urlencode({'filter': text})}"
        return lambda _: lambda: self.client.send("GET", path)

    def statements(self):
        for name, text in STATEMENTS.items():
            plain = f"SHOW GRANTS ON MODEL {self.model}"
            padded = f"{plain} {' ' * (len(text) - len(plain))}"
            yield Pair(f"SQL: {name}", len(text), self.stating(padded), self.stating(text))

    def stating(self, text):
        body = {"statement": text, "warehouse_id": "w"}
        return lambda _: lambda: self.client.send("POST", "/api/2.0/sql/statements", json=body)


def cut(length):
    return {name: text[:length] for name, text in MARKDOWN.items()}


def prose(length):
    return ("The quick brown fox jumps over the lazy dog. " * (length // 45 + 1))[:length]


def columns(number, **more):
    return json.dumps([{"name": f"c{n}", "type": "double", **more} for n in range(number)], separators=(",", ":"))


MLMODELS = {
    "30,000 columns": f"signature:\n  inputs: '{columns(30_000)}'\n".encode()[: KIB * KIB],
    "20,000 columns": f"signature:\n  inputs: '{columns(20_000)}'\n".encode(),
    "300,000 empty columns": f"signature:\n  inputs: '[{','.join(['{}'] * 300_000)}]'\n".encode(),
    "values": b"a:\n" + b"- bbbbbbbbbbbbbbbb\n" * 50_000,
    "flow": b"a: [" + b"a," * 500_000 + b"]\n",
    "depth": b"a: " + b"[" * 500_000,
}
FILTERS = {
    "likes": " AND ".join([f"name LIKE '%{'a%' * 120}'"] * 19),
    "a list": f"name IN ({', '.join(repr(f'a{n}') for n in range(499))})",
    "brackets": "(" * LONGEST_FILTER,
    "quotes": "name = '" + "''" * (LONGEST_FILTER // 2 - 5),
    "ANDs": "AND " * (LONGEST_FILTER // 4),
    "backticks": "`" * LONGEST_FILTER,
}
STATEMENTS = {
    "a comment": "/*" + "*" * 99_000,
    "brackets": "GRANT " + "(" * 99_000,
    "privileges": "GRANT " + "EXECUTE, " * 10_000 + "EXECUTE ON MODEL a.b.c TO d",
    "quotes": "COMMENT ON MODEL a.b.c IS '" + "''" * 49_000,
    "dots": "DESCRIBE MODEL " + "a." * 49_000,
    "dashes": "--" * 49_000,
}


# What a reader notices


@dataclass
class Reader:
    """Seconds of each answer that somebody else has had, and what failed."""

    seconds: list = field(default_factory=list)
    failures: list = field(default_factory=list)

    @property
    def p99(self):
        return statistics.quantiles(self.seconds, n=100)[98] * 1000 if len(self.seconds) > 1 else float("inf")

    def read(self, target, until):
        """Ask one request after another, a tenth of a second apart."""
        session = requests.Session()
        session.cookies.update(target.session.cookies)
        session.headers.update(target.client.headers)
        url = target.client.product.url
        addresses = [f"{url}{target.address}", f"{url}{UC}/models/{target.model}", f"{url}/healthz"]
        while time.monotonic() < until:
            for address in addresses:
                began = time.monotonic()
                try:
                    answer = session.get(address, timeout=30)
                    if answer.status_code != 200:
                        self.failures.append(f"{address}: {answer.status_code}")
                except requests.RequestException as error:
                    self.failures.append(f"{address}: {error}")
                self.seconds.append(time.monotonic() - began)
            time.sleep(0.1)
        return self


def measure_attacks(target, disk):
    attacks = {
        "undisturbed": nullcontext,
        "64 who sign in, each again a second after its answer": lambda: signing_in(target),
        "16 silent sockets": lambda: silent(target),
        "8 slow uploads": lambda: uploading(target),
        "8 senders of wrong lists": lambda: sending_lists(target),
    }
    if disk:
        attacks["full disk"] = lambda: filled(disk)
    found = {}
    for name, attack in attacks.items():
        with attack():
            found[name] = Reader().read(target, time.monotonic() + SECONDS)
        time.sleep(2)
    return found


@contextmanager
def repeating(prepare, threads):
    """Have so many threads of another process, which takes no time of the reader's, do again and again what ``prepare``
    (called with the number of the thread) returns."""
    process = multiprocessing.get_context("fork").Process(target=attack, args=(prepare, threads), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def attack(prepare, threads):
    def repeat(number):
        work = prepare(number)
        while True:
            with suppress(requests.RequestException):
                work()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(repeat, range(threads)))


def signing_in(target):
    url = f"{target.client.product.url}/login"

    def prepare(number):
        session = requests.Session()
        session.get(url, timeout=60).close()

        def try_again():
            submit(session, url, username=f"nobody{number}@example.com", password="wrong password").close()
            time.sleep(1)  # more than that is a flood of connections, which takes both cores whatever it asks for

        return try_again

    return repeating(prepare, 64)


@contextmanager
def silent(target):
    with ExitStack() as lines:
        for _ in range(16):
            begin_login(lines.enter_context(line_to(target.client)))
        yield


@contextmanager
def uploading(target):
    version, ended = target.client.create(target.model), threading.Event()
    with ExitStack() as lines, ThreadPoolExecutor(1) as pool:
        lines.callback(ended.set)
        uploads = [lines.enter_context(line_to(target.client)) for _ in range(8)]
        for number, line in enumerate(uploads):
            begin_upload(line, target.client.upload_url(target.model, version, f"{number}.bin"))
        pool.submit(trickle, uploads, [], ended)
        yield
        ended.set()


def sending_lists(target):
    body = b'{"name": "a.b.c", "tags": [%s]}' % b",".join([b"{}"] * 20_000)
    path = f"{MLFLOW}/registered-models/create"
    return repeating(lambda _: lambda: target.client.send("POST", path, data=body), 8)


@contextmanager
def filled(disk):
    disk.fill()
    try:
        yield
    finally:
        disk.empty()


# Tables


def print_pairs(pairs):
    print("| request | bytes | plain, ms | hostile, ms | ratio |\n|---|---|---|---|---|")
    for pair in sorted(pairs, key=lambda pair: -pair.ratio):
        took = pair.milliseconds
        print(f"| {pair.kind} | {pair.size} | {took['plain']:.1f} | {took['hostile']:.1f} | {pair.ratio:.1f} |")


def print_attacks(attacks, has_disk):
    print("\n| while | answers | failed | p50, ms | p99, ms | p99, ratio |\n|---|---|---|---|---|---|")
    usual = attacks["undisturbed"].p99
    for name, took in attacks.items():
        p50 = 1000 * statistics.median(took.seconds)
        counts = f"{len(took.seconds)} | {len(took.failures)}"
        print(f"| {name} | {counts} | {p50:.1f} | {took.p99:.1f} | {took.p99 / usual:.1f} |")
        for failure in took.failures[:3]:
            print(f"  {failure}", file=sys.stderr)
    if not has_disk:
        print("| full disk | left out here: " + NEEDED["disks"].words + " | | | | |")


if __name__ == "__main__":
    main()
