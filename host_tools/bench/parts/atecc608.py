"""ATECC608 secure element at the level of its I2C transactions: wake, frames with CRC, busy times, watchdog, locks.

Facts from Microchip's ATECC608A-TNGTLS data sheet (DS40002112: wiring, frames, statuses), the ATECC508A's complete one
(configuration zone, what Nonce and DeriveKey hash) and cryptoauthlib (modes of SHA on the 608, execution times). Of
the commands, those are here that keeping a symmetric secret takes; any other one is a parse error.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from enum import IntEnum
from random import Random

from host_tools.bench.bus import Clock

SLOT_SIZE = 32
WAKE_LOW_US = 60  # tWLO
WAKE_US = 1500  # tWHI
WATCHDOG_US = 1_300_000
_BLOCK = 64

_UNLOCKED = 0x55
_LOCK_DATA = 86  # bytes of the configuration zone: LockValue, LockConfig
_LOCK_CONFIG = 87
_SLOT_CONFIG = 20
_KEY_CONFIG = 96
_SYMMETRIC = b"\x1c\x00"  # KeyConfig: no ECC key

# SlotConfig of a secret that can be used and nothing else, and of one that DeriveKey may roll besides.
FIXED_SECRET = b"\x80\x80"
ROLLING_SECRET = b"\x80\x20"


class Status(IntEnum):
    OK = 0x00
    PARSE_ERROR = 0x03
    EXECUTION_ERROR = 0x0F
    AWAKE = 0x11
    WATCHDOG = 0xEE
    CRC_ERROR = 0xFF


class _State(IntEnum):
    ASLEEP = 0
    IDLE = 1
    AWAKE = 2


class _Refused(Exception):
    def __init__(self, status: Status) -> None:
        self.status = status


def crc(data: bytes) -> bytes:
    """CRC-16, polynomial 0x8005 from zero, each byte's lowest bit first; the lower byte first."""
    register = 0
    for byte in data:
        for bit in range(8):
            carry = register >> 15 ^ byte >> bit & 1
            register = register << 1 & 0xFFFF ^ 0x8005 * carry
    return register.to_bytes(2, "little")


def frame(content: bytes) -> bytes:
    counted = bytes([len(content) + 3]) + content
    return counted + crc(counted)


