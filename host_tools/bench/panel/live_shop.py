"""A shop in real time: a terminal that is kept over runs, on the bench, and its acquirer on a real socket."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from host_tools.acquirer.bank import Bank
from host_tools.acquirer.chips import Chips
from host_tools.acquirer.faults import Faults
from host_tools.acquirer.fixture import BANK, Fixture, load, open_bank
from host_tools.acquirer.host import Acquirer
from host_tools.acquirer.ledger import Ledger
from host_tools.acquirer.server import listen
from host_tools.bench.live import LiveBench
from host_tools.bench.network import LiveWorld
from host_tools.bench.panel.desk import Desk, Messages
from host_tools.bench.panel.state import keep
from host_tools.bench.panel.stories import Stories
from host_tools.bench.panel.telephone import Telephone
from host_tools.bench.shop import HOST, PORT
from host_tools.emv.trace import Recorder

if TYPE_CHECKING:
    from typing import TextIO

    from host_tools.acquirer.store import Store
    from host_tools.acquirer.trace import Record
    from host_tools.bench.wiring import Parts

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
    cards = dict(bank.cards)
    enrolment = next(iter(bank.terminals.values()))
    with ExitStack() as stack:
        state = stack.enter_context(keep(directory, enrolment, fresh=fresh, chips=chips))
        if state.chips:
            bank = state.chips.bank(bank)
            cards |= state.chips.cards
        store = stack.enter_context(closing(open_bank(bank, str(state.bank))))
        _issue_new(store, bank)
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

            def watch(parts: Parts) -> None:
                for recorder in recorders:
                    recorder.watch(parts)

            with closing(LiveBench(state.flash, state.nvs, LiveWorld(found))) as bench:
                if state.chips:
                    for recorder in recorders:
                        recorder.terminal(state.chips.tables)
                telephone = Telephone(acquirer, datetime.now, secrets.token_bytes)
                desk = Desk(
                    bench, acquirer, faults, messages, cards, switch_host, telephone, state.chips, stories, watch
                )
                try:
                    yield desk
                finally:
                    desk.player.stop()


def _issue_new(store: Store, bank: Fixture) -> None:
    """Cards that the bank has not issued yet: a wallet grows from one version to the next."""
    books, issued = Ledger(store), Bank(store)
    with store.transaction():
        for card in bank.cards.values():
            if issued.find(card.pan) is None:
                issued.issue(card, books.open_account(f"cardholder {card.name}", card.balance))
