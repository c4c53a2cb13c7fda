"""boards/virtual gives MicroPython's own interface: small programs that would run on an ESP32, and what they see."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from host_tools.bench.bus import Clock
from host_tools.bench.lockstep import BenchError, LockstepBench
from host_tools.bench.network import Exchange
from host_tools.bench.shop import OPENING
from host_tools.flash.factory import blank, partitions

_HEAD = """\
import link, timing
link.connect()
timing.install()
import asyncio
"""
# The program's last word goes through the console, which the bench keeps.
_TAIL = """
async def _main():
    await program()
    print("done")
    await asyncio.sleep(3600)
asyncio.run(_main())
"""

Run = Callable[..., list[str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `async def program()` on the board; what it printed, line by line."""

    def run(
        source: str,
        hosts: dict[str, Callable[[], Exchange | None]] | None = None,
        prepare: Callable[[LockstepBench], None] = lambda bench: None,
        seconds: float = 10,
    ) -> list[str]:
        program = tmp_path / "program"
        program.mkdir(exist_ok=True)
        (program / "main.py").write_text(_HEAD + textwrap.dedent(source) + _TAIL, "utf-8")
        image = tmp_path / "flash.bin"
        if not image.exists():
            image.write_bytes(blank(partitions()))
        monkeypatch.setenv("SUANPAN_FIRMWARE", str(program))
        with LockstepBench(image, seed=1, start=OPENING, nvs={}, hosts=hosts or {}) as bench:
            prepare(bench)
            bench.power_on()
            bench.until(lambda: "done" in bench.console(), "end of the program", seconds)
            return bench.console().splitlines()[:-1]

    return run


def test_i2c_finds_the_display_and_nobody_else(run: Run) -> None:
    assert run("""
        from machine import I2C
        async def program():
            i2c = I2C(0, freq=400000)
            print([hex(address) for address in i2c.scan()])
            print(i2c.writeto(0x3C, b"\\x00\\xe3"), i2c.writevto(0x3C, [b"\\x00", b"\\xe3"]))
            for call in (i2c.writeto, i2c.readfrom_into):
                try:
                    call(0x10, bytearray(2))
                except OSError as error:
                    print(error.errno)
    """) == ["['0x3c']", "2 2", "19", "19"]


class _Shift:
    """An SPI part that answers the bytes of the transfer before."""

    select = 21

    def __init__(self) -> None:
        self.held = b"\x00" * 64

    def attach(self, clock: Clock) -> None: ...

    def power_off(self) -> None: ...

    def transfer(self, data: bytes) -> bytes:
        answer, self.held = self.held[: len(data)], data + self.held
        return answer


def test_spi_is_full_duplex_and_minds_the_select_line(run: Run) -> None:
    assert run(
        """
        from machine import SPI, Pin
        async def program():
            spi = SPI(1, 10_000_000)
            select = Pin(21, Pin.OUT, value=1)
            buffer = bytearray(3)
            spi.write_readinto(b"abc", buffer)
            print(buffer)
            select(0)
            spi.write(b"abc")
            spi.write_readinto(b"def", buffer)
            print(buffer, spi.read(3))
            spi.readinto(buffer, 0x55)
            print(buffer)
        """,
        prepare=lambda bench: bench.parts.on_spi.append((1, _Shift())),
    ) == ["bytearray(b'\\xff\\xff\\xff')", "bytearray(b'abc') b'def'", "bytearray(b'\\x00\\x00\\x00')"]


def test_uart_drops_what_its_buffer_cannot_hold(run: Run) -> None:
    assert run(
        """
        from machine import UART
        async def program():
            uart = UART(1, 9600, rxbuf=16)
            print(uart.any(), uart.read())
            await asyncio.sleep_ms(500)
            print(uart.any() <= 16, uart.read(2), uart.readinto(bytearray(1)))
        """,
        prepare=lambda bench: (
            bench.clock.call_later(
                50_000, lambda: bench.parts.swipe_reader.swipe(None, "6200000000000013=35121200000012345")
            )
            and None
        ),
    ) == ["0 None", "True b';6' 1"]


def test_uart_knows_when_everything_has_left(run: Run) -> None:
    assert run("""
        from machine import UART
        async def program():
            uart = UART(2, 9600)
            uart.write(bytes(96))
            print(uart.txdone())
            start = asyncio.core.ticks()
            uart.flush()
            print(uart.txdone(), asyncio.core.ticks() - start)
    """) == ["False", "True 100"]


