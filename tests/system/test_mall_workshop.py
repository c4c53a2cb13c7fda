"""Several merchants on one terminal, in the workshop: each one's keys come in, each one's archive goes out."""

from __future__ import annotations

from pathlib import Path
from random import Random

import psec
import pytest

from host_tools.audit.archive import ArchiveFile
from host_tools.audit.verify import judge
from host_tools.backup import errors, line
from host_tools.bench.cable import Cable
from host_tools.bench.shop import Shop
from host_tools.flash.factory import sealed_key
from host_tools.keys.components import Algorithm, check_value, combine, new_component
from host_tools.keys.errors import DeviceKeyed, WrongDevice
from host_tools.keys.injection import exchange
from tests.system.books import edit_files
from tests.system.malls import BOOKS, TEA, administer, agree, file_of, mall, neighbour, reopen, sell
from tests.system.test_backup import Workshop, fetch
from tests.system.test_commissioning import SERIAL

_INJECTION, _AES = 5, 2  # of the key store


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """With a key for the other merchant's terminal too."""
    workshop = Workshop(tmp_path)
    first = new_component(Algorithm.TDES, 16, Random(3).randbytes)
    halves = first, psec.des.adjust_key_parity(psec.tools.xor(first, neighbour().tmk))
    value = check_value(Algorithm.TDES, combine(Algorithm.TDES, *halves))
    workshop.ceremony.make_terminal_key(BOOKS, workshop.pair, Algorithm.TDES, halves, value)
    return workshop


def unkeyed(workshop: Workshop, directory: Path) -> Shop:
    """A terminal that has its injection keys alone, one for each serial number."""
    directory.mkdir()
    first, second = (workshop.ceremony.injection_key(workshop.pair, serial) for serial in (SERIAL, neighbour().serial))
    shop = mall(directory, injection_key=first)
    edit_files(shop, **{"keys.bin2": sealed_key(shop.secrets.key_store_key_of(2), _INJECTION, _AES, second)})
    shop.bench.power_on()
    shop.bench.expect("未装主密钥")
    return shop


def inject(workshop: Workshop, shop: Shop, terminal: str, serial: str) -> None:
    with workshop.ceremony.injecting(workshop.pair, terminal, serial) as injection:
        exchange(injection, Cable(shop.bench))


def test_keys_in_archives_out_and_the_end(workshop: Workshop, tmp_path: Path) -> None:
    with unkeyed(workshop, tmp_path / "first") as shop:
        with pytest.raises(WrongDevice):  # in their order
            inject(workshop, shop, BOOKS, neighbour().serial)
        inject(workshop, shop, TEA, SERIAL)
        inject(workshop, shop, BOOKS, neighbour().serial)
        with pytest.raises(DeviceKeyed):
            inject(workshop, shop, BOOKS, neighbour().serial)
        shop.bench.power_off()
        reopen(shop)
        sell(shop, 1, 12_34)
        sell(shop, 2, 5_00)
        sell(shop, 2, 2_00)
        agree(shop, 1, 1, 12_34)
        agree(shop, 2, 2, 7_00)
        shop.bench.press("menu", "7", "9")
        archives = {}
        for merchant, terminal in enumerate((TEA, BOOKS), 1):
            administer(shop, merchant)
            archives[terminal] = fetch(shop)
            shop.bench.press("enter", "cancel")
        for terminal, count in ((TEA, 1), (BOOKS, 2)):
            key = workshop.ceremony.backup_key(workshop.pair, terminal)
            report = judge(ArchiveFile(archives[terminal]).reading(key))
            assert report.good and report.books and len(report.books.entries) == count
        shop.bench.parts.tamper_switch.open_case()
        shop.bench.expect("机壳已打开")
        shop.bench.power_off()
        for name in ("keys.bin", "keys.bin2"):
            with pytest.raises(FileNotFoundError):
                file_of(shop, name)
    with unkeyed(workshop, tmp_path / "second") as shop, pytest.raises(errors.Shared):
        line.restore(Cable(shop.bench), archives[TEA])
