"""The contactless reader as the virtual board is wired: no more of it is in memory than a card has asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.bench.parts.field_cards import FeliCa, IsoA, IsoB
from host_tools.bench.shop import Shop
from host_tools.micropython import firmware_root
from tests.host.judges.pn532_stage import FCI, SELECT_PPSE, application

_PROGRAM = f"""\
import asyncio
import sys
from binascii import hexlify, unhexlify

import board

print([name for name in sys.modules if "pn532" in name or "contactless" in name])

from suanpan.cards.contactless import ContactlessReader
from suanpan.errors import DriverError

async def customer(reader):
    try:
        card = await reader.tap()
        data, status = await card.exchange(unhexlify("{SELECT_PPSE}"))
        print("%s %04x" % (hexlify(data).decode(), status))
    except DriverError as error:
        print(error.code)
    await reader.off()

async def main():
    reader = ContactlessReader(board.contactless_reader())
    for _ in range(3):
        await customer(reader)
        await asyncio.sleep_ms(1000)
    print("done")
    await asyncio.sleep(3600)

asyncio.run(main())
"""


def test_three_customers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "program"
    source.mkdir()
    (source / "suanpan").symlink_to(firmware_root() / "suanpan")
    (source / "main.py").write_text(_PROGRAM, "utf-8")
    monkeypatch.setenv("SUANPAN_FIRMWARE", str(source))
    with Shop(tmp_path) as shop:
        bench = shop.bench
        for number, card in enumerate((IsoA(application), FeliCa(), IsoB(application))):
            at_us = 2_000_000 + number * 1_000_000
            bench.clock.call_later(at_us, lambda card=card: bench.parts.field.put(card))  # type: ignore[misc]
            bench.clock.call_later(at_us + 500_000, bench.parts.field.take)
        bench.power_on()
        bench.until(lambda: "done" in bench.console(), "third customer")
        assert bench.console().split("\n")[:-2] == ["[]", FCI, "D19", FCI]
        assert not bench.parts.field.on
