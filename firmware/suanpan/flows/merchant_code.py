"""主扫: the merchant's code, which the customer scans: EMVCo, "QR Code Specification for Payment Systems:
Merchant-Presented Mode", of one payment alone, with its amount and order number."""

from micropython import const

from suanpan.flows.scan_host import SHOWN
from suanpan.flows.scan_sale import to_its_end
from suanpan.ledger.kinds import SALE
from suanpan.ui.money import yuan
from suanpan.ui.prompts import ask_amount, confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_LONGEST_NAME = const(25)
# What a name may have in it, for the code to be small.
_SMALL = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_SYSTEM = "CN.SUANPAN"  # who is to understand the merchant's number: unconfirmed
_CATEGORY = const(5999)  # ISO 18245: other shops
_ORDER = "95"


async def merchant_code(t: "Terminal") -> None:
    screen = t.screen
    title = screen.title("merchant_code")
    amount = await ask_amount(screen, title)
    if amount >= t.parameters.large_amount:
        await confirm(screen, yuan(amount), screen.message("large_amount"))
    order = f"{_ORDER}{t.today()}{t.time()}{int.from_bytes(t.random(2), 'big') % 100:02}"
    await to_its_end(t, SALE, amount, order, order, entry_mode=SHOWN, shown=payload(t, amount, order))


def payload(t: "Terminal", amount: int, order: str) -> str:
    parameters = t.parameters
    name = "".join(letter for letter in parameters.merchant_name["en"].upper() if letter in _SMALL)
    text = "".join(
        (
            _object("00", "01"),
            _object("01", "12"),  # good once
            _object("26", _object("00", _SYSTEM) + _object("01", parameters.merchant_id)),
            _object("52", f"{parameters.seldom('category', _CATEGORY):04}"),
            _object("53", "156"),
            _object("54", f"{amount // 100}.{amount % 100:02}"),
            _object("58", "CN"),
            _object("59", name[:_LONGEST_NAME].strip() or "MERCHANT"),
            _object("60", "CHINA"),
            _object("62", _object("05", order) + _object("07", parameters.terminal_id)),
            "6304",
        )
    )
    return text + f"{_checksum(text.encode()):04X}"


def _object(name: str, value: str) -> str:
    return f"{name}{len(value):02}{value}"


def _checksum(data: bytes) -> int:
    """CRC-16 of ISO/IEC 13239, from FFFF."""
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value
