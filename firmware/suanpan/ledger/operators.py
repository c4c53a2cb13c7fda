"""Who may work here: the supervisor 00, the administrator 99 and the operators between, each with a password.

Two files, sealed with AES-SIV (RFC 5297) under the 32 bytes that the journal's secret derives for b"suanpan-operators",
so that passwords outlive the keys, and nobody puts in his own with a flash programmer. The roll, associated with
b"operators", has for each of them, in the order of their numbers,

    number u8 | factory's u8 | iterations u16 | salt 16 | PBKDF2-HMAC-SHA256 of the password 32

and the tries, associated with b"tries", a byte for each number from 00 to 99: log-ins that have failed since the last
good one. They are a file of their own because they are written at every log-in: LittleFS keeps so small a file in its
directory, and takes what it becomes over in one commit. The host's factory writes the same files.
"""

from micropython import const

from suanpan.crypto.aes_siv import Siv
from suanpan.crypto.octets import equal
from suanpan.crypto.pbkdf2 import pbkdf2
from suanpan.errors import SealError
from suanpan.errors.operators import OperatorsDamaged
from suanpan.ledger.files import write_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.crypto.octets import Readable

SUPERVISOR = "00"
ADMINISTRATOR = "99"

ROLL = b"operators"
SALT = const(16)  # bytes
HASH = const(32)
RECORD = const(52)

_TRIES = b"tries"
_NUMBERS = const(100)
_PASSWORD = const(4)  # where salt and hash begin
_MOST_TRIES = const(5)  # an operator's; the supervisor's are twice as many
_SLOWEST = const(8)  # doublings of a second


def digits(number: str) -> int:
    """How long a password is."""
    return {SUPERVISOR: 6, ADMINISTRATOR: 8}.get(number, 4)


class Operators:
    """Numbers are two digits. What changes something has it on flash when it returns, or raises OperatorsDamaged."""

    def __init__(
        self, folder: str, key: "Readable", administrator_tries: int, random: "Callable[[int], bytes]"
    ) -> None:
        """`key` may be wiped when this returns. Raises OperatorsDamaged if a file is not what was sealed."""
        self._folder = folder
        self._siv = Siv(key)
        self._administrator_tries = administrator_tries
        self._random = random
        self._roll = self._open("/operators.bin", ROLL)
        self._tries = self._open("/tries.bin", _TRIES)
        if len(self._roll) % RECORD or len(self._tries) != _NUMBERS:
            raise OperatorsDamaged

    def knows(self, number: str) -> bool:
        return self._find(number) >= 0

    def must_change(self, number: str) -> bool:
        """Whether the password is still the factory's."""
        return bool(self._roll[self._place(number) + 1])

    def locked(self, number: str) -> bool:
        tries = self._tries[int(number)]
        if number == ADMINISTRATOR:
            return tries >= self._administrator_tries
        return tries >= (2 * _MOST_TRIES if number == SUPERVISOR else _MOST_TRIES)

    def wait_s(self, number: str) -> int:
        """Seconds to let go by, with the terminal on, before the next try: no clock is asked, so none can be set."""
        tries = self._tries[int(number)]
        return 1 << min(tries - 1, _SLOWEST) if tries else 0

    def check(self, number: str, password: "Readable") -> bool:
        """Whether it is the password. The failure that it may be is on flash before that is looked at."""
        if not self.knows(number) or self.locked(number):
            return False
        self._count(number, self._tries[int(number)] + 1)
        if not self.matches(number, password):
            return False
        self._count(number, 0)
        return True

    def matches(self, number: str, password: "Readable") -> bool:
        """Whether it is the password, of somebody who has proved it before."""
        at = self._place(number)
        iterations = self._roll[at + 2] << 8 | self._roll[at + 3]
        at += _PASSWORD
        salt = self._roll[at : at + SALT]
        return equal(pbkdf2(password, salt, iterations, HASH), self._roll[at + SALT : at + SALT + HASH])

    def unlock(self, number: str) -> None:
        self._count(number, 0)

    def _find(self, number: str) -> int:
        """Where its record begins; -1 if there is none."""
        for at in range(0, len(self._roll), RECORD):
            if self._roll[at] == int(number):
                return at
        return -1

    def _place(self, number: str) -> int:
        at = self._find(number)
        if at < 0:
            raise ValueError
        return at

    def _open(self, name: str, label: bytes) -> bytearray:
        try:
            with open(self._folder + name, "rb") as file:
                return self._siv.open(file.read(), label)
        except (OSError, SealError):
            raise OperatorsDamaged from None

    def _count(self, number: str, tries: int) -> None:
        if self._tries[int(number)] == tries:
            return
        self._tries[int(number)] = tries
        try:
            write_file(self._folder + "/tries.bin", self._siv.seal(self._tries, _TRIES))
        except OSError:
            raise OperatorsDamaged from None
