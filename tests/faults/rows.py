"""The table of transactions that the explorer goes through. Adding one is adding a row.

An act is what a person does from one idle screen to the next: keys by a text that is on the screen, by its name
in strings.tsv. What stands at IDLE begins the act; "=name" picks that line of a list; "#" is the voucher number
of the newest transaction that was good, "@" its authorisation code; a screen that no text of the act is on is
answered with 确认. A card is swiped wherever one is asked for, or put in, or tapped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

from host_tools.acquirer.cards import Card, tracks
from host_tools.acquirer.fixture import load
from host_tools.flash.factory import SUPERVISOR_PASSWORD
from tests.faults import plastic
from tests.faults.bank import ASKING, CODE
from tests.faults.points import Drawn, Fault, Net, Pull

IDLE: Final = "message.idle"
_BANK: Final = load().cards
_LEFT: Final = 6_66
ISSUED: Final[dict[str, Card]] = {
    **_BANK,
    **plastic.ACCOUNTS,
    "thin": replace(_BANK["plain"], name="thin", pan="6200000000000088", balance=_LEFT),
}
# A stranger's card looks like any other to the terminal, but the bank does not know it.
CARDS: Final = {**ISSUED, "stranger": replace(_BANK["plain"], name="stranger", pan="6200000000000096")}

Keys = dict[str, list[str]]
# Keys by text, what is on the card's stripe, the card's name if it is put in instead, or if it is tapped; a code.
Order = tuple[Keys, str, str, str, str]


class Hand(Enum):
    """What is done with a card."""

    SWIPED = auto()
    PUT_IN = auto()
    TAPPED = auto()


@dataclass(frozen=True, slots=True)
class Act:
    keys: Keys
    card: str = ""  # its name in CARDS
    hand: Hand = Hand.SWIPED
    code: str = ""  # shown to the scanner

    def order(self) -> Order:
        if not self.card:
            return self.keys, "", "", "", self.code
        card = CARDS[self.card]
        put_in, tapped = (self.card if self.hand is hand else "" for hand in (Hand.PUT_IN, Hand.TAPPED))
        return {"title.pin": [*card.pin, "enter"], **self.keys}, "".join(tracks(card)), put_in, tapped, self.code


def sale(fen: int, card: str = "plain") -> Act:
    digits = str(fen)
    return Act({IDLE: [digits[0]], "title.sale": [*digits[1:], "enter"]}, card)


def chip_sale(fen: int, keys: Keys | None = None, card: str = plastic.ONLINE) -> Act:
    return Act(sale(fen).keys | (keys or {}), card, Hand.PUT_IN)


def tap_sale(fen: int, keys: Keys | None = None, card: str = plastic.ONLINE) -> Act:
    return Act(sale(fen).keys | (keys or {}), card, Hand.TAPPED)


def chosen(*titles: str, keys: Keys | None = None, card: str = "") -> Act:
    """What is reached by these lines of the menu and the menus under it, and the keys from there on."""
    way = {f"title.{menu}": [f"=title.{title}"] for menu, title in zip(("menu", *titles), titles, strict=False)}
    return Act({IDLE: ["menu"], **way, **(keys or {})}, card)


def keyed(number: int | str) -> list[str]:
    return [*str(number), "enter"]


_SUPERVISOR: Final = {"message.supervisor_password": keyed(SUPERVISOR_PASSWORD)}


def refund(fen: int, keys: Keys, card: str = "plain") -> Act:
    return chosen("refund", keys={**_SUPERVISOR, "title.refund": keyed(fen), **keys}, card=card)


def offline_sale(fen: int, card: str = "long") -> Act:
    keys = {"title.offline_sale": keyed(fen), "message.voice_code": keyed(654321)}
    return chosen("offline_sale", keys=keys, card=card)


def waiting(turns: int) -> Act:
    """Nobody comes: a turn is a second while the terminal has anything to do, else a minute."""
    return Act({IDLE: [""] * turns})


VOID: Final = chosen("void", keys=_SUPERVISOR, card="plain")
REFUND: Final = refund(3_00, {"message.original_voucher": ["#", "enter"]})
# Of a sale that nobody ever heard of.
REFUND_FROM_SLIP: Final = refund(
    3_00,
    {
        "message.original_voucher": keyed(654321),
        "message.original_batch": keyed("000001"),
        "message.original_reference": keyed(123456789012),
        "message.original_date": keyed(1122),
    },
)
OFFLINE: Final = offline_sale(5_00)
SETTLE: Final = chosen("management", "settlement")

_WHICH: Final = {"message.auth_code": ["@", "enter"], "message.original_date": keyed("1123")}
HOLD: Final = chosen("pre_auths", "pre_auth", keys={"title.pre_auth": keyed(9_00)}, card="plain")
COMPLETE, COMPLETED = (
    chosen("pre_auths", way, keys={**_WHICH, f"title.{way}": keyed(8_00)}, card="plain")
    for way in ("completion", "completion_advice")
)
TAPPED: Final = tap_sale(5_00, card=plastic.OFFLINE)
SCRIPTED: Final = chip_sale(60_00, card=plastic.SCRIPTED_AFTER)
PARTLY: Final = sale(10_00, "thin")


def tip(fen: int) -> Act:
    """Added to the newest sale."""
    keys = {"message.original_voucher": ["#", "enter"], "title.adjustment": keyed(fen)}
    return chosen("others", "adjustment", keys=keys)


def scan_sale(fen: int, code: str = CODE, keys: Keys | None = None) -> Act:
    return replace(chosen("others", "scan_sale", keys={"title.scan_sale": keyed(fen), **(keys or {})}), code=code)


def merchant_code(fen: int, keys: Keys | None = None) -> Act:
    return chosen("others", "merchant_code", keys={"title.merchant_code": keyed(fen), **(keys or {})})


SCANNED: Final = scan_sale(10_00)
SCAN_VOID: Final = chosen("others", "scan_void", keys=_SUPERVISOR)
SCAN_REFUND: Final = chosen(
    "others",
    "scan_refund",
    keys={**_SUPERVISOR, "message.original_voucher": ["#", "enter"], "title.scan_refund": keyed(3_00)},
)
_NOBODYS: Final = "139999999999999999"
_GIVEN_UP: Final = {"title.scan_waiting": ["cancel"]}
LET_GO: Final = chosen("pre_auths", "pre_auth_void", keys={**_SUPERVISOR, **_WHICH}, card="plain")
VOID_COMPLETION: Final = chosen("pre_auths", "completion_void", keys=_SUPERVISOR, card="plain")

# What the day has seen before, and what is done at the end of every schedule: the terminal must still be able to.
FIRST: Final = sale(3_33)
OTHERWISE: Final = (sale(4_44),)  # another day before the transaction, of records as long
PROBED: Final = 1_00
PROBE: Final = sale(PROBED, "long")


class Altered(Enum):
    """Which of the journal's records are altered: a terminal reads the open batch's before it is used, the others
    while nobody uses it."""

    BATCH = auto()
    ALL = auto()


@dataclass(frozen=True, slots=True)
class Row:
    """`act` is the transaction, after `before` (None: in a terminal that was never switched on); without an act it is
    what happens at power-on. Undisturbed, cardholders pay `moves` fen and the screens have been `seen`, in this order.

    `given` are the host's or the customer's doings that make it what it is; `left`, an act and what ends the power in
    it, is what the power-on finds. `finish` is done after it. `parameters` are other ones than the factory's; `beyond`
    is what the host may do that no terminal can tell.
    """

    name: str
    moves: int
    seen: tuple[str, ...]
    act: Act | None = None
    before: tuple[Act, ...] | None = (FIRST,)
    given: tuple[Fault, ...] = ()
    left: tuple[Act, Net] | None = None
    finish: tuple[Act, ...] = ()
    scenes: tuple[str, ...] = ("plain", "turning", "turning-late")
    altered: Altered | None = None  # what somebody does to the chip while the power is off
    opening: bool = False  # the act comes right after power-on
    variant: bool = False  # of a type whose other row is gone through byte by byte
    seldom: bool = False  # whether it is left out of the short form
    files: bool = False  # whether this is the row for that in the file system
    parameters: Mapping[str, int] = field(default_factory=dict)
    beyond: frozenset[str] = frozenset()

    @property
    def chip(self) -> bool:
        """Whether a card is put in, or tapped."""
        acts = (self.act, self.left and self.left[0], *(self.before or ()))
        return any(act and act.hand is not Hand.SWIPED for act in acts)


_CHECKED: Final = 10  # turns until a terminal that nobody uses has read all of its journal
_TOLD: Final = 40  # turns in which it tells the host what that has missed, even at the second attempt

_SIGN_IN: Final = ("title.check", "title.login", "title.sign_in")
_APPROVED: Final = ("title.sending", "title.approved", "slip", "slip")
_CHIP_READ: Final = ("title.card", "title.reading_chip", "title.pin", "title.sending")
_TAPPED: Final = ("title.card", "title.card_read", "title.sending")
_TAPPED_WITH_PIN: Final = ("title.card", "title.card_read", "title.pin", "title.sending")
_LESS: Final = {"partial_approval": 1}
_STOPPED: Final = {"message.may_stop": ["cancel"]}
_TAKEN_BACK: Final = ("title.sending", "title.unknown", "title.reversal")
_REVERSAL: Final = ("title.check", "title.reversal", "title.login", "title.sign_in")
_VOID: Final = ("title.supervisor", "title.void_this", "title.card", "title.pin")
_STORED: Final = ("title.stored", "slip", "slip")

ROWS: Final = {
    row.name: row
    for row in (
        Row("first-sign-in", 0, _SIGN_IN, before=None, scenes=("plain",), files=True),
        Row("sign-in", 0, _SIGN_IN, files=True),
        Row("sign-in-again", 0, ("title.menu", "title.sign_in"), chosen("management", "sign_in"), variant=True),
        Row("sale-approved", 10_00, _APPROVED, sale(10_00)),
        Row("sale-declined", 0, ("title.sending", "title.failed"), sale(10_00, "empty"), variant=True),
        Row("sale-unanswered", 0, (*_TAKEN_BACK, "title.failed"), sale(10_00), given=(Net(1, "SILENT"),), variant=True),
        Row("sale-lost", 0, (*_TAKEN_BACK, "title.failed"), sale(10_00), given=(Net(1, "LOST"),), variant=True),
        Row(
            "sale-stopped",
            0,
            (*_TAKEN_BACK, "title.failed"),
            replace(sale(10_00), keys=sale(10_00).keys | _STOPPED),
            given=(Net(1, "SLOW"),),
            variant=True,
        ),
        Row(
            "sale-on-kept-line",
            10_00,
            ("title.sign_in", *_APPROVED),
            sale(10_00),
            parameters={"keep_line_s": 600},
            opening=True,
            variant=True,
        ),
        Row(
            "sale-tipped",
            11_00,
            ("title.tip", "title.tip_total", *_APPROVED),
            Act(sale(10_00).keys | {"title.tip": ["1"]}, "plain"),
            parameters={"shop_profile": 1},
            variant=True,
            seldom=True,
        ),
        Row("sale-reversed", 0, _REVERSAL, left=(sale(10_00), Net(1, "POWER_AFTER"))),
        Row("chip-sale", 10_00, (*_CHIP_READ, "title.approved", "slip", "slip"), chip_sale(10_00)),
        Row(
            "chip-declined",
            0,
            (*_CHIP_READ, "title.failed"),
            chip_sale(10_00, {"title.pin": keyed(111111)}),
            variant=True,
        ),
        Row(
            "chip-unanswered",
            0,
            (*_CHIP_READ, "title.unknown", "title.reversal", "title.failed"),
            chip_sale(10_00),
            given=(Net(1, "SILENT"),),
            variant=True,
        ),
        Row(
            "chip-offline", 5_00, ("title.card", "title.reading_chip", *_STORED), chip_sale(5_00, card=plastic.OFFLINE)
        ),
        Row(
            "chip-stopped",
            0,
            (*_CHIP_READ, "title.unknown", "title.reversal", "title.failed"),
            chip_sale(10_00, _STOPPED),
            given=(Net(1, "SLOW"),),
            variant=True,
        ),
        Row("chip-reversed", 0, _REVERSAL, left=(chip_sale(10_00), Net(1, "POWER_AFTER")), variant=True),
        Row(
            "chip-script-before",
            60_00,
            (*_CHIP_READ, "title.approved"),
            chip_sale(60_00, card=plastic.SCRIPTED_BEFORE),
            variant=True,
        ),
        Row(
            "chip-script-after",
            60_00,
            (*_CHIP_READ, "title.approved"),
            SCRIPTED,
            variant=True,
        ),
        Row(
            "chip-script-declined",
            0,
            (*_CHIP_READ, "title.failed"),
            chip_sale(60_00, {"title.pin": keyed(111111)}, plastic.SCRIPTED_BEFORE),
            variant=True,
        ),
        Row("tap-sale", 10_00, (*_TAPPED, "title.approved", "slip", "slip"), tap_sale(10_00)),
        Row(
            "tap-declined",
            0,
            (*_TAPPED_WITH_PIN, "title.failed"),
            tap_sale(12_00, {"title.pin": keyed(111111)}),
            variant=True,
        ),
        Row(
            "tap-unanswered",
            0,
            (*_TAPPED, "title.unknown", "title.reversal", "title.failed"),
            tap_sale(10_00),
            given=(Net(1, "SILENT"),),
            variant=True,
        ),
        Row(
            "tap-stopped",
            0,
            (*_TAPPED, "title.unknown", "title.reversal", "title.failed"),
            tap_sale(10_00, _STOPPED),
            given=(Net(1, "SLOW"),),
            variant=True,
        ),
        Row("tap-reversed", 0, _REVERSAL, left=(tap_sale(10_00), Net(1, "POWER_AFTER")), variant=True),
        Row("tap-offline", 5_00, ("title.card", "title.card_read", *_STORED), TAPPED),
        Row("tap-refused", 0, ("title.card", "title.failed"), tap_sale(10_00, card=plastic.DECLINES), variant=True),
        Row(
            "tap-visa",
            12_00,
            (*_TAPPED_WITH_PIN, "title.approved", "slip", "slip"),
            tap_sale(12_00, card=plastic.VISA),
            variant=True,
        ),
        Row(
            "tap-mastercard",
            10_00,
            (*_TAPPED, "title.approved", "slip", "slip"),
            tap_sale(10_00, card=plastic.MASTERCARD),
            variant=True,
        ),
        Row(
            "tap-torn",
            10_00,
            (*_TAPPED, "title.approved", "slip", "slip"),
            tap_sale(10_00, card=plastic.MASTERCARD),
            given=(Pull(9, Drawn.OUT),),
            variant=True,
        ),
        Row(
            "partial",
            _LEFT,
            ("title.sending", "title.partial", *_APPROVED[1:]),
            PARTLY,
            parameters=_LESS,
            beyond=frozenset(("WRONG_AMOUNT",)),  # what was approved, it is the host who says
        ),
        Row(
            "partial-given-up",
            0,
            ("title.partial", "title.unknown", "title.reversal", "title.failed"),
            replace(PARTLY, keys=PARTLY.keys | {"title.partial": ["cancel"]}),
            parameters=_LESS,
            variant=True,
        ),
        Row(
            "partial-reversed",
            0,
            _REVERSAL,
            left=(PARTLY, Net(1, "POWER_AFTER")),
            parameters=_LESS,
            variant=True,
        ),
        Row(
            "partial-voided",
            -_LEFT,
            (*_VOID, *_APPROVED),
            replace(VOID, card="thin"),
            before=(FIRST, PARTLY),
            parameters=_LESS,
            variant=True,
        ),
        Row("tip", 33, ("title.adjust_this", "title.total_of", *_APPROVED), tip(33)),
        Row("tip-queued", 33, ("title.total_of", *_STORED), tip(33), given=(Net(0, "REFUSED"),), variant=True),
        Row("adjustment", 5_50, ("title.total_of", *_APPROVED), tip(50), before=(FIRST, OFFLINE), variant=True),
        Row(
            "adjustment-refused",
            0,
            ("title.total_of", "title.failed"),
            tip(80),
            before=(FIRST, offline_sale(8_00, "stranger")),
            variant=True,
        ),
        Row("void", -3_33, (*_VOID, *_APPROVED), VOID),
        Row(
            "void-declined",
            0,
            (*_VOID, "title.sending", "title.failed.void"),
            replace(VOID, keys=VOID.keys | {"title.pin": keyed(111111)}),
            variant=True,
        ),
        Row(
            "void-unanswered",
            0,
            (*_VOID, *_TAKEN_BACK, "title.failed.void"),
            VOID,
            given=(Net(1, "SILENT"),),
            variant=True,
        ),
        Row("void-reversed", 0, _REVERSAL, left=(VOID, Net(1, "POWER_AFTER"))),
        Row("refund", -3_00, ("title.supervisor", "title.refund_this", *_APPROVED), REFUND),
        Row("refund-settled", -3_00, ("title.refund_this", *_APPROVED), REFUND, before=(FIRST, SETTLE), variant=True),
        Row("refund-queued", -3_00, ("title.refund_this", *_STORED), REFUND, given=(Net(0, "REFUSED"),), variant=True),
        Row(
            "refund-refused",
            0,
            ("title.refund", "title.sending", "title.failed.refund"),
            REFUND_FROM_SLIP,
            variant=True,
        ),
        Row("pre-auth", 0, ("title.pre_auth", *_APPROVED), HOLD, variant=True),
        Row("pre-auth-void", 0, ("title.supervisor", *_APPROVED), LET_GO, before=(FIRST, HOLD), variant=True),
        Row("completion", 8_00, ("title.completion", *_APPROVED), COMPLETE, before=(FIRST, HOLD), variant=True),
        Row("completion-advice", 8_00, _APPROVED, COMPLETED, before=(FIRST, HOLD), variant=True),
        Row("completion-void", -8_00, _APPROVED, VOID_COMPLETION, before=(FIRST, HOLD, COMPLETE), variant=True),
        Row("offline-sale", 5_00, ("title.offline_sale", "title.card", *_STORED), OFFLINE),
        Row("delivery", 12_00, (), waiting(_TOLD), before=(FIRST, OFFLINE, offline_sale(7_00))),
        Row(
            "delivery-refused",
            0,
            ("title.delivery",),
            waiting(_TOLD),
            before=(FIRST, offline_sale(8_00, "stranger")),
            variant=True,
        ),
        Row("tap-delivery", 5_00, (), waiting(_TOLD), before=(FIRST, TAPPED), variant=True),
        Row("script-delivery", 0, (), waiting(_TOLD), before=(FIRST, SCRIPTED), variant=True),
        Row("scan-sale", 10_00, ("title.scan", *_APPROVED), SCANNED),
        Row(
            "scan-keyed",
            10_00,
            _APPROVED,
            scan_sale(10_00, "", {"message.payment_code": ["1", *keyed(CODE)]}),
            variant=True,
            seldom=True,
        ),
        Row("sale-by-code", 10_00, ("title.card", *_APPROVED), Act(sale(10_00).keys, code=CODE), variant=True),
        Row(
            "scan-declined", 0, ("title.sending", "title.failed"), scan_sale(10_00, _NOBODYS), variant=True, seldom=True
        ),
        Row("scan-asked", 10_00, ("title.scan_waiting", *_APPROVED[1:]), scan_sale(10_00, ASKING)),
        Row(
            "scan-given-up",
            0,
            ("title.scan_waiting", "title.unknown", "title.reversal", "title.failed"),
            scan_sale(60_00, ASKING, _GIVEN_UP),
            variant=True,
        ),
        Row("scan-silent", 10_00, _APPROVED, SCANNED, given=(Net(1, "SILENT"),), variant=True, seldom=True),
        Row(
            "scan-lost", 0, (*_TAKEN_BACK, "title.failed"), SCANNED, given=(Net(1, "LOST"),), variant=True, seldom=True
        ),
        Row("scan-reversed", 0, _REVERSAL, left=(SCANNED, Net(1, "POWER_AFTER")), variant=True, seldom=True),
        Row("scan-void", -10_00, ("title.supervisor", "title.void_this", *_APPROVED), SCAN_VOID, before=(SCANNED,)),
        Row(
            "scan-void-reversed",
            0,
            _REVERSAL,
            before=(SCANNED,),
            left=(SCAN_VOID, Net(1, "POWER_AFTER")),
            variant=True,
            seldom=True,
        ),
        Row("scan-refund", -3_00, ("title.refund_this", *_APPROVED), SCAN_REFUND, before=(SCANNED,), variant=True),
        Row(
            "scan-refund-queued",
            -3_00,
            ("title.refund_this", *_STORED),
            SCAN_REFUND,
            before=(SCANNED,),
            given=(Net(0, "REFUSED"),),
            variant=True,
            seldom=True,
        ),
        Row("merchant-code", 10_00, ("title.scan_waiting", *_APPROVED[1:]), merchant_code(10_00), variant=True),
        Row(
            "merchant-code-given-up",
            0,
            ("title.scan_waiting", "title.unknown", "title.reversal", "title.failed"),
            merchant_code(60_00, _GIVEN_UP),
            variant=True,
            seldom=True,
        ),
        Row("settlement", 0, ("title.settlement", "title.settle_this", "slip"), SETTLE),
        Row("settlement-queued", 5_00, ("title.settle_this", "slip"), SETTLE, before=(FIRST, OFFLINE), variant=True),
        Row("settlement-unanswered", 0, ("title.settle_this",), SETTLE, given=(Net(2, "SILENT"),), variant=True),
        Row("settlement-again", 0, _SIGN_IN, left=(SETTLE, Net(2, "POWER_AFTER"))),
        Row("next-batch", 0, _SIGN_IN, left=(SETTLE, Net(3, "POWER_AFTER"))),
        Row("sign-off", 5_00, ("title.sign_off", "title.login"), chosen("management", "sign_off"), before=(OFFLINE,)),
        Row("batch-altered", 0, _SIGN_IN, scenes=("plain", "spread"), altered=Altered.BATCH),
        Row("journal-altered", 0, _SIGN_IN, finish=(waiting(_CHECKED),), scenes=("turning",), altered=Altered.ALL),
    )
}
