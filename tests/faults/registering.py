"""Clients that register while something breaks, and the ledger of what they were promised."""

import os
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.client import UC, Lost, Refused, sha256
from tests.live import eventually

GIVE_UP_AFTER = 90
"""Seconds after which a client does not ask again."""


@dataclass
class Version:
    """A version whose number was acknowledged. ``files`` are those whose upload was, with their SHA-256."""

    model: str
    number: int
    files: dict[str, str] = field(default_factory=dict)
    is_complete: bool = False
    is_ready: bool = False
    is_copy: bool = False


class Ledger:
    """What was acknowledged, and so has to be there whatever happens afterwards."""

    def __init__(self, client):
        self.client = client
        self.model, self.copies = client.new_model("registered"), client.new_model("copied")
        self.versions, self.refusals = [], []
        self.aliases = {}
        self.lost = Counter()
        self.is_dark = False  # the power has gone: what is said from then on is no refusal, and still a promise

    def check(self):
        """Raise AssertionError unless everything is there, by now or in a while."""
        assert not self.refusals, self.refusals[:5]
        self._require_numbers_once()
        self._finalize_what_is_complete()
        eventually(lambda: "PENDING_REGISTRATION" not in self._of_copies().values(), 120)
        self._require_versions()
        self._require_bytes()
        self._require_aliases()

    def note_refusal(self, words):
        """Note an answer for which there was no reason."""
        if not self.is_dark:
            self.refusals.append(words)

    @property
    def ready(self):
        return [version for version in self.versions if version.is_ready]

    def _require_numbers_once(self):
        """A copy that is asked for again is joined, and has the number of the first; of created ones none has."""
        given = Counter((v.model, v.number) for v in self.versions if not v.is_copy)
        assert not (twice := [version for version, times in given.items() if times > 1]), f"given twice: {twice}"

    def _finalize_what_is_complete(self):
        for version in self.versions:
            if version.is_complete and not version.is_ready:
                assert self.client.finalize(version.model, version.number) == "READY"
                version.is_ready = True

    def _of_copies(self):
        known, found = {v.number for v in self.versions if v.is_copy}, self.client.versions(self.copies)
        return {number: status for number, status in found.items() if number in known}

    def _require_versions(self):
        found = {model: self.client.versions(model) for model in (self.model, self.copies)}
        for version in self.versions:
            status = found[version.model].get(version.number)
            assert status, f"{version} is gone"
            assert status == "READY" or not (version.is_ready or version.is_copy), f"{version} is {status}"

    def _require_bytes(self):
        for version in self.versions:
            if version.is_ready or version.is_copy:
                for path, digest in version.files.items():
                    content = self.client.read(version.model, version.number, path)
                    assert sha256(content) == digest, f"{path} of {version} has other bytes"

    def _require_aliases(self):
        for alias, allowed in self.aliases.items():
            found = self.client.ask("GET", f"{UC}/models/{self.model}/aliases/{alias}")
            assert int(found["version"]) in allowed, f"{alias} is {found['version']}, not one of {allowed}"


class Hands:
    """Two or three clients at work, as a context manager. What gets lost on the way they ask again, as real ones do."""

    def __init__(self, ledger, number=3):
        self.ledger, self.client = ledger, ledger.client
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self._work, args=[hand], daemon=True) for hand in range(number)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exc):
        self.stop()

    def stop(self):
        """Let every client end with the request that it is waiting for."""
        self.ended.set()
        for thread in self.threads:
            thread.join(GIVE_UP_AFTER + 60)
            assert not thread.is_alive(), "a client is still waiting"

    def work_for(self, seconds):
        """Return when the clients have worked for so long, and have got at least one more version ready."""
        before = len(self.ledger.ready)
        self.ended.wait(seconds)
        eventually(lambda: len(self.ledger.ready) > before, GIVE_UP_AFTER)

    def _work(self, hand):
        chance = random.Random(hand)
        while not self.ended.is_set():
            try:
                version = self._register(chance)
                self._copy(version)
                self._move(f"hand_{hand}", version)
            except Lost:
                self.ended.wait(0.3)  # and then a new version: whether there is one of the lost number is not known
            except Exception as error:  # whatever a client is told that is no excuse belongs into the ledger
                self.ledger.note_refusal(f"{type(error).__name__}: {error}")
                self.ended.wait(1)

    def _register(self, chance):
        version = Version(self.ledger.model, self._once(self.client.create, self.ledger.model))
        self.ledger.versions.append(version)
        for path in ("MLmodel", "folder/weights.bin"):
            content = os.urandom(chance.choice((10, 5_000, 400_000)))
            self._until_answered(self.client.upload, version.model, version.number, path, content)
            version.files[path] = sha256(content)
        version.is_complete = True
        self._until_answered(self.client.finalize, version.model, version.number)
        version.is_ready = True
        return version

    def _copy(self, version):
        number = self._once(self.client.copy, version.model, version.number, self.ledger.copies)
        self.ledger.versions.append(Version(self.ledger.copies, number, version.files, is_copy=True))

    def _move(self, alias, version):
        """Move an alias: until that is answered it may be where it was, or where it is to go."""
        before = self.ledger.aliases.get(alias, set())
        path = f"{UC}/models/{version.model}/aliases/{alias}"
        if before:
            self.ledger.aliases[alias] = before | {version.number}
        self._until_answered(self.client.ask, "PUT", path, {"version_num": version.number})
        self.ledger.aliases[alias] = {version.number}

    def _once(self, ask, *arguments):
        try:
            return ask(*arguments)
        except Lost as error:
            self._note(error)
            raise

    def _until_answered(self, ask, *arguments):
        """Ask again until there is an answer; Lost if the work has ended before."""
        deadline = time.monotonic() + GIVE_UP_AFTER
        while True:
            try:
                return self._once(ask, *arguments)
            except Lost:
                if self.ended.wait(0.3):
                    raise
                if time.monotonic() > deadline:
                    raise Refused(f"no answer to {ask.__name__} for {GIVE_UP_AFTER} seconds") from None

    def _note(self, error):
        """Count what got lost, by status; 0 is a line that broke."""
        words = str(error).split(": ")
        status = words[1][:3] if len(words) > 1 else ""
        self.ledger.lost[int(status) if status.isdigit() else 0] += 1
        if status == "500":
            self.ledger.note_refusal(str(error))


def require_sealing(product):
    """Raise AssertionError unless the audit log is whole, and every event gets its seal."""
    eventually(lambda: " 0 waiting" in product.manage("verify_audit"), 60)
