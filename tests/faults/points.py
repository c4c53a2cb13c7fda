"""What can go wrong, and where: the points that the explorer goes through, each with a text form to be run again.

A schedule says what goes wrong in which life of the terminal. Life 0 is the one that the transaction begins in;
a power cut ends a life, and the next begins with power-on.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final, get_type_hints


class _Point:
    """The text form of all of them: what it is, and its fields, with colons between."""

    __slots__ = ()

    def __str__(self) -> str:
        values = (getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]  # all are dataclasses
        return ":".join([_name(type(self)), *map(str, values)])


class Way(StrEnum):
    """How a program or an erase is left when the power goes in it."""

    BEFORE = "before"
    AFTER = "after"
    BYTES = "bytes"  # so many bytes of it done
    BITS = "bits"  # a random choice of a page's bits
    WEAK = "weak"  # a page of cells that read at random until they are programmed or erased again
    SWAYING = "swaying"  # the same, but every other time or so they all read as if done


@dataclass(frozen=True, slots=True)
class Cut(_Point):
    """The power goes in this operation on flash, counted from the life's beginning."""

    operation: int
    way: Way
    depth: int = 0  # bytes, or for the other ways sixteenths of it


@dataclass(frozen=True, slots=True)
class Wear(_Point):
    """From this operation on one of the cells that it programs keeps its bits."""

    operation: int
    byte: int


@dataclass(frozen=True, slots=True)
class Dud(_Point):
    """This operation does nothing, and the chip says nothing of it."""

    operation: int


@dataclass(frozen=True, slots=True)
class Rot(_Point):
    """While the power is off, before this life, the bits of a byte of the journal's flash turn."""

    byte: int
    bits: int


class Filling(StrEnum):
    """What is left in a sector that has gone bad."""

    ZEROS = "zeros"
    ONES = "ones"
    NOISE = "noise"


@dataclass(frozen=True, slots=True)
class Ruin(_Point):
    """While the power is off, before this life, this sector of the journal goes bad."""

    sector: int
    filling: Filling


class Doing(StrEnum):
    """What somebody with a flash programmer does to a record, its check sum made right."""

    BENT = "bent"  # a bit of it turned
    MOVED = "moved"  # it changes places with the next one
    GRAFTED = "grafted"  # that of the same number from another history in its place
    KILLED = "killed"  # nothing in its place


@dataclass(frozen=True, slots=True)
class Forgery(_Point):
    """While the power is off, before this life, this is done to the record of that number."""

    record: int
    what: Doing


class Drawn(StrEnum):
    """What ends the talk with a chip, which has heard the command by then."""

    OUT = "out"  # the card is drawn out of the slot, or leaves the field
    POWER = "power"  # the power goes


@dataclass(frozen=True, slots=True)
class Pull(_Point):
    """At this exchange with the chip, counted from the life's beginning."""

    exchange: int
    what: Drawn


@dataclass(frozen=True, slots=True)
class Bend(_Point):
    """At this exchange with the chip a bit of this byte of its answer turns."""

    exchange: int
    byte: int


@dataclass(frozen=True, slots=True)
class Net(_Point):
    """`what` (wire.py) happens at this step of the network, counted from the life's beginning.

    A step is a connection or a message. `at` is a byte of the frame, where that matters.
    """

    step: int
    what: str
    at: int = 0


Fault = Cut | Wear | Dud | Rot | Ruin | Forgery | Pull | Bend | Net


def _name(kind: type) -> str:
    return kind.__name__.lower()


_KINDS: Final[dict[str, type[Fault]]] = {
    _name(kind): kind for kind in (Cut, Wear, Dud, Rot, Ruin, Forgery, Pull, Bend, Net)
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """`faults` are (life, what goes wrong in it)."""

    row: str
    scene: str
    faults: tuple[tuple[int, Fault], ...] = ()

    def __str__(self) -> str:
        return ",".join([f"{self.row}@{self.scene}", *(f"{life}/{fault}" for life, fault in self.faults)])

    def of(self, life: int) -> list[Fault]:
        return [fault for number, fault in self.faults if number == life]


def schedule(text: str) -> Schedule:
    """The schedule of this text form; ValueError for what is none."""
    head, *rest = text.split(",")
    row, _, scene = head.partition("@")
    faults = []
    for word in rest:
        life, _, fault = word.partition("/")
        faults.append((int(life), _fault(fault)))
    return Schedule(row, scene, tuple(faults))


def _fault(text: str) -> Fault:
    name, *words = text.split(":")
    kind = _KINDS.get(name)
    if kind is None:
        raise ValueError(f"no fault: {text}")
    types = get_type_hints(kind)
    return kind(*(types[field.name](word) for field, word in zip(fields(kind), words, strict=True)))
