"""The chip-card slot: what reaches the card's contacts and when, and what the card says, bit by bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.chip_slot import CLOCK_HZ, DEBOUNCE_US, ChipSlot
from host_tools.bench.parts.chip_slot_card import T0_ATR, T1_ATR, ChipCard, Habits
from host_tools.bench.parts.chip_slot_characters import Noise
from host_tools.bench.parts.chip_slot_line import Receiver, SharedUart, Wire
from host_tools.bench.parts.chip_slot_reader import Reader, ReaderFault
from host_tools.bench.parts.chip_slot_t0 import Habits0
from host_tools.bench.parts.chip_slot_t1 import Habits1, crc, lrc
from tests.host.bench.parts.wires import run_all

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "iso7816.json").read_text("utf-8"))
# Not the exchanges where a card hands out in two pieces what this one has at once, nor the scenarios where the reader's
# block is damaged on its way, and the card answers with 81 or 91: see test_damage_there.
IN_ONE_PIECE = [
    exchange
    for exchange in VECTORS["t0_exchanges"]["exchanges"]
    if not any(text.startswith("c0") and text[-4:-2] == "61" for _, text in exchange["steps"])
]
UNDAMAGED_THERE = [
    scenario
    for scenario in VECTORS["t1_scenarios"]["scenarios"]
    if not any(
        who == "card" and text[2:4] in ("81", "91")
        for exchange in scenario["exchanges"]
        for who, text in exchange["blocks"]
    )
]
ETU_US = 372 / CLOCK_HZ * 1e6
GET = bytes.fromhex("00B2010C00")
EVEN, ODD = 2, 3


def silent(_: bytes) -> bytes:
    return b"\x90\x00"


class Rig:
    """A card in the slot, and a reader at the board's side."""

    def __init__(self, card: ChipCard, **how: bool) -> None:
        self.clock = VirtualClock()
        self.slot = ChipSlot(1, 2, 3)
        self.reader = Reader(self.slot, self.clock)
        self.card = card
        self.slot.insert(card, **how)
        self.reader.run(10_000)

    def contacts(self) -> list[tuple[str, int]]:
        return [(contact, level) for _, contact, level in self.slot.log]


def rig(
    handler: Callable[[bytes], bytes] = silent, atr: bytes = T0_ATR, habits: Habits | None = None, **how: bytes
) -> Rig:
    return Rig(ChipCard(handler, atr, habits, **how))


def answering(handler: Callable[[bytes], bytes], atr: bytes = T0_ATR, **habits: object) -> Rig:
    made = rig(handler, atr, Habits(**habits))  # type: ignore[arg-type]
    made.reader.power_on()
    return made


UP = [("VCC", 1), ("I/O", 1), ("CLK", 1), ("RST", 1)]
DOWN = [("RST", 0), ("CLK", 0), ("I/O", 0), ("VCC", 0)]


