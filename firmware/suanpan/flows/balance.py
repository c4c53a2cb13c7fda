"""余额查询: what is on the customer's account, on the screen for as long as it takes to read it, and nowhere else."""

from micropython import const

from suanpan.acquirer.responses import APPROVED, RESPONSE
from suanpan.crypto.secret import PinEntry
from suanpan.errors import AcquirerError, BadReply, MacError
from suanpan.flows.online import make_ready
from suanpan.flows.swiped import present_card
from suanpan.flows.transaction import SWIPED, SWIPED_WITH_PIN, failed
from suanpan.ui.canvas import CUSTOMER
from suanpan.ui.money import yuan
from suanpan.ui.prompts import ask_pin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.answer import Answer
    from suanpan.codec.track import Track2
    from suanpan.terminal import Terminal

_SHOWN_S = const(15)
_BALANCE = const(54)  # account type 2, amount type 2, currency 3, C or D, 12 digits
_SIGN = const(7)
_LENGTH = const(20)


class _Inquiry:
    """What a session asks of a ledger's entry. There is none: no money moves, and there is nothing to take back."""

    kind = "balance"
    amount = base = tip = 0
    reason = original = original_reference = auth_code = org = sequence = ""
    chip = b""

    def __init__(self, t: "Terminal", track: "Track2", entry_mode: str) -> None:
        self._card = track.pan, track.expiry
        self.stan = t.ledger.stan()
        self.batch = t.ledger.batch
        self.date = t.today()
        self.time = t.time()
        self.entry_mode = entry_mode

    def card(self) -> "tuple[str, str]":
        return self._card


async def balance(t: "Terminal") -> None:
    screen = t.screen
    track = await present_card(t, 0)
    try:
        with PinEntry() as pin:
            await ask_pin(screen, 0, pin)
            answer = await _asked(t, track, pin)
        code = answer.text(RESPONSE)
        if code == APPROVED:
            amount = _amount(answer.text(_BALANCE))
    except AcquirerError as problem:
        if isinstance(problem, MacError):
            t.signed_in = False
        await failed(t, "balance", screen.error(problem.code))
        return
    finally:
        track.wipe()
    if code != APPROVED:
        await failed(t, "balance", screen.response(code))
        return
    screen.buzzer.success()
    screen.show_amount(screen.title("balance"), yuan(amount), screen.message("for_customer"), CUSTOMER)
    await screen.key(_SHOWN_S)


async def _asked(t: "Terminal", track: "Track2", pin: PinEntry) -> "Answer":
    screen = t.screen
    screen.lights.show(0)
    screen.show(screen.title("sending"), screen.message("please_wait"))
    async with await t.acquirer.connect() as host:
        await make_ready(t, host)
        inquiry = _Inquiry(t, track, SWIPED_WITH_PIN if len(pin) else SWIPED)
        return await host.request(inquiry, track, pin)  # type: ignore[arg-type]


def _amount(field: str) -> int:
    """F54 in 分, negative for what the customer owes. Raises BadReply."""
    digits = field[_SIGN + 1 : _LENGTH]
    if len(field) < _LENGTH or not digits.isdigit() or field[_SIGN] not in "CD":
        raise BadReply
    return int(digits) * (-1 if field[_SIGN] == "D" else 1)
