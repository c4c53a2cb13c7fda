"""A shop in real time: a terminal that is kept over runs, on the bench, and its acquirer on a real socket."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from host_tools.acquirer.chips import Chips
from host_tools.acquirer.faults import Faults
from host_tools.acquirer.fixture import BANK, load, open_bank
from host_tools.acquirer.host import Acquirer
from host_tools.acquirer.server import listen
from host_tools.bench.live import LiveBench
from host_tools.bench.network import LiveWorld
from host_tools.bench.panel.desk import Desk, Messages
from host_tools.bench.panel.state import keep
from host_tools.bench.panel.stories import Stories
from host_tools.bench.shop import HOST, PORT
from host_tools.emv.trace import Recorder

if TYPE_CHECKING:
    from typing import TextIO

    from host_tools.acquirer.trace import Record

_NOBODY = 0  # a port that nobody can listen on


@asynccontextmanager
async def open_shop(
    directory: Path, fixture: Path = BANK, *, fresh: bool = False, chips: bool = False, apdus: TextIO | None = None
) -> AsyncIterator[Desk]:
    """The desk of the first terminal of a fixture, still switched off. One that is made now gets chip cards if told to;
    what they hear and say goes to `apdus`, too.

    Raises StateInUse, and FixtureError or StoreError for a bank that cannot be.
    """
    bank = load(fixture)
    enrolment = next(iter(bank.terminals.values()))
    with ExitStack() as stack:
        state = stack.enter_context(keep(directory, enrolment, fresh=fresh, chips=chips))
        if state.chips:
            bank = state.chips.bank(bank)
        store = stack.enter_context(closing(open_bank(bank, str(state.bank))))
        messages, faults, stories = Messages(), Faults(), Stories()
        recorders = [Recorder(file, datetime.now) for file in (stories, apdus) if file]

        def heard(record: Record) -> None:
            messages.add(record)
            for recorder in recorders:
                recorder.host(record)

        acquirer = Acquirer(
            store,
            now=datetime.now,
            random=secrets.token_bytes,
            tracer=heard,
            chips=Chips(bank.issuers),
            tables=state.chips.tables if state.chips else None,
        )
        async with await listen(acquirer, faults) as server:
            # The terminal knows its acquirer by name; this is the network that finds it.
            address, port = server.sockets[0].getsockname()
            found = {f"{HOST}:{PORT}": (address, port)}

            def switch_host(up: bool) -> None:
                found[f"{HOST}:{PORT}"] = (address, port if up else _NOBODY)

            with closing(LiveBench(state.flash, state.nvs, LiveWorld(found))) as bench:
                for recorder in recorders:
                    if state.chips:
                        recorder.terminal(state.chips.tables)
                    recorder.watch(bench.parts)
                desk = Desk(bench, acquirer, faults, messages, bank.cards, switch_host, state.chips, stories)
                try:
                    yield desk
                finally:
                    desk.player.stop()
