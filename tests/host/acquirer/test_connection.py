"""Framing and faults: what goes over the wire, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.acquirer import spec
from host_tools.acquirer.connection import DELAY_MS, Action, Close, Connection, Send
from host_tools.acquirer.faults import AT_THE_DOOR, Fault, Faults, Kind, bent
from tests.host.acquirer.conftest import World

if TYPE_CHECKING:
    from host_tools.acquirer.spec import Message
    from tests.host.acquirer.till import Sold, Till


def framed(frame: bytes) -> bytes:
    return len(frame).to_bytes(2, "big") + frame


class Line:
    """A connection to a world's acquirer."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults = Faults()
        self.connection = Connection(world.acquirer, self.faults)

    def send(self, frame: bytes) -> list[Action]:
        return self.connection.feed(framed(frame))

    def sale(self, amount: int = 100) -> bytes:
        return self.world.till.sale_frame(self.world.card("plain"), amount)

    def charged(self) -> int:
        card = self.world.card("plain")
        return card.balance - self.world.acquirer.bank.balance(card.pan)


@pytest.fixture
def line(world: World) -> Line:
    return Line(world)


def reply_in(actions: list[Action]) -> Message:
    (action,) = actions
    assert isinstance(action, Send)
    assert int.from_bytes(action.data[:2], "big") == len(action.data) - 2
    return spec.decode(action.data[2:])


def test_a_message_is_answered_after_the_delay(line: Line) -> None:
    actions = line.send(line.sale())
    assert reply_in(actions).fields[39] == "00"
    assert [action.after_ms for action in actions] == [DELAY_MS]


def test_messages_in_one_piece_are_answered_in_order(line: Line) -> None:
    sales = [line.sale(amount) for amount in (100, 200, 300)]
    actions = line.connection.feed(b"".join(map(framed, sales)))
    assert [reply_in([action]).fields[4][-3:] for action in actions] == ["100", "200", "300"]


@pytest.mark.parametrize("length", [0, 1, 20, 2049, 65535])
def test_a_length_out_of_bounds_closes_at_once(line: Line, length: int) -> None:
    assert line.connection.feed(length.to_bytes(2, "big")) == [Close(0)]
    assert line.world.records[-1].direction == "dropped"
    assert line.send(line.sale()) == []
    assert line.charged() == 0


def test_bytes_that_nobody_can_answer_close_the_connection(line: Line) -> None:
    assert line.send(bytes(60)) == [Close(0)]
    assert line.send(line.sale()) == []


@settings(max_examples=30)
@given(data=st.data())
def test_cutting_the_stream_makes_no_difference(data: st.DataObject) -> None:
    tail = data.draw(st.sampled_from([b"", b"\0\x14", framed(bytes(30)) + b"more", b"\0"]))
    with World() as whole, World() as cut:
        stream = signed_in_stream(whole) + tail
        assert signed_in_stream(cut) + tail == stream
        expected = Line(whole).connection.feed(stream)
        connection, actions = Line(cut).connection, []
        while stream:
            step = data.draw(st.integers(1, 120))
            actions += connection.feed(stream[:step])
            stream = stream[step:]
    assert actions == expected


def signed_in_stream(world: World) -> bytes:
    world.till.sign_in()
    return b"".join(framed(world.till.sale_frame(world.card("plain"), amount)) for amount in (100, 200))


@given(pieces=st.lists(st.binary(max_size=80), max_size=5))
def test_noise_never_fails_and_is_held_in_bounds(shared: World, pieces: list[bytes]) -> None:
    line = Line(shared)
    for piece in pieces:
        assert all(isinstance(action, Send | Close) for action in line.connection.feed(piece))
    assert len(line.connection._received) <= 2 + 2048


def test_lost(line: Line) -> None:
    line.faults.arm(Fault(Kind.LOST))
    sale = line.sale()
    assert line.send(sale) == []
    assert line.charged() == 0
    assert reply_in(line.send(sale)).fields[39] == "00"


def test_silent(line: Line) -> None:
    line.faults.arm(Fault(Kind.SILENT))
    sale = line.sale()
    assert line.send(sale) == []
    assert line.charged() == 100
    assert reply_in(line.send(line.world.till.reversal_frame(sale))).fields[39] == "00"
    assert line.charged() == 0


