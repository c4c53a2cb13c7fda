"""The steps of commissioning, in order. Each leaves facts for the report; what a person does at the keys is asked for.

The sale and its void are made by the terminal, at its keys, with a test card: what the shop will do. They count when
the terminal, in its sealed statement, and the acquirer, in its books, say the same of both.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from host_tools.backup.line import restore
from host_tools.commission import books, line
from host_tools.commission.errors import (
    Disagree,
    LineSilent,
    NoSale,
    OtherUnit,
    SelfTestFailed,
    StillOwed,
    TerminalRefuses,
)
from host_tools.keys.errors import AlreadyBound, DeviceKeyed
from host_tools.keys.injection import exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from host_tools.acquirer.store import Store
    from host_tools.commission.order import Order
    from host_tools.commission.work import Facts, Work
    from host_tools.keys.ceremony import Ceremony
    from host_tools.keys.custodians import Pair
    from host_tools.keys.injection import Port

FEN: Final = 1  # of the sale: 0.01
SALE: Final = (
    "At the terminal: log in, change the passwords that it asks you to, sell 0.01 with a test card, and void that sale "
    "(功能, 2). Then log in as 99 and choose 系统设置, 9, 1: 装机报告 (Commissioning)."
)
AGAIN: Final = "At the terminal: log in as 99 and choose 系统设置, 9, 1: 装机报告 (Commissioning) once more."


@dataclass(frozen=True)
class Workshop:
    """Who and what does the steps. `flash` writes the unit, given its injection key; `line` opens its service line;
    `at_the_keys` has a person do what it says, and returns when it is done."""

    ceremony: Ceremony
    pair: Callable[[], Pair]
    flash: Callable[[bytes], Facts]
    line: Callable[[], AbstractContextManager[Port]]
    host: Callable[[], AbstractContextManager[Store]]
    at_the_keys: Callable[[str], None]
    archive: bytes = b""  # of the unit whose place this one takes (host_tools/backup)


def commission(order: Order, work: Work, shop: Workshop, begun: Callable[[str], None], *, release: bool = True) -> None:
    """All that is not done yet. Raises CommissionError, KeysError, FlashError; what was done before stays done."""
    pairs: list[Pair] = []

    def pair() -> Pair:
        """The two custodians, once: only if a step needs them."""
        if not pairs:
            pairs.append(shop.pair())
        return pairs[0]

    work.do("flash", lambda: _flash(order, shop, pair()), begun)
    work.do("keys", lambda: _keys(order, shop, pair()), begun)
    work.do("bind", lambda: _bind(order, shop), begun)

    def fetched() -> Facts:
        shop.at_the_keys(SALE)
        with shop.line() as port:
            said = line.statement(port, shop.ceremony.backup_key(pair(), order.terminal))
            require(said, order)
            _sale_and_void(said)
        return {"statement": said}

    said = work.do("statement", fetched, begun)["statement"]
    try:
        work.do("host", lambda: _host(order, shop, said), begun)
    except Disagree:
        work.forget("statement")  # the sale may be made anew
        raise
    if release:
        work.do("release", lambda: _release(order, shop, pair), begun)


def require(said: dict[str, Any], order: Order) -> None:
    """Raises OtherUnit, SelfTestFailed, StillOwed."""
    ordered = {"serial": order.serial, "terminal": order.terminal, "merchant": order.merchant, "suite": order.suite}
    for name, wanted in ordered.items():
        if said.get(name) != wanted:
            raise OtherUnit(f"{name}: {said.get(name)}, and the order says {wanted}")
    if said.get("faults"):
        raise SelfTestFailed(", ".join(map(str, said["faults"])))
    if said.get("owed"):
        raise StillOwed


def _flash(order: Order, shop: Workshop, pair: Pair) -> Facts:
    """Nothing is written for a number that is in use already, or that is another unit's."""
    with shop.host() as store:
        if order.replaces:
            books.require_settled(store, order.terminal)
        else:
            books.require_unused(store, order.terminal)
    for entry in shop.ceremony.terminals.entries():
        if (entry.terminal == order.terminal) != (entry.serial == order.serial) and entry.serial:
            raise AlreadyBound
    return shop.flash(shop.ceremony.injection_key(pair, order.serial))


def _keys(order: Order, shop: Workshop, pair: Pair) -> Facts:
    try:
        with shop.line() as port:
            with shop.ceremony.injecting(pair, order.terminal, order.serial) as injection:
                exchange(injection, port)
            if shop.archive:
                restore(port, shop.archive)  # now or never: from its next power-on on it is deaf to this
    except DeviceKeyed:
        # Cut short between the key's arrival and our note of it: the first sign-in shows whether it is this key.
        if not any(each.serial == order.serial for each in shop.ceremony.terminals.entries()):
            raise
    value = next(each.check_value for each in shop.ceremony.terminals.entries() if each.terminal == order.terminal)
    restored = {"restored": sha256(shop.archive).hexdigest()} if shop.archive else {}
    return {"check_value": value.hex().upper(), **restored}


def _bind(order: Order, shop: Workshop) -> Facts:
    with shop.host() as store:
        return {**books.require_bound(store, order), "place": order.place}


def _sale_and_void(said: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The last two records. Raises NoSale."""
    newest = said.get("records", [])[:2]
    if [record.get("kind") for record in newest] != ["void", "sale"]:
        raise NoSale(", ".join(str(record.get("kind")) for record in newest))
    void, sale = newest
    if not (void["approved"] and sale["approved"] and sale["voided"]) or (sale["amount"], void["amount"]) != (FEN, FEN):
        raise NoSale
    return sale, void


def _host(order: Order, shop: Workshop, said: dict[str, Any]) -> Facts:
    """Raises Disagree."""
    sale, void = _sale_and_void(said)
    with shop.host() as store:
        done = books.done(store, order.terminal)
    found = {}
    for name, record in (("sale", sale), ("void", void)):
        booked = next((each for each in done if (each.kind, each.stan) == (name, record["stan"])), None)
        if booked is None:
            raise Disagree(f"the acquirer has no {name} {record['stan']}")
        theirs = (booked.batch, booked.amount, booked.code, booked.reference)
        ours = (record["batch"], record["amount"], "00", record["reference"])
        if theirs != ours:
            raise Disagree(f"{name} {record['stan']}: {theirs} and {ours}")
        found[name] = {"batch": booked.batch, "stan": booked.stan, "amount": booked.amount, "reference": theirs[3]}
    if next(each for each in done if each.stan == void["stan"]).of_stan != sale["stan"]:
        raise Disagree("the void is of another sale")
    return found


def _release(order: Order, shop: Workshop, pair: Callable[[], Pair]) -> Facts:
    """A terminal that has fallen silent since its statement must make one again first."""
    with shop.line() as port:
        try:
            return {"closed": line.close(port)}
        except (LineSilent, TerminalRefuses):
            shop.at_the_keys(AGAIN)
            require(line.statement(port, shop.ceremony.backup_key(pair(), order.terminal)), order)
            return {"closed": line.close(port)}
