"""Why an archive was not saved, not restored, or is none: each cause a class. The unit gives its own by their codes."""

from __future__ import annotations

from typing import ClassVar, Final


class BackupError(Exception):
    """Base of all; `says` is the whole of what a person is told."""

    says: ClassVar[str] = "The archive cannot be dealt with."

    def __init__(self) -> None:
        super().__init__(self.says)


# -- the file ----------------------------------------------------------------------------------------------


class NotAnArchive(BackupError):
    says = "This file is no archive of a terminal."


class NewerArchive(BackupError):
    says = "This archive is of a newer version than this tool knows."


class FileThere(BackupError):
    says = "There is a file of this name already: an archive takes nothing's place."


class NotWhole(BackupError):
    says = "The archive is not what a terminal has sealed under this key: see `suanpan audit verify`."


# -- the line ----------------------------------------------------------------------------------------------


class LineSilent(BackupError):
    says = (
        "The terminal does not answer. To be saved it must show 备份 (Backup). To be restored to it must be without "
        "its master key, or just have been given it; what was restored by half is gone when it is switched on again."
    )


class Malformed(BackupError):
    says = "The terminal's answer is not one of this protocol."


class EndMissing(BackupError):
    says = "The archive is cut short: the terminal waits for more. Nothing of it stays when it is switched on again."


# -- what the terminal refuses, by its error's code --------------------------------------------------------


class UnitRefuses(BackupError):
    """For any other reason; `code` is the terminal's."""

    def __init__(self, code: str = "") -> None:
        super().__init__()
        self.code = code

    def __str__(self) -> str:
        return f"The terminal refuses: {self.code}." if self.code else self.says


class UnitFull(UnitRefuses):
    says = "The terminal's flash has no room for what is still needed of these records. Nothing of it was kept."


class UnitWorn(UnitRefuses):
    says = "The terminal's flash does not keep what is written. Nothing of it was kept."


class UnitBroken(UnitRefuses):
    says = "A record of the terminal is not what was written: read its flash, and `suanpan audit verify` names it."


class UnitKeyless(UnitRefuses):
    says = "The terminal has no backup key: it is injected with the master key, if the workshop has a master for them."


class UnitBusy(UnitRefuses):
    says = "The terminal has just been restored to: switch it off and on."


class UnitNewer(UnitRefuses):
    says = "The terminal does not know this version of archives."


class OtherTerminal(UnitRefuses):
    says = "The archive is of another terminal number than this unit is set up as. Nothing of it was kept."


class Altered(UnitRefuses):
    says = (
        "The archive is altered, cut short, put together from others, or under another key than the terminal's. "
        "Nothing of it was kept."
    )


class NotEmpty(UnitRefuses):
    says = "The terminal has records already, which an archive does not replace. They are as they were."


class OutOfTurn(UnitRefuses):
    says = "The terminal was asked for another part than the next: begin again."


class Shared(UnitRefuses):
    says = "Several merchants share this terminal: restore each one's archive to a terminal of its own."


REFUSALS: Final[dict[str, type[UnitRefuses]]] = {
    "L01": UnitFull,
    "L03": UnitWorn,
    "L04": UnitBroken,
    "L07": UnitKeyless,
    "L17": UnitBusy,
    "L18": UnitNewer,
    "L19": OtherTerminal,
    "L20": Altered,
    "L21": NotEmpty,
    "L22": OutOfTurn,
    "L23": Shared,
}


def refusal(code: bytes) -> UnitRefuses:
    text = code.decode("ascii", "replace")
    return REFUSALS[text]() if text in REFUSALS else UnitRefuses(text)