def test_close(line: Line) -> None:
    line.faults.arm(Fault(Kind.CLOSE))
    assert line.send(line.sale()) == [Close(DELAY_MS)]
    assert line.charged() == 100
    assert line.send(line.sale()) == []


def test_close_half_way(line: Line) -> None:
    line.faults.arm(Fault(Kind.CLOSE_HALF_WAY))
    half, close = line.send(line.sale())
    assert isinstance(half, Send)
    assert close == Close(DELAY_MS)
    assert 2 < len(half.data) < 2 + int.from_bytes(half.data[:2], "big")


@pytest.mark.parametrize("kind", [Kind.SILENT, Kind.WRONG_MAC])
def test_a_fault_makes_no_answer_of_noise(line: Line, kind: Kind) -> None:
    line.faults.arm(Fault(kind))
    assert line.send(bytes(60)) == [Close(0)]


def test_late(line: Line) -> None:
    line.faults.arm(Fault(Kind.LATE, ms=45_000))
    actions = line.send(line.sale())
    assert reply_in(actions).fields[39] == "00"
    assert actions[0].after_ms == 45_000 + DELAY_MS


def test_duplicate(line: Line) -> None:
    line.faults.arm(Fault(Kind.DUPLICATE))
    first, second = line.send(line.sale())
    assert first == second
    assert reply_in([first]).fields[39] == "00"
    assert line.charged() == 100


def test_answer(line: Line) -> None:
    line.faults.arm(Fault(Kind.ANSWER, code="91"))
    sale = line.sale()
    raw = line.send(sale)
    reply = reply_in(raw)
    assert reply.fields[39] == "91"
    assert has_its_mac(line, raw)
    assert line.charged() == 0
    assert reply_in(line.send(sale)).fields[39] == "00"


def test_garbage(line: Line) -> None:
    line.faults.arm(Fault(Kind.GARBAGE))
    (action,) = line.send(line.sale())
    assert isinstance(action, Send)
    assert int.from_bytes(action.data[:2], "big") == len(action.data) - 2
    with pytest.raises(spec.MessageError):
        spec.decode(action.data[2:])


def test_wrong_mac(line: Line) -> None:
    line.faults.arm(Fault(Kind.WRONG_MAC))
    raw = line.send(line.sale())
    assert reply_in(raw).fields[39] == "00"
    assert not has_its_mac(line, raw)


@pytest.mark.parametrize(
    ("kind", "number", "wrong"),
    [
        (Kind.WRONG_STAN, 11, "000003"),
        (Kind.WRONG_AMOUNT, 4, "000000000101"),
        (Kind.WRONG_TID, 41, "10000000"),
    ],
)
def test_wrong_content_under_a_correct_mac(line: Line, kind: Kind, number: int, wrong: str) -> None:
    sale = line.sale()
    line.faults.arm(Fault(kind))
    raw = line.send(sale)
    reply = reply_in(raw)
    assert reply.fields[number] == wrong
    assert reply.fields[39] == "00"
    assert has_its_mac(line, raw)
    others = {n: v for n, v in spec.decode(sale).fields.items() if n in reply.fields and n not in (number, 64)}
    assert others.items() <= reply.fields.items()


def test_wrong_stan_of_a_sign_in(fresh: World) -> None:
    line = Line(fresh)
    line.faults.arm(Fault(Kind.WRONG_STAN))
    reply = reply_in(line.send(fresh.till.sign_in_frame()))
    assert reply.fields[11] == "000002"
    assert 64 not in reply.fields


@pytest.mark.parametrize("kind", [Kind.WRONG_MAC, Kind.WRONG_AMOUNT])
def test_a_reply_without_the_field_stays_as_it_is(fresh: World, kind: Kind) -> None:
    line = Line(fresh)
    line.faults.arm(Fault(kind))
    assert reply_in(line.send(fresh.till.sign_in_frame())).fields[39] == "00"


TOLD: dict[str, Callable[[Till, Sold], bytes]] = {
    "void": lambda till, sold: till.void_frame(sold),
    "refund": lambda till, sold: till.refund_frame(sold, 40),
    "offline sale": lambda till, sold: till.offline_frame(sold.card, 40),
    "settlement": lambda till, sold: till.settlement_frame(),
}


