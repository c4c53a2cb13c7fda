"""Every refusal of the key ceremony, each a class of its own. None carries key material or a passphrase."""

from __future__ import annotations

from typing import ClassVar


class KeysError(Exception):
    """Base of all; `says` is the whole of what a person is told."""

    says: ClassVar[str] = "The ceremony cannot go on."

    def __init__(self) -> None:
        super().__init__(self.says)


# -- custodians: who is there ------------------------------------------------------------------------------


class NoName(KeysError):
    says = "A custodian is a person with a name."


class AlreadyEnrolled(KeysError):
    says = "A custodian of this name is enrolled already."


class ShortPassphrase(KeysError):
    says = "A passphrase has at least 12 characters."


class SameCredential(KeysError):
    says = "Another custodian has this passphrase: each has one of their own, known to nobody else."


class BadCredential(KeysError):
    says = "There is no such custodian, or the passphrase is another."


class OnePerson(KeysError):
    says = "One person cannot be both custodians."


class OtherCustodians(KeysError):
    says = "This key's components belong to two custodians, and you are not those two."


# -- components and keys: what they bring ------------------------------------------------------------------


class WrongLength(KeysError):
    says = "A key of this algorithm is not of that length."


class NotHexadecimal(KeysError):
    says = "That is not hexadecimal: two signs of 0 to 9 and A to F for each byte, in groups if you like."


class BrokenParity(KeysError):
    says = "A byte of this DES key has even parity: it was copied wrongly."


class WeakKey(KeysError):
    says = "This key is weak: all alike, a repetition, or a key that DES must not have."


class SameComponent(KeysError):
    says = "Both components are the same: together they are nothing."


class WrongCheckValue(KeysError):
    says = "The check value is another: the key is not the one on the form."


class TooStrong(KeysError):
    says = "A key is not protected by one weaker than itself: the protecting key must be AES, and at least as long."


# -- the ceremony's directory ------------------------------------------------------------------------------


class KeyExists(KeysError):
    says = "There is such a key already."


class NoSuchKey(KeysError):
    says = "There is no such key here."


class Altered(KeysError):
    says = "A file of the ceremony is not what was written: altered, moved, or under another key."


class BadTerminal(KeysError):
    says = "A terminal's number is 8 letters and digits; a unit's serial number 1 to 50 signs, no space."


class AlreadyBound(KeysError):
    says = "This unit or this terminal number is bound to another. A new master key for the number frees it."


class AuditBroken(KeysError):
    says = "The audit file is not what was written."

    def __init__(self, line: int) -> None:
        """`line` is the first that is altered, missing or out of order, from 1."""
        super().__init__()
        self.line = line

    def __str__(self) -> str:
        return f"{self.says} Line {self.line} is altered, missing or out of order."


class NotNoted(KeysError):
    says = "The digest that was noted is of no line of the audit file: the file was written anew."


# -- injection: what goes wrong on the line ----------------------------------------------------------------


class InjectionError(KeysError):
    """Base of all that end an injection; the unit is as it was before, unless a class says otherwise."""


class LineSilent(InjectionError):
    says = (
        "The unit does not answer. Is it on, connected, and waiting for its key? If it had been sent already, the unit "
        "may hold it: it then says that it is bound, and its first sign-in shows which key it has."
    )


class Malformed(InjectionError):
    says = "The unit's answer is not one of this protocol."


class OutOfTurn(InjectionError):
    says = "The unit's answer is to another question."


class WrongDevice(InjectionError):
    says = "This is another unit: its serial number is not the one on the order."


class DeviceNotProven(InjectionError):
    says = "The unit cannot prove that it is the one whose serial number it gives."


class NotLoaded(InjectionError):
    says = "The unit's receipt for the key is not genuine. Do not put the unit into service."


class DeviceKeyed(InjectionError):
    says = "The unit refuses: it has a master key already. Retire it first; its keys are then erased."


class DeviceUnprepared(InjectionError):
    says = "The unit refuses: it has no injection key. It is new, or retired: provision it."


class WorkshopNotProven(InjectionError):
    says = "The unit refuses: this workshop's proof is wrong, or was made for another exchange."


class DeviceOtherTerminal(InjectionError):
    says = "The unit refuses: it is set up as another terminal."


class DeviceBadBlock(InjectionError):
    says = "The unit refuses: the key block does not open, or is for another use."


class DeviceBadCheckValue(InjectionError):
    says = "The unit refuses: the key is not what its check value says."


class DeviceFault(InjectionError):
    says = "The unit could not store the key. Nothing of it was kept."
