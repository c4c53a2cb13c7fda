"""What every block cipher here is to those who use it: a key for the length of a `with` block, and whole blocks."""

from suanpan.crypto.octets import wipe
from suanpan.errors import BlockError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from suanpan.crypto.octets import Readable, Writable


class BlockCipher:
    """One key, scheduled: `with Cipher(key) as cipher:` wipes the schedule on every way out.

    A cipher fills `_schedule` and has `_crypt(data, out, size, encrypting)`, which is given whole blocks.
    """

    block = 0  # bytes
    _schedule: bytearray

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def wipe(self) -> None:
        """Forget the key: whatever is asked from here on is worthless."""
        wipe(self._schedule)

    def encrypt(self, data: "Readable", out: "Writable | None" = None) -> "Writable":
        """`data`, a whole number of blocks, encrypted into `out`, which is as long and may be `data`.

        Without `out` a new bytearray. Raises BlockError.
        """
        return self._run(data, out, True)

    def decrypt(self, data: "Readable", out: "Writable | None" = None) -> "Writable":
        """The reverse of `encrypt`."""
        return self._run(data, out, False)

    def _run(self, data: "Readable", out: "Writable | None", encrypting: bool) -> "Writable":
        size = len(data)
        if out is None:
            out = bytearray(size)
        if size % self.block or len(out) != size:
            raise BlockError
        self._crypt(data, out, size, encrypting)
        return out

    def _crypt(self, data: "Readable", out: "Writable", size: int, encrypting: bool) -> None:
        raise NotImplementedError
