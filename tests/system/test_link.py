"""The line to the host: TLS that trusts one authority, a backup host, and what is said when there is no line.

Bytes of TLS differ each time, as Mbed TLS has its own random numbers; its waits are in virtual time like all others.
"""

from __future__ import annotations

import ssl
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from host_tools.acquirer.connection import Connection
from host_tools.acquirer.faults import Kind
from host_tools.acquirer.tls import SecuredExchange
from host_tools.bench.network import Answer, Exchange
from host_tools.bench.shop import BACKUP, EXPIRES, HOST, ISSUED, LineOffice, PlainExchange, Shop
from host_tools.keys.line_certificates import Credential, LineAuthority, server_context
from tests.system.books import agree, edit_files, messages, requests, sell, set_parameters
from tests.system.test_memory import _memory as memory_of

# The shop opens at 9:00 in China.
OPENED = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop whose terminal calls by TLS, signed in."""
    with Shop(tmp_path, tls=True) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        yield shop


@pytest.fixture
def with_backup(tmp_path: Path) -> Iterator[Shop]:
    """A shop whose terminal knows a primary and a backup host, signed in at the primary."""
    with Shop(tmp_path, backup=True) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        yield shop


@pytest.fixture
def shop_on_tcp(tmp_path: Path) -> Iterator[Shop]:
    """A shop whose terminal calls over a leased line, signed in."""
    with Shop(tmp_path) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        yield shop


def office(shop: Shop) -> LineOffice:
    assert shop.line
    return shop.line


def refused(shop: Shop, *words: str) -> None:
    """A sale ends in these words, and neither host nor journal has heard of it."""
    before = messages(shop)
    shop.ask_for(12_34, shop.cards["plain"])
    shop.bench.expect("未扣款", *words)
    assert messages(shop) == before
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")


class Recorded:
    """Both directions of one TLS connection."""

    def __init__(self, inner: SecuredExchange) -> None:
        self.inner = inner
        self.heard = bytearray()
        self.said = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, Answer]]:
        self.heard += data
        return [(delay, self._kept(answer)) for delay, answer in self.inner.feed(data)]

    def _kept(self, answer: Answer) -> Answer:
        def leave() -> bytes:
            data = answer() if callable(answer) else answer
            assert data is not None
            self.said.extend(data)
            return data

        return None if answer is None else leave


def test_a_whole_sale_over_tls(shop: Shop) -> None:
    connections: list[Recorded] = []

    def exchange(connection: Connection) -> Exchange:
        connections.append(Recorded(SecuredExchange(office(shop).context, connection)))
        return connections[-1]

    shop.exchange = exchange
    sell(shop, 12_34)
    assert messages(shop) == ["0800", "0810", "0200", "0210"]
    agree(shop, 1, 12_34)

    (line,) = connections
    tls = line.inner.tls
    assert tls.version() in ("TLSv1.2", "TLSv1.3")
    cipher = tls.cipher()
    assert cipher and "ECDHE" in cipher[0] and "GCM" in cipher[0]
    certificate = tls.getpeercert()
    assert certificate and certificate["subject"] == ((("commonName", shop.terminal.tid),),)
    pan = shop.cards["plain"].pan
    for wire in (line.heard, line.said):
        for plain in (shop.terminal.tid.encode(), shop.terminal.mid.encode(), bytes.fromhex(pan)):
            assert plain not in wire.replace(certificate_of(shop), b"")


def certificate_of(shop: Shop) -> bytes:
    """The terminal's, which TLS 1.2 shows to whoever listens: its number, and no more."""
    return office(shop).terminal.der


def test_tls_keeps_nothing_in_memory(tmp_path: Path) -> None:
    with Shop(tmp_path, tls=True, measure_heap=True) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        alive = []
        good = office(shop).context
        for _ in range(6):
            sell(shop, 1_00)
            office(shop).show(foreign(shop))
            refused(shop, "主机身份不符")
            office(shop).context = good
            alive.append(shop.bench.heap_now)
        assert alive[-1] <= alive[2]


