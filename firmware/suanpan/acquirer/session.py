"""The terminal's talk with the acquirer: sign-in, and each financial message with its MAC and its own answer."""

import asyncio

from micropython import const

from suanpan.acquirer import messages
from suanpan.acquirer.answer import Answer
from suanpan.acquirer.responses import APPROVED, RESPONSE
from suanpan.codec import iso8583
from suanpan.crypto.octets import wipe
from suanpan.errors import MacError, NoReply, SignInRefused, SuiteRefused
from suanpan.ledger.key_store import MAK, PIK, TMK
from suanpan.overlay import passing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from suanpan.acquirer.framing import Line
    from suanpan.acquirer.messages import Values
    from suanpan.acquirer.suites import Suite
    from suanpan.codec.track import Track2
    from suanpan.crypto.secret import PinEntry
    from suanpan.ledger.entry import Entry
    from suanpan.ledger.key_store import KeyStore
    from suanpan.ledger.parameters import Parameters

    class Sealed(Protocol):
        """What F60 is made of: an entry, or what asks for something else than money."""

        batch: str
        entry_mode: str


_NETWORK = const(8)  # F60: where the network code (60.3) begins
_NETWORK_END = const(11)


class Session:
    """One connection; use as `async with`. One request is under way at a time.

    A key of another suite's algorithm than this terminal's raises BadKey, before anything is sent.
    """

    def __init__(
        self,
        line: "Line",
        parameters: "Parameters",
        keys: "KeyStore",
        suite: "Suite",
        random: "Callable[[int], bytes]",
    ) -> None:
        self.line = line
        self._parameters = parameters
        self._keys = keys
        self.suite = suite
        self._random = random

    async def __aenter__(self) -> "Session":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.line.close()

    async def sign_in(self, stan: str, batch: str, operator: str) -> Answer:
        """Fetch and store new working keys; the host's answer, whose F60 carries the batch number.

        Raises KeyMissing before anything is sent; SignInRefused; and, nothing being stored, SuiteRefused when the keys
        are another suite's, BadReply when they are of another length, CheckValueError when one is not what its check
        value says.
        """
        suite = self.suite
        self._keys.use(TMK, suite.algorithm).wipe()  # it is there, and for this suite
        serial = self._parameters.serial
        values: "Values" = {
            11: stan,
            62: f"Sequence No{len(serial):02}{serial}".encode(),
            63: f"{operator} ".encode(),
        }
        answer = await self._exchange(messages.build("sign_in", self._parameters, suite, batch, values), sealed=False)
        if answer.text(RESPONSE) != APPROVED:
            raise SignInRefused
        if answer.text(60)[_NETWORK:_NETWORK_END] != suite.network:
            raise SuiteRefused
        with self._keys.use(TMK, suite.algorithm) as tmk:
            pik, mak = suite.working_keys(tmk.view, answer.data(62))
        try:
            self._keys.store({PIK: pik, MAK: mak}, suite.algorithm)
        finally:
            wipe(pik)
            wipe(mak)
        return answer

    async def manage(self, name: str, stan: str, batch: str, values: "Values") -> Answer:
        """Ask for what moves no money, by its name in MESSAGES; there is no MAC on it. Raises NoReply and BadReply."""
        values[11] = stan
        return await self._exchange(messages.build(name, self._parameters, self.suite, batch, values), sealed=False)

    async def request(
        self, entry: "Entry", track: "Track2 | None" = None, pin: "PinEntry | None" = None, auth_code: str = ""
    ) -> Answer:
        """Ask for what an open entry is about, or tell of a stored one; the verified answer.

        The PIN is gone before it is sent. `auth_code` is that of the transaction which a void takes back. NoReply,
        BadReply and MacError mean that nobody knows what the host did.
        """
        values = _transaction(entry)
        if auth_code:
            values[38] = auth_code
        if track:
            values[35] = track.data
        if pin:
            with self._keys.use(PIK, self.suite.algorithm) as pik:
                number, block = self.suite.pin_field(pik.view, pin.view, str(values[2]), self._random)
            values[number] = block
            pin.wipe()
        return await self.sealed(entry.kind, entry, values)

    async def reverse(self, entry: "Entry") -> str:
        """Send the reversal of an entry; the host's response code."""
        answer = await self.sealed(f"{entry.kind}_reversal", entry, _transaction(entry))
        return answer.text(RESPONSE)

    async def sealed(self, name: str, entry: "Sealed", values: "Values") -> Answer:
        """Any message with a MAC; the verified answer."""
        suite = self.suite
        request = messages.build(name, self._parameters, suite, entry.batch, values, entry.entry_mode[3:])
        with self._keys.use(MAK, suite.algorithm) as mak:
            request[-messages.MAC_SIZE :] = suite.mac(mak.view, iso8583.mac_input(request))
        return await self._exchange(request, sealed=True)

    async def _exchange(self, request: bytearray, sealed: bool) -> Answer:
        """Send, and wait for the answer that belongs to it; answers to something else are passed over."""
        found: "list[Answer]" = []
        self.line.whole = False
        try:
            waiting = passing(self._answered(request, sealed, found))
            await asyncio.wait_for(waiting, self._parameters.host_timeout_s)
        except (asyncio.TimeoutError, EOFError, OSError):
            raise NoReply from None
        self.line.whole = True
        return found.pop()

    async def _answered(self, request: bytearray, sealed: bool, found: "list[Answer]") -> None:
        await self.line.send(request)
        while True:
            answer = Answer(await self.line.receive())
            if sealed and not self._is_genuine(answer):
                raise MacError
            if answer.belongs_to(request):
                found.append(answer)
                return

    def _is_genuine(self, answer: Answer) -> bool:
        # The key is taken out again for this: it does not wait in memory for the host.
        with self._keys.use(MAK, self.suite.algorithm) as mak:
            return answer.has_mac_of(self.suite, mak.view)


def _transaction(entry: "Entry") -> "Values":
    """All that the entry knows; each message takes what its row in the table names."""
    pan, expiry = entry.card()
    values: "Values" = {
        2: pan,
        4: f"{entry.amount + entry.base:012}",
        11: entry.stan,
        12: entry.time,
        13: entry.date[2:],
        14: expiry,
        22: entry.entry_mode[:3],
        39: entry.reason,
    }
    for number, text in (
        (37, entry.original_reference),
        (38, entry.auth_code),
        (61, entry.original),
        (63, entry.org.encode()),
        (23, entry.sequence),
        (55, entry.chip),
        (48, f"{entry.tip or entry.amount:012}" if entry.tip or entry.base else ""),
    ):
        if text:
            values[number] = text
    return values
