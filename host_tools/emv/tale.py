"""The whole story of a transaction: its phases in their order, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from host_tools.emv import bits, story
from host_tools.emv.decode import plain
from host_tools.emv.reasons import amount, key_name, why
from host_tools.emv.story import BAD, GOOD, PLAIN, Phase
from host_tools.emv.transaction import EXTERNAL, OPTIONS, READ_RECORD

if TYPE_CHECKING:
    from host_tools.emv.transaction import Step, Transaction

_TVR, _TTQ, _CTQ, _INFORMATION, _SIGNED = 0x95, 0x9F66, 0x9F6C, 0x9F27, 0x9F4B
_AAC, _TC, _ARQC = 0x00, 0x40, 0x80
_MASTERCARD: Final = "A000000004"
_APPROVED: Final = "00"


@dataclass
class Tale:
    head: str
    phases: list[Phase]
    outcome: str
    mood: str


def tell(t: Transaction) -> Tale:
    quick = not t.contact and not t.card.get(0x84, "").startswith(_MASTERCARD)
    phases = _tap(t) if quick else _contact(t)
    outcome, mood = ending(t)
    end = Phase("Completion", "Book 3, 10.11" if t.contact else "Book A, 6")
    for words in bits.set_bits(bits.TSI, status(t)) if t.contact else []:
        end.say(f"TSI: {words}")
    end.say(outcome, mood)
    label = plain(t.card.get(0x50, "")).decode("ascii", "replace") or "no application"
    head = f"{label}, {t.interface}, {amount(t.text(0x9F02))}, {t.at[:19].replace('T', ' ')}, {len(t.steps)} commands"
    return Tale(head, [*(phase for phase in phases if phase.lines), end], outcome, mood)


def last_tvr(t: Transaction) -> bytes:
    """As it was told last: to the card, or in a reversal."""
    return plain(t.terminal.get(_TVR, "")) or bytes(5)


def status(t: Transaction) -> bytes:
    """What the transaction status information must have been, by what was done; no message has it."""
    tvr = last_tvr(t)
    aip = (t.value(0x82) or b"\0")[0]
    steps = {step.ins for step in t.steps}
    done = 0x80 * bool(story.authenticated_by(t, tvr))
    if t.generated:
        done |= 0x40 * bool(aip & 0x10) | 0x20 | 0x08 * bool(aip & 0x08)
    done |= 0x10 * (EXTERNAL in steps) | 0x04 * any(story.is_script(step) for step in t.steps)
    return bytes([done, 0])


def ending(t: Transaction) -> tuple[str, str]:
    """How it ended, and whether well."""
    reversed_ = any(message.mti == "0400" for message in t.messages)
    answer = next((message for message in t.messages if message.mti == "0210"), None)
    kinds = [_kind(t, step) for step in t.generated if step.good]
    if not t.contact and not t.generated and t.card.get(_INFORMATION):
        kinds = [plain(t.card[_INFORMATION])[0] & 0xC0]
    if not kinds:
        last = t.steps[-1]
        return f"it ended without a cryptogram, after {last.name} ({last.status:04X} {last.says})", BAD
    if kinds[0] == _TC:
        return "approved offline by the card", GOOD
    if kinds[0] == _AAC:
        return "declined offline by the card", BAD
    if not t.contact:
        if answer is None:
            return "the card asks its issuer: online", PLAIN
        approved = answer.code == _APPROVED
        return (f"{'approved' if approved else 'declined'} online, F39 {answer.code}", GOOD if approved else BAD)
    if len(kinds) == 1:
        return "the card asked its issuer, and was not asked again", BAD
    response = _text(t.terminal.get(0x8A, ""))
    if kinds[1] == _TC:
        where = "unable to go online, approved by the card" if response == "Y3" else f"approved online, F39 {response}"
        return where, GOOD
    if response in ("Y3", "Z3"):
        return "unable to go online, declined", BAD
    if response == "Z1":
        return "declined by the terminal: the signature of the cryptogram is wrong", BAD
    end = "; reversed" if reversed_ else ""
    who = "the card, though its issuer approved" if response == _APPROVED else f"its issuer, F39 {response}"
    return f"declined by {who}{end}", BAD


def _contact(t: Transaction) -> list[Phase]:
    tvr = plain(t.sent[0].get(_TVR, "")) if t.sent else last_tvr(t)
    whole = last_tvr(t) if t.generated else tvr
    start = [story.selection(t), story.initiation(t)] if t.contact else [_combination(t), story.initiation(t)]
    if not t.options or not t.options.good:
        return start
    phases = [*start, story.records(t)]
    if t.generated or story.has(tvr, story.NOT_PERFORMED):
        phases += [story.authentication(t, whole)]
        phases += [story.restrictions(t, tvr), story.verification(t, tvr), story.risk(t, tvr), story.action(t, tvr)]
    return phases + _cryptograms(t, whole)


def _cryptograms(t: Transaction, tvr: bytes) -> list[Phase]:
    phases = []
    if t.generated:
        phases.append(_generate(t, t.generated[0], "First GENERATE AC", "Book 3, 10.8"))
    phases.append(_online(t, tvr))
    if len(t.generated) > 1:
        at = t.steps.index(t.generated[1])
        before, behind = t.steps[:at], t.steps[at + 1 :]
        phases.append(_scripts(before, "Issuer scripts before the second cryptogram (71)"))
        phases.append(_generate(t, t.generated[1], "Second GENERATE AC", "Book 3, 10.9 and 10.11"))
        phases.append(_scripts(behind, "Issuer scripts after the second cryptogram (72)"))
    return phases


def _generate(t: Transaction, step: Step, title: str, clause: str) -> Phase:
    phase = Phase(title, clause)
    signed = " with a signature (CDA)" if step.command[2] & 0x10 else ""
    phase.say(f"the terminal asks for {bits.cryptogram(step.command[2])}{signed}")
    if not step.good:
        phase.say(f"{step.status:04X} {step.says}", BAD)
        return phase
    kind = _kind(t, step)
    counter = f", counter {int(t.card.get(0x9F36, '0'), 16)}" if t.card.get(0x9F36) else ""
    signed = ", signed" if step.has(_SIGNED) else ""
    phase.say(f"the card gives {bits.cryptogram(kind)}{signed}{counter}", BAD if kind == _AAC else GOOD)
    return phase


def _online(t: Transaction, tvr: bytes) -> Phase:
    phase = Phase("Online processing", "Book 3, 10.9")
    for message in t.messages:
        code = f", F39 {message.code}" if message.code else ""
        chip = " with issuer authentication data" if 0x91 in message.objects else ""
        scripts = " and scripts" if {0x71, 0x72} & message.objects.keys() else ""
        phase.say(f"{message.mti} {message.name}{code}{chip}{scripts}", _mood(message.code))
    for step in t.steps:
        if step.ins == EXTERNAL:
            phase.say(f"the card is shown its issuer's word: {step.status:04X} {step.says}", GOOD if step.good else BAD)
    sent = t.sent[1] if len(t.sent) > 1 else {}
    if any(plain(sent.get(0x91, ""))):
        phase.say("the issuer's word goes to the card with the second GENERATE AC")
    response = _text(sent.get(0x8A, ""))
    if response in ("Y3", "Z3"):
        phase.say("there was no answer: unable to go online", BAD)
    if story.has(tvr, 0x0440):
        phase.say(f"{bits.TVR[0x0440]}: {why(t, 0x0440)}", BAD)
    return phase


def _scripts(steps: list[Step], title: str) -> Phase:
    phase = Phase(title, "Book 3, 10.10")
    for step in steps:
        if story.is_script(step):
            phase.say(f"{step.name}: {step.status:04X} {step.says}", GOOD if step.good else BAD)
    return phase


def _combination(t: Transaction) -> Phase:
    return story.selection(t, "Combination selection", "Book B, 3.3")


def _tap(t: Transaction) -> list[Phase]:
    """Visa's and UnionPay's way: one GET PROCESSING OPTIONS says everything."""
    kernel = Phase("Kernel activation", "Books C-3 and C-7")
    for words in bits.set_bits(bits.TTQ, t.value(_TTQ)):
        kernel.say(f"the reader says: {words}")
    if t.options is None or not t.options.good:
        kernel.say(f"{t.options.status:04X} {t.options.says}" if t.options else "it has not come to that", BAD)
        return [_combination(t), kernel]
    decision = Phase("The card's decision", "Books C-3 and C-7; GET PROCESSING OPTIONS")
    if t.card.get(_INFORMATION):
        kind = plain(t.card[_INFORMATION])[0] & 0xC0
        counter = int(t.card.get(0x9F36, "0"), 16)
        decision.say(f"{bits.cryptogram(kind)}, counter {counter}", BAD if kind == _AAC else GOOD)
    wanted = bits.set_bits(bits.CTQ, t.value(_CTQ))
    for words in wanted:
        decision.say(f"the card says: {words}")
    if not wanted:
        decision.say("it wants no cardholder verification")
    read = [step for step in story.after(t, OPTIONS) if step.ins == READ_RECORD]
    signature = Phase("Fast DDA", "Book C-7, card authentication; Book 2, 6")
    if read:
        signature.say(f"{len(read)} records read for it, key {key_name(t)}")
        related = t.card.get(0x9F69, "")
        version = f"version {related[:2]}" if related else "version 00, the unpredictable number alone"
        if t.card.get(_SIGNED):
            signature.say(f"the card has signed: {version}", GOOD)
    return [_combination(t), kernel, decision, signature, _online(t, bytes(5))]


def _kind(t: Transaction, step: Step) -> int:
    for each in step.objects:
        if each.tag == 0x80:
            return each.value[0] & 0xC0
        for inner in each.objects:
            if inner.tag == _INFORMATION:
                return inner.value[0] & 0xC0
    return _AAC


def _mood(code: str) -> str:
    if not code:
        return PLAIN
    return GOOD if code == _APPROVED else BAD


def _text(value: str) -> str:
    return plain(value).decode("ascii", "replace").strip("\0")
