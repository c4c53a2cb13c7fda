"""Injection, the workshop's side, against a unit that was written from the description alone."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from host_tools.bench.clock import VirtualClock
from host_tools.bench.uart import Uart
from host_tools.keys import errors
from host_tools.keys.components import Algorithm
from host_tools.keys.framing import MAX_BODY, FrameReader, frame
from host_tools.keys.injection import Injection, Order, exchange
from host_tools.keys.master_keys import Key, Master, derive_injection_key
from tests.host.keys.desk import SERIAL, TERMINAL, bring
from tests.host.keys.unit import LOAD, LOADED, REFUSED, START, UNIT, Unit, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from host_tools.keys.ceremony import Ceremony
    from host_tools.keys.custodians import Pair

INJECTION_KEY = bytes(range(32))
TMK = Key(Algorithm.TDES, bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"))


def order(tmk: Key = TMK) -> Order:
    return Order(TERMINAL, SERIAL, INJECTION_KEY, tmk)


def unit(injection_key: bytes | None = INJECTION_KEY, **changed: bytes) -> Unit:
    return Unit(**{"serial": SERIAL.encode(), "terminal": TERMINAL.encode(), "injection_key": injection_key, **changed})  # type: ignore[arg-type]


def workshop(seed: int = 1, tmk: Key = TMK) -> Injection:
    return Injection(order(tmk), Random(seed).randbytes)


def talk(injection: Injection, far: Callable[[bytes], bytes]) -> None:
    """Carry frames to and fro until the workshop has nothing to say."""
    said = injection.start()
    while said:
        said = injection.receive(far(said))


class Line:
    """A serial port with a unit behind it; `read` returns nothing when the unit is silent, as after a timeout."""

    def __init__(self, far: Callable[[bytes], bytes]) -> None:
        self._far = far
        self._waiting = b""

    def write(self, data: bytes) -> None:
        self._waiting += self._far(data)

    def read(self, size: int = 1) -> bytes:
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data


# -- frames ------------------------------------------------------------------------------------------------


@given(st.integers(0, 255), st.binary(max_size=MAX_BODY))
def test_frames_are_as_described(kind: int, body: bytes) -> None:
    assert frame(kind, body) == pack(kind, body)
    assert list(FrameReader().feed(frame(kind, body))) == [(kind, body)]


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=40)), max_size=4), st.lists(st.integers(1, 30)))
def test_frames_come_in_whatever_pieces(frames: list[tuple[int, bytes]], pieces: list[int]) -> None:
    line = b"".join(frame(kind, body) for kind, body in frames)
    reader, at = FrameReader(), 0
    got: list[tuple[int, bytes]] = []
    for piece in [*pieces, len(line)]:
        got += reader.feed(line[at : at + piece])
        at += piece
    assert got == frames


def test_every_flipped_bit_of_a_frame_is_found() -> None:
    good = frame(UNIT, b"sixteen bytes...")
    for bit in range(len(good) * 8):
        bad = bytearray(good)
        bad[bit >> 3] ^= 1 << (bit & 7)
        assert list(FrameReader().feed(bytes(bad))) == []


@given(st.binary(max_size=60))
def test_what_is_no_frame_is_passed_over(noise: bytes) -> None:
    """After noise, even noise that begins like a frame, at most as much is lost as the longest frame is long."""
    reader = FrameReader()
    list(reader.feed(noise))
    silence = bytes(MAX_BODY + 8)
    assert (UNIT, b"body") in [*reader.feed(silence), *reader.feed(frame(UNIT, b"body"))]


def test_a_body_too_long_is_not_sent_and_not_waited_for() -> None:
    with pytest.raises(ValueError, match="512"):
        frame(LOAD, bytes(MAX_BODY + 1))
    too_long = b"\xa5\x02" + (MAX_BODY + 1).to_bytes(2, "big")
    assert list(FrameReader().feed(too_long + frame(UNIT, b"x"))) == [(UNIT, b"x")]


# -- the way it should go ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("algorithm", "size"), [(Algorithm.TDES, 16), (Algorithm.TDES, 24), (Algorithm.AES, 32), (Algorithm.SM4, 16)]
)
def test_a_key_arrives(algorithm: Algorithm, size: int) -> None:
    tmk = Key(algorithm, bring(algorithm, size, "tmk")[0][0])
    injection, far = workshop(tmk=tmk), unit()
    talk(injection, far.answer)
    assert injection.done
    assert far.tmk == tmk.value
    assert [unpack(heard)[0] for heard in far.heard] == [START, LOAD]


def test_the_key_does_not_cross_the_line_in_clear() -> None:
    far = unit()
    talk(workshop(), far.answer)
    line = b"".join(far.heard)
    for secret in (TMK.value, INJECTION_KEY):
        assert secret[:8] not in line
        assert secret[:8].hex().encode() not in line.lower()


def test_over_a_serial_port() -> None:
    injection, far = workshop(), unit()
    exchange(injection, Line(lambda data: b"ets Jun  8 2016 \xa5\x00\n" * 20 + far.answer(data)))
    assert injection.done
    assert far.tmk == TMK.value


def test_over_the_benchs_uart() -> None:
    """The workshop as the part at the board's UART, at the line's own speed."""
    clock, injection, far = VirtualClock(), workshop(), unit()
    received = FrameReader()

    class Workshop:
        def attach(self, line: Uart, clock: object) -> None:
            self._line = line

        def receive(self, data: bytes) -> None:
            self._line.send(injection.receive(data))

        def power_off(self) -> None: ...

    def deliver(data: bytes) -> None:
        for kind, body in received.feed(data):
            uart.write(far.answer(pack(kind, body)))

    uart = Uart(Workshop(), clock, deliver)  # type: ignore[arg-type]
    uart.configure(115_200, 8, False, 1)
    uart.send(injection.start())
    while not injection.done:
        due = clock.next_us()
        assert due is not None
        clock.advance_to(due)
    assert far.tmk == TMK.value


def test_each_unit_has_an_injection_key_of_its_own() -> None:
    """SP 800-108r1, 4.1, counter mode with CMAC: K(i) = CMAC(master, i | label | 00 | context | bits)."""
    master = Key(Algorithm.AES, bytes(range(32)))
    expected = b""
    for counter in (1, 2):
        cmac = CMAC(AES(master.value))
        label = b"suanpan injection key\0" + SERIAL.encode()
        cmac.update(counter.to_bytes(4, "big") + label + (256).to_bytes(4, "big"))
        expected += cmac.finalize()
    assert derive_injection_key(master, SERIAL) == expected
    assert derive_injection_key(master, SERIAL + "1") != expected


# -- what the workshop refuses -----------------------------------------------------------------------------


def test_another_unit_is_sent_nothing() -> None:
    injection, far = workshop(), unit(serial=b"SP-VB-000002")
    with pytest.raises(errors.WrongDevice):
        talk(injection, far.answer)
    assert not injection.sent


def test_a_unit_with_another_injection_key_is_sent_nothing() -> None:
    """It says the right serial number, and cannot prove it."""
    injection, far = workshop(), unit(bytes(32))
    with pytest.raises(errors.DeviceNotProven):
        talk(injection, far.answer)
    assert not injection.sent


def test_a_recorded_unit_is_sent_nothing() -> None:
    recorded = unit().answer(workshop(1).start())
    injection = workshop(2)
    with pytest.raises(errors.DeviceNotProven):
        injection.receive(recorded)
    assert not injection.sent


def test_a_workshops_own_frames_are_not_given_back_to_it() -> None:
    injection, far = workshop(), unit()
    load = injection.receive(far.answer(injection.start()))
    _, body = unpack(load)
    for kind, error in ((LOAD, errors.OutOfTurn), (LOADED, errors.NotLoaded)):
        again = workshop()
        again.receive(unit().answer(again.start()))
        with pytest.raises(error):
            again.receive(pack(kind, body))


def test_no_bit_of_the_units_word_can_be_changed() -> None:
    """Exhaustive: every bit of UNIT's body, in a frame whose CRC is right."""
    kind, body = unpack(unit().answer(workshop().start()))
    for bit in range(len(body) * 8):
        altered = bytearray(body)
        altered[bit >> 3] ^= 1 << (bit & 7)
        injection = workshop()
        with pytest.raises((errors.DeviceNotProven, errors.WrongDevice)):
            injection.receive(pack(kind, bytes(altered)))
        assert not injection.sent


