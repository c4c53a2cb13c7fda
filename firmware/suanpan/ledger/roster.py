"""What changes on the roll of operators, and which passwords may: apart from it, as it is seldom wanted."""

from micropython import const

from suanpan.crypto.pbkdf2 import pbkdf2
from suanpan.errors.operators import OperatorsDamaged
from suanpan.ledger.files import replace_file
from suanpan.ledger.operators import ADMINISTRATOR, HASH, RECORD, ROLL, SALT, SUPERVISOR, Operators

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable

MOST = const(32)  # on the roll, with the supervisor and the administrator

_ITERATIONS = const(500)  # what an ESP32 does in the time between two keys


def is_simple(password: "Readable") -> bool:
    """Whether its digits are all the same, or run up or down by ones, 0 after 9 and 9 after 0."""
    steps = {(password[i] - password[i - 1]) % 10 for i in range(1, len(password))}
    return len(steps) == 1 and steps.issubset((0, 1, 9))


class Roster(Operators):
    def numbers(self) -> "list[str]":
        """Every number on the roll, 00 first and 99 last."""
        return [f"{self._roll[at]:02}" for at in range(0, len(self._roll), RECORD)]

    def change(self, number: str, password: "Readable") -> None:
        """A password that somebody chose."""
        self._put(self._place(number), RECORD, self._record(number, password, False))

    def reset(self, number: str) -> None:
        """The factory's password again, and no failures."""
        self._put(self._place(number), RECORD, self._first(number))
        self.unlock(number)

    def add(self, number: str) -> None:
        """Another operator, with the factory's password. Whoever had the number before is forgotten."""
        if self.knows(number) or len(self._roll) >= MOST * RECORD:
            raise ValueError
        self.unlock(number)
        at = 0
        while at < len(self._roll) and self._roll[at] < int(number):
            at += RECORD
        self._put(at, 0, self._first(number))

    def remove(self, number: str) -> None:
        if number in (SUPERVISOR, ADMINISTRATOR):
            raise ValueError
        self._put(self._place(number), RECORD, b"")

    def _first(self, number: str) -> bytes:
        passwords = {SUPERVISOR: b"123456", ADMINISTRATOR: b"99999999"}
        return self._record(number, passwords.get(number, b"0000"), True)

    def _record(self, number: str, password: "Readable", factorys: bool) -> bytes:
        salt = self._random(SALT)
        head = bytes((int(number), factorys)) + _ITERATIONS.to_bytes(2, "big")
        return head + salt + pbkdf2(password, salt, _ITERATIONS, HASH)

    def _put(self, at: int, size: int, record: bytes) -> None:
        roll = self._roll[:at] + record + self._roll[at + size :]
        try:
            replace_file(self._folder + "/operators.bin", self._siv.seal(roll, ROLL))
        except OSError:
            raise OperatorsDamaged from None
        self._roll = roll
