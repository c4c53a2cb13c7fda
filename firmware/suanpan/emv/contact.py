"""A transaction with a chip card in the slot, as EMV 4.3 Book 3, figure 7 draws it."""

from micropython import const

from suanpan.emv import selection
from suanpan.emv.action import AAC, ARQC, TC
from suanpan.emv.transaction import APPROVED, DECLINED, Transaction
from suanpan.errors.emv import NoApplication, Terminated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.emv.commands import Card
    from suanpan.emv.selection import Candidate
    from suanpan.emv.tables import Tables
    from suanpan.emv.transaction import Cardholder, Issuer, Outcome

_AID = const(0x9F06)
_VERSION = const(0x9F09)
_UNPREDICTABLE = const(0x9F37)
_RESPONSE = const(0x8A)

# Authorisation response codes that the terminal gives itself (Book 4, Annex A6).
_OFFLINE_APPROVED = b"Y1"
_OFFLINE_DECLINED = b"Z1"
_UNABLE_APPROVED = b"Y3"
_UNABLE_DECLINED = b"Z3"


async def transact(
    card: "Card",
    terminals: "dict[int, bytes | bytearray]",
    tables: "Tables",
    cardholder: "Cardholder",
    issuer: "Issuer",
    random: "Callable[[int], bytes]",
) -> "Outcome":
    """From a card that has been powered up to the end. Raises EmvError, and what the card's reader raises."""
    t = await _begin(card, terminals, tables, cardholder, random)
    from suanpan.emv.records import read_application_data

    await read_application_data(t)
    await _assess(t)
    from suanpan.emv.action import decide

    return await _conclude(t, decide(t), issuer)


async def _begin(
    card: "Card",
    terminals: "dict[int, bytes | bytearray]",
    tables: "Tables",
    cardholder: "Cardholder",
    random: "Callable[[int], bytes]",
) -> Transaction:
    """An application that both sides, and the cardholder, agree on, up to its processing options."""
    from suanpan.emv.initiate import initiate

    candidates = await selection.candidates(card, tables.applications)
    while candidates:
        chosen = await _choose(candidates, cardholder)
        candidates.remove(chosen)
        proprietary = await selection.select(card, chosen)
        if proprietary is None:
            continue
        t = Transaction(card, dict(terminals), tables, cardholder, random, chosen.ours)
        t.objects.set(_AID, chosen.name)
        t.objects.set(_VERSION, chosen.ours.version)
        t.objects.set(_UNPREDICTABLE, random(4))
        try:
            t.objects.keep_all(proprietary)
        except Terminated:
            continue
        if await initiate(t):
            return t
    raise NoApplication


async def _choose(candidates: "list[Candidate]", cardholder: "Cardholder") -> "Candidate":
    """Book 1, 12.4: the only one, unless the card wants it confirmed; the cardholder's choice among several."""
    if len(candidates) == 1 and not candidates[0].asks:
        return candidates[0]
    at = await cardholder.choose([candidate.label or candidate.name.hex() for candidate in candidates])
    if at < 0:
        raise NoApplication
    return candidates[at]


async def _assess(t: Transaction) -> None:
    """All that is judged before the card is asked: each phase leaves bits of the TVR."""
    from suanpan.emv.authentication import authenticate
    from suanpan.emv.cardholder import verify
    from suanpan.emv.restrictions import restrict
    from suanpan.emv.risk import manage_risk

    await authenticate(t)
    restrict(t)
    await verify(t)
    await manage_risk(t)


async def _conclude(t: Transaction, wanted: int, issuer: "Issuer") -> "Outcome":
    from suanpan.emv import cryptogram

    if wanted != ARQC:
        t.objects.set(_RESPONSE, _OFFLINE_APPROVED if wanted == TC else _OFFLINE_DECLINED)
    given = await cryptogram.first(t, wanted)
    if t.cda_failed:
        return await _without_faith(t, given)
    if given == TC:
        return t.outcome(APPROVED)
    if given == AAC:
        t.objects.set(_RESPONSE, _OFFLINE_DECLINED)
        return t.outcome(DECLINED)
    return await _online(t, issuer)


async def _without_faith(t: Transaction, given: int) -> "Outcome":
    """CDA has failed (Book 4, 6.3.2): the transaction is declined, and a card that waits for the issuer is told so."""
    t.objects.set(_RESPONSE, _OFFLINE_DECLINED)
    if given == ARQC:
        from suanpan.emv import cryptogram

        await cryptogram.second(t, AAC)
    return t.outcome(DECLINED)


async def _online(t: Transaction, issuer: "Issuer") -> "Outcome":
    """10.8 to 10.11: ask, let the card judge the answer, and ask it for its last word."""
    from suanpan.emv import cryptogram
    from suanpan.emv.action import unable
    from suanpan.emv.issuer import AFTER, BEFORE, authenticate, run_scripts

    answer = await issuer.authorise(t)
    if answer is None:
        wanted = unable(t)
        t.objects.set(_RESPONSE, _UNABLE_APPROVED if wanted == TC else _UNABLE_DECLINED)
        scripts = b""
    else:
        t.objects.set(_RESPONSE, answer.response.encode())
        if answer.authentication:
            t.objects.set(0x91, answer.authentication)
        await authenticate(t)
        scripts = answer.scripts
        await run_scripts(t, scripts, BEFORE)
        wanted = TC if answer.approved else AAC
    given = await cryptogram.second(t, wanted)
    await run_scripts(t, scripts, AFTER)
    return t.outcome(APPROVED if given == TC and not t.cda_failed else DECLINED, online=answer is not None)
