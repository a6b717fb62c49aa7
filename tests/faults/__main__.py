"""`python -m tests.faults --rounds 10`: try every kind of fault, and print a table of what came of it."""

import argparse
import signal
import sys

from tests.faults.rounds import KINDS
from tests.faults.table import as_text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--only", choices=sorted(KINDS), nargs="*", default=sorted(KINDS))
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # what is running and mounted is cleaned up
    rows = []
    for kind in asked.only:
        print(f"{kind} …", flush=True)
        rows += KINDS[kind](asked.rounds)
    for row in rows:
        print(*(f"{row.fault}: {words}" for words in (*row.notes, *(f"FAILED {f}" for f in row.failures))), sep="\n")
    print(as_text(rows))
    sys.exit(any(row.failures for row in rows))


if __name__ == "__main__":
    main()
