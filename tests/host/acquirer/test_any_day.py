"""Everything that a terminal can ask for, in any order and again, against a model that only knows the rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from host_tools.acquirer import spec
from tests.host.acquirer.conftest import TID, World
from tests.host.acquirer.till import half_of_sums

if TYPE_CHECKING:
    from tests.host.acquirer.till import Sold

CARDS = ("plain", "long", "foreign")  # who can pay all that this day may cost
DEBITS, CREDITS = ("sale", "offline_sale"), ("void", "refund")
AMOUNTS = st.integers(1, 5)
FEW = 4  # sales, so that what follows meets the same ones


@dataclass
class Done:
    """A message that the host has decided on, and what has become of it. `code` is the answer to a repeat."""

    kind: str
    card: str
    amount: int
    batch: str
    frame: bytes = field(repr=False)
    code: str
    good: bool
    sold: Sold | None = None
    of: Done | None = None
    reversal: str = ""  # the answer to it, "" while there was none

    @property
    def stands(self) -> bool:
        return self.good and self.reversal != "00"


class Day(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.world = World()
        self.till = self.world.till
        self.till.sign_in()
        self.done: list[Done] = []
        self.settled: list[tuple[bytes, str]] = []  # with the two digits that were answered

    def teardown(self) -> None:
        self.world.store.close()

    # -- what is done anew -----------------------------------------------------------------------------

    @precondition(lambda self: len(self._sold()) < FEW)
    @rule(name=st.sampled_from(CARDS), amount=AMOUNTS, online=st.sampled_from((True, True, False)))
    def sell(self, name: str, amount: int, online: bool) -> None:
        card = self.world.card(name)
        frame = self.till.sale_frame(card, amount) if online else self.till.offline_frame(card, amount)
        reply = self.till.exchange(frame)
        assert reply.fields[39] == "00"
        sold = self.till.sold(card, reply, "" if online else "VOICE1")
        self._add("sale" if online else "offline_sale", name, amount, frame, "00", sold=sold)

    @precondition(lambda self: self._sold())
    @rule(data=st.data(), off=st.sampled_from((0, 0, 0, 1)))
    def void(self, data: st.DataObject, off: int) -> None:
        what = data.draw(st.sampled_from(self._sold()))
        assert what.sold is not None
        expected = "00"
        if what.kind != "sale" or what.batch != self.till.batch:
            expected = "25"
        elif not what.stands or self._against(what):
            expected = "12"
        elif off:
            expected = "64"
        frame = self.till.void_frame(what.sold, what.amount + off)
        assert self.till.exchange(frame).fields[39] == expected
        self._add("void", what.card, what.amount + off, frame, expected, of=what)

    @precondition(lambda self: self._sold())
    @rule(data=st.data(), amount=AMOUNTS)
    def refund(self, data: st.DataObject, amount: int) -> None:
        what = data.draw(st.sampled_from(self._sold()))
        assert what.sold is not None
        against = self._against(what)
        expected = "00"
        if not what.stands or "void" in against:
            expected = "12"
        elif against["refund"] + amount > what.amount:
            expected = "61"
        frame = self.till.refund_frame(what.sold, amount)
        assert self.till.exchange(frame).fields[39] == expected
        self._add("refund", what.card, amount, frame, expected, of=what)

    @rule(name=st.sampled_from(CARDS), amount=AMOUNTS)
    def overtake(self, name: str, amount: int) -> None:
        """The reversal comes before the sale."""
        frame = self.till.sale_frame(self.world.card(name), amount)
        assert self.till.reverse(frame).fields[39] == "25"
        self.done.append(Done("sale", name, amount, self.till.batch, frame, "22", good=False, reversal="25"))
        assert self.till.exchange(frame).fields[39] == "22"

    # -- what comes again, or takes back ---------------------------------------------------------------

    @precondition(lambda self: self._requests())
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        what = data.draw(st.sampled_from(self._requests()))
        expected = what.reversal
        if not expected and what.batch != self.till.batch:
            expected = "77"
        elif not expected:
            expected = "22" if self._against(what) else "00"
        assert self.till.reverse(what.frame).fields[39] == expected
        if expected == "00":
            what.reversal = expected

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        what = data.draw(st.sampled_from(self.done))
        closed = what.batch != self.till.batch and what.kind in ("sale", "void")
        message = spec.decode(what.frame)
        del message.fields[64]
        again = self.till.frame(message.mti, message.fields)
        assert self.till.exchange(again).fields[39] == ("77" if closed else what.code)

    @rule(off=st.sampled_from((0, 0, 1)))
    def settle(self, off: int) -> None:
        domestic, foreign = self._sums("plain", "long"), self._sums("foreign")
        (debit, count), credit = domestic
        frame = self.till.settlement_frame(half_of_sums((debit + off, count), credit), half_of_sums(*foreign))
        self.settled.append((frame, "21" if off else "11"))
        self._settle(len(self.settled) - 1)
        batch = int(self.till.batch)
        self.till.sign_in()
        assert int(self.till.batch) == batch + 1

    @precondition(lambda self: self.settled)
    @rule(data=st.data())
    def settle_again(self, data: st.DataObject) -> None:
        self._settle(data.draw(st.integers(0, len(self.settled) - 1)))

    @rule()
    def sign_in_twice(self) -> None:
        frame = self.till.sign_in_frame()
        first, second = self.till.exchange(frame), self.till.exchange(frame)
        assert first.fields[62] == second.fields[62]
        self.till.take_keys(first)

    # -- what holds all the time -----------------------------------------------------------------------

    @invariant()
    def the_books_are_the_records(self) -> None:
        ledger = self.world.acquirer.ledger
        assert ledger.check() == []
        paid: Counter[str] = Counter()
        for each in self.done:
            if each.stands:
                paid[each.card] += each.amount if each.kind in DEBITS else -each.amount
        opening = {card.name: card.balance for card in self.world.bank.cards.values()}
        assert self.world.balances() == {name: balance - paid[name] for name, balance in opening.items()}
        (merchant,) = self.world.store.db.execute("SELECT account FROM merchant").fetchone()
        assert ledger.balance(merchant) == paid.total() >= 0
        counted: Counter[tuple[str, str]] = Counter()
        amounts: Counter[tuple[str, str]] = Counter()
        for each in self._standing_today():
            name = each.kind, self.world.card(each.card).scheme
            counted[name] += 1
            amounts[name] += each.amount
        sums = ledger.sums(TID, int(self.till.batch))
        assert {name: (totals.count, totals.amount) for name, totals in sums.items()} == {
            name: (counted[name], amounts[name]) for name in counted
        }

    # ----------------------------------------------------------------------------------------------------

    def _add(
        self,
        kind: str,
        card: str,
        amount: int,
        frame: bytes,
        code: str,
        *,
        sold: Sold | None = None,
        of: Done | None = None,
    ) -> None:
        good = code == "00"
        again = "94" if good or kind in ("sale", "void") else code
        self.done.append(Done(kind, card, amount, self.till.batch, frame, again, good, sold, of))

    def _settle(self, number: int) -> None:
        frame, answer = self.settled[number]
        reply = self.till.exchange(frame)
        assert reply.fields[39] == "00"
        assert reply.fields[48][30] + reply.fields[48][61] == answer

    def _sold(self) -> list[Done]:
        return [each for each in self.done if each.sold is not None]

    def _requests(self) -> list[Done]:
        return [each for each in self.done if each.kind in ("sale", "void")]

    def _against(self, what: Done) -> Counter[str]:
        """What stands against a sale, in fen by kind."""
        taken: Counter[str] = Counter()
        for each in self.done:
            if each.of is what and each.stands:
                taken[each.kind] += each.amount
        return taken

    def _standing_today(self) -> list[Done]:
        return [each for each in self.done if each.stands and each.batch == self.till.batch]

    def _sums(self, *cards: str) -> tuple[tuple[int, int], tuple[int, int]]:
        """Debits and credits of the open batch: fen, count."""
        owed, owing = (
            [each.amount for each in self._standing_today() if each.kind in kinds and each.card in cards]
            for kinds in (DEBITS, CREDITS)
        )
        return (sum(owed), len(owed)), (sum(owing), len(owing))


Day.TestCase.settings = settings(max_examples=40, stateful_step_count=40, suppress_health_check=[HealthCheck.too_slow])
TestDay = Day.TestCase
