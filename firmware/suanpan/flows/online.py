"""What has to be settled with the host before anything new is asked of it: keys that are in doubt, then a reversal."""

from micropython import const

from suanpan.acquirer.session import closes
from suanpan.errors import BadReply, CheckValueError, MacError, NoReply, NotSignedIn, ReversalPending, SignInRefused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.session import Session
    from suanpan.terminal import Terminal

_FIRST_BATCH = "000001"
_BATCH = const(2)  # F60: where the batch number begins
_BATCH_END = const(8)


async def make_ready(t: "Terminal", host: "Session") -> None:
    """Raises NotSignedIn or ReversalPending when the host cannot be asked anything new now."""
    if not t.signed_in:
        try:
            await renew_keys(t, host)
        except (NoReply, BadReply, SignInRefused, CheckValueError):
            raise NotSignedIn from None
    await clear_reversal(t, host)


async def renew_keys(t: "Terminal", host: "Session") -> None:
    """Sign in: fresh working keys, the host's clock, and the batch it has open for us."""
    t.signed_in = False  # from the moment it is asked, the host may count on the new keys
    stan = t.ledger.stan()
    answer = await host.sign_in(stan, t.ledger.batch or _FIRST_BATCH, t.operator)
    t.set_time(answer.text(13), answer.text(12))
    t.ledger.signed_in(answer.text(60)[_BATCH:_BATCH_END], stan, t.operator, t.today(), t.time())
    t.signed_in = True


async def clear_reversal(t: "Terminal", host: "Session") -> None:
    """冲正: take back what the host may have done without our knowing, if there is any such thing.

    ReversalPending unless the host has the last word on it.
    """
    entry = t.ledger.reversal
    if entry is None:
        return
    t.screen.show(t.screen.title("reversal"), t.screen.message("reversing"))
    try:
        code = await host.reverse(entry)
    except (NoReply, BadReply):
        raise ReversalPending from None
    except MacError:
        t.signed_in = False
        raise ReversalPending from None
    if not closes(code):
        raise ReversalPending
    entry.reversed(code)
