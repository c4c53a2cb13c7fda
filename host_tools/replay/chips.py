"""A chip in the slot, as a trace has it: its answer to reset, its manners, and what it answered to each command.

An answer with a card number that a trace cannot mask is not kept: in a replay the chip says 6F 00 there.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from host_tools.bench.parts.chip_slot_card import ChipCard, Habits
from host_tools.bench.parts.chip_slot_t0 import Habits0
from host_tools.bench.parts.chip_slot_t1 import Habits1
from host_tools.cards.tlv import Malformed, objects
from host_tools.replay import masking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Answer = TypeVar("_Answer", bytes, bytes | None)
_NO_DIAGNOSIS: Final = b"\x6f\x00"
_STATUS: Final = 2  # bytes at the end
_GET_CHALLENGE: Final = b"\x84"  # answered with a random number, which is no data object and no card's
_TEMPLATES: Final = (0x6F, 0x70, 0x77, 0xA5, 0xBF0C, 0x61)
_NUMBERS: Final = (0x56, 0x57, 0x5A, 0x9F1F, 0x9F20, 0x9F6B)  # tracks, their discretionary data, PAN
_NAMED: Final = re.compile(r"\{([^~}]+)\}")


def remember(
    card: ChipCard, wrong_way: bool = False, *, lost: Callable[[], None], known: Callable[[str], None]
) -> dict[str, Any]:
    """What the event has, growing with every command.

    `known` is called with the name of a card that the trace knows, `lost` when an answer cannot be kept.
    """
    answers: list[str | None] = []
    habits = card.habits
    told = {
        "atr": card.atr.hex(),
        "warm": card.warm_atr.hex(),
        "wrong_way": wrong_way,
        "answer_clocks": habits.answer_clocks,
        "mute": habits.mute,
        "pps": habits.pps,
        "t0": asdict(habits.t0),
        "t1": asdict(habits.t1),
        "answers": answers,
    }
    noise = habits.noise
    if noise.wrong_parity or noise.refused:
        lost()
    card.handler = noting(card.handler, answers, lost, known)
    return told


def noting(
    apdu: Callable[[bytes], _Answer], answers: list[str | None], lost: Callable[[], None], known: Callable[[str], None]
) -> Callable[[bytes], _Answer]:
    """What answers as `apdu` does, and puts each answer, masked, or None for silence, behind `answers`."""

    def heard(command: bytes) -> _Answer:
        answer = apdu(command)
        if answer is None:
            answers.append(None)
            return answer
        text, _ = masking.answer(answer)
        name = _NAMED.search(text)
        if name:
            known(name[1])
        elif command[1:2] != _GET_CHALLENGE and _has_number(answer[:-_STATUS]):
            lost()
            text = _NO_DIAGNOSIS.hex()
        answers.append(text)
        return answer

    return heard


def saying(answers: Iterable[str | None]) -> Callable[[bytes], bytes | None]:
    """What gives these answers one by one, whatever it is asked, and 6F 00 when there is none left."""
    left = iter(answers)

    def said(command: bytes) -> bytes | None:
        text = next(left, _NO_DIAGNOSIS.hex())
        return None if text is None else masking.unanswer(text)

    return said


def put_back(what: dict[str, Any]) -> ChipCard:
    habits = Habits(
        answer_clocks=what["answer_clocks"],
        mute=what["mute"],
        pps=what["pps"],
        t0=Habits0(**what["t0"]),
        t1=Habits1(**what["t1"]),
    )
    handler = cast("Callable[[bytes], bytes]", saying(what["answers"]))
    return ChipCard(handler, bytes.fromhex(what["atr"]), habits, bytes.fromhex(what["warm"]))


def _has_number(data: bytes) -> bool:
    """Whether a data object in it is a card's number or track; what cannot be read as data objects may be."""
    try:
        return any(tag in _NUMBERS or (tag in _TEMPLATES and _has_number(value)) for tag, value in objects(data))
    except (Malformed, IndexError):
        return True