def test_the_key_is_nowhere_on_flash_in_clear(shop: Shop) -> None:
    secret = office(shop).terminal.key.private_numbers().private_value.to_bytes(32, "big")
    flash = shop.flash_image.read_bytes()
    assert office(shop).terminal.der in flash
    assert secret not in flash


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_key_is_not_left_in_memory_as_it_was_stored(shop: Shop) -> None:
    shop.disturb(Kind.LATE, "0200", ms=20_000)
    shop.ask_for(12_34, shop.cards["plain"])
    shop.bench.run(5)
    shop.bench.expect("正在联网")
    secret = office(shop).terminal.key.private_numbers().private_value.to_bytes(32, "big")
    memory = memory_of(shop.bench.pid)
    assert shop.terminal.tid.encode() in memory
    assert secret not in memory


# -- certificates ------------------------------------------------------------------------------------------


def foreign(shop: Shop) -> Credential:
    """From another authority, of the same name."""
    return LineAuthority.make(ISSUED, 30 * 365).host([HOST], ISSUED, EXPIRES)


def self_signed(shop: Shop) -> Credential:
    return LineAuthority.make(ISSUED, 30 * 365)._own


def another_name(shop: Shop) -> Credential:
    return office(shop).authority.host(["elsewhere.test"], ISSUED, EXPIRES)


def a_terminal(shop: Shop) -> Credential:
    """What another terminal could show, whose certificate is from the right authority."""
    return office(shop).authority.terminal(HOST, ISSUED, EXPIRES)


def expired(shop: Shop) -> Credential:
    return office(shop).authority.host([HOST], ISSUED, OPENED - timedelta(minutes=1))


def not_yet_valid(shop: Shop) -> Credential:
    """Not for an hour; by a clock that is taken for one of UTC, for hours already."""
    return office(shop).authority.host([HOST], OPENED + AN_HOUR, EXPIRES)


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (foreign, "主机身份不符"),
        (self_signed, "主机身份不符"),
        (another_name, "主机身份不符"),
        (a_terminal, "主机身份不符"),
        (expired, "证书不在有效期"),
        (not_yet_valid, "证书不在有效期"),
    ],
)
def test_a_wrong_certificate_closes_the_line(shop: Shop, shown: Callable[[Shop], Credential], words: str) -> None:
    good = office(shop).context
    office(shop).show(shown(shop))
    refused(shop, words)
    office(shop).context = good
    sell(shop, 1_00)
    agree(shop, 1, 1_00)


def test_an_authority_whose_time_is_over(tmp_path: Path) -> None:
    with Shop(tmp_path, tls=True) as shop:
        authority = LineAuthority.make(ISSUED, (OPENED - AN_HOUR - ISSUED).days)
        host = authority.host([HOST], ISSUED, EXPIRES)
        edit_files(shop, **{"authority.der": authority.der})
        office(shop).context = server_context(host, office(shop).authority.pem)
        shop.open()
        shop.bench.expect("证书不在有效期")
        assert messages(shop) == []


def test_a_host_that_does_not_know_us(shop: Shop) -> None:
    good = office(shop).context
    host = office(shop).authority.host([HOST], ISSUED, EXPIRES)
    office(shop).context = server_context(host, LineAuthority.make(ISSUED, 30 * 365).pem)
    refused(shop, "主机拒绝本机证书")
    office(shop).context = good
    sell(shop, 1_00)


@pytest.mark.parametrize("missing", ["authority.der", "terminal.der"])
def test_a_terminal_without_its_certificates(tmp_path: Path, missing: str) -> None:
    with Shop(tmp_path, tls=True) as shop:
        edit_files(shop, **{missing: None})
        shop.open()
        shop.bench.expect("本机证书缺失")
        assert messages(shop) == []


def test_a_terminal_whose_certificate_is_damaged(tmp_path: Path) -> None:
    with Shop(tmp_path, tls=True) as shop:
        edit_files(shop, **{"terminal.der": certificate_of(shop)[:-1]})
        shop.open()
        shop.bench.expect("本机证书缺失")


# -- what is no TLS of ours ----------------------------------------------------------------------------------


class Silent:
    def feed(self, data: bytes) -> list[tuple[int, Answer]]:
        return []


class Cut:
    """Hangs up in one flight of its handshake, after a part of it."""

    def __init__(self, inner: SecuredExchange, flight: int, part: float) -> None:
        self._inner = inner
        self._left = flight
        self._part = part

    def feed(self, data: bytes) -> list[tuple[int, Answer]]:
        out: list[tuple[int, Answer]] = []
        for delay, answer in self._inner.feed(data):
            assert isinstance(answer, bytes)
            self._left -= 1
            if self._left == 0:
                return [*out, (delay, answer[: int(len(answer) * self._part)]), (delay, None)]
            out.append((delay, answer))
        return out


