"""邮购电话订购: a customer has written or called, and the card's number is keyed in. Off by default: nobody can
prove whose card it is."""

from micropython import const

from suanpan.codec.track import parse_track2
from suanpan.errors import Cancelled, CardExpired, CodecError
from suanpan.flows.transaction import transact
from suanpan.ledger.kinds import MOTO
from suanpan.ui.money import yuan
from suanpan.ui.prompts import ask_amount, ask_digits, confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.terminal import Terminal

_MAX_PAN = const(19)
_EXPIRY = const(4)
_NO_SERVICE_CODE = "000"


async def moto(t: "Terminal") -> None:
    screen = t.screen
    title = screen.title("moto")
    if not t.parameters.seldom("moto", 0):
        screen.buzzer.error()
        await screen.notice(title, screen.message("not_enabled"))
        return
    amount = await ask_amount(screen, title)
    if amount >= t.parameters.large_amount:
        await confirm(screen, yuan(amount), screen.message("large_amount"))
    await transact(t, MOTO, amount, await keyed_card(t, title))


async def keyed_card(t: "Terminal", title: str) -> "Track2":
    """The card of a number that is keyed in, unseen on the screen, and its expiry as it stands on the card (MMYY)."""
    screen = t.screen
    while True:
        pan = await ask_digits(screen, title, screen.message("card_number"), _MAX_PAN, hidden=True, short=True)
        if not pan:
            raise Cancelled
        expiry = await ask_digits(screen, title, screen.message("card_expiry"), _EXPIRY)
        try:
            track = parse_track2(f";{pan}={expiry[2:]}{expiry[:2]}{_NO_SERVICE_CODE}?".encode())
            if track.expiry < t.today()[:4]:
                track.wipe()
                raise CardExpired
            return track
        except (CodecError, CardExpired) as problem:
            screen.buzzer.error()
            await screen.notice(title, screen.error(problem.code), 5)
