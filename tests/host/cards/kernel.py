"""The firmware's contact kernel as it runs on the unix port, facing a card of the population and its issuer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from host_tools.cards.application import Interface
from host_tools.cards.card import Card
from host_tools.cards.issuer import Verdict
from host_tools.cards.minting import Mint
from host_tools.cards.tlv import objects
from host_tools.keys.authority import CaKey
from tests.interpreter import Interpreter

TERMINAL = {
    "9F02": "000000010000",
    "9F03": "000000000000",
    "9F1A": "0156",
    "5F2A": "0156",
    "9A": "261123",
    "9C": "00",
    "9F33": "E0F8C8",
    "9F35": "22",
    "9F40": "6000F0A001",
    "9F21": "120000",
    "9F4E": "5355414E50414E",
}
APPLICATIONS = {
    "A000000333010101": "0020",
    "A000000333010102": "0020",
    "A000000333010103": "0020",
    "A0000000031010": "0096",
    "A0000000041010": "0002",
}
KERNELS = {"A000000333": 7, "A000000003": 3, "A000000004": 2}


@dataclass
class Said:
    """What came of a transaction; `verdicts` are the issuer's on each cryptogram that it was asked about."""

    result: str
    heard: list[Any]
    commands: int
    online: bool = False
    tvr: str = ""
    tsi: str = ""
    cvm: str = ""
    aid: str = ""
    scripts: str = ""
    f55: str = ""
    verdicts: list[Verdict] = field(default_factory=list)
    exchanges: list[tuple[bytes, bytes]] = field(default_factory=list)
    taps: int = 0
    shown: list[int] = field(default_factory=list)  # messages of Book A, by number


Reply = Callable[[Verdict], dict[str, Any] | None]
Ask = Callable[[dict[int, bytes], Card], Verdict]
Alter = Callable[[bytes, bytes], bytes]


def unaltered(command: bytes, answer: bytes) -> bytes:
    return answer


def approves(verdict: Verdict) -> dict[str, Any] | None:
    return reply(verdict, "00")


def reply(verdict: Verdict, response: str, scripts: bytes = b"") -> dict[str, Any]:
    """What the acquirer hands to the kernel: F39, tag 91, scripts."""
    answered = dict(objects(verdict.answer(response)))
    return {
        "response": response,
        "approved": response == "00",
        "authentication": answered[0x91].hex(),
        "scripts": scripts.hex(),
    }


class Kernel(Interpreter):
    """One MicroPython process for every transaction of a test module, in a heap like the terminal's."""

    def __init__(self, mint: Mint, keys: Sequence[CaKey]) -> None:
        self._mint = mint
        self._keys = {
            f"{key.rid}{key.index:02x}".lower(): {
                "modulus": key.modulus.hex(),
                "exponent": key.exponent,
                "expires": f"{key.expires:%Y%m%d}",
            }
            for key in keys
        }
        super().__init__("emv_cards_peer.py", "256k")

    def run(
        self,
        card: Card,
        verify: Ask,
        answer: Reply = approves,
        *,
        pins: Sequence[str] | None = None,
        choice: int = 0,
        limits: dict[str, Any] | None = None,
        alter: Alter = unaltered,
        **terminal: str,
    ) -> Said:
        """`pins`: what the cardholder keys in, the card's own PIN if nothing is said. `terminal`: t9F33="...". `limits`
        are changes to each application's configuration; `alter` makes of command and answer what the kernel hears."""
        return self._run(card, verify, answer, self._asked(card, pins, choice, limits, terminal), alter)

    def tap(
        self,
        card: Card,
        *,
        ttq: str = "36004000",
        leaves: int = 0,
        limits: dict[str, Any] | None = None,
        **terminal: str,
    ) -> Said:
        """`limits` are changes to each combination: transaction_limit, cvm_limit, floor_limit ... At its answer number
        `leaves` the card is drawn away, once."""
        asked = self._asked(card, [], 0, None, terminal)
        asked["combinations"] = [
            {"kernel": KERNELS[aid[:10]], "cvm_limit": 1000_00, "cdcvm_limit": 9000_00, "limit": 9000_00}
            | ({} if KERNELS[aid[:10]] == 2 else {"ttq": ttq})
            | (limits or {})
            for aid in APPLICATIONS
        ]
        return self._run(card, None, approves, asked, unaltered, leaves)

    def _asked(
        self,
        card: Card,
        pins: Sequence[str] | None,
        choice: int,
        limits: dict[str, Any] | None,
        terminal: dict[str, str],
    ) -> dict[str, Any]:
        changed = {tag.removeprefix("t"): value for tag, value in terminal.items()}
        return {
            "terminals": TERMINAL | changed,
            "applications": [
                {"aid": aid, "version": version, "tac_online": "0000000000", "tac_default": "0000000000"}
                | (limits or {})
                for aid, version in APPLICATIONS.items()
            ],
            "keys": self._keys,
            "revoked": [f"{rid}{index:02x}{serial}".lower() for rid, index, serial in self._mint.population.revoked],
            "pins": [card.state.pin] if pins is None else list(pins),
            "choice": choice,
            "random": 0x21,
        }

    def _run(
        self, card: Card, verify: Ask | None, answer: Reply, asked: dict[str, Any], alter: Alter, leaves: int = 0
    ) -> Said:
        self.say(json.dumps(asked))
        card.reset(Interface.CONTACT)
        verdicts: list[Verdict] = []
        exchanges: list[tuple[bytes, bytes]] = []
        while True:
            line = self.hear()
            kind, _, text = line.partition(" ")
            match kind:
                case "O":
                    return Said(**json.loads(text), verdicts=verdicts, exchanges=exchanges)
                case "T":
                    card.reset(Interface.CONTACTLESS)
                    self.say("")
                case "C":
                    command = bytes.fromhex(text)
                    exchanges.append((command, alter(command, card.exchange(command))))
                    self.say("gone" if len(exchanges) == leaves else exchanges[-1][1].hex())
                case "I":
                    assert verify
                    verdicts.append(verify(dict(objects(bytes.fromhex(text))), card))
                    self.say(json.dumps(answer(verdicts[-1])))
                case _:
                    raise RuntimeError(line)