def test_no_bit_of_the_receipt_can_be_changed() -> None:
    for bit in range((32 + 3) * 8):
        injection, far = workshop(), unit()
        kind, body = unpack(far.answer(injection.receive(far.answer(injection.start()))))
        altered = bytearray(body)
        altered[bit >> 3] ^= 1 << (bit & 7)
        with pytest.raises(errors.NotLoaded):
            injection.receive(pack(kind, bytes(altered)))
        assert not injection.done


def test_a_genuine_receipt_for_another_key_is_not_taken() -> None:
    injection, far = workshop(), unit()
    far.answer(injection.receive(far.answer(injection.start())))
    with pytest.raises(errors.NotLoaded):
        injection.receive(pack(LOADED, far.proof(LOADED, b"\0\0\0") + b"\0\0\0"))


@pytest.mark.parametrize("body", [b"", bytes(16), bytes(47), bytes(48)])
def test_a_short_word_is_malformed(body: bytes) -> None:
    with pytest.raises(errors.Malformed):
        workshop().receive(pack(UNIT, body))


@pytest.mark.parametrize("kind", [0, START, LOAD, LOADED, 255])
def test_an_answer_out_of_turn_ends_it(kind: int) -> None:
    with pytest.raises(errors.OutOfTurn):
        workshop().receive(pack(kind, bytes(60)))