def test_a_host_that_speaks_plainly(shop: Shop) -> None:
    shop.exchange = PlainExchange
    refused(shop, "安全连接失败")


def test_a_host_that_answers_with_something_else(shop: Shop) -> None:
    class Web:
        def feed(self, data: bytes) -> list[tuple[int, Answer]]:
            return [(0, b"HTTP/1.1 400 Bad Request\r\n\r\n"), (0, None)]

    shop.exchange = lambda _: Web()
    refused(shop, "安全连接失败")


def test_an_older_tls(shop: Shop) -> None:
    context = office(shop).context
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    refused(shop, "安全连接失败")


def test_a_handshake_that_stalls(shop: Shop) -> None:
    shop.exchange = lambda _: Silent()
    start = shop.bench.clock.now_us
    refused(shop, "安全连接失败")
    assert 10e6 < shop.bench.clock.now_us - start < 20e6


@pytest.mark.parametrize("flight", [1, 2])
@pytest.mark.parametrize("part", [0, 0.1, 0.5, 0.99])
def test_a_handshake_that_is_cut(shop: Shop, flight: int, part: float) -> None:
    good = shop.exchange
    shop.exchange = lambda connection: Cut(SecuredExchange(office(shop).context, connection), flight, part)
    refused(shop, "安全连接失败")
    shop.exchange = good
    sell(shop, 1_00)
    agree(shop, 1, 1_00)


def test_a_host_that_is_down_and_a_network_that_is(shop: Shop) -> None:
    shop.host_up = False
    refused(shop, "主机连不上")
    shop.bench.network(up=False)
    refused(shop, "网络不通")
    shop.bench.network(up=True)
    shop.host_up = True
    sell(shop, 1_00)


# -- what becomes of what was sent ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Kind.SILENT, Kind.CLOSE, Kind.CLOSE_HALF_WAY, Kind.GARBAGE, Kind.WRONG_MAC])
def test_without_an_answer_it_is_taken_back(shop: Shop, kind: Kind) -> None:
    shop.disturb(kind, "0200")
    shop.ask_for(12_34, shop.cards["plain"])
    shop.bench.expect("已冲正")
    shop.bench.press("enter")
    agree(shop, 0, 0)


def test_an_answer_that_comes_after_a_reconnection_is_not_taken(shop: Shop) -> None:
    """The reversal has a line of its own by then, and only its own answer counts there."""
    shop.disturb(Kind.LATE, "0200", ms=33_200)
    shop.ask_for(12_34, shop.cards["plain"])
    shop.bench.expect("待确认")
    shop.bench.expect("已冲正")
    assert messages(shop)[-3:] == ["0210", "0400", "0410"]
    shop.bench.press("enter")
    agree(shop, 0, 0)


def test_an_answer_that_comes_after_its_reversal_was_sent_is_not_taken(shop_on_tcp: Shop) -> None:
    """It approves the sale, under a good MAC, over the reversal's own line and before the reversal's answer."""
    shop = shop_on_tcp
    shop.disturb(Kind.STALE, "0200")
    shop.ask_for(12_34, shop.cards["plain"])
    shop.bench.expect("待确认")
    shop.bench.expect("已冲正")
    assert messages(shop)[-4:] == ["0200", "0210", "0400", "0410"]
    assert shop.bench.parts.printer.slips == []
    shop.bench.press("enter")
    agree(shop, 0, 0)


# -- a backup ------------------------------------------------------------------------------------------------


class Doors:
    """Which host was called, in order, and that none was called while a line was open."""

    def __init__(self, shop: Shop) -> None:
        self.called: list[str] = []
        network = shop.bench._board
        assert network
        self._open: set[int] = set()
        opened, closed = network.network.open, network.network.close

        def open_(number: int, address: str) -> None:
            assert not self._open
            self._open.add(number)
            self.called.append(address.split(":", maxsplit=1)[0])
            opened(number, address)

        def close(number: int) -> None:
            self._open.discard(number)
            closed(number)

        network.network.open = open_  # type: ignore[method-assign]
        network.network.close = close  # type: ignore[method-assign]

    def since(self) -> list[str]:
        called, self.called = self.called, []
        return called


