"""Application selection (EMV 4.3 Book 1, 12): which of the card's applications are ours too, and which is used."""

from micropython import const

from suanpan.codec.tlv import Reader
from suanpan.emv import commands
from suanpan.emv.commands import FIRST, NEXT, OK
from suanpan.errors.emv import CardBlocked, NoApplication, Terminated, TlvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.application import Application
    from suanpan.emv.commands import Card
    from suanpan.emv.transaction import Cardholder

_PSE = b"1PAY.SYS.DDF01"

_NOT_SUPPORTED = const(0x6A81)  # or the card is blocked
_NO_RECORD = const(0x6A83)
_INVALIDATED = const(0x6283)

_FCI = const(0x6F)
_DF_NAME = const(0x84)
_PROPRIETARY = const(0xA5)
_SFI = const(0x88)
_RECORD = const(0x70)
_ENTRY = const(0x61)
_ADF_NAME = const(0x4F)
_LABEL = const(0x50)
_PREFERRED_NAME = const(0x9F12)
_CODE_TABLE = const(0x9F11)
_PRIORITY = const(0x87)
_LAST_DIRECTORY = const(10)  # SFI
_MOST_RECORDS = const(16)  # of a directory, or of names that begin alike; more are a card that never ends
_MOST_CANDIDATES = const(32)


class Candidate:
    """An application that both sides have."""

    def __init__(self, name: bytes, ours: "Application") -> None:
        self.name = name  # DF name, 5 to 16 bytes: AID and perhaps more
        self.ours = ours
        self.label = ""
        self.priority = 0
        self.blocked = False

    @property
    def asks(self) -> bool:
        """Whether the cardholder must agree to it."""
        return bool(self.priority & 0x80)

    @property
    def rank(self) -> int:
        """1 comes first; the card has no opinion on those of 16."""
        return self.priority & 0x0F or 16


async def candidates(card: "Card", applications: "list[Application]") -> "list[Candidate]":
    """Those of the card's directory, or, where that says nothing useful, of our own list; best first.

    Raises CardBlocked and NoApplication.
    """
    found = await _of_directory(card, applications)
    if not found:
        found = await _of_list(card, applications)
    if not found:
        raise NoApplication
    # Where the card has no preference, the order is that in which they were met. MicroPython's sort is not stable.
    return [found[at] for _, at in sorted((candidate.rank, at) for at, candidate in enumerate(found))]


async def choose(found: "list[Candidate]", cardholder: "Cardholder", ask: bool) -> Candidate:
    """Book 1, 12.4: the only one, unless the card, or what went before (`ask`), wants it confirmed; else the
    cardholder's choice. Terminated if that is none of them."""
    if len(found) == 1 and not found[0].asks and not ask:
        return found[0]
    at = await cardholder.choose([candidate.label or candidate.name.hex() for candidate in found])
    if not 0 <= at < len(found):
        raise Terminated
    return found[at]


async def select(card: "Card", chosen: Candidate) -> "bytes | None":
    """Final selection (12.4): the application's FCI, None where the card will not have it after all, as `chosen` then
    knows if it is blocked."""
    data, sw = await commands.select(card, chosen.name)
    if sw != OK:
        chosen.blocked = sw == _INVALIDATED
        return None
    fci = bytes(data)
    try:
        name, proprietary = _control_information(fci)
    except (TlvError, Terminated):
        return None
    return fci[proprietary[0] : proprietary[1]] if name == chosen.name else None


async def _of_directory(card: "Card", applications: "list[Application]") -> "list[Candidate]":
    """12.3.2. A directory that is not there, is blocked or makes no sense is passed over."""
    data, sw = await commands.select(card, _PSE)
    if sw == _NOT_SUPPORTED:
        raise CardBlocked
    if sw != OK:
        return []
    try:
        fci = bytes(data)
        _, (start, end) = _control_information(fci)
        sfi = _directory(fci[start:end])
        found: "list[Candidate]" = []
        for record in range(1, _MOST_RECORDS + 1):
            data, sw = await commands.read_record(card, sfi, record)
            if sw == _NO_RECORD:
                break
            if sw != OK:
                return []
            _take_entries(data, applications, found)
        return found
    except (TlvError, Terminated):
        return []