class Atecc608:
    """As it comes from the maker: nothing locked, no secrets. `secrets` are the slots, for a test to look at."""

    def __init__(self, address: int, random: Random) -> None:
        self.address = address
        self.config = bytearray(128)
        self.config[0:4] = b"\x01\x23" + random.randbytes(2)
        self.config[4:8] = b"\x00\x00\x60\x02"
        self.config[8:13] = random.randbytes(4) + b"\xee"
        self.config[_LOCK_DATA] = self.config[_LOCK_CONFIG] = _UNLOCKED
        self.secrets = [bytearray(b"\xff" * SLOT_SIZE) for _ in range(16)]
        self._random = random
        self._clock: Clock | None = None
        self._state = _State.ASLEEP
        self._forget()
        self._commands: dict[int, tuple[int, Callable[[int, int, bytes], bytes]]] = {
            0x02: (1_000, self._read),  # opcode: typical execution time in us, what it does
            0x12: (8_000, self._write),
            0x16: (17_000, self._nonce),
            0x17: (15_000, self._lock),
            0x1B: (15_000, self._random_number),
            0x1C: (15_000, self._derive_key),
            0x30: (1_000, self._info),
            0x47: (5_000, self._sha),
        }

    def provision(self, secrets: dict[int, tuple[bytes, bytes]]) -> None:
        """What the workshop does to it: for each slot SlotConfig and secret, and both zones locked."""
        for slot, (slot_config, secret) in secrets.items():
            self.config[_SLOT_CONFIG + 2 * slot : _SLOT_CONFIG + 2 * slot + 2] = slot_config
            self.config[_KEY_CONFIG + 2 * slot : _KEY_CONFIG + 2 * slot + 2] = _SYMMETRIC
            self.secrets[slot][:] = secret
        self.config[_LOCK_CONFIG] = self.config[_LOCK_DATA] = 0

    # -- power and the bus --

    def attach(self, clock: Clock) -> None:
        self._clock = clock

    def power_off(self) -> None:
        self._clock = None
        self._forget()

    def sda_low(self, duration_us: int) -> None:
        """SDA was low for so long: from its sleep it wakes, awake it takes no notice."""
        if self._clock is None:
            return
        self._look_at_the_watchdog()
        if self._state != _State.AWAKE and duration_us >= WAKE_LOW_US:
            self._state = _State.AWAKE
            self._busy_until = self._clock.now_us + WAKE_US
            self._asleep_at = self._clock.now_us + WATCHDOG_US
            self._answer(bytes([Status.AWAKE]))

    def write(self, data: bytes) -> int:
        if not self._listens():
            return -1
        assert self._clock
        if not data:
            return 0
        word, group = data[0], data[1:]
        if word == 0x00:
            self._at = 0
        elif word == 0x01:
            self._forget()
        elif word == 0x02:
            self._state = _State.IDLE
        elif word == 0x03:
            self._take(group)
        return len(data)

    def read(self, count: int) -> bytes:
        if not self._listens():
            return b""
        answer = self._output[self._at : self._at + count]
        self._at += count
        return answer + b"\xff" * (count - len(answer))

    def _listens(self) -> bool:
        self._look_at_the_watchdog()
        return self._clock is not None and self._state == _State.AWAKE and self._clock.now_us >= self._busy_until

    def _look_at_the_watchdog(self) -> None:
        if self._clock is not None and self._state != _State.ASLEEP and self._clock.now_us >= self._asleep_at:
            self._forget()

    def _forget(self) -> None:
        """Asleep: all that was in RAM is gone."""
        self._state = _State.ASLEEP
        self._busy_until = self._asleep_at = 0
        self._output = b""
        self._at = 0
        self._temp_key: bytes | None = None
        self._hash: hashlib._Hash | hmac.HMAC | None = None

    def _answer(self, content: bytes) -> None:
        self._output = frame(content)
        self._at = 0

    # -- commands --

    def _take(self, group: bytes) -> None:
        assert self._clock
        content = group[: group[0]] if group else b""
        if len(content) < 7 or len(content) != group[0] or crc(content[:-2]) != content[-2:]:
            self._answer(bytes([Status.CRC_ERROR]))
            return
        duration, command = self._commands.get(content[1], (0, None))
        if command is None:
            self._answer(bytes([Status.PARSE_ERROR]))
            return
        if self._clock.now_us + duration >= self._asleep_at:
            self._answer(bytes([Status.WATCHDOG]))
            return
        self._busy_until = self._clock.now_us + duration
        try:
            self._answer(command(content[2], content[3] | content[4] << 8, content[5:-2]))
        except _Refused as refusal:
            self._answer(bytes([refusal.status]))

    def _info(self, mode: int, _param2: int, _data: bytes) -> bytes:
        _need(mode == 0, Status.PARSE_ERROR)
        return bytes(self.config[4:8])

    def _random_number(self, _mode: int, _param2: int, _data: bytes) -> bytes:
        # Before the configuration is locked a fixed pattern, so that nobody takes it for chance.
        return b"\xff\xff\x00\x00" * 8 if self._is_open(_LOCK_CONFIG) else self._random.randbytes(32)

    def _read(self, mode: int, address: int, _data: bytes) -> bytes:
        size = 32 if mode & 0x80 else 4
        if mode & 0x03 == 0:
            start = (address >> 3 & 3) * 32 + (0 if size == 32 else (address & 7) * 4)
            return bytes(self.config[start : start + size])
        _need(mode & 0x03 == 2, Status.PARSE_ERROR)
        slot = address >> 3 & 15
        # Before the data zone is locked nothing in it can be read; a secret slot (IsSecret) never.
        _need(not self._is_open(_LOCK_DATA) and not self._slot_config(slot) & 0x80, Status.EXECUTION_ERROR)
        start = 0 if size == 32 else (address & 7) * 4
        return bytes(self.secrets[slot][start : start + size])

    def _write(self, mode: int, address: int, data: bytes) -> bytes:
        size = 32 if mode & 0x80 else 4
        _need(len(data) == size, Status.PARSE_ERROR)
        if mode & 0x03 == 0:
            _need(self._is_open(_LOCK_CONFIG), Status.EXECUTION_ERROR)
            start = (address >> 3 & 3) * 32 + (0 if size == 32 else (address & 7) * 4)
            # The first 16 bytes are the maker's, and the lock bytes Lock's.
            _need(start >= 16 and not start <= _LOCK_DATA < start + size, Status.EXECUTION_ERROR)
            self.config[start : start + size] = data
            return bytes([Status.OK])
        _need(mode & 0x03 == 2, Status.PARSE_ERROR)
        slot = address >> 3 & 15
        always = self._slot_config(slot) >> 12 == 0  # WriteConfig
        _need(not self._is_open(_LOCK_CONFIG), Status.EXECUTION_ERROR)
        _need(size == 32 and (self._is_open(_LOCK_DATA) or always), Status.EXECUTION_ERROR)
        self.secrets[slot][:] = data
        return bytes([Status.OK])

    def _lock(self, mode: int, _summary: int, _data: bytes) -> bytes:
        """Without the check of the zone's CRC, which bit 7 of the mode leaves out."""
        _need(mode in (0x80, 0x81), Status.PARSE_ERROR)
        lock = _LOCK_DATA if mode & 1 else _LOCK_CONFIG
        _need(self._is_open(lock) and (lock == _LOCK_CONFIG or not self._is_open(_LOCK_CONFIG)), Status.EXECUTION_ERROR)
        self.config[lock] = 0
        return bytes([Status.OK])

    def _nonce(self, mode: int, param2: int, data: bytes) -> bytes:
        _need(mode in (0, 1) and len(data) == 20, Status.PARSE_ERROR)
        number = self._random_number(0, 0, b"")
        self._temp_key = hashlib.sha256(number + data + bytes([0x16, mode, param2 & 0xFF])).digest()
        return number

    def _derive_key(self, mode: int, slot: int, data: bytes) -> bytes:
        """Roll: the slot's own secret is hashed with TempKey, which Nonce has filled."""
        _need(mode == 0 and slot < 16 and not data, Status.PARSE_ERROR)
        rolls = self._slot_config(slot) >> 12 in (0b0010, 0b0110)  # WriteConfig, without an authorising MAC
        _need(rolls and self._temp_key is not None and not self._is_open(_LOCK_DATA), Status.EXECUTION_ERROR)
        assert self._temp_key
        head = bytes([0x1C, mode]) + slot.to_bytes(2, "little") + self.config[12:13] + self.config[0:2]
        self.secrets[slot][:] = hashlib.sha256(self.secrets[slot] + head + bytes(25) + self._temp_key).digest()
        self._temp_key = None
        return bytes([Status.OK])

    def _sha(self, mode: int, param2: int, data: bytes) -> bytes:
        step = mode & 0x07
        if step == 0x00:
            self._hash = hashlib.sha256()
        elif step == 0x04:
            _need(param2 < 16 and not data, Status.PARSE_ERROR)
            usable = not self._is_open(_LOCK_DATA) and not self._slot_config(param2) & 0x10  # NoMac
            _need(usable, Status.EXECUTION_ERROR)
            self._hash = hmac.new(self.secrets[param2], digestmod="sha256")
        else:
            _need(step in (1, 2) and len(data) == param2, Status.PARSE_ERROR)
            _need(param2 == _BLOCK if step == 1 else param2 <= _BLOCK, Status.PARSE_ERROR)
            _need(self._hash is not None, Status.EXECUTION_ERROR)
            assert self._hash
            self._hash.update(data)
            if step == 2:
                digest = self._hash.digest()
                self._hash = None
                return digest
        return bytes([Status.OK])

    def _is_open(self, lock: int) -> bool:
        return self.config[lock] == _UNLOCKED

    def _slot_config(self, slot: int) -> int:
        at = _SLOT_CONFIG + 2 * slot
        return int.from_bytes(self.config[at : at + 2], "little")


def _need(condition: bool, otherwise: Status) -> None:
    if not condition:
        raise _Refused(otherwise)
