"""Every card of the population at the counter, put in and held to the reader: what comes of each, and whether the host
believes its cryptogram."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from host_tools.acquirer.chip_tables import chip_tables
from host_tools.bench.lockstep import BenchError
from host_tools.bench.shop import OPENING, Shop
from host_tools.cards.minting import Mint
from host_tools.emv import story
from host_tools.emv.decode import plain
from host_tools.emv.story import BAD
from host_tools.emv.tale import last_tvr, tell
from host_tools.emv.trace import CONTACT, CONTACTLESS
from host_tools.emv.transaction import transactions
from host_tools.keys.authority import Authority

if TYPE_CHECKING:
    from typing import TextIO

    from host_tools.acquirer.asked import Asked
    from host_tools.bench.parts.field import Card
    from host_tools.cards.issuer import Verdict
    from host_tools.emv.transaction import Transaction

PARAMETERS: Final = Path(__file__).with_name("emv.yaml")
SMALL: Final = 12_34  # fen
LARGE: Final = 1_234_56  # above what needs no PIN: taps say how their holder is to be verified

_IDLE: Final = "请输入金额"
_MOST: Final = 400  # looks at the screen in one sale
_UPLOAD_S: Final = 60
_PRINTING_S: Final = 2
_LOOK_S: Final = 0.25
_STANDS: Final = 12  # looks after which words that nobody waits for are confirmed
_ASKS: Final = {"请拔卡": "card", "请移开": "card", "请选择应用": "choice", "重新挥卡": "again", "撕单": "confirm"}
_READ: Final = (
    "请移开",
    "正在联网",
    "请输入密码",
    "交易成功",
    "已受理",
    "失败",
    "待确认",
)  # a tapped card is done with
_METHODS: Final = {
    0x00: "failed", 0x01: "PIN", 0x02: "online PIN", 0x03: "PIN, sign", 0x04: "enc. PIN", 0x05: "enc. PIN, sign",
    0x1E: "sign", 0x1F: "none",
}  # fmt: skip
_KINDS: Final = {0x80: "ARQC", 0x40: "TC", 0x00: "AAC"}
_MASTERCARD: Final = "A000000004"
_INFORMATION: Final = 0x9F27
_ON_DEVICE: Final = 0x01  # 9F34 of a tap (C-2): the only PIN that a device can have seen


class NoReader(BenchError):
    """The terminal does not ask for a tap."""


@dataclass(frozen=True)
class Row:
    """`ms` is the time from the card in the slot or the field to its last word, without what the cardholder takes.
    `cryptogram` is the kind that the host has been shown, `genuine` its word on it: None where it was not asked."""

    card: str
    interface: str
    oda: str
    cvm: str
    outcome: str
    mood: str
    f39: str
    tvr: str
    ms: int
    cryptogram: str
    genuine: bool | None


class Counter:
    """A terminal that takes everything, the whole population as its customers, and an ear at slot and antenna."""

    def __init__(self, shop: Shop, mint: Mint, trace: TextIO) -> None:
        self.shop = shop
        self.mint = mint
        self._trace = trace
        self._verdicts: list[Verdict] = []
        self._tables: list[dict[str, Any]] = []
        self._antenna: Card | None = None
        for judge in ("heard", "proved"):
            setattr(shop.chips, judge, self._noting(getattr(shop.chips, judge)))
        shop.record_apdus(trace)
        self._tables = self._heard_since(0)[1:]

    def interfaces(self, name: str) -> list[str]:
        tapped = any(application.tap for application in self.mint.population.cards[name].applications)
        return [CONTACT, CONTACTLESS] if tapped else [CONTACT]

    def sell(self, name: str, interface: str) -> Row:
        """A sale to this card, from one idle screen to the next. BenchError where there is no next one."""
        bench = self.shop.bench
        self._verdicts.clear()
        at = self._trace.tell()
        bench.parts.printer.load_paper()  # a roll does not last for everybody
        bench.expect(_IDLE)
        bench.type(str(self._amount(name, interface)))
        bench.press("enter")
        bench.expect("请刷卡")
        if interface == CONTACTLESS and not bench.shows("挥卡"):
            bench.press("cancel")
            raise NoReader("the terminal does not ask for a tap")
        begun = bench.now()
        if interface == CONTACT:
            self.shop.insert(name)
        else:
            self._antenna = self.shop.tap(name)
        keyed = self._attend(name)
        if bench.shows("未上送"):
            bench.until(lambda: not bench.shows("未上送"), "upload", _UPLOAD_S)
        heard = self._heard_since(at)
        last = max((row["at"] for row in heard if "command" in row), default=None)
        ended = datetime.fromisoformat(last) if last else begun
        took = ended - begun - sum((end - start for start, end in keyed if end <= ended), timedelta())
        ms = round(took.total_seconds() * 1000)
        found = transactions(self._tables + heard)
        return self._row(name, interface, found[-1] if found else None, ms)

    def _noting(self, judge: Callable[[Asked], Verdict]) -> Callable[[Asked], Verdict]:
        def noted(asked: Asked) -> Verdict:
            verdict = judge(asked)
            self._verdicts.append(verdict)
            return verdict

        return noted

    def _amount(self, name: str, interface: str) -> int:
        """A card that may say yes by itself is asked for little."""
        small = interface == CONTACT or self.mint.population.cards[name].applications[0].tap == "offline"
        return SMALL if small else LARGE

    def _attend(self, name: str) -> list[tuple[datetime, datetime]]:
        """Do what the terminal asks for until it is idle; from when to when a person was busy."""
        bench = self.shop.bench
        busy: list[tuple[datetime, datetime]] = []
        before: list[str] = []
        answered, stood = "", 0
        for _ in range(_MOST):
            screen = bench.screen()
            stood = stood + 1 if screen == before else 0
            before = screen
            if bench.shows(_IDLE):
                self._take()
                return busy
            asked = self._asked(stood)
            if asked != answered or stood > _STANDS:
                begun, stood = bench.now() - timedelta(seconds=stood * _LOOK_S), 0
                self._do(asked, name)
                busy.append((begun, bench.now()))
                answered = asked
            bench.run(_PRINTING_S if bench.shows("打印") else _LOOK_S)
        says = "\n".join(f"    |{line}" for line in bench.screen())
        raise BenchError(f"the sale to {name} does not end; the screen says:\n{says}")

    def _asked(self, stood: int) -> str:
        """What the screen wants of somebody; nothing while it is busy."""
        bench = self.shop.bench
        if bench.shows("请输入密码"):
            return "PIN" if bench.shows("输完按确认") else "confirm"
        for words, what in _ASKS.items():
            if bench.shows(words):
                return what
        busy = any("正在" in line for line in bench.screen()) or (bench.shows("请刷卡") and stood <= _STANDS)
        return "" if busy or stood <= _STANDS else "cancel" if bench.shows("请刷卡") else "confirm"

    def _do(self, asked: str, name: str) -> None:
        bench, field = self.shop.bench, self.shop.bench.parts.field
        if self._antenna and any(bench.shows(words) for words in _READ):
            field.take()
        match asked:
            case "card":
                self._take()
            case "choice":
                bench.press("1")
            case "PIN":
                bench.type(self.mint.population.cards[name].pin)
                bench.press("enter")
            case "again" if self._antenna:
                field.take()
                bench.run(1)
                field.put(self._antenna)
            case "confirm":
                bench.press("enter")
            case "cancel":  # another way to pay is what is left
                self._take()
                bench.press("cancel")

    def _take(self) -> None:
        self._antenna = None
        self.shop.bench.parts.chip_slot.pull()
        self.shop.bench.parts.field.take()

    def _heard_since(self, at: int) -> list[dict[str, Any]]:
        self._trace.seek(at)
        return [json.loads(line) for line in self._trace.read().splitlines()]

    def _row(self, name: str, interface: str, t: Transaction | None, ms: int) -> Row:
        shown = self._verdicts[-1] if self._verdicts else None
        kind = _KINDS.get(shown.kind, "") if shown else ""
        genuine = shown.genuine if shown else None
        if t is None:
            return Row(name, interface, "", "", "never asked", BAD, "", "", ms, kind, genuine)
        tale = tell(t)
        f39 = next((message.code for message in t.messages if message.code), "")
        tvr = last_tvr(t).hex().upper() if t.generated or t.terminal.get(0x95) else ""
        return Row(
            name,
            interface,
            _authentication(t),
            _verification(t),
            _ending(t, tale.outcome),
            tale.mood,
            f39,
            tvr,
            ms,
            kind,
            genuine,
        )


def everybody(trace: Path, told: Callable[[str, str], None], names: Sequence[str] = ()) -> Iterator[Row]:
    """A row for each card and each way to present it; all cards unless they are named. `told` hears who is next.

    What cards have heard and said is in the file `trace` afterwards.
    """
    with _opened(trace) as counter:
        for name in names or counter.mint.population.cards:
            for interface in counter.interfaces(name):
                told(name, interface)
                try:
                    yield counter.sell(name, interface)
                except NoReader:
                    continue


@contextmanager
def _opened(trace: Path) -> Iterator[Counter]:
    with TemporaryDirectory() as scratch:
        mint = Mint(Authority(Path(scratch) / "authority").make(OPENING.date()))
        with Shop(Path(scratch), mint=mint) as shop, trace.open("w+", encoding="utf-8") as file:
            shop.tables = chip_tables(mint.ca_keys, mint.population.revoked, PARAMETERS)
            shop.acquirer.downloads.renew(shop.tables)  # which the terminal fetches when it signs in
            counter = Counter(shop, mint, file)
            shop.open()
            shop.bench.expect("下载完成")
            yield counter


def _ending(t: Transaction, outcome: str) -> str:
    """As short as a table wants it."""
    last = t.steps[-1]
    if t.generated or t.card.get(_INFORMATION):
        short = re.split("[,:;]", outcome)[0]
        return short.replace("approved offline by the card", "approved offline").replace("declined offline", "declined")
    return f"not taken ({last.status:04X})" if not last.good else "not taken"


def _authentication(t: Transaction) -> str:
    """How the card proved itself, and whether it could."""
    if not t.contact and not t.card.get(0x84, "").startswith(_MASTERCARD):
        return "fDDA" if t.card.get(0x9F4B) else ""
    tvr = last_tvr(t)
    method = story.authenticated_by(t, tvr)
    return f"{method} ✗" if method and any(story.has(tvr, bit) for bit in (0x0040, 0x0008, 0x0004)) else method


def _verification(t: Transaction) -> str:
    results = t.value(0x9F34)
    if len(results) == 3 and not t.contact and results[0] == _ON_DEVICE:
        return "device"
    if len(results) == 3:
        method = _METHODS.get(results[0] & 0x3F, "none")
        return f"{method} ✗" if results[2] == 1 and results[0] & 0x3F else method
    if not t.contact and t.card.get(_INFORMATION):
        wanted = plain(t.card.get(0x9F6C, "")) or bytes(2)
        if wanted[1] & 0x80:
            return "device"
        return "online PIN" if wanted[0] & 0x80 else "sign" if wanted[0] & 0x40 else "none"
    return "online PIN" if story.has(last_tvr(t), 0x0204) else ""
