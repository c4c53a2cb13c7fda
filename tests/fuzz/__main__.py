"""Every receive path against what chance sends it: `make fuzz`, for a million messages and more.

    python -m tests.fuzz [messages [words of a test's name]]

They are shared out among the tests of tests/firmware/test_fuzz_*.py, which say what must hold; but the two readers of
ISO 8583, the terminal's and the acquirer's (tests/fuzz/host.py), get as many each. A slice of some thousand messages
has a seed of its own, and on the device an interpreter of its own; a failure prints both, so that it can be had again:

    FUZZ=5000 FUZZ_SEED=17 make test TESTS="tests/firmware/test_fuzz_uarts.py -k test_lines"
    FUZZ=5000 FUZZ_SEED=17 make test TESTS=tests/host/acquirer/test_fuzz.py
"""

from __future__ import annotations

import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from host_tools.micropython.library import library_path
from host_tools.micropython.port import ROOT, find_micropython, firmware_root, heap_ceiling
from tests.fuzz.host import pound
from tests.plugins.firmware_source import FirmwareTests, read_tests
from tests.plugins.worker import Worker

_MESSAGES = 1_000_000
_SLICE = 5_000
_SLICE_S = 300.0
_TESTS = ROOT / "tests" / "firmware"
_COUNT = re.compile(r"(\d+) messages, ends (.*)")
_WITHOUT_SHARING = "test_fuzz_iso8583 TestCodec"


class Target(Protocol):
    @property
    def called(self) -> str: ...

    def run(self, messages: int, seed: int) -> tuple[int, str]:
        """How many messages there were, and what came of them; it raises where one was too much."""


@dataclass(frozen=True)
class Acquirer:
    called: str = f"{_WITHOUT_SHARING} of the acquirer"

    def run(self, messages: int, seed: int) -> tuple[int, str]:
        try:
            ends = pound(messages, seed)
        except Exception:
            print(f"\nFUZZ={messages} FUZZ_SEED={seed} make test TESTS=tests/host/acquirer/test_fuzz.py", flush=True)
            raise
        return ends.total(), str(dict(ends))


@dataclass(frozen=True)
class Driver:
    path: Path
    tests: FirmwareTests
    name: str  # TestX.test_y

    @property
    def called(self) -> str:
        return f"{self.path.stem} {self.name}"

    def run(self, messages: int, seed: int) -> tuple[int, str]:
        command = [*find_micropython(), "-X", f"heapsize={heap_ceiling(self.tests.heap)}"]
        path = ":".join(map(str, (firmware_root(), self.path.parent, library_path(), ".frozen")))
        environment = {"MICROPYPATH": path, "FUZZ": str(messages), "FUZZ_SEED": str(seed)}
        worker = Worker(command, self.path.stem, environment, timeout_s=_SLICE_S)
        try:
            outcome = worker.loaded if worker.loaded.status != "passed" else worker.run(self.name)
        finally:
            worker.close()
        found = _COUNT.search(outcome.output)
        if outcome.status != "passed" or not found:
            sys.exit(
                f"\n{outcome.output}{outcome.detail}\nFUZZ={messages} FUZZ_SEED={seed} "
                f'make test TESTS="{self.path.relative_to(ROOT)} -k {self.name.partition(".")[2]}"'
            )
        return int(found[1]), found[2]


def targets(words: str) -> list[Target]:
    found: list[Target] = [Acquirer()]
    for path in sorted(_TESTS.glob("test_fuzz_*.py")):
        tests = read_tests(path)
        for case in tests.cases:
            found += [Driver(path, tests, f"{case.name}.{method.name}") for method in case.methods]
    return [target for target in found if words in target.called]


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else _MESSAGES
    chosen = targets(" ".join(sys.argv[2:]))
    if not chosen:
        sys.exit("no test has that in its name")
    sharing = [target for target in chosen if not target.called.startswith(_WITHOUT_SHARING)]
    total = 0
    with ProcessPoolExecutor() as processes:
        for target in chosen:
            share = -(-wanted // len(sharing)) if target in sharing else wanted
            slices = [min(_SLICE, share - at) for at in range(0, share, _SLICE)]
            start = time.monotonic()
            came = list(processes.map(target.run, slices, range(1, len(slices) + 1)))
            count, seconds = sum(messages for messages, _ in came), time.monotonic() - start
            total += count
            print(f"{target.called[10:]:54} {count:9,} in {seconds:6.1f} s, at last {came[-1][1]}", flush=True)
    print(f"{total:,} messages, {len(chosen)} receive paths: only typed errors, bounded memory, each usable afterwards")


if __name__ == "__main__":
    main()
