"""Injection into a terminal that several merchants share: to the workshop they are as many units, one after the other.

Each has an injection key of its own, under the serial number that its terminal number goes with.
"""

from micropython import const

from suanpan.acquirer.suites import suite
from suanpan.service.injection import KEYED, REFUSED, Injection
from suanpan.service.injection_line import serve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable
    from suanpan.service.mall import Mall


_WRITE = const(0x12)  # service/backup.py
_REFUSED = const(0x1F)
_SHARED = b"L23"


class Units:
    """Who has no master key yet answers, in the merchants' order."""

    def __init__(self, units: "list[Injection]") -> None:
        self._units = units

    def answer(self, kind: int, body: "Readable") -> "tuple[int, bytes]":
        if kind == _WRITE:
            return _REFUSED, _SHARED
        answer = REFUSED, bytes((KEYED,))
        for unit in self._units:
            said = unit.answer(kind, body)
            if said != answer:
                return said
        return answer


async def be_loaded(t: "Mall") -> None:
    """Listen to the workshop for ever. Archives are refused: they go to a terminal that is one merchant's alone."""
    algorithm = suite(t.parameters.suite).algorithm
    units = []
    for at in range(t.count):
        of = t.parameters.merchants[at]
        units.append(Injection(await t.keys_of(at), str(of["terminal_id"]), str(of["serial"]), algorithm, t.random))
    await serve(t.saving()[0], Units(units))
