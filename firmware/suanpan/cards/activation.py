"""How a card in the slot comes to speak: power, answer to reset, rate and protocol (EMV 4.3 Book 1, clauses 6 to 9).

In memory only while that is done.
"""

from micropython import const

from suanpan.cards import atr
from suanpan.errors.chip import CardGarbled, CardMute, CardUnsupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.cards.atr import Atr
    from suanpan.cards.t0 import T0
    from suanpan.cards.t1 import T1
    from suanpan.drivers.chip_slot import ChipSlot

_ANSWER_CLOCKS = const(42_000)  # until the answer to reset begins
_CHARACTER_ETU = const(10_080)  # from each of its characters to the next
_ANSWER_ETU = const(20_160)  # until it is over
_PPS_ETU = const(9_600)


async def activate(slot: "ChipSlot", fastest: int, buffer: bytearray) -> "T0 | T1":
    """The protocol, started, which puts what the card answers into `buffer`. Raises what ContactCard.activate() does,
    and may leave the card under power then."""
    line = slot.line
    await slot.cold_reset()
    try:
        answer = await _answer_to_reset(slot, False)
    except (CardGarbled, CardUnsupported):
        await slot.warm_reset()
        answer = await _answer_to_reset(slot, True)
    if answer.specific:
        if line.baudrate(answer.f, answer.d) > max(fastest, line.baudrate(372, 4)):
            raise CardUnsupported
        line.rate(answer.f, answer.d)
    elif answer.ta1 != 0x11 and line.baudrate(answer.f, answer.d) <= fastest:
        agreed = await _faster(slot, answer)
        if not agreed:  # nobody knows what the card makes of it
            await slot.warm_reset()
            answer = await _answer_to_reset(slot, True)
    protocol = _speak(slot, answer, buffer)
    await protocol.start()
    return protocol


def _speak(slot: "ChipSlot", answer: "Atr", buffer: bytearray) -> "T0 | T1":
    # One of the two is enough in memory.
    if answer.protocol:
        from suanpan.cards.t1 import T1

        return T1(slot.line, answer, buffer)
    from suanpan.cards.t0 import T0

    return T0(slot.line, answer, buffer)


async def _answer_to_reset(slot: "ChipSlot", warm: bool) -> "Atr":
    line = slot.line
    began_ms = line.waited_ms
    first_ms = line.clocks_ms(_ANSWER_CLOCKS)
    have = 0
    while have < (end := atr.length(line.data, have)):
        came = await line.receive(have, end, first_ms, line.ms(_CHARACTER_ETU))
        if not came:
            raise CardMute
        if came < end or line.waited_ms - began_ms > line.ms(_ANSWER_ETU) + line.late_ms:
            raise CardGarbled
        if not have and line.data[0] == 0x03:  # 3F, seen from the other side
            line.invert(came)
        have = came
        first_ms = line.ms(_CHARACTER_ETU)
    answer = atr.parse(line.data, have, warm)
    line.rate(372, 1)  # with the parity of its convention
    line.extra_guard(answer.guard)
    return answer


async def _faster(slot: "ChipSlot", answer: "Atr") -> bool:
    """Whether the card agrees to the rate it has offered; where it agrees and keeps its own, that stays."""
    line = slot.line
    out = line.out
    out[0] = 0xFF
    out[1] = 0x10 | answer.protocol
    out[2] = answer.ta1
    out[3] = 0xFF ^ out[1] ^ out[2]
    await line.send(4)
    wait_ms = line.ms(_PPS_ETU)
    data = line.data
    came = await line.receive(0, 3, wait_ms, wait_ms)
    if came == 3 and data[0] == 0xFF and data[1] == answer.protocol and data[2] == 0xFF ^ data[1]:
        return True
    if came < 3 or await line.receive(3, 4, wait_ms, wait_ms) < 4:
        return False
    for i in range(4):
        if data[i] != out[i]:
            return False
    line.rate(answer.f, answer.d)
    return True