def test_the_backup_is_called_when_the_primary_is_down(with_backup: Shop) -> None:
    shop = with_backup
    doors = Doors(shop)
    sell(shop, 1_00)
    assert doors.since() == [HOST]
    shop.host_up = False
    sell(shop, 2_00)
    assert doors.since() == [HOST, BACKUP]
    agree(shop, 2, 3_00)


def test_the_backup_stays_first_for_a_while_then_the_primary_is_again(with_backup: Shop) -> None:
    shop = with_backup
    doors = Doors(shop)
    shop.host_up = False
    sell(shop, 1_00)
    shop.host_up = True
    doors.since()
    sell(shop, 1_00)
    assert doors.since() == [BACKUP]
    shop.bench.run(10 * 60)
    sell(shop, 1_00)
    assert doors.since() == [BACKUP]
    shop.bench.run(13 * 60)
    sell(shop, 1_00)
    assert doors.since() == [HOST]
    agree(shop, 4, 4_00)


def test_the_primary_is_called_when_the_backup_that_was_preferred_is_down(with_backup: Shop) -> None:
    shop = with_backup
    doors = Doors(shop)
    shop.host_up = False
    sell(shop, 1_00)
    shop.host_up, shop.backup_up = True, False
    doors.since()
    sell(shop, 1_00)
    assert doors.since() == [BACKUP, HOST]
    sell(shop, 1_00)
    assert doors.since() == [HOST]


def test_a_sale_at_the_primary_is_taken_back_at_the_backup(with_backup: Shop) -> None:
    """Both are doors of one bank."""
    shop = with_backup
    doors = Doors(shop)
    shop.disturb(Kind.SILENT, "0200")
    shop.ask_for(12_34, shop.cards["plain"])
    shop.bench.run(10)
    shop.host_up = False
    shop.bench.expect("已冲正")
    assert doors.since() == [HOST, HOST, BACKUP]
    shop.bench.press("enter")
    agree(shop, 0, 0)


def test_both_down(with_backup: Shop) -> None:
    with_backup.host_up = with_backup.backup_up = False
    refused(with_backup, "主机连不上")


def of_the_primary(shop: Shop) -> Credential:
    return office(shop).authority.host([HOST], ISSUED, EXPIRES)


@pytest.mark.parametrize("shown", [foreign, of_the_primary])
def test_a_backup_that_is_not_to_be_trusted_is_what_is_said(
    tmp_path: Path, shown: Callable[[Shop], Credential]
) -> None:
    with Shop(tmp_path, tls=True, backup=True) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        shop.host_up = False
        office(shop).show(shown(shop))
        refused(shop, "主机身份不符")


# -- one request at a time, each step in its time ------------------------------------------------------------


class Watched:
    """One connection, over which nobody asks anything before the last question has had an answer."""

    def __init__(self, inner: Exchange, asked: list[str]) -> None:
        self._inner = inner
        self._asked = asked
        self._open = 0

    def feed(self, data: bytes) -> list[tuple[int, Answer]]:
        assert int.from_bytes(data[:2], "big") == len(data) - 2
        assert not self._open, f"{data[13:15].hex()} before there was an answer; until then: {self._asked}"
        self._open += 1
        self._asked.append(data[13:15].hex())
        return [(delay, self._left(answer)) for delay, answer in self._inner.feed(data)]

    def _left(self, answer: Answer) -> Answer:
        def leave() -> bytes:
            self._open = 0
            data = answer() if callable(answer) else answer
            assert data is not None
            return data

        return None if answer is None else leave


def test_one_request_is_under_way_at_a_time(shop_on_tcp: Shop) -> None:
    """Whatever the host makes of it: after no answer, or a wrong one, the next goes over a line of its own."""
    shop, asked = shop_on_tcp, list[str]()
    doors = Doors(shop)
    shop.exchange = lambda connection: Watched(PlainExchange(connection), asked)
    for kind in (Kind.SILENT, Kind.LOST, Kind.GARBAGE, Kind.WRONG_MAC, Kind.WRONG_STAN, Kind.TRUNCATED):
        before, lines = len(asked), len(doors.called)
        shop.disturb(kind, "0200")
        shop.ask_for(12_34, shop.cards["plain"])
        shop.bench.expect("已冲正")
        shop.bench.press("enter")
        shop.bench.expect("请输入金额")
        assert [one for one in asked[before:] if one != "0800"] == ["0200", "0400"]
        assert len(doors.called) - lines == 2
    agree(shop, 0, 0)


