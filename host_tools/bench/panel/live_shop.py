"""A shop in real time: a terminal that is kept over runs, on the bench, and its acquirer on a real socket."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from host_tools.acquirer.faults import Faults
from host_tools.acquirer.fixture import BANK, load, open_bank
from host_tools.acquirer.host import Acquirer
from host_tools.acquirer.server import listen
from host_tools.bench.live import LiveBench
from host_tools.bench.network import LiveWorld
from host_tools.bench.panel.desk import Desk, Messages
from host_tools.bench.panel.state import keep
from host_tools.bench.shop import HOST, PORT
from host_tools.emv.trace import Recorder

if TYPE_CHECKING:
    from typing import TextIO

    from host_tools.acquirer.trace import Record

_NOBODY = 0  # a port that nobody can listen on


@asynccontextmanager
async def open_shop(
    directory: Path, fixture: Path = BANK, *, fresh: bool = False, apdus: TextIO | None = None
) -> AsyncIterator[Desk]:
    """The desk of the first terminal of a fixture, still switched off. What chip cards hear and say goes to `apdus`.

    Raises StateInUse, and FixtureError or StoreError for a bank that cannot be.
    """
    bank = load(fixture)
    enrolment = next(iter(bank.terminals.values()))
    with keep(directory, enrolment, fresh=fresh) as state, closing(open_bank(bank, str(state.bank))) as store:
        messages, faults = Messages(), Faults()
        recorder = Recorder(apdus, datetime.now) if apdus else None

        def heard(record: Record) -> None:
            messages.add(record)
            if recorder:
                recorder.host(record)

        acquirer = Acquirer(store, now=datetime.now, random=secrets.token_bytes, tracer=heard)
        async with await listen(acquirer, faults) as server:
            # The terminal knows its acquirer by name; this is the network that finds it.
            address, port = server.sockets[0].getsockname()
            found = {f"{HOST}:{PORT}": (address, port)}

            def switch_host(up: bool) -> None:
                found[f"{HOST}:{PORT}"] = (address, port if up else _NOBODY)

            with closing(LiveBench(state.flash, state.nvs, LiveWorld(found))) as bench:
                if recorder:
                    recorder.watch(bench.parts)
                desk = Desk(bench, acquirer, faults, messages, bank.cards, switch_host)
                try:
                    yield desk
                finally:
                    desk.player.stop()
