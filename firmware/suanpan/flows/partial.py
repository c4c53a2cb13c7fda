"""部分批准: the card has less than was asked for, and people say whether they take that."""

from suanpan.errors import BadReply, Cancelled, TimedOut
from suanpan.ledger.entry import BAD_REPLY
from suanpan.ui.money import yuan
from suanpan.ui.prompts import agree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.answer import Answer
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

_AMOUNT = 4


async def agreed(t: "Terminal", entry: "Entry", answer: "Answer") -> int:
    """What was approved, 分. Raises BadReply where nobody agrees: it is recorded as to be reversed then."""
    screen = t.screen
    amount = int(answer.text(_AMOUNT) or "0")
    screen.buzzer.alert()
    screen.show_amount(screen.title("partial"), yuan(amount), screen.message("partial"))
    try:
        if 0 < amount < entry.amount:
            await agree(screen)
            return amount
    except (Cancelled, TimedOut):
        pass
    entry.unanswered(BAD_REPLY)
    raise BadReply
