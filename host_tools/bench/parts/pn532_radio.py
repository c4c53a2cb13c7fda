"""The PN532's commands about cards (NXP UM0701-02, 7.3.5 to 7.3.13): its table of targets, and what it does to them."""

from __future__ import annotations

from collections.abc import Generator

from host_tools.bench.parts import pn532_blocks
from host_tools.bench.parts.field import Field, Modulation, State
from host_tools.bench.parts.field_cards import HLTA, WUPA, MifareClassic, TypeA
from host_tools.bench.parts.pn532_ciu import Ciu, Failure, Status
from host_tools.bench.parts.pn532_find import Found, Target, cascaded, find, select_one
from host_tools.bench.parts.pn532_frames import BadSyntax, Work

_PARAMETERS = 0x14  # at power-on: RATS and ATR_RES are the chip's to send
_AUTOMATIC_RATS = 0x10
_MODULATIONS = (Modulation.A, Modulation.F212, Modulation.F424, Modulation.B)  # BrTy 0 to 3
_JEWEL = 4
_FOR_EVER = 0xFF
_LOOK_US = 2_000  # from one look to the next
_PERIOD_US = 150_000  # InAutoPoll's
_MIFARE_US = 5_000
_RELEASE_US = 2_000
_ANY_FELICA = bytes.fromhex("00ffff0000")
# InAutoPoll: what is to be looked for, and how; whether it must speak ISO/IEC 14443-4 (None: as it comes).
_POLLED: dict[int, tuple[Modulation, bytes, bool | None]] = {
    0x00: (Modulation.A, b"", None),
    0x01: (Modulation.F212, _ANY_FELICA, None),
    0x02: (Modulation.F424, _ANY_FELICA, None),
    0x03: (Modulation.B, b"\x00", None),
    0x10: (Modulation.A, b"", False),
    0x11: (Modulation.F212, _ANY_FELICA, None),
    0x12: (Modulation.F424, _ANY_FELICA, None),
    0x20: (Modulation.A, b"", True),
    0x23: (Modulation.B, b"\x00", True),
}
_NEVER_FOUND = (0x04, 0x40, 0x41, 0x42, 0x80, 0x81, 0x82)  # Jewel, and peers


