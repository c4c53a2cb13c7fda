"""A shop in lockstep: one terminal fresh from the workshop, and the acquirer that it talks to.

The steps are what people do there, so that scripts, tests and the demo read like a day at the counter.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from host_tools.acquirer.cards import Card, tracks
from host_tools.acquirer.chip_tables import chip_tables
from host_tools.acquirer.chips import Chips
from host_tools.acquirer.connection import Close, Connection
from host_tools.acquirer.faults import Fault, Faults, Kind
from host_tools.acquirer.fixture import Enrolment, Fixture, load, open_bank
from host_tools.acquirer.host import Acquirer
from host_tools.acquirer.scenario import Scenario
from host_tools.acquirer.tls import SecuredExchange, obey_at_handshake
from host_tools.acquirer.trace import Record
from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.network import Exchange
from host_tools.bench.parts.atecc608 import FIXED_SECRET, ROLLING_SECRET
from host_tools.bench.parts.paper import WIDE_DOTS, WIDE_PAPER_MM
from host_tools.bench.process import FROM_FLASH, HEAP, MAIN, PINS
from host_tools.bench.wiring import read_pins
from host_tools.cards.accounts import accounts
from host_tools.cards.minting import Mint
from host_tools.cards.plastic import Antenna, Chip
from host_tools.emv.trace import Recorder
from host_tools.flash.emv_tables import build
from host_tools.flash.factory import FACTORY_OPERATOR, FACTORY_PASSWORD, LinkFiles, Merchant, Profile, build_image
from host_tools.keys.line_certificates import Credential, LineAuthority, server_context

if TYPE_CHECKING:
    from typing import TextIO

TERMINAL = "10000001"
HOST = "acquirer.test"
BACKUP = "backup.acquirer.test"
PORT = 9000
OPENING = datetime(2026, 11, 23, 9, 0)


# Long before and after both the shop's day and the machine's, by whose clock TLS looks at certificates as well.
ISSUED, EXPIRES = datetime(2016, 1, 1, tzinfo=UTC), datetime(2046, 1, 1, tzinfo=UTC)


def profile(
    enrolment: Enrolment, language: str = "zh", link: LinkFiles | None = None, *, backup: bool = False
) -> Profile:
    """The terminal that an acquirer has enrolled; the fixture has the Chinese name, a space, the English one."""
    chinese, _, english = enrolment.merchant.partition(" ")
    return Profile(
        terminal_id=enrolment.tid,
        merchant_id=enrolment.mid,
        merchant=(chinese, english),
        serial=enrolment.serial,
        tmk=enrolment.tmk,
        host=HOST,
        port=PORT,
        language=language,
        suite=enrolment.suite.name,
        link=link,
        backup_hosts=((BACKUP, PORT),) if backup else (),
    )


def _sharing(enrolment: Enrolment) -> Merchant:
    """What such a terminal is of one that it shares its case with."""
    alone = profile(enrolment)
    return Merchant(alone.terminal_id, alone.merchant_id, alone.merchant, alone.serial, alone.tmk)


class LineOffice:
    """Who gave host and terminal their certificates, and what the host shows: tests show another one."""

    def __init__(self, terminal: str) -> None:
        self.authority = LineAuthority.make(ISSUED, (EXPIRES - ISSUED).days)
        self.terminal = self.authority.terminal(terminal, ISSUED, EXPIRES)
        self.show(self.authority.host([HOST, BACKUP], ISSUED, EXPIRES))

    def show(self, host: Credential) -> None:
        self.context: ssl.SSLContext = server_context(host, self.authority.pem)

    @property
    def files(self) -> LinkFiles:
        return LinkFiles(self.authority.der, self.terminal.der, self.terminal.key_der)


class Shop:
    """`directory` holds the flash image; everything that is random follows from `seed`.

    The terminal is the first that is enrolled with that cipher suite: "tdes", "aes" or "sm4". With a `mint` the
    terminal knows its schemes, the bank its cards, and people may put them in. It calls its host by TLS if told to,
    whose bytes differ each time; with a backup it knows another address of the same acquirer. By a `scenario` the host
    misbehaves from the first message on. The printer's paper is 58 or 80 mm wide. `others` are enrolled too, and
    share the terminal with the first merchant. `software`, an image of a flash, is what the board boots from.
    """

    def __init__(
        self,
        directory: Path,
        *,
        seed: int = 1,
        language: str = "zh",
        heap: str = HEAP,
        measure_heap: bool = False,
        pins: Path = PINS,
        injection_key: bytes | None = None,
        suite: str = "tdes",
        mint: Mint | None = None,
        bench: type[LockstepBench] = LockstepBench,
        tls: bool = False,
        backup: bool = False,
        scenario: Scenario | None = None,
        moto: bool = False,
        paper_mm: int = 58,
        others: tuple[Enrolment, ...] = (),
        software: bytes = b"",
    ) -> None:
        fixture = _fixture()
        fixture = replace(fixture, terminals=fixture.terminals | {other.tid: other for other in others})
        if mint is not None:
            fixture = replace(fixture, cards=fixture.cards | accounts(mint.population))
        self._mint = mint
        self.chips = Chips({} if mint is None else mint.population.issuers)
        self.tables = None if mint is None else chip_tables(mint.ca_keys, mint.population.revoked)
        self.terminal = next(found for found in fixture.terminals.values() if found.suite.name == suite)
        self.cards = fixture.cards
        self.trace: list[Record] = []
        self.on_message: list[Callable[[Record], None]] = [self.trace.append]
        self.faults = Faults(scenario)
        self.host_up = self.backup_up = True
        self.line = LineOffice(self.terminal.tid) if tls else None
        self.exchange: Callable[[Connection], Exchange] = self._exchange
        self.flash_image = directory / "flash.bin"
        enrolled = profile(self.terminal, language, self.line.files if self.line else None, backup=backup)
        image, self.secrets = build_image(
            replace(enrolled, paper_mm=paper_mm, others=tuple(map(_sharing, others))),
            Random(f"{seed} workshop").randbytes,
            secure_element="secure_element" in read_pins(pins),
            injection_key=injection_key,
            emv_tables=b"" if self.tables is None else build(self.tables),
            software=software,
        )
        self.flash_image.write_bytes(image)
        self.bench = bench(
            self.flash_image,
            seed=seed,
            start=OPENING,
            nvs={},
            hosts={
                f"{HOST}:{PORT}": lambda: self._answer_the_door(self.host_up),
                f"{BACKUP}:{PORT}": lambda: self._answer_the_door(self.backup_up),
            },
            heap=heap,
            measure_heap=measure_heap,
            pins=pins,
            program=FROM_FLASH if software else MAIN,
        )
        if paper_mm == WIDE_PAPER_MM:
            self.bench.parts.printer.width_dots = WIDE_DOTS
        if self.bench.parts.secure_element:
            self.bench.parts.secure_element.provision(
                {0: (ROLLING_SECRET, self.secrets.keys), 1: (FIXED_SECRET, self.secrets.journal)}
            )
        self._store = open_bank(fixture)
        self.acquirer = Acquirer(
            self._store,
            now=self.bench.now,
            random=Random(f"{seed} acquirer").randbytes,
            tracer=self._heard,
            chips=self.chips,
            tables=self.tables,
            moto=(TERMINAL,) if moto else (),
        )

    # -- what people do --

    def open(self) -> None:
        """Power on, log in, sign in."""
        self.bench.power_on()
        self.log_in()

    def log_in(self, operator: str = FACTORY_OPERATOR, password: str = FACTORY_PASSWORD) -> None:
        self.bench.expect("柜员号")
        self.bench.type(operator)
        self.bench.press("enter")
        self.bench.expect("柜员密码")
        self.bench.type(password)
        self.bench.press("enter")

    def swipe(self, card: Card, **how: object) -> None:
        track1, track2 = (track[1:-2] for track in tracks(card))  # the reader adds sentinels and LRC
        self.bench.parts.swipe_reader.swipe(track1, track2, **how)  # type: ignore[arg-type]

    def chip(self, name: str) -> Chip | None:
        """The chip of a card of the mint's; None of a card without."""
        if self._mint is None or name not in self._mint.population.cards:
            return None
        return Chip(self._mint.card(name))

    def insert(self, name: str, *, wrong_way: bool = False) -> Chip:
        """Put a card of the mint's into the slot."""
        chip = self.chip(name)
        assert chip, "no chip card of this name"
        self.bench.parts.chip_slot.insert(chip, wrong_way)
        return chip

    def antenna(self, name: str) -> Antenna | None:
        """The antenna of a card of the mint's; None of a card without."""
        if self._mint is None or name not in self._mint.population.cards:
            return None
        return Antenna(self._mint.card(name))

    def tap(self, name: str) -> Antenna:
        """Hold a card of the mint's before the reader, until it is taken away: `bench.parts.field.take()`."""
        antenna = self.antenna(name)
        assert antenna, "no card of this name"
        self.bench.parts.field.put(antenna)
        return antenna

    def ask_for(self, fen: int, card: Card, pin: str | None = None) -> None:
        """Key an amount, swipe the card, key its PIN (or another): up to where the host is asked."""
        bench = self.bench
        bench.type(str(fen))
        bench.press("enter")
        bench.expect("请刷卡")
        self.swipe(card)
        bench.expect("请输入密码")
        bench.type(card.pin if pin is None else pin)
        bench.press("enter")

    def take_slips(self) -> None:
        """Tear the first copy off when asked to, and wait until the second is out."""
        self.bench.expect("撕单后按确认")
        self.bench.press("enter")
        self.bench.expect("请输入金额")

    def disturb(self, kind: Kind, mti: str | None = None, **how: object) -> None:
        """Let the host's line or the host itself fail at the next such message."""
        self.faults.arm(Fault(kind, mti, **how))  # type: ignore[arg-type]

    def record_apdus(self, file: TextIO) -> None:
        """From now on, all that cards hear and say, and chip data to and from the host (docs/emv.md)."""
        recorder = Recorder(file, self.bench.now)
        if self.tables:
            recorder.terminal(self.tables)
        recorder.watch(self.bench.parts)
        self.on_message.append(recorder.host)

    def close(self) -> None:
        self.bench.close()
        self._store.close()

    def __enter__(self) -> Shop:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _heard(self, record: Record) -> None:
        for told in self.on_message:
            told(record)

    def _answer_the_door(self, up: bool) -> Exchange | None:
        if not up or self.faults.refuses(Kind.REFUSED, self.bench.now()):
            return None
        return self.exchange(Connection(self.acquirer, self.faults))

    def _exchange(self, connection: Connection) -> Exchange:
        if self.line is None:
            return PlainExchange(connection)
        obey_at_handshake(self.line.context, self.faults, self.bench.now)
        return SecuredExchange(self.line.context, connection)


@cache
def _fixture() -> Fixture:
    return load()


class PlainExchange:
    """The acquirer's timed actions in the terms of the bench's network."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def feed(self, data: bytes) -> list[tuple[int, bytes | None]]:
        return [
            (action.after_ms * 1000, None if isinstance(action, Close) else action.data)
            for action in self._connection.feed(data)
        ]