class TestContacts:
    def test_up_and_down_in_the_order_of_the_standard(self) -> None:
        made = rig()
        assert made.reader.power_on() == T0_ATR
        made.reader.power_off()
        assert made.contacts() == UP + DOWN
        assert made.card.complaints == []

    def test_off_tells_of_a_card_when_its_switch_has_settled(self) -> None:
        clock = VirtualClock()
        slot = ChipSlot(1, 2, 3)
        reader = Reader(slot, clock)
        assert not reader.present
        slot.insert(ChipCard(silent))
        reader.run(DEBOUNCE_US - 1)
        assert not reader.present
        reader.run(1)
        assert reader.present
        slot.pull()
        assert not reader.present

    def test_pulled_under_power_it_goes_down_by_itself(self) -> None:
        made = rig()
        made.reader.power_on()
        start = made.clock.now_us
        made.slot.pull()
        assert not made.reader.present
        made.reader.run(100)
        assert made.contacts() == UP + DOWN
        assert made.slot.log[-1][0] - start <= 100
        made.reader.run(100_000)
        assert made.card.complaints == []

    def test_a_new_card_gets_no_power_before_it_is_asked_for_again(self) -> None:
        made = rig()
        made.reader.power_on()
        made.slot.pull()
        made.reader.run(10_000)
        second = ChipCard(silent, T1_ATR)
        made.slot.insert(second)
        made.reader.run(1_000_000)
        assert not made.reader.present, "tripped, until power is taken back"
        assert second.resets == []
        assert made.reader.power_on() == T1_ATR

    def test_a_short_circuit_trips_it_and_the_card_is_still_there(self) -> None:
        made = rig()
        made.reader.power_on()
        made.slot.short()
        assert not made.reader.present
        made.reader.run(100)
        assert made.contacts() == UP + DOWN
        made.reader.power_off()
        assert made.reader.present

    def test_no_power_into_an_empty_slot(self) -> None:
        slot = ChipSlot(1, 2, 3)
        reader = Reader(slot, VirtualClock())
        with pytest.raises(ReaderFault):
            reader.power_on()
        assert slot.log == []

    def test_the_wrong_way_round_no_contact_touches(self) -> None:
        made = Rig(ChipCard(silent), wrong_way=True)
        assert made.reader.present
        with pytest.raises(ReaderFault):
            made.reader.power_on()
        assert made.contacts()[:4] == UP
        assert made.card.resets == []

    def test_power_cut_of_the_board(self) -> None:
        made = rig()
        made.reader.power_on()
        made.slot.power_off()
        assert made.contacts() == UP + DOWN
        assert made.card.complaints == []
        reader = Reader(made.slot, made.clock)
        reader.run(10_000)
        assert reader.power_on() == T0_ATR
        assert made.card.resets == ["cold", "cold"]

    def test_a_card_complains_of_contacts_in_the_wrong_order(self) -> None:
        def complaints(*steps: Callable[[ChipCard], None]) -> list[str]:
            card = ChipCard(silent)
            card.plug(Wire(VirtualClock()))
            for step in steps:
                step(card)
            return card.complaints

        assert complaints(lambda c: c.clk(CLOCK_HZ)) == ["CLK without VCC"]
        assert complaints(lambda c: c.vcc(True), lambda c: c.rst(1)) == ["RST high without CLK"]
        up = (lambda c: c.vcc(True), lambda c: c.clk(CLOCK_HZ), lambda c: c.rst(1))
        assert complaints(*up) == ["RST low for 0 clocks only"]
        assert complaints(*up, lambda c: c.clk(0))[1:] == ["CLK stops while RST is high"]
        assert complaints(*up, lambda c: c.vcc(False))[1:] == ["VCC off while CLK runs or RST is high"]
        assert complaints(*up, lambda c: c.unplug())[1:] == ["pulled out under power"]


class TestAnswerToReset:
    def test_it_comes_when_and_as_fast_as_the_standard_says(self) -> None:
        made = rig(habits=Habits(answer_clocks=12_345))
        starts: list[float] = []
        Receiver(made.reader._uart._wire, lambda character: starts.append(character.start_us)).listen(ETU_US)
        assert made.reader.power_on() == T0_ATR
        (risen,) = [at for at, contact, level in made.slot.log if (contact, level) == ("RST", 1)]
        assert starts[0] - risen == pytest.approx(12_345 / CLOCK_HZ * 1e6, abs=2)
        gaps = [b - a for a, b in pairwise(starts)]
        assert gaps == pytest.approx([12 * ETU_US] * (len(T0_ATR) - 1))

    def test_cold_and_warm(self) -> None:
        made = rig(warm_atr=T1_ATR)
        assert [made.reader.power_on(), made.reader.reset(), made.reader.reset(), made.reader.power_on()] == [
            T0_ATR,
            T1_ATR,
            T1_ATR,
            T0_ATR,
        ]
        assert made.card.resets == ["cold", "warm", "warm", "cold"]

    def test_real_cards_answers(self) -> None:
        for card in VECTORS["atrs"]:
            if card["cold"] != "garbled":
                atr = bytes.fromhex(card["atr"])
                assert rig(atr=atr).reader.power_on() == atr

    def test_a_mute_card(self) -> None:
        with pytest.raises(ReaderFault):
            rig(habits=Habits(mute=True)).reader.power_on()

    @pytest.mark.parametrize(("ta1", "f", "d"), [(0x13, 372, 4), (0x18, 372, 12), (0x96, 512, 32)])
    def test_pps_switches_after_its_answer(self, ta1: int, f: int, d: int) -> None:
        made = rig(lambda command: bytes(100) + b"\x90\x00", bytes([0x3B, 0x10, ta1]))
        made.reader.power_on()
        request = bytes([0xFF, 0x10, ta1])
        assert made.reader.negotiate(0, ta1) == request + lrc(request)
        assert made.card.rates == [(372, 1), (f, d)]
        with pytest.raises(ReaderFault):
            made.reader.transmit(GET)  # at the old rate: nobody understands anybody
        made.reader.power_on()
        made.reader.negotiate(0, ta1)
        made.reader.rate(f, d)
        assert made.reader.transmit(GET) == b"\x6c\x64"
        assert made.reader.transmit(GET[:4] + b"\x64") == bytes(100) + b"\x90\x00"

    def test_pps_as_published(self) -> None:
        made = rig(atr=bytes.fromhex(VECTORS["pps"]["atr"]))
        made.reader.power_on()
        assert made.reader.negotiate(1, 0x18).hex() == VECTORS["pps"]["answer"]

    def test_pps_that_cannot_be_met(self) -> None:
        for request in (b"\xff\x11\x11\xff", b"\xff\x10\x13\xfc", b"\xff\x00\x00"):
            made = answering(silent)
            made.reader.send(request)
            with pytest.raises(ReaderFault):
                made.reader.receive(1)
            assert made.card.complaints == [f"PPS request {request.hex()} cannot be met"]

    def test_specific_mode_is_fast_from_the_start(self) -> None:
        made = rig(atr=bytes.fromhex("3B90131080"))
        made.reader.power_on()
        made.reader.rate(372, 4)
        assert made.reader.transmit(GET) == b"\x90\x00"


