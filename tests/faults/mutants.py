"""Firmware that is broken on purpose, each in one way that loses money or hides it: the explorer must notice.

A mutant is a copy of firmware/ with a few words of it changed.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from host_tools.micropython.port import ROOT
from tests.faults.engine import Engine
from tests.faults.explorer import firsts, seconds, singles
from tests.faults.points import Schedule
from tests.faults.points import schedule as parsed
from tests.faults.rows import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_MOST: Final = 400  # schedules until it must be caught


@dataclass(frozen=True, slots=True)
class Mutant:
    """`edits` are (what stands there, what takes its place): each of them once in all of firmware/.

    It is looked for in the row undisturbed, then in its coarse faults; or in all whose text has `among` in it; or in
    those pairs that begin with `first`.
    """

    name: str
    edits: tuple[tuple[str, str], ...]
    row: str
    scene: str = "plain"
    among: str = ""
    first: str = ""

    def make(self, directory: Path) -> Path:
        """The broken tree. Raises ValueError if what is to be changed is not there, or not once."""
        tree = directory / "firmware"
        shutil.copytree(ROOT / "firmware", tree)
        sources = {path: path.read_text("utf-8") for path in tree.rglob("*.py")}
        for old, new in self.edits:
            found = [path for path, text in sources.items() if old in text]
            if [sources[path].count(old) for path in found] != [1]:
                raise ValueError(f"{self.name}: not once in the firmware: {old!r}")
            sources[found[0]] = sources[found[0]].replace(old, new)
            found[0].write_text(sources[found[0]], "utf-8")
        return tree

    def caught(self, directory: Path, sound: Engine) -> tuple[str, list[str]] | None:
        """The first schedule with violations that the `sound` firmware has not, and what they are; None if there is
        none."""
        with Engine(self.make(directory)) as engine:
            for schedule in islice(self._schedules(sound), _MOST):
                found = engine.run(schedule).violations
                if found and not sound.run(schedule).violations:
                    return str(schedule), found
        return None

    def _schedules(self, engine: Engine) -> Iterator[Schedule]:
        row = ROWS[self.row]
        yield Schedule(row.name, self.scene)
        if self.first:
            yield from (pair for pair in seconds(engine, parsed(self.first)) if self.among in str(pair))
        elif self.among:
            yield from (found for found in singles(engine, row, self.scene) if self.among in str(found))
        else:
            yield from firsts(engine, row, self.scene)


MUTANTS: Final = (
    Mutant(
        "the reversal is armed only after the request has been sent",
        (
            (
                "return Entry(self, self._journal.append(OPENED, fields), OPENED, fields)",
                "self._later = fields\n        return Entry(self, 0, OPENED, fields)",
            ),
            (
                '"""An entry\'s next event; EntryClosed if it cannot follow."""',
                (
                    "if event != PRINTED and self._later:\n"
                    "            entry.number = self._live = self._journal.append(OPENED, self._later)\n"
                    "            self._later = None"
                ),
            ),
        ),
        "sale-approved",
    ),
    Mutant(
        "any answer closes a reversal",
        (("return code in _REVERSAL_CLOSED", "return True"),),
        "sale-unanswered",
        among="ANSWER",
    ),
    Mutant(
        "a sale without an answer counts as declined",
        (("except NoReply:\n        entry.unanswered(NO_REPLY)", 'except NoReply:\n        entry.decline("98")'),),
        "sale-approved",
        among="net:1:",
    ),
    Mutant(
        "a request that came twice counts as declined",
        (("if answer.text(RESPONSE) == DUPLICATE:", "if False:"),),
        "void",
        among="AGAIN",
    ),
    Mutant(
        "an answer's MAC is not looked at",
        (("if sealed and not self._is_genuine(answer):", "if False:"),),
        "sale-approved",
        among="BENT_REPLY:7",
    ),
    Mutant(
        "any answer will do, whatever was asked",
        (("if answer.belongs_to(request):", "if True:"),),
        "sale-approved",
        first="sale-approved@plain,0/net:1:STALE:0",
        among="LOST",
    ),
    Mutant(
        "a card that is drawn out counts as declined by the host",
        (('if self._response in ("", APPROVED):', "if not self._response:"),),
        "chip-sale",
        among="pull",
    ),
    Mutant(
        "what became of a script is put down after the sale",
        (
            (
                "                chip_record.report_scripts(self._t, self.entry, emv, self._approval)\n",
                "",
            ),
            (
                "self.entry.approve(remarks=remarks, **self._approval)  # type: ignore[arg-type]\n",
                (
                    "self.entry.approve(remarks=remarks, **self._approval)\n"
                    "                chip_record.report_scripts(self._t, self.entry, emv, self._approval)\n"
                ),
            ),
        ),
        "chip-script-after",
        among="cut",
    ),
    Mutant(
        "a tap is approved by any answer",
        (("            if answer.text(RESPONSE) == APPROVED:\n", "            if True:\n"),),
        "tap-declined",
    ),
    Mutant(
        "a part that was approved counts as the whole",
        (
            (
                "await agree(screen)\n            return amount\n",
                "await agree(screen)\n            return entry.amount\n",
            ),
        ),
        "partial",
    ),
    Mutant(
        "a part that nobody wants counts as declined",
        (("        pass\n    entry.unanswered(BAD_REPLY)", '        pass\n    entry.decline("10")'),),
        "partial-given-up",
    ),
    Mutant(
        "another batch is begun because an answer says so",
        (("if ledger.state.totals and batch != ledger.batch:", "if False:"),),
        "sign-in",
        among="BENT_REPLY:7",
    ),
    Mutant(
        "the power-on does not read the records of the batch",
        (("    t.ledger.verify()\n    found", "    found"),),
        "batch-altered",
        "spread",
        among="bent",
    ),
    Mutant(
        "idle time does not read the older records",
        (("more = self._journal.verify_more()", "more = False"),),
        "journal-altered",
        "turning",
        among="bent",
    ),
    Mutant(
        "a record's seal is not looked at",
        (("if not equal(self._s2v(_framed(frame, plaintext), size, associated), v):", "if False:"),),
        "journal-altered",
        "turning",
        among="bent",
    ),
    Mutant(
        "a record is not bound to the one before it",
        (('return number.to_bytes(8, "big") + tag', 'return number.to_bytes(8, "big")'),),
        "journal-altered",
        "turning",
        among="grafted",
    ),
    Mutant(
        "voucher numbers begin anew after a power cut",
        (("self._stan = int(journal.state.stan)", "self._stan = 0"),),
        "sale-approved",
    ),
    Mutant(
        "a frame is marked before it is read back",
        (
            (
                "return self._program(seq, at + 1, data",
                'return self._program(seq, at, b"\\0" + data',
            ),
        ),
        "sale-approved",
    ),
    Mutant(
        "a mark is not read back",
        (("and self._ring.commit(seq, at):", "and (self._ring.commit(seq, at) or True):"),),
        "offline-sale",
        among="wear",
    ),
    Mutant(
        "the newest frame is not made certain at mounting",
        (("and ring.commit(seq, last)\n", "\n"),),
        "sale-approved",
        among=":after:",
    ),
    Mutant(
        "a torn frame is left as it is at mounting",
        (("            ring.kill(seq, tail, end)\n            tail = end\n", ""),),
        "sale-approved",
    ),
    Mutant(
        "the card numbers' key is not made certain at mounting",
        (("content, 0)\n        return self.born", 'b"\\xff", 0)\n        return self.born'),),
        "first-sign-in",
        among="swaying",
    ),
    Mutant(
        "the card numbers' key is renewed while a reversal is due",
        (("if not state.settled <= born <= number and not (state.due or state.queued):", "if True:"),),
        "void",
        among=":before:",
    ),
    Mutant(
        "a sale does not wait for the reversal before it",
        (("    entry = t.ledger.reversal\n    if entry is None:", "    entry = t.ledger.reversal\n    if True:"),),
        "sale-reversed",
    ),
    Mutant(
        "a voided sale can be voided again",
        (
            (
                "            if self.of:\n                self.undone",
                "            if False:\n                self.undone",
            ),
        ),
        "void",
    ),
    Mutant(
        "a settlement does not wait for the queue",
        (
            ("            refused = await deliver(t, host)\n        for", "            refused = []\n        for"),
            ("        self.require_sent()\n        if self.state.settling:", "        if self.state.settling:"),
        ),
        "settlement-queued",
    ),
    Mutant(
        "a settlement is refused by one answer without a MAC",
        (
            (
                "    for _ in range(2):\n        try:\n            answer = await host.manage(",
                "    for _ in range(1):\n        try:\n            answer = await host.manage(",
            ),
        ),
        "settlement-again",
        among="BENT_REPLY:5",
    ),
    Mutant(
        "a sign-in does not wait for the settlement before it",
        (("    if ledger.state.settling:\n        with Overlay():", "    if False:\n        with Overlay():"),),
        "settlement-again",
    ),
    Mutant(
        "the queue lets go of what has only been sent",
        (
            (
                "        answer = await _told(t, host, entry, track if entry.number == newest else None)\n",
                (
                    '        t.ledger.delivered(entry, "00", False)\n'
                    "        await _told(t, host, entry, track if entry.number == newest else None)\n"
                    "        continue\n"
                ),
            ),
        ),
        "delivery",
        among="LOST",
    ),
    Mutant(
        "the newest in the queue takes the place of the oldest",
        (("        if not self.queued:\n            self.oldest", "        if True:\n            self.oldest"),),
        "delivery",
    ),
    Mutant(
        "what the host has refused of the queue stays in the sums",
        (('            fields["refused"] = 1\n', "            pass\n"),),
        "delivery-refused",
    ),
)
