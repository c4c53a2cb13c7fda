"""密钥: which keys the terminal holds, by their check values, to be compared with the acquirer's over the telephone."""

from suanpan.acquirer.suites import suite
from suanpan.flows.pages import show_lines
from suanpan.ledger.key_store import MAK, PIK, TMK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_NAMES = (("TMK", TMK), ("PIK", PIK), ("MAK", MAK))
_SHOWN = 3  # bytes of a check value: what X9.24 lets out of the box


async def key_values(t: "Terminal") -> None:
    screen = t.screen
    agreed = suite(t.parameters.suite)
    lines = [t.parameters.suite.upper()]
    for name, slot in _NAMES:
        words = screen.message("no_key")
        if t.keys.has(slot):
            with t.keys.use(slot, agreed.algorithm) as key:
                words = agreed.check_value(key.view)[:_SHOWN].hex().upper()
        lines.append(f"{name} {words}")
    await show_lines(t, screen.title("keys"), lines)