class Radio:
    """`fail_with` is a test's: the status of the next exchange with a card, in place of what would have come."""

    def __init__(self, field: Field) -> None:
        self.ciu = Ciu(field)
        self.fail_with: int | None = None
        self.last_error = 0
        self.parameters = _PARAMETERS
        self.targets: dict[int, Target] = {}
        self.reset()

    def reset(self) -> None:
        self.ciu.reset()
        self.targets.clear()
        self.last_error = 0
        self.parameters = _PARAMETERS
        self._activation_tries = _FOR_EVER
        self._retries = 0  # MxRtyCOM
        self._thru_timeout_us = 51_200

    def forget(self) -> None:
        """The carrier has gone, and the cards with it."""
        self.targets.clear()
        self.ciu.switch(False)

    @property
    def registers(self) -> dict[int, int]:
        return self.ciu.registers

    def configure(self, item: int, data: bytes) -> None:
        if item == 0x01:
            if data[0] & 1:
                self.ciu.switch(True)
            else:
                self.forget()
        elif item == 0x02:
            self._thru_timeout_us = 100 << data[2] - 1 if data[2] else 1 << 40
        elif item == 0x04:
            self._retries = data[0]
        elif item == 0x05:
            self._activation_tries = data[2]

    def general_status(self) -> bytes:
        """Last error, no carrier of others, the targets with their bit rates and modulation, SAM."""
        kinds = {Modulation.F212: b"\x01\x01\x10", Modulation.F424: b"\x02\x02\x10"}
        targets = [bytes([t.number]) + kinds.get(t.modulation, b"\x00\x00\x00") for t in self.targets.values()]
        return bytes([self.last_error, 0, len(targets)]) + b"".join(targets) + b"\x80"

    # -- finding --

    def list_passive_target(self, parameters: bytes) -> Work:
        most, modulation, data = self._list_parameters(parameters)
        tries = self._activation_tries
        while True:
            found = yield from self._look(modulation, most, data)
            if found or tries == 0:
                break
            tries -= tries != _FOR_EVER
            yield _LOOK_US
        return bytes([len(found)]) + b"".join(bytes([target.number]) + target.data for target in found)

    def _list_parameters(self, parameters: bytes) -> tuple[int, Modulation | None, bytes]:
        if len(parameters) < 2 or not 1 <= parameters[0] <= 2 or parameters[1] > _JEWEL:
            raise BadSyntax
        most, data = parameters[0], parameters[2:]
        if parameters[1] == _JEWEL:
            return most, None, data
        modulation = _MODULATIONS[parameters[1]]
        sizes = {Modulation.A: (0, 4, 8, 12), Modulation.B: (1, 2)}.get(modulation, (5,))
        if len(data) not in sizes:
            raise BadSyntax
        return most, modulation, data

    def _look(self, modulation: Modulation | None, most: int, data: bytes) -> Found:
        """Whoever was known before is no longer."""
        self.targets.clear()
        if modulation is None:
            yield _LOOK_US
            return []
        found = yield from find(self.ciu, modulation, most, data, bool(self.parameters & _AUTOMATIC_RATS))
        for number, target in enumerate(found, 1):
            target.number = number
            self.targets[number] = target
        return found

    def auto_poll(self, parameters: bytes) -> Work:
        if len(parameters) < 3 or not parameters[0] or not 1 <= parameters[1] <= 15:
            raise BadSyntax
        if any(kind not in _POLLED and kind not in _NEVER_FOUND for kind in parameters[2:]):
            raise BadSyntax
        left = parameters[0]
        while left:
            for kind in parameters[2:]:
                if kind not in _POLLED:
                    yield _LOOK_US
                    continue
                modulation, data, iso = _POLLED[kind]
                found = [t for t in (yield from self._look(modulation, 2, data)) if iso is None or t.iso == iso]
                if found:
                    return bytes([len(found)]) + b"".join(self._polled(kind, target) for target in found)
                yield parameters[1] * _PERIOD_US
            left -= left != _FOR_EVER
        return b"\x00"

    def _polled(self, kind: int, target: Target) -> bytes:
        if kind == 0x00:
            kind = 0x20 if target.iso else 0x10
        data = bytes([target.number]) + target.data
        return bytes([kind, len(data)]) + data

    # -- with those that were found --

    def exchange(self, parameters: bytes) -> Work:
        """InDataExchange. More Information in the target's number is for peers alone, and makes no difference here."""
        if not parameters:
            raise BadSyntax
        target = self.targets.get(parameters[0] & ~0x40)
        if target is None:
            raise Failure(Status.CONTEXT)
        data = parameters[1:]
        self._maybe_fail()
        if target.iso:
            return (yield from pn532_blocks.exchange(self.ciu, target, data, self._retries))
        if target.modulation == Modulation.A and data[:1] in (b"\x60", b"\x61"):
            return (yield from self._authenticate(target, data))
        yield from self._again(target)
        answer = yield from self.ciu.send(target.modulation, data, _MIFARE_US)
        return bytes([Status.OK]) + (b"" if len(answer) == 1 else answer)

    def _authenticate(self, target: Target, data: bytes) -> Generator[int, None, bytes]:
        """MIFARE Classic's, with the key and 4 bytes of UID; the cipher is between the chip and the card."""
        if len(data) != 12:
            raise BadSyntax
        yield from self._again(target)
        yield 5_000
        card = target.card
        if not isinstance(card, MifareClassic) or card not in self.ciu.field.cards:
            raise Failure(Status.TIMEOUT)
        if data[0] != 0x60 or not card.authenticate(data[1], data[2:8], data[8:12]):
            raise Failure(Status.MIFARE_AUTHENTICATION)
        return bytes([Status.OK])

    def _again(self, target: Target) -> Generator[int, None, None]:
        """A card of type A that was put to rest for another one is called by its name."""
        card = target.card
        if isinstance(card, TypeA) and card.state == State.HALT:
            yield from self.ciu.hear(Modulation.A, WUPA, _RELEASE_US)
            yield from select_one(self.ciu, cascaded(card.uid))

    def communicate_thru(self, parameters: bytes) -> Work:
        self._maybe_fail()
        return bytes([Status.OK]) + (yield from self.ciu.thru(parameters, self._thru_timeout_us))

    def attention(self) -> Work:
        """Diagnose 6: whether the card is still there."""
        target = next(iter(self.targets.values()), None)
        if target is None or not target.iso:
            raise Failure(Status.CONTEXT)
        yield from pn532_blocks.still_there(self.ciu, target)
        return bytes([Status.OK])

    def deselect(self, parameters: bytes) -> Work:
        for target in self._chosen(parameters):
            yield from self._put_to_rest(target)
        return bytes([Status.OK])

    def release(self, parameters: bytes) -> Work:
        for target in self._chosen(parameters):
            yield from self._put_to_rest(target)
            del self.targets[target.number]
        return bytes([Status.OK])

    def select(self, parameters: bytes) -> Work:
        for target in self._chosen(parameters, all_of_them=False):
            yield from self._again(target)
        return bytes([Status.OK])

    def _chosen(self, parameters: bytes, all_of_them: bool = True) -> list[Target]:
        if len(parameters) != 1:
            raise BadSyntax
        if parameters[0] == 0 and all_of_them:
            return list(self.targets.values())
        if parameters[0] not in self.targets:
            raise Failure(Status.CONTEXT)
        return [self.targets[parameters[0]]]

    def _put_to_rest(self, target: Target) -> Generator[int, None, None]:
        """Whether the card heard it makes no difference."""
        target.block, target.pending = 0, None
        try:
            if target.iso:
                yield from pn532_blocks.deselect(self.ciu, target)
            elif target.modulation == Modulation.A:
                yield from self.ciu.hear(Modulation.A, HLTA, _RELEASE_US)
        except Failure:
            return

    def _maybe_fail(self) -> None:
        status, self.fail_with = self.fail_with, None
        if status is not None:
            raise Failure(status)
