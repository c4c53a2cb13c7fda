"""The composition root: the board's parts, the terminal's layers on them, and the day at the counter."""

import gc

gc.threshold(16384)  # collect early and often: what lives long then lies close together, and large pieces stay free

import board  # before asyncio is used: a board may bring its own clock

import asyncio

from micropython import const

from suanpan.acquirer.acquirer import Acquirer
from suanpan.crypto.aes_siv import Siv
from suanpan.crypto.secret import Secret
from suanpan.errors import SuanpanError, Tampered
from suanpan.overlay import Overlay
from suanpan.flows.race import first
from suanpan.ledger.device_key import JOURNAL_LABEL, KEYS_LABEL, OPERATORS_LABEL, PAN_LABEL, FlashSecret
from suanpan.ledger.flash_log import FlashLog
from suanpan.ledger.journal import Journal
from suanpan.ledger.key_store import TMK, KeyStore
from suanpan.ledger.ledger import Ledger
from suanpan.ledger.pan_vault import PanVault
from suanpan.ledger.parameters import Parameters
from suanpan.service.zeroise import Zeroiser
from suanpan.terminal import Terminal
from suanpan.ui.canvas import Canvas
from suanpan.ui.font import Font
from suanpan.ui.gb2312 import Encoder
from suanpan.ui.screen import Screen
from suanpan.ui.strings import Strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from machine import UART

    from suanpan.acquirer.framing import Line
    from suanpan.drivers.tamper import Tamper
    from suanpan.ledger.device_key import DeviceSecret
    from suanpan.ledger.flash_ring import Partition
    from suanpan.service.backup import Saving
    from suanpan.terminal import Opened

    Records = list[Any]  # key store, journal and vault of the merchant whose terminal this is (service/mall.py)

KEYS = board.DATA + "/keys.bin"
_VAULT_SECTOR = const(2)  # of the secrets partition, behind those of the two device secrets


async def main() -> None:
    keypad = board.keypad()
    scanner = asyncio.create_task(keypad.run())
    canvas = Canvas(board.display(), Font(board.ASSETS + "/font16.bin"))
    strings = Strings(board.ASSETS + "/strings.tsv")
    screen = Screen(canvas, strings, keypad, board.buzzer(), board.lights())
    keys_secret, journal_secret = secrets()
    zeroiser = Zeroiser(board.nvs(), keys_secret, KEYS)
    tamper = board.tamper()
    try:
        if zeroiser.interrupted():
            await zeroiser.run()
        await first(guard(tamper, zeroiser), serve(screen, keys_secret, journal_secret, zeroiser))
    except SuanpanError as error:  # what it remembers cannot be trusted: say so, and sell nothing
        show_fault(screen, error)
        if not isinstance(error, Tampered):  # there are still keys to guard
            try:
                await guard(tamper, zeroiser)
            except SuanpanError as worse:
                show_fault(screen, worse)
    await scanner


def secrets() -> "tuple[DeviceSecret, DeviceSecret]":
    """What the keys are sealed under, and what the journal is."""
    element = board.secure_element()
    if element:
        from suanpan.ledger.secure_element import SecureElement

        return SecureElement(element, 0), SecureElement(element, 1)
    partition = board.secrets()
    return FlashSecret(partition, 0, board.random), FlashSecret(partition, 1, board.random)


def show_fault(screen: Screen, error: SuanpanError) -> None:
    screen.show(screen.title("fault"), screen.error(error.code))


async def guard(tamper: "Tamper", zeroiser: Zeroiser) -> None:
    """Ends the day with Tampered, as soon as the keys are gone that an opened case puts in danger."""
    await tamper.opened()
    await zeroiser.run()
    raise Tampered


async def serve(
    screen: Screen, keys_secret: "DeviceSecret", journal_secret: "DeviceSecret", zeroiser: Zeroiser
) -> None:
    """The counter's day, by a terminal that is put together once: then the memory that this took is free for sales."""
    terminal, power_on, journal, vault = await composed(screen, keys_secret, journal_secret, zeroiser)
    del globals()["composed"]
    if terminal.keys.has(TMK) or terminal.parameters.besides.get("other_merchants"):
        await power_on(terminal)
    else:
        await first(be_loaded(terminal.keys, terminal.parameters, journal, vault), power_on(terminal))


