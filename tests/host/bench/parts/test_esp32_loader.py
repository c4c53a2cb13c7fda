"""What the emulated loader of an ESP32 refuses, and in which words: what esptool, who makes no mistakes, never sees."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import closing
from functools import reduce
from pathlib import Path

import pytest

from host_tools.bench.clock import VirtualClock
from host_tools.bench.flash import SECTOR, NorFlash
from host_tools.bench.parts.esp32_chips import ESP32, ESP32_S3, Chip
from host_tools.bench.parts.esp32_loader import Loader
from host_tools.bench.parts.esp32_slip import SlipReader, frame

MEGABYTE = 1024 * 1024
SYNC = b"\x07\x07\x12\x20" + b"\x55" * 32
ROM_OK, STUB_OK = b"\0\0\0\0", b"\0\0"


class Programmer:
    def __init__(self, image: Path, chip: Chip = ESP32) -> None:
        image.write_bytes(b"\0" * 4 * MEGABYTE)
        self.flash = NorFlash(image)
        self.flash.attach(VirtualClock())
        self.heard = b""
        self.left: list[str] = []
        self.loader = Loader(chip, self.flash, self._hear, lambda: self.left.append("for the firmware"))

    def ask(self, op: int, data: bytes = b"", checksum: int = 0) -> list[bytes]:
        """The packets that come back."""
        return self.say(struct.pack("<BBHI", 0, op, len(data), checksum) + data)

    def say(self, packet: bytes) -> list[bytes]:
        self.heard = b""
        self.loader.receive(frame(packet))
        return list(SlipReader().feed(self.heard))

    def status(self, op: int, *words: int, block: bytes = b"", spoilt: int = 0) -> bytes:
        """The data of the one answer, to a command of so many words and a block with its checksum."""
        data = struct.pack(f"<{len(words)}I", *words) + block
        (answer,) = self.ask(op, data, reduce(int.__xor__, block, 0xEF) ^ spoilt)
        assert answer[:2] == bytes([1, op])
        return answer[8:]

    def run_stub(self) -> list[bytes]:
        assert self.status(0x05, 8, 2, 4, 0x40080000) == ROM_OK
        assert self.status(0x07, 4, 0, 0, 0, block=b"code") == ROM_OK
        assert self.status(0x07, 4, 1, 0, 0, block=b"more") == ROM_OK
        return self.ask(0x06, struct.pack("<II", 0, 0x40080004))

    def close(self) -> None:
        self.flash.close()

    def _hear(self, data: bytes) -> None:
        self.heard += data


@pytest.fixture
def programmer(tmp_path: Path) -> Iterator[Programmer]:
    with closing(Programmer(tmp_path / "chip.bin")) as programmer:
        yield programmer


def test_sync_is_answered_eight_times(programmer: Programmer) -> None:
    """What an ESP32 says in the trace of arduino/nina-fw issue 2 on GitHub."""
    assert programmer.ask(0x08, SYNC) == [bytes.fromhex("010804000712205500000000")] * 8
    programmer.run_stub()
    assert programmer.ask(0x08, SYNC) == [bytes.fromhex("01080200000000000000")] * 8


def test_the_magic_word(programmer: Programmer) -> None:
    """What an ESP32 says in the trace of espressif/esptool issue 698 on GitHub."""
    request = bytes.fromhex("000a04000000000000100040")
    assert programmer.say(request) == [bytes.fromhex("010a0400831df00000000000")]


def test_a_command_that_the_rom_does_not_know(programmer: Programmer, tmp_path: Path) -> None:
    assert programmer.ask(0x14) == [bytes.fromhex("010004000000000001050000")] * 8
    assert programmer.ask(0xD0) == [bytes.fromhex("010004000000000001050000")] * 8
    programmer.run_stub()
    assert programmer.status(0x14) == b"\x01\xff"
    with closing(Programmer(tmp_path / "other.bin", ESP32_S3)) as newer:
        (info,) = newer.ask(0x14)
    assert info[8:] == bytes(12) + b"\x09\0\0\0" + bytes(4) + ROM_OK


def test_noise_and_broken_packets_are_passed_over(programmer: Programmer) -> None:
    good = frame(struct.pack("<BBHI", 0, 0x0A, 4, 0) + struct.pack("<I", 0x40001000))
    programmer.loader.receive(b"waiting for download\r\n\xc0\x00\xdb\x11" + good[1:] + b"\xc0" * 3 + good)
    (answer,) = SlipReader().feed(programmer.heard)
    assert answer[4:8] == bytes.fromhex("831df000")
    assert programmer.say(b"\x01" + bytes(20)) == []
    assert programmer.say(bytes(4)) == []


def test_what_was_said_must_be_what_comes(programmer: Programmer) -> None:
    wrong_length = struct.pack("<BBHI", 0, 0x0A, 8, 0) + bytes(4)
    assert [answer[8:] for answer in programmer.say(wrong_length)] == [b"\x01\x05\0\0"]
    assert programmer.status(0x0D, 0, 0) == ROM_OK
    assert programmer.status(0x02, SECTOR, 4, 1024, 0) == ROM_OK
    assert programmer.status(0x03, 1024, 0, 0, 0, block=bytes(1024), spoilt=1) == b"\x01\x07\0\0"
    assert programmer.status(0x03, 1000, 0, 0, 0, block=bytes(1024)) == b"\x01\x05\0\0"
    assert programmer.status(0x03, 1024, 1, 0, 0, block=bytes(1024)) == b"\x01\x06\0\0"
    assert programmer.flash.read(0, SECTOR) == b"\xff" * SECTOR
    assert programmer.status(0x03, 1024, 0, 0, 0, block=b"\x11" * 1024) == ROM_OK
    assert programmer.status(0x03, 1024, 0, 0, 0, block=b"\x22" * 1024) == ROM_OK  # its answer was lost
    assert programmer.flash.read(0, SECTOR) == b"\x11" * 1024 + b"\xff" * 3072


def test_the_rom_wants_the_flash_attached_and_its_size(programmer: Programmer) -> None:
    assert programmer.status(0x02, SECTOR, 4, 1024, 0) == b"\x01\x06\0\0"
    assert programmer.status(0x0D, 0, 0) == ROM_OK
    assert programmer.status(0x02, SECTOR, 4, 1024, 2 * MEGABYTE) == b"\x01\x06\0\0"
    assert programmer.status(0x0B, 0, 4 * MEGABYTE, 65536, SECTOR, 256, 0xFFFF) == ROM_OK
    assert programmer.status(0x02, SECTOR, 4, 1024, 2 * MEGABYTE) == ROM_OK
    assert programmer.status(0x02, SECTOR, 4, 1024, 4 * MEGABYTE) == b"\x01\x06\0\0"
    assert programmer.status(0x0E, 0, 65) == b"\x01\x0a\0\0"


@pytest.mark.parametrize("stub", [False, True])
def test_what_cannot_be_inflated(programmer: Programmer, stub: bool) -> None:
    begin: tuple[int, ...] = (100, 2, 1024, 0)
    if stub:
        programmer.run_stub()
        begin = (*begin, 0)
        good, failed, too_much = STUB_OK, b"\x01\xc7", b"\x01\xc9"
    else:
        programmer.status(0x0D, 0, 0)
        good, failed, too_much = ROM_OK, b"\x01\x0b\0\0", b"\x01\x06\0\0"
    assert programmer.status(0x10, *begin) == good
    assert programmer.status(0x11, 4, 0, 0, 0, block=b"junk") == failed
    assert programmer.status(0x10, *begin) == good
    long = zlib.compress(bytes(101))
    assert programmer.status(0x11, len(long), 0, 0, 0, block=long) == too_much


def test_a_download_that_ends_too_soon(programmer: Programmer) -> None:
    programmer.run_stub()
    assert programmer.status(0x03, 4, 0, 0, 0, block=b"none") == b"\x01\xc6"
    assert programmer.status(0x02, 5000, 2, 4096, SECTOR, 0) == STUB_OK
    assert programmer.flash.read(SECTOR, 1) == b"\0"  # the stub erases when it gets there
    assert programmer.status(0x03, 4096, 0, 0, 0, block=b"\x55" * 4096) == STUB_OK
    assert programmer.flash.read(2 * SECTOR, 1) == b"\0"
    assert programmer.status(0x04, 1) == b"\x01\xc8"


def test_only_a_program_that_came_whole_is_a_stub(programmer: Programmer) -> None:
    assert programmer.status(0x05, 8, 2, 4, 0x40080000) == ROM_OK
    assert programmer.status(0x07, 4, 1, 0, 0, block=b"more") == b"\x01\x05\0\0"
    assert programmer.status(0x07, 4, 0, 0, 0, block=b"code", spoilt=0x80) == b"\x01\x07\0\0"
    assert programmer.status(0x07, 4, 0, 0, 0, block=b"code") == ROM_OK
    assert programmer.status(0x06, 0, 0x40080000) == b"\x01\x05\0\0"
    assert programmer.status(0x07, 4, 1, 0, 0, block=b"more") == ROM_OK
    assert programmer.status(0x06, 0, 0x40090000) == ROM_OK  # and whatever is there is no stub
    assert programmer.status(0x06, 1, 0) == ROM_OK
    assert not programmer.loader.stub
    answer, greeting = programmer.ask(0x06, struct.pack("<II", 0, 0x40080000))
    assert answer[8:] == ROM_OK
    assert greeting == b"OHAI"


def test_reading_goes_no_further_ahead_than_agreed(programmer: Programmer) -> None:
    programmer.run_stub()
    answer, *packets = programmer.ask(0xD2, struct.pack("<IIII", 0, 5 * 64, 64, 2))
    assert answer[8:] == STUB_OK
    assert packets == [bytes(64)] * 2
    assert programmer.say(struct.pack("<I", 64)) == [bytes(64)]
    assert programmer.say(struct.pack("<I", 192)) == [bytes(64)] * 2
    (digest,) = programmer.say(struct.pack("<I", 320))
    assert len(digest) == 16
    programmer.ask(0xD2, struct.pack("<IIII", 0, 5 * 64, 64, 2))
    assert programmer.say(struct.pack("<I", 300)) == []  # more than there was: it has lost count, and stops
    assert programmer.status(0xD1, 0, 100) == b"\x01\xc2"


def test_the_loader_is_left_for_the_firmware(programmer: Programmer) -> None:
    programmer.run_stub()
    assert programmer.status(0x02, 0, 0, 1024, 0, 0) == STUB_OK
    assert programmer.status(0x04, 0) == STUB_OK
    assert not programmer.loader.stub  # GPIO0 is still low: the ROM's loader again
    assert programmer.left == []
    assert programmer.status(0x04, 1) == ROM_OK
    assert programmer.left == ["for the firmware"]
    assert programmer.ask(0x08, SYNC) == []
    programmer.loader.reset()
    assert len(programmer.ask(0x08, SYNC)) == 8