class TestLine:
    @pytest.fixture
    def clock(self) -> VirtualClock:
        return VirtualClock()

    @staticmethod
    def board(clock: VirtualClock, baudrate: int = 10753, parity: int = EVEN) -> tuple[Wire, SharedUart, bytearray]:
        heard = bytearray()
        wire = Wire(clock)
        uart = SharedUart(wire, heard.extend)
        uart.configure(baudrate, 8, parity, 2)
        return wire, uart, heard

    def test_the_board_hears_itself(self, clock: VirtualClock) -> None:
        _, uart, heard = self.board(clock)
        uart.write(bytes(range(256)))
        uart.write(b"end")
        run_all(clock)
        assert bytes(heard) == bytes(range(256)) + b"end"

    def test_it_is_as_long_as_it_says(self, clock: VirtualClock) -> None:
        _, uart, _ = self.board(clock)
        start = clock.now_us
        uart.write(bytes(100))
        busy = uart.busy_us()
        assert busy == pytest.approx(100 * 12e6 / 10753, abs=2)
        clock.advance_to(start + busy - 20)
        assert uart.busy_us() == pytest.approx(20, abs=1)
        clock.advance_to(start + busy)
        assert uart.busy_us() <= 1

    @pytest.mark.parametrize(("parity", "even"), [(EVEN, True), (ODD, False)])
    def test_parity(self, clock: VirtualClock, parity: int, even: bool) -> None:
        wire, uart, _ = self.board(clock, parity=parity)
        seen: list[bool] = []
        Receiver(wire, lambda character: seen.append(character.even)).listen(1e6 / 10753)
        uart.write(bytes(range(256)))
        run_all(clock)
        assert seen == [even] * 256

    @pytest.mark.parametrize(("deviation", "understood"), [(0, True), (0.03, True), (-0.03, True), (0.09, False)])
    def test_clocks_may_differ_by_a_little(self, clock: VirtualClock, deviation: float, understood: bool) -> None:
        wire, uart, _ = self.board(clock)
        seen = bytearray()
        Receiver(wire, lambda character: seen.append(character.byte)).listen(1e6 / 10753 * (1 + deviation))
        uart.write(bytes(range(256)))
        run_all(clock)
        assert (bytes(seen) == bytes(range(256))) == understood

    def test_two_at_once_garble_each_other(self, clock: VirtualClock) -> None:
        wire, uart, heard = self.board(clock)
        other = SharedUart(wire, lambda _: None)
        other.configure(10753, 8, EVEN, 2)
        uart.write(b"\xf0")
        other.write(b"\x0f")
        run_all(clock)
        assert bytes(heard) == b"\x00", "low wins"

    def test_what_is_heard_is_handed_over_late_as_an_esp32_does(self, clock: VirtualClock) -> None:
        pieces: list[tuple[int, int]] = []
        wire = Wire(clock)
        uart = SharedUart(wire, lambda data: pieces.append((clock.now_us, len(data))))
        uart.configure(10753, 8, EVEN, 2)
        start = clock.now_us
        uart.write(bytes(130))
        run_all(clock)
        (full, first), (idle, rest) = pieces
        assert (first, rest) == (120, 10)
        character = 12e6 / 10753
        assert full - start == pytest.approx(119.9 * character, abs=character)
        assert idle - start == pytest.approx(139.9 * character, abs=character)

    def test_after_the_power_is_off_nothing_is_heard(self, clock: VirtualClock) -> None:
        _, uart, heard = self.board(clock)
        uart.write(b"abc")
        clock.advance_to(clock.now_us + 1500)
        uart.power_off()
        run_all(clock)
        assert bytes(heard) == b""

    def test_inverse_convention_is_3f_from_the_one_side_and_03_from_the_other(self) -> None:
        made = rig(lambda command: bytes(range(256)) + b"\x90\x00", b"\x3f" + T0_ATR[1:])
        raw = bytearray()
        Receiver(made.reader._uart._wire, lambda character: raw.append(character.byte)).listen(ETU_US)
        assert made.reader.power_on() == b"\x3f" + T0_ATR[1:]
        assert raw[0] == 0x03
        assert made.reader.transmit(GET) == bytes(range(256)) + b"\x90\x00"
        assert made.card.complaints == []

    def test_the_error_signal_is_a_low_etu_after_the_character(self) -> None:
        made = rig(habits=Habits(noise=Noise(refused={2})))
        made.reader.power_on()
        lows: list[float] = []
        Receiver(made.reader._uart._wire, lambda character: lows.append(character.start_us)).listen(ETU_US)
        made.reader._uart.write(b"\x00\xb2")
        made.reader.run(5_000)
        lows.clear()
        made.reader._uart.write(b"\x01")
        made.reader.run(30_000)
        first, second = lows
        assert (second - first) / ETU_US == pytest.approx(10.6, abs=0.01)
        made.reader.heard.clear()
        made.reader._uart.write(b"\x01\x0c\x00")  # the refused one again, and the others
        made.reader.run(60_000)
        assert bytes(made.reader.heard) == b"\x01\x0c\x00\x90\x00"

    def test_in_t1_a_wrong_parity_is_a_damaged_block(self) -> None:
        made = answering(silent, T1_ATR)
        made.reader._uart.configure(10753, 8, ODD, 2)
        made.reader.run(5_000)
        made.reader._uart.write(b"\x00\xc1\x01\xfe\x3e")
        made.reader.run(60_000)
        assert bytes(made.reader.heard[5:]) == b"\x00\x81\x00\x81"

    @pytest.mark.parametrize(("atr", "spacing"), [(T0_ATR, 12), (T1_ATR, 11)])
    def test_guard_time_of_the_cards_characters(self, atr: bytes, spacing: int) -> None:
        made = answering(lambda command: bytes(20) + b"\x90\x00", atr)
        made.reader.transmit(b"\x00\xb2\x01\x0c\x14")
        starts: list[float] = []
        Receiver(made.reader._uart._wire, lambda character: starts.append(character.start_us)).listen(ETU_US)
        made.reader.transmit(b"\x00\xb2\x01\x0c\x14")
        gaps = [(b - a) / ETU_US for a, b in pairwise(starts[-10:])]
        assert gaps == pytest.approx([spacing] * 9, abs=0.01)

    def test_complaints_of_a_reader_in_a_hurry(self) -> None:
        made = answering(silent, bytes.fromhex("3B4008"))
        made.reader._guard = 0
        made.reader.transmit(GET)
        assert made.card.complaints == ["a character of the reader's 12.0 etu after its last one, 20 at least"] * 4
        made = answering(silent, T1_ATR)
        starts: list[float] = []
        Receiver(made.reader._uart._wire, lambda character: starts.append(character.start_us)).listen(ETU_US)
        made.reader.run(5_000)
        made.reader._uart.write(b"\x00\xc1\x01\xfe\x3e")
        while len(starts) < 10:
            made.reader.run(10)
        made.clock.advance_to(round(starts[-1] + 18 * ETU_US))
        made.reader._uart.write(b"\x00")
        made.reader.run(2_000)
        assert made.card.complaints == ["a character of the reader's 18.0 etu after the card's last one, 22 at least"]

    def test_pulled_at_a_character(self) -> None:
        for at in range(1, len(T0_ATR) + 1):
            made = rig()
            made.slot.pull_at(at)
            with pytest.raises(ReaderFault):
                made.reader.power_on()
            assert made.card.characters == at
            assert made.contacts()[-4:] == DOWN
            made.reader.run(100_000)
            assert made.card.complaints == []


