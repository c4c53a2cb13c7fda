"""The composition root: the board's parts, the terminal's layers on them, and the day at the counter."""

import gc

gc.threshold(16384)  # collect early and often: what lives long then lies close together, and large pieces stay free

import board  # before asyncio is used: a board may bring its own clock

import asyncio

from suanpan.acquirer.session import Acquirer
from suanpan.crypto.aes_siv import Siv
from suanpan.errors import SuanpanError
from suanpan.flows.counter import power_on
from suanpan.ledger.flash_log import FlashLog
from suanpan.ledger.journal import Journal
from suanpan.ledger.key_store import KeyStore
from suanpan.ledger.ledger import Ledger
from suanpan.ledger.parameters import Parameters
from suanpan.terminal import Terminal
from suanpan.ui.canvas import Canvas
from suanpan.ui.font import Font
from suanpan.ui.gb2312 import Encoder
from suanpan.ui.screen import Screen
from suanpan.ui.strings import Strings


async def main() -> None:
    keypad = board.keypad()
    scanner = asyncio.create_task(keypad.run())
    canvas = Canvas(board.display(), Font(board.ASSETS + "/font16.bin"))
    strings = Strings(board.ASSETS + "/strings.tsv")
    screen = Screen(canvas, strings, keypad, board.buzzer(), board.lights())
    try:
        await power_on(assemble(screen))
    except SuanpanError as error:  # what it remembers cannot be trusted: say so, and sell nothing
        screen.show(screen.title("fault"), screen.error(error.code))
        await scanner


def assemble(screen: Screen) -> Terminal:
    """Everything that flash has to say, in the order of trust: parameters, keys, journal."""
    parameters = Parameters.load(board.DATA + "/params.json")
    screen.strings.choose(parameters.language)
    device_key = board.device_key()
    keys = KeyStore(board.DATA + "/keys.bin", device_key)
    journal = Journal(FlashLog(board.journal()), Siv(device_key))
    return Terminal(
        screen=screen,
        swipe_reader=board.swipe_reader(),
        printer=board.printer(),
        battery=board.battery(),
        encoder=Encoder(board.ASSETS + "/gb2312.bin"),
        calendar=board.calendar(),
        parameters=parameters,
        keys=keys,
        ledger=Ledger(journal),
        acquirer=Acquirer(parameters, keys),
        random=board.random,
    )


asyncio.run(main())
