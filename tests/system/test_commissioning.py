"""A terminal that has left the workshop without its master key: two custodians load it over the service line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import psec
import pytest

from host_tools.acquirer.fixture import load
from host_tools.bench.cable import Cable
from host_tools.bench.shop import TERMINAL, Shop
from host_tools.keys import errors
from host_tools.keys.ceremony import Ceremony
from host_tools.keys.components import Algorithm, check_value, combine, new_component
from host_tools.keys.custodians import Pair
from host_tools.keys.injection import exchange
from host_tools.keys.master_keys import Master
from tests.system.books import agree, sell

SERIAL = "SP-VB-000001"
PEOPLE = (("Li Lei", "seven abacus beads"), ("Han Meimei", "tea without sugar!"))


@pytest.fixture
def ceremony(tmp_path: Path) -> Ceremony:
    hour = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    return Ceremony(tmp_path / "ceremony", now=lambda: hour, random=Random(1).randbytes, cost=2)


@pytest.fixture
def pair(ceremony: Ceremony) -> Pair:
    """Two people; the master key that they bring in halves is the one the acquirer has for this terminal."""
    pair = ceremony.pair(*(ceremony.enrol(name, says) for name, says in PEOPLE))
    random = Random(2).randbytes
    for master in Master:
        halves = new_component(Algorithm.AES, 32, random), new_component(Algorithm.AES, 32, random)
        ceremony.make_master(
            master, pair, Algorithm.AES, halves, check_value(Algorithm.AES, combine(Algorithm.AES, *halves))
        )
    tmk = load().terminals[TERMINAL].tmk
    first = new_component(Algorithm.TDES, 16, random)
    second = psec.des.adjust_key_parity(psec.tools.xor(first, tmk))
    ceremony.make_terminal_key(
        TERMINAL,
        pair,
        Algorithm.TDES,
        (first, second),
        check_value(Algorithm.TDES, combine(Algorithm.TDES, first, second)),
    )
    return pair


@pytest.fixture
def unkeyed(tmp_path: Path, ceremony: Ceremony, pair: Pair) -> Shop:
    return Shop(tmp_path, injection_key=ceremony.injection_key(pair, SERIAL))


def _inject(ceremony: Ceremony, pair: Pair, shop: Shop) -> None:
    with ceremony.injecting(pair, TERMINAL, SERIAL) as injection:
        exchange(injection, Cable(shop.bench))


def test_from_no_key_to_the_first_sale(unkeyed: Shop, ceremony: Ceremony, pair: Pair) -> None:
    with unkeyed as shop:
        shop.bench.power_on()
        shop.bench.expect("未装主密钥")
        _inject(ceremony, pair, shop)
        shop.log_in()
        shop.bench.expect("签到成功")
        shop.bench.expect("请输入金额")
        sell(shop, 10_00)
        agree(shop, 1, 10_00)
        shop.bench.power_off()
        shop.bench.power_on()
        shop.bench.expect("自检通过")


def test_a_terminal_that_has_its_key_takes_no_other(unkeyed: Shop, ceremony: Ceremony, pair: Pair) -> None:
    with unkeyed as shop:
        shop.bench.power_on()
        _inject(ceremony, pair, shop)
        with pytest.raises(errors.DeviceKeyed):
            _inject(ceremony, pair, shop)
        shop.log_in()
        shop.bench.expect("请输入金额")
        sell(shop, 10_00)


def test_noise_on_the_service_line_disturbs_nobody(unkeyed: Shop, ceremony: Ceremony, pair: Pair) -> None:
    random = Random(3)
    with unkeyed as shop:
        shop.bench.power_on()
        for _ in range(50):
            shop.bench.parts.service.send(random.randbytes(random.randrange(1, 300)))
            shop.bench.run(0.1)
        shop.bench.run(1)
        shop.bench.parts.service.heard.clear()
        _inject(ceremony, pair, shop)
        shop.log_in()
        shop.bench.expect("签到成功")


def test_a_keyed_terminal_is_deaf_after_a_power_cycle(unkeyed: Shop, ceremony: Ceremony, pair: Pair) -> None:
    with unkeyed as shop:
        shop.bench.power_on()
        _inject(ceremony, pair, shop)
        shop.bench.power_off()
        shop.bench.power_on()
        with pytest.raises(errors.LineSilent):
            _inject(ceremony, pair, shop)


def test_no_key_crosses_the_line(unkeyed: Shop, ceremony: Ceremony, pair: Pair) -> None:
    with unkeyed as shop:
        shop.bench.power_on()
        wire = bytearray()
        port = shop.bench.parts.service
        send = port.send

        def overheard(data: bytes) -> None:
            wire.extend(data)
            send(data)

        port.send = overheard  # type: ignore[method-assign]
        _inject(ceremony, pair, shop)
        tmk = load().terminals[TERMINAL].tmk
        assert len(wire) > 100
        for secret in (tmk, ceremony.injection_key(pair, SERIAL)):
            assert secret[:8] not in wire
            assert secret[:8].hex().encode() not in wire.lower()
