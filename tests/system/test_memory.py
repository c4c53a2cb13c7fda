"""The firmware's whole memory, searched after a sale: neither the PIN nor a key of the session is left in it.

With one exception. What an AES object of cryptolib's holds is out of MicroPython's reach: nothing can wipe it, and once
dropped it stays on the heap until something else is put there. So under the suite of AES a key may be found inside such
an object; the tests say of every place that it is one, and of a clear PIN that it is nowhere under any suite.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.acquirer.suites import SUITES
from host_tools.bench.shop import Shop
from tests.system.books import sell

# An AES object of the unix port (64 bits, Mbed TLS): its type; then the key as it was given or, once in use, number of
# rounds, offset and round keys, of which the first is the key itself; to decrypt, the last of eleven.
_POINTER = 8  # bytes
_SCHEDULED = (10).to_bytes(8, "little") + bytes(8)
_GIVEN, _ENCRYPTING, _DECRYPTING = 8, 24, 24 + 10 * 16  # from a key back to the type

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(params=SUITES)
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop that has just opened, with a terminal of each cipher suite: signed in, nothing sold."""
    with Shop(tmp_path, suite=request.param) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        yield shop


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
    terminal = shop.acquirer._terminals.find(shop.terminal.tid)
    assert terminal
    assert terminal.pik
    assert terminal.mak
    card = shop.cards["named"]
    return {
        "PIN": card.pin.encode(),
        "PIN as digits": bytes(map(int, card.pin)),
        "clear PIN field": bytes.fromhex(f"0{len(card.pin)}{card.pin}"),
        "clear PIN field of format 4": bytes.fromhex(f"4{len(card.pin)}{card.pin}"),
        "PIN key": terminal.pik,
        "MAC key": terminal.mak,
        "master key": terminal.tmk,
    }


def _found(shop: Shop, planted: bytes = b"") -> list[str]:
    memory = _memory(shop.bench.pid) + planted
    spared = partial(_in_cryptolib, shop, memory) if shop.terminal.suite.name == "aes" else _nowhere
    return [name for name, secret in _secrets(shop).items() if not all(spared(at) for at in _places(memory, secret))]


def _places(memory: bytes, secret: bytes) -> Iterator[int]:
    at = memory.find(secret)
    while at >= 0:
        yield at
        at = memory.find(secret, at + 1)


def _nowhere(_: int) -> bool:
    return False


def _in_cryptolib(shop: Shop, memory: bytes, at: int) -> bool:
    """Whether what is there is a key inside an AES object: as it was given, before its first use, or scheduled."""
    kind = _aes_type(shop, memory)
    return any(memory[at - back : at - back + _POINTER] == kind for back in (_GIVEN, _ENCRYPTING, _DECRYPTING))


def _aes_type(shop: Shop, memory: bytes) -> bytes:
    """The address of cryptolib's type, from an object in use: of the key that seals the key store, known all day."""
    found = [at for at in _places(memory, shop.secrets.key_store_key[:16]) if memory[at - 16 : at] == _SCHEDULED]
    assert found, "no AES object is laid out as these tests think"
    return memory[found[0] - _ENCRYPTING :][:_POINTER]


def test_the_search_sees_the_heap(shop: Shop) -> None:
    """What the terminal must hold, it is found to hold: its own number, and the words on the screen."""
    memory = _memory(shop.bench.pid)
    assert shop.terminal.tid.encode() in memory
    assert "请输入金额".encode() in memory


def test_the_search_tells_a_buffer_from_an_object_of_cryptolib(shop: Shop) -> None:
    secrets = _secrets(shop)
    assert _found(shop, bytes(200) + bytes(200).join(secrets.values())) == list(secrets)


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
