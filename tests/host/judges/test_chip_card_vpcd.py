"""The bench's chip card in the hands of other people's software: opensc-tool, pyscard, and libccid's own T=1.

Behind vpcd the card is a reader of PC/SC, and every command goes through its contacts character by character. Behind a
serial reader (gempc_twin.py) libccid does even T=1 itself: blocks, chains, repairs, PPS.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts import vpcd
from host_tools.bench.parts.chip_slot import ChipSlot
from host_tools.bench.parts.chip_slot_card import T0_ATR, T1_ATR, ChipCard, Habits
from host_tools.bench.parts.chip_slot_characters import Noise
from host_tools.bench.parts.chip_slot_reader import Reader
from host_tools.bench.parts.chip_slot_t1 import Habits1, lrc
from tests.host.judges.gempc_twin import GemPcTwin
from tests.host.judges.pcsc import ccid_driver, pcscd, pyscard, vpcd_driver
from tests.plugins.debian import FileFinder, ToolFinder

Environment = dict[str, str]
PSE = b"1PAY.SYS.DDF01"
FCI = bytes.fromhex("6F1A840E315041592E5359532E4444463031A508880101 5F2D02 7A68".replace(" ", ""))
SELECT_PSE = b"\x00\xa4\x04\x00\x0e" + PSE + b"\x00"
NOT_FOUND = b"\x6a\x82"


def application(command: bytes) -> bytes:
    """SELECT by name, and an echo: INS 2A answers P1 of its data and more, in all P2 bytes."""
    if command[1] == 0xA4:
        return FCI + b"\x90\x00" if command[5:19] == PSE else NOT_FOUND
    if command[1] == 0x2A:
        data = command[5 : 5 + command[4]]
        return (data * 256)[: command[3]] + b"\x90\x00"
    if command[1] == 0xB2:
        return bytes(i * 3 & 0xFF for i in range(command[2])) + b"\x90\x00"
    return b"\x6d\x00"


def echo(data: bytes, size: int) -> bytes:
    """A command of case 4 whose answer has `size` bytes."""
    return bytes([0x80, 0x2A, 0, size, len(data)]) + data + b"\x00"


def put_in(card: ChipCard) -> Reader:
    clock = VirtualClock()
    slot = ChipSlot(1, 2, 3)
    reader = Reader(slot, clock)
    slot.insert(card)
    reader.run(10_000)
    return reader


def with_check(atr: str) -> bytes:
    head = bytes.fromhex(atr)
    return head + lrc(head[1:])


def two_ports() -> tuple[socket.socket, socket.socket]:
    """Two in a row, which vpcd's two slots call."""
    while True:
        first = socket.create_server(("127.0.0.1", 0))
        try:
            return first, socket.create_server(("127.0.0.1", first.getsockname()[1] + 1))
        except OSError:
            first.close()


@contextmanager
def cards_behind_vpcd(debian_file: FileFinder, cards: list[ChipCard]) -> Iterator[Environment]:
    """Two cards, one in each of vpcd's slots."""
    driver = vpcd_driver(debian_file)
    ports = two_ports()
    number = ports[0].getsockname()[1]

    def serve(port: socket.socket, reader: Reader) -> None:
        connection, _ = port.accept()
        with connection:
            vpcd.serve(reader, connection)

    with ThreadPoolExecutor() as pool:
        served = [pool.submit(serve, port, put_in(card)) for port, card in zip(ports, cards, strict=True)]
        try:
            with pcscd(debian_file, f"127.0.0.1:{number}", driver, number) as environment:
                yield environment
        finally:
            for port in ports:
                port.shutdown(socket.SHUT_RDWR)
                port.close()
        for future in served:
            future.result()


@contextmanager
def card_behind_libccid(debian_file: FileFinder, card: ChipCard) -> Iterator[tuple[Environment, GemPcTwin]]:
    twin = GemPcTwin(put_in(card))
    with ThreadPoolExecutor() as pool:
        served = pool.submit(twin.serve)
        try:
            with pcscd(debian_file, twin.device, ccid_driver(debian_file)) as environment:
                yield environment, twin
        finally:
            twin.hang_up()
        served.result()


