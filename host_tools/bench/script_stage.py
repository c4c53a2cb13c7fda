"""Where a bench script is played: a shop in virtual time, or a desk in real time.

Both are the same board and the same parts. What differs is who lets the time pass, so every step that takes some is
awaited; in virtual time nothing is ever waited for, and `at_once` runs the steps without a loop.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import contextmanager

from PIL import Image

from host_tools.acquirer.cards import Card
from host_tools.acquirer.faults import Faults
from host_tools.bench.lockstep import KEY_DOWN_US, KEY_UP_US, BenchError
from host_tools.bench.parts.chip_slot_card import ChipCard
from host_tools.bench.parts.field import Card as FieldCard
from host_tools.bench.parts.field_cards import IsoA
from host_tools.bench.screen_reader import read_lines
from host_tools.bench.shop import OPENING, Shop
from host_tools.bench.wiring import Parts

_A_BIT = 100  # in the middle of any payment card's tracks


class NotSeen(Exception):
    """What was expected did not happen in time, or cannot be done; the text says what there was instead."""


class Stage(ABC):
    """`pictures` are the screenshots, by name, a pixel for a pixel."""

    def __init__(self, parts: Parts, cards: Mapping[str, Card], faults: Faults) -> None:
        self.parts = parts
        self.cards = cards
        self.faults = faults
        self.pictures: dict[str, Image.Image] = {}
        self.torn = 0  # slips that somebody has taken off the printer
        self._heard = 0

    @abstractmethod
    async def power(self, on: bool) -> None:
        """Nothing happens where it is so already."""

    @abstractmethod
    async def wait(self, seconds: float) -> None: ...

    @abstractmethod
    async def until(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        """Wait until `condition` holds; NotSeen if it never does."""

    @abstractmethod
    def network(self, up: bool) -> None: ...

    @abstractmethod
    def host(self, up: bool) -> None: ...

    @abstractmethod
    def trace(self) -> tuple[int, list[str]]:
        """How many ISO 8583 messages there have been, and the types of the last ones."""

    @abstractmethod
    async def press(self, key: str) -> None: ...

    def listen(self) -> None:
        """Forget the messages until now."""
        self._heard = self.trace()[0]

    def messages(self) -> list[str]:
        """The types of those that came since."""
        count, types = self.trace()
        return types[max(0, len(types) - count + self._heard) :]

    def stripe(self, track1: str | None, track2: str, *, bad: Collection[int] = ()) -> None:
        """Pull a card through whichever reader this board has; tracks without sentinels and LRC."""
        reader = self.parts.other.stripe_reader
        if reader is None:
            self.parts.swipe_reader.swipe(track1, track2, bad=bad)
        else:  # it has no decoder: what cannot be read is a wrong bit
            reader.swipe(track1, track2, damaged=dict.fromkeys(bad, _A_BIT))

    def chip(self, name: str) -> ChipCard:
        """What is put into the slot for that card; of a bank that knows stripes, a chip without an application."""
        return ChipCard(_no_such_file)

    def antenna(self, name: str) -> FieldCard:
        """What is held before the antenna for it."""
        return IsoA(_no_such_file)

    def tear(self) -> None:
        self.torn = len(self.parts.printer.slips)

    def screen(self) -> list[str]:
        return read_lines(self.parts.display.pixels())

    def paper(self) -> str:
        """What is printed on the paper that nobody has taken yet."""
        printer = self.parts.printer
        return "\n".join(slip.text for slip in [*printer.slips[self.torn :], printer.paper])


def _no_such_file(command: bytes) -> bytes:
    return b"\x6a\x82"


class ShopStage(Stage):
    """The same script and the same seed of the shop give the same bytes on every wire."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.bench.parts, shop.cards, shop.faults)
        self._shop = shop
        self._bench = shop.bench
        if self.parts.other.calendar:
            self.parts.other.calendar.workshop_time = OPENING

    async def power(self, on: bool) -> None:
        with _told():
            if on and not self._running:
                self._bench.power_on()
            elif self._running and not on:
                self._bench.power_off()

    async def wait(self, seconds: float) -> None:
        with _told():
            self._bench.run(seconds)

    async def until(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        with _told():
            self._bench.until(condition, what, seconds)

    @property
    def _running(self) -> bool:
        try:
            return bool(self._bench.pid)
        except BenchError:
            return False

    def network(self, up: bool) -> None:
        self._bench.network(up)

    def host(self, up: bool) -> None:
        self._shop.host_up = up

    def trace(self) -> tuple[int, list[str]]:
        return len(self._shop.trace), [record.mti for record in self._shop.trace]

    def chip(self, name: str) -> ChipCard:
        return self._shop.chip(name) or super().chip(name)

    def antenna(self, name: str) -> FieldCard:
        return self._shop.antenna(name) or super().antenna(name)

    async def press(self, key: str) -> None:
        self.parts.keypad.press(key)
        await self.wait(KEY_DOWN_US / 1e6)
        self.parts.keypad.release(key)
        await self.wait(KEY_UP_US / 1e6)

    def screen(self) -> list[str]:
        return self._bench.screen()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BenchError as problem:
        raise NotSeen(str(problem)) from problem


def at_once(steps: Coroutine[None, None, None]) -> None:
    """Run what never really waits to its end."""
    try:
        steps.send(None)
    except StopIteration:
        return
    steps.close()
    raise RuntimeError("virtual time waits for nobody")