class Deaf:
    """Whose system takes the call, and nobody ever comes to the telephone."""

    def __init__(self, shop: Shop, host: str) -> None:
        assert shop.bench._board
        network = shop.bench._board.network
        opened, world = network.open, network._world

        def open_(number: int, address: str) -> None:
            network._world = self if address.startswith(host) else world
            opened(number, address)

        network.open = open_  # type: ignore[method-assign]

    def connect(self, host: str, port: int, line: object) -> Deaf:
        return self

    def send(self, data: bytes) -> None:
        raise AssertionError("nothing is sent over a line that does not stand")

    def close(self) -> None: ...


def test_each_step_has_its_time(with_backup: Shop) -> None:
    """Connecting: the backup is called when ten seconds are over. An answer: thirty seconds, then it is taken back."""
    shop = with_backup
    doors, start = Doors(shop), shop.bench.clock.now_us
    Deaf(shop, HOST)
    sell(shop, 1_00)
    assert doors.since() == [HOST, BACKUP]
    assert 10e6 < shop.bench.clock.now_us - start < 25e6
    start = shop.bench.clock.now_us
    shop.disturb(Kind.SILENT, "0200")
    shop.ask_for(2_00, shop.cards["plain"])
    shop.bench.expect("待确认", timeout=60)
    assert 30e6 < shop.bench.clock.now_us - start < 45e6
    shop.bench.expect("已冲正")
    shop.bench.press("enter")
    agree(shop, 1, 1_00)


# -- a line that is kept -------------------------------------------------------------------------------------


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Shop]:
    """A shop whose terminal keeps its line to the host for five minutes."""
    with Shop(tmp_path, tls=True) as shop:
        set_parameters(shop, keep_line_s=300)
        shop.open()
        shop.bench.expect("请输入金额")
        yield shop


def test_a_line_that_is_kept_is_asked_whether_it_stands_and_used_again(keeping: Shop) -> None:
    shop = keeping
    doors = Doors(shop)
    sell(shop, 1_00)
    sell(shop, 2_00)
    shop.bench.run(130)
    sell(shop, 3_00)
    assert doors.since() == []
    assert requests(shop) == ["0800", "0820", "0200", "0820", "0200", "0820", "0820", "0820", "0200"]
    agree(shop, 3, 6_00)
    shop.bench.run(301)  # it is given up
    asked = len(requests(shop))
    shop.bench.run(120)
    assert len(requests(shop)) == asked
    sell(shop, 4_00)
    assert doors.since() == [HOST]


def test_a_line_that_was_kept_and_does_not_answer_is_left(keeping: Shop) -> None:
    """The echo is lost, or the host has gone: a new line, and no harm done."""
    shop = keeping
    doors = Doors(shop)
    for kind in (Kind.LOST, Kind.CLOSE, Kind.GARBAGE):
        shop.disturb(kind, "0820")
        sell(shop, 1_00)
        assert doors.since() == [HOST]
    assert "0400" not in requests(shop)
    agree(shop, 3, 3_00)


def test_a_line_with_an_unanswered_question_is_not_kept(keeping: Shop) -> None:
    shop = keeping
    doors = Doors(shop)
    shop.disturb(Kind.SILENT, "0200")
    shop.ask_for(1_00, shop.cards["plain"])
    shop.bench.expect("已冲正")
    shop.bench.press("enter")
    assert doors.since() == [HOST]  # the reversal's
    agree(shop, 0, 0)


# -- what is promised of scripted runs -----------------------------------------------------------------------


def test_only_runs_over_plain_tcp_repeat_themselves(tmp_path: Path) -> None:
    def digest(run: str, *, tls: bool) -> str:
        (tmp_path / run).mkdir()
        with Shop(tmp_path / run, tls=tls) as shop:
            shop.open()
            shop.bench.expect("请输入金额")
            sell(shop, 1_00)
            return shop.bench.digest.hexdigest()

    assert digest("a", tls=False) == digest("b", tls=False)
    assert digest("c", tls=True) != digest("d", tls=True)
