"""The data objects of one transaction, of card and terminal, and how they are put together for the card.

EMV 4.3 Book 3: 5.4 (rules for a data object list), 7 (what a card may return, and where), Annex A (formats, sources).
"""

from micropython import const

from suanpan.errors.emv import Terminated, TlvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.tlv import Readable

# Numeric objects are filled up with zeros, and cut, on their left; the compressed numeric ones with F on their right;
# all others with zero bytes on their right. Those that a list may name, and that are not like all others:
_NUMERIC = (
    0x9A, 0x9C, 0x5F24, 0x5F25, 0x5F28, 0x5F2A, 0x5F30, 0x5F34, 0x5F36, 0x9F01, 0x9F02, 0x9F03, 0x9F11, 0x9F15, 0x9F1A,
    0x9F21, 0x9F35, 0x9F39, 0x9F41, 0x9F42, 0x9F44, 0x9F54, 0x9F5C, 0x9F73, 0x9F75, 0x9F77, 0x9F78, 0x9F79, 0xDF69,
)  # fmt: skip
_COMPRESSED = (0x5A, 0x9F20)

# What is the terminal's or the issuer's to say (Annex A): a card that says it is not listened to (7.5).
_NOT_THE_CARDS = (
    0x81, 0x86, 0x8A, 0x91, 0x95, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x5F2A, 0x5F36, 0x5F57, 0x9F01, 0x9F02, 0x9F03, 0x9F04,
    0x9F06, 0x9F09, 0x9F15, 0x9F16, 0x9F18, 0x9F1A, 0x9F1B, 0x9F1C, 0x9F1D, 0x9F1E, 0x9F21, 0x9F22, 0x9F33, 0x9F34,
    0x9F35, 0x9F37, 0x9F39, 0x9F3A, 0x9F3C, 0x9F3D, 0x9F40, 0x9F41, 0x9F4E,
)  # fmt: skip
# What stands where an application is selected, and nowhere else: label, priority, languages, code table, name, PDOL.
_OF_SELECTION = (0x50, 0x87, 0x5F2D, 0x9F11, 0x9F12, 0x9F38)

_LONGEST_LIST = const(252)  # bytes that a single list may ask for: what a command carries
# No card that serves has half as much; one that says more has something else in mind.
_MOST_BYTES = const(6144)
_MOST_OBJECTS = const(160)


class Objects:
    """Data objects by tag. What the terminal has set, no card can change."""

    def __init__(self, terminals: "dict[int, bytes | bytearray]") -> None:
        self._terminals = terminals
        self._cards: "dict[int, bytes]" = {}
        self._room = _MOST_BYTES

    def get(self, tag: int) -> "bytes | bytearray | None":
        value = self._terminals.get(tag)
        return self._cards.get(tag) if value is None else value

    def need(self, tag: int) -> "bytes | bytearray":
        """Raises Terminated where there is none: only for what the books make mandatory at this point."""
        value = self.get(tag)
        if value is None:
            raise Terminated
        return value

    def card(self, tag: int) -> "bytes | None":
        """The card's own, never the terminal's; an empty one is none."""
        return self._cards.get(tag) or None

    def set(self, tag: int, value: "bytes | bytearray") -> None:
        """The terminal's word."""
        self._terminals[tag] = value

    def keep(self, tag: int, value: bytes) -> None:
        """The card's word: said twice, it ends the transaction (Book 3, 7.5); of what is not the card's, unheard."""
        if tag in _NOT_THE_CARDS:
            return
        if tag in self._cards or len(value) > self._room or len(self._cards) == _MOST_OBJECTS:
            raise Terminated
        self._room -= len(value)
        self._cards[tag] = value

    def keep_all(self, data: "Readable") -> None:
        """Keep every primitive data object in `data`, in templates or not; Terminated for what cannot be read."""
        from suanpan.codec.tlv import Reader  # which is not in memory while the issuer is asked

        try:
            reader = Reader(data)
            while reader.next_primitive():
                if reader.tag not in _OF_SELECTION:
                    self.keep(reader.tag, reader.value())
        except TlvError:
            raise Terminated from None

    def keep_selected(self, proprietary: "Readable") -> None:
        """Keep what `proprietary`, of an application's FCI, says that has its place there. Raises Terminated."""
        from suanpan.codec.tlv import Reader

        try:
            reader = Reader(proprietary)
            while reader.next():
                if reader.tag in _OF_SELECTION:
                    self.keep(reader.tag, reader.value())
        except TlvError:
            raise Terminated from None

    def listed(self, dol: "Readable") -> bytearray:
        """The values that a data object list asks for, one after the other, each as long as it wants (Book 3, 5.4)."""
        from suanpan.codec.tlv import dol_entries, is_constructed

        out = bytearray()
        try:
            for tag, length in dol_entries(dol):
                if len(out) + length > _LONGEST_LIST:
                    raise Terminated
                value = None if is_constructed(tag) else self.get(tag)
                out.extend(_fitted(tag, value or b"", length))
        except TlvError:
            raise Terminated from None
        return out


def _fitted(tag: int, value: "bytes | bytearray", length: int) -> bytes:
    value = bytes(value)
    missing = length - len(value)
    if not value:
        return bytes(length)
    if tag in _NUMERIC:
        return bytes(missing) + value if missing >= 0 else value[-missing:]
    if missing < 0:
        return value[:length]
    return value + (b"\xff" if tag in _COMPRESSED else b"\0") * missing
