"""The slips (签购单) as rows of text for paper of 58 or 80 mm: what stands where, not how it is printed."""

from micropython import const

from suanpan.ui.canvas import columns, wrap
from suanpan.ui.money import yuan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.entry import Entry
    from suanpan.ledger.parameters import Parameters
    from suanpan.ui.strings import Strings

_NARROW = const(32)  # columns of paper of 58 mm
_WIDE = const(48)
_WIDE_MM = const(80)

# How a row is printed; a double row is twice as wide and high, where it fits.
PLAIN = const(0)
CENTRE = const(1)
DOUBLE = const(2)
QR = const(4)  # the text as a code, by the printer's own command

_ROWS_TO_SIGN = const(2)

MERCHANT = const(0)
CUSTOMER = const(1)

_ENTRY = "?MSQQI?C"  # how it was read, by the first two digits of F22: keyed, swiped, codes, chip, contactless
_PARTIAL = const("10")  # F39: what was approved is less, and nobody says whether the tip is in it
_RESTAURANT = const(1)  # shop_profile: a guest may write a tip on the slip
_TO_WRITE = const(12)  # columns
_BATCH = const(6)  # digits of F61, and where its voucher number ends
_ORIGINAL = const(12)


class Slip:
    """Rows of (text, style), built from the top."""

    def __init__(self, parameters: "Parameters", strings: "Strings") -> None:
        self.rows: "list[tuple[str, int]]" = []
        self.width = _WIDE if parameters.seldom("paper_mm", 0) == _WIDE_MM else _NARROW
        self._parameters = parameters
        self._strings = strings

    def label(self, name: str) -> str:
        return self._strings.get(f"slip.{name}")

    def add(self, text: str, style: int = PLAIN) -> None:
        if columns(text) * 2 > self.width:
            style &= ~DOUBLE
        self.rows.append((text, style))

    def field(self, name: str, value: str, style: int = PLAIN) -> None:
        """`label: value`; a value too long for the row, or printed double, goes on rows of its own."""
        label = f"{self.label(name)}: "
        if style == PLAIN and columns(label) + columns(value) <= self.width:
            self.add((label + value).rstrip())
        else:
            self.add(label.rstrip())
            self.add(value, style)

    def pair(self, name: str, value: str, name2: str, value2: str) -> None:
        """Two short fields on one row, the second from the middle on; on two rows where they do not fit."""
        left = f"{self.label(name)}: {value}"
        right = f"{self.label(name2)}: {value2}"
        half = self.width // 2
        if columns(left) < half and columns(right) <= half:
            self.add(left + " " * (half - columns(left)) + right)
        else:
            self.add(left)
            self.add(right)

    def sides(self, left: str, right: str) -> None:
        """One text at the left margin and one at the right, on two rows where they do not fit."""
        gap = self.width - columns(left) - columns(right)
        if gap > 0:
            self.add(left + " " * gap + right)
        else:
            self.add(left)
            self.add(" " * (self.width - columns(right)) + right)

    def code(self, text: str) -> None:
        """A QR code with its name above it, as far away as a scanner needs."""
        self.add(self.label("look_up"), CENTRE)
        self.add("")
        self.rows.append((text, QR))

    def rule(self) -> None:
        self.add("-" * self.width)

    def head(self, title: str) -> None:
        parameters = self._parameters
        name = parameters.merchant_name[self._strings.language]
        not_valid = self.label("training_slip")  # there are no such words but in a training
        if not_valid:
            self.add(not_valid, CENTRE | DOUBLE)
        self.add(name, CENTRE | DOUBLE)
        self.add(title, CENTRE)
        self.rule()
        self.field("merchant_name", name)
        self.field("merchant_id", parameters.merchant_id)
        self.field("terminal_id", parameters.terminal_id)


def transaction_slip(
    entry: "Entry", expiry: str, parameters: "Parameters", strings: "Strings", copy: int, reprint: bool
) -> Slip:
    """One copy of the slip of what was good; `expiry` is YYMM, or empty once nobody knows it any more.

    The merchant's is signed, unless the cardholder was known otherwise or need not be. The customer's has a code by
    which the transaction can be found: terminal, batch and voucher number.
    """
    slip = Slip(parameters, strings)
    slip.head(slip.label("slip"))
    slip.field("operator", entry.operator)
    slip.rule()
    slip.add(slip.label("merchant_copy" if copy == MERCHANT else "customer_copy"))
    issuer, acquirer = entry.parties[:11].strip(), entry.parties[11:].strip()
    if issuer:
        slip.field("issuer", issuer)
    if acquirer:
        slip.field("acquirer", acquirer)
    slip.field("card", f"{entry.pan} /{_ENTRY[int(entry.entry_mode[:2])]}")
    slip.field("type", strings.get(f"title.{entry.kind}"), DOUBLE)
    if expiry:
        slip.field("expiry", f"{expiry[:2]}/{expiry[2:]}")
    slip.pair("batch", entry.batch, "voucher", entry.stan)
    if entry.auth_code:
        slip.field("auth_code", entry.auth_code)
    if entry.reference:
        slip.field("reference", entry.reference)
    date, time = entry.date, entry.time
    if entry.host_date:
        date, time = _host_date(date, entry.host_date), entry.host_time
    slip.field("time", moment(date, time))
    tip = entry.tip if entry.response != _PARTIAL else 0
    slip.field("amount", f"RMB {yuan(entry.gain - tip)}", DOUBLE)
    if tip:
        slip.field("tip", f"RMB {yuan(tip)}")
        slip.field("total", f"RMB {yuan(entry.gain)}", DOUBLE)
    elif copy == MERCHANT and entry.kind == "sale" and parameters.seldom("shop_profile", 0) == _RESTAURANT:
        for name in ("tip", "total"):  # for the guest to write
            slip.field(name, "_" * _TO_WRITE)
    original = entry.original[_BATCH:_ORIGINAL]
    if original.strip("0"):
        slip.field("original", original)
    for line in entry.remarks.split("\n"):
        if line:
            slip.add(line)
    slip.rule()
    if reprint:
        slip.add(slip.label("reprint"), CENTRE)
    if copy == CUSTOMER:
        slip.code(f"{parameters.terminal_id}-{entry.batch}-{entry.stan}")
    elif not _verified(entry):
        slip.field("signature", "")
        for _ in range(_ROWS_TO_SIGN):
            slip.add("")
        slip.rule()
        for line in wrap(slip.label("agreement"), slip.width):
            slip.add(line)
    return slip


def _verified(entry: "Entry") -> bool:
    """Whether the last remark says why nobody has to sign; what a chip has to say has names before its values."""
    last = entry.remarks.split("\n")[-1]
    return bool(last) and ": " not in last


def _host_date(date: str, host_date: str) -> str:
    """The host's MMDD as YYMMDD: in the terminal's year (`date`, YYMMDD), but for a night between two years."""
    year = int(date[:2])
    if date[2:4] == "12" and host_date[:2] == "01":
        year += 1
    elif date[2:4] == "01" and host_date[:2] == "12":
        year -= 1
    return f"{year:02}{host_date}"


def moment(date: str, time: str) -> str:
    """YYMMDD, HHMMSS -> 2026/11/23 09:31:05."""
    return f"20{date[:2]}/{date[2:4]}/{date[4:]} {time[:2]}:{time[2:4]}:{time[4:]}"
