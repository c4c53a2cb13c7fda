"""A transaction as a story: phase by phase, as the books name them, with what was said in each and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from host_tools.cards.tlv import entries
from host_tools.emv import bits, names
from host_tools.emv.decode import plain, walk
from host_tools.emv.reasons import amount, date, decided, key_name, why
from host_tools.emv.transaction import (
    CHALLENGE,
    EXTERNAL,
    GENERATE,
    GET_DATA,
    INTERNAL,
    OPTIONS,
    READ_RECORD,
    RECOVER,
    SELECT,
    VERIFY,
)

if TYPE_CHECKING:
    from host_tools.emv.transaction import Step, Transaction

GOOD, BAD, PLAIN = "good", "bad", ""
NOT_PERFORMED, SDA_SELECTED = 0x0080, 0x0002

_DIRECTORIES: Final = {b"1PAY.SYS.DDF01": "PSE", b"2PAY.SYS.DDF01": "PPSE"}
_TC, _ARQC = 0x40, 0x80
_SIGNED: Final = 0x9F4B
_EMV_MODE: Final = 0x80  # AIP byte 2
_OUR_COMMANDS: Final = (
    SELECT, READ_RECORD, OPTIONS, GET_DATA, VERIFY, CHALLENGE, INTERNAL, EXTERNAL, GENERATE, RECOVER,
)  # fmt: skip


@dataclass
class Phase:
    """`clause` is where the books have it; a line is its mood and its words."""

    title: str
    clause: str
    lines: list[tuple[str, str]] = field(default_factory=list)

    def say(self, words: str, mood: str = PLAIN) -> None:
        if words:
            self.lines.append((mood, words))


def selection(t: Transaction, title: str = "Application selection", clause: str = "Book 1, 12") -> Phase:
    """The directory, the candidates, and what the last SELECT has brought."""
    phase = Phase(title, clause)
    chosen = ""
    last = max((at for at, step in enumerate(t.steps) if step.ins == OPTIONS), default=len(t.steps))
    for step in t.steps[:last]:
        if step.ins == OPTIONS:
            phase.say(f"{chosen}, when asked to begin: {_status(step)}", BAD)
        elif step.ins == SELECT:
            name = _DIRECTORIES.get(step.data, step.data.hex().upper())
            chosen = name if step.good and name not in _DIRECTORIES.values() else chosen
            if not step.good:
                phase.say(f"{name}: {_status(step)}", BAD)
            elif step.data in _DIRECTORIES:
                phase.say(f"the card has a directory ({name})")
        for each in _templates(step, 0x61):
            phase.say(f"offers {_offered(dict(each))}")
    label = plain(t.card.get(0x50, "")).decode("ascii", "replace")
    if chosen:
        phase.say(f"selected: {label} {t.card.get(0x84, chosen)}".replace("  ", " "), GOOD)
    listed = t.card.get(0x9F38)
    phase.say(f"to begin it wants to know: {_listed(listed)}" if listed else "it wants to know nothing to begin")
    return phase


def initiation(t: Transaction) -> Phase:
    phase = Phase("Initiate application processing", "Book 3, 10.1")
    if t.options is None or not t.options.good:
        phase.say(_status(t.options) if t.options else "it has not come to that", BAD)
        return phase
    for words in bits.set_bits(bits.AIP, t.value(0x82)):
        phase.say(words)
    if not t.contact and not t.value(0x82)[1] & _EMV_MODE:
        phase.say("it has no EMV mode, and the reader takes no mag-stripe mode", BAD)
    located = t.value(0x94)
    files = [
        f"SFI {located[at] >> 3} records {located[at + 1]} to {located[at + 2]}" for at in range(0, len(located), 4)
    ]
    phase.say(f"its data are in {', '.join(files)}" if files else "it has no records to be read")
    return phase


def records(t: Transaction) -> Phase:
    phase = Phase("Read application data", "Book 3, 10.2")
    read = [step for step in after(t, OPTIONS) if step.ins == READ_RECORD]
    good = sum(step.good for step in read)
    phase.say(f"{good} of {len(read)} records read" if good < len(read) else f"{good} records read")
    number = t.card.get(0x5A, "").rstrip("F") or t.card.get(0x57, "").partition("D")[0]
    sequence = t.card.get(0x5F34)
    if not number:
        return phase
    phase.say(f"card {number}{f' number {sequence}' if sequence else ''}, good to {date(t.card.get(0x5F24, ''))}")
    for words in bits.rules(t.value(0x8E)) if len(t.value(0x8E)) >= 8 else []:
        phase.say(f"CVM rule: {words}")
    return phase


def authentication(t: Transaction, tvr: bytes) -> Phase:
    phase = Phase("Offline data authentication", "Book 3, 10.3; Book 2, 5 and 6")
    method = authenticated_by(t, tvr)
    if not method:
        phase.say(f"none: {why(t, NOT_PERFORMED) or 'the card has not come to it'}")
        return phase
    phase.say(f"{method}, by key {key_name(t)} of {names.RIDS.get(t.card.get(0x84, '')[:10], 'its scheme')}")
    failed = [bit for bit in (0x0040, 0x0008, 0x0004) if has(tvr, bit)]
    for bit in failed:
        phase.say(f"{bits.TVR[bit]}: {why(t, bit)}", BAD)
    if has(tvr, 0x0020):
        phase.say(bits.TVR[0x0020], BAD)
    if not failed:
        phase.say("the card is genuine", GOOD)
    return phase


def authenticated_by(t: Transaction, tvr: bytes) -> str:
    """SDA, DDA or CDA; empty where there was none."""
    if has(tvr, NOT_PERFORMED) or not t.card.get(0x82):
        return ""
    if has(tvr, SDA_SELECTED):
        return "SDA"
    if any(step.ins == INTERNAL for step in t.steps) or has(tvr, 0x0008):
        return "DDA"
    signed = any(step.has(_SIGNED) for step in t.generated)
    return "CDA" if signed or has(tvr, 0x0004) else ""


def restrictions(t: Transaction, tvr: bytes) -> Phase:
    phase = Phase("Processing restrictions", "Book 3, 10.4")
    _bits(phase, t, tvr, 1, (0x08,))
    if not phase.lines:
        phase.say("version, dates and usage are right", GOOD)
    return phase


def verification(t: Transaction, tvr: bytes) -> Phase:
    phase = Phase("Cardholder verification", "Book 3, 10.5")
    for step in t.steps:
        if step.ins == VERIFY:
            words = "under the card's key" if step.command[3] == 0x88 else "in plain"
            phase.say(f"the PIN is shown to the card, {words}: {_status(step)}", GOOD if step.good else BAD)
        elif step.ins == GET_DATA and step.good and step.has(0x9F17):
            phase.say(f"PIN tries left: {int(t.card[0x9F17], 16)}")
    results = t.value(0x9F34)
    if len(results) == 3:
        phase.say(bits.verification(results), (PLAIN, BAD, GOOD)[results[2]] if results[2] < 3 else PLAIN)
    elif not t.value(0x82)[0:1] or not t.value(0x82)[0] & 0x10:
        phase.say("the card wants none")
    _bits(phase, t, tvr, 2)
    return phase


def risk(t: Transaction, tvr: bytes) -> Phase:
    phase = Phase("Terminal risk management", "Book 3, 10.6")
    if not has(tvr, 0x0380):
        phase.say(f"the amount is {amount(t.text(0x9F02))}")
    for step in after(t, OPTIONS):
        if step.ins == GET_DATA and not step.has(0x9F17):
            tag = int.from_bytes(step.command[2:4], "big")
            said = f"{int(t.card.get(tag, '0'), 16)}" if step.good else _status(step)
            phase.say(f"{names.tag_name(tag)}: {said}")
    for bit in (0x0010, 0x0108):
        if has(tvr, bit):
            phase.say(_reasoned(t, bit), BAD)
    _bits(phase, t, tvr, 3)
    return phase


def action(t: Transaction, tvr: bytes) -> Phase:
    phase = Phase("Terminal action analysis", "Book 3, 10.7")
    phase.say(f"TVR {tvr.hex().upper()}")
    asked = t.generated[0].command[2] & 0xC0 if t.generated else None
    denied = decided(t, tvr, "denial")
    for words in denied or decided(t, tvr, "online"):
        phase.say(words, BAD if denied else PLAIN)
    if asked is not None:
        phase.say(f"so the terminal wants {bits.cryptogram(asked)}")
    return phase


def after(t: Transaction, ins: int) -> list[Step]:
    """The steps behind the last one of that instruction; all where there is none."""
    last = max((at for at, step in enumerate(t.steps) if step.ins == ins), default=-1)
    return t.steps[last + 1 :]


def has(field_: bytes, bit: int) -> bool:
    return len(field_) > bit >> 8 and bool(field_[bit >> 8] & bit & 0xFF)


def is_script(step: Step) -> bool:
    return step.ins not in _OUR_COMMANDS


def _bits(phase: Phase, t: Transaction, tvr: bytes, byte: int, but: tuple[int, ...] = ()) -> None:
    for place in range(7, -1, -1):
        bit = byte << 8 | 1 << place
        if has(tvr, bit) and 1 << place not in but:
            phase.say(_reasoned(t, bit), PLAIN if bit in (0x0204, 0x0380) else BAD)


def _reasoned(t: Transaction, bit: int) -> str:
    words, reason = bits.TVR.get(bit, f"bit {bit:04X}"), why(t, bit)
    return f"{words}: {reason}" if reason else words


def _status(step: Step) -> str:
    return f"{step.status:04X} {step.says}".rstrip()


def _listed(text: str) -> str:
    return ", ".join(names.tag_name(tag) or f"{tag:X}" for tag, _ in entries(plain(text)))


def _templates(step: Step, tag: int) -> list[list[tuple[int, str]]]:
    """What is in each template of that tag, however deep."""
    found = []
    waiting = list(step.objects)
    while waiting:
        each = waiting.pop(0)
        if each.tag == tag:
            found.append([(inner.tag, inner.text) for inner in walk(each.objects)])
        waiting[:0] = each.objects
    return found


def _offered(entry: dict[int, str]) -> str:
    label = plain(entry.get(0x50, "")).decode("ascii", "replace")
    priority = plain(entry.get(0x87, "00"))[0]
    words = f"{label} {entry.get(0x4F, '?')}, priority {priority & 15}"
    if priority & 0x80:
        words += ", to be confirmed by the cardholder"
    kernel = entry.get(0x9F2A)
    return f"{words}, kernel {int(kernel, 16)}" if kernel else words
