"""功能: what is not the next sale. Its entries keep their digits for ever: they are learned by heart."""

from suanpan.errors import Cancelled
from suanpan.ui.lists import choose
from suanpan.ui.prompts import DIGITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_MENUS = {
    "menu": "1 sale 2 void 3 refund 4 pre_auths 5 offline_sale 6 printing 7 management 8 others 9 maintenance",
    "pre_auths": "1 pre_auth 2 completion 3 completion_advice 4 pre_auth_void 5 completion_void",
    "printing": "1 reprint 2 reprint_any 3 details 4 totals 5 last_settlement 6 parameter_sheet 7 fault_sheet",
    "management": "1 sign_in 2 sign_off 3 look_up 4 operator 5 settlement 6 lock 7 version 8 language 9 log_out",
    "operator": "1 shift 2 own_password",
    "others": "1 balance 2 adjustment 3 scan_sale 4 scan_void 5 moto 6 merchant_code 7 scan_refund 8 scan_query",
    "maintenance": "1 echo 2 download 3 status_report 4 failed_records 5 trace 6 check_parts 7 cleaning 8 counters",
}
# What the administrator may switch off (flows/setup.py), beside what is off until it is switched on.
_SWITCHED = ("void", "refund", "pre_auths", "offline_sale", "adjustment", "balance")
# What ends in a record: not begun with a battery that may not last.
_NEED_POWER = (
    "sale void refund pre_auths offline_sale adjustment moto settlement scan_sale scan_void merchant_code scan_refund"
)
# The module in flows/ that has an entry's function, where it is not called like that itself.
_MODULES = {
    "completion": "pre_auth",
    "completion_advice": "pre_auth",
    "pre_auth_void": "pre_auth",
    "completion_void": "void",
    "reprint": "reports",
    "reprint_any": "look_up",
    "details": "reports",
    "totals": "reports",
    "last_settlement": "settlement_slip",
    "parameter_sheet": "sheets",
    "fault_sheet": "sheets",
    "sign_in": "login",
    "own_password": "new_password",
    "failed_records": "look_up",
    "echo": "host_check",
    "status_report": "host_check",
    "download": "downloads",
    "scan_void": "scan_sale",
    "language": "settings",
    "log_out": "settings",
}


async def menu(t: "Terminal", key: str, battery: bool, name: str = "menu") -> "tuple[str, str]":
    """The module in flows/ and the function in it that a person has chosen, or that is due as nobody is there, or
    as it is another day.

    Without a `battery` that lasts nothing is begun that ends in a record, nor by a digit.
    """
    if key == "nobody there":
        return "lock", "lock"
    if key == "another day":
        return "daily_check", "check_again"
    if key in DIGITS:
        return await _refuse(t, "power", "spent")
    words = _MENUS[name].split()
    names = words[1::2]
    screen = t.screen
    options = [screen.title(name) for name in names]
    chosen = names[await choose(screen, screen.title(name), options, "".join(words[::2]))]
    if not battery and chosen in _NEED_POWER.split():
        return await _refuse(t, "power", "spent")
    if chosen in _SWITCHED and not t.parameters.seldom(f"allow_{chosen}", 1):
        return await _refuse(t, chosen, "not_enabled")
    if chosen in _MENUS:
        return await menu(t, key, battery, chosen)
    return _MODULES.get(chosen, chosen), chosen


async def _refuse(t: "Terminal", title: str, words: str) -> "tuple[str, str]":
    t.screen.buzzer.error()
    await t.screen.notice(t.screen.title(title), t.screen.message(words))
    raise Cancelled
