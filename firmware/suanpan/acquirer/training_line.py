"""What a terminal in training has for a line: its other end is in the terminal, and no message leaves that.

The amount says what is answered (docs/menus.md).
"""

import asyncio

from micropython import const

from suanpan.acquirer.messages import MAC_SIZE, reply_mti
from suanpan.acquirer.responses import RESPONSE
from suanpan.codec import iso8583
from suanpan.ledger.key_store import MAK, TMK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.messages import Values
    from suanpan.acquirer.suites import Suite
    from suanpan.crypto.octets import Readable
    from suanpan.terminal import Terminal

_THINKING_MS = const(500)
_LONG_S = const(600)  # nobody waits longer
_YUAN = const(100)
_LOWEST = const(2)  # 分; one is approved, as everybody tries that
_SILENT = const(98)
_PARTIAL = const(10)  # 分, of which half is approved where the terminal takes that
_UNKNOWN = const(25)
_SIGN_IN = const(800)
_SETTLEMENT = const(500)
_REQUESTS = const((100, 200))
_TOLD = const(36)  # F60 of what a chip has approved: it is too late to refuse
_QUERY = const(330000)  # F3
_BALANCE = const(310000)
_IN_PURSE = const("1002156C000000100000")  # F54: a thousand yuan
_WORD = const(30)  # digits of F48 in a settlement before the host's word on them, which comes twice
_WORKING_KEYS = const(40)  # bytes of F62


class TrainingLine:
    """`batch` is a list of one number, which is counted up. `suite` is the session's: nobody needs another copy."""

    suite: "Suite"

    wish = 0
    whole = False
    keeper = None

    def __init__(self, t: "Terminal", batch: "list[int]") -> None:
        self._t = t
        self._batch = batch
        self._request: "Readable" = b""

    async def send(self, message: "Readable") -> None:
        self._request = message

    async def receive(self) -> bytes:
        t = self._t
        mti, asked = iso8583.decode(self._request)
        kind = int(mti)
        await asyncio.sleep_ms(_THINKING_MS)
        word = _word(kind, asked)
        if word == _SILENT:
            await asyncio.sleep(_LONG_S)
        answer: "Values" = {number: asked[number] for number in (2, 3, 4, 11, 41, 42, 49) if number in asked}
        answer[12], answer[13] = t.time(), t.today()[2:]
        answer[RESPONSE] = f"{word:02}"
        rules = self.suite
        if kind == _SIGN_IN and 63 in asked:
            answer[60] = "00" + str(self._batch[0]) + rules.network
            with t.keys.use(TMK, rules.algorithm) as key:
                answer[62] = _working_keys(rules, key.view)
        elif kind == _SETTLEMENT:
            self._batch[0] += 1
            sums = str(asked[48])
            answer[48] = sums[:_WORD] + "1" + sums[_WORD + 1 : 2 * _WORD + 1] + "1"
        elif 62 in asked:
            answer[62] = b"0"  # nothing of the kind can be downloaded
        elif 2 in asked:
            self._decorate(asked, answer, word)
        return self._sealed(reply_mti(mti), answer, 64 in asked)

    def _decorate(self, asked: "dict[int, str | bytes]", answer: "Values", word: int) -> None:
        """What an approval says besides."""
        stan = str(asked[11])
        answer[37] = f"NOT-VALID-{stan[4:]}"
        answer[38] = asked.get(38, stan)
        answer[63] = b"CUP"
        what = int(str(asked[3]))
        if what == _BALANCE:
            answer[54] = _IN_PURSE
        elif what == _QUERY:
            answer[62] = b"00"
        elif word == _PARTIAL:
            answer[4] = f"{_PARTIAL // 2:012}"

    def _sealed(self, mti: str, values: "Values", sealed: bool) -> bytes:
        if sealed:
            values[64] = bytes(MAC_SIZE)
        message = iso8583.encode(mti, values)
        if sealed:
            with self._t.keys.use(MAK, self.suite.algorithm) as key:
                message[-MAC_SIZE:] = self.suite.mac(key.view, iso8583.mac_input(message))
        return bytes(message)

    async def close(self) -> None:
        """There is nothing to close."""

    end = close


def _working_keys(rules: "Suite", key: "Readable") -> bytes:
    """F62: keys that come of nothing but zeros."""
    data = bytearray(_WORKING_KEYS)
    pik, mak = bytearray(16), bytearray(rules.mak_size)
    with rules.cipher(key) as cipher:
        cipher.decrypt(pik, pik)
        cipher.decrypt(mak, mak)
    data[16:20] = rules.check_value(pik)
    data[36:] = rules.check_value(mak)
    return bytes(data)


def _word(kind: int, asked: "dict[int, str | bytes]") -> int:
    """F39."""
    amount = int(str(asked.get(4, "0")))
    what = str(asked.get(60, "0"))
    if kind not in _REQUESTS or int(what[:2]) == _TOLD or not _LOWEST <= amount < _YUAN:
        return 0
    if int(str(asked[3])) == _QUERY:
        return _UNKNOWN if amount == _SILENT else 0
    if amount == _PARTIAL and what[11:][2:] != "1":
        return 0
    return amount
