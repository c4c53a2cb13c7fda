"""功能: what is not the next sale. Its entries keep their digits for ever: they are learned by heart."""

from suanpan.ui.lists import choose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_MENUS = {
    "menu": "1 sale 2 void 3 refund 4 pre_auths 5 offline_sale 6 printing 7 management 8 others",
    "pre_auths": "1 pre_auth 2 completion 3 completion_advice 4 pre_auth_void 5 completion_void",
    "printing": "1 reprint 2 reprint_any 3 details 4 totals 5 last_settlement",
    "management": "1 sign_in 2 sign_off 3 look_up 5 settlement 6 failed_records 7 download 8 language 9 log_out",
    "others": "1 balance 2 adjustment 3 echo 4 status_report 5 moto",
}
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
    "sign_in": "login",
    "failed_records": "look_up",
    "echo": "host_check",
    "status_report": "host_check",
    "download": "downloads",
    "language": "settings",
    "log_out": "settings",
}


async def menu(t: "Terminal", name: str = "menu") -> "tuple[str, str]":
    """The module in flows/ and the function in it that a person has chosen."""
    words = _MENUS[name].split()
    names = words[1::2]
    screen = t.screen
    options = [screen.title(name) for name in names]
    chosen = names[await choose(screen, screen.title(name), options, "".join(words[::2]))]
    if chosen in _MENUS:
        return await menu(t, chosen)
    return _MODULES.get(chosen, chosen), chosen
