"""Entry Point (EMV Contactless Book B): the way of a tapped card, from the amount to an outcome.

Who holds the reader calls `prepare`, waits for a card (cards/contactless.py, which sees to collisions), hands it to
`present`, and does so again as long as the outcome says `again`.
"""

from micropython import const

from suanpan.emv import outcome
from suanpan.emv.phases import forget
from suanpan.emv.preprocessing import MASTERCARD, UNIONPAY, VISA, Prepared
from suanpan.errors.emv import Terminated
from suanpan.errors.nfc import CardLost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.emv.commands import Card
    from suanpan.emv.outcome import Outcome, Request
    from suanpan.emv.preprocessing import Candidate, Combination
    from suanpan.emv.tables import Tables
    from suanpan.emv.torn import TornLog

_AMOUNT = const(0x9F02)
_AID = const(0x9F06)
_VERSION = const(0x9F09)
_UNPREDICTABLE = const(0x9F37)
_QUALIFIERS = const(0x9F66)


class EntryPoint:
    """One transaction.

    `terminals` are the terminal's data objects, by tag: amounts, date, country, capabilities ... `signal` shows what
    the reader has to show while a kernel works, at once; what an outcome shows is the caller's. `torn` is the log, or
    who makes one when a kernel wants it.
    """

    def __init__(
        self,
        combinations: "list[Combination]",
        terminals: "dict[int, bytes | bytearray]",
        tables: "Tables",
        random: "Callable[[int], bytes]",
        signal: "Callable[[Request], None]",
        torn: "TornLog | Callable[[], TornLog] | None" = None,
    ) -> None:
        self._combinations = combinations
        self._terminals = terminals
        self._tables = tables
        self._random = random
        self._signal = signal
        self._torn = torn
        self._prepared: "list[Prepared]" = []

    def prepare(self) -> "Outcome | None":
        """Start A. An outcome where this amount cannot be paid over the air; else the reader is ready."""
        amount = int(bytes(self._terminals[_AMOUNT]).hex())
        prepared = [Prepared(combination, amount) for combination in self._combinations]
        self._prepared = [ours for ours in prepared if ours.allowed]
        if not self._prepared:
            return outcome.try_another_interface(contact=False)
        self._signal(outcome.present_card())
        return None

    async def present(self, card: "Card") -> "Outcome":
        """Start B, with an activated card. Of the reader's errors, CardLost is an outcome: try again.

        When an outcome is final, the kernel's modules are forgotten: nobody needs them while the issuer is asked.
        """
        try:
            result = await self._present(card)
        except CardLost:
            return outcome.try_again()
        except Terminated:
            result = outcome.end_application()
        if not result.again:
            forget()
        return result

    async def _present(self, card: "Card") -> "Outcome":
        for candidate in await self._candidates(card):
            proprietary = await self._select(card, candidate)
            if proprietary is None:
                continue
            forget("combination")
            result = await self._activate(card, candidate, proprietary)
            if result.result != outcome.SELECT_NEXT:
                return result
        return outcome.end_application()

    async def _candidates(self, card: "Card") -> "list[Candidate]":
        from suanpan.emv.combination import candidates

        return await candidates(card, self._prepared)

    async def _select(self, card: "Card", candidate: "Candidate") -> "bytes | None":
        from suanpan.emv.combination import final_select

        return await final_select(card, candidate)

    async def _activate(self, card: "Card", candidate: "Candidate", proprietary: bytes) -> "Outcome":
        """Start D: the kernel, with a transaction of its own."""
        from suanpan.emv.transaction import Transaction

        prepared = candidate.prepared
        application = prepared.combination.application
        # While the card is in the field, nobody is asked anything.
        t = Transaction(card, dict(self._terminals), self._tables, None, self._random, application)  # type: ignore[arg-type]
        t.objects.set(_AID, candidate.name)
        t.objects.set(_VERSION, application.version)
        t.objects.set(_UNPREDICTABLE, self._random(4))
        if prepared.ttq:
            t.objects.set(_QUALIFIERS, prepared.ttq)
        t.objects.keep_selected(proprietary)
        kernel = prepared.combination.kernel
        torn: "TornLog | None" = None
        if kernel == UNIONPAY:
            from suanpan.emv.unionpay import run
        else:
            forget("unionpay")  # which may have been expected
        if kernel == VISA:
            from suanpan.emv.visa import run
        elif kernel == MASTERCARD:
            from suanpan.emv.mastercard import run

            torn = self._torn() if callable(self._torn) else self._torn
        elif kernel != UNIONPAY:
            return outcome.select_next()
        return await run(t, prepared, self._signal, torn)