def _directory(proprietary: bytes) -> int:
    reader = Reader(proprietary)
    while reader.next():
        if reader.tag == _SFI and reader.end - reader.start == 1:
            sfi = proprietary[reader.start]
            if 1 <= sfi <= _LAST_DIRECTORY:
                return sfi
    raise Terminated


def _take_entries(
    record: "bytearray | memoryview", applications: "list[Application]", found: "list[Candidate]"
) -> None:
    reader = Reader(record)
    if not reader.next() or reader.tag != _RECORD:
        raise Terminated
    reader.enter()
    while reader.next():
        if reader.tag == _ENTRY:
            reader.enter()
            entry: "dict[int, bytes]" = {}
            while reader.next():
                entry[reader.tag] = reader.value()
            reader.leave()
            _take(entry.get(_ADF_NAME, b""), entry, applications, found)


def _take(name: bytes, entry: "dict[int, bytes]", applications: "list[Application]", found: "list[Candidate]") -> None:
    """A name that two of our AIDs match belongs to the longer one."""
    best: "Application | None" = None
    for ours in applications:
        if ours.matches(name) and (best is None or len(ours.aid) > len(best.aid)):
            best = ours
    if best is None or len(name) > 16 or len(found) == _MOST_CANDIDATES or any(known.name == name for known in found):
        return
    candidate = Candidate(name, best)
    candidate.label = _label(entry)
    priority = entry.get(_PRIORITY, b"")
    candidate.priority = priority[0] if len(priority) == 1 else 0
    found.append(candidate)


async def _of_list(card: "Card", applications: "list[Application]") -> "list[Candidate]":
    """12.3.3: each of our AIDs is asked for, and where its beginning will do, what else begins so."""
    found: "list[Candidate]" = []
    blocked = False
    for number, ours in enumerate(applications):
        which = FIRST
        for _ in range(_MOST_RECORDS):
            data, sw = await commands.select(card, ours.aid, which)
            if sw == _NOT_SUPPORTED and number == 0 and which == FIRST:
                raise CardBlocked
            if sw not in (OK, _INVALIDATED):
                break
            fci = bytes(data)
            try:
                name, (start, end) = _control_information(fci)
                entry = _values(fci[start:end])
            except (TlvError, Terminated):
                break
            if not ours.matches(name):
                break
            if sw == OK:
                _take(name, entry, applications, found)
            else:
                blocked = True
            if name == ours.aid:
                break
            which = NEXT
    if blocked and not found:
        raise CardBlocked
    return found


def _control_information(fci: bytes) -> "tuple[bytes, tuple[int, int]]":
    """The DF name, and where the proprietary template of an FCI begins and ends (Book 1, 11.3.4)."""
    reader = Reader(fci)
    if not reader.next() or reader.tag != _FCI:
        raise Terminated
    reader.enter()
    name = b""
    proprietary = (0, 0)
    while reader.next():
        if reader.tag == _DF_NAME:
            name = reader.value()
        elif reader.tag == _PROPRIETARY:
            proprietary = (reader.start, reader.end)
    if not 5 <= len(name) <= 16 or not proprietary[0]:
        raise Terminated
    return name, proprietary


def _values(proprietary: bytes) -> "dict[int, bytes]":
    values: "dict[int, bytes]" = {}
    reader = Reader(proprietary)
    while reader.next():
        values[reader.tag] = reader.value()
    return values


def _label(entry: "dict[int, bytes]") -> str:
    """What the cardholder knows it by: the preferred name where we have its alphabet, else the label (Book 4, 11.3)."""
    preferred = entry.get(_PREFERRED_NAME)
    latin = entry.get(_CODE_TABLE) == b"\x01"
    text = preferred if preferred and latin else entry.get(_LABEL, b"")
    return "".join(chr(c) for c in text if 0x20 <= c < 0x7F).strip()
