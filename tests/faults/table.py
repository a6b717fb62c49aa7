"""What has been tried, and what came of it: one row for each kind of fault."""

import time
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.needed import NEEDED


@dataclass
class Row:
    """One kind of fault. ``left_out`` says why it was not tried here."""

    fault: str
    checked: str
    tried: int = 0
    survived: int = 0
    left_out: str = ""
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def trial(self, what, times=1):
        """Count what the ``with`` block tries, ``times`` faults at once. A failure is noted, and the next one tried."""
        self.tried += times
        began = time.monotonic()
        try:
            yield
        except Exception as error:  # whatever went wrong belongs into the table
            self.failures.append(f"{what}: {type(error).__name__}: {error}")
            print(f"  FAILED {self.failures[-1]}", flush=True)
        else:
            self.survived += times
        print(f"  {self.fault}, {what}: {time.monotonic() - began:.0f} s", flush=True)

    @property
    def is_well(self):
        return not self.failures

    def require(self):
        """Raise AssertionError with all that went wrong."""
        assert self.is_well, "\n".join(self.failures)

    def __str__(self):
        if self.left_out:
            return f"| {self.fault} | left out here: {self.left_out} | – | {self.checked} |"
        return f"| {self.fault} | {self.tried} | {self.survived} | {self.checked} |"


def left_out(fault, *needs):
    """The row of a fault that cannot be tried here; None if it can."""
    lacking = [NEEDED[need].words for need in needs if not NEEDED[need].is_there()]
    return Row(fault, "nothing", left_out=f"needs {', '.join(lacking)}") if lacking else None


def as_text(rows):
    return "\n".join(["| fault | tried | survived | what was checked |", "|---|---|---|---|", *map(str, rows)])
