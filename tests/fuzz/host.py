"""The acquirer against damaged requests, one after the other.

Half of them get the MAC that is right for them, so that they are looked into. What must hold: nothing is raised; a
message is answered by one of its type, with its STAN and its terminal, and the connection stays; or it lacks these and
nobody could answer it, and the connection is closed at once. Afterwards a terminal is served as ever, and the books
balance.
"""

from __future__ import annotations

from collections import Counter

from host_tools.acquirer import spec
from host_tools.acquirer.connection import Action, Close, Connection, Send
from host_tools.acquirer.faults import Faults
from host_tools.acquirer.spec import Message
from tests.fuzz.damage import Damage, captured
from tests.host.acquirer.conftest import World

LIFE = 1_000  # messages that one bank gets: what is settled, or spent, is of no more use
_ENDINGS = ("0500", "0320")  # what closes a batch goes to one bank of eight
_SIGN_IN_FIRST = "77"
_STAN, _CODE, _TERMINAL = 11, 39, 41
_UNUSED = 753_951  # a STAN from which on damage has made none


def pound(messages: int, seed: int) -> Counter[str]:
    """How often what came of them: a code, or "closed". AssertionError for what must not be."""
    ends = Counter[str]()
    while ends.total() < messages:
        number = ends.total() // LIFE
        ends += _Life(seed * 1009 + number, endings=number % 8 == 0).lived(min(LIFE, messages - ends.total()))
    return ends


class _Life:
    """A bank and its terminal, whose session is renewed when a message has ended it."""

    def __init__(self, seed: int, *, endings: bool) -> None:
        asked = [frame for frame in captured() if int(_mti(frame)[2]) % 2 == 0]
        self._damage = Damage(seed, [frame for frame in asked if endings or _mti(frame) not in _ENDINGS])

    def lived(self, messages: int) -> Counter[str]:
        ends = Counter[str]()
        with World() as world:
            till, connection = world.till, Connection(world.acquirer, Faults())
            till.sign_in()
            for _ in range(messages):
                frame = self._damage.frame()
                if self._damage.random.random() < 0.5 and frame[-spec.MAC_LENGTH :]:
                    frame = frame[: -spec.MAC_LENGTH] + till.suite.mac(
                        till.mak, frame[spec.PREFIX_LENGTH : -spec.MAC_LENGTH]
                    )
                end, reply = _come_to(frame, connection.feed(len(frame).to_bytes(2, "big") + frame))
                ends[end] += 1
                if reply is None:
                    connection = Connection(world.acquirer, Faults())
                elif end == _SIGN_IN_FIRST or (reply.mti == "0810" and 62 in reply.fields):
                    till.sign_in()
            till._stan = _UNUSED
            till.sign_in()
            assert till.sale(world.card("long"), 1).fields[_CODE] == "00"
            assert world.acquirer.ledger.check() == []
        return ends


def _come_to(frame: bytes, actions: list[Action]) -> tuple[str, Message | None]:
    request = _understood(frame)
    if request is None:
        assert actions == [Close(0)], (frame.hex(), actions)
        return "closed", None
    (action,) = actions
    assert isinstance(action, Send), frame.hex()
    reply = spec.decode(action.data[2:])
    assert reply.mti == f"{request.mti[:2]}{int(request.mti[2]) + 1}{request.mti[3]}", frame.hex()
    assert all(reply.fields[number] == request.fields[number] for number in (_STAN, _TERMINAL)), frame.hex()
    return reply.fields[_CODE], reply


def _understood(frame: bytes) -> Message | None:
    """What of it can be read, if that is enough for an answer: a type that asks for one, a STAN, a terminal."""
    try:
        message: Message | None = spec.decode(frame)
    except spec.MessageError as error:
        message = error.partial
    if message is None or not message.mti.isdecimal() or message.mti[0] != "0" or int(message.mti[2]) % 2:
        return None
    return message if message.fields.keys() >= {_STAN, _TERMINAL} else None


def _mti(frame: bytes) -> str:
    return frame[spec.PREFIX_LENGTH :][:2].hex()
