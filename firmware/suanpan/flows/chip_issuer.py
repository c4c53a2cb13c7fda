"""The issuer during a chip sale, behind the host: what it is asked, what it says, and what is recorded of it when.

Between its answer and the card's last word nothing of the line to the host is in memory.
"""

from micropython import const

from suanpan.acquirer.responses import APPROVED, RESPONSE
from suanpan.crypto.octets import wipe
from suanpan.emv.transaction import IssuerAnswer
from suanpan.errors import AcquirerError, JournalBroken, LedgerError
from suanpan.errors.emv import TlvError
from suanpan.ledger.kinds import SALE
from suanpan.ledger.record import OPENED
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.secret import PinEntry
    from suanpan.emv.transaction import Outcome, Transaction
    from suanpan.errors import SuanpanError
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

# F22, and what F60 ends with: a terminal that reads chips has read one.
_CHIP_WITH_PIN = const("05150")
_CHIP = const("05250")
_AUTHENTICATION_DATA = const(0x91)
_TRACK_2 = const(0x57)


class _Stripe:
    """What the chip says that its stripe says (57), as F35 has it: all that a message takes of a track."""

    def __init__(self, equivalent: "bytes | bytearray") -> None:
        self._digits = bytearray(bytes(equivalent).hex().rstrip("f").replace("d", "=").encode())

    @property
    def data(self) -> str:
        return str(self._digits, "ascii")

    def wipe(self) -> None:
        wipe(self._digits)


class Issuer:
    """`entry` is the ledger's, once the host has been asked, and open until `conclude` or `leave`; or that of a sale
    which the card has approved by itself."""

    def __init__(self, t: "Terminal", amount: int, pin: "PinEntry") -> None:
        self.entry: "Entry | None" = None
        self.problem: "SuanpanError | None" = None  # why there is no answer
        self._t = t
        self._amount = amount
        self._pin = pin
        self._response = ""  # F39 of the answer, once there is one
        self._approval: "dict[str, str]" = {}  # and what of it is recorded
        self._emv: "Transaction | None" = None
        self._arqc = ""

    async def authorise(self, emv: "Transaction") -> "IssuerAnswer | None":
        """Connect, write, send. None, and `problem`, where there is no answer."""
        self._emv = emv
        self._arqc, request, reversal, track, card = _asked(emv)
        try:
            back = await self._ask(request, reversal, track, card)
        except JournalBroken:
            raise
        except (AcquirerError, LedgerError) as problem:
            self.problem = problem
            return None
        finally:
            if track:
                track.wipe()
        return IssuerAnswer(self._response, self._response == APPROVED, _authentication(back), back)

    async def _ask(
        self, request: bytes, reversal: bytes, track: "_Stripe | None", card: "tuple[str, str, str]"
    ) -> bytes:
        """F55 of the answer."""
        t = self._t
        with Overlay():
            from suanpan.flows.asking import answered, approval, reached

            async with await reached(t, self._amount) as host:
                self.entry = entry = t.ledger.pending(
                    SALE,
                    self._amount,
                    chip=reversal,
                    entry_mode=_CHIP_WITH_PIN if len(self._pin) else _CHIP,
                    operator=t.operator,
                    date=t.today(),
                    time=t.time(),
                    pan=card[0],
                    expiry=card[1],
                    sequence=card[2],
                )
                entry.__enter__()
                answer = await answered(t, host, entry, track, self._pin, chip=request)  # type: ignore[arg-type]
            self._approval = approval(answer)
        self._response = answer.text(RESPONSE)
        return answer.data(55)

    def conclude(self, outcome: "Outcome") -> None:
        """The card has had its last word, too."""
        emv = outcome.transaction
        with Overlay():
            from suanpan.flows import chip_record

            if outcome.approved and self.entry is None:
                self.entry = chip_record.keep(self._t, self._amount, emv, self._arqc, _CHIP)
            elif self._open and self._response and outcome.approved:
                assert self.entry
                chip_record.report_scripts(self._t, self.entry, emv, self._approval)
                remarks = chip_record.remarks(emv, self._arqc)
                self.entry.approve(remarks=remarks, **self._approval)  # type: ignore[arg-type]

    async def leave(self) -> None:
        """However it has ended. What the host has approved and the card has not is to be taken back; what it has
        declined may have brought scripts, which the card has run before it went."""
        entry = self.entry
        try:
            if self._open:
                assert entry and self._emv
                with Overlay():
                    from suanpan.flows import asking, chip_record

                    if self._response in ("", APPROVED):
                        chip_record.take_back(entry, self._emv)
                    else:
                        chip_record.report_scripts(self._t, entry, self._emv, self._approval)
                        asking.decline(self._t, entry, self._response)
        finally:
            if entry:
                entry.__exit__()

    @property
    def _open(self) -> bool:
        return self.entry is not None and self.entry.status == OPENED


def _asked(emv: "Transaction") -> "tuple[str, bytes, bytes, _Stripe | None, tuple[str, str, str]]":
    """The card's cryptogram, F55 of the request and of its reversal, F35, and number, expiry and sequence number."""
    with Overlay():
        from suanpan.emv import f55
        from suanpan.flows import chip_data

        card = emv.pan, chip_data.expiry(emv), chip_data.sequence(emv)
        equivalent = emv.objects.card(_TRACK_2)
        track = _Stripe(equivalent) if equivalent else None
        return chip_data.cryptogram(emv), f55.request(emv), f55.reversal(emv), track, card


def _authentication(back: bytes) -> bytes:
    """What the issuer has for the card, 91; none in what cannot be read."""
    from suanpan.codec.tlv import find

    try:
        return find(back, _AUTHENTICATION_DATA) or b""
    except TlvError:
        return b""
