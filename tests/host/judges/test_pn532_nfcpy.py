"""nfcpy takes the bench's PN532 for the part, and its own ISO-DEP finds nothing to complain of in the bench's cards.

It does RATS, ATTRIB and the blocks itself, by way of InCommunicateThru and the chip's registers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from host_tools.bench.parts.field import Card, Field
from host_tools.bench.parts.field_cards import FeliCa, IsoA, IsoB, MifareClassic, TypeA
from host_tools.bench.parts.pn532_pty import Pn532Pty
from tests.plugins.debian import FileFinder

ANSWER = bytes(i * 7 & 0xFF for i in range(1000))


@pytest.fixture(scope="session", autouse=True)
def libusb(debian_file: FileFinder) -> None:
    """nfcpy wants it, for readers of another kind, before it can be imported."""
    found = sorted(Path("/usr/lib").glob("*/libusb-1.0.so.0"))
    debian_file(str(found[0] if found else "/usr/lib/libusb-1.0.so.0"), package="libusb-1.0-0")


class Frontend:
    """nfcpy's front end on the serial port of a reader in whose field the cards are."""

    def __init__(self, path: str, log: list[tuple[str, bytes]]) -> None:
        import nfc.clf  # type: ignore[import-untyped]
        from nfc.clf import pn532, transport

        class Patient(transport.TTY):  # type: ignore[misc]
            """Of 100 ms for an ACK a busy machine makes more."""

            def read(self, timeout: int) -> bytearray:
                return bytearray(super().read(max(timeout, 2_000)))

        self.log = log
        self.device = pn532.init(Patient(path))
        self.device._path = path
        self.clf = nfc.clf.ContactlessFrontend()
        self.clf.device = self.device

    def tag(self, *kinds: str):  # type: ignore[no-untyped-def]  # nfcpy has no types
        import nfc.clf
        import nfc.tag  # type: ignore[import-untyped]

        target = self.clf.sense(*(nfc.clf.RemoteTarget(kind) for kind in kinds))
        return target and nfc.tag.activate(self.clf, target)


@contextmanager
def frontend(*cards: Card) -> Iterator[Frontend]:
    field = Field()
    field.put(*cards)
    pty = Pn532Pty(field)
    with pty as path:
        frontend = Frontend(path, pty.log)
        yield frontend
        frontend.clf.close()


def application(seen: list[bytes]) -> Callable[[bytes], bytes]:
    def answer(command: bytes) -> bytes:
        seen.append(command)
        return ANSWER[: int.from_bytes(command[2:4], "big")] + b"\x90\x00"

    return answer


def test_the_chip_is_known() -> None:
    with frontend() as found:
        assert found.device.chipset_name == "PN532v1.6"
        assert ("host", bytes(10) + bytes.fromhex("0000ff03fdd410071500")) in found.log  # 921,600 baud
        chipset = found.device.chipset
        assert chipset.diagnose("line")  # the longest frame there and back
        assert chipset.diagnose("rom")
        assert chipset.diagnose("ram")
        assert bytes(chipset.get_general_status()) == bytes.fromhex("00000080")
        assert found.tag("106A", "106B", "212F") is None


@pytest.mark.parametrize("kind", [IsoA, IsoB])
@pytest.mark.parametrize("fsci", [0, 5, 8])
def test_type_4_tags(kind: type[IsoA | IsoB], fsci: int) -> None:
    seen: list[bytes] = []
    card: IsoA | IsoB
    if kind is IsoA:
        card = IsoA(application(seen), ats=bytes([0x05, 0x70 | fsci, 0x80, 0x80, 0x02]))
    else:
        card = IsoB(application(seen), protocol=bytes([0x00, fsci << 4 | 0x01, 0x81]))
    with frontend(card) as found:
        tag = found.tag("106A", "106B")
        assert type(tag).__name__ == ("Type4ATag" if kind is IsoA else "Type4BTag")
        for size in (0, 13, 61, 253, 254, 1000):
            command = b"\x80\x2a" + size.to_bytes(2, "big") + bytes(i & 0xFF for i in range(255))
            assert bytes(tag.transceive(command)) == ANSWER[:size] + b"\x90\x00"
            assert seen[-1] == command
        assert tag.is_present
    assert card.blocks.faults == []


def test_a_slow_card() -> None:
    card = IsoA(application([]), ats=bytes.fromhex("0578806002"))  # FWT 19 ms
    card.blocks.think_us, card.blocks.wtxm = 150_000, 2
    with frontend(card) as found:
        assert bytes(found.tag("106A").transceive(b"\x80\x2a\x00\x03")) == ANSWER[:3] + b"\x90\x00"
    assert card.blocks.extensions >= 3
    assert card.blocks.faults == []


@pytest.mark.parametrize("byte", [0, 1, 4])
def test_a_card_that_is_drawn_away(byte: int) -> None:
    import nfc.tag

    card = IsoA(application([]), ats=bytes.fromhex("0578804002"))
    card.leave(2, byte)
    with frontend(card) as found:
        tag = found.tag("106A")
        tag.transceive(b"\x80\x2a\x00\x03")
        with pytest.raises(nfc.tag.tt4.Type4TagCommandError):
            tag.transceive(b"\x80\x2a\x00\x03")
        assert not tag.is_present
        assert found.tag("106A") is None


@pytest.mark.parametrize(
    ("card", "name"),
    [
        (TypeA, "Type2Tag 'Mifare Ultralight (MF01CU1)' ID=04A1B2C3D4E5F6"),
        (MifareClassic, "Type2Tag ID=DEADBEEF"),
        (FeliCa, "Type3Tag 'FeliCa Standard (RC-S???)' ID=0101060112345678 PMM=100B4B428485D0FF SYS=8008"),
    ],
)
def test_what_is_no_bank_card(card: type[TypeA | FeliCa], name: str) -> None:
    with frontend(card()) as found:
        assert str(found.tag("106A", "106B", "212F")) == name


def test_commands_that_the_chip_does_not_know() -> None:
    with frontend() as found:
        chipset = found.device.chipset
        for code, data in ((0x02, b"\x00"), (0x4A, b"\x03\x00"), (0x32, b"\x05"), (0x60, b"")):
            with pytest.raises(type(chipset).Error) as error:
                chipset.command(code, bytearray(data), timeout=1)
            assert error.value.errno == 0x7F
        with pytest.raises(type(chipset).Error) as error:
            chipset.in_data_exchange(b"\x00", 1)
        assert error.value.errno == 0x27  # no such target
