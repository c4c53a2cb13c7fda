"""SPI1 of an ESP32 as a programmer uses it: registers that send one command to the flash chip, and fetch its answer.

The chip is a Winbond W25Q32, or a larger one of its kind (data sheet, revision I): what it says when asked who it is.
Reading, programming and erasing are the loader's own commands (esp32_flash.py).
"""

from __future__ import annotations

from host_tools.bench.parts.esp32_chips import SpiRegisters

_GO = 1 << 18  # in the command register: send what the other registers say
_COMMAND, _ADDRESS, _MISO = 1 << 31, 1 << 30, 1 << 28  # in the user register: which phases there are
_READ_ID, _READ_SFDP = 0x9F, 0x5A
_READ_STATUS = {0x05: 0x00, 0x35: 0x02, 0x15: 0x60}  # the three status registers, quad mode enabled
_MAKER = bytes.fromhex("ef40")  # Winbond, 25Q
_SMALLEST = 22  # 32 megabits, as a power of two of bytes: so the third byte of the answer says it
_SFDP = b"SFDP" + bytes.fromhex("050100ff") + bytes.fromhex("00050110800000ff")  # header, and its one table's


class Spi1:
    """`read` and `write` are for addresses that are `in` it."""

    def __init__(self, registers: SpiRegisters, flash_size: int) -> None:
        self._where = registers
        self._jedec_id = _MAKER + bytes([max(_SMALLEST, (flash_size - 1).bit_length())])
        self._values: dict[int, int] = {}

    def __contains__(self, address: int) -> bool:
        return self._where.base <= address < self._where.base + 0x100

    def read(self, address: int) -> int:
        return self._values.get(address - self._where.base, 0)

    def write(self, address: int, value: int) -> None:
        offset = address - self._where.base
        if offset == 0 and value & _GO:
            self._transact()
            value &= ~_GO
        self._values[offset] = value

    def _transact(self) -> None:
        where, values = self._where, self._values
        phases = values.get(where.user, 0)
        if not phases & _COMMAND:
            return
        at = 0
        if phases & _ADDRESS:
            bits = (values.get(where.user1, 0) >> 26) + 1
            at = values.get(4, 0) >> (32 - bits if where.address_high else 0)
        if phases & _MISO:
            size = (values.get(where.miso_length, 0) + 8) // 8
            answer = self._answer(values.get(where.user2, 0) & 0xFF, at).ljust(at + size, b"\xff")[at : at + size]
            values[where.w0] = int.from_bytes(answer, "little")

    def _answer(self, command: int, at: int) -> bytes:
        """What the chip has to say from address 0; nobody drives the line after it, nor after an unknown command."""
        if command == _READ_ID:
            return b"\xff" * at + self._jedec_id
        if command in _READ_STATUS:
            return b"\xff" * at + bytes([_READ_STATUS[command]])
        return _SFDP if command == _READ_SFDP else b""
