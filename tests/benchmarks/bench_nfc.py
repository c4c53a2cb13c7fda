"""A contactless transaction from the PPSE to the last record: bytes and time on each of the reader's buses.

nfcpy does the same with the same emulator over a pseudo-terminal, and its processor time is set against ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.parts.field import Field
from host_tools.bench.parts.field_cards import IsoA, IsoB
from host_tools.bench.parts.pn532_pty import Pn532Pty
from host_tools.micropython.compiler import compiled
from host_tools.micropython.port import ROOT, find_micropython, firmware_root
from tests.benchmarks.figure import Figure
from tests.host.judges.pn532_stage import BUSES, Stage

_SCRIPT = ROOT / "tests" / "firmware" / "time_nfc.py"
_ROUNDS = 10
_THINKING_US = 10_000  # of the card, for each command

# What a card of the usual kind is asked, and how long its answers are: PPSE, application, processing options, and the
# records with its data, its issuer's certificate and its own.
_TRANSACTION = {
    "00A404000E325041592E5359532E444446303100": 52,
    "00A4040008A00000033301010200": 76,
    "80A80000238321" + "26000080" + "000000066000" + "000000000000" + "0156" + "0000000000" + "0156" + "261123"
    "00" + "A1B2C3D4" + "00": 108,
    "00B2010C00": 64,
    "00B2011400": 178,
    "00B2021400": 216,
    "00B2031400": 249,
    "00B2041400": 91,
}
_COMMANDS = list(_TRANSACTION)
_MOMENTS = 7  # of a search of some 50 ms

_VISIT = """
async def program():
    card = await reader.tap()
    start = now()
    for command in {commands}:
        data, status = await card.exchange(unhexlify(command))
        assert status == 0x9000
    print(now() - start)
    await reader.off()
"""


def _application(command: bytes) -> bytes:
    return bytes(_TRANSACTION[command.hex().upper()]) + b"\x90\x00"


def _card() -> IsoA:
    card = IsoA(_application)
    card.blocks.think_us = _THINKING_US
    return card


def run() -> list[Figure]:
    ours, ours_ms, heap = _firmware()
    theirs, theirs_ms = _nfcpy()
    return [
        Figure("PPSE to last record, bytes on HSU", ours, "", f"{len(_COMMANDS)} commands; nfcpy {theirs}"),
        Figure("  processor time for each command, unix port", ours_ms, "ms", f"nfcpy {theirs_ms:.2f}"),
        Figure("  heap of the driver, code and buffers, 64-bit", heap / 1024, "KB"),
        *_on_every_bus(),
        *(_to_first_command(kind) for kind in (IsoA, IsoB)),
    ]


# -- against nfcpy, in real time over a pseudo-terminal --


def _firmware() -> tuple[int, float, int]:
    """Bytes for a transaction, milliseconds of processor time for each of its commands, and the driver's heap."""
    size, measured = _rounds(_COMMANDS)
    return (size - _rounds([])[0]) // _ROUNDS, _for_each(measured["rounds"]), measured["heap"]


def _rounds(commands: list[str]) -> tuple[int, dict[str, Any]]:
    """All bytes on the line, finding the card and letting it go included, and what the firmware's side measured."""
    field = Field()
    field.put(_card())
    pty = Pn532Pty(field)
    with pty as path:
        line = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        answer = subprocess.run(
            [*find_micropython(), str(_SCRIPT), str(_ROUNDS), *commands],
            env=os.environ | {"MICROPYPATH": f"{compiled(firmware_root(), _SCRIPT.parent)}:.frozen"},
            stdin=line,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        os.close(line)
    return sum(len(data) for _, data in pty.log), json.loads(answer)


def _nfcpy() -> tuple[int, float]:
    """Bytes and milliseconds, as of ours. It wants libusb-1.0, though not for this reader."""
    import nfc.clf  # type: ignore[import-untyped]
    import nfc.tag  # type: ignore[import-untyped]
    from nfc.clf import pn532, transport

    field = Field()
    field.put(_card())
    pty = Pn532Pty(field)
    rounds, exchanged = [], 0
    with pty as path:
        frontend = nfc.clf.ContactlessFrontend()
        frontend.device = pn532.init(transport.TTY(path))
        frontend.device._path = path
        for _ in range(_ROUNDS):
            tag = nfc.tag.activate(frontend, frontend.sense(nfc.clf.RemoteTarget("106A")))
            before, start = len(pty.log), time.thread_time_ns()
            for command in _COMMANDS:
                assert tag.transceive(bytes.fromhex(command))[-2:] == b"\x90\x00"
            rounds.append(time.thread_time_ns() - start)
            exchanged += sum(len(data) for _, data in pty.log[before:])
            frontend.device.mute()
        frontend.close()
    return exchanged // _ROUNDS, _for_each(rounds)


def _for_each(rounds: list[int]) -> float:
    return median(rounds) / len(_COMMANDS) / 1e6


# -- on the virtual board, in its time --


@contextmanager
def _stage(bus: str) -> Iterator[Stage]:
    with tempfile.TemporaryDirectory() as scratch, pytest.MonkeyPatch.context() as patch:
        yield Stage(bus, Path(scratch), patch)


def _on_every_bus() -> list[Figure]:
    """What a run with the commands has on the wires, and takes, more than one without."""
    figures = []
    for bus in BUSES:
        runs = []
        for commands in (_COMMANDS, []):
            with _stage(bus) as stage:
                stage.field.put(_card())
                (ms,) = stage.run(_VISIT.format(commands=commands))
                runs.append((stage.traffic.total(), int(ms)))
        (with_bytes, with_ms), (without_bytes, without_ms) = runs
        note = f"{with_bytes - without_bytes} bytes on the bus"
        figures.append(Figure(f"PPSE to last record, {bus.upper()}", with_ms - without_ms, "ms", note))
    return figures


def _to_first_command(kind: type[IsoA | IsoB]) -> Figure:
    """From the card's coming into the field to the command's, at several moments of the search."""
    waits = [_wait_ms(kind, 2_000_000 + moment * 7_000) for moment in range(_MOMENTS)]
    name = "A" if kind is IsoA else "B"
    return Figure(
        f"tap to first command, type {name}, SPI", median(waits), "ms", f"{min(waits):.0f} to {max(waits):.0f}"
    )


def _wait_ms(kind: type[IsoA | IsoB], put_us: int) -> float:
    heard: list[int] = []
    with _stage("spi irq") as stage:

        def application(command: bytes) -> bytes:
            heard.append(stage.chip.clock.now_us)
            return _application(command)

        def put(bench: LockstepBench) -> None:
            bench.clock.call_later(put_us - bench.clock.now_us, lambda: stage.field.put(kind(application)))

        stage.run(_VISIT.format(commands=_COMMANDS[:1]), put)
    return (heard[0] - put_us) / 1000
