"""Combination selection (EMV Contactless Book B, 3.3): which application of the card is used, and with which kernel.

Only the card's directory of contactless applications (PPSE) counts; a card without one cannot pay over the air.
"""

from micropython import const

from suanpan.codec.tlv import Reader, find
from suanpan.emv.commands import OK, select
from suanpan.emv.preprocessing import Candidate
from suanpan.errors.emv import TlvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.commands import Card
    from suanpan.emv.preprocessing import Prepared

_PPSE = b"2PAY.SYS.DDF01"
_FCI = const(0x6F)
_DF_NAME = const(0x84)
_PROPRIETARY = const(0xA5)
_DISCRETIONARY = const(0xBF0C)
_ENTRY = const(0x61)
_ADF_NAME = const(0x4F)
_PRIORITY = const(0x87)
_KERNEL = const(0x9F2A)
_EXTENDED = const(0x9F29)
_LAST = const(16)  # behind every priority there is
_LONGEST_NAME = const(16)
_MOST_CANDIDATES = const(16)

# Kernels of cards that do not name one (table 3-6), by the scheme's RID.
_DEFAULT_KERNELS = {
    b"\xa0\x00\x00\x00\x04": 2,
    b"\xa0\x00\x00\x00\x03": 3,
    b"\xa0\x00\x00\x00\x25": 4,
    b"\xa0\x00\x00\x00\x65": 5,
    b"\xa0\x00\x00\x01\x52": 6,
    b"\xa0\x00\x00\x03\x33": 7,
}
_ANY = const(0)


async def candidates(card: "Card", prepared: "list[Prepared]") -> "list[Candidate]":
    """Best first, of equal priority in the card's order; none where the directory is missing or makes no sense."""
    data, sw = await select(card, _PPSE)
    if sw != OK:
        return []
    found: "list[Candidate]" = []
    try:
        directory = _inside(bytes(data), _FCI, _PROPRIETARY, _DISCRETIONARY)
        reader = Reader(directory)
        while reader.next():
            if reader.tag == _ENTRY and len(found) < _MOST_CANDIDATES:
                _take(directory[reader.start : reader.end], prepared, found)
    except TlvError:
        return []
    return [found[at] for _, at in sorted((candidate.rank, at) for at, candidate in enumerate(found))]


async def final_select(card: "Card", candidate: Candidate) -> "bytes | None":
    """The proprietary part of the application's FCI; None where the card will not have it after all."""
    data, sw = await select(card, candidate.name + candidate.extension)
    if sw != OK:
        return None
    try:
        fci = _inside(bytes(data), _FCI)
        name = find(fci, _DF_NAME)
        proprietary = _inside(fci, _PROPRIETARY)
    except TlvError:
        return None
    return proprietary if name is not None and name.startswith(candidate.name) else None


def _inside(data: bytes, *templates: int) -> bytes:
    """What the templates hold, each within the one before. Raises TlvError where one is missing."""
    for template in templates:
        value = find(data, template)
        if value is None:
            raise TlvError
        data = value
    return data


def _take(entry: bytes, prepared: "list[Prepared]", found: "list[Candidate]") -> None:
    """Those of our combinations that an entry names, one for each kernel: that of our longest AID (3.3.2.5)."""
    name = find(entry, _ADF_NAME) or b""
    wanted = _wanted_kernel(name, find(entry, _KERNEL) or b"")
    if not 5 <= len(name) <= _LONGEST_NAME:
        return
    best: "dict[int, Prepared]" = {}
    for ours in prepared:
        combination = ours.combination
        if not combination.application.matches(name) or wanted not in (_ANY, combination.kernel):
            continue
        other = best.get(combination.kernel)
        if other is None or len(other.combination.application.aid) < len(combination.application.aid):
            best[combination.kernel] = ours
    priority = find(entry, _PRIORITY) or b""
    rank = priority[0] & 0x0F if len(priority) == 1 else 0
    extension = find(entry, _EXTENDED) or b""
    for ours in prepared:
        if best.get(ours.combination.kernel) is ours:
            extend = ours.combination.extended and len(name) + len(extension) <= _LONGEST_NAME
            found.append(Candidate(ours, name, rank or _LAST, extension if extend else b""))


def _wanted_kernel(name: bytes, identifier: bytes) -> int:
    """The kernel that an entry asks for (3.3.2.5, C): its number, or the scheme's own where it names none. Those of a
    country or a scheme begin with 80 or more, and are none of ours."""
    if not identifier:
        return _DEFAULT_KERNELS.get(name[:5], _ANY)
    return identifier[0]