class TestT0:
    def test_a_sim_as_captured_on_its_wire(self) -> None:
        """A published trace: the card says what the real one said, character by character."""
        wire = VECTORS["t0_wire"]
        answers: list[bytes] = []

        def sim(command: bytes) -> bytes:
            return answers.pop(0)

        made = rig(sim, bytes.fromhex(wire["atr"]), Habits())
        assert made.reader.power_on().hex() == wire["atr"]
        for steps in wire["exchanges"]:
            last = bytes.fromhex(steps[-1][1])
            answers.append(last if len(steps) == 4 else last[1:])
            for who, text in steps:
                if who == "reader":
                    made.reader.send(bytes.fromhex(text))
                else:
                    assert made.reader.receive(len(text) // 2).hex() == text
        assert answers == []
        assert made.card.complaints == []

    @pytest.mark.parametrize("published", IN_ONE_PIECE, ids=lambda exchange: exchange["name"])
    def test_emv_annex_a(self, published: Any) -> None:
        answer = bytes.fromhex(published["answer"])
        made = answering(lambda command: answer)
        for who, text in published["steps"]:
            if who == "reader":
                made.reader.send(bytes.fromhex(text))
            else:
                assert made.reader.receive(len(text) // 2).hex() == text

    @given(st.binary(max_size=255), st.integers(0, 256), st.booleans())
    def test_any_data_both_ways(self, there: bytes, back: int, one_by_one: bool) -> None:
        seen: list[bytes] = []
        data = bytes(i & 0xFF for i in range(back))

        def handler(command: bytes) -> bytes:
            seen.append(command)
            return data + b"\x90\x00"

        made = answering(handler, t0=Habits0(one_by_one=one_by_one))
        header = b"\x80\xe2\x00\x00" if there else b"\x80\xca\x00\x00"
        answer = made.reader.transmit(header + bytes([len(there)]) + there)
        if there and back:
            assert answer == bytes([0x61, back & 0xFF])
            answer = made.reader.transmit(b"\x00\xc0\x00\x00" + answer[1:])
        elif back % 256:
            assert answer == bytes([0x6C, back])
            answer = made.reader.transmit(header + answer[1:])
        assert answer == data + b"\x90\x00"
        assert seen[0] == header + bytes([len(there)]) + there

    def test_get_response_in_pieces(self) -> None:
        made = answering(lambda command: bytes(range(30)) + b"\x90\x00", t0=Habits0(says_61=True))
        assert made.reader.transmit(GET) == b"\x61\x1e"
        assert made.reader.transmit(b"\x00\xc0\x00\x00\x1f") == b"\x6c\x1e"
        assert made.reader.transmit(b"\x00\xc0\x00\x00\x0a") == bytes(range(10)) + b"\x61\x14"
        assert made.reader.transmit(b"\x00\xc0\x00\x00\x14") == bytes(range(10, 30)) + b"\x90\x00"

    def test_it_takes_its_time(self) -> None:
        made = answering(silent, t0=Habits0(nulls=2, null_every_us=700_000, think_us=300_000))
        start = made.clock.now_us
        made.reader.send(GET)
        assert made.reader.receive(4) == b"\x60\x60\x90\x00"
        assert made.clock.now_us - start > 1_700_000


class TestT1:
    @pytest.mark.parametrize("scenario", UNDAMAGED_THERE, ids=lambda scenario: scenario["name"])
    def test_annex_a(self, scenario: Any) -> None:
        """The card's side of the published scenarios; what of the card's own is lost or damaged there is here, too."""
        spoilt: dict[int, bytes] = {}
        said = 1  # the answer to reset was the first
        for exchange in scenario["exchanges"]:
            for who, text in exchange["blocks"]:
                if who == "card":
                    block = bytes.fromhex(text)
                    if len(block) < 4 or lrc(block) != b"\0":
                        spoilt[said] = block
                    said += 1
        card_first = bytes.fromhex(scenario["exchanges"][0]["blocks"][1][1])
        answers = [bytes.fromhex(exchange["answer"]) for exchange in scenario["exchanges"]]
        habits = Habits(noise=Noise(tamper=spoilt.get))
        if card_first[1] == 0xC3:
            habits.t1 = Habits1(wtx=[card_first[3]])
        elif card_first[1] == 0xC1:
            habits.t1 = Habits1(ifs_request=card_first[3])
        ifsc = scenario.get("ifsc", 32)
        head = bytes.fromhex(f"3BE000008131{ifsc:02X}45")
        made = rig(lambda command: answers.pop(0), head + lrc(head[1:]), habits)
        made.reader.power_on()
        if "sends a chain" in scenario["name"] and card_first[1] == 0x20:
            made.reader.send(b"\x00\xc1\x01\x05\xc5")
            assert made.reader.receive(5) == b"\x00\xe1\x01\x05\xe5"
        for exchange in scenario["exchanges"]:
            for who, text in exchange["blocks"]:
                if who == "reader":
                    made.reader.run(50_000)
                    made.reader.send(bytes.fromhex(text))
                else:
                    assert made.reader.receive(len(text) // 2).hex() == text, scenario["name"]
        assert made.card.complaints == []

    def test_damage_there(self) -> None:
        made = answering(silent, T1_ATR)
        good = b"\x00\x00\x05" + GET
        good += lrc(good)
        for bit in range(len(good) * 8):
            if 16 <= bit < 24:
                continue  # with another length the two would talk at once
            damaged = bytearray(good)
            damaged[bit >> 3] ^= 1 << (bit & 7)
            made.reader.run(100_000)
            made.reader.send(bytes(damaged))
            made.reader.run(400_000)
            answer = bytes(made.reader.heard)
            made.reader.heard.clear()
            assert answer in (b"\x00\x81\x00\x81", b"\x00\x82\x00\x82"), bit
        assert made.reader.command(GET) == b"\x90\x00"

    @given(st.binary(min_size=5, max_size=261), st.integers(0, 256), st.integers(1, 254), st.integers(1, 254))
    def test_chains_of_any_length(self, command: bytes, back: int, ifsc: int, ifsd: int) -> None:
        seen: list[bytes] = []
        answer = bytes(i * 7 & 0xFF for i in range(back)) + b"\x90\x00"

        def handler(command: bytes) -> bytes:
            seen.append(command)
            return answer

        head = bytes.fromhex(f"3BE000008131{ifsc:02X}45")
        made = rig(handler, head + lrc(head[1:]))
        made.reader.power_on()
        block = bytes([0, 0xC1, 1, ifsd])
        assert made.reader.block(block + lrc(block))[1] == 0xE1
        for _ in range(2):
            assert made.reader.command(command) == answer
        assert seen == [command] * 2
        assert made.card.complaints == []

    def test_resynchronisation_forgets_the_exchange(self) -> None:
        made = answering(lambda command: bytes(40) + b"\x90\x00", T1_ATR)
        first = b"\x00\x00\x05" + GET
        assert made.reader.block(first + lrc(first))[1] == 0x20
        assert made.reader.block(b"\x00\xc0\x00\xc0") == b"\x00\xe0\x00\xe0"
        assert made.reader.block(first + lrc(first))[1] == 0x20

    def test_an_abort_is_agreed_to(self) -> None:
        made = answering(silent, T1_ATR)
        assert made.reader.block(b"\x00\xc2\x00\xc2") == b"\x00\xe2\x00\xe2"

    def test_crc(self) -> None:
        assert crc(b"123456789") == b"\x6f\x91"  # CRC-16/MCRF4XX in Greg Cook's catalogue
        head = bytes.fromhex("3BE0000081717F4501")
        made = answering(lambda command: bytes(200) + b"\x90\x00", head + lrc(head[1:]))
        assert made.reader.command(GET) == bytes(200) + b"\x90\x00"


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=8), st.sampled_from([T0_ATR, T1_ATR]))
def test_no_characters_break_the_card(pieces: list[bytes], atr: bytes) -> None:
    made = answering(lambda command: bytes(len(command)) + b"\x90\x00", atr)
    for piece in pieces:
        made.reader._uart.write(piece)
        made.reader.run(30_000)
    run_all(made.clock)
    assert made.reader.power_on() == atr
    made.reader.transmit(GET)
