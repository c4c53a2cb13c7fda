"""What an interactive terminal keeps from one run to the next: flash, non-volatile store, and its bank."""

from __future__ import annotations

import fcntl
import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from host_tools.acquirer.fixture import Enrolment
from host_tools.bench.panel.chip_wallet import ChipWallet
from host_tools.bench.shop import profile
from host_tools.build.partition_table import TABLE_AT, TABLE_SIZE, TableError, pack, unpack
from host_tools.flash.factory import build_image, partitions
from host_tools.keys.authority import Authority

_AUTHORITY = "authority"
_CARDS = "cards"


class StateInUse(Exception):
    """Another process has this terminal on its bench."""


class OtherLayout(StateInUse):
    """It is of a version that had its flash divided otherwise."""


class Nvs(dict[str, bytes]):
    """A board's non-volatile store, written through to a file."""

    def __init__(self, path: Path) -> None:
        super().__init__({name: bytes.fromhex(value) for name, value in json.loads(path.read_text()).items()})
        self._path = path

    def __setitem__(self, name: str, value: bytes) -> None:
        super().__setitem__(name, value)
        write_nvs(self._path, self)


def write_nvs(path: Path, store: dict[str, bytes]) -> None:
    _write(path, json.dumps({name: value.hex() for name, value in store.items()}).encode())


@dataclass(frozen=True)
class State:
    flash: Path
    nvs: Nvs
    bank: Path  # SQLite file; the terminal and the books it must agree with are kept, or start over, together
    chips: ChipWallet | None  # of a terminal that has been told of chip cards when it was made


@contextmanager
def keep(directory: Path, enrolment: Enrolment, *, fresh: bool = False, chips: bool = False) -> Iterator[State]:
    """The state in `directory`, for this process alone; fresh from the workshop if there is none yet, and then with
    chip cards if told to."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateInUse(f"another process is using the terminal in {directory}") from None
        flash, nvs, bank = directory / "flash.bin", directory / "nvs.json", directory / "bank.db"
        if fresh or not flash.exists():
            for leftover in directory.glob("bank.db*"):
                leftover.unlink()
            for old in (directory / _AUTHORITY, directory / _CARDS):
                shutil.rmtree(old, ignore_errors=True)
            wallet = _chip_wallet(directory, chips)
            tables = wallet.file if wallet else b""
            image, _ = build_image(profile(enrolment), secrets.token_bytes, emv_tables=tables)
            write_nvs(nvs, {})
            _write(flash, image)
        else:
            _require_layout(flash, directory)
            wallet = _chip_wallet(directory, make=False)
        yield State(flash, Nvs(nvs), bank, wallet)


def _require_layout(flash: Path, directory: Path) -> None:
    with flash.open("rb") as file:
        file.seek(TABLE_AT)
        try:
            known = unpack(file.read(TABLE_SIZE)) == unpack(pack(partitions().values()))
        except TableError:
            known = False
    if not known:
        raise OtherLayout(
            f"the terminal in {directory} has other partitions than this version's: --fresh makes another"
        )


def _chip_wallet(directory: Path, make: bool) -> ChipWallet | None:
    authority = Authority(directory / _AUTHORITY)
    if make:
        keys = authority.make(datetime.now().astimezone().date())
    elif (directory / _AUTHORITY).exists():
        keys = authority.keys()
    else:
        return None
    return ChipWallet(keys, directory / _CARDS)


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, whenever the process ends."""
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
