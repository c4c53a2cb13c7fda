"""How the PN532 finds cards: anticollision of types A and B, polling for FeliCa, and what it then agrees with them.

FSD is 64 bytes. The first target's CID is 0 where type A is concerned (RATS E0 50, as such readers are heard to send
it) and 1 with type B (by nfcpy's notes on the chip).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import reduce
from operator import or_

from host_tools.bench.parts.field import Card, Modulation
from host_tools.bench.parts.field_blocks import FRAME_SIZES, frame_waiting_us
from host_tools.bench.parts.field_cards import HLTA, REQA, SELECT, TypeA
from host_tools.bench.parts.pn532_ciu import Ciu, Failure, Status

FSDI = 5
_ATQ_US = 1_000
_RATS_US = 5_286  # 65,536 + 1,792 carrier cycles, and what the chip allows on top
_ISO = 0x20  # in SAK: the card speaks ISO/IEC 14443-4
_FELICA_SLOT_US = 1_208
_B_SLOTS = 4  # 2^4


@dataclass
class Target:
    """A card that has been found, as the host knows it."""

    card: Card
    modulation: Modulation
    number: int = 0  # Tg
    data: bytes = b""  # what InListPassiveTarget says of it, after Tg
    iso: bool = False
    fsc: int = 16
    fwt_us: int = frame_waiting_us(4)
    cid: int = 0
    block: int = 0  # the number of the next block
    pending: bytes | None = None  # of the card's answer, for which the host has to ask
    goes_on: bool = False  # the card has still more of it


Found = Generator[int, None, list[Target]]


def find(ciu: Ciu, modulation: Modulation, most: int, data: bytes, rats: bool) -> Found:
    """One look for at most so many."""
    yield from ciu.set_up(modulation)
    if modulation == Modulation.A:
        return (yield from _find_a(ciu, most, data, rats))
    if modulation == Modulation.B:
        return (yield from _find_b(ciu, most, data[0]))
    return (yield from _find_felica(ciu, modulation, most, data))


# -- type A --


def _find_a(ciu: Ciu, most: int, wanted: bytes, rats: bool) -> Found:
    found: list[Target] = []
    while len(found) < most:
        replies = yield from ciu.hear(Modulation.A, REQA, _ATQ_US)
        if not replies:
            break
        atqa = reduce(or_, (int.from_bytes(reply.frame, "little") for _, reply in replies)).to_bytes(2, "big")
        try:
            uid, sak = yield from select_one(ciu, wanted)
        except Failure:
            break
        card = next(card for card, _ in replies if isinstance(card, TypeA) and card.uid == uid)
        target = Target(card, Modulation.A, data=atqa + bytes([sak, len(uid)]) + uid)
        if sak & _ISO and rats:
            try:
                yield from _answer_to_select(ciu, target, cid=len(found))
            except Failure:
                break
        elif most > 1:
            yield from ciu.hear(Modulation.A, HLTA, _ATQ_US)
        found.append(target)
    return found


def cascaded(uid: bytes) -> bytes:
    """A UID as its levels are selected: the cascade tag before each three bytes that more follow."""
    head = b""
    while len(uid) > 4:
        head, uid = head + b"\x88" + uid[:3], uid[3:]
    return head + uid


def select_one(ciu: Ciu, wanted: bytes) -> Generator[int, None, tuple[bytes, int]]:
    """UID and SAK of one of the cards that are ready; `wanted` as `cascaded`. Of colliding bits the ones are taken."""
    uid = b""
    for level, select in enumerate(SELECT):
        known = _bits(wanted[level * 4 : level * 4 + 4])
        while True:
            yield 1_000
            cards = [card for card in ciu.field.listening(Modulation.A) if isinstance(card, TypeA)]
            answers = [bits for card in cards if (bits := card.anticollide(select, known)) is not None]
            if not answers:
                raise Failure(Status.TIMEOUT)
            alike = [len(set(column)) == 1 for column in zip(*answers, strict=True)]
            if all(alike):
                break
            known = answers[0][: alike.index(False)] + "1"
        part = bytes(int(answers[0][at : at + 8][::-1], 2) for at in range(0, 40, 8))
        sak = (yield from ciu.send(Modulation.A, bytes([select, 0x70]) + part, _ATQ_US))[0]
        if not sak & 0x04:
            return uid + part[:4], sak
        uid += part[1:4]
    raise Failure(Status.TIMEOUT)


def _bits(part: bytes) -> str:
    return "".join(f"{byte:08b}"[::-1] for byte in part)


def _answer_to_select(ciu: Ciu, target: Target, cid: int) -> Generator[int, None, None]:
    ats = yield from ciu.send(Modulation.A, bytes([0xE0, FSDI << 4 | cid]), _RATS_US)
    target.iso, target.cid = True, cid
    target.data += ats
    if len(ats) < 2:
        target.fsc = 32
        return
    target.fsc = FRAME_SIZES[min(ats[1] & 0x0F, 8)]
    at = 3 if ats[1] & 0x10 else 2
    if ats[1] & 0x20 and at < len(ats):
        target.fwt_us = frame_waiting_us(ats[at] >> 4)


# -- type B --


def _find_b(ciu: Ciu, most: int, afi: int) -> Found:
    replies = yield from ciu.hear(Modulation.B, bytes([0x05, afi, 0x00]), _ATQ_US)
    if len(replies) > 1:  # give them 16 slots to choose from
        slots = [(yield from ciu.hear(Modulation.B, bytes([0x05, afi, _B_SLOTS]), _ATQ_US))]
        for slot in range(1, 1 << _B_SLOTS):
            slots.append((yield from ciu.hear(Modulation.B, bytes([slot << 4 | 0x05]), _ATQ_US)))  # noqa: PERF401
        replies = [slot[0] for slot in slots if len(slot) == 1]
    found: list[Target] = []
    for card, reply in replies[:most]:
        atqb = reply.frame
        cid = len(found) + 1 if atqb[11] & 0x01 else 0
        attrib = b"\x1d" + atqb[1:5] + bytes([0x00, FSDI, 0x01, cid])
        try:
            answer = yield from ciu.send(Modulation.B, attrib, _RATS_US)
        except Failure:
            continue
        target = Target(card, Modulation.B, data=atqb + bytes([len(answer)]) + answer, iso=True, cid=cid)
        target.fsc = FRAME_SIZES[min(atqb[10] >> 4, 8)]
        target.fwt_us = frame_waiting_us(atqb[11] >> 4)
        found.append(target)
    return found


# -- FeliCa --


def _find_felica(ciu: Ciu, modulation: Modulation, most: int, polling: bytes) -> Found:
    timeout_us = 2_417 + (polling[4] + 1) * _FELICA_SLOT_US
    replies = yield from ciu.hear(modulation, bytes([len(polling) + 1]) + polling, timeout_us)
    return [Target(card, modulation, data=reply.frame) for card, reply in replies[:most]]
