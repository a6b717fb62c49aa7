"""A large artifact through the product, both ways: how long it takes, and how much memory the server's processes use.

    python -m tests.benchmarks.transfer [GIB]        (3 unless told)

Figures are of one run on one machine: read them beside the plain file copy of the same size in the same run.
"""

import hashlib
import http.client
import json
import os
import shutil
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from tests.live import Product

MIB = 1024 * 1024
UC = "/api/2.0/mlflow/unity-catalog"


def main(gib):
    size = gib * 1024 * MIB
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source.bin"
        block = os.urandom(16 * MIB)
        with source.open("wb") as file:
            for _ in range(size // len(block)):
                file.write(block)
        rows = [("plain file copy", timed(lambda: shutil.copyfile(source, Path(folder) / "copy.bin"))[0], None)]
        (Path(folder) / "copy.bin").unlink()
        with Product(Path(folder) / "data", demo=False) as product:
            rows += transfer(product, source, size)
    print(f"\n{gib} GiB in one file:\n")
    print("| | seconds | ratio to the file copy | peak memory of a server process, MB |\n|---|---|---|---|")
    for name, seconds, memory in rows:
        peak = f"{memory[1]:.0f} (before: {memory[0]:.0f})" if memory else "–"
        print(f"| {name} | {seconds:.1f} | {seconds / rows[0][1]:.1f} | {peak} |")


def transfer(product, source, size):
    api = Api(product)
    name = {"name": "main.bench.big"}
    api.ask("POST", "/api/2.1/unity-catalog/catalogs", {"name": "main"})
    api.ask("POST", "/api/2.1/unity-catalog/schemas", {"name": "bench", "catalog_name": "main"})
    api.ask("POST", f"{UC}/registered-models/create", name)
    api.ask("POST", f"{UC}/model-versions/create", {**name, "source": "bench"})
    path = {"path": "/Models/main/bench/big/1/weights.bin"}
    warm_up(api)
    before = peak_memory(product)
    up, _ = timed(lambda: api.put(api.ask("POST", "/api/2.0/fs/create-upload-url", path)["url"], source, size))
    after_upload = peak_memory(product)
    api.ask("POST", f"{UC}/model-versions/finalize", {**name, "version": "1"})
    down, digest = timed(lambda: api.digest(api.ask("POST", "/api/2.0/fs/create-download-url", path)["url"]))
    with source.open("rb") as file:
        assert digest == hashlib.file_digest(file, "sha256").hexdigest()
    return [
        ("upload by a signed URL", up, (before, after_upload)),
        ("download by a signed URL, with a SHA-256 by the client", down, (before, peak_memory(product))),
    ]


def warm_up(api):
    for _ in range(50):
        api.ask("GET", "/api/2.1/unity-catalog/catalogs")


def peak_memory(product):
    """The largest peak of resident memory of a process of the web server, in MB."""
    peaks = []
    for pid in product.processes():
        if b"granian" in Path(f"/proc/{pid}/cmdline").read_bytes():
            status = Path(f"/proc/{pid}/status").read_text()
            peaks.append(int(status.partition("VmHWM:")[2].split()[0]) / 1000)
    return max(peaks)


def timed(work):
    started = time.monotonic()
    result = work()
    return time.monotonic() - started, result


class Api:
    def __init__(self, product):
        self.product = product
        self.headers = {"Authorization": f"Bearer {product.first_run('Access token')}"}

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.product.port)
        connection.request(method, path, json.dumps(body) if body else None, self.headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        connection.close()
        return json.loads(content)

    def put(self, url, source, size):
        connection, path = self._signed(url)
        with source.open("rb") as file:
            connection.request("PUT", path, file, {"Content-Length": str(size)})
            assert connection.getresponse().status == 200

    def digest(self, url):
        connection, path = self._signed(url)
        connection.request("GET", path)
        answer, digest = connection.getresponse(), hashlib.sha256()
        while piece := answer.read(MIB):
            digest.update(piece)
        return digest.hexdigest()

    def _signed(self, url):
        parts = urllib.parse.urlsplit(url)
        return http.client.HTTPConnection("127.0.0.1", self.product.port, blocksize=MIB), f"{parts.path}?{parts.query}"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
