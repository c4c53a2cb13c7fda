"""A host's answer: read, proved, and matched to what was asked."""

from micropython import const

from suanpan.acquirer.messages import reply_mti
from suanpan.acquirer.responses import PARTIAL, RESPONSE
from suanpan.codec import iso8583
from suanpan.crypto.octets import equal
from suanpan.errors import BadReply, CodecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.suites import Suite
    from suanpan.crypto.octets import Readable

_MAC = const(64)
_AMOUNT = const(4)
# Fields that an answer must repeat as they were asked; the second lot only where it has them.
_IDENTIFYING = const((11, 41, 42))
_REPEATED = const((2, 3, 4, 49))


class Answer:
    """Raises BadReply for what is not a message."""

    def __init__(self, message: bytes) -> None:
        self._message = message
        try:
            self.mti, self._fields = iso8583.decode(message)
        except CodecError:
            raise BadReply from None

    def text(self, number: int) -> str:
        """A field of digits or text; empty if the answer does not have it."""
        value = self._fields.get(number, "")
        return value if isinstance(value, str) else ""

    def data(self, number: int) -> bytes:
        """A field of bytes; empty if the answer does not have it."""
        value = self._fields.get(number, b"")
        return value if isinstance(value, bytes) else b""

    def organisation(self) -> str:
        """The card's, three letters, where F63 begins with it; else empty."""
        letters = self.data(63)[:3]
        return letters.decode() if letters.isalpha() else ""

    def has_mac_of(self, suite: "Suite", mak: "Readable") -> bool:
        """Whether it ends in the MAC that this key gives it."""
        return _MAC in self._fields and equal(suite.mac(mak, iso8583.mac_input(self._message)), self.data(_MAC))

    def belongs_to(self, request: "Readable") -> bool:
        """Whether it is the answer to this request and no other: a late or a replayed one is not."""
        mti, asked = iso8583.decode(request)
        fields = self._fields
        if self.mti != reply_mti(mti):
            return False
        for number in _IDENTIFYING:
            if fields.get(number) != asked[number]:
                return False
        for number in _REPEATED:
            if number in fields and number in asked and fields[number] != asked[number]:
                less = number == _AMOUNT and fields[number] < asked[number]  # type: ignore[operator]
                if not (less and fields.get(RESPONSE) == PARTIAL):
                    return False
        return True
