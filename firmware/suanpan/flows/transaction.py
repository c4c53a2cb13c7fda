"""What every request for money comes to once the card is there: PIN, the host's word, and one of three endings.

成功: recorded and printed. 失败: nothing was moved. 待确认: nobody knows, so it is taken back.
"""

from micropython import const

from suanpan.acquirer.responses import APPROVED, PARTIAL, RESPONSE
from suanpan.crypto.secret import PinEntry
from suanpan.errors import (
    BadReply,
    LedgerError,
    MacError,
    NoReply,
    NotConnected,
    NotSignedIn,
    ReversalPending,
)
from suanpan.flows.asking import answered, approval, decline, reached
from suanpan.ledger.kinds import MOTO
from suanpan.overlay import Overlay
from suanpan.ui.canvas import BAD
from suanpan.ui.prompts import ask_pin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.answer import Answer
    from suanpan.codec.track import Track2
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

_CARD_MAY_GO = const(0b1111)  # all four lights

# F22: swiped, with PIN and without; keyed in.
SWIPED_WITH_PIN = "021"
SWIPED = "022"
KEYED = "012"


async def transact(
    t: "Terminal", kind: str, amount: int, track: "Track2", of: "Entry | None" = None, **named: str
) -> None:
    """A request of this kind, to its end on the screen and on paper; `of` is what a void takes back, `named` what
    else says which transaction it is about, by the names of the ledger.

    The track is wiped, whatever comes of it. Raises Cancelled and TimedOut at the PIN.
    """
    try:
        entry = await _with_pin(t, kind, amount, track, of, named)
    except (NoReply, BadReply, MacError):
        with Overlay():
            from suanpan.flows.unknown import unknown

            await unknown(t, kind)
        return
    except (NotConnected, NotSignedIn, ReversalPending, LedgerError) as problem:
        await failed(t, kind, t.screen.error(problem.code))
        return
    finally:
        track.wipe()
    if entry.approved:
        await approved(t, entry)
    else:
        await failed(t, kind, t.screen.response(entry.response))


async def _with_pin(
    t: "Terminal", kind: str, amount: int, track: "Track2", of: "Entry | None", named: "dict[str, str]"
) -> "Entry":
    with PinEntry() as pin:
        if kind != MOTO:
            await ask_pin(t.screen, amount, pin)
        return await _ask_host(t, kind, amount, track, pin, of, named)


async def _ask_host(
    t: "Terminal",
    kind: str,
    amount: int,
    track: "Track2",
    pin: PinEntry,
    original: "Entry | None",
    named: "dict[str, str]",
) -> "Entry":
    """The entry with the host's answer in it."""
    t.screen.lights.show(0)
    async with await reached(t, amount) as host:
        with t.ledger.pending(
            kind,
            amount,
            of=original,
            pan=track.pan,
            expiry=track.expiry,
            entry_mode=(SWIPED_WITH_PIN if len(pin) else KEYED if kind == MOTO else SWIPED) + track.reading,
            operator=t.operator,
            date=t.today(),
            time=t.time(),
            **named,  # type: ignore[arg-type]
        ) as entry:
            auth_code = original.auth_code if original else ""
            answer = await answered(t, host, entry, track, pin, auth_code=auth_code)
            code = answer.text(RESPONSE)
            less = await _agreed(t, entry, answer) if code == PARTIAL else 0
            if code == APPROVED or less:
                entry.approve(response=code, amount=less, **approval(answer))
            else:
                decline(t, entry, code)
    return entry


async def _agreed(t: "Terminal", entry: "Entry", answer: "Answer") -> int:
    """What was approved of the amount, 分, if people take that; else the entry is recorded as to be taken back."""
    with Overlay():
        from suanpan.flows.partial import agreed

        return await agreed(t, entry, answer)


async def approved(t: "Terminal", entry: "Entry") -> None:
    t.screen.lights.show(_CARD_MAY_GO)
    t.screen.buzzer.success()
    await on_paper(t, entry)


async def on_paper(t: "Terminal", entry: "Entry") -> None:
    """Slips are made when all else is done: what makes them is in memory only then."""
    with Overlay():
        from suanpan.flows.printing import print_slips

        await print_slips(t, entry)


async def failed(t: "Terminal", kind: str, why: str) -> None:
    t.screen.buzzer.error()
    await t.screen.notice(title_of(t, "failed", kind), why, style=BAD)


def title_of(t: "Terminal", name: str, kind: str) -> str:
    """The words for this kind of transaction, or else those for a sale."""
    return t.screen.title(f"{name}.{kind}") or t.screen.title(name)


def message_of(t: "Terminal", name: str, kind: str) -> str:
    return t.screen.message(f"{name}.{kind}") or t.screen.message(name)