def test_nothing_is_heard_after_the_end() -> None:
    injection, far = workshop(), unit()
    receipt = far.answer(injection.receive(far.answer(injection.start())))
    assert injection.receive(receipt) == b""
    with pytest.raises(errors.OutOfTurn):
        injection.receive(receipt)


def test_two_words_of_the_unit_make_one_load() -> None:
    injection, far = workshop(), unit()
    word = far.answer(injection.start())
    with pytest.raises(errors.OutOfTurn):
        injection.receive(word + word)


def test_a_silent_unit_is_given_up() -> None:
    with pytest.raises(errors.LineSilent):
        exchange(workshop(), Line(lambda _: b""))


def test_a_line_that_babbles_is_given_up() -> None:
    with pytest.raises(errors.LineSilent):
        exchange(workshop(), Line(lambda _: b"\xa5babble" * 10_000))


# -- what the unit refuses ---------------------------------------------------------------------------------

REFUSALS = [
    (1, errors.DeviceKeyed),
    (2, errors.DeviceUnprepared),
    (3, errors.WorkshopNotProven),
    (4, errors.DeviceOtherTerminal),
    (5, errors.DeviceBadBlock),
    (6, errors.DeviceBadCheckValue),
    (7, errors.DeviceFault),
]


@pytest.mark.parametrize(("reason", "error"), REFUSALS)
def test_each_refusal_has_its_error(reason: int, error: type[errors.InjectionError]) -> None:
    with pytest.raises(error):
        workshop().receive(pack(REFUSED, bytes((reason,))))


@pytest.mark.parametrize("body", [b"", b"\0", b"\x08", b"\xff", b"\x01\x01"])
def test_an_unknown_refusal_is_malformed(body: bytes) -> None:
    with pytest.raises(errors.Malformed):
        workshop().receive(pack(REFUSED, body))


def test_a_unit_takes_one_key_in_its_life() -> None:
    far = unit()
    talk(workshop(1), far.answer)
    with pytest.raises(errors.DeviceKeyed):
        talk(workshop(2), far.answer)


def test_a_recorded_load_is_worth_nothing() -> None:
    """What was said to the unit once, said to it again as it was before: its nonce is another."""
    first = unit()
    talk(workshop(), first.answer)
    start, load = first.heard
    again = unit()
    again.nonces.pop(0)
    again.answer(start)
    assert unpack(again.answer(load)) == (REFUSED, b"\x03")
    assert again.tmk is None


