"""The first stage's choice: which of the two applications starts at this power-on. It is never updated itself.

A pending application is tried once; it confirms itself when its self-test is over (service/self_test.py). The one that
was confirmed before it starts otherwise, and the other of the two if that is damaged: one of them always does, as an
update writes only where the active one is not.
"""

from suanpan.errors.slots import BAD_IMAGE, NOT_CONFIRMED, BundleError
from suanpan.slots.bundle import examine
from suanpan.slots.rom import Rom
from suanpan.slots.state import NONE, BootState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        floor, size, cause = (0, 0, NOT_CONFIRMED) if state.tried else _look(slots[slot], key, board, state.floor)
        if cause == 0 and _written(state.begin, floor):
            return Rom(slots[slot], size)
        _say(slot, cause or NOT_CONFIRMED)
        _written(state.passed_over, cause or NOT_CONFIRMED)
    first = 0
    for slot in (state.active, 1 - state.active):
        floor, size, cause = _look(slots[slot], key, board, state.floor)
        if cause == 0:
            _written(state.settle_on, slot, floor, first)
            return Rom(slots[slot], size)
        _say(slot, cause)
        first = first or cause
    return None


def _look(slot: "Slot", key: "RsaPublicKey", board: str, floor: int) -> "tuple[int, int, int]":
    """The floor that the bundle in `slot` brings, the size of its image, and 0, or the cause why it must not start."""
    try:
        manifest = examine(slot, key, board, floor)
        return int(manifest["floor"]), int(manifest["size"]), 0
    except BundleError as error:
        return 0, 0, error.cause
    except Exception:  # noqa: BLE001  # whatever it stumbles over: the other slot may still be good
        return 0, 0, BAD_IMAGE


def _written(write: "Callable[..., None]", *what: int) -> bool:
    """Whether the store has kept it. A board whose store is broken starts all the same, but tries nothing new."""
    try:
        write(*what)
        return True
    except OSError:
        return False


def _say(slot: int, cause: int) -> None:
    print(f"slot {'ab'[slot]}: {_WORDS[cause]}")
