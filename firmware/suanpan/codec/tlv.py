"""BER-TLV the way EMV uses it (EMV 4.3 Book 3, Annex B): tags of one to three bytes, definite lengths of up to 65,535.

A tag is an integer as it is written: 0x9F26. Nothing is copied: a reader walks over the bytes and says where a value
lies, and keeps its place in a few integers, so that reading takes no memory.
"""

from micropython import const

from suanpan.errors.emv import TlvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Readable = bytes | bytearray | memoryview

_DEPTH = const(4)  # a response has a template, sometimes with templates in it
_CONSTRUCTED = const(0x20)  # of the first byte of a tag
_MORE = const(0x1F)


class Reader:
    """Walks over data objects. After next() was true, `tag` is one's; it begins at `begin`, its value at `start`, and
    it is over at `end`.

    Zero bytes before, between and after data objects mean nothing. Raises TlvError for what is cut short or longer than
    what it stands in.
    """

    def __init__(self, data: "Readable") -> None:
        self._data = data
        self._at = 0
        self._ends = [len(data)] * (_DEPTH + 1)  # of the templates that we are in, the outermost first
        self._depth = 0
        self.tag = self.begin = self.start = self.end = self.wanted = 0
        self.constructed = False

    def next(self) -> bool:
        """The next data object of this template; false at the template's end."""
        data, at, limit = self._data, self._at, self._ends[self._depth]
        while at < limit and data[at] == 0:
            at += 1
        if at == limit:
            self._at = at
            return False
        begin = at
        at = self._read_tag(at, limit)
        length = data[at]
        at += 1
        if length > 0x7F:
            size = length & 0x7F
            if not 1 <= size <= 2 or at + size > limit:
                raise TlvError
            length = data[at] if size == 1 else data[at] << 8 | data[at + 1]
            at += size
        if at + length > limit:
            raise TlvError
        self.begin = begin
        self.constructed = data[begin] & _CONSTRUCTED != 0
        self.start = at
        self.end = self._at = at + length
        return True

    def next_wanted(self) -> bool:
        """The next entry of a data object list (EMV 4.3 Book 3, 5.4): `tag`, and how many bytes of it are `wanted`."""
        at, limit = self._at, self._ends[0]
        if at == limit:
            return False
        at = self._read_tag(at, limit)
        self.wanted = self._data[at]
        self._at = at + 1
        return True

    def _read_tag(self, at: int, limit: int) -> int:
        """Read the tag at `at`; where it is over, and at least one byte follows."""
        data = self._data
        tag = data[at]
        at += 1
        if tag & _MORE == _MORE:
            for _ in range(2):
                if at == limit:
                    raise TlvError
                tag = tag << 8 | data[at]
                at += 1
                if not tag & 0x80:
                    break
            else:
                raise TlvError
        if at == limit:
            raise TlvError
        self.tag = tag
        return at

    def enter(self) -> None:
        """Go on inside the template just read."""
        if self._depth == _DEPTH:
            raise TlvError
        self._depth += 1
        self._ends[self._depth] = self.end
        self._at = self.start

    def leave(self) -> None:
        """Go on behind the template that we are in."""
        self._at = self._ends[self._depth]
        self._depth -= 1

    def next_primitive(self) -> bool:
        """The next data object that is not a template, however deep; false at the end of everything."""
        while True:
            if not self.next():
                if not self._depth:
                    return False
                self.leave()
            elif self.constructed:
                self.enter()
            else:
                return True

    def value(self) -> bytes:
        return bytes(self._data[self.start : self.end])


def find(data: "Readable", tag: int) -> bytes | None:
    """The value of the first data object of this tag, in no template. Raises TlvError for what is before it."""
    reader = Reader(data)
    while reader.next():
        if reader.tag == tag:
            return reader.value()
    return None


def dol_entries(dol: "Readable") -> "Iterator[tuple[int, int]]":
    """Tag and length of each entry of a data object list (EMV 4.3 Book 3, 5.4). Raises TlvError if it is cut short."""
    reader = Reader(dol)
    while reader.next_wanted():
        yield reader.tag, reader.wanted


def is_constructed(tag: int) -> bool:
    while tag > 0xFF:
        tag >>= 8
    return tag & _CONSTRUCTED != 0


def tag_bytes(tag: int) -> bytes:
    return tag.to_bytes(1 if tag < 0x100 else 2 if tag < 0x10000 else 3, "big")


def encode(tag: int, value: "Readable") -> bytes:
    """A data object; TlvError for a value of more than 65,535 bytes."""
    size = len(value)
    if size > 0xFFFF:
        raise TlvError
    if size < 0x80:
        length = bytes((size,))
    elif size < 0x100:
        length = bytes((0x81, size))
    else:
        length = bytes((0x82, size >> 8, size & 0xFF))
    return tag_bytes(tag) + length + bytes(value)
