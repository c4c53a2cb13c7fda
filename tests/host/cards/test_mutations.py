"""The kernel before cards of the population whose answers are damaged on the way: bits, lengths, status words.

Whatever comes, a transaction ends, in an outcome of the books; and what a card has signed, nobody changes unseen.
"""

from __future__ import annotations

from random import Random

import pytest

from host_tools.cards.issuer import Verdict
from host_tools.cards.minting import Mint
from tests.host.cards.kernel import Ask, Kernel, approves

ENDS = {"approved", "declined", "Terminated", "NoApplication", "CardBlocked"}
MOST_COMMANDS = 200
STATUSES = [bytes.fromhex(text) for text in ("6283", "6300", "63C1", "6700", "6985", "6A81", "6A82", "6A83", "6F00")]
OFFLINE = {"floor_limit": 200_00}


class Damage:
    """Of one answer, the one of number `at`, in one way."""

    def __init__(self, random: Random, at: int) -> None:
        self._random = random
        self._left = at
        self.done = ""

    def __call__(self, command: bytes, answer: bytes) -> bytes:
        self._left -= 1
        if self._left != -1:
            return answer
        data, status = bytearray(answer[:-2]), answer[-2:]
        kind = self._random.choice(("bit", "byte", "cut", "longer", "twice", "status", "empty"))
        at = self._random.randrange(len(data)) if data else 0
        match kind:
            case "bit" if data:
                data[at] ^= 1 << self._random.randrange(8)
            case "byte" if data:
                data[at] = self._random.choice((0x00, 0x7F, 0x80, 0x81, 0x82, 0xFF))
            case "cut":
                del data[at:]
            case "longer":
                data += self._random.randbytes(self._random.randrange(1, 256 - len(data)) if len(data) < 255 else 1)
            case "twice":
                data += data[: 256 - len(data)]
            case "status":
                status = self._random.choice(STATUSES)
            case _:
                data.clear()
        self.done = f"{kind} {command[:4].hex()}"
        return bytes(data[:256]) + status


def ask_nobody(verdict: Verdict) -> None:
    return None


@pytest.mark.parametrize("seed", range(12))
def test_every_transaction_ends(mint: Mint, kernel: Kernel, verify: Ask, seed: int) -> None:
    """Each card of a different making, damaged at any answer."""
    names = ["up-debit", "up-credit", "up-quasi", "up-pin-key", "three", "twins", "visa-18", "mc-20", "up-velocity"]
    random = Random(seed)
    for _ in range(12):
        damage = Damage(random, random.randrange(15))
        said = kernel.run(mint.card(random.choice(names)), forgiving(verify), lenient, alter=damage)
        assert said.result in ENDS, damage.done
        assert said.commands < MOST_COMMANDS


def forgiving(verify: Ask) -> Ask:
    """The issuer is asked about what a damaged card says, too, and does not know its name."""

    def judged(f55: dict[int, bytes], card: object) -> Verdict:
        try:
            return verify(f55, card)  # type: ignore[arg-type]
        except (KeyError, StopIteration, ValueError):
            return Verdict(False, "nobody can read it")

    return judged


def lenient(verdict: Verdict) -> dict[str, object] | None:
    return approves(verdict) if verdict.genuine else None


@pytest.mark.parametrize("seed", range(6))
def test_nothing_signed_is_changed_unseen(mint: Mint, kernel: Kernel, verify: Ask, seed: int) -> None:
    """Offline, with CDA: whatever is changed in a signed record or a cryptogram, no approval is without a mark."""
    random = Random(f"signed {seed}")
    for _ in range(8):
        card = mint.card("up-offline")

        def alter(command: bytes, answer: bytes, at: float = random.random(), bit: int = random.randrange(8)) -> bytes:
            signed_record = command[:2] == b"\x00\xb2" and command[3] == 0x14
            if command[:2] != b"\x80\xae" and not signed_record:
                return answer
            place = int(at * (len(answer) - 2))
            return answer[:place] + bytes([answer[place] ^ 1 << bit]) + answer[place + 1 :]

        said = kernel.run(card, forgiving(verify), ask_nobody, alter=alter, limits=OFFLINE)
        assert said.result in ENDS
        assert said.result != "approved" or int(said.tvr[:2], 16) & 0xEC
