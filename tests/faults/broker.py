"""A broker that has stopped, or hangs: nobody waits for it, and what was asked for is done when it is back."""

import os
import signal
import subprocess
import time

from tests.faults.client import Client, page, submit
from tests.faults.table import Row
from tests.live import eventually, free_port

LONGEST = 3.0
"""Seconds that a request may take which hands work to a broker that does not answer."""


class Broker:
    """A redis-server of its own, as a context manager; what it holds is lost when it stops."""

    def __init__(self):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process = None

    def start(self):
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, cwd="/", **quiet)
        return self

    def stop(self):
        self.process.kill()
        self.process.wait(30)

    def hang(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self):
        os.kill(self.process.pid, signal.SIGCONT)

    __enter__ = start

    def __exit__(self, *exc):
        self.stop()


def try_broken_broker(product, broker, rounds):
    """Ask for copies and deletions while the broker is away; see that both are done when it is back."""
    row = Row("Broker stopped, broker hanging", f"answers within {LONGEST:.0f} s, copies end when it is back")
    client = Client(product)
    ways = (("stopped", broker.stop, broker.start), ("hanging", broker.hang, broker.go_on))
    for number in range(rounds):
        for name, breaks, mends in ways:
            with row.trial(f"round {number + 1}, {name}"):
                _without(client, breaks, mends, row)
    return row


def _without(client, breaks, mends, row):
    model, destination = client.new_model("source"), client.new_model("destination")
    source, to_go = (client.register(model, {"MLmodel": os.urandom(1000)}) for _ in range(2))
    with client.browser() as browser:
        breaks()
        try:
            took = [_seconds(lambda: _copy(browser, client, model, source, destination)) for _ in range(2)]
            took.append(_seconds(lambda: client.delete(model, to_go)))
        finally:
            mends()
    row.notes.append(f"the slowest answer took {max(took):.1f} s")
    eventually(lambda: client.versions(destination).get(1) == "READY", 90)
    assert len(client.versions(destination)) == 1, "a copy that was asked for twice was not joined"
    assert max(took) < LONGEST, f"answers took {', '.join(f'{seconds:.1f}' for seconds in took)} s"


def _copy(browser, client, model, number, destination):
    """Ask for a copy as the browser does, which does not wait for its end."""
    answer = submit(browser, f"{page(client, model, number)}/copy", destination=destination)
    assert answer.status_code == 302, answer.text[:500]


def _seconds(ask):
    began = time.monotonic()
    ask()
    return time.monotonic() - began
