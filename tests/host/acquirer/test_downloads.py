"""The acquirer's side of downloads: who is served, how lists are cut, what the header says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.acquirer import chip_tables, cli, spec
from host_tools.acquirer.chip_tables import ChipTables, TablesError, exception, load_applications
from host_tools.acquirer.spec import Message
from host_tools.cards.tlv import find, objects, tlv
from host_tools.keys.authority import Authority
from tests.host.acquirer.conftest import World
from tests.host.acquirer.till import HEADER, TPDU, Till

UNIONPAY = bytes.fromhex("A000000333")


def key(index: int) -> bytes:
    return (
        tlv(0x9F06, UNIONPAY)
        + tlv(0x9F22, bytes([index]))
        + tlv(0xDF05, b"\x20\x36\x12\x31")
        + tlv(0xDF02, b"\x81" * 64)
    )


TABLES = ChipTables(
    load_applications(),
    tuple(key(index) for index in range(1, 25)),
    (UNIONPAY + b"\xf1\x0b\xad\x01",),
    (exception("6200000000000013"), exception("6200000000000013", 1)),
)


@pytest.fixture
def served(world: World) -> World:
    world.acquirer.downloads.renew(TABLES)
    return world


def frame(till: Till, mti: str, code: str, f62: bytes = b"") -> bytes:
    fields = {11: till.next_stan(), 41: "10000001", 42: "898110257340001", 60: f"00{till.batch}{code}", 64: "00" * 8}
    if f62:
        fields[62] = f62.hex().upper()
    unsealed = spec.encode(Message(mti, fields, TPDU, HEADER))[:-8]
    return unsealed + till.suite.mac(till.mak, unsealed[spec.PREFIX_LENGTH :])


def asked(world: World, mti: str, code: str, f62: bytes = b"") -> Message:
    raw = world.acquirer.answer(frame(world.till, mti, code, f62))
    assert raw
    assert raw[-8:] == world.till.suite.mac(world.till.mak, raw[spec.PREFIX_LENGTH : -8])
    return spec.decode(raw)


def given(message: Message) -> bytes:
    assert message.fields[39] == "00"
    return bytes.fromhex(message.fields[62])


def test_a_list_comes_in_pages(served: World) -> None:
    """Each in a message of bounded length; 24 names of 19 bytes."""
    names: list[bytes] = []
    heads = ""
    while not heads or heads[-1] == "2":
        page = given(asked(served, "0820", "372", f"1{len(names):02}".encode()))
        assert len(page) <= 201
        heads += chr(page[0])
        names += [value for tag, value in objects(page[1:]) if tag == 0x9F22]
    assert heads == "223"
    assert names == [bytes([index]) for index in range(1, 25)]


def test_a_list_of_one_page(served: World) -> None:
    page = given(asked(served, "0820", "382", b"100"))
    assert page[:1] == b"1"
    assert [value for _, value in objects(page[1:])] == [find(each, 0x9F06) for each in TABLES.applications]


def test_items_by_name(served: World) -> None:
    name = tlv(0x9F06, UNIONPAY) + tlv(0x9F22, b"\x07")
    assert given(asked(served, "0800", "370", name)) == b"1" + key(7)
    first = TABLES.applications[0]
    assert given(asked(served, "0800", "380", tlv(0x9F06, find(first, 0x9F06)))) == b"1" + first
    assert given(asked(served, "0800", "370", name[:-1] + b"\x77")) == b"0"
    assert given(asked(served, "0800", "380", tlv(0x9F06, UNIONPAY))) == b"0"


def test_what_is_not_taken(served: World) -> None:
    page = given(asked(served, "0800", "390", b"100"))
    assert list(objects(page[1:])) == [(0xDF41, TABLES.revoked[0]), *((0xDF42, each) for each in TABLES.exceptions)]
    assert TABLES.exceptions[0] != TABLES.exceptions[1]


@pytest.mark.parametrize(
    ("mti", "code", "f62"),
    [
        ("0820", "372", b""),
        ("0820", "372", b"000"),
        ("0820", "372", b"1xx"),
        ("0820", "372", b"125"),
        ("0800", "370", b"\x9f\x06\x05\xa0"),
        ("0800", "370", tlv(0x9F06, UNIONPAY)),
        ("0800", "380", b""),
        ("0800", "390", b"1-1"),
    ],
)
def test_questions_that_are_none(served: World, mti: str, code: str, f62: bytes) -> None:
    assert asked(served, mti, code, f62).fields[39] == "30"


def test_only_terminals_with_a_session_and_a_mac(fresh: World) -> None:
    fresh.acquirer.downloads.renew(TABLES)
    raw = fresh.acquirer.answer(frame(fresh.till, "0820", "372", b"100"))
    assert raw and spec.decode(raw).fields[39] == "77"
    fresh.till.take_keys(spec.decode(fresh.acquirer.answer(fresh.till.sign_in_frame()) or b""))
    forged = frame(fresh.till, "0820", "372", b"100")
    raw = fresh.acquirer.answer(forged[:-1] + bytes([forged[-1] ^ 1]))
    assert raw and spec.decode(raw).fields[39] == "A0"


def test_a_host_without_tables(world: World) -> None:
    assert asked(world, "0820", "372", b"100").fields[39] == "40"


def test_the_header_says_so_until_both_ends(served: World) -> None:
    """4 for keys, then 5 for applications; each terminal for itself, and again with every new table."""

    def wish() -> int:
        return asked(served, "0800", "390", b"100").header[2]

    assert wish() == 4
    asked(served, "0800", "371")
    assert wish() == 5
    asked(served, "0800", "381")
    assert wish() == 0
    assert served.acquirer.downloads.wish("10000002") == 4
    served.acquirer.downloads.renew(replace(TABLES, keys=()))
    assert wish() == 4


def test_the_command_has_tables_to_give(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--keys`: those of a key ceremony's test CA, to a terminal that has signed in on its socket."""
    Authority(tmp_path / "authority").make(world.now.date())

    async def until_interrupted(listening: asyncio.Server) -> None:
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())

        async def exchange(frame: bytes) -> Message:
            writer.write(len(frame).to_bytes(2, "big") + frame)
            return spec.decode(await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big")))

        world.till.take_keys(await exchange(world.till.sign_in_frame()))
        page = given(await exchange(frame(world.till, "0820", "372", b"100")))
        assert [value.hex() for tag, value in objects(page[1:]) if tag == 0x9F22] == ["f1", "f3"] * 3
        writer.close()
        raise KeyboardInterrupt

    monkeypatch.setattr(asyncio.Server, "serve_forever", until_interrupted)
    result = CliRunner().invoke(cli.app, ["--port", "0", "--keys", str(tmp_path)])
    assert result.exit_code == 0, result.output
    result = CliRunner().invoke(cli.app, ["--port", "0", "--keys", str(tmp_path / "none")])
    assert result.exit_code == 1


def test_a_file_of_applications(tmp_path: Path) -> None:
    path = tmp_path / "emv.yaml"
    text = chip_tables.APPLICATIONS.read_text("utf-8")
    path.write_text(text.replace('"0020"}', '"0020", tap_cvm_limit: 100001, online_pin: false, most: 90}', 1), "utf-8")
    changed = load_applications(path)
    assert changed[1:] == load_applications()[1:]
    assert find(changed[0], 0xDF21) == bytes.fromhex("000000100001")
    assert (find(changed[0], 0xDF18), find(changed[0], 0xDF16)) == (b"\0", b"\x90")
    for old, new in (("aid", "name"), ("A0000000031010", "Visa"), ("floor_limit: 0", "floor_limit: -1"), ("- {", "{")):
        path.write_text(text.replace(old, new), "utf-8")
        with pytest.raises(TablesError, match=r"emv\.yaml"):
            load_applications(path)
