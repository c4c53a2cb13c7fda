"""Every error of the firmware, each with a code that a person can read out over the telephone.

No error carries data: what went wrong is its class, so a PAN can never reach a log or a screen by way of a
message. Outcomes (declined, card blocked) are values, not errors. The words a person sees for a code are
in assets/strings.tsv. A class costs a terminal some 300 bytes: it is there because somebody acts differently on it, and
those of a part that not every board has, or not every flow uses, are in a module of their own beside this one.
"""


class SuanpanError(Exception):
    """Base of all; `code` is a layer letter and two digits."""

    code = "X00"

    def __init__(self) -> None:
        super().__init__(self.code)


# -- codec: bytes that do not mean what they should -------------------------------------------------------


class CodecError(SuanpanError):
    code = "C00"


class BcdError(CodecError):
    code = "C01"


class Iso8583Error(CodecError):
    code = "C02"


class TrackError(CodecError):
    """Not a track at all: no sentinel, bad LRC, impossible characters."""

    code = "C03"


class NotBankCard(CodecError):
    """A well-formed track that carries no payment card (ISO 7813)."""

    code = "C04"


# -- crypto -----------------------------------------------------------------------------------------------


class CryptoError(SuanpanError):
    code = "K00"


class BadKey(CryptoError):
    """Key of a wrong length, missing, or used for another purpose."""

    code = "K01"


class CheckValueError(CryptoError):
    code = "K02"


class SealError(CryptoError):
    """Sealed data that does not open: wrong key, altered, or moved."""

    code = "K03"


class PinError(CryptoError):
    """PIN not of 4 to 12 digits, or PAN too short to bind it to."""

    code = "K04"


class BlockError(CryptoError):
    """Data that is not a whole number of the cipher's blocks."""

    code = "K05"


# -- acquirer: the host and the way to it ------------------------------------------------------------------


class AcquirerError(SuanpanError):
    code = "A00"


class NotConnected(AcquirerError):
    """The host cannot be reached; nothing has been sent."""

    code = "A01"


class HostUnreachable(NotConnected):
    """There is a network, but no way to the host on it; nothing has been sent."""

    code = "A09"


class NoReply(AcquirerError):
    """Sent, but no answer that belongs to it came in time."""

    code = "A02"


class BadReply(AcquirerError):
    """An answer came that cannot be read."""

    code = "A03"


class MacError(AcquirerError):
    """An answer came whose MAC is wrong."""

    code = "A04"


class SignInRefused(AcquirerError):
    code = "A05"


class ReversalPending(AcquirerError):
    """The host has not yet answered an earlier reversal, so nothing new may be sent."""

    code = "A06"


class NotSignedIn(AcquirerError):
    """The working keys are in doubt and the host gives no new ones now."""

    code = "A07"


class SuiteRefused(SignInRefused):
    """The host offered working keys of another cipher suite than the one agreed on; none was unwrapped."""

    code = "A08"


# -- flows: what a person did, or did not do ---------------------------------------------------------------


class FlowError(SuanpanError):
    code = "F00"


class Cancelled(FlowError):
    code = "F01"


class TimedOut(FlowError):
    code = "F02"


class CardExpired(FlowError):
    code = "F03"


# -- drivers: parts that do not answer, or that cannot do it -----------------------------------------------


class DriverError(SuanpanError):
    code = "D00"


class DisplayError(DriverError):
    """The display does not acknowledge what it is sent."""

    code = "D01"


class ReaderError(DriverError):
    """A swipe that was not read: by the reader's own word, cut short, too long, or garbled."""

    code = "D02"


class PrinterError(DriverError):
    """The printer stopped for a fault of its own: cutter, head, supply."""

    code = "D03"


class PaperOut(PrinterError):
    code = "D04"


class CoverOpen(PrinterError):
    code = "D05"


class PrinterOffline(PrinterError):
    """The printer does not answer, or has not finished in any sensible time."""

    code = "D06"


# -- ledger -----------------------------------------------------------------------------------------------


class LedgerError(SuanpanError):
    code = "L00"


class LogFull(LedgerError):
    """The journal has no room that may be erased. Way out: settle, so that the batch is released."""

    code = "L01"


class LogCorrupt(LedgerError):
    """A record of the journal that had been written is lost or does not check."""

    code = "L02"


class LogWorn(LedgerError):
    """The flash did not keep what was programmed; nothing was recorded."""

    code = "L03"


class JournalBroken(LedgerError):
    """A journal record is not what was sealed after the one before it: altered, moved or another terminal's."""

    code = "L04"


class EntryClosed(LedgerError):
    """A transaction was told of an end that it cannot have, such as a second one."""

    code = "L05"


class ReversalDue(LedgerError):
    """Nothing else may be sent before the reversal that is due."""

    code = "L06"


class KeyMissing(LedgerError):
    code = "L07"


class KeyStoreError(LedgerError):
    """A key store of another device, or an altered one."""

    code = "L08"


class ParametersError(LedgerError):
    """Parameters missing, not readable, or a value out of its range."""

    code = "L09"


class Tampered(LedgerError):
    """The case has been opened, and the keys are gone."""

    code = "L10"


class BatchFull(LedgerError):
    """The batch has as many transactions as it may have. Way out: settle."""

    code = "L11"


class Unsent(LedgerError):
    """There are transactions that the host must be told of first. Way out: wait for the line, they go by themselves."""

    code = "L12"


class SettlementOpen(LedgerError):
    """The settlement has been asked for, and not answered. Way out: settle again."""

    code = "L13"


class PanGone(LedgerError):
    """The card number was destroyed when its batch was settled, or its key has been lost."""

    code = "L14"


class OfflineLimit(LedgerError):
    """More would be at risk without the host than was agreed: too large, too many, in sum, or waiting too long."""

    code = "L15"


class ParametersNewer(ParametersError):
    """Parameters that a newer firmware has written. Way out: that firmware."""

    code = "L16"
