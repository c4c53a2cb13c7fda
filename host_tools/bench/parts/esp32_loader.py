"""The loader of an ESP32 in download mode, as a programmer meets it on the serial line: first the ROM's, then the stub.

Written from "Serial Protocol" of esptool's documentation: SLIP frames; a request is direction 0, command u8, size u16,
checksum u32, data; the answer direction 1, command, size, value u32, data, status. All little-endian.

The flasher stub is a program of Xtensa instructions that a programmer uploads and starts. Nothing executes them here:
what has come whole (every block in its place, each with its checksum) and is entered at an address of its own is taken
for a flasher stub, and from then on the line is answered as esptool's stub answers it.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from functools import reduce

from host_tools.bench.flash import SECTOR, NorFlash
from host_tools.bench.parts.esp32_chips import CRYSTAL_HZ, Chip
from host_tools.bench.parts.esp32_flash import Download, Reading, Refusal, SpiFlash, Trouble
from host_tools.bench.parts.esp32_memory import Memory
from host_tools.bench.parts.esp32_slip import SlipReader, frame
from host_tools.bench.parts.esp32_spi import Spi1

BAUD = 115_200  # until told otherwise: the ROM measures the first frame
_SYNC_DATA = b"\x07\x07\x12\x20" + b"\x55" * 32
_SYNC_VALUE = 0x55201207  # the ROM's; the stub says 0
_SYNC_ANSWERS = 8
_READ_SLOW = 64  # bytes the ROM reads at once

Answer = tuple[int, bytes]  # value, and data before the status
_NOTHING: Answer = (0, b"")


class Loader:
    """`send` gets what the chip says. `left` is called when the loader is left for what is in the flash."""

    def __init__(
        self, chip: Chip, flash: NorFlash, send: Callable[[bytes], None], left: Callable[[], None] = lambda: None
    ) -> None:
        self._chip = chip
        self._send = send
        self._left = left
        self._flash = SpiFlash(flash)
        self.reset()

    def reset(self) -> None:
        """EN has been low with GPIO0 low: the ROM's loader, from its beginning."""
        self.baud = BAUD
        self.stub = False
        self.running = True  # this loader; False when it has been left
        self._slip = SlipReader()
        self._spi = Spi1(self._chip.spi, self._flash.whole)
        self._registers = dict(self._chip.registers)
        self._memory = Memory()
        self._flash.reset()
        self._download: Download | None = None
        self._reading: Reading | None = None

    def leave(self) -> None:
        self.running = False
        self._left()

    def receive(self, data: bytes) -> None:
        for packet in self._slip.feed(data):
            if not self.running:
                return
            if self._reading:
                self._acknowledged(self._reading, packet)
            elif len(packet) >= 8 and packet[0] == 0:
                self._request(packet)

    def _request(self, packet: bytes) -> None:
        _, op, size, checksum = struct.unpack_from("<BBHI", packet)
        data = packet[8:]
        handler = _HANDLERS.get(op)
        try:
            if handler is None or (op in _STUB_ONLY and not self.stub) or (op in _ROM_ONLY and self.stub):
                raise Refusal(Trouble.COMMAND)
            if op == _SECURITY_INFO and self._chip.chip_id is None:
                raise Refusal(Trouble.COMMAND)
            if size != len(data):
                raise Refusal(Trouble.LENGTH)
            if op in _WITH_CHECKSUM and reduce(int.__xor__, data[16:], 0xEF) != checksum:
                raise Refusal(Trouble.CHECKSUM)
            value, answer = handler(self, data)
        except (Refusal, struct.error) as problem:
            trouble = problem.trouble if isinstance(problem, Refusal) else Trouble.LENGTH
            self._refuse(op, trouble)
            return
        for _ in range(_SYNC_ANSWERS if op == _SYNC else 1):
            self._answer(op, value, answer + self._status(0, 0))
        self._afterwards(op, data)

    def _refuse(self, op: int, trouble: Trouble) -> None:
        status = self._status(1, trouble.value[self.stub])
        if trouble is Trouble.COMMAND and not self.stub:
            # As esptool's comments have it: not named, and said as often as a SYNC is answered.
            for _ in range(_SYNC_ANSWERS):
                self._answer(0, 0, status)
        else:
            self._answer(op, 0, status)

    def _status(self, failed: int, code: int) -> bytes:
        return bytes([failed, code]) + (b"" if self.stub else b"\0\0")

    def _answer(self, op: int, value: int, data: bytes) -> None:
        self._send(frame(struct.pack("<BBHI", 1, op, len(data), value) + data))

    def _afterwards(self, op: int, data: bytes) -> None:
        """What a command sets off once it has been answered."""
        if op == _CHANGE_BAUDRATE:
            (self.baud,) = struct.unpack_from("<I", data)
        elif op == _MEM_END and self._memory.is_program(struct.unpack("<II", data)[1]):
            self.stub = True
            self._flash.attach_whole()
            self._send(frame(b"OHAI"))
        elif op == _READ_FLASH and self._reading:
            self._send_ahead(self._reading)
        elif op in (_FLASH_END, _DEFLATED_END) and (not self.stub or data == b"\0\0\0\0"):
            if self.stub:
                self.reset()  # the stub goes back to the ROM's loader, as GPIO0 is still low
            else:
                self.leave()

    # -- commands --

    def _sync(self, data: bytes) -> Answer:
        if data != _SYNC_DATA:
            raise Refusal(Trouble.LENGTH)
        return (0 if self.stub else _SYNC_VALUE), b""

    def _read_register(self, data: bytes) -> Answer:
        (address,) = struct.unpack("<I", data)
        if address == self._chip.clock_divider:
            return CRYSTAL_HZ // self.baud, b""
        return (self._spi.read(address) if address in self._spi else self._registers.get(address, 0)), b""

    def _write_register(self, data: bytes) -> Answer:
        for address, value, mask, _delay in struct.iter_unpack("<IIII", data):
            if address in self._spi:
                self._spi.write(address, value & mask)
            else:
                self._registers[address] = self._registers.get(address, 0) & ~mask | value & mask
        return _NOTHING

    def _mem_begin(self, data: bytes) -> Answer:
        self._memory.begin(*struct.unpack("<IIII", data))
        return _NOTHING

    def _mem_data(self, data: bytes) -> Answer:
        self._memory.block(*_block(data))
        return _NOTHING

    def _mem_end(self, data: bytes) -> Answer:
        struct.unpack("<II", data)
        self._memory.finish()
        return _NOTHING

    def _attach(self, data: bytes) -> Answer:
        if len(data) != (4 if self.stub else 8):
            raise Refusal(Trouble.LENGTH)
        self._flash.attached = True
        return _NOTHING

    def _set_parameters(self, data: bytes) -> Answer:
        _id, self._flash.size, _block, sector, _page, _mask = struct.unpack("<IIIIII", data)
        if sector != SECTOR:
            raise Refusal(Trouble.LENGTH)
        return _NOTHING

    def _flash_begin(self, data: bytes, *, deflated: bool = False) -> Answer:
        # The ESP32's ROM knows four words; the others' and the stub's a fifth, for flash that is encrypted.
        words = 4 if self._chip.chip_id is None and not self.stub else 5
        size, blocks, block_size, address, *encrypted = struct.unpack(f"<{words}I", data)
        if any(encrypted):
            raise Refusal(Trouble.FLASH)
        if not self.stub:
            self._flash.erase(address, size)
        self._download = Download(
            self._flash, address, size, blocks, block_size, deflated=deflated, erased=not self.stub
        )
        return _NOTHING

    def _deflated_begin(self, data: bytes) -> Answer:
        return self._flash_begin(data, deflated=True)

    def _flash_data(self, data: bytes) -> Answer:
        if not self._download:
            raise Refusal(Trouble.NOT_BEGUN)
        self._download.block(*_block(data))
        return _NOTHING

    def _flash_end(self, data: bytes) -> Answer:
        struct.unpack("<I", data)
        download, self._download = self._download, None
        if self.stub and download:
            download.finish()
        return _NOTHING

    def _change_baudrate(self, data: bytes) -> Answer:
        """The new one, and the one there was: which the ROM does not ask for, and the stub does."""
        _new, old = struct.unpack("<II", data)
        if old != (self.baud if self.stub else 0):
            raise Refusal(Trouble.LENGTH)
        return _NOTHING

    def _md5(self, data: bytes) -> Answer:
        address, size, _, _ = struct.unpack("<IIII", data)
        digest = self._flash.md5(address, size)
        return 0, digest if self.stub else digest.hex().encode()

    def _security_info(self, data: bytes) -> Answer:
        """Flags, flash encryption's count, seven key purposes, chip id, revision of the interface."""
        return 0, struct.pack("<IB7xII", 0, 0, self._chip.chip_id or 0, 0)

    def _read_slow(self, data: bytes) -> Answer:
        address, size = struct.unpack("<II", data)
        if size > _READ_SLOW:
            raise Refusal(Trouble.READ_LENGTH)
        return 0, self._flash.read(address, size).ljust(_READ_SLOW, b"\0")

    def _erase_flash(self, data: bytes) -> Answer:
        self._flash.erase(0, self._flash.size)
        return _NOTHING

    def _erase_region(self, data: bytes) -> Answer:
        address, size = struct.unpack("<II", data)
        if address % SECTOR or size % SECTOR:
            raise Refusal(Trouble.BLOCK_SIZE)
        self._flash.erase(address, size)
        return _NOTHING

    def _read_flash(self, data: bytes) -> Answer:
        address, size, packet, ahead = struct.unpack("<IIII", data)
        self._reading = Reading(self._flash.read(address, size), packet, ahead)
        return _NOTHING

    def _send_ahead(self, reading: Reading) -> None:
        for packet in reading.ready():
            self._send(frame(packet))
        if reading.done:
            self._reading = None
            self._send(frame(hashlib.md5(reading.data, usedforsecurity=False).digest()))

    def _acknowledged(self, reading: Reading, packet: bytes) -> None:
        """The programmer says how many bytes it has; anything else ends the reading."""
        if len(packet) == 4 and reading.acknowledge(int.from_bytes(packet, "little")):
            self._send_ahead(reading)
        else:
            self._reading = None


