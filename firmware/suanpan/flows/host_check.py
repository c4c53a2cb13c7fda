"""回响测试 and 状态上送: whether the host is there, and what it may want to know of this terminal."""

from suanpan.acquirer.responses import APPROVED, RESPONSE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.messages import Values
    from suanpan.terminal import Terminal

# F62 of the report: a tag of two digits, and what it says. The first five are parts of a terminal, 1 for good; those
# that are not have failed the self-check, and nobody is logged in.
_PARTS = "011021031041051"


async def echo(t: "Terminal") -> None:
    """回响测试: a message there and back. Nobody has to be signed in."""
    await _tell(t, "echo", {})


async def status_report(t: "Terminal") -> None:
    """状态上送: how long the host is waited for, the tip that is let pass, and how many may wait for the host."""
    parameters = t.parameters
    tip = parameters.seldom("tip_percent", 10)
    text = f"{_PARTS}12{parameters.host_timeout_s % 100:02}19{tip % 100:02}27{parameters.offline_count % 100:02}"
    await _tell(t, "status_report", {62: text.encode()})


async def _tell(t: "Terminal", name: str, values: "Values") -> None:
    screen = t.screen
    title = screen.title(name)
    screen.show(title, screen.message("please_wait"))
    async with await t.acquirer.connect() as host:
        answer = await host.manage(name, t.ledger.stan(), t.ledger.batch or "000001", values)
    code = answer.text(RESPONSE)
    if code == APPROVED:
        screen.buzzer.success()
        await screen.notice(title, screen.message("host_answers"))
    else:
        screen.buzzer.error()
        await screen.notice(title, screen.response(code))
