"""A card before the antenna, as a trace has it: what it is, its manners, and what it answered to each command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from host_tools.bench.parts.field_cards import FeliCa, IsoA, IsoB, IsoCard, MifareClassic, TypeA
from host_tools.replay.chips import noting, saying

if TYPE_CHECKING:
    from collections.abc import Callable

    from host_tools.bench.parts.field import Card

_KINDS: Final[tuple[type[Card], ...]] = (IsoA, IsoB, MifareClassic, FeliCa, TypeA)  # the more special ones first
_ATQB_APPLICATION: Final = slice(5, 9)
_ATQB_PROTOCOL: Final = slice(9, None)


def remember(card: Card, *, lost: Callable[[], None], known: Callable[[str], None]) -> dict[str, Any]:
    """What the event has of a card, growing with every command; `lost` and `known` as chips.remember has them."""
    kind = next((kind for kind in _KINDS if isinstance(card, kind)), None)
    if kind is None:
        lost()
        return {"kind": IsoA.__name__, "made_of": {}, "answers": []}
    told: dict[str, Any] = {"kind": kind.__name__, "made_of": _made_of(card)}
    if isinstance(card, IsoCard):
        answers: list[str | None] = []
        told |= {"answers": answers, "think_us": card.blocks.think_us, "wtxm": card.blocks.wtxm}
        card.blocks.apdu = noting(card.blocks.apdu, answers, lost, known)
        if card.leaves:
            told["leaves"] = list(card.leaves)
    return told


def put_back(told: dict[str, Any]) -> Card:
    """Raises KeyError, TypeError for a kind that there is not."""
    kind = {kind.__name__: kind for kind in _KINDS}[told["kind"]]
    made_of = {
        name: bytes.fromhex(value) if isinstance(value, str) else value for name, value in told["made_of"].items()
    }
    if not issubclass(kind, IsoCard):
        return kind(**made_of)
    card: IsoCard = kind(saying(told["answers"]), **made_of)  # type: ignore[call-arg]
    card.blocks.think_us = told.get("think_us", card.blocks.think_us)
    card.blocks.wtxm = told.get("wtxm", card.blocks.wtxm)
    if "leaves" in told:
        card.leave(*told["leaves"])
    return card


def _made_of(card: Card) -> dict[str, Any]:
    """The arguments that it is made of again, bytes in hexadecimal."""
    match card:
        case IsoA():
            of: dict[str, Any] = {"uid": card.uid, "atqa": card.atqa, "sak": card.sak, "ats": card.ats}
        case IsoB():
            parts = {"application": card.atqb[_ATQB_APPLICATION], "protocol": card.atqb[_ATQB_PROTOCOL]}
            of = {"pupi": card.pupi, "afi": card.afi, **parts}
        case MifareClassic():
            of = {"uid": card.uid}
        case FeliCa():
            of = {"idm": card.idm, "pmm": card.pmm, "system": card.system}
        case TypeA():
            of = {"uid": card.uid, "atqa": card.atqa, "sak": card.sak}
        case _:
            raise TypeError(card)
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in of.items()}
