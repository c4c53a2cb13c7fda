"""A transaction with a chip card in the slot, as EMV 4.3 Book 3, 8.2 and figure 7, draw it."""

from micropython import const

from suanpan.emv.phases import forget
from suanpan.emv.transaction import AAC, APPROVED, ARQC, DECLINED, TC, Outcome, Transaction
from suanpan.errors.emv import CardBlocked, Terminated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.emv.commands import Card
    from suanpan.emv.tables import Tables
    from suanpan.emv.transaction import Cardholder, Issuer

_AID = const(0x9F06)
_VERSION = const(0x9F09)
_FLOOR_LIMIT = const(0x9F1B)
_AMOUNT_BINARY = const(0x81)
_UNPREDICTABLE = const(0x9F37)
_RESPONSE = const(0x8A)
_AUTHENTICATION_DATA = const(0x91)

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
    *,
    spent: "Callable[[str], int] | None" = None,
    forced: bool = False,
    asks_tries: bool = False,
) -> Outcome:
    """From a card that has been powered up to the end. Raises EmvError, and what the card's reader raises.

    `terminals` are the terminal's data objects by tag: at least 9F02 9F03 9F1A 5F2A 9A 9C 9F33 9F35 9F40. `spent` says
    what a PAN has spent here today, in 分, without its issuer knowing; `forced`: the merchant wants the issuer asked;
    `asks_tries`: read the PIN try counter first. After `issuer` has been asked, an error means that its answer is to be
    reversed.
    """
    try:
        t = await _begin(card, terminals, tables, cardholder, random)
        if spent:
            t.spent = spent
        t.forced = forced
        t.asks_tries = asks_tries
        forget()
        wanted = await _assess(t)
        forget()
        return await _conclude(t, wanted, issuer)
    finally:
        forget()


async def _begin(
    card: "Card",
    terminals: "dict[int, bytes | bytearray]",
    tables: "Tables",
    cardholder: "Cardholder",
    random: "Callable[[int], bytes]",
) -> Transaction:
    """An application that both sides, and the cardholder, agree on, up to its processing options."""
    from suanpan.emv import selection
    from suanpan.emv.initiate import initiate

    candidates = await selection.candidates(card, tables.applications)
    asked = blocked = False
    while candidates:
        alone = len(candidates) == 1 and not candidates[0].asks and not asked
        chosen = await selection.choose(candidates, cardholder, asked)
        asked = asked or not alone
        candidates.remove(chosen)
        proprietary = await selection.select(card, chosen)
        if proprietary is None:
            blocked = blocked or chosen.blocked
            continue
        t = Transaction(card, dict(terminals), tables, cardholder, random, chosen.ours)
        t.objects.set(_AID, chosen.name)
        t.objects.set(_VERSION, chosen.ours.version)
        t.objects.set(_FLOOR_LIMIT, min(chosen.ours.floor_limit, 0xFFFFFFFF).to_bytes(4, "big"))
        t.objects.set(_AMOUNT_BINARY, min(t.amount, 0xFFFFFFFF).to_bytes(4, "big"))
        t.objects.set(_UNPREDICTABLE, random(4))
        try:
            t.objects.keep_selected(proprietary)
        except Terminated:
            continue
        if await initiate(t):
            return t
    raise CardBlocked if blocked else Terminated


async def _assess(t: Transaction) -> int:
    """All that is judged before the card is asked: each phase leaves bits of the TVR, and the last says what to ask."""
    from suanpan.emv.action import decide
    from suanpan.emv.authentication import authenticate
    from suanpan.emv.cardholder import verify
    from suanpan.emv.records import read_application_data
    from suanpan.emv.restrictions import restrict
    from suanpan.emv.risk import manage_risk

    await read_application_data(t)
    await authenticate(t)
    restrict(t)
    await verify(t)
    t.signed = bytearray()  # nobody else needs it
    await manage_risk(t)
    return decide(t)


async def _conclude(t: Transaction, wanted: int, issuer: "Issuer") -> Outcome:
    from suanpan.emv import cryptogram

    if wanted != ARQC:
        t.objects.set(_RESPONSE, _OFFLINE_APPROVED if wanted == TC else _OFFLINE_DECLINED)
    given = await cryptogram.first(t, wanted)
    if given == ARQC and not t.cda_failed:
        del cryptogram
        forget()
        return await _online(t, issuer)
    if given == TC and not t.cda_failed:
        return Outcome(APPROVED, None, t)
    t.objects.set(_RESPONSE, _OFFLINE_DECLINED)
    if given == ARQC:  # whose signature is not right: it is not asked about, and the card is told so (Book 4, 6.3.2.1)
        await cryptogram.second(t, AAC)
    return Outcome(DECLINED, None, t)


async def _online(t: Transaction, issuer: "Issuer") -> Outcome:
    """10.8 to 10.11: ask, let the card judge the answer, and ask it for its last word."""
    answer = await issuer.authorise(t)
    from suanpan.emv import cryptogram
    from suanpan.emv.action import unable
    from suanpan.emv.issuer import AFTER, BEFORE, authenticate, run_scripts

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
    return Outcome(APPROVED if given == TC and not t.cda_failed else DECLINED, answer, t)
