"""Why a terminal was not commissioned: each cause a class, each with the words that a person is told."""

from __future__ import annotations

from typing import ClassVar


class CommissionError(Exception):
    """Base of all; `says` is what a person is told, with `detail` where there is one."""

    says: ClassVar[str] = "The terminal cannot be commissioned."

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{self.says} ({detail})" if detail else self.says)


# -- the order, and what was done before ------------------------------------------------------------------------


class BadOrder(CommissionError):
    says = "The order cannot be read, or something is missing in it."


class OtherOrder(CommissionError):
    says = "Work in this directory was begun by another order: take another directory, or the order that it was."


class Broken(CommissionError):
    says = "The file that says how far the work has come cannot be read."


class NoCeremony(CommissionError):
    says = (
        "The key ceremony has not been held in this directory: two custodians and the signer come first, by "
        "`suanpan keys enrol` and `suanpan keys signer` (docs/keys.md)."
    )


# -- the board and its line -------------------------------------------------------------------------------------


class NotFlashed(CommissionError):
    says = "The board was not flashed, or parts of it do not answer: see what `suanpan doctor` says."


class OtherBoard(CommissionError):
    says = "This is another board than the one that was flashed for this order."


class LineSilent(CommissionError):
    says = (
        "No answer from the terminal. Does it show 装机报告 (Commissioning: log in as 99), is the cable at its service "
        "line, and has no other program the port?"
    )


class Malformed(CommissionError):
    says = "The terminal's statement came damaged."


class TerminalRefuses(CommissionError):
    says = "The terminal refuses, by the code that it gives."


class NotProven(CommissionError):
    says = "The statement is not sealed by this terminal number's backup key: another unit has spoken, or nobody's."


class OtherUnit(CommissionError):
    says = "The terminal says that it is another than the one that was ordered."


class SelfTestFailed(CommissionError):
    says = "The terminal's self-test has found something."


class StillOwed(CommissionError):
    says = "The terminal still has to tell the host of something: wait until it has, and fetch the statement again."


# -- the host ---------------------------------------------------------------------------------------------------


class NotEnrolled(CommissionError):
    says = "The acquirer does not know this terminal number."


class NotBound(CommissionError):
    says = "The acquirer has this terminal number bound otherwise than the order says."


class AlreadyInUse(CommissionError):
    says = "There are transactions of this terminal number at the acquirer already: swap the unit, or retire it first."


class NotSettled(CommissionError):
    says = "The terminal number has a batch that is not settled: settle it on the unit that has it."


class NoSale(CommissionError):
    says = "There is no sale of 0.01 that was approved, and its void, as the last two things that the terminal did."


class Disagree(CommissionError):
    says = "Terminal and acquirer do not say the same of the sale and its void."
