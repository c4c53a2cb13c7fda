"""Tables for chip cards from the acquirer (docs/messages.md): lists of names, then one item a message.

    F60.3   0820   372, 382        which keys, which applications: F62 is "1" and how many names have come already
            0800   370, 380        one key, one application, by its name in F62
            0800   390             what is not to be taken: F62 as for a list (its form is our own)
            0800   371, 381, 391   the end of each

F62 of an answer begins with "0" (nothing of the kind), "1" (this is all), "2" (there is more), "3" (this is the rest).
A MAC goes with each: who could put in a key of a scheme could make its cards.
"""

from micropython import const

from suanpan.acquirer.responses import APPROVED, RESPONSE
from suanpan.codec.tlv import Reader, encode, find
from suanpan.errors import BadReply
from suanpan.errors.downloads import NotOffered
from suanpan.errors.emv import TablesRefused, TlvError
from suanpan.ledger.emv_tables import APPLICATION, EXCEPTION, KEY, REVOKED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suanpan.acquirer.session import Session
    from suanpan.ledger.emv_draft import Draft

_LIST = const("0820 - - 00 %s 11 41 42 60 62 64")
_ITEM = const("0800 - - 00 %s 11 41 42 60 62 64")
_END = const("0800 - - 00 %s 11 41 42 60 64")

_NOTHING = const(0x30)
_ALL = const(0x31)
_MORE = const(0x32)
_REST = const(0x33)

_AID = const(0x9F06)
_INDEX = const(0x9F22)
_REVOKED = const(0xDF41)
_EXCEPTION = const(0xDF42)
_MOST = const(96)  # names, as many as tables have
_MOST_LISTED = const(4096)


class Downloads:
    """One run of it. NoReply, BadReply and MacError are the session's; NotOffered for any answer but 00, whose `code`
    is kept, and for no tables at all."""

    # As Session.sealed looks at it: these messages end their F60 with the network code.
    entry_mode = ""

    def __init__(self, host: "Session", batch: str, stan: "Callable[[], str]") -> None:
        """`stan` gives the next number for F11."""
        self.batch = batch
        self.code = APPROVED
        self.keys = self.applications = 0  # how many have come
        self._host = host
        self._stan = stan

    async def fetch(self, draft: "Draft", begins: "Callable[[int, int, int], None]") -> None:
        """All of it, into the draft; `begins` is told of each item: its kind, its number and how many there are.

        Raises TablesRefused for more than tables can have.
        """
        for kind in (KEY, APPLICATION):
            names = await self._names(kind)
            for number, name in enumerate(names, 1):
                begins(kind, number, len(names))
                draft.add(kind, await self._item(kind, name))
            if kind == KEY:
                self.keys = len(names)
            else:
                self.applications = len(names)
        if not self.applications:
            raise NotOffered
        await self._not_taken(draft)

    async def end(self) -> None:
        """The tables are in force."""
        for network in ("371", "381", "391"):
            await self._ask(_END % network, b"")

    async def _names(self, kind: int) -> "list[bytes]":
        """Each as the data objects that ask for it. None, if the host has nothing of the kind."""
        names: "list[bytes]" = []
        more = True
        while more:
            page = await self._ask(_LIST % ("372" if kind == KEY else "382"), b"1%02d" % len(names))
            more = _has_more(page)
            before = len(names)
            for tag, value in _objects(page):
                if tag == _AID:
                    names.append(encode(tag, value))
                elif tag == _INDEX and kind == KEY and names:
                    names[-1] += encode(tag, value)
            if more and len(names) == before:
                raise BadReply
            if len(names) > _MOST:
                raise TablesRefused
        return names

    async def _item(self, kind: int, name: bytes) -> bytes:
        answer = await self._ask(_ITEM % ("370" if kind == KEY else "380"), name)
        if answer[0] != _ALL:
            raise NotOffered
        content = answer[1:]
        for tag, value in _objects(b"\0" + name):
            if _found(content, tag) != value:
                raise BadReply
        return content

    async def _not_taken(self, draft: "Draft") -> None:
        count = 0
        more = True
        while more:
            page = await self._ask(_ITEM % "390", b"1%02d" % count)
            more = _has_more(page)
            before = count
            for tag, value in _objects(page):
                if tag in (_REVOKED, _EXCEPTION):
                    draft.add(REVOKED if tag == _REVOKED else EXCEPTION, value)
                    count += 1
            if more and count == before:
                raise BadReply
            if count > _MOST_LISTED:
                raise TablesRefused

    async def _ask(self, row: str, data: bytes) -> bytes:
        """F62 of the answer, at least a byte, but for an end."""
        answer = await self._host.sealed(row, self, {11: self._stan(), 62: data})
        self.code = answer.text(RESPONSE)
        if self.code != APPROVED:
            raise NotOffered
        back = answer.data(62)
        if data and not back:
            raise BadReply
        return back


def _has_more(page: bytes) -> bool:
    if page[0] not in (_NOTHING, _ALL, _MORE, _REST):
        raise BadReply
    return page[0] == _MORE


def _objects(page: bytes) -> "Iterator[tuple[int, bytes]]":
    """The data objects behind the first byte."""
    reader = Reader(memoryview(page)[1:])
    try:
        while reader.next():
            yield reader.tag, reader.value()
    except TlvError:
        raise BadReply from None


def _found(content: bytes, tag: int) -> "bytes | None":
    try:
        return find(content, tag)
    except TlvError:
        raise BadReply from None
