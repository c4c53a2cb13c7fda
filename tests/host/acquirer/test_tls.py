"""The acquirer behind TLS: whom it lets in, by Python's own client; and without I/O, in whatever pieces bytes come."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from host_tools.acquirer import cli, server, spec
from host_tools.acquirer.connection import Connection
from host_tools.acquirer.faults import Fault, Faults, Kind
from host_tools.acquirer.tls import SecuredExchange, Timed
from host_tools.keys import line_cli
from host_tools.keys.errors import Altered, KeyExists, NoSuchKey
from host_tools.keys.line_certificates import LineAuthority, load_credential, server_context

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.keys.line_certificates import Credential
    from tests.host.acquirer.conftest import World

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
NAME = "acquirer.test"
TID = "10000001"


@pytest.fixture(scope="module")
def authority() -> LineAuthority:
    return LineAuthority.make(NOW - DAY)


@pytest.fixture(scope="module")
def context(authority: LineAuthority) -> ssl.SSLContext:
    return server_context(authority.host([NAME], NOW - DAY), authority.pem)


def client(authority: LineAuthority, own: Credential | None, tmp_path: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(cadata=authority.pem.decode())
    if own:
        (tmp_path / "own.pem").write_bytes(own.pem)
        made.load_cert_chain(tmp_path / "own.pem")
    return made


def framed(frame: bytes) -> bytes:
    return len(frame).to_bytes(2, "big") + frame


def exchanged(
    world: World, context: ssl.SSLContext, client: ssl.SSLContext | None, faults: Faults | None = None
) -> spec.Message:
    """The answer to a sale over a socket; OSError or EOFError when there is none."""

    async def run() -> spec.Message:
        async with await server.listen(world.acquirer, faults or Faults(), delay_ms=0, tls=context) as listening:
            host, port = listening.sockets[0].getsockname()
            name = NAME if client else None
            reader, writer = await asyncio.open_connection(host, port, ssl=client, server_hostname=name)
            try:
                writer.write(framed(world.till.sale_frame(world.card("plain"), 100)))
                length = int.from_bytes(await asyncio.wait_for(reader.readexactly(2), 10), "big")
                return spec.decode(await reader.readexactly(length))
            finally:
                writer.transport.abort()

    return asyncio.run(run())


def test_a_sale(world: World, authority: LineAuthority, context: ssl.SSLContext, tmp_path: Path) -> None:
    own = authority.terminal(TID, NOW - DAY)
    reply = exchanged(world, context, client(authority, own, tmp_path))
    assert (reply.fields[4], reply.fields[39]) == ("000000000100", "00")


@pytest.mark.parametrize("who", ["nobody", "foreign", "expired", "not yet valid", "a host"])
def test_who_is_not_let_in(
    world: World, authority: LineAuthority, context: ssl.SSLContext, tmp_path: Path, who: str
) -> None:
    own = {
        "nobody": None,
        "foreign": LineAuthority.make(NOW - DAY).terminal(TID, NOW - DAY),
        "expired": authority.terminal(TID, NOW - 2 * DAY, NOW - DAY),
        "not yet valid": authority.terminal(TID, NOW + DAY),
        "a host": authority.host([NAME], NOW - DAY),
    }[who]
    with pytest.raises((OSError, EOFError)):
        exchanged(world, context, client(authority, own, tmp_path))
    assert heard(world) == []


def test_a_handshake_that_a_fault_breaks_off(
    world: World, authority: LineAuthority, context: ssl.SSLContext, tmp_path: Path
) -> None:
    own = client(authority, authority.terminal(TID, NOW - DAY), tmp_path)
    faults = Faults()
    faults.arm(Fault(Kind.REFUSED_TLS))
    with pytest.raises((ssl.SSLError, ConnectionError)):  # asyncio hangs up without saying the alert
        exchanged(world, context, own, faults)
    assert exchanged(world, context, own, faults).fields[39] == "00"  # that was the one


def test_plain_tcp_is_not_let_in(world: World, context: ssl.SSLContext) -> None:
    with pytest.raises((OSError, EOFError)):
        exchanged(world, context, None)
    assert heard(world) == []


def test_nothing_older_than_tls_1_2(
    world: World, authority: LineAuthority, context: ssl.SSLContext, tmp_path: Path
) -> None:
    old = client(authority, authority.terminal(TID, NOW - DAY), tmp_path)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((OSError, EOFError)):
        exchanged(world, context, old)
    assert heard(world) == []


def heard(world: World) -> list[str]:
    """What has reached the acquirer since its terminal signed in."""
    return [record.mti for record in world.records[2:]]


class Far:
    """A client over an exchange without I/O, whose bytes go in pieces of one size; what comes waits until it leaves."""

    def __init__(self, exchange: SecuredExchange, client: ssl.SSLContext, piece: int) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = client.wrap_bio(self._in, self._out, server_hostname=NAME)
        self._exchange = exchange
        self._piece = piece
        self.waiting: list[Timed] = []

    def shake(self) -> None:
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self.flush()
                self.deliver()
            else:
                self.flush()
                return

    def flush(self) -> None:
        data = self._out.read()
        for at in range(0, len(data), self._piece):
            self.waiting += self._exchange.feed(data[at : at + self._piece])

    def deliver(self) -> None:
        """In order of time, as a line does."""
        for _, answer in sorted(self.waiting, key=lambda timed: timed[0]):
            assert answer is not None
            self._in.write(answer() if callable(answer) else answer)
        self.waiting = []

    def message(self) -> spec.Message:
        length = int.from_bytes(self.tls.read(2), "big")
        return spec.decode(self.tls.read(length))


@pytest.mark.parametrize("piece", [1, 7, 4096])
def test_an_answer_that_is_late_lets_others_go_first(
    world: World, authority: LineAuthority, context: ssl.SSLContext, tmp_path: Path, piece: int
) -> None:
    faults = Faults()
    faults.arm(Fault(Kind.LATE, "0200", ms=5000))
    exchange = SecuredExchange(context, Connection(world.acquirer, faults))
    far = Far(exchange, client(authority, authority.terminal(TID, NOW - DAY), tmp_path), piece)
    far.shake()
    for amount in (100, 200):
        far.tls.write(framed(world.till.sale_frame(world.card("plain"), amount)))
    far.flush()
    far.deliver()
    assert [far.message().fields[4] for _ in range(2)] == ["000000000200", "000000000100"]


def test_nonsense_is_hung_up_on(world: World, context: ssl.SSLContext) -> None:
    exchange = SecuredExchange(context, Connection(world.acquirer, Faults()))
    answers = exchange.feed(b"GET / HTTP/1.1\r\n\r\n")
    assert answers[-1] == (0, None)
    assert heard(world) == []


def test_authority_and_certificates_on_disk(authority: LineAuthority, tmp_path: Path) -> None:
    path = tmp_path / "authority.pem"
    with pytest.raises(NoSuchKey):
        LineAuthority.load(path)
    authority.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert LineAuthority.load(path).der == authority.der
    with pytest.raises(KeyExists):
        authority.save(path)
    certificate, key = (authority.terminal(TID, NOW).pem.split(b"-----BEGIN PRIVATE")[part] for part in (0, 1))
    path.write_bytes(certificate + b"-----BEGIN PRIVATE" + key)  # another one's
    with pytest.raises(Altered):
        load_credential(path)
    path.write_bytes(b"-----BEGIN")
    with pytest.raises(Altered):
        load_credential(path)


def test_a_terminals_key_fits_into_its_key_store(authority: LineAuthority) -> None:
    assert len(authority.terminal(TID, NOW).key_der) + 16 <= 255


def test_the_command_line_makes_what_the_acquirer_takes(tmp_path: Path) -> None:
    run = CliRunner().invoke
    refused = run(line_cli.app, ["host", str(tmp_path), NAME])
    assert refused.exit_code == 1
    for arguments in (["authority", str(tmp_path)], ["host", str(tmp_path), NAME], ["terminal", str(tmp_path), TID]):
        result = run(line_cli.app, arguments)
        assert result.exit_code == 0, result.output
    assert cli._context(tmp_path).verify_mode is ssl.CERT_REQUIRED
    assert load_credential(tmp_path / f"{TID}.pem").der
    result = run(cli.app, ["--tls", str(tmp_path / "nowhere")])
    assert result.exit_code == 1
    assert NoSuchKey.says in result.output
