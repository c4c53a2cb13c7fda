"""A trace as a file: gzip over JSON lines, one start, then what came from outside and what went out, one end.

    {"line": "start", "format": "suanpan-trace", "version": 2, "seed": 7, ...}
    {"line": "event", "at": 1000000, "turn": 0, "do": "power_on"}
    {"line": "connection", "address": "acquirer.test:9000", "refused": false, "answers": [[1, [[100000, "0062..."]]]]}
    {"line": "message" | "screen" | "slip" | "died", "at": ..., ...}
    {"line": "end", "at": ..., "turn": ..., "wires": {...}, "flash": "..."}
    {"line": "sum", "lines": 412, "sha256": "..."}

Times are microseconds of virtual time. The last line counts the lines before it and has the SHA-256 of their bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from host_tools.replay import masking
from host_tools.replay.errors import DamagedTrace, NotATrace, WrongVersion

if TYPE_CHECKING:
    from pathlib import Path

FORMAT: Final = "suanpan-trace"
VERSION: Final = 2
_MOST: Final = 256 << 20  # bytes of a trace, unpacked


@dataclass
class Start:
    """What the terminal was made of. `sectors` are those that somebody altered since (address: hexadecimal)."""

    seed: int
    suite: str
    language: str
    pins: str  # the name of the board's table
    heap: int  # bytes
    opened: str  # the calendar at power-on, ISO 8601
    flash: str = ""  # SHA-256 of the image at the first power-on
    sectors: dict[str, str] = field(default_factory=dict)
    exact: bool = True  # whether what is masked can be put back: only cards of the fixture
    terminal: dict[str, Any] = field(default_factory=dict)  # a real one's, as it began to tell (told.py)


@dataclass
class Event:
    """Something from outside, at a time, after so many waits of the firmware at that time."""

    at: int
    turn: int
    do: str
    what: dict[str, Any] = field(default_factory=dict)


@dataclass
class Link:
    """A connection: `answers` are (frames that had come by then, [(delay in us, masked hexadecimal or None)])."""

    address: str
    refused: bool
    at: int
    answers: list[tuple[int, list[tuple[int, str | None]]]] = field(default_factory=list)


@dataclass
class Message:
    """A frame that the terminal sent: fields as [number, name, masked value], `card` of the fixture, PIN as offsets.

    `chip` is F55 of such a card in hexadecimal: no number is in it.
    """

    at: int
    connection: int
    mti: str
    name: str
    fields: list[tuple[int, str, str]]
    card: str = ""
    pin: str = ""
    chip: str = ""
    reply: dict[int, str] = field(default_factory=dict)  # harmless fields of what the host said to it


@dataclass
class Screen:
    """`digest` is of the pixels."""

    at: int
    digest: str
    lines: list[str]


@dataclass
class Slip:
    at: int
    text: str


@dataclass
class End:
    """`wires`: by name, digests of the bytes, and of the bytes with their times."""

    at: int
    turn: int
    wires: dict[str, tuple[str, str]]
    flash: str
    died: str = ""  # what the firmware said when it stopped by itself


@dataclass
class Trace:
    start: Start
    events: list[Event]
    links: list[Link]
    messages: list[Message]
    screens: list[Screen]
    slips: list[Slip]
    end: End


_KINDS: Final[dict[str, type]] = {
    "event": Event,
    "connection": Link,
    "message": Message,
    "screen": Screen,
    "slip": Slip,
}


def dump(trace: Trace) -> bytes:
    """The file. The same trace gives the same bytes. Raises Unmasked rather than put a card number there."""
    lists = (trace.events, trace.links, trace.messages, trace.screens, trace.slips)
    names = {kind: name for name, kind in _KINDS.items()}
    lines = [{"line": "start", "format": FORMAT, "version": VERSION, **asdict(trace.start)}]
    lines += [{"line": names[type(row)], **asdict(row)} for rows in lists for row in rows]
    lines.append({"line": "end", **asdict(trace.end)})
    body = b"".join(_line(line) for line in lines)
    masking.guard(body)
    return gzip.compress(body + _line(_sum(len(lines), body)), mtime=0)


def load(data: bytes) -> Trace:
    """Raises NotATrace, WrongVersion, DamagedTrace."""
    if data[:2] != b"\x1f\x8b":
        raise NotATrace("not a gzip file")
    try:
        unpacker = zlib.decompressobj(wbits=31)
        text = unpacker.decompress(data, _MOST)
    except zlib.error:
        raise DamagedTrace("cannot be unpacked") from None
    if not unpacker.eof:
        raise DamagedTrace("cut off, or larger than a trace may be")
    body = text[: text[:-1].rfind(b"\n") + 1]
    rows = [_parsed(number, line) for number, line in enumerate(text.splitlines(), 1)]
    if not rows or rows[0].pop("line", None) != "start" or rows[0].pop("format", None) != FORMAT:
        raise NotATrace(f"does not begin as a {FORMAT}")
    if (version := rows[0].pop("version", None)) != VERSION:
        raise WrongVersion(f"version {version!r}, and this reader knows {VERSION}")
    if rows[-1] != _sum(len(rows) - 1, body):
        raise DamagedTrace("is not what was written: the last line has another sum")
    if rows[-2].pop("line", None) != "end":
        raise DamagedTrace("has no end")
    found: dict[str, list[Any]] = {name: [] for name in _KINDS}
    for number, row in enumerate(rows[1:-2], 2):
        name = row.pop("line", None)
        if name not in _KINDS:
            raise DamagedTrace(f"line {number}: no such line")
        found[name].append(_made(_KINDS[name], row, number))
    for message in found["message"]:
        message.reply = {int(name): value for name, value in message.reply.items()}
    start, last = _made(Start, rows[0], 1), _made(End, rows[-2], len(rows) - 1)
    events, links, messages, screens, slips = (found[name] for name in _KINDS)
    return Trace(start, events, links, messages, screens, slips, last)


def read(path: Path) -> Trace:
    """Raises TraceError; OSError."""
    return load(path.read_bytes())


def _sum(lines: int, body: bytes) -> dict[str, Any]:
    return {"line": "sum", "lines": lines, "sha256": hashlib.sha256(body).hexdigest()}


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _parsed(number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        raise (NotATrace("not JSON lines") if number == 1 else DamagedTrace(f"line {number}: not JSON")) from None
    if not isinstance(row, dict):
        raise DamagedTrace(f"line {number}: not an object")
    return row


def _made(kind: type, row: dict[str, Any], number: int) -> Any:
    try:
        return kind(**row)
    except TypeError:
        raise DamagedTrace(f"line {number}: not the fields of its kind") from None
