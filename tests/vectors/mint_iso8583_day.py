"""Makes iso8583_day.json: `python -m tests.vectors.mint_iso8583_day`, with other keys and so other bytes each time.

It has one of each type of message, with each set of fields, as a terminal on the virtual board and the acquirer sent
them to each other: TPDU, header and message, without the length. It is there for other people's readers of ISO 8583,
and as what is damaged in fuzz tests. Cards and keys are those of the test bank.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from host_tools.acquirer import spec
from host_tools.acquirer.scenario_file import read
from host_tools.acquirer.trace import record
from host_tools.bench.shop import OPENING, Shop
from host_tools.cards.minting import Mint
from host_tools.keys.authority import Authority
from tests.system.books import set_parameters
from tests.system.test_chip_offline import lenient_shop
from tests.system.transactions import (
    CHIP_SALE,
    GROUPS,
    IDLE,
    OF_CHIPS,
    SALE,
    SIGN_IN,
    Type,
    prepare,
    reversal,
    walk,
)

_FILE = Path(__file__).with_name("iso8583_day.json")


class Day:
    """All messages that were new in it, by what they are called."""

    def __init__(self) -> None:
        self._had: set[tuple[str, ...]] = set()
        self.messages: list[dict[str, str]] = []

    def listen(self, shop: Shop) -> None:
        answer = shop.acquirer.answer

        def heard(frame: bytes, forced: str | None = None) -> bytes | None:
            reply = answer(frame, forced)
            for one in (frame, reply):
                if one is not None:
                    self._keep(one)
            return reply

        shop.acquirer.answer = heard  # type: ignore[method-assign]

    def _keep(self, frame: bytes) -> None:
        message = spec.decode(frame)
        what = record(OPENING, "in", message).name
        form = (what, *(f"{number}:{len(value) % 2}" for number, value in message.fields.items()))
        if form not in self._had:
            self._had.add(form)
            self.messages.append({"what": what, "frame": frame.hex()})


def _play(shop: Shop, *types: Type) -> None:
    shop.bench.expect(IDLE)
    for of in types:
        shop.faults.play(None)
        prepare(shop, of)
        of.before(shop)
        if of.given:
            shop.faults.play(read(f"rules: [{of.given}]", "day.yaml"))
        if walk(shop, of) == bool(of.given) or of.after(shop, True):
            raise SystemExit(f"{of.name}: not as it should be")


def make() -> list[dict[str, str]]:
    day = Day()
    plain = [of for group in GROUPS if group not in OF_CHIPS for of in GROUPS[group]]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with Shop(directory, moto=True) as shop:
            set_parameters(shop, moto=1, partial_approval=1)
            day.listen(shop)
            shop.open()
            _play(shop, *plain)
        with lenient_shop(directory, Mint(Authority(directory / "authority").make(OPENING.date()))) as shop:
            day.listen(shop)
            _play(shop, *(of for group in OF_CHIPS for of in GROUPS[group]), reversal(CHIP_SALE))
        for suite in ("sm4", "aes"):
            with Shop(directory, suite=suite) as shop:
                day.listen(shop)
                shop.open()
                _play(shop, SALE, SIGN_IN)
    return day.messages


if __name__ == "__main__":
    made = {
        "source": "A terminal on the virtual board and the acquirer, by tests/vectors/mint_iso8583_day.py.",
        "messages": make(),
    }
    _FILE.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")
