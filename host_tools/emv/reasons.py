"""Why a bit of the TVR is set, and which action codes it meets: out of what was said in the transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host_tools.emv import bits
from host_tools.emv.decode import plain
from host_tools.emv.transaction import EXTERNAL, GET_DATA, VERIFY

if TYPE_CHECKING:
    from host_tools.emv.transaction import Transaction

_RID: Final = 10  # digits
_TRIES, _ATC, _LAST_ONLINE, _SIGNED = 0x9F17, 0x9F36, 0x9F13, 0x9F4B


def why(t: Transaction, bit: int) -> str:
    """In words; empty where the trace does not tell."""
    reason = _REASONS.get(bit)
    return reason(t) if reason else ""


def key_name(t: Transaction) -> str:
    return f"{t.card.get(0x84, '')[:_RID]} {t.card.get(0x8F, '')}"


def date(text: str) -> str:
    return f"20{text[:2]}-{text[2:4]}-{text[4:6]}" if len(text) == 6 else "?"


def amount(text: str) -> str:
    return f"{int(text) / 100:.2f}" if text.isdigit() else "an amount that it has not heard"


def decided(t: Transaction, tvr: bytes, name: str) -> list[str]:
    """Which bits of the TVR meet the issuer's or the acquirer's codes of this name: denial, online, default."""
    tag = {"denial": 0x9F0E, "online": 0x9F0F, "default": 0x9F0D}[name]
    # Without an issuer's code all bits of online and default count, none of denial (Book 3, 10.7).
    codes = {"issuer": t.value(tag) or (bytes(5) if name == "denial" else b"\xff" * 5)}
    ours = t.application().get(f"tac_{name}")
    if ours:
        codes["acquirer"] = plain(ours)
    asks: dict[str, list[str]] = {}
    for who, code in codes.items():
        for words in bits.set_bits(bits.TVR, bytes(a & b for a, b in zip(tvr, code, strict=True))):
            asks.setdefault(words, []).append(who)
    return [f"{words}: {name} by the word of {' and '.join(who)}" for words, who in asks.items()]


def _no_authentication(t: Transaction) -> str:
    if any(step.has(_SIGNED) for step in t.generated):
        return ""
    if t.generated and (t.generated[0].command[2] & 0x10):
        return "a signature was asked for with the cryptogram, and a card that declines gives none"
    return "card and terminal have no way of it in common"


def _authentication_failed(t: Transaction) -> str:
    keys = t.tables.get("keys")
    if keys is not None and key_name(t) not in keys:
        return f"the terminal has no key {key_name(t)}"
    return f"under key {key_name(t)} the certificates or the signature do not open to what they should"


def _versions(t: Transaction) -> str:
    ours = t.terminal.get(0x9F09) or t.application().get("version", "?")
    return f"the card's is {t.card.get(0x9F08, '?')}, the terminal's {ours}"


def _expired(t: Transaction) -> str:
    return f"the card is good to {date(t.text(0x5F24))}, today is {date(t.text(0x9A))}"


def _not_yet(t: Transaction) -> str:
    return f"the card is good from {date(t.text(0x5F25))}, today is {date(t.text(0x9A))}"


def _usage(t: Transaction) -> str:
    allowed = bits.set_bits(bits.USAGE, t.value(0x9F07))
    return f"its usage control allows: {'; '.join(allowed) or 'nothing'}"


def _cvm(t: Transaction) -> str:
    results = t.value(0x9F34)
    return bits.verification(results) if len(results) == 3 else ""


def _unknown_cvm(t: Transaction) -> str:
    codes = t.value(0x8E)[8::2]
    found = [bits.method(code) for code in codes if code & 0x3F not in bits.METHODS]
    return "; ".join(found)


def _tries(t: Transaction) -> str:
    if any(step.ins == VERIFY for step in t.steps):
        return "VERIFY was answered with no tries left"
    if t.card.get(_TRIES) == "00":
        return "the PIN try counter is 0"
    return ""


def _floor_limit(t: Transaction) -> str:
    limit = t.application().get("floor_limit")
    known = "" if limit is None else f", the floor limit {limit / 100:.2f}"
    return f"the amount is {amount(t.text(0x9F02))}{known}"


def _velocity(t: Transaction) -> str:
    counter, last = t.card.get(_ATC, ""), t.card.get(_LAST_ONLINE, "")
    limits = f"limits {int(t.card.get(0x9F14, '0'), 16)} and {int(t.card.get(0x9F23, '0'), 16)}"
    if not counter or not last:
        return f"the counters could not be read, so the limits count as exceeded ({limits})"
    return f"counter {int(counter, 16)}, {int(last, 16)} when it was last online; {limits}"


def _issuer_failed(t: Transaction) -> str:
    step = next((step for step in t.steps if step.ins == EXTERNAL), None)
    return f"EXTERNAL AUTHENTICATE was answered with {step.status:04X}" if step else "by the second cryptogram"


def _new_card(t: Transaction) -> str:
    return "it has never been online" if any(step.ins == GET_DATA for step in t.steps) else ""


_REASONS: Final = {
    0x0080: _no_authentication,
    0x0040: _authentication_failed,
    0x0008: _authentication_failed,
    0x0004: _authentication_failed,
    0x0180: _versions,
    0x0140: _expired,
    0x0120: _not_yet,
    0x0110: _usage,
    0x0108: _new_card,
    0x0280: _cvm,
    0x0240: _unknown_cvm,
    0x0220: _tries,
    0x0380: _floor_limit,
    0x0340: _velocity,
    0x0320: _velocity,
    0x0440: _issuer_failed,
}
