"""系统设置: what the administrator may change at the terminal. What a batch hangs on changes between two batches."""

from micropython import const

from suanpan.errors import Cancelled, ParametersError
from suanpan.ledger.parameter_changes import change
from suanpan.overlay import Overlay
from suanpan.ui.lists import choose
from suanpan.ui.money import yuan
from suanpan.ui.prompts import agree, ask_amount, ask_digits, confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_MENUS = {
    "business": "receipt_copies large_amount refund_amount offline_amount offline_count offline_total offline_hours "
    "tip_percent lock_minutes",
    "host_line": "host_address host_port host_timeout_s connect_timeout_s",
    "functions": "void refund pre_auths offline_sale adjustment balance moto partial_approval",
    "identity": "terminal_id merchant_id batch_limit",
    "clearing": "clear_tables clear_operators",
}
_ORDER = (
    "business",
    "host_line",
    "functions",
    "identity",
    "clearing",
    "training",
    "shop_profile",
    "update",
    "commission",
)
_AMOUNTS = ("large_amount", "refund_amount", "offline_amount", "offline_total")
_BETWEEN_BATCHES = ("identity", "clearing")
# Where the file may say nothing.
_OTHERWISE = {"tip_percent": 10, "lock_minutes": 30, "moto": 0, "partial_approval": 0}
_DIGITS = {"terminal_id": 8, "merchant_id": 15}
_PROFILES = const(3)  # retail, restaurant, hotel: what a digit at the counter begins
_NUMBER = const(5)  # digits at most, of any other value
_ADDRESS = const(12)
_OCTET = const(255)


async def setup(t: "Terminal") -> None:
    """Until Cancelled or TimedOut."""
    screen = t.screen
    name = _ORDER[await choose(screen, screen.title("setup"), [screen.title(name) for name in _ORDER])]
    flow = {"training": _train, "update": _update, "commission": _commission}.get(name)
    if flow:
        await flow(t)
        return
    if name == "shop_profile":
        kinds = [screen.title(f"shop_profile_{number}") for number in range(_PROFILES)]
        await _try(t, screen.title(name), name, await choose(screen, screen.title(name), kinds))
        return
    why_not = hindrance(t) if name in _BETWEEN_BATCHES else ""
    if why_not:
        screen.buzzer.error()
        await screen.notice(screen.title(name), screen.message(why_not))
        return
    entries = _MENUS[name].split()
    while True:
        options, sep = [screen.title(entry) for entry in entries], " "
        if name == "functions":
            options, sep = [screen.message(_switch(t, entry)) + screen.title(entry) for entry in entries], ""
        entry = entries[await choose(screen, screen.title(name), options, sep=sep)]
        try:
            if name == "functions":
                switch = _parameter(entry)
                change(t.parameters, switch, int(not t.parameters.seldom(switch, _OTHERWISE.get(entry, 1))))
            elif name == "clearing":
                await _clear(t, entry)
            else:
                await _change(t, entry)
        except Cancelled:
            continue


def hindrance(t: "Terminal") -> str:
    """The message that says why what a batch hangs on cannot change now: the host must still be told of something, or
    the batch has something in it, or may have behind a training. Empty if it can."""
    if t.parameters.seldom("training_mode", 0):
        return "training_first"
    return "" if t.settled() else "unsettled"


async def _commission(t: "Terminal") -> None:
    with Overlay():
        from suanpan.flows.commission import installed

        await installed(t)


async def _train(t: "Terminal") -> None:
    with Overlay():
        from suanpan.flows.training import training

        await training(t)


async def _update(t: "Terminal") -> None:
    from suanpan.flows.counter import attempt

    with Overlay():
        from suanpan.flows.update import update

        await attempt(t, update(t))


def _parameter(function: str) -> str:
    return function if function in _OTHERWISE else f"allow_{function}"


def _switch(t: "Terminal", function: str) -> str:
    on = t.parameters.seldom(_parameter(function), _OTHERWISE.get(function, 1))
    return "switched_on" if on else "switched_off"


async def _change(t: "Terminal", name: str) -> None:
    """Show a value, and ask for another one. One that cannot be leaves the old one."""
    screen = t.screen
    title = screen.title(name)
    old = _value(t, name)
    screen.show_amount(title, yuan(int(old)) if name in _AMOUNTS else old, screen.message("change_hint"))
    await agree(screen)
    prompt = screen.message("new_value")
    if name in _AMOUNTS:
        await _try(t, title, name, await ask_amount(screen, title))
    elif name == "host_address":
        digits = await ask_digits(screen, title, screen.message("address_digits"), _ADDRESS)
        parts = [int(digits[at : at + 3]) for at in range(0, _ADDRESS, 3)]
        address = ".".join(str(part) for part in parts) if max(parts) <= _OCTET else ""
        await _try(t, title, "hosts", _hosts(t, address, t.parameters.hosts[0][1]))
    elif name == "host_port":
        digits = await ask_digits(screen, title, prompt, _NUMBER, short=True)
        await _try(t, title, "hosts", _hosts(t, t.parameters.hosts[0][0], int(digits or "0")))
    elif name in _DIGITS:
        await _try(t, title, name, await ask_digits(screen, title, prompt, _DIGITS[name]))
        t.signed_in = False
    else:
        digits = await ask_digits(screen, title, prompt, _NUMBER, short=True)
        if not digits:
            raise Cancelled
        await _try(t, title, name, int(digits))


def _value(t: "Terminal", name: str) -> str:
    if name == "host_address":
        return t.parameters.hosts[0][0]
    if name == "host_port":
        return str(t.parameters.hosts[0][1])
    if name in _OTHERWISE:
        return str(t.parameters.seldom(name, _OTHERWISE[name]))
    return str(getattr(t.parameters, name))


def _hosts(t: "Terminal", name: str, port: int) -> "list[object]":
    """The same backups behind another primary, as the file has them."""
    hosts: list[object] = [[name, port]]
    hosts.extend(t.parameters.hosts[1:])
    return hosts


async def _try(t: "Terminal", title: str, name: str, value: object) -> None:
    words = "changed"
    try:
        change(t.parameters, name, value)
    except ParametersError:
        t.screen.buzzer.error()
        words = "bad_value"
    await t.screen.notice(title, t.screen.message(words), 5)


async def _clear(t: "Terminal", name: str) -> None:
    screen = t.screen
    title = screen.title(name)
    await confirm(screen, title, screen.message("clear_sure"))
    screen.show(title, screen.message("please_wait"))
    if name == "clear_tables":
        import os

        try:
            os.remove(t.emv_tables)
        except OSError:
            pass  # there are none
        t.tables_checked = False
    else:
        with Overlay():
            from suanpan.ledger.roster import Roster

            roster = await t.operators(Roster)
            for number in roster.numbers()[1:-1]:
                if number == "01":
                    roster.reset(number)
                else:
                    roster.remove(number)
    await screen.notice(title, screen.message("cleared"))
