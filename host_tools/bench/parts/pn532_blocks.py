"""The PN532's end of the block protocol (ISO/IEC 14443-4), which it speaks by itself in InDataExchange."""

from __future__ import annotations

from collections.abc import Generator

from host_tools.bench.parts.pn532_ciu import Ciu, Failure, Status
from host_tools.bench.parts.pn532_find import Target

MORE = 0x40  # in a status: the answer goes on
_ROOM = 262  # what one answer has room for
_MARGIN_US = 1_000  # that the chip waits longer than FWT

_CHAINING = 0x10
_NAK = 0x10
_CID = 0x08


def exchange(ciu: Ciu, target: Target, command: bytes, retries: int) -> Generator[int, None, bytes]:
    """Status and answer. An answer that has no room in one is asked for on by an empty command."""
    if target.pending is not None and not command:
        answer, goes_on = target.pending, target.goes_on
    else:
        answer, goes_on = yield from _command(ciu, target, command, retries)
    target.pending = None
    while goes_on and len(answer) <= _ROOM:
        pcb, body = yield from _exchange(ciu, target, bytes([0xA2 | target.block]), b"", retries)
        answer += body
        goes_on = _told(target, pcb)
    if len(answer) <= _ROOM:
        return bytes([Status.OK]) + answer
    target.pending, target.goes_on = answer[_ROOM:], goes_on
    return bytes([MORE]) + answer[:_ROOM]


def _command(ciu: Ciu, target: Target, command: bytes, retries: int) -> Generator[int, None, tuple[bytes, bool]]:
    """The answer's first block, and whether it goes on."""
    room = target.fsc - 3 - bool(target.cid)
    pieces = [command[at : at + room] for at in range(0, len(command), room)] or [b""]
    for piece in pieces[:-1]:
        pcb, _ = yield from _exchange(ciu, target, _information(target, _CHAINING), piece, retries)
        if pcb & 0xF6 != 0xA2 or pcb & 1 != target.block:
            raise Failure(Status.FORMAT)
        target.block ^= 1
    pcb, body = yield from _exchange(ciu, target, _information(target), pieces[-1], retries)
    return body, _told(target, pcb)


def _told(target: Target, pcb: int) -> bool:
    """The block is of an answer, and the one that is due; whether more come."""
    if pcb & 0xE2 != 0x02 or pcb & 1 != target.block:
        raise Failure(Status.FORMAT)
    target.block ^= 1
    return bool(pcb & _CHAINING)


def still_there(ciu: Ciu, target: Target) -> Generator[int, None, None]:
    """An R(NAK) that the card answers with R(ACK)."""
    yield from ciu.send(target.modulation, _framed(target, bytes([0xA2 | _NAK | target.block])), target.fwt_us)


def deselect(ciu: Ciu, target: Target) -> Generator[int, None, None]:
    yield from ciu.send(target.modulation, _framed(target, b"\xc2"), target.fwt_us)


def _information(target: Target, chaining: int = 0) -> bytes:
    return bytes([0x02 | chaining | target.block])


def _framed(target: Target, pcb: bytes, body: bytes = b"") -> bytes:
    return (bytes([pcb[0] | _CID, target.cid]) if target.cid else pcb) + body


def _exchange(
    ciu: Ciu, target: Target, pcb: bytes, body: bytes, retries: int
) -> Generator[int, None, tuple[int, bytes]]:
    """PCB, without its CID bit, and content of the block that answers this one; more time is granted."""
    block = _framed(target, pcb, body)
    limit_us = target.fwt_us
    while True:
        try:
            answer = yield from ciu.send(target.modulation, block, limit_us + _MARGIN_US)
        except Failure:
            if not retries:
                raise
            retries -= 1
            block = _framed(target, bytes([0xA2 | _NAK | target.block]))
            continue
        if not answer:
            raise Failure(Status.FORMAT)
        kind, content = answer[0] & ~_CID, answer[1:]
        if answer[0] & _CID:
            content = content[1:]
        if kind != 0xF2:
            return kind, content
        if len(content) != 1 or not 1 <= content[0] & 0x3F <= 59:
            raise Failure(Status.FORMAT)
        limit_us = target.fwt_us * (content[0] & 0x3F)
        block = _framed(target, b"\xf2", bytes([content[0] & 0x3F]))
