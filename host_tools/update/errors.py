"""Why a terminal was not updated: each cause a class. The unit gives its own by their codes."""

from __future__ import annotations

from typing import ClassVar, Final


class UpdateError(Exception):
    """Base of all; `says` is the whole of what a person is told."""

    says: ClassVar[str] = "The terminal cannot be updated."

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{self.says} {detail}".rstrip())


# -- the bundle --------------------------------------------------------------------------------------------


class BadBundle(UpdateError):
    says = "This file is no bundle to send:"


class CutShort(UpdateError):
    says = "The terminal wants more than the file has: the bundle is cut short."


# -- the rollout -------------------------------------------------------------------------------------------


class BadList(UpdateError):
    says = "This rollout cannot begin:"


class OtherRollout(UpdateError):
    says = "The file of this rollout is of another version:"


# -- the line ----------------------------------------------------------------------------------------------


class LineSilent(UpdateError):
    says = (
        "The terminal does not answer. It must show 程序更新 (Update; in the administrator's 系统设置, Setup), where "
        "it says which money is in flight, if any is. If the cable came off, run the same command again: it goes on "
        "where it stopped."
    )


class Malformed(UpdateError):
    says = "The terminal's answer is not one of this protocol."


# -- what the terminal refuses, by its error's code --------------------------------------------------------


class UnitRefuses(UpdateError):
    """For any other reason: the detail is its code."""

    says = "The terminal refuses, and goes on with what it has:"


class NotABundle(UnitRefuses):
    says = "The terminal does not find a bundle in this file. It goes on with what it has."


class NotSigned(UnitRefuses):
    says = "The bundle is not signed by the key that this terminal trusts. It goes on with what it has."


class OtherBoard(UnitRefuses):
    says = "The bundle is for another kind of board. The terminal goes on with what it has."


class BelowFloor(UnitRefuses):
    says = "The bundle is older than a version that closed a hole: this terminal never goes back behind that."


class Damaged(UnitRefuses):
    says = "What has arrived is not what was signed: the bundle is damaged, or cut short. Send it again."


class NotNewer(UnitRefuses):
    says = "The terminal runs this version, or a newer one. It goes on with what it has."


class TooLarge(UnitRefuses):
    says = "The bundle is larger than a slot of this board."


class OldSchema(UnitRefuses):
    says = "The bundle would not understand the parameters that this terminal has: it is from before their change."


class UnitBusy(UnitRefuses):
    """Money is in flight, or may be behind a training: nothing changes now."""


class ReversalDue(UnitBusy):
    says = "The terminal has a reversal to send: let it reach its host, and try again."


class QueueUnsent(UnitBusy):
    says = "The terminal has sales to tell its host of: let it reach its host, and try again."


class Unsettled(UnitBusy):
    says = "The terminal's batch is not settled: settle it, and try again."


class InTraining(UnitBusy):
    says = "The terminal is in training mode: end that, and try again."


class UnitWorn(UnitRefuses):
    says = "The terminal's flash does not keep what is written. It goes on with what it has, and wants a new board."


REFUSALS: Final[dict[str, type[UnitRefuses]]] = {
    "U01": NotABundle,
    "U02": NotSigned,
    "U03": OtherBoard,
    "U04": BelowFloor,
    "U05": Damaged,
    "U07": NotNewer,
    "U08": TooLarge,
    "U10": OldSchema,
    "U11": ReversalDue,
    "U12": QueueUnsent,
    "U13": Unsettled,
    "U14": InTraining,
    "L03": UnitWorn,
}


def refusal(code: bytes) -> UnitRefuses:
    text = code.decode("ascii", "replace")
    return REFUSALS[text]() if text in REFUSALS else UnitRefuses(text)