def test_adc_pwm_and_calendar(run: Run) -> None:
    assert run(
        """
        from machine import ADC, PWM, Pin, RTC
        async def program():
            print(ADC(Pin(1)).read_uv(), ADC(Pin(1)).read_u16())
            tone = PWM(Pin(13), freq=1500, duty_u16=32768)
            await asyncio.sleep_ms(500)
            tone.deinit()
            clock = RTC()
            print(clock.datetime()[:7])
            clock.datetime((2027, 1, 2, 0, 3, 4, 5, 0))
            await asyncio.sleep(2)
            print(clock.datetime()[:7])
        """,
        prepare=lambda bench: setattr(bench.parts.battery, "millivolts", 4000),
    ) == ["2000000 39718", "(2026, 11, 23, 0, 9, 0, 1)", "(2027, 1, 2, 5, 3, 4, 7)"]


def test_partition_has_the_rules_of_nor_flash(run: Run) -> None:
    assert run("""
        from esp32 import NVS, Partition
        async def program():
            journal = Partition("journal")
            print(journal.info(), journal.ioctl(4, 0), journal.ioctl(5, 0))
            journal.writeblocks(3, b"\\xf0\\x0f", 100)
            journal.writeblocks(3, b"\\x3c\\xff", 100)
            read = bytearray(2)
            journal.readblocks(3, read, 100)
            print(read)
            journal.writeblocks(3, bytes(range(256)) * 16)
            journal.readblocks(3, read, 100)
            print(read)
            journal.ioctl(6, 3)
            journal.readblocks(3, read, 100)
            print(read)
            try:
                Partition("nowhere")
            except OSError as error:
                print(error.errno)
            store = NVS("shop")
            try:
                store.get_blob("key", read)
            except OSError as error:
                print(hex(-error.errno))
            store.set_blob("key", b"xy")
            print(store.get_blob("key", read), read)
    """) == [
        "(1, 64, 3145728, 524288, 'journal', False) 128 4096",
        "bytearray(b'0\\x0f')",
        "bytearray(b'de')",
        "bytearray(b'\\xff\\xff')",
        "2",
        "0x1102",
        "2 bytearray(b'xy')",
    ]


class _Parrot:
    def feed(self, data: bytes) -> list[tuple[int, bytes | None]]:
        return [(5_000, data.upper()), (9_000, None)]


def test_asyncio_streams_over_the_boards_network(run: Run) -> None:
    assert run(
        """
        async def program():
            reader, writer = await asyncio.open_connection("parrot", 7)
            writer.write(b"hello")
            await writer.drain()
            print(await reader.readexactly(2), await reader.read(100), await reader.read(100))
            writer.close()
            try:
                reader, writer = await asyncio.open_connection("nobody", 7)
                writer.write(b"hello")
                await writer.drain()
            except OSError as error:
                print(error.errno)
        """,
        hosts={"parrot:7": _Parrot},
    ) == ["b'HE' b'LLO' b''", "111"]


def test_waiting_costs_virtual_time_only(run: Run) -> None:
    """A month of asyncio timers, time-outs and cancelled waits."""
    assert run(
        """
        async def program():
            start = asyncio.core.ticks()
            await asyncio.sleep(30 * 24 * 3600)
            print(asyncio.core.ticks() - start)
            event = asyncio.Event()
            try:
                await asyncio.wait_for(event.wait(), 1000)
            except asyncio.TimeoutError:
                print(asyncio.core.ticks() - start)
            async def late():
                await asyncio.sleep_ms(70)
                return "in time"
            print(await asyncio.wait_for(late(), 1000), asyncio.core.ticks() - start)
        """,
        seconds=40 * 24 * 3600,
    ) == ["2592000000", "2593000000", "in time 2593000070"]


def test_tasks_run_in_the_order_they_were_made_ready(run: Run) -> None:
    assert run("""
        async def program():
            order = []
            async def task(name):
                order.append(name)
                await asyncio.sleep_ms(5)
                order.append(name)
            await asyncio.gather(*(task(name) for name in range(9)))
            print(order)
    """) == [str([*range(9), *range(9)])]


def test_a_program_that_dies_says_why(run: Run) -> None:
    with pytest.raises(BenchError, match="ZeroDivisionError"):
        run("""
            async def program():
                await asyncio.sleep(1)
                1 / 0
        """)


def test_a_program_that_never_reaches_its_board_says_why(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BenchError, match="SyntaxError"):
        run("""
            async def program()
                pass
        """)
