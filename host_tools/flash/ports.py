"""Serial ports that could be boards: those behind a USB bridge of the kind that boards have, or a chip's own USB."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from serial.tools import list_ports  # type: ignore[import-untyped]

from host_tools.flash.errors import ManyPorts, NoPort, PortBusy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Protocol

    class PortInfo(Protocol):
        device: str
        vid: int | None


# USB vendors: Espressif, Silicon Labs (CP210x), WCH (CH340, CH9102), FTDI, Prolific.
_VENDORS: Final = frozenset((0x303A, 0x10C4, 0x1A86, 0x0403, 0x067B))


def boards(find: Callable[[], Iterable[PortInfo]] = list_ports.comports) -> list[str]:
    """Names of such ports, sorted."""
    return sorted(port.device for port in find() if port.vid in _VENDORS)


def one(port: str, find: Callable[[], Iterable[PortInfo]] = list_ports.comports) -> str:
    """The port that was named, or the only one there is. Raises NoPort, ManyPorts."""
    if port:
        return port
    found = boards(find)
    if not found:
        raise NoPort
    if len(found) > 1:
        raise ManyPorts(", ".join(found))
    return found[0]


def present(port: str) -> str:
    """That port. Raises PortBusy if it is the path of none; other names of ports are not looked into."""
    if Path(port).is_absolute() and not Path(port).exists():
        raise PortBusy.at(port)
    return port
