"""What a real terminal tells over its service line, and the trace that it makes. Frames are those of keys/framing.py.

The letters, and what their text has, are those of firmware/suanpan/service/tracing.py. A terminal knows no card that
everybody knows and has masked all that it told: so the trace is not exact, and has words where a bench has pixels.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from host_tools.acquirer import spec, trace
from host_tools.bench.network import ROUND_TRIP_US
from host_tools.bench.process import HEAP, PINS, PINS_ST7789
from host_tools.flash.factory import FACTORY_PASSWORD
from host_tools.keys.framing import FrameReader
from host_tools.micropython.port import heap_ceiling
from host_tools.replay import masking
from host_tools.replay.errors import DamagedTrace
from host_tools.replay.trace import End, Event, Link, Message, Screen, Slip, Start, Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from host_tools.keys.injection import Port

KIND: Final = 0x30
_HEAD: Final = 7  # number u16, ms u32, letter
_PIECE: Final = 512  # bytes
_LARGE_ROWS: Final = 8  # of the ST7789
_KEY_DOWN_US: Final = 60_000
_SWIPE_US: Final = 250_000  # on the reader's line, at 9,600 baud: the terminal tells when it has all of it
_NEW_PASSWORD: Final = "7294"  # where one is changed: what it is nobody tells
_NEW_PROMPTS: Final = ("新密码", "再输一遍", "New password", "Once more")
_CHANGED: Final = ("密码已修改", "Password changed")
_ENTRY: Final = re.compile(r"(\d*)[*_]+")  # a row that is filled in
_EPOCH: Final = datetime(2026, 1, 1)
_ADDRESS: Final = "acquirer"
_NO_NETWORK: Final = "A01"
_KIND_OF: Final = 60
_OF_A_CARD: Final = {2, 35}
_AS_BYTES: Final = (63,)  # fields that are bytes to the terminal and text to the host


@dataclass(frozen=True)
class Row:
    """`at` in ms since the terminal began to tell."""

    at: int
    letter: str
    text: str


class Ear:
    """Puts rows together out of the bytes of a line.

    `over` says why there will be no more: the terminal has ended it, has been switched off and begun anew, or a row was
    lost on the line. What came before that is good. Raises DamagedTrace where the beginning was missed.
    """

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.over = ""
        self._frames = FrameReader()
        self._expected = 0

    def feed(self, data: bytes) -> None:
        for kind, body in self._frames.feed(data):
            if kind != KIND or self.over:
                continue
            number, at = int.from_bytes(body[:2], "big"), int.from_bytes(body[2 : _HEAD - 1], "big")
            letter, text = chr(body[_HEAD - 1]), body[_HEAD:].decode()
            if letter != "B" and not self.rows:
                raise DamagedTrace("the terminal had begun already")
            if letter == "B" and self.rows:
                self.over = "the terminal was switched off"
            elif number != self._expected:
                self.over = f"row {self._expected} was lost on the line"
            elif letter == "+":
                last = self.rows.pop()
                self.rows.append(Row(last.at, last.letter, last.text + text))
            else:
                self.rows.append(Row(at, letter, text))
                self.over = "the terminal has ended it" if letter == "Z" else ""
            self._expected = (number + 1) & 0xFFFF


def hear(port: Port, ear: Ear, told: Callable[[int], None] = lambda rows: None) -> None:
    """Until it is over; it may be long until a terminal begins. Raises DamagedTrace."""
    while not ear.over:
        ear.feed(port.read(_PIECE))
        told(len(ear.rows))


def trace_of(rows: Iterable[Row]) -> Trace:
    """Raises DamagedTrace for rows that no terminal tells."""
    told = list(rows)
    if not told:
        raise DamagedTrace("nothing was told")
    try:
        return _Teller(told).trace()
    except (KeyError, ValueError, TypeError, IndexError):
        raise DamagedTrace("says what no terminal tells") from None


class _Teller:
    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows
        self._events: list[Event] = []
        self._links: list[Link] = []
        self._messages: list[Message] = []
        self._screens: list[Screen] = []
        self._slips: list[Slip] = []
        self._paper: list[str] = []
        self._card = ""
        self._hidden = 0  # digits that were keyed unseen, in a row
        self._words: list[str] = []
        self._changed = False  # the operator's password, by this trace

    def trace(self) -> Trace:
        beginning = json.loads(self._rows[0].text)
        for place, row in enumerate(self._rows):
            if hear := getattr(self, f"_{row.letter}", None):
                hear(row, place)
        parameters = beginning["parameters"]
        start = Start(
            seed=0,
            suite=parameters["suite"],
            language=parameters["language"],
            pins=(PINS_ST7789 if beginning["rows"] >= _LARGE_ROWS else PINS).name,
            heap=int(heap_ceiling(HEAP)),
            opened=datetime.strptime(beginning["clock"], "%y%m%d%H%M%S").isoformat(),
            exact=False,
            terminal=beginning,
        )
        last = self._rows[-1].at * 1000
        end = End(last, 0, {}, "")
        self._events.sort(key=lambda event: event.at)
        return Trace(start, self._events, self._links, self._messages, self._screens, self._slips, end)

    # -- rows, by their letters --

    def _K(self, row: Row, place: int) -> None:  # noqa: N802
        key: Any = row.text
        if key == "*":
            key = self._unseen(place)
            self._hidden += 1
        else:
            self._hidden = 0
        self._events.append(Event(row.at * 1000, 0, "keypad.press", {"key": key}))
        self._events.append(Event(row.at * 1000 + _KEY_DOWN_US, 0, "keypad.release", {"key": key}))

    def _unseen(self, place: int) -> Any:
        """A digit that is seen on the next screen all the same, or one of the PIN's, or of a password's."""
        following = next((row.text.split("\n") for row in self._rows[place:] if row.letter == "W"), [])
        for line in following:
            if (field := _ENTRY.fullmatch(line)) and field[1]:
                return field[1][-1]
        if not any(prompt in line for line in self._words for prompt in masking.PIN_PROMPTS):
            new = any(line.startswith(_NEW_PROMPTS) for line in self._words[1:])
            password = _NEW_PASSWORD if new or self._changed else FACTORY_PASSWORD
            return password[self._hidden % len(password)]
        return [self._card, self._hidden, 0] if self._card else "0"

    def _last_key_us(self) -> int:
        return max((event.at for event in self._events if event.do == "keypad.press"), default=0)

    def _C(self, row: Row, place: int) -> None:  # noqa: N802
        number, _, rest = row.text.partition("=")
        known, _, first_track = rest.partition(" ")
        told: dict[str, Any] = {"track2": None}
        if rest:
            card = next((one for one in masking.fixture().cards.values() if _looks_like(one.pan, number)), None)
            told = {"card": card.name} if card else masking.stripe(f"{number.replace('*', '0')}={known}")
        self._card = told.get("card", "")
        what = told | {"only2": not first_track, "given": [], "named": {}}
        began = max(self._last_key_us() + 1, row.at * 1000 - _SWIPE_US)
        self._events.append(Event(began, 0, "swipe_reader.swipe", what))

    def _W(self, row: Row, place: int) -> None:  # noqa: N802
        lines = [line for line in row.text.split("\n") if line]
        self._words = lines
        self._changed |= any(line in _CHANGED for line in lines)
        digest = hashlib.sha256(row.text.encode()).hexdigest()[:16]
        self._screens.append(Screen(row.at * 1000, digest, lines))

    def _Q(self, row: Row, place: int) -> None:  # noqa: N802
        at = row.at * 1000
        if row.text == _NO_NETWORK:
            self._events.append(Event(self._last_key_us() + 1, 0, "network", {"up": False}))
            self._events.append(Event(at + 1, 0, "network", {"up": True}))
        else:
            self._links.append(Link(_ADDRESS, bool(row.text), at))

    def _M(self, row: Row, place: int) -> None:  # noqa: N802
        mti, values = _fields(row.text)
        kind = {number: value for number, value in values.items() if number == _KIND_OF}
        name = trace.record(_EPOCH, "in", spec.Message(mti, kind, b"", b"")).name
        fields = [
            (number, f"{spec.FIELDS[number].chinese} {spec.FIELDS[number].english}", value)
            for number, value in sorted(values.items())
        ]
        card = self._card if _OF_A_CARD & values.keys() else ""
        self._messages.append(Message(row.at * 1000, len(self._links) - 1, mti, name, fields, card))

    def _R(self, row: Row, place: int) -> None:  # noqa: N802
        """The answer to the last message; or the line is gone."""
        asked, link = self._messages[-1], self._links[-1]
        if row.text:
            asked.reply = _fields(row.text)[1]
        delay = max(0, row.at * 1000 - asked.at - ROUND_TRIP_US)  # the bench's network takes its own time
        link.answers.append((len(self._messages), [(delay, "" if row.text else None)]))

    def _P(self, row: Row, place: int) -> None:  # noqa: N802
        self._paper.append(bytes.fromhex(row.text).decode("gb18030", "replace"))

    def _X(self, row: Row, place: int) -> None:  # noqa: N802
        self._slips.append(Slip(row.at * 1000, masking.text("\n".join(self._paper))))
        self._paper = []


def _fields(text: str) -> tuple[str, dict[int, str]]:
    mti, *lines = text.split("\n")
    values = {int(number): value for number, _, value in (line.partition("=") for line in lines)}
    for number in _AS_BYTES:
        if number in values and not values[number].startswith("("):
            values[number] = bytes.fromhex(values[number]).decode("latin-1")
    return mti, values


def _looks_like(pan: str, masked: str) -> bool:
    return len(pan) == len(masked) and (pan[:6], pan[-4:]) == (masked[:6], masked[-4:])
