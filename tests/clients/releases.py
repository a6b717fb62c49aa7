"""Other releases of MLflow than the one beside the tests. Each lives in an environment of its own, which ``make``
builds from a lock in ``releases/``, and is led by a process of that environment."""

import json
import subprocess
from threading import Timer

from tests.clients import mlflow_adapter
from tests.live import ROOT

LOCKS = ROOT / "tests/clients/releases"


def numbers_of(release):
    """What releases are sorted by: 2.13 comes after 2.9."""
    return [int(number) for number in release.split(".")]


RELEASES = tuple(sorted((lock.stem for lock in LOCKS.glob("*.lock")), key=numbers_of))


def interpreter_of(release):
    return ROOT / f".venv/mlflow-{release}/bin/python"


class Release:
    """A process with one release of MLflow; :meth:`client` is the adapter of one of its dialects."""

    def __init__(self, release, folder):
        self.program = [interpreter_of(release), "-W", "ignore", mlflow_adapter.__file__]
        self.folder = folder
        self.process = None

    def __enter__(self):
        pipe = subprocess.PIPE
        self.log = (self.folder / "release.log").open("w")
        self.process = subprocess.Popen(
            self.program, stdin=pipe, stdout=pipe, stderr=self.log, text=True, cwd=self.folder
        )
        return self

    def __exit__(self, *exc):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()
        self.log.close()

    def client(self, registry_uri, *, tracking_uri, native=False):
        return Remote(self, {"registry_uri": registry_uri, "tracking_uri": tracking_uri, "native": native})

    def ask(self, call):
        self.process.stdin.write(json.dumps(call) + "\n")
        self.process.stdin.flush()
        patience = Timer(300, self.process.kill)
        patience.start()
        line = self.process.stdout.readline()
        patience.cancel()
        assert line, "MLflow's process has ended, or did not answer for five minutes."
        return json.loads(line)


class Remote:
    """:class:`mlflow_adapter.Mlflow`, by another process."""

    def __init__(self, release, dialect):
        self._release, self._dialect = release, dialect

    def __getattr__(self, name):
        def call(*arguments):
            answer = self._release.ask({**self._dialect, "name": name, "arguments": [*map(str_of_paths, arguments)]})
            if answer.get("missing"):
                raise NotImplementedError(name)
            assert "failed" not in answer, answer["failed"]
            return answer["answer"]

        return call


def str_of_paths(argument):
    return argument if isinstance(argument, str | int) else str(argument)