def _block(data: bytes) -> tuple[int, bytes]:
    """Number and contents of a block, which begins with its size, its number, and two words of nothing."""
    size, number, _, _ = struct.unpack_from("<IIII", data)
    if size != len(data) - 16:
        raise Refusal(Trouble.LENGTH)
    return number, data[16:]


_SYNC, _SECURITY_INFO, _CHANGE_BAUDRATE, _READ_FLASH = 0x08, 0x14, 0x0F, 0xD2
_MEM_DATA, _MEM_END, _FLASH_DATA, _FLASH_END, _DEFLATED_DATA, _DEFLATED_END = 0x07, 0x06, 0x03, 0x04, 0x11, 0x12
_READ_SLOW_OP = 0x0E
_WITH_CHECKSUM = {_MEM_DATA, _FLASH_DATA, _DEFLATED_DATA}
_ROM_ONLY = {_READ_SLOW_OP}
_STUB_ONLY = {0xD0, 0xD1, _READ_FLASH}
_HANDLERS: dict[int, Callable[[Loader, bytes], Answer]] = {
    0x02: Loader._flash_begin,
    _FLASH_DATA: Loader._flash_data,
    _FLASH_END: Loader._flash_end,
    0x05: Loader._mem_begin,
    _MEM_END: Loader._mem_end,
    _MEM_DATA: Loader._mem_data,
    _SYNC: Loader._sync,
    0x09: Loader._write_register,
    0x0A: Loader._read_register,
    0x0B: Loader._set_parameters,
    0x0D: Loader._attach,
    _READ_SLOW_OP: Loader._read_slow,
    _CHANGE_BAUDRATE: Loader._change_baudrate,
    0x10: Loader._deflated_begin,
    _DEFLATED_DATA: Loader._flash_data,
    _DEFLATED_END: Loader._flash_end,
    0x13: Loader._md5,
    _SECURITY_INFO: Loader._security_info,
    0xD0: Loader._erase_flash,
    0xD1: Loader._erase_region,
    _READ_FLASH: Loader._read_flash,
}