async def composed(
    screen: Screen, keys_secret: "DeviceSecret", journal_secret: "DeviceSecret", zeroiser: Zeroiser
) -> "tuple[Terminal, Callable[[Any], Coroutine[Any, Any, None]], Journal, PanVault]":
    """Everything that flash has to say, in the order of trust: parameters, keys, journal."""

    async def sealed(of: bytes, partition: "Partition", vault: "tuple[Partition, int] | None" = None) -> "Records":
        """A merchant's keys, journal in that partition, and card numbers, whose key is in that sector of another one.
        Seals of the one that `of` names open nothing of another's."""
        vault = vault or (board.secrets(), _VAULT_SECTOR)
        with Secret(await keys_secret.derive(KEYS_LABEL + of)) as key:
            keys = KeyStore(KEYS + of.decode(), key.view)
        with Secret(await journal_secret.derive(JOURNAL_LABEL + of)) as key:
            journal = Journal(FlashLog(partition), Siv(key.view))
        with Secret(await journal_secret.derive(PAN_LABEL + of)) as key:
            return [keys, journal, PanVault(vault[0], vault[1], key.view, board.random)]

    parameters, partition = Parameters.load(board.DATA + "/params.json"), board.journal()
    if parameters.besides.get("other_merchants"):
        parameters, partition, sealed, power_on = __import__("suanpan.service.mall", None, None, ("load",)).load(
            board.DATA + "/params.json", partition, sealed
        )
    else:
        from suanpan.flows.counter import power_on
    screen.strings.choose(parameters.language)
    screen.scrambles_pins = bool(parameters.seldom("scrambles_pins", 0))
    records = await sealed(b"", partition)
    keys = records[0]

    async def operators(kind: "type[Opened]") -> "Opened":
        with Secret(await journal_secret.derive(OPERATORS_LABEL)) as key:
            return kind(board.DATA, key.view, parameters.administrator_tries, board.random)

    def saving() -> "tuple[UART, Saving]":
        from suanpan.service.backup import Saving

        desk = Saving(
            records[1],
            records[2],
            records[0],
            parameters.terminal_id,
            board.random,
            lambda: terminal.today() + terminal.time(),
        )
        return board.service_line(), desk

    calendar = board.calendar()
    preferred = [0, 0, 0]

    async def call() -> "Line":
        with Overlay():
            from suanpan.acquirer.hosts import connect

            return await connect(parameters, keys, board.DATA, calendar, board.random, preferred)

    if parameters.seldom("keep_line_s", 0):
        from suanpan.acquirer.kept import Keeper

        call = Keeper(call, parameters, parameters.seldom("keep_line_s", 0)).take

    terminal = Terminal(
        screen=screen,
        swipe_reader=board.swipe_reader(),
        chip_present=board.chip_present,
        chip_slot=board.chip_slot,
        contactless_reader=board.contactless_reader,
        emv_tables=board.DATA + "/emv.bin",
        printer=board.printer(),
        scanner=board.scanner,
        battery=board.battery(),
        encoder=Encoder(board.ASSETS + "/gb2312.bin"),
        calendar=calendar,
        parameters=parameters,
        keys=keys,
        operators=operators,
        zeroise=zeroiser.run,
        saving=saving,
        ledger=Ledger(records[1], records[2], parameters.batch_limit),
        acquirer=Acquirer(call, parameters, keys, board.random),
        random=board.random,
        nvs=board.nvs,
        slots=board.slots,
    )
    return terminal, power_on, records[1], records[2]


async def be_loaded(keys: KeyStore, parameters: Parameters, journal: Journal, vault: PanVault) -> None:
    """Listen to the workshop for a master key, and for the records of a board that this one is to take the place of:
    what a terminal that has its key does not do, nor hold in memory."""
    from suanpan.acquirer.suites import suite
    from suanpan.service.backup_loading import Loading
    from suanpan.service.injection import Injection
    from suanpan.service.injection_line import serve

    injection = Injection(
        keys, parameters.terminal_id, parameters.serial, suite(parameters.suite).algorithm, board.random
    )
    await serve(board.service_line(), injection, Loading(journal, vault, keys, parameters.terminal_id))


asyncio.run(main())
