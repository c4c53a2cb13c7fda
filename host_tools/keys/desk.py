"""The desk of the ceremony: two people in turn, each typing what the other does not see."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from host_tools.keys.components import (
    Algorithm,
    check_value,
    combine,
    new_component,
    require_check_value,
    require_sound,
)
from host_tools.keys.errors import KeysError, NotHexadecimal, WrongLength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host_tools.keys.ceremony import Ceremony
    from host_tools.keys.components import Random
    from host_tools.keys.custodians import Custodian, Pair

console = Console()


@contextmanager
def refusals() -> Iterator[None]:
    """What the ceremony refuses is said in one line, and ends the command."""
    try:
        yield
    except KeysError as refusal:
        console.print(f"refused: {refusal}", style="red", markup=False)
        raise typer.Exit(1) from None


def ask_pair(ceremony: Ceremony) -> Pair:
    """Two custodians, one after the other."""
    return ceremony.pair(_ask_custodian(ceremony, "First"), _ask_custodian(ceremony, "Second"))


def ask_components(
    ceremony: Ceremony, key: str, pair: Pair, algorithm: Algorithm, size: int, *, generate: bool
) -> tuple[tuple[bytes, bytes], bytes]:
    """Each custodian's component of the `key` of that name, and its check value as both confirm it."""
    bring = _new if generate else _ask_component
    with ceremony.noting_refusals("bring components", pair.names, key):
        first, second = (bring(person, algorithm, size, ceremony.random) for person in (pair.first, pair.second))
        whole = check_value(algorithm, combine(algorithm, first, second))
        confirmed = whole if generate else _ask_whole(pair, whole)
    if generate:
        _tell("The key", whole)
    return (first, second), confirmed


def ask_new_passphrase(whose: str) -> str:
    """Typed twice, without echo."""
    return str(typer.prompt(f"{whose}: passphrase, 12 characters or more", hide_input=True, confirmation_prompt=True))


def _ask_custodian(ceremony: Ceremony, which: str) -> Custodian:
    name = typer.prompt(f"{which} custodian: name")
    return ceremony.unlock(name, typer.prompt(f"{name}: passphrase", hide_input=True))


def _ask_component(custodian: Custodian, algorithm: Algorithm, size: int, random: Random) -> bytes:
    """Typed from a form, and held against the form's check value; or new, and shown to its custodian alone."""
    console.print(f"{custodian.name} at the desk, alone.", style="bold", markup=False)
    typed = typer.prompt(
        f"Component, {size * 2} hexadecimal digits, or Enter for a new one",
        default="",
        show_default=False,
        hide_input=True,
    )
    if not typed:
        component = _new(custodian, algorithm, size, random)
        if typer.confirm("Show it once, for your form?"):
            with console.screen(hide_cursor=False):  # which leaves nothing behind to scroll back to
                console.print(component.hex(" ", 4).upper(), highlight=False)
                typer.prompt("Enter takes it away", default="", show_default=False)
        return component
    component = _octets(typed)
    if len(component) != size:
        raise WrongLength
    require_sound(algorithm, component)
    require_check_value(algorithm, component, _octets(typer.prompt("Its check value, as the form has it")))
    return component


def _ask_whole(pair: Pair, whole: bytes) -> bytes:
    """The check value that the forms have for the key; or the new key's own, once both have noted it."""
    typed = typer.prompt(
        "The whole key's check value, as the forms have it, or Enter for a new key", default="", show_default=False
    )
    if typed:
        return _octets(typed)
    _tell("The key", whole)
    typer.confirm(f"{' and '.join(pair.names)}: have both of you noted it?", abort=True)
    return whole


def _new(custodian: Custodian, algorithm: Algorithm, size: int, random: Random) -> bytes:
    component = new_component(algorithm, size, random)
    _tell(f"{custodian.name}'s component", check_value(algorithm, component))
    return component


def _tell(what: str, value: bytes) -> None:
    console.print(f"{what}: check value {value.hex().upper()}", markup=False, highlight=False)


def _octets(typed: str) -> bytes:
    """Hexadecimal as people write it, in groups. Raises NotHexadecimal."""
    try:
        return bytes.fromhex(typed)
    except ValueError:
        raise NotHexadecimal from None
