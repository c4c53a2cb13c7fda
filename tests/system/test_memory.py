"""The firmware's whole memory, searched after a sale: neither the PIN nor a key of the session is left in it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.acquirer.fixture import load
from host_tools.bench.shop import TERMINAL, Shop
from tests.system.books import sell

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def _memory(pid: int) -> bytes:
    """All that the process may write to: heap, stacks, data."""
    regions = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if match and not line.endswith(("[vvar]", "[vsyscall]")):
                start, end = (int(address, 16) for address in match.groups())
                memory.seek(start)
                regions.append(memory.read(end - start))
    return b"\0".join(regions)


def _secrets(shop: Shop) -> dict[str, bytes]:
    terminal = shop.acquirer._terminals.find(TERMINAL)
    assert terminal
    assert terminal.pik
    assert terminal.mak
    card = shop.cards["named"]
    return {
        "PIN": card.pin.encode(),
        "PIN as digits": bytes(map(int, card.pin)),
        "clear PIN field": bytes.fromhex(f"0{len(card.pin)}{card.pin}"),
        "PIN key": terminal.pik,
        "MAC key": terminal.mak,
        "master key": load().terminals[TERMINAL].tmk,
    }


def _found(shop: Shop) -> list[str]:
    memory = _memory(shop.bench.pid)
    return [name for name, secret in _secrets(shop).items() if secret in memory]


def test_the_search_sees_the_heap(shop: Shop) -> None:
    """What the terminal must hold, it is found to hold: its own number, and the words on the screen."""
    memory = _memory(shop.bench.pid)
    assert TERMINAL.encode() in memory
    assert "请输入金额".encode() in memory


def test_nothing_is_left_after_sign_in(shop: Shop) -> None:
    assert _found(shop) == []


def test_nothing_is_left_after_a_sale(shop: Shop) -> None:
    sell(shop, 10_00, "named")
    assert _found(shop) == []


def test_nothing_is_left_while_the_host_is_waited_for(shop: Shop) -> None:
    shop.disturb(Kind.LATE, "0200", ms=20_000)
    shop.ask_for(10_00, shop.cards["named"])
    shop.bench.run(5)
    shop.bench.expect("正在联网")
    assert _found(shop) == []


@pytest.mark.parametrize("end", ["cancel", None], ids=["cancelled", "timed out"])
def test_nothing_is_left_of_a_pin_that_was_given_up(shop: Shop, end: str | None) -> None:
    shop.bench.type("100")
    shop.bench.press("enter")
    shop.bench.expect("请刷卡")
    shop.swipe(shop.cards["named"])
    shop.bench.expect("请输入密码")
    shop.bench.type(shop.cards["named"].pin)
    if end:
        shop.bench.press(end)
    shop.bench.expect("请输入金额", timeout=70)
    assert _found(shop) == []
