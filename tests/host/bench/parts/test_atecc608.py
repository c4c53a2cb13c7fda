"""The secure element, transaction by transaction; its arithmetic is judged by hashlib and hmac."""

from __future__ import annotations

import hashlib
import hmac
from random import Random

import pytest

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.atecc608 import FIXED_SECRET, ROLLING_SECRET, WAKE_LOW_US, Atecc608, Status, crc, frame

KEYS, JOURNAL = 0, 1
SECRETS = {KEYS: bytes(range(32)), JOURNAL: bytes(range(32, 64))}
PATTERN = b"\xff\xff\x00\x00" * 8


class Master:
    """The other end of the bus."""

    def __init__(self, element: Atecc608) -> None:
        self.clock = VirtualClock()
        self.element = element
        element.attach(self.clock)

    def wake(self) -> bytes:
        self.element.sda_low(WAKE_LOW_US)
        self.clock.busy(2_000)
        return self.element.read(4)

    def send(self, opcode: int, param1: int = 0, param2: int = 0, data: bytes = b"") -> int:
        content = bytes([opcode, param1]) + param2.to_bytes(2, "little") + data
        return self.element.write(b"\x03" + frame(content))

    def ask(self, opcode: int, param1: int = 0, param2: int = 0, data: bytes = b"") -> bytes:
        """What a command answers, without count and CRC, which are right."""
        assert self.send(opcode, param1, param2, data) > 0
        self.clock.busy(50_000)
        answer = self.element.read(40)
        answer, rest = answer[: answer[0]], answer[answer[0] :]
        assert crc(answer[:-2]) == answer[-2:]
        assert set(rest) == {0xFF}
        return answer[1:-2]

    def hmac(self, slot: int, message: bytes) -> bytes:
        assert self.ask(0x47, 0x04, slot) == bytes([Status.OK])
        while len(message) > 64:
            assert self.ask(0x47, 0x01, 64, message[:64]) == bytes([Status.OK])
            message = message[64:]
        return self.ask(0x47, 0xC2, len(message), message)


@pytest.fixture
def blank() -> Master:
    master = Master(Atecc608(0x60, Random(1)))
    master.wake()
    return master


@pytest.fixture
def master() -> Master:
    element = Atecc608(0x60, Random(1))
    element.provision({KEYS: (ROLLING_SECRET, SECRETS[KEYS]), JOURNAL: (FIXED_SECRET, SECRETS[JOURNAL])})
    master = Master(element)
    master.wake()
    return master


def status(code: Status) -> bytes:
    return bytes([code])


# -- the wire ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "published",
    [
        "04113343",  # after waking (data sheet DS40002112, 8.1)
        "040F2342",  # execution error (Atmel's ATSHA204 communication example)
        "040100C3",  # a CheckMac that failed (the same)
        "071C0000000A4D",  # DeriveKey (the same)
        "0730000000035D",  # Info (cryptoauthlib, hal_swi_discover)
        "07000060028038",  # an ATECC608A's answer to it
    ],
)
def test_published_frames(published: str) -> None:
    wire = bytes.fromhex(published)
    assert frame(wire[1:-2]) == wire


def test_asleep_it_acknowledges_nothing_until_woken() -> None:
    element = Atecc608(0x60, Random(1))
    master = Master(element)
    assert master.send(0x30) == -1
    assert element.read(4) == b""
    element.sda_low(WAKE_LOW_US - 1)
    master.clock.busy(2_000)
    assert element.read(4) == b""
    element.sda_low(WAKE_LOW_US)
    assert element.read(4) == b""  # it takes 1.5 ms
    master.clock.busy(1_500)
    assert element.read(4) == bytes.fromhex("04113343")


def test_busy_it_acknowledges_nothing(master: Master) -> None:
    assert master.send(0x30) == 8
    assert master.element.read(7) == b""
    assert master.send(0x30) == -1
    master.clock.busy(1_000)
    assert master.element.read(7) == bytes.fromhex("07000060028038")


def test_an_answer_is_read_on_and_from_its_start_again(master: Master) -> None:
    answer = frame(master.ask(0x30))
    master.element.write(b"\x00")
    assert master.element.read(3) + master.element.read(4) == answer
    assert master.element.read(2) == b"\xff\xff"


def test_a_second_waking_changes_nothing(master: Master) -> None:
    master.ask(0x30)
    master.element.write(b"\x00")
    master.element.sda_low(100)
    assert master.element.read(7) == bytes.fromhex("07000060028038")


def test_every_flipped_bit_of_a_command_is_noticed(master: Master) -> None:
    good = frame(bytes.fromhex("30000000"))
    for bit in range(8, len(good) * 8):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        master.element.write(b"\x03" + bad)
        assert master.element.read(4) == frame(status(Status.CRC_ERROR))


def test_a_command_that_there_is_not(master: Master) -> None:
    assert master.ask(0x77) == status(Status.PARSE_ERROR)


def test_sleep_and_idle(master: Master) -> None:
    for word, kept in ((b"\x02", True), (b"\x01", False)):
        assert master.ask(0x47, 0x04, KEYS) == status(Status.OK)
        master.element.write(word)
        assert master.element.read(4) == b""
        assert master.wake() == bytes.fromhex("04113343")
        digest = master.ask(0x47, 0xC2, 0, b"")
        assert digest == (hmac.digest(SECRETS[KEYS], b"", "sha256") if kept else status(Status.EXECUTION_ERROR))


def test_the_watchdog(master: Master) -> None:
    master.clock.busy(1_285_000)
    master.send(0x16, 0, 0, bytes(20))
    assert master.element.read(4) == frame(status(Status.WATCHDOG))
    master.clock.busy(20_000)
    assert master.element.read(4) == b""
    assert master.wake() == bytes.fromhex("04113343")


