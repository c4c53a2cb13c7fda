"""All that is judged before the issuer is asked, up to the card's first cryptogram, phase by phase."""

from micropython import const

from suanpan.emv.transaction import AAC, APPROVED, ARQC, DECLINED, TC
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.emv.commands import Card
    from suanpan.emv.tables import Tables
    from suanpan.emv.transaction import Cardholder, Transaction

_RESPONSE = const(0x8A)

# Authorisation response codes that the terminal gives itself (Book 4, Annex A6).
_OFFLINE_APPROVED = b"Y1"
_OFFLINE_DECLINED = b"Z1"


async def assess(
    card: "Card",
    terminals: "dict[int, bytes | bytearray]",
    tables: "Tables",
    cardholder: "Cardholder",
    random: "Callable[[int], bytes]",
    spent: "Callable[[str], int] | None",
    keeps: "Callable[[], bool] | None",
    forced: bool,
    asks_tries: bool,
) -> "tuple[Transaction, int | None]":
    """As contact.transact() has it. APPROVED, DECLINED, or None: the issuer is to be asked."""
    t = await _begin(card, terminals, tables, cardholder, random)
    if spent:
        t.spent = spent
    if keeps:
        t.keeps = keeps
    t.forced = forced
    t.asks_tries = asks_tries
    await _read(t)
    await _authenticate(t)
    wanted = await _judge(t)
    t.assessed()
    if wanted != ARQC:
        t.objects.set(_RESPONSE, _OFFLINE_APPROVED if wanted == TC else _OFFLINE_DECLINED)
    given = await _first(t, wanted)
    if given == ARQC and not t.cda_failed:
        return t, None
    if given == TC and not t.cda_failed:
        return t, APPROVED
    t.objects.set(_RESPONSE, _OFFLINE_DECLINED)
    if given == ARQC:  # whose signature is not right: it is not asked about, and the card is told so (Book 4, 6.3.2.1)
        await _decline(t)
    return t, DECLINED


async def _begin(
    card: "Card",
    terminals: "dict[int, bytes | bytearray]",
    tables: "Tables",
    cardholder: "Cardholder",
    random: "Callable[[int], bytes]",
) -> "Transaction":
    with Overlay():
        from suanpan.emv.agreement import agree

        return await agree(card, terminals, tables, cardholder, random)


async def _read(t: "Transaction") -> None:
    with Overlay():
        from suanpan.emv.records import read_application_data

        await read_application_data(t)


async def _authenticate(t: "Transaction") -> None:
    with Overlay():
        from suanpan.emv.authentication import authenticate

        await authenticate(t)


async def _judge(t: "Transaction") -> int:
    """All else that is judged beforehand: each phase leaves bits of the TVR, and the last says what to ask the card."""
    with Overlay():
        from suanpan.emv.action import decide
        from suanpan.emv.cardholder import verify
        from suanpan.emv.restrictions import restrict
        from suanpan.emv.risk import manage_risk

        restrict(t)
        await verify(t)
        await manage_risk(t)
        return decide(t)


async def _first(t: "Transaction", wanted: int) -> int:
    with Overlay():
        from suanpan.emv.cryptogram import first

        return await first(t, wanted)


async def _decline(t: "Transaction") -> None:
    with Overlay():
        from suanpan.emv.cryptogram import second

        await second(t, AAC)
