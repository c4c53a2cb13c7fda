"""The world around the terminal, as switches and a battery: what is so, and what somebody would rather have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from host_tools.bench.live import Power

if TYPE_CHECKING:
    from collections.abc import Callable

    from host_tools.bench.live import LiveBench

_OVERHEATED_S: Final = 10.0
_NEAR_END_MM: Final = 1_000  # of paper, where the sensor wants three times as much

# What a cell of so many percent has, in mV: a usual lithium cell's, at rest, and what the terminal takes it for.
BATTERY: Final = {100: 4200, 80: 4020, 60: 3870, 40: 3800, 20: 3730, 10: 3690, 5: 3480, 0: 3270}


class Switches:
    """By name, True being what a shop likes: the network is there, the cover closed."""

    def __init__(self, bench: LiveBench, host: Callable[[bool], None], changed: Callable[[], None]) -> None:
        self.battery = 60
        self._bench = bench
        self._switch_host = host
        self._changed = changed
        self._host = True
        self._turn: dict[str, Callable[[bool], None]] = {
            "network": self._network,
            "host": self._answers,
            "paper": self._paper,
            "roll": self._roll,
            "cover": self._cover,
            "head": self._head,
            "cutter": self._cutter,
            "case": self._case,
        }

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._turn)

    def status(self) -> dict[str, Any]:
        """For JSON."""
        printer, case = self._bench.parts.printer, self._bench.parts.tamper_switch
        return {
            "network": self._bench.network_up,
            "host": self._host,
            "paper": not printer.out_of_paper,
            "roll": not printer.near_end,
            "cover": not printer.cover_open,
            "head": not printer.hot,
            "cutter": not printer.cutter_stuck,
            "case": case.level(case.pins[0]) == 0,
            "battery": self.battery,
        }

    def turn(self, name: str, on: bool) -> None:
        self._turn[name](on)
        self._changed()

    def charge(self, percent: int) -> None:
        """Put another cell in."""
        parts = self._bench.parts
        self.battery = percent
        parts.battery.millivolts = BATTERY[percent]
        gauge = parts.other.gauge
        if gauge and self._bench.power is Power.OFF:  # it may never have been under current
            gauge.millivolts, gauge.percent = BATTERY[percent], percent
        elif gauge:
            gauge.insert_cell(BATTERY[percent], percent)
        self._changed()

    def _network(self, on: bool) -> None:
        self._bench.network_up = on

    def _answers(self, on: bool) -> None:
        self._host = on
        self._switch_host(on)

    def _paper(self, on: bool) -> None:
        printer = self._bench.parts.printer
        if on:
            printer.load_paper()
        else:
            printer.paper_out()

    def _roll(self, on: bool) -> None:
        """Enough of it, or near its end."""
        printer = self._bench.parts.printer
        if on:
            printer.load_paper()
        else:
            printer.load_paper(_NEAR_END_MM)

    def _cover(self, on: bool) -> None:
        printer = self._bench.parts.printer
        if on:
            printer.close_cover()
        else:
            printer.open_cover()

    def _head(self, on: bool) -> None:
        """It cools down by itself, and cannot be helped."""
        if not on:
            self._bench.parts.printer.overheat(_OVERHEATED_S)

    def _cutter(self, on: bool) -> None:
        printer = self._bench.parts.printer
        if on:
            printer.free_cutter()
        else:
            printer.jam_cutter()

    def _case(self, on: bool) -> None:
        switch = self._bench.parts.tamper_switch
        if on:
            switch.close_case()
        else:
            switch.open_case()
