"""The end of what was asked online, or could not be (EMV 4.3 Book 3, 10.8 to 10.11): the card judges the answer, and
has the last word."""

from micropython import const

from suanpan.emv import cryptogram
from suanpan.emv.action import unable
from suanpan.emv.issuer import AFTER, BEFORE, authenticate, run_scripts
from suanpan.emv.transaction import AAC, APPROVED, DECLINED, TC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import IssuerAnswer, Transaction

_RESPONSE = const(0x8A)
_AUTHENTICATION_DATA = const(0x91)

# Authorisation response codes that the terminal gives itself (Book 4, Annex A6).
_UNABLE_APPROVED = b"Y3"
_UNABLE_DECLINED = b"Z3"


async def complete(t: "Transaction", answer: "IssuerAnswer | None") -> int:
    """APPROVED or DECLINED; `answer` is None where none could be had."""
    scripts = b""
    if answer is None:
        wanted = unable(t)
        t.objects.set(_RESPONSE, _UNABLE_APPROVED if wanted == TC else _UNABLE_DECLINED)
    else:
        t.objects.set(_RESPONSE, answer.response.encode())
        if answer.authentication:
            t.objects.set(_AUTHENTICATION_DATA, answer.authentication)
        await authenticate(t)
        scripts = answer.scripts
        await run_scripts(t, scripts, BEFORE)
        wanted = TC if answer.approved else AAC
    given = await cryptogram.second(t, wanted)
    await run_scripts(t, scripts, AFTER)
    return APPROVED if given == TC and not t.cda_failed else DECLINED
