"""Taps by cards of the population, from the first command until the card may go.

Time on the wires is computed from the commands' and answers' sizes, at 106 kbit/s in the air and on each bus of the
reader; what the card itself takes is not counted. The firmware's processor time is measured, on this machine, driver
and dialogue with the reader included; what it does when the card may go already is not the customer's.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from host_tools.bench.parts.field import Field
from host_tools.bench.parts.pn532_pty import Pn532Pty
from host_tools.cards.minting import Mint
from host_tools.cards.plastic import Antenna
from host_tools.keys.authority import Authority
from host_tools.micropython.compiler import compiled
from host_tools.micropython.port import ROOT, find_micropython, firmware_root
from tests.benchmarks.figure import Figure
from tests.host.cards.kernel import APPLICATIONS, KERNELS, TERMINAL

if TYPE_CHECKING:
    from host_tools.keys.authority import CaKey

_SCRIPT = ROOT / "tests" / "firmware" / "time_tap.py"
_ROUNDS = 9
_CARDS = {
    "up-debit": "UnionPay, online",
    "up-offline": "UnionPay, fast DDA",
    "visa-18": "Visa, online",
    "visa-offline": "Visa, fast DDA",
    "mc-16": "Mastercard, CDA",
}
_MASTERCARD = 2
_TTQ = "36004080"
_FLOOR_LIMIT = 300_00
_RESULTS = ("", "approved", "declined", "online")

# ISO/IEC 14443: a byte is 9 bits of 128/fc; what is between two frames; what a block has besides its data; the frames
# that a PN532 can take.
_FC_HZ = 13_560_000
_AIR_BYTE_US = 9 * 128 / _FC_HZ * 1e6
_FRAME_DELAY_US = 1172 / _FC_HZ * 1e6
_BLOCK = 3
_FRAME = 64
# The reader's frames: what each has besides its data, and the acknowledgement of a command.
_HEAD = 10
_ACK = 6
_HSU_BYTE_US = 10 / 115_200 * 1e6
_SPI_BYTE_US = 8.0  # at 1 MHz
_SPI_PIECE = 16  # the driver reads so many at a time


@dataclass
class _Tap:
    exchanges: list[tuple[int, int]]  # sizes of command and answer
    cpu_ms: float  # until the card may go
    rest_ms: float
    result: str


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as scratch:
        keys = Authority(Path(scratch)).make(date(2026, 11, 23))
        mint = Mint(keys)
        laid_down = Path(scratch) / "tables.json"
        laid_down.write_text(json.dumps(_laid_down(keys)), "utf-8")
        return [figure for name, about in _CARDS.items() for figure in _figures(about, _tap(mint, name, laid_down))]


def _figures(about: str, tap: _Tap) -> list[Figure]:
    air = sum(_air_us(*sizes) for sizes in tap.exchanges) / 1000
    hsu = sum(_hsu_us(*sizes) for sizes in tap.exchanges) / 1000
    spi = sum(_spi_us(*sizes) for sizes in tap.exchanges) / 1000
    share = 100 * tap.cpu_ms / (tap.cpu_ms + air + hsu)
    return [
        Figure(f"tap, {about}: commands", len(tap.exchanges), "", tap.result),
        Figure("  in the air", air, "ms", f"HSU at 115200 {hsu:.0f} ms, SPI at 1 MHz {spi:.0f} ms"),
        Figure("  firmware until the card may go", tap.cpu_ms, "ms", f"{share:.0f} % of it all, on HSU"),
        Figure("  firmware when it has gone", tap.rest_ms, "ms", "certificates"),
    ]


def _tap(mint: Mint, name: str, laid_down: Path) -> _Tap:
    card = mint.card(name)
    exchange = card.exchange
    exchanges: list[tuple[int, int]] = []

    def counted(command: bytes) -> bytes:
        answer = exchange(command)
        exchanges.append((len(command), len(answer)))
        return answer

    card.exchange = counted  # type: ignore[method-assign]
    field = Field()
    field.put(Antenna(card))
    with Pn532Pty(field) as path:
        line = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        answer = subprocess.run(
            [*find_micropython(), str(_SCRIPT), str(_ROUNDS), str(laid_down)],
            env=os.environ | {"MICROPYPATH": f"{compiled(firmware_root(), _SCRIPT.parent)}:.frozen"},
            stdin=line,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        os.close(line)
    rounds = json.loads(answer)
    assert len(exchanges) % _ROUNDS == 0, "the rounds are not alike"
    until, whole = (median(sample[at] for sample in rounds) / 1e6 for at in (0, 1))
    return _Tap(exchanges[: len(exchanges) // _ROUNDS], until, whole - until, _RESULTS[rounds[0][2]])


def _laid_down(keys: list[CaKey]) -> dict[str, Any]:
    return {
        "terminals": TERMINAL,
        "applications": [
            {
                "aid": aid,
                "version": version,
                "kernel": KERNELS[aid[:10]],
                "ttq": "" if KERNELS[aid[:10]] == _MASTERCARD else _TTQ,
                "floor_limit": _FLOOR_LIMIT,
            }
            for aid, version in APPLICATIONS.items()
        ],
        "keys": {
            f"{key.rid}{key.index:02x}".lower(): (key.modulus.hex(), key.exponent, f"{key.expires:%Y%m%d}")
            for key in keys
        },
    }


def _air_us(command: int, answer: int) -> float:
    """Both as blocks, each of which but the last is acknowledged."""
    total = 0.0
    for size in (command, answer):
        blocks = -(-size // (_FRAME - _BLOCK))
        total += (size + blocks * _BLOCK) * _AIR_BYTE_US + _FRAME_DELAY_US
        total += (blocks - 1) * (_BLOCK * _AIR_BYTE_US + 2 * _FRAME_DELAY_US)
    return total


def _hsu_us(command: int, answer: int) -> float:
    return (command + _HEAD + _ACK + answer + _HEAD) * _HSU_BYTE_US


def _spi_us(command: int, answer: int) -> float:
    pieces = -(-(answer + _HEAD) // _SPI_PIECE)
    return (1 + command + _HEAD + 1 + _SPI_PIECE + 1 + pieces * _SPI_PIECE) * _SPI_BYTE_US
