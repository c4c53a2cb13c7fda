"""Pre-processing (EMV Contactless Book B, 3.1.1; JR/T 0025.12, 6.2): before a card is asked for, each combination of
application and kernel is held against the amount. Amounts are 分; a limit that is None does not exist.
"""

from micropython import const

from suanpan.emv.bits import clear_bit, has_bit, raise_bit
from suanpan.emv.qualifiers import CVM_REQUIRED, OFFLINE_ONLY, ONLINE_CRYPTOGRAM_REQUIRED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.application import Application

MASTERCARD = const(2)  # kernel identifiers
VISA = const(3)
UNIONPAY = const(7)

_SINGLE_UNIT = const(100)  # 1 元, with which a reader asks whether a card is good at all


class Combination:
    """An application, the kernel for it, and the reader's limits for both: `settings` are those of the following that
    are otherwise than here, where they take no memory in each."""

    ttq = b""  # 9F66 as it is configured, 4 bytes; none for Mastercard
    status_check = False
    zero_allowed = True
    transaction_limit: "int | None" = None  # from here on nothing is taken over the air
    floor_limit: "int | None" = None  # above it the issuer is asked
    cvm_limit: "int | None" = None  # from here on (Mastercard: above) the cardholder is verified
    extended = False  # extended selection is supported
    # Mastercard's own (Book C-2): above the first nothing is taken over the air, and above the second where the
    # cardholder is verified on a device of his; whether devices may do so; 9F33, byte 2, above the CVM limit and
    # below it.
    limit: "int | None" = None
    cdcvm_limit: "int | None" = None
    cdcvm = True
    cvm_capability = 0x60
    no_cvm_capability = 0x08

    def __init__(self, application: "Application", kernel: int, **settings: "bytes | int | None") -> None:
        self.application = application
        self.kernel = kernel
        for name, value in settings.items():
            if value is not None:
                setattr(self, name, value)


class Prepared:
    """A combination, and what the amount means to it (pre-processing indicators)."""

    def __init__(self, combination: Combination, amount: int) -> None:
        self.combination = combination
        self.ttq = bytearray(combination.ttq)
        self.allowed = True
        self.status_check = False
        self.zero = False
        self.over_floor_limit = False
        self.cvm_required = False
        self._prepare(combination, amount)

    def _prepare(self, combination: Combination, amount: int) -> None:
        if self.ttq:
            clear_bit(self.ttq, ONLINE_CRYPTOGRAM_REQUIRED)
            clear_bit(self.ttq, CVM_REQUIRED)
        self.status_check = combination.status_check and amount == _SINGLE_UNIT
        if amount == 0:
            self.zero = combination.zero_allowed
            self.allowed = combination.zero_allowed
        if _reached(combination.transaction_limit, amount):
            self.allowed = False
        floor = combination.floor_limit
        if floor is None:
            floor = combination.application.floor_limit
        self.over_floor_limit = amount > floor
        self.cvm_required = _reached(combination.cvm_limit, amount)
        if not self.ttq:
            return
        if self.over_floor_limit or self.status_check:
            raise_bit(self.ttq, ONLINE_CRYPTOGRAM_REQUIRED)
        if self.zero:
            if has_bit(self.ttq, OFFLINE_ONLY):
                self.allowed = False
            else:
                raise_bit(self.ttq, ONLINE_CRYPTOGRAM_REQUIRED)
        if self.cvm_required:
            raise_bit(self.ttq, CVM_REQUIRED)


class Candidate:
    """An application that the card has, and a combination of ours for it."""

    def __init__(self, prepared: Prepared, name: bytes, rank: int, extension: bytes) -> None:
        self.prepared = prepared
        self.name = name  # ADF name
        self.rank = rank  # 1 comes first
        self.extension = extension  # for the final selection


def _reached(limit: "int | None", amount: int) -> bool:
    return limit is not None and amount >= limit
