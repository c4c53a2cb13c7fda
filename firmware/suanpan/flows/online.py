"""What has to be settled with the host before anything new is asked of it: a batch whose settlement has no answer,
keys that are in doubt, then a reversal."""

from micropython import const

from suanpan.acquirer.responses import closes
from suanpan.errors import BadReply, CheckValueError, MacError, NoReply, NotSignedIn, ReversalPending, SignInRefused
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.session import Session
    from suanpan.terminal import Terminal

_FIRST_BATCH = "000001"
_BATCH = const(2)  # F60: where the batch number begins
_BATCH_END = const(8)


async def make_ready(t: "Terminal", host: "Session") -> None:
    """Raises NotSignedIn, ReversalPending or SettlementOpen when the host cannot be asked anything new now."""
    if t.ledger.state.settling or not t.signed_in:
        try:
            await renew_keys(t, host)
        except (NoReply, BadReply, SignInRefused, CheckValueError):
            raise NotSignedIn from None
    await clear_reversal(t, host)


async def renew_keys(t: "Terminal", host: "Session") -> None:
    """Sign in: fresh working keys, the host's clock, and the batch it has open for us.

    A settlement without an answer goes first, as the host may have closed the batch: raises SettlementOpen if it still
    has none. BadReply for another batch than the one that has been sold in: only a settlement ends that.
    """
    ledger = t.ledger
    if ledger.state.settling:
        with Overlay():
            from suanpan.flows.settlement import close_batch

            await close_batch(t, host)
    t.signed_in = False  # from the moment it is asked, the host may count on the new keys
    stan = ledger.stan()
    answer = await host.sign_in(stan, ledger.batch or _FIRST_BATCH, t.operator)
    batch = answer.text(60)[_BATCH:_BATCH_END]
    if ledger.state.totals and batch != ledger.batch:
        raise BadReply
    t.set_time(answer.text(13), answer.text(12))
    ledger.signed_in(batch, stan, t.operator, t.today(), t.time())
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
