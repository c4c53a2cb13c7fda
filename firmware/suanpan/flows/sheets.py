"""打印: sheets for whoever looks after the terminal. Neither has a key or a card's number on it."""

import asyncio

from micropython import const

from suanpan.errors import Cancelled
from suanpan.flows.printing import print_slip
from suanpan.ledger.parameter_rules import names
from suanpan.service.release import VERSION
from suanpan.service.self_test import faults
from suanpan.ui.qr_screen import show
from suanpan.ui.receipt import Slip, moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_FINGER_MS = const(500)  # until the key that has asked for the sheet is up again: one that hangs is a fault
_IN_THE_HEAD = ("terminal_id", "merchant_id", "merchant_name")


async def parameter_sheet(t: "Terminal") -> None:
    """参数单: every value, by the name that the file of parameters has for it."""
    parameters = t.parameters
    slip = _begun(t, "parameter_sheet")
    for name in names():
        if name == "hosts":
            for host, port in parameters.hosts:
                _add(slip, f"host: {host}:{port}")
        elif name not in _IN_THE_HEAD:
            _add(slip, f"{name}: {getattr(parameters, name)}")
    for name in sorted(parameters.besides):
        if not isinstance(parameters.besides[name], list):  # of other merchants, whose sheets say it
            _add(slip, f"{name}: {parameters.besides[name]}")
    await _print(t, "parameter_sheet", slip)


async def fault_sheet(t: "Terminal") -> None:
    """故障单: what the self-check finds now and what waits for the host, with a code of it for the telephone, which the
    screen shows first: the printer may be what is wrong. Raises Cancelled, TimedOut."""
    screen = t.screen
    state = t.ledger.state
    slip = _begun(t, "fault_sheet")
    await asyncio.sleep_ms(_FINGER_MS)
    found = await faults(t)
    waiting = f"{state.queued}/{int(state.due)}/{int(bool(state.settling))}"
    slip.field("unsent", waiting)
    slip.field("reached", screen.message("yes" if t.acquirer.reached else "no"))
    slip.rule()
    for code, words in found or [("", screen.message("in_good_order"))]:
        _add(slip, f"{words} {code}".rstrip())
    slip.rule()
    codes = " ".join(code for code, _ in found)
    code = f"{t.parameters.serial} {VERSION} {t.today()}{t.time()} {waiting} {codes}".rstrip()
    slip.code(code)
    show(screen.canvas, code, screen.title("fault_sheet"), screen.message("enter_prints"))
    while (key := await screen.key()) != "enter":
        if key == "cancel":
            raise Cancelled
        screen.buzzer.error()
    await _print(t, "fault_sheet", slip)


def _begun(t: "Terminal", name: str) -> Slip:
    t.screen.show(t.screen.title(name), t.screen.message("please_wait"))
    slip = Slip(t.parameters, t.screen.strings)
    slip.head(slip.label(name))
    slip.rule()
    slip.add(f"Suanpan {VERSION}")
    slip.field("time", moment(t.today(), t.time()))
    slip.field("batch", t.ledger.batch)
    slip.rule()
    return slip


def _add(slip: Slip, text: str) -> None:
    """On as many rows as it takes; of ASCII, or short."""
    for at in range(0, len(text), slip.width):
        slip.add(text[at : at + slip.width])


async def _print(t: "Terminal", name: str, slip: Slip) -> None:
    slip.rule()
    t.screen.show(t.screen.title(name), t.screen.message("printing"))
    await print_slip(t, slip.rows, "fix_printer")