def ask(
    client: list[str], environment: Environment, asked: list[tuple[int, list[bytes]]]
) -> list[tuple[str, str, list[str]]]:
    """ATR, protocol and answers of each reader, by pyscard."""
    questions = json.dumps([[number, [command.hex() for command in commands]] for number, commands in asked])
    run = subprocess.run(
        [*client, str(Path(__file__).with_name("pyscard_client.py"))],
        input=questions,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return [(atr, protocol, answers) for atr, protocol, answers in json.loads(run.stdout)]


class TestVpcd:
    def test_opensc_tool(self, debian_tool: ToolFinder, debian_file: FileFinder) -> None:
        tool = debian_tool("opensc-tool", package="opensc")
        cards = [ChipCard(application, T0_ATR), ChipCard(application, T1_ATR)]
        with cards_behind_vpcd(debian_file, cards) as environment:

            def say(*arguments: str) -> str:
                run = subprocess.run(
                    [tool, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
                )
                assert run.returncode == 0, run.stdout + run.stderr
                return run.stdout

            listed = say("--list-readers")
            assert re.findall(r"^(\d) +Yes +Suanpan", listed, re.MULTILINE) == ["0", "1"]
            for number, atr in ((0, T0_ATR), (1, T1_ATR)):
                assert say("--reader", str(number), "--atr").strip() == atr.hex(":")
                sent = say("--reader", str(number), "-c", "default", "-s", SELECT_PSE.hex(), "-s", "00B2FF0C00")
                dumped = re.findall(r"^((?:[0-9A-F]{2} )+)", sent.replace("Sending: ", "@"), re.MULTILINE)
                assert bytes.fromhex("".join(dumped)) == FCI + application(b"\x00\xb2\xff\x0c\x00")[:-2]
                assert sent.count("SW1=0x90, SW2=0x00") == 2
        assert [card.complaints for card in cards] == [[], []]

    def test_pyscard(self, debian_file: FileFinder) -> None:
        """A hundred commands of any lengths; T=0 is a matter of TPDUs there, so GET RESPONSE is the client's."""
        client = pyscard(debian_file)
        cards = [ChipCard(application, T0_ATR), ChipCard(application, T1_ATR)]
        random = Random("pyscard")
        pairs = [(random.randbytes(random.randrange(1, 250)), random.randrange(1, 256)) for _ in range(50)]
        t0: list[bytes] = []
        for data, size in pairs:
            t0 += [echo(data, size)[:-1], b"\x00\xc0\x00\x00" + bytes([size])]
        t1 = [echo(data, size) for data, size in pairs]
        with cards_behind_vpcd(debian_file, cards) as environment:
            first, second = ask(client, environment, [(0, t0), (1, t1)])
        answers = [(data * 256)[:size] + b"\x90\x00" for data, size in pairs]
        assert first[:2] == (T0_ATR.hex(), "T=0")
        assert first[2][0::2] == [f"61{size:02x}" for _, size in pairs]
        assert first[2][1::2] == [answer.hex() for answer in answers]
        assert second == (T1_ATR.hex(), "T=1", [answer.hex() for answer in answers])
        assert [card.complaints for card in cards] == [[], []]


SPOIL = {
    "in order": Habits(),
    "wants time": Habits(t1=Habits1(wtx=[1, 3])),
    "changes its length": Habits(t1=Habits1(ifs_request=16)),
    "damages every fifth block": Habits(
        noise=Noise(tamper=lambda n, data: data[:-1] + bytes([data[-1] ^ 1]) if n > 2 and n % 5 == 0 else data)
    ),
}
ATRS = {
    "plain": T1_ATR,
    "short blocks": with_check("3BE000008131 10 45".replace(" ", "")),
    "CRC": with_check("3BE0000081717F4501"),
    "faster, by PPS": with_check("3BF01800008131FE45"),
    "inverse convention": b"\x3f" + T1_ATR[1:],
}


class TestLibccid:
    """Its T=1 (which is OpenCT's) drives the card; what comes back has to be what the application said."""

    @pytest.mark.parametrize("habits", SPOIL.values(), ids=SPOIL.keys())
    @pytest.mark.parametrize("atr", ATRS.values(), ids=ATRS.keys())
    def test_t1(self, debian_file: FileFinder, atr: bytes, habits: Habits) -> None:
        client = pyscard(debian_file)
        card = ChipCard(application, atr, habits)
        random = Random(atr)
        pairs = [(random.randbytes(size), back) for size, back in ((1, 1), (255, 255), (10, 250), (250, 10), (31, 32))]
        commands = [SELECT_PSE, *(echo(data, size) for data, size in pairs), b"\x00\x84\x00\x00"]
        with card_behind_libccid(debian_file, card) as (environment, twin):
            ((said_atr, protocol, answers),) = ask(client, environment, [(0, commands)])
        assert (said_atr, protocol) == (atr.hex(), "T=1")
        expected = [FCI + b"\x90\x00", *((data * 256)[:size] + b"\x90\x00" for data, size in pairs), b"\x6d\x00"]
        assert answers == [answer.hex() for answer in expected]
        assert card.complaints == []
        if atr == ATRS["faster, by PPS"]:
            assert (372, 12) in card.rates
        if habits is SPOIL["damages every fifth block"]:
            assert any(ours and block[1] & 0xEF == 0x81 for ours, block in twin.blocks)

    def test_a_mute_card(self, debian_file: FileFinder) -> None:
        client = pyscard(debian_file)
        card = ChipCard(application, T1_ATR, Habits(mute=True))
        with card_behind_libccid(debian_file, card) as (environment, _):
            ((said, _, _),) = ask(client, environment, [(0, [SELECT_PSE])])
        assert said.startswith("Unable to connect")

    def test_resynchronisation(self, debian_file: FileFinder) -> None:
        """libccid sets the numbers back after four damaged blocks, and says its command again."""
        client = pyscard(debian_file)
        counted = 0

        def spoil(_: int, data: bytes) -> bytes:
            nonlocal counted
            if data[1] & 0x80 or data[:1] == b"\x3b" or counted == 4:
                return data
            counted += 1
            return data[:-1] + bytes([data[-1] ^ 1])

        card = ChipCard(application, T1_ATR, Habits(noise=Noise(tamper=spoil)))
        with card_behind_libccid(debian_file, card) as (environment, twin):
            ((_, _, answers),) = ask(client, environment, [(0, [SELECT_PSE, echo(b"abc", 6)])])
        assert answers == [(FCI + b"\x90\x00").hex(), b"abcabc\x90\x00".hex()]
        assert (True, b"\x00\xc0\x00\xc0") in twin.blocks
        assert (False, b"\x00\xe0\x00\xe0") in twin.blocks
