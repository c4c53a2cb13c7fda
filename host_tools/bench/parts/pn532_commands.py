"""What the PN532's commands do (NXP UM0701-02, chapter 7): the ones about the chip itself; those about cards are
passed on to its radio.

As a target of another reader it waits for ever, as there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from host_tools.bench.parts.field import Field
from host_tools.bench.parts.pn532_ciu import VERSION, Failure, Status
from host_tools.bench.parts.pn532_frames import BadSyntax, Work
from host_tools.bench.parts.pn532_radio import Radio

if TYPE_CHECKING:
    from host_tools.bench.parts.pn532 import Pn532

FIRMWARE = bytes.fromhex("32010607")  # PN532, 1.6, types A and B and ISO/IEC 18092
_BAUD_RATES = 9
# RFConfiguration's items and the size of each (7.3.1)
_RF_ITEMS = {0x01: 1, 0x02: 3, 0x04: 1, 0x05: 3, 0x0A: 11, 0x0B: 8, 0x0C: 3, 0x0D: 9}
_NO_PRE_OR_POSTAMBLE = 0x20


class Commands:
    def __init__(self, chip: Pn532, field: Field) -> None:
        self.power_down = False  # has been asked for
        self.sam_mode = 0
        self.interrupts = True  # P70_IRQ is driven
        self.baud_rate = 4  # 115,200; the bench's lines have whatever rate the board has set
        self._chip = chip
        self.radio = Radio(field)
        self._gpio = bytearray((0xFF, 0xFF, 0x00))  # P3, P7, the pins that choose the host's bus
        self._commands: dict[int, Callable[[bytes], Work]] = {
            0x00: self._diagnose,
            0x02: lambda p: self._say(p, 0, FIRMWARE),
            0x04: lambda p: self._say(p, 0, self.radio.general_status()),
            0x06: self._read_register,
            0x08: self._write_register,
            0x0C: lambda p: self._say(p, 0, bytes(self._gpio)),
            0x0E: self._write_gpio,
            0x10: self._set_baud_rate,
            0x12: self._set_parameters,
            0x14: self._sam_configuration,
            0x16: self._power_down,
            0x32: self._rf_configuration,
            0x40: lambda p: self._try(self.radio.exchange(p)),
            0x42: lambda p: self._try(self.radio.communicate_thru(p)),
            0x44: lambda p: self._try(self.radio.deselect(p)),
            0x46: self._jump,
            0x4A: self.radio.list_passive_target,
            0x4E: self._not_now,  # InPSL
            0x50: self._not_now,  # InATR
            0x52: lambda p: self._try(self.radio.release(p)),
            0x54: lambda p: self._try(self.radio.select(p)),
            0x56: self._jump,
            0x58: self._for_ever,  # RFRegulationTest
            0x60: self.radio.auto_poll,
            0x86: self._not_now,  # TgGetData
            0x88: self._not_now,  # TgGetInitiatorCommand
            0x8A: lambda p: self._say(p, 0, bytes(2)),  # TgGetTargetStatus: idle
            0x8C: self._for_ever,  # TgInitAsTarget
            0x8E: self._not_now,  # TgSetData
            0x90: self._not_now,  # TgResponseToInitiator
            0x92: self._not_now,  # TgSetGeneralBytes
            0x94: self._not_now,  # TgSetMetaData
        }
        self.reset()

    def reset(self) -> None:
        """As the chip is when its power comes."""
        self.power_down = False
        self.sam_mode = 0
        self.interrupts = True
        self.baud_rate = 4
        self.radio.reset()

    def work(self, code: int, parameters: bytes) -> Work:
        if code not in self._commands:
            raise BadSyntax
        self.power_down = False
        return self._commands[code](parameters)

    # -- kinds of answers --

    def _say(self, parameters: bytes, size: int, answer: bytes = b"") -> Work:
        """An answer that needs no work, to a command of so many parameters."""
        if len(parameters) != size:
            raise BadSyntax
        yield 500
        return answer

    def _try(self, work: Work) -> Work:
        """A status in front, which is the failure's where it fails."""
        try:
            answer = yield from work
        except Failure as failure:
            self.radio.last_error = failure.status
            return bytes([failure.status])
        self.radio.last_error = Status.OK
        return answer

    def _not_now(self, _parameters: bytes) -> Work:
        yield 500
        return bytes([Status.CONTEXT])

    def _jump(self, _parameters: bytes) -> Work:
        """InJumpForDEP and InJumpForPSL: no peer is there."""
        yield 50_000
        return bytes([Status.TIMEOUT])

    def _for_ever(self, _parameters: bytes) -> Work:
        while True:
            yield 1_000_000
        return None

    # -- commands --

    def _diagnose(self, parameters: bytes) -> Work:
        test = parameters[:1]
        if test == b"\x00":
            return self._say(b"", 0, parameters)  # the line: everything back
        if test in (b"\x01", b"\x02", b"\x04", b"\x07"):  # ROM, RAM, polling, antenna
            return self._say(b"", 0, b"\x00")
        if test == b"\x06":
            return self._try(self.radio.attention())
        raise BadSyntax

    def _read_register(self, parameters: bytes) -> Work:
        if not parameters or len(parameters) % 2:
            raise BadSyntax
        addresses = [int.from_bytes(parameters[at : at + 2], "big") for at in range(0, len(parameters), 2)]
        return self._say(b"", 0, bytes(self.radio.registers.get(address, 0) for address in addresses))

    def _write_register(self, parameters: bytes) -> Work:
        if not parameters or len(parameters) % 3:
            raise BadSyntax
        for at in range(0, len(parameters), 3):
            address = int.from_bytes(parameters[at : at + 2], "big")
            if address != VERSION:
                self.radio.registers[address] = parameters[at + 2]
        return self._say(b"", 0)

    def _write_gpio(self, parameters: bytes) -> Work:
        work = self._say(parameters, 2)
        for port, value in enumerate(parameters[:2]):
            if value & 0x80:
                self._gpio[port] = value | 0x80
        return work

    def _set_baud_rate(self, parameters: bytes) -> Work:
        if len(parameters) != 1 or parameters[0] >= _BAUD_RATES:
            raise BadSyntax

        def change() -> None:
            self.baud_rate = parameters[0]

        self._chip.on_ack = change
        return self._say(b"", 0)

    def _set_parameters(self, parameters: bytes) -> Work:
        work = self._say(parameters, 1)
        self.radio.parameters = parameters[0]
        self._chip.bare = bool(parameters[0] & _NO_PRE_OR_POSTAMBLE)
        return work

    def _sam_configuration(self, parameters: bytes) -> Work:
        if not 1 <= len(parameters) <= 3 or not 1 <= parameters[0] <= 4:
            raise BadSyntax
        self.sam_mode = parameters[0]
        self.interrupts = parameters[2:] != b"\x00"
        return self._say(b"", 0)

    def _power_down(self, parameters: bytes) -> Work:
        if not 1 <= len(parameters) <= 2:
            raise BadSyntax
        self._chip.wakes_by = parameters[0]
        self.power_down = True
        return self._say(b"", 0, bytes([Status.OK]))

    def _rf_configuration(self, parameters: bytes) -> Work:
        item, data = parameters[:1], parameters[1:]
        if not item or _RF_ITEMS.get(item[0]) != len(data):
            raise BadSyntax
        self.radio.configure(item[0], data)
        return self._say(b"", 0)
