"""What is in front of the antenna, as a reader's frames reach it and come back: whole bytes, without parity and CRC.

The cards that can be put there are in field_cards.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Modulation(Enum):
    A = "106 kbps type A"
    B = "106 kbps type B"
    F212 = "212 kbps FeliCa"
    F424 = "424 kbps FeliCa"


class State(Enum):
    OFF = "off"
    IDLE = "idle"
    READY = "ready"
    ACTIVE = "active"
    PROTOCOL = "protocol"
    HALT = "halt"


@dataclass(frozen=True)
class Reply:
    """A frame that begins `delay_us` after the reader's. `crc`: one follows it; `cut`: the card left in its middle."""

    frame: bytes
    delay_us: int = 100
    crc: bool = True
    cut: bool = False


class Card:
    """Without power it knows nothing. `gone`: drawn away in the middle of something; the field will not find it."""

    modulations: tuple[Modulation, ...] = ()

    def __init__(self) -> None:
        self.state = State.OFF
        self.gone = False

    def power(self, on: bool) -> None:
        self.state = State.IDLE if on and not self.gone else State.OFF

    def receive(self, frame: bytes) -> Reply | None:
        """The answer to a frame of the reader's, None where the card stays mute."""
        raise NotImplementedError


class Field:
    """What the antenna reaches. A card in it has power while the carrier is on."""

    def __init__(self) -> None:
        self.on = False
        self.cards: list[Card] = []

    def put(self, *cards: Card) -> None:
        for card in cards:
            self.cards.append(card)
            card.gone = False
            card.power(self.on)

    def take(self, *cards: Card) -> None:
        """Take these away, or all."""
        for card in cards or tuple(self.cards):
            self.cards.remove(card)
            card.power(False)

    def switch(self, on: bool) -> None:
        if on != self.on:
            self.on = on
            for card in self.cards:
                card.power(on)

    def listening(self, modulation: Modulation) -> list[Card]:
        return [card for card in self.cards if card.state != State.OFF and modulation in card.modulations]

    def send(self, modulation: Modulation, frame: bytes) -> list[tuple[Card, Reply]]:
        """Everybody's answers; two are a collision."""
        replies = [(card, card.receive(frame)) for card in self.listening(modulation)]
        return [(card, reply) for card, reply in replies if reply is not None]
