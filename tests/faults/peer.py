"""The terminal under the explorer: a MicroPython process that keeps its flash, and lives one life after another."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from host_tools.cards.application import Interface
from host_tools.micropython.port import ROOT, find_micropython, firmware_root, heap_ceiling

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.bank import Bank
    from tests.faults.plastic import Plastic
    from tests.faults.wire import Wire

_DEVICE: Final = ROOT / "tests" / "faults" / "device"
_HEAP: Final = "8m"  # the emulated chip remembers each weak cell of an interrupted erase

_LAST: Final = 2000

Answer = dict[str, Any]


class Died(RuntimeError):
    """The process has ended by itself; the text is its last words."""


class Peer:
    """`healthy` is the first act of an order's that no network fault reaches into."""

    def __init__(self, bank: Bank, wire: Wire, plastic: Plastic, firmware: Path | None = None) -> None:
        self._bank = bank
        self._wire = wire
        self._plastic = plastic
        self._healthy = 0
        board, chip = ROOT / "boards" / "virtual", ROOT / "tests" / "firmware"
        path = map(str, (_DEVICE, board, firmware or firmware_root(), chip, ".frozen"))
        device = [*find_micropython(), "-X", f"heapsize={heap_ceiling(_HEAP)}", str(_DEVICE / "live.py")]
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        self._out, self._in = os.fdopen(ours_out, "wb"), os.fdopen(ours_in, "rb")
        self._process = subprocess.Popen(
            [*device, str(theirs_out), str(theirs_in)],
            env=os.environ | {"MICROPYPATH": ":".join(path)},
            stdin=subprocess.DEVNULL,
            stdout=self._words,  # files that a power cut left open complain here when they are collected
            stderr=subprocess.STDOUT,
            pass_fds=(theirs_in, theirs_out),
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._read()

    def call(self, what: str, **how: object) -> Answer:
        """Have an order of device/live.py obeyed; `acts` after the first `healthy` ones meet no network fault."""
        self._write(json.dumps({"do": what, **how}).encode())
        told: Answer = json.loads(self._read())
        return told

    def live(self, acts: list[Any], *, healthy: int, **how: object) -> Answer:
        self._healthy = healthy
        return self.call("live", acts=acts, **how)

    def program(self, image: bytes) -> None:
        """Put this on the chip."""
        self._write(b"F" + image)
        self._read()

    def dump(self) -> bytes:
        """What is on the chip."""
        self._write(b"D")
        return self._read()

    def close(self) -> None:
        with suppress(BrokenPipeError):
            self._out.close()
        self._in.close()
        self._process.kill()
        self._process.wait()
        self._words.close()

    def _write(self, payload: bytes) -> None:
        try:
            self._out.write(struct.pack("<I", len(payload)) + payload)
            self._out.flush()
        except BrokenPipeError:
            raise self._died() from None

    def _read(self) -> bytes:
        """The answer to the last order; the device's network is served until it comes."""
        while True:
            head = self._in.read(5)
            if len(head) < 5:
                raise self._died()
            op, size = struct.unpack("<cI", head)
            payload = self._in.read(size)
            if op == b"R":
                return payload
            self._write(self._serve(op, payload))

    def _died(self) -> Died:
        self._words.seek(0)
        return Died(self._words.read()[-_LAST:].decode("utf-8", "replace"))

    def _serve(self, op: bytes, payload: bytes) -> bytes:
        if op == b"M":
            self._wire.act(payload[0], payload[0] >= self._healthy)
            return b""
        if op in (b"P", b"T"):
            self._plastic.reset(payload.decode(), Interface.CONTACT if op == b"P" else Interface.CONTACTLESS)
            return b""
        if op == b"A":
            return self._plastic.exchange(payload)
        self._bank.now_us, number = struct.unpack_from("<QB", payload)
        if op == b"O":
            return self._wire.open(number)
        if op == b"S":
            return self._wire.send(number, payload[9:])
        self._wire.close(number)
        return b""
