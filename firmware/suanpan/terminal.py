"""The terminal as its flows see it: one of each thing, put together by main.py."""

from micropython import const

_MADE = const(2026)  # no clock is right that says an earlier year than this firmware's

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Protocol, TypeVar

    from esp32 import NVS
    from machine import UART

    from suanpan.acquirer.acquirer import Acquirer
    from suanpan.drivers.battery import Battery
    from suanpan.drivers.chip_slot import ChipSlot
    from suanpan.drivers.pn532 import Pn532
    from suanpan.drivers.printer import Printer
    from suanpan.drivers.scanner import Scanner
    from suanpan.drivers.swipe_reader import SwipeReader
    from suanpan.emv.torn import TornLog
    from suanpan.ledger.key_store import KeyStore
    from suanpan.ledger.ledger import Ledger
    from suanpan.ledger.operators import Operators
    from suanpan.ledger.parameters import Parameters
    from suanpan.service.backup import Saving
    from suanpan.service.tracing import Tracing
    from suanpan.service.update import Slots
    from suanpan.ui.gb2312 import Encoder
    from suanpan.ui.screen import Screen

    Opened = TypeVar("Opened", bound=Operators)

    class OpenOperators(Protocol):
        """Reads them anew each time, as that class: nothing of them is in memory while somebody sells."""

        def __call__(self, kind: "type[Opened]") -> "Awaitable[Opened]": ...

    class Calendar(Protocol):
        """machine.RTC."""

        def datetime(self, value: "tuple[int, ...] | None" = None) -> "tuple[int, ...]": ...


class Terminal:
    tracing: "Tracing"  # what tells the workshop all that happens: there only when somebody has asked for it
    at = 0  # of several merchants that share it, the index of the one whose it is now (service/mall.py)

    def __init__(
        self,
        *,
        screen: "Screen",
        swipe_reader: "SwipeReader",
        chip_present: "Callable[[], bool]",
        chip_slot: "Callable[[], ChipSlot]",
        contactless_reader: "Callable[[], Pn532]",
        emv_tables: str,
        printer: "Printer",
        scanner: "Callable[[], Scanner] | None",
        battery: "Battery",
        encoder: "Encoder",
        calendar: "Calendar",
        parameters: "Parameters",
        keys: "KeyStore",
        operators: "OpenOperators",
        zeroise: "Callable[[], Awaitable[None]]",
        saving: "Callable[[], tuple[UART, Saving]]",
        ledger: "Ledger",
        acquirer: "Acquirer",
        random: "Callable[[int], bytes]",
        nvs: "Callable[[], NVS]",
        slots: "Callable[[], Slots]",
    ) -> None:
        self.screen = screen
        self.swipe_reader = swipe_reader
        self.chip_present = chip_present
        self.chip_slot = chip_slot  # made when a card is put in: nothing of it is in memory while cards are swiped
        self.contactless_reader = contactless_reader  # made for each sale, as the slot is
        self.emv_tables = emv_tables  # path of the file (ledger/emv_tables.py)
        self.printer = printer
        self.scanner = scanner  # made for each code; None where there is none
        self.battery = battery
        self.encoder = encoder
        self.calendar = calendar
        self.parameters = parameters
        self.keys = keys
        self.operators = operators
        self.zeroise = zeroise
        self.saving = saving
        self.ledger = ledger
        self.acquirer = acquirer
        self.random = random
        self.nvs = nvs
        self.slots = slots
        self.operator = ""  # two digits while somebody is logged in
        # Self-check or a download has found the file of emv_tables good, with applications: chip cards are offered.
        self.tables_checked = False
        self.torn: "TornLog | None" = None  # what cards have left unfinished (emv/torn.py): for five minutes
        self.signed_in = False  # whether the host is known to hold the same working keys

    async def prepare(self) -> bool:
        """For idle time: what the ledger does then."""
        return self.ledger.prepare()

    def settled(self) -> bool:
        """Whether the host knows everything, and the batch has nothing in it."""
        state = self.ledger.state
        return not (state.due or state.queued or state.settling or state.totals)

    def today(self) -> str:
        """YYMMDD."""
        year, month, day = self.calendar.datetime()[:3]
        return f"{year % 100:02}{month:02}{day:02}"

    def time(self) -> str:
        """HHMMSS."""
        hour, minute, second = self.calendar.datetime()[4:7]
        return f"{hour:02}{minute:02}{second:02}"

    def set_time(self, date: str, time: str) -> None:
        """Take over the host's clock: MMDD and HHMMSS, in the year that brings it nearest to our own.

        A clock that has stopped or never been set gets the year in which this firmware was made.
        """
        year, month = self.calendar.datetime()[:2]
        host_month = int(date[:2])
        if year < _MADE:
            year = _MADE
        elif host_month - month > 6:
            year -= 1
        elif month - host_month > 6:
            year += 1
        day = int(date[2:])
        self.calendar.datetime((year, host_month, day, 0, int(time[:2]), int(time[2:4]), int(time[4:]), 0))
