"""The terminals that the acquirer has enrolled, and each one's session: its working keys and its batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, null, select, update

from host_tools.acquirer.key_box import KeyBox
from host_tools.acquirer.ledger import Ledger
from host_tools.acquirer.suites import KEY_LENGTH, SUITES, suite_named
from host_tools.acquirer.tables import given, merchant, terminal

if TYPE_CHECKING:
    from host_tools.acquirer.store import Store
    from host_tools.acquirer.suites import Suite

_LAST_BATCH: Final = 999999

_MERCHANT: Final = select(merchant.c.mid).where(merchant.c.mid == given("mid"))
_NEW_MERCHANT: Final = insert(merchant).values({name: given(name) for name in ("mid", "name", "account")})
_NEW_TERMINAL: Final = insert(terminal).values(
    {name: given(name) for name in ("tid", "mid", "serial", "batch", "suite", "tmk")}
)
_FIND: Final = (
    select(
        terminal.c.mid,
        merchant.c.account,
        terminal.c.serial,
        terminal.c.batch,
        terminal.c.suite,
        terminal.c.tmk,
        terminal.c.pik,
        terminal.c.mak,
        terminal.c.signed_in,
    )
    .join(merchant, merchant.c.mid == terminal.c.mid)
    .where(terminal.c.tid == given("tid"))
)
_one = update(terminal).where(terminal.c.tid == given("number"))
_SESSION: Final = _one.values({name: given(name) for name in ("pik", "mak", "signed_in")})
_NO_SESSION: Final = _one.values(pik=null(), mak=null())
_NEXT_BATCH: Final = _one.values(batch=given("batch"))
_REBIND: Final = _one.values(serial=given("serial"), tmk=given("tmk"), pik=null(), mak=null())
_LENGTHS: Final = {"tid": 8, "mid": 15, "tmk": KEY_LENGTH}


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the acquirer is told of a new terminal; `tmk` the 16-byte key injected into it, of its suite's cipher."""

    tid: str
    mid: str
    merchant: str
    serial: str
    tmk: bytes = field(repr=False)
    batch: int
    suite: Suite = SUITES["tdes"]

    def __post_init__(self) -> None:
        for name, length in _LENGTHS.items():
            if len(getattr(self, name)) != length:
                raise ValueError(f"terminal {self.tid}: {name} is not of {length}")
        if not (self.tid + self.mid + self.serial).isascii():
            raise ValueError(f"terminal {self.tid}: TID, MID and serial number are ASCII")
        if not 1 <= self.batch <= _LAST_BATCH:
            raise ValueError(f"terminal {self.tid}: batch is not of 1 to {_LAST_BATCH}")


@dataclass(frozen=True, slots=True)
class Terminal:
    """`pik` and `mak` are None while the terminal is not signed in; `signed_in` is the STAN of its last sign-in."""

    tid: str
    mid: str
    merchant_account: int
    serial: str
    batch: int
    suite: Suite
    tmk: bytes = field(repr=False)
    pik: bytes | None = field(repr=False)
    mak: bytes | None = field(repr=False)
    signed_in: str | None


class Terminals:
    """All methods that write expect to be called inside `store.transaction()`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.keys

    def enrol(self, enrolment: Enrolment) -> None:
        """Add a terminal, and its merchant with an empty account if this is the merchant's first."""
        mid = enrolment.mid
        if self._store.one(_MERCHANT, mid=mid) is None:
            account = Ledger(self._store).open_account(f"merchant {mid}")
            self._store.run(_NEW_MERCHANT, mid=mid, name=enrolment.merchant, account=account)
        self._store.run(
            _NEW_TERMINAL,
            tid=enrolment.tid,
            mid=mid,
            serial=enrolment.serial,
            batch=enrolment.batch,
            suite=enrolment.suite.name,
            tmk=self._keys.seal(KeyBox.TMK, enrolment.suite.cipher, enrolment.tmk),
        )

    def find(self, tid: str) -> Terminal | None:
        """The terminal and its session; raises KeyBlockError if a key is not what the row says it is."""
        row = self._store.one(_FIND, tid=tid)
        if row is None:
            return None
        mid, account, serial, batch, name, tmk, pik, mak, signed_in = row
        found = suite_named(name)
        return Terminal(
            tid,
            mid,
            account,
            serial,
            batch,
            found,
            self._keys.open(KeyBox.TMK, found.cipher, tmk),
            None if pik is None else self._keys.open(KeyBox.PIK, found.cipher, pik),
            None if mak is None else self._keys.open(KeyBox.MAK, found.cipher, mak),
            signed_in,
        )

    def start_session(self, terminal: Terminal, pik: bytes, mak: bytes, stan: str) -> None:
        """Replace the working keys; what was made with the old ones is refused from now on."""
        cipher = terminal.suite.cipher
        self._store.run(
            _SESSION,
            pik=self._keys.seal(KeyBox.PIK, cipher, pik),
            mak=self._keys.seal(KeyBox.MAK, cipher, mak),
            signed_in=stan,
            number=terminal.tid,
        )

    def rebind(self, terminal: Terminal, serial: str, tmk: bytes) -> None:
        """Another unit takes this number over, with a master key of its own: the one before it signs in no more."""
        if len(tmk) != KEY_LENGTH or not serial.isascii() or serial == terminal.serial or tmk == terminal.tmk:
            raise ValueError(f"terminal {terminal.tid}: another unit has another serial number, and another key")
        sealed = self._keys.seal(KeyBox.TMK, terminal.suite.cipher, tmk)
        self._store.run(_REBIND, serial=serial, tmk=sealed, number=terminal.tid)

    def end_session(self, tid: str) -> None:
        self._store.run(_NO_SESSION, number=tid)

    def next_batch(self, terminal: Terminal) -> None:
        """Open the batch after the one that was open, 999999 being followed by 1."""
        self._store.run(_NEXT_BATCH, batch=terminal.batch % _LAST_BATCH + 1, number=terminal.tid)
