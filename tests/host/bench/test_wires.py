"""The bench's own side of the wires: clock, pins, serial lines, flash, frames, network."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.bench.bus import Clock, Pins, UartLine
from host_tools.bench.clock import START_US, VirtualClock
from host_tools.bench.flash import NorFlash
from host_tools.bench.gpio import Gpio
from host_tools.bench.network import ROUND_TRIP_US, Network, ScriptedWorld
from host_tools.bench.protocol import FrameReader, Op
from host_tools.bench.uart import Uart

IN, OUT, OPEN_DRAIN = 1, 3, 7
PULL_UP = 2
RISING, FALLING = 1, 2


class TestClock:
    def test_alarms_go_off_in_order_and_see_their_own_time(self) -> None:
        clock = VirtualClock()
        seen: list[tuple[str, int]] = []
        clock.call_later(30, lambda: seen.append(("late", clock.now_us)))
        clock.call_later(10, lambda: seen.append(("first", clock.now_us)))
        clock.call_later(10, lambda: seen.append(("second", clock.now_us)))
        clock.advance_to(START_US + 20)
        assert seen == [("first", START_US + 10), ("second", START_US + 10)]
        assert clock.now_us == START_US + 20
        assert clock.next_us() == START_US + 30

    def test_an_alarm_may_set_another_that_is_due_too(self) -> None:
        clock = VirtualClock()
        seen: list[int] = []

        def set_another() -> None:
            clock.call_later(5, lambda: seen.append(clock.now_us))

        clock.call_later(5, set_another)
        clock.advance_to(START_US + 50)
        assert seen == [START_US + 10]

    def test_a_cancelled_alarm_is_silent_and_time_never_goes_back(self) -> None:
        clock = VirtualClock()
        clock.call_later(5, pytest.fail).cancel()
        clock.advance_to(START_US + 10)
        clock.advance_to(START_US)
        assert clock.now_us == START_US + 10
        assert clock.next_us() is None


class _Switch:
    """Joins pin 1 to ground while closed."""

    pins: tuple[int, ...] = (1,)
    closed = False

    def attach(self, pins: Pins, clock: Clock) -> None:
        self.board = pins

    def power_off(self) -> None: ...

    def level(self, pin: int) -> int | None:
        return 0 if self.closed else None

    def driven(self, pin: int) -> None: ...

    def close(self, closed: bool) -> None:
        self.closed = closed
        self.board.changed(1)


class TestGpio:
    @pytest.fixture
    def edges(self) -> list[tuple[int, int]]:
        return []

    @pytest.fixture
    def gpio(self, edges: list[tuple[int, int]]) -> Gpio:
        return Gpio(lambda pin, level: edges.append((pin, level)), lambda *_: None)

    def test_a_floating_input_reads_its_pull(self, gpio: Gpio) -> None:
        gpio.configure(1, IN, PULL_UP)
        assert gpio.level(1) == 1
        gpio.configure(1, IN, 0)
        assert gpio.level(1) == 0

    def test_an_open_drain_output_only_pulls_low(self, gpio: Gpio) -> None:
        gpio.configure(1, OPEN_DRAIN, PULL_UP)
        gpio.write(1, 1)
        assert (gpio.driven(1), gpio.level(1)) == (None, 1)
        gpio.write(1, 0)
        assert (gpio.driven(1), gpio.level(1)) == (0, 0)

    def test_edges_come_as_watched_once_each(self, gpio: Gpio, edges: list[tuple[int, int]]) -> None:
        switch = _Switch()
        gpio.connect(switch, VirtualClock())
        gpio.configure(1, IN, PULL_UP)
        switch.close(True)
        assert edges == []  # nobody watches
        switch.close(False)
        gpio.watch(1, FALLING)
        for closed in (True, True, False, True):
            switch.close(closed)
        assert edges == [(1, 0), (1, 0)]
        gpio.watch(1, RISING)
        switch.close(False)
        assert edges[2:] == [(1, 1)]

    def test_levels_of_all_pins_at_once(self, gpio: Gpio) -> None:
        gpio.connect(_Switch(), VirtualClock())
        gpio.configure(1, IN, PULL_UP)
        assert int.from_bytes(gpio.levels(), "little") == 1 << 1


class _Echo:
    """A serial part that answers whatever it gets."""

    def attach(self, line: UartLine, clock: Clock) -> None:
        self.line = line
        self.clock = clock
        self.got: list[tuple[int, bytes]] = []

    def power_off(self) -> None: ...

    def receive(self, data: bytes) -> None:
        self.got.append((self.clock.now_us, data))
        self.line.send(data)


class TestUart:
    def test_bytes_take_the_time_of_the_baud_rate_both_ways(self) -> None:
        clock, part = VirtualClock(), _Echo()
        came: list[tuple[int, bytes]] = []
        uart = Uart(part, clock, lambda data: came.append((clock.now_us, data)))
        uart.configure(9600, 8, False, 1)
        uart.write(b"0123456789")
        uart.write(b"ab")
        assert uart.busy_us() == 12_500
        clock.advance_to(START_US + 100_000)
        assert part.got == [(START_US + 10_417, b"0123456789"), (START_US + 12_500, b"ab")]
        assert came == [(START_US + 10_417 + 10_417, b"0123456789"), (START_US + 22_917, b"ab")]

    def test_long_answers_arrive_in_pieces(self) -> None:
        clock, part = VirtualClock(), _Echo()
        came: list[bytes] = []
        uart = Uart(part, clock, came.append)
        uart.configure(115200, 8, False, 1)
        part.line.send(bytes(range(40)))
        clock.advance_to(START_US + 1_500)
        assert came == [bytes(range(16))]
        clock.advance_to(START_US + 10_000)
        assert b"".join(came) == bytes(range(40))

    def test_a_port_that_is_not_open_hears_nothing(self) -> None:
        clock, part = VirtualClock(), _Echo()
        came: list[bytes] = []
        Uart(part, clock, came.append)
        part.line.send(b"lost")
        clock.advance_to(START_US + 1_000_000)
        assert came == []


class TestFlash:
    @pytest.fixture
    def clock(self) -> VirtualClock:
        return VirtualClock()

    @pytest.fixture
    def flash(self, tmp_path: Path, clock: VirtualClock) -> Iterator[NorFlash]:
        image = tmp_path / "flash.bin"
        image.write_bytes(b"\xff" * 8192)
        flash = NorFlash(image)
        flash.attach(clock)
        yield flash
        flash.close()

    def test_programming_only_clears_bits(self, flash: NorFlash) -> None:
        flash.program(10, b"\xf0")
        flash.program(10, b"\x3c")
        assert flash.read(9, 3) == b"\xff\x30\xff"

    def test_erasing_sets_one_sector(self, flash: NorFlash) -> None:
        flash.program(4095, b"\0\0")
        assert flash.erase(4096)
        assert flash.read(4095, 2) == b"\0\xff"

    def test_what_is_outside_is_refused(self, flash: NorFlash) -> None:
        before = flash.image()
        assert not flash.program(8190, b"abc")
        assert not flash.erase(8192)
        assert not flash.erase(100)
        assert flash.image() == before

    def test_it_takes_the_data_sheets_times(self, flash: NorFlash, clock: VirtualClock) -> None:
        flash.program(250, bytes(10))  # over the end of a page: two of them
        assert clock.now_us == START_US + 2 * 400
        flash.erase(0)
        assert clock.now_us == START_US + 2 * 400 + 45_000

    def test_the_image_outlives_the_chip(self, tmp_path: Path) -> None:
        image = tmp_path / "kept.bin"
        image.write_bytes(b"\xff" * 4096)
        flash = NorFlash(image)
        flash.attach(VirtualClock())
        flash.program(0, b"kept")
        flash.close()
        assert image.read_bytes()[:5] == b"kept\xff"


def test_frames_are_cut_wherever_the_socket_breaks_them() -> None:
    stream = bytes((Op.PIN_WRITE, 2, 0, 7, 1)) + bytes((Op.UART_WRITE, 4, 0)) + b"\x01abc" + bytes((Op.PIN_READ, 0, 0))
    expected = [(Op.PIN_WRITE, b"\x07\x01"), (Op.UART_WRITE, b"\x01abc"), (Op.PIN_READ, b"")]
    for cut in range(len(stream) + 1):
        reader = FrameReader()
        reader.feed(stream[:cut])
        frames = list(reader)
        reader.feed(stream[cut:])
        assert frames + list(reader) == expected


class _Parrot:
    def feed(self, data: bytes) -> list[tuple[int, bytes | None]]:
        return [(1000, data.upper()), (2000, None)]


class TestNetwork:
    @pytest.fixture
    def clock(self) -> VirtualClock:
        return VirtualClock()

    @pytest.fixture
    def events(self) -> list[tuple[int, int, bytes]]:
        return []

    @pytest.fixture
    def network(self, clock: VirtualClock, events: list[tuple[int, int, bytes]]) -> Network:
        world = ScriptedWorld(clock, {"parrot:1": _Parrot, "closed:1": lambda: None})
        return Network(world, clock, lambda n, data: events.append((clock.now_us - START_US, n, data)), lambda *_: None)

    def test_connect_send_receive_close(
        self, network: Network, clock: VirtualClock, events: list[tuple[int, int, bytes]]
    ) -> None:
        network.open(3, "parrot:1")
        clock.advance_to(clock.now_us + ROUND_TRIP_US)
        network.send(3, b"hello")
        clock.advance_to(clock.now_us + 10 * ROUND_TRIP_US)
        assert [data for _, _, data in events] == [b"\x01", b"\x02", b"\x03"]
        assert [at for at, _, _ in events] == [ROUND_TRIP_US, 2 * ROUND_TRIP_US + 1000, 2 * ROUND_TRIP_US + 2000]
        assert network.receive(3, 2) == b"\x01HE"
        assert network.receive(3, 9) == b"\x00LLO"

    @pytest.mark.parametrize("address", ["closed:1", "nobody:1", "parrot:2"])
    def test_refused(
        self, network: Network, clock: VirtualClock, events: list[tuple[int, int, bytes]], address: str
    ) -> None:
        network.open(3, address)
        clock.advance_to(clock.now_us + 10 * ROUND_TRIP_US)
        assert events == [(ROUND_TRIP_US, 3, bytes((4, errno.ECONNREFUSED)))]

    def test_without_network_it_takes_a_while_to_know(
        self, network: Network, clock: VirtualClock, events: list[tuple[int, int, bytes]]
    ) -> None:
        network.up = False
        network.open(3, "parrot:1")
        clock.advance_to(clock.now_us + 10_000_000)
        assert events == [(3_000_000, 3, bytes((4, errno.EHOSTUNREACH)))]

    def test_what_comes_for_a_closed_socket_is_lost(
        self, network: Network, clock: VirtualClock, events: list[tuple[int, int, bytes]]
    ) -> None:
        network.open(3, "parrot:1")
        clock.advance_to(clock.now_us + ROUND_TRIP_US)
        network.send(3, b"hello")
        network.close(3)
        clock.advance_to(clock.now_us + 10 * ROUND_TRIP_US)
        assert [data for _, _, data in events] == [b"\x01"]

    def test_what_comes_while_the_cable_is_out_is_lost(
        self, network: Network, clock: VirtualClock, events: list[tuple[int, int, bytes]]
    ) -> None:
        network.open(3, "parrot:1")
        clock.advance_to(clock.now_us + ROUND_TRIP_US)
        network.send(3, b"hello")
        network.up = False
        clock.advance_to(clock.now_us + 10 * ROUND_TRIP_US)
        assert [data for _, _, data in events] == [b"\x01"]
