"""ATECC608A/B secure element on I2C (Microchip, data sheets DS40002112 of a variant, and the ATECC508A's complete one).

A command is word address 0x03, then count | opcode | param 1 | param 2 (2, little-endian) | data | CRC (2). Its answer
is count | data | CRC, a status of one byte where it has no data to give. Nothing is acknowledged while the element
works or sleeps. Each method wakes it and puts it to sleep again, which wipes whatever it had in its RAM; its watchdog
would do so after 0.7 to 1.7 s anyway. Who calls a second method while the first is at work waits for it.

The bus must run at 100 kHz or slower: the element wakes when SDA is low for 60 us, which is then what addressing
nobody at address 0 does. It should be alone there, as slow traffic for others would wake it too.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer.
# mypy: disable-error-code="arg-type"

import asyncio

import micropython
from micropython import const

from suanpan.errors.element import ElementError, ElementGarbled, ElementRefused, ElementSilent, ElementTired

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import I2C

    Readable = bytes | bytearray | memoryview

SECRET_SIZE = const(32)
_BLOCK = const(64)  # bytes that SHA-256 takes in at a time

# Word addresses (data sheet, 7.2.1)
_SLEEP = const(0x01)
_COMMAND = const(0x03)

# Opcodes
_READ = const(0x02)
_WRITE = const(0x12)
_NONCE = const(0x16)
_RANDOM = const(0x1B)
_DERIVE_KEY = const(0x1C)
_INFO = const(0x30)
_SHA = const(0x47)

# Modes of SHA
_UPDATE = const(0x01)
_START_HMAC = const(0x04)
_END_HMAC = const(0xC2)  # to the output only, not into TempKey

_LOCK_BYTES = const(0x15)  # Read's address of the configuration zone's bytes 84 to 87
_LOCKED = const(0x00)
_DATA_32 = const(0x82)  # Write's mode: 32 bytes of the data zone

# Statuses (data sheet, 7.4)
_AWAKE = const(0x11)
_OK = const(0x00)
_WATCHDOG = const(0xEE)
_CRC_ERROR = const(0xFF)

_WAKE_MS = const(2)  # tWHI is 1.5 ms
_POLL_MS = const(2)
# The slowest of these commands takes 75 ms (SHA at the slowest of the element's clocks, by cryptoauthlib's table).
_POLLS = const(50)
_OVERHEAD = const(3)  # count and CRC


@micropython.viper
def _crc(data: ptr8, size: int) -> int:
    """CRC-16 with the polynomial 0x8005 from zero, taking in the lowest bit of each byte first."""
    crc = 0
    for i in range(size):
        byte = data[i]
        for _ in range(8):
            bit = crc >> 15 ^ byte & 1
            crc = crc << 1 & 0xFFFF
            if bit:
                crc ^= 0x8005
            byte >>= 1
    return crc


class Atecc608:
    """Raises ElementSilent, ElementGarbled, ElementTired, or ElementRefused when it answers that it may or can not."""

    def __init__(self, i2c: "I2C", address: int = 0x60) -> None:
        self._i2c = i2c
        self._address = address
        self._lock = asyncio.Lock()
        self._out = bytearray(1 + _OVERHEAD + 4 + _BLOCK)
        self._in = bytearray(_OVERHEAD + SECRET_SIZE)

    async def revision(self) -> bytes:
        """4 bytes, of an ATECC608 00 00 60 and its version."""
        return await self._ask(4, _INFO)

    async def random(self) -> bytes:
        """32 bytes. Before the configuration is locked always the same ones: FF FF 00 00, and again."""
        return await self._ask(SECRET_SIZE, _RANDOM)

    async def locked(self) -> bool:
        """Whether both configuration and data zone are: before that it keeps no secrets."""
        state = await self._ask(4, _READ, 0, _LOCK_BYTES)
        return state[2] == state[3] == _LOCKED

    async def write(self, slot: int, secret: "Readable") -> None:
        """Put 32 bytes in a slot, while the data zone is not locked yet."""
        await self._ask(1, _WRITE, _DATA_32, slot << 3, secret)

    async def hmac(self, slot: int, message: "Readable") -> bytearray:
        """HMAC-SHA256 of the message under the slot's secret: 32 bytes, for the caller to wipe."""
        async with self:
            await self._execute(1, _SHA, _START_HMAC, slot)
            view = memoryview(message)
            while len(view) > _BLOCK:
                await self._execute(1, _SHA, _UPDATE, _BLOCK, view[:_BLOCK])
                view = view[_BLOCK:]
            return bytearray(await self._execute(SECRET_SIZE, _SHA, _END_HMAC, len(view), view))

    async def roll(self, slot: int) -> None:
        """Put in place of a slot's secret one that is hashed from it and from the element's own random numbers.

        Nobody can tell the one from the other, even with all that was on the bus.
        """
        async with self:
            await self._execute(SECRET_SIZE, _NONCE, 0, 0, bytes(20))
            await self._execute(1, _DERIVE_KEY, 0, slot)

    async def _ask(self, size: int, opcode: int, param1: int = 0, param2: int = 0, data: "Readable" = b"") -> bytes:
        """One command by itself, and the `size` bytes that it answers with."""
        async with self:
            return bytes(await self._execute(size, opcode, param1, param2, data))

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        awake = False
        try:
            await self._wake()
            awake = True
        finally:
            if not awake:  # not for errors alone: the task may be cancelled
                self._lock.release()

    async def __aexit__(self, *_: object) -> None:
        self._sleep()
        self._lock.release()

    async def _wake(self) -> None:
        self._sleep()  # awake already, from before our reset, it would not answer what the awakened do
        self._send(0, b"")
        await asyncio.sleep_ms(_WAKE_MS)
        if self._receive(_OVERHEAD + 1) != _AWAKE:
            raise ElementSilent

    def _sleep(self) -> None:
        self._send(self._address, bytes((_SLEEP,)))
        for i in range(len(self._in)):
            self._in[i] = 0
        for i in range(len(self._out)):
            self._out[i] = 0

    async def _execute(self, size: int, opcode: int, param1: int, param2: int, data: "Readable" = b"") -> memoryview:
        """The `size` bytes that the command answers with."""
        out = self._out
        count = _OVERHEAD + 4 + len(data)
        out[0] = _COMMAND
        out[1] = count
        out[2] = opcode
        out[3] = param1
        out[4] = param2 & 0xFF
        out[5] = param2 >> 8
        out[6 : 6 + len(data)] = data
        frame = memoryview(out)[: 1 + count]
        crc = _crc(frame[1:], count - 2)
        frame[count - 1] = crc & 0xFF
        frame[count] = crc >> 8
        if not self._send(self._address, frame):
            raise ElementSilent
        for _ in range(_POLLS):
            await asyncio.sleep_ms(_POLL_MS)
            status = self._receive(_OVERHEAD + size)
            if status == _OK:
                return memoryview(self._in)[1 : 1 + size]
            if status == _WATCHDOG:
                raise ElementTired
            if status == _CRC_ERROR:
                raise ElementGarbled
            if status is not None:
                raise ElementRefused
        raise ElementSilent

    def _send(self, address: int, data: "Readable") -> bool:
        """Whether somebody acknowledged it: nobody has address 0, and who sleeps or works says nothing."""
        try:
            self._i2c.writeto(address, data)
        except OSError:
            return False
        return True

    def _receive(self, size: int) -> "int | None":
        """The status of the answer, which is of `size` bytes if it is good; None while there is no answer."""
        answer = memoryview(self._in)[:size]
        try:
            self._i2c.readfrom_into(self._address, answer)
        except OSError:
            return None
        count = answer[0]
        if count not in (_OVERHEAD + 1, size):
            raise ElementGarbled
        crc = _crc(answer, count - 2)
        if answer[count - 2] != crc & 0xFF or answer[count - 1] != crc >> 8:
            raise ElementGarbled
        if count == size > _OVERHEAD + 1:
            return _OK
        if size > _OVERHEAD + 1 and answer[1] == _OK:  # a status where there should be data
            raise ElementError
        return answer[1]
