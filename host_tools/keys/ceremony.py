"""The ceremony: what people do with the workshop's keys, in one directory, each act a line of the audit file.

    custodians.json   who may, each with the proof of their passphrase
    kbpk.json         the key-block protection key, as two sealed components
    injection.json    the master of the units' injection keys, likewise
    backup.json       the master of the terminal numbers' backup keys, likewise; only where there are backups
    terminals/        TMKs as TR-31 blocks, and which unit has which
    authority/        the test CA of the card schemes
    signer.pem        the update signer, under its passphrase
    audit.jsonl       what was done, by whom, when; audit.jsonl.head its last digest

Nothing in it opens a master key or a TMK without both custodians' passphrases. An act that is refused is a line too:
who tried, and why not. The line of an act is written before what the act makes, so that there is no key without one.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from host_tools.keys.audit import Audit
from host_tools.keys.authority import Authority, CaKey
from host_tools.keys.components import Algorithm, combine, require_check_value
from host_tools.keys.custodians import COST, Custodian, Custodians, Pair, require_passphrase
from host_tools.keys.errors import AuditBroken, KeyExists, KeysError, LineSilent, NotNoted
from host_tools.keys.injection import Injection, Order
from host_tools.keys.master_keys import (
    Key,
    Master,
    MasterKeys,
    derive_backup_key,
    derive_injection_key,
    require_shape,
)
from host_tools.keys.signer import Signer
from host_tools.keys.terminal_keys import TerminalKeys, require_serial, require_stronger, require_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from host_tools.keys.audit import Now
    from host_tools.keys.components import Random

_SIGNER: Final = "signer.pem"


class Ceremony:
    """Methods raise the errors of errors.py, and leave the directory as it was then, but for the audit line."""

    def __init__(self, directory: Path, *, now: Now, random: Random, cost: int = COST) -> None:
        self._signer = directory / _SIGNER
        self._now = now
        self.random = random
        self.custodians = Custodians(directory / "custodians.json", random, cost)
        self.masters = MasterKeys(directory)
        self.terminals = TerminalKeys(directory / "terminals")
        self.authority = Authority(directory / "authority")
        self.audit = Audit(directory / "audit.jsonl", now)

    @contextmanager
    def noting_refusals(self, act: str, who: Sequence[str] = (), key: str = "") -> Iterator[None]:
        """Write down what is refused within; it is refused all the same."""
        try:
            yield
        except (AuditBroken, NotNoted):
            raise  # nothing can be written down
        except KeysError as refusal:
            self.audit.record(act, who, key, outcome=f"refused: {type(refusal).__name__}")
            raise

    def enrol(self, name: str, passphrase: str) -> Custodian:
        """A new custodian."""
        with self.noting_refusals("enrol custodian"):
            custodian = self.custodians.enrol(name, passphrase)
        self.audit.record("enrol custodian", [custodian.name])
        return custodian

    def unlock(self, name: str, passphrase: str) -> Custodian:
        """A custodian shows who they are. A wrong name is not written down: it may be a passphrase, typed too early."""
        with self.noting_refusals("unlock", [known for known in self.custodians.names if known == name]):
            return self.custodians.unlock(name, passphrase)

    def pair(self, first: Custodian, second: Custodian) -> Pair:
        with self.noting_refusals("sit down in two", (first.name, second.name)):
            return Pair(first, second)

    def make_master(
        self, master: Master, pair: Pair, algorithm: Algorithm, components: tuple[bytes, bytes], confirmed: bytes
    ) -> bytes:
        """Keep a master key as its two components, each its custodian's; its check value.

        `confirmed` is the check value that the people hold for the right one.
        """
        act, name = "make master key", master.value
        with self.noting_refusals(act, pair.names, name):
            self.masters.require_free(master)
            require_shape(master, algorithm, components)
            value = _confirmed(algorithm, components, confirmed).check_value
            self.audit.record(act, pair.names, name, value)
            self.masters.keep(master, pair, algorithm, components)
        return value

    def make_terminal_key(
        self,
        terminal: str,
        pair: Pair,
        algorithm: Algorithm,
        components: tuple[bytes, bytes],
        confirmed: bytes,
        *,
        replace: bool = False,
    ) -> bytes:
        """Keep a terminal's master key under the KBPK; its check value.

        With `replace` in place of the one that it has, which frees the terminal's number from its unit.
        """
        act = "make terminal key"
        with self.noting_refusals(act, pair.names, terminal):
            if not replace:
                self.terminals.require_free(terminal)
            require_terminal(terminal)
            key = _confirmed(algorithm, components, confirmed)
            kbpk = self.masters.open(Master.KBPK, pair)
            require_stronger(kbpk, key)
            self.audit.record(act, pair.names, terminal, key.check_value)
            self.terminals.keep(terminal, key, kbpk)
        return key.check_value

    def injection_key(self, pair: Pair, serial: str) -> bytes:
        """The 32 bytes that the unit of this serial number is provisioned with."""
        with self.noting_refusals("derive injection key", pair.names, serial):
            require_serial(serial)
            key = derive_injection_key(self.masters.open(Master.INJECTION, pair), serial)
            self.audit.record("derive injection key", pair.names, serial)
        return key

    def backup_key(self, pair: Pair, terminal: str) -> bytes:
        """The 32 bytes that open the archives of this terminal number."""
        act = "derive backup key"
        with self.noting_refusals(act, pair.names, terminal):
            require_terminal(terminal)
            key = derive_backup_key(self.masters.open(Master.BACKUP, pair), terminal)
            self.audit.record(act, pair.names, terminal, key.check_value)
        return key.value

    @contextmanager
    def injecting(self, pair: Pair, terminal: str, serial: str) -> Iterator[Injection]:
        """Within, the returned exchange is to be run to its end, over whatever line (injection.exchange).

        The terminal's number is bound to the unit before the key may leave, and stays so unless it surely has not.
        """
        act, name = "inject", f"{terminal} into {serial}"
        with self.noting_refusals(act, pair.names, name):
            require_serial(serial)
            tmk = self.terminals.open(terminal, self.masters.open(Master.KBPK, pair))
            key = derive_injection_key(self.masters.open(Master.INJECTION, pair), serial)
            backup = None
            if self.masters.has(Master.BACKUP):
                backup = derive_backup_key(self.masters.open(Master.BACKUP, pair), terminal)
            injection = Injection(Order(terminal, serial, key, tmk, backup), self.random)
            bound = self.terminals.bind(terminal, serial)
        self.audit.record(act, pair.names, name, tmk.check_value, "begun")
        try:
            with self.noting_refusals(act, pair.names, name):
                yield injection
                if not injection.done:
                    raise LineSilent
        finally:
            if bound and not injection.sent:
                self.terminals.unbind(terminal)
        self.audit.record(act, pair.names, name, tmk.check_value)

    def make_authority(self, who: str) -> list[CaKey]:
        """The test CA's keys."""
        with self.noting_refusals("make test CA", [who]):
            self.authority.require_free()
            self.audit.record("make test CA", [who])
            return self.authority.make(self._now().date())

    def make_signer(self, who: str, passphrase: str) -> Signer:
        """The update signer's key pair."""
        with self.noting_refusals("make signer", [who]):
            if self._signer.exists():
                raise KeyExists
            require_passphrase(passphrase)
            self.audit.record("make signer", [who])
            return Signer.make(self._signer, passphrase)

    def sign(self, who: str, passphrase: str, name: str, image: bytes) -> bytes:
        """The signature of `image`, 384 bytes; the audit line has its SHA-256."""
        key = f"{name} sha256:{hashlib.sha256(image).hexdigest()}"
        with self.noting_refusals("sign", [who], key):
            signer = Signer.load(self._signer, passphrase)
            self.audit.record("sign", [who], key)
            return signer.sign(image)


def _confirmed(algorithm: Algorithm, components: tuple[bytes, bytes], confirmed: bytes) -> Key:
    """The key of two components, whose check value must be the one `confirmed`."""
    key = Key(algorithm, combine(algorithm, *components))
    require_check_value(algorithm, key.value, confirmed)
    return key
