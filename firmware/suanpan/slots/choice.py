"""The first stage's choice: which of the two applications starts at this power-on. It is never updated itself.

A pending application is tried once; it confirms itself when its self-test is over (service/self_test.py). The one that
was confirmed before it starts otherwise, and the other of the two if that is damaged: one of them always does, as an
update writes only where the active one is not.
"""

from suanpan.errors.slots import NOT_CONFIRMED, BundleError
from suanpan.slots.bundle import examine
from suanpan.slots.rom import Rom
from suanpan.slots.state import NONE, BootState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from esp32 import NVS

    from suanpan.crypto.rsa import RsaPublicKey
    from suanpan.slots.bundle import Slot

_WORDS = (
    "",
    "no application",
    "bad signature",
    "made for another board",
    "older than this board may run",
    "damaged",
    "did not come up",
)


def choose(nvs: "NVS", slots: "Sequence[Slot]", key: "RsaPublicKey", board: str) -> "Rom | None":
    """The application's files, or None if there is no application. What is wrong with one is printed."""
    state = BootState(nvs)
    if state.pending != NONE:
        slot = state.pending
        if state.tried:
            cause = NOT_CONFIRMED
        else:
            try:
                manifest = examine(slots[slot], key, board, state.floor)
                state.begin(manifest["floor"])  # type: ignore[arg-type]
                return Rom(slots[slot], manifest["size"])  # type: ignore[arg-type]
            except BundleError as error:
                cause = error.cause
        _say(slot, cause)
        state.passed_over(cause)
    cause = 0
    for slot in (state.active, 1 - state.active):
        try:
            manifest = examine(slots[slot], key, board, state.floor)
            state.settle_on(slot, manifest["floor"], cause)  # type: ignore[arg-type]
            return Rom(slots[slot], manifest["size"])  # type: ignore[arg-type]
        except BundleError as error:
            cause = cause or error.cause
            _say(slot, error.cause)
    return None


def _say(slot: int, cause: int) -> None:
    print(f"slot {'ab'[slot]}: {_WORDS[cause]}")
