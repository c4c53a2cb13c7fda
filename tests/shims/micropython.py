"""The module `micropython`, as far as CPython can stand in for it when it runs the pure part of the firmware.

What has no meaning there is missing on purpose. Viper above all: its arithmetic wraps at the machine's word,
so a stand-in would pass what the board fails. A module that needs it is not PURE.
"""

from collections.abc import Callable
from typing import NoReturn, TypeVar

_F = TypeVar("_F", bound=Callable[..., object])
_T = TypeVar("_T")


def const(value: _T) -> _T:
    return value


def native(function: _F) -> _F:
    return function


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(f"micropython.{name} has no meaning under CPython: what needs it is not PURE")