@pytest.mark.parametrize("what", TOLD)
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in AT_THE_DOOR], ids=lambda kind: kind.name)
def test_a_fault_of_any_message(line: Line, what: str, kind: Kind) -> None:
    """What was handled is known when it comes again, and what was not is done then."""
    till = line.world.till
    frame = TOLD[what](till, till.sell(line.world.card("plain")))
    line.faults.arm(Fault(kind, mti=frame[11:13].hex(), code="96", size=9))
    actions = line.send(frame)
    assert line.faults.armed == []
    broken = kind in (Kind.GARBAGE, Kind.CLOSE_HALF_WAY, Kind.TRUNCATED, Kind.BENT_REPLY, Kind.BENT_REQUEST)
    replies = [action for action in actions if isinstance(action, Send) and not broken]
    codes = [reply_in([reply]).fields[39] for reply in replies]
    repeated = "00" if what == "settlement" else "94"
    answered = kind in (Kind.LATE, Kind.WRONG_MAC, Kind.WRONG_STAN, Kind.WRONG_AMOUNT, Kind.WRONG_TID)
    expected = {Kind.DUPLICATE: ["00", "00"], Kind.ANSWER: ["96"], Kind.AGAIN: [repeated]}
    assert codes == expected.get(kind, ["00"] * answered)
    line.faults.held.clear()
    line.faults.stale.clear()
    handled = kind not in (Kind.LOST, Kind.ANSWER, Kind.UNREAD, Kind.HELD, Kind.BENT_REQUEST, Kind.RESTART)
    assert reply_in(Line(line.world).send(frame)).fields[39] == (repeated if handled else "00")
    assert line.world.acquirer.ledger.check() == []


def test_unread(line: Line) -> None:
    line.faults.arm(Fault(Kind.UNREAD))
    assert line.send(line.sale()) == [Close(0)]
    assert line.charged() == 0


def test_a_request_that_comes_twice(line: Line) -> None:
    line.faults.arm(Fault(Kind.AGAIN))
    assert reply_in(line.send(line.sale())).fields[39] == "94"
    assert line.charged() == 100


def test_a_request_that_is_overtaken_by_its_reversal(line: Line) -> None:
    line.faults.arm(Fault(Kind.HELD, "0200"))
    sale = line.sale()
    assert line.send(sale) == []
    other = Line(line.world)  # the terminal calls again
    other.connection = Connection(line.world.acquirer, line.faults)
    replies = other.send(line.world.till.reversal_frame(sale))
    assert [(reply_in([one]).mti, reply_in([one]).fields[39]) for one in replies] == [("0410", "25"), ("0210", "22")]
    assert line.charged() == 0


def test_a_reply_after_the_reversal_was_sent(line: Line) -> None:
    line.faults.arm(Fault(Kind.STALE, "0200"))
    sale = line.sale()
    assert line.send(sale) == []
    assert line.charged() == 100
    replies = line.send(line.world.till.reversal_frame(sale))
    assert [(reply_in([one]).mti, reply_in([one]).fields[39]) for one in replies] == [("0210", "00"), ("0410", "00")]
    assert line.charged() == 0


def test_what_is_on_its_way_is_one_terminal_s(line: Line) -> None:
    line.faults.arm(Fault(Kind.STALE, "0200"))
    line.send(line.sale())
    other = line.world.till_of("10000002")
    assert reply_in(line.send(other.sign_in_frame())).fields[41] == "10000002"
    assert [reply_in([one]).mti for one in line.send(line.world.till.manage_frame("301"))] == ["0210", "0830"]


def test_truncated(line: Line) -> None:
    line.faults.arm(Fault(Kind.TRUNCATED, size=9))
    (action,) = line.send(line.sale())
    assert isinstance(action, Send)
    assert int.from_bytes(action.data[:2], "big") == len(action.data) - 2
    with pytest.raises(spec.MessageError):
        spec.decode(action.data[2:])


@given(bit=st.integers(0, 5000))
def test_one_bit_of_a_frame(bit: int) -> None:
    frame = bytes(range(100))
    changed = int.from_bytes(bent(frame, bit), "big") ^ int.from_bytes(frame, "big")
    assert changed.bit_count() == 1 and changed.bit_length() == 800 - bit % 800


@pytest.mark.parametrize("bit", [None, 0, 90, 700])
def test_a_bit_of_the_request(line: Line, bit: int | None) -> None:
    """Whatever it makes of the message, no money moves."""
    line.faults.arm(Fault(Kind.BENT_REQUEST, bit=bit))
    for action in line.send(line.sale()):
        assert isinstance(action, Close) or reply_in([action]).fields[39] in ("A0", "03", "30", "97")
    assert line.charged() == 0