# -- in the ceremony ---------------------------------------------------------------------------------------


def provisioned(ceremony: Ceremony, pair: Pair, serial: str = SERIAL) -> Unit:
    return unit(ceremony.injection_key(pair, serial), serial=serial.encode())


def test_the_ceremony_loads_a_unit(keyed: Ceremony, both: Pair) -> None:
    far = provisioned(keyed, both)
    with keyed.injecting(both, TERMINAL, SERIAL) as injection:
        exchange(injection, Line(far.answer))
    assert far.tmk == keyed.terminals.open(TERMINAL, keyed.masters.open(Master.KBPK, both)).value
    assert keyed.terminals.entries()[0].serial == SERIAL
    assert [line.outcome for line in keyed.audit.verify() if line.act == "inject"] == ["begun", "done"]


def test_a_loaded_unit_is_refused_and_stays_bound(keyed: Ceremony, both: Pair) -> None:
    far = provisioned(keyed, both)
    for outcome in ("done", "refused: DeviceKeyed"):
        try:
            with keyed.injecting(both, TERMINAL, SERIAL) as injection:
                exchange(injection, Line(far.answer))
        except errors.DeviceKeyed:
            assert outcome != "done"
        assert keyed.audit.verify()[-1].outcome == outcome
    assert keyed.terminals.entries()[0].serial == SERIAL


def test_a_bound_terminal_number_goes_into_no_other_unit(keyed: Ceremony, both: Pair) -> None:
    first, second = provisioned(keyed, both), provisioned(keyed, both, "SP-VB-000002")
    with keyed.injecting(both, TERMINAL, SERIAL) as injection:
        exchange(injection, Line(first.answer))
    with pytest.raises(errors.AlreadyBound), keyed.injecting(both, TERMINAL, "SP-VB-000002"):
        pytest.fail("begun")
    assert keyed.audit.verify()[-1].outcome == "refused: AlreadyBound"
    assert second.heard == []


def test_a_unit_that_never_answered_is_not_bound(keyed: Ceremony, both: Pair) -> None:
    with pytest.raises(errors.LineSilent), keyed.injecting(both, TERMINAL, SERIAL) as injection:
        exchange(injection, Line(lambda _: b""))
    assert keyed.terminals.entries()[0].serial == ""
    assert keyed.audit.verify()[-1].outcome == "refused: LineSilent"


def test_a_unit_that_may_hold_the_key_stays_bound(keyed: Ceremony, both: Pair) -> None:
    """The cable falls out before the receipt."""
    far = provisioned(keyed, both)
    with pytest.raises(errors.LineSilent), keyed.injecting(both, TERMINAL, SERIAL) as injection:
        exchange(injection, Line(lambda data: far.answer(data) if far.tmk is None and not injection.sent else b""))
    assert keyed.terminals.entries()[0].serial == SERIAL


def test_an_exchange_left_half_way_is_no_success(keyed: Ceremony, both: Pair) -> None:
    with pytest.raises(errors.LineSilent), keyed.injecting(both, TERMINAL, SERIAL):
        pass
    assert keyed.terminals.entries()[0].serial == ""


def test_it_takes_both_custodians(keyed: Ceremony, both: Pair) -> None:
    """A pair of one who made the keys and one who did not opens nothing."""
    third = keyed.enrol("Wang Wei", "a third passphrase")
    with (
        pytest.raises(errors.OtherCustodians),
        keyed.injecting(keyed.pair(third, both.second), TERMINAL, SERIAL),
    ):
        pytest.fail("begun")
    assert keyed.audit.verify()[-1].who == ["Wang Wei", both.second.name]


def test_a_terminal_without_a_key_has_nothing_to_inject(keyed: Ceremony, both: Pair) -> None:
    with pytest.raises(errors.NoSuchKey), keyed.injecting(both, "10000002", SERIAL):
        pytest.fail("begun")
