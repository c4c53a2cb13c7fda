"""A card's body: its contacts for the bench's chip slot, its antenna for the bench's field.

What it does with power is the body's: it forgets what was selected when it is reset, asks for time where its entry says
that it is slow, and can be drawn away at an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host_tools.bench.parts.chip_slot_card import T0_ATR, T1_ATR, ChipCard, Habits
from host_tools.bench.parts.chip_slot_t0 import Habits0
from host_tools.bench.parts.chip_slot_t1 import Habits1
from host_tools.bench.parts.field_cards import IsoA
from host_tools.cards.application import Interface

if TYPE_CHECKING:
    from host_tools.cards.card import Card

_SLOW_T0: Final = Habits0(nulls=2)
_SLOW_T1: Final = Habits1(think_us=500_000, wtx=[2, 1])
_SLOW_TAP_US: Final = 700_000  # longer than the frame waiting time of 620 ms


class Chip(ChipCard):
    """For ChipSlot.insert; ATR and protocol are those of the card's entry."""

    def __init__(self, card: Card) -> None:
        slow = card.entry.slow
        habits = Habits(t0=_SLOW_T0 if slow else Habits0(), t1=_SLOW_T1 if slow else Habits1())
        super().__init__(card.exchange, T1_ATR if card.entry.protocol == "T=1" else T0_ATR, habits)
        self._card = card

    def rst(self, level: int) -> None:
        if level:
            self._card.reset(Interface.CONTACT)
        super().rst(level)


class Antenna(IsoA):
    """For Field.put; type A, its UID random as payment cards' are (it begins with 08)."""

    def __init__(self, card: Card) -> None:
        super().__init__(card.exchange, b"\x08" + card.random(3))
        self._card = card
        if card.entry.slow:
            self.blocks.think_us = _SLOW_TAP_US
        if card.entry.leaves:
            self.leave(card.entry.leaves)

    def power(self, on: bool) -> None:
        super().power(on)
        self._card.reset(Interface.CONTACTLESS)