def test_power_off_forgets(master: Master) -> None:
    assert master.ask(0x47, 0x04, KEYS) == status(Status.OK)
    master.element.power_off()
    assert master.element.read(4) == b""
    master.element.attach(master.clock)
    master.wake()
    assert master.ask(0x47, 0xC2, 0, b"") == status(Status.EXECUTION_ERROR)


# -- secrets ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 128, 200])
def test_hmac(master: Master, size: int) -> None:
    message = Random(size).randbytes(size)
    assert master.hmac(JOURNAL, message) == hmac.digest(SECRETS[JOURNAL], message, "sha256")


def test_sha(master: Master) -> None:
    # MB-ATECCX08A-Library, TestVectors.csv: "abc"
    assert master.ask(0x47, 0x00) == status(Status.OK)
    assert master.ask(0x47, 0x02, 3, b"abc") == hashlib.sha256(b"abc").digest()


def test_a_secret_can_be_neither_read_nor_written(master: Master) -> None:
    for slot, secret in SECRETS.items():
        for size in (0x00, 0x80):
            assert master.ask(0x02, size | 2, slot << 3) == status(Status.EXECUTION_ERROR)
            data = bytes(32 if size else 4)
            assert master.ask(0x12, size | 2, slot << 3, data) == status(Status.EXECUTION_ERROR)
        assert bytes(master.element.secrets[slot]) == secret


def test_a_slot_that_is_no_secret_can(master: Master) -> None:
    master.element.secrets[9][:] = b"p" * 32
    assert master.ask(0x02, 0x82, 9 << 3) == b"p" * 32
    assert master.ask(0x12, 0x82, 9 << 3, b"q" * 32) == status(Status.OK)
    assert master.ask(0x02, 0x02, 9 << 3) == b"q" * 4


def test_roll(master: Master) -> None:
    number = master.ask(0x16, 0, 0, b"n" * 20)
    assert master.ask(0x1C, 0, KEYS) == status(Status.OK)
    serial = master.element.config[12:13] + master.element.config[0:2]
    temp_key = hashlib.sha256(number + b"n" * 20 + b"\x16\x00\x00").digest()
    rolled = hashlib.sha256(SECRETS[KEYS] + b"\x1c\x00\x00\x00" + serial + bytes(25) + temp_key).digest()
    assert bytes(master.element.secrets[KEYS]) == rolled
    assert master.hmac(KEYS, b"label") == hmac.digest(rolled, b"label", "sha256")


def test_roll_needs_its_nonce_and_a_slot_that_may(master: Master) -> None:
    assert master.ask(0x1C, 0, KEYS) == status(Status.EXECUTION_ERROR)
    master.ask(0x16, 0, 0, bytes(20))
    assert master.ask(0x1C, 0, JOURNAL) == status(Status.EXECUTION_ERROR)
    assert master.ask(0x1C, 0, KEYS) == status(Status.OK)
    assert master.ask(0x1C, 0, KEYS) == status(Status.EXECUTION_ERROR)  # a nonce is good for one
    assert bytes(master.element.secrets[JOURNAL]) == SECRETS[JOURNAL]


def test_random_numbers_begin_with_the_first_lock(blank: Master, master: Master) -> None:
    # TestVectors.csv, as above
    assert blank.ask(0x1B) == PATTERN
    assert len({master.ask(0x1B) for _ in range(3)} | {PATTERN}) == 4


# -- what the workshop does -------------------------------------------------------------------------------


def lock_state(master: Master) -> bytes:
    return master.ask(0x02, 0, 0x15)


def test_provisioning_over_the_wire(blank: Master) -> None:
    assert lock_state(blank) == b"\x00\x00\x55\x55"
    assert blank.ask(0x12, 0x82, 0, SECRETS[KEYS]) == status(Status.EXECUTION_ERROR)  # configuration first
    assert blank.ask(0x12, 0x00, 5, ROLLING_SECRET + FIXED_SECRET) == status(Status.OK)
    assert blank.ask(0x17, 0x81) == status(Status.EXECUTION_ERROR)
    assert blank.ask(0x17, 0x80) == status(Status.OK)
    assert lock_state(blank) == b"\x00\x00\x55\x00"
    for slot, secret in SECRETS.items():
        assert blank.ask(0x12, 0x82, slot << 3, secret) == status(Status.OK)
        assert blank.ask(0x02, 0x82, slot << 3) == status(Status.EXECUTION_ERROR)
    assert blank.ask(0x47, 0x04, KEYS) == status(Status.EXECUTION_ERROR)
    blank.element.write(b"\x01")
    blank.wake()
    assert blank.ask(0x17, 0x81) == status(Status.OK)
    assert lock_state(blank) == b"\x00\x00\x00\x00"
    for slot, secret in SECRETS.items():
        assert blank.hmac(slot, b"label") == hmac.digest(secret, b"label", "sha256")
    for lock in (0x80, 0x81):
        assert blank.ask(0x17, lock) == status(Status.EXECUTION_ERROR)
    assert blank.ask(0x12, 0x00, 5, bytes(4)) == status(Status.EXECUTION_ERROR)


def test_what_the_maker_has_written_stays(blank: Master) -> None:
    before = bytes(blank.element.config[:16])
    for address in range(4):
        assert blank.ask(0x12, 0x00, address, bytes(4)) == status(Status.EXECUTION_ERROR)
    assert blank.ask(0x12, 0x00, 0x15, bytes(4)) == status(Status.EXECUTION_ERROR)  # the lock bytes
    assert bytes(blank.element.config[:16]) == before
    assert blank.ask(0x02, 0x80, 0)[:4] == before[:4]
