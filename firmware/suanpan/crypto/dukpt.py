"""Derived unique key per transaction: the register of future keys that both kinds of DUKPT keep.

A key is used for one transaction and then gone: from what a terminal holds at any time, no key that it has
used can be found again. The counter at the end of the key serial number (KSN) says which transaction it is.
For each of its bits the register has one key: that of the next counter value in which this bit is the
lowest one. The key of a value gives the keys of all values with one more bit set, below its lowest.

A terminal is given its initial key. The base key behind it never comes near one, and nothing here derives from it.
"""

from suanpan.crypto.octets import wipe
from suanpan.crypto.secret import Secret
from suanpan.errors import BadKey
from suanpan.errors.keys import KsnExhausted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from suanpan.crypto.octets import Readable, Writable


class Transaction(Secret):
    """What the keys of one transaction are derived from, until the end of its `with` block.

    `ksn` is sent along in the clear.
    """

    def __init__(self, ksn: bytes, key: bytearray) -> None:
        super().__init__(key)
        self.ksn = ksn

    def __enter__(self) -> "Self":
        return self

    def key(self, use: int) -> Secret:
        """The key for `use`, of 16 bytes; the uses are named in the module of each kind."""
        raise NotImplementedError


class Register:
    """The future keys of one terminal.

    `state` is all there is to it, and secret: the KSN of the next transaction, then the keys, that of the lowest
    bit first. The register takes it over and changes it in place. After `next` it has to be on flash again
    before anything made under that transaction leaves, or a power cut would have a key used twice.
    """

    # Of each kind: bytes of its KSN, bits of the counter at its end, and how many of them may be one.
    KSN = BITS = ONES = 0

    def __init__(self, state: bytearray) -> None:
        self.state = state
        self._key_size = (len(state) - self.KSN) // self.BITS
        if len(state) != self.KSN + self.BITS * self._key_size or not self._allows(self._key_size):
            raise BadKey

    @classmethod
    def load(cls, initial_key: "Readable", ksn: "Readable") -> "Self":
        """A register that begins with `initial_key`, which stays its owner's to wipe. Raises BadKey.

        The counter in `ksn` is passed over: it begins at 1.
        """
        if len(ksn) != cls.KSN:
            raise BadKey
        register = cls(bytearray(cls.KSN + cls.BITS * len(initial_key)))
        try:
            register.state[: cls.KSN] = ksn
            register._derive_below(initial_key, cls.BITS, 0)
            register._count(1)
        except BaseException:
            register.wipe()
            raise
        return register

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def wipe(self) -> None:
        wipe(self.state)

    @property
    def ksn(self) -> bytes:
        """The KSN of the next transaction; its counter is zero when there is none."""
        return bytes(self.state[: self.KSN])

    def next(self) -> Transaction:
        """The next transaction; its key is no longer in the register. Raises KsnExhausted."""
        counter = self._counter()
        if not counter:
            raise KsnExhausted
        bit = 0
        while not counter >> bit & 1:
            bit += 1
        slot = self._slot(bit)
        transaction = self._transaction(self.ksn, bytearray(slot))
        try:
            step = 1
            if _ones(counter) < self.ONES:
                self._derive_below(slot, bit, counter)
            else:
                step <<= bit
            self._count(counter + step)
        except BaseException:
            # Nothing has happened yet: this key is still there, and those below it were spent before.
            transaction.wipe()
            raise
        wipe(slot)
        return transaction

    def _allows(self, key_size: int) -> bool:
        raise NotImplementedError

    def _transaction(self, ksn: bytes, key: bytearray) -> Transaction:
        raise NotImplementedError

    def _derive(self, key: "Readable", tail: bytes, out: "Writable") -> None:
        """Fill `out` with the key of the KSN that ends in these 8 bytes; `key` is that of one bit less."""
        raise NotImplementedError

    def _derive_below(self, key: "Readable", bit: int, counter: int) -> None:
        """The keys of all values with one more bit than `counter`, below `bit`; `key` is that of `counter`."""
        while bit:
            bit -= 1
            self._derive(key, self._tail(counter | 1 << bit), self._slot(bit))

    def _slot(self, bit: int) -> memoryview:
        start = self.KSN + bit * self._key_size
        return memoryview(self.state)[start : start + self._key_size]

    def _counter(self) -> int:
        return int.from_bytes(self.ksn[-4:], "big") & (1 << self.BITS) - 1

    def _count(self, counter: int) -> None:
        """Set the counter; past its end it is zero."""
        self.state[self.KSN - 8 : self.KSN] = self._tail(counter)

    def _tail(self, counter: int) -> bytes:
        """The last 8 bytes of the KSN with this counter."""
        size = 1 << self.BITS
        return (int.from_bytes(self.ksn[-8:], "big") // size * size + counter % size).to_bytes(8, "big")


def _ones(counter: int) -> int:
    count = 0
    while counter:
        counter &= counter - 1
        count += 1
    return count
