"""The population as its bank and its stripes know it: each application an account of the acquirer's bank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from host_tools.acquirer.cards import Card

if TYPE_CHECKING:
    from host_tools.cards.entries import ApplicationEntry, CardEntry, Population

_HOLDER: Final = "测试"
_ISSUER: Final = "01050000"


def accounts(population: Population) -> dict[str, Card]:
    """By name, `card` or, where a card has several applications, `card/1`, `card/2` in the order of its entry."""
    found = {}
    for name, entry in population.cards.items():
        several = len(entry.applications) > 1
        for number, application in enumerate(entry.applications, 1):
            account = f"{name}/{number}" if several else name
            found[account] = _account(account, entry, application)
    return found


def _account(name: str, entry: CardEntry, application: ApplicationEntry) -> Card:
    scheme: Literal["CUP", "VIS"] = "CUP" if application.product.scheme == "UnionPay" else "VIS"
    return Card(
        name=name,
        pan=application.pan,
        expiry=application.expires[:4],
        service_code=application.service_code,
        discretionary="04711000",
        cardholder=application.cardholder,
        holder=_HOLDER,
        pin=entry.pin,
        balance=entry.balance,
        scheme=scheme,
        issuer=_ISSUER,
    )
