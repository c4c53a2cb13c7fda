"""`python -m tests.updates`: an update, cut in every operation. `make faults FAULTS=--update` is the same."""

from __future__ import annotations

import argparse
import os

from tests.updates.explorer import explore


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.updates", description=__doc__)
    parser.add_argument("--only", metavar="SCHEDULE", action="append", default=[], help="one, as it is printed")
    parser.add_argument("--every", type=int, default=1, help="so many-th schedule")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    options = parser.parse_args()
    raise SystemExit(not explore(options.workers, options.only, options.every))


if __name__ == "__main__":
    main()
