"""The customer's card where its stripe alone is asked for."""

from suanpan.flows.present_card import STRIPE, present

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.terminal import Terminal


async def present_card(t: "Terminal", amount: int) -> "Track2":
    """A readable bank card that has not expired. A bad one is named and another asked for."""
    _, track = await present(t, amount, {STRIPE})
    return track  # type: ignore[return-value]  # nothing else serves
