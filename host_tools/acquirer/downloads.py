"""Downloads of the tables for chip cards: lists of what there is, then one application or key a message.

    F60.3   0820   372, 382   which keys, which applications: F62 is "1" and how many names have come already
            0800   370, 380   one key, one application, by its name in F62
            0800   390        what is not to be taken: F62 as for a list (its form is our own)
            0800   371, 381, 391   the end of each

F62 of an answer begins with "0" (nothing of the kind), "1" (this is all), "2" (there is more), "3" (this is the rest).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host_tools.acquirer.asked import TYPE_BATCH_NETWORK
from host_tools.acquirer.codes import Code, Refused, Verdict
from host_tools.cards.tlv import Malformed, find, tlv

if TYPE_CHECKING:
    from host_tools.acquirer.chip_tables import ChipTables
    from host_tools.acquirer.spec import Message

# F60.3 by message type.
_LISTS: Final = {"372": "keys", "382": "applications"}
_ITEMS: Final = {"370": "keys", "380": "applications"}
_NOT_TAKEN: Final = "390"
_ENDS: Final = ("371", "381", "391")
_CODES: Final = {"0820": tuple(_LISTS), "0800": (*_ITEMS, _NOT_TAKEN, *_ENDS)}

_ROOM: Final = 200  # bytes of a list in one message
_NOTHING, _ALL, _MORE, _REST = b"0123"
_AID, _INDEX, _EXPIRES = 0x9F06, 0x9F22, 0xDF05
_REVOKED, _EXCEPTION = 0xDF41, 0xDF42

# What the host asks of a terminal by its message header, low half of the third byte.
_NEW_KEYS: Final = 4
_NEW_APPLICATIONS: Final = 5
_NO_WISH: Final = 0


class Downloads:
    """Without tables there are none: 40. A terminal that has had an end of `renew`ed ones is not told of them again."""

    def __init__(self, tables: ChipTables | None) -> None:
        self._tables = tables
        self._renewed = False
        self._told: set[tuple[str, str]] = set()  # TID and F60.3

    def renew(self, tables: ChipTables) -> None:
        """Other tables from now on: every terminal is to fetch them."""
        self._tables = tables
        self._renewed = True
        self._told.clear()

    def wish(self, tid: str) -> int:
        """What the header of an answer to this terminal says."""
        if self._renewed and (tid, "371") not in self._told:
            return _NEW_KEYS
        if self._renewed and (tid, "381") not in self._told:
            return _NEW_APPLICATIONS
        return _NO_WISH

    def answer(self, request: Message) -> Verdict:
        """Raises Refused."""
        if self._tables is None:
            raise Refused(Code.NOT_SUPPORTED)
        code = network_code(request)
        if code in _ENDS:
            self._told.add((request.fields[41], code))
            return Verdict(Code.APPROVED)
        try:
            asked = bytes.fromhex(request.fields[62])
            if code in _ITEMS:
                given = self._item(_ITEMS[code], asked)
            else:
                given = _page(self._names(code), int(asked[1:]) if asked[:1] == b"1" else -1)
        except (KeyError, Malformed, ValueError):
            raise Refused(Code.FORMAT) from None
        return Verdict(Code.APPROVED, {62: given.hex().upper()})

    def _contents(self, kind: str) -> tuple[bytes, ...]:
        assert self._tables
        return self._tables.keys if kind == "keys" else self._tables.applications

    def _names(self, code: str) -> list[bytes]:
        assert self._tables
        if code == _NOT_TAKEN:
            revoked = [tlv(_REVOKED, each) for each in self._tables.revoked]
            return revoked + [tlv(_EXCEPTION, each) for each in self._tables.exceptions]
        tags = (_AID, _INDEX, _EXPIRES) if _LISTS[code] == "keys" else (_AID,)
        return [b"".join(tlv(tag, find(content, tag)) for tag in tags) for content in self._contents(_LISTS[code])]

    def _item(self, kind: str, asked: bytes) -> bytes:
        tags = (_AID, _INDEX) if kind == "keys" else (_AID,)
        name = [find(asked, tag) for tag in tags]
        for content in self._contents(kind):
            if [find(content, tag) for tag in tags] == name:
                return bytes([_ALL]) + content
        return bytes([_NOTHING])


def is_download(request: Message) -> bool:
    return network_code(request) in _CODES.get(request.mti, ())


def network_code(request: Message) -> str:
    return request.fields.get(60, "")[8:TYPE_BATCH_NETWORK]


def _page(names: list[bytes], at: int) -> bytes:
    """As many of the names from there on as a message has room for. ValueError for a place that is in no list."""
    if not 0 <= at <= len(names):
        raise ValueError
    page, end = b"", at
    while end < len(names) and len(page) + len(names[end]) <= _ROOM:
        page += names[end]
        end += 1
    if end < len(names):
        head = _MORE
    elif at:
        head = _REST
    else:
        head = _ALL if names else _NOTHING
    return bytes([head]) + page