def test_a_bit_of_the_reply(line: Line) -> None:
    line.faults.arm(Fault(Kind.BENT_REPLY, bit=8 * 30))
    raw = line.send(line.sale())
    assert not has_its_mac(line, raw)
    assert line.charged() == 100


def test_a_restart_in_the_middle(line: Line) -> None:
    ended = []
    line.faults.at_restart.append(lambda: ended.append(line.charged()))
    line.faults.arm(Fault(Kind.RESTART, ms=5000))
    sale = line.sale()
    assert line.send(sale) == [Close(0)]
    assert ended == [0]
    assert line.send(sale) == []
    now = line.world.now
    assert line.faults.refuses(Kind.REFUSED, now + timedelta(seconds=4.9))
    assert not line.faults.refuses(Kind.REFUSED, now + timedelta(seconds=5))
    assert not line.faults.refuses(Kind.REFUSED, now)  # it is up again, and stays so
    assert reply_in(Line(line.world).send(sale)).fields[39] == "00"
    assert line.charged() == 100


def test_a_restart_afterwards(line: Line) -> None:
    line.faults.arm(Fault(Kind.RESTART_AFTER))
    sale = line.sale()
    assert line.send(sale) == [Close(0)]
    assert line.charged() == 100
    assert reply_in(Line(line.world).send(sale)).fields[39] == "94"


def test_a_restart_loses_what_was_on_its_way(line: Line) -> None:
    line.faults.arm(Fault(Kind.HELD))
    line.faults.arm(Fault(Kind.STALE))
    line.faults.arm(Fault(Kind.RESTART_AFTER))
    for _ in range(3):
        actions = line.send(line.sale())
    assert len([action for action in actions if isinstance(action, Close)]) == 1
    assert not line.faults.held and not line.faults.stale


def test_the_door_is_no_message(line: Line) -> None:
    line.faults.arm(Fault(Kind.REFUSED, nth=2))
    line.faults.arm(Fault(Kind.REFUSED_TLS))
    assert reply_in(line.send(line.sale())).fields[39] == "00"
    refused = [line.faults.refuses(Kind.REFUSED, line.world.now) for _ in range(3)]
    assert refused == [False, True, False]
    assert line.faults.refuses(Kind.REFUSED_TLS, line.world.now)
    assert line.faults.armed == []


def test_faults_strike_in_turn_where_they_are_aimed(line: Line) -> None:
    line.faults.arm(Fault(Kind.ANSWER, mti="0400", code="96"))
    line.faults.arm(Fault(Kind.ANSWER, nth=2, code="91"))
    line.faults.arm(Fault(Kind.ANSWER, code="98"))
    sales = [line.sale() for _ in range(4)]
    codes = [reply_in(line.send(sale)).fields[39] for sale in sales[:3]]
    codes.append(reply_in(line.send(line.world.till.reversal_frame(sales[0]))).fields[39])
    codes.append(reply_in(line.send(sales[3])).fields[39])
    assert codes == ["00", "91", "98", "96", "00"]
    assert line.faults.armed == []


def test_what_a_fault_does_is_in_the_trace(line: Line) -> None:
    line.faults.arm(Fault(Kind.WRONG_AMOUNT))
    line.send(line.sale())
    received, sent, struck = line.world.records[-3:]
    assert [received.direction, sent.direction, struck.direction] == ["in", "out", "fault"]
    assert struck.note.startswith("WRONG_AMOUNT: ")
    amounts = [next(f.value for f in record.fields if f.number == 4) for record in (sent, struck)]
    assert amounts == ["000000000100", "000000000101"]


@pytest.mark.parametrize(
    "wrong", [{"nth": 0}, {"ms": -1}, {"code": "9"}, {"code": "9é"}, {"code": "9\n"}, {"size": 0}, {"bit": -1}], ids=str
)
def test_a_fault_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a fault needs"):
        Fault(Kind.ANSWER, **wrong)  # type: ignore[arg-type]


def has_its_mac(line: Line, actions: list[Action]) -> bool:
    (action,) = actions
    assert isinstance(action, Send)
    return action.data[-8:] == line.world.till.suite.mac(line.world.till.mak, action.data[13:-8])
