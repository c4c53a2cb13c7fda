"""A board with two slots, as the first stage and an update see it: the real modules on emulated flash.

An application is some sectors of content that say its number. What stands in for a signature is a digest: the real one
is in test_pss.py. The parameters are a number in the place of their schema.
"""

import json
from binascii import hexlify
from hashlib import sha256

from ledger_world import Slice
from nor_flash import NorFlash, PowerCut
from suanpan.errors import SuanpanError
from suanpan.errors.slots import BundleError
from suanpan.service import self_test
from suanpan.service.update import Update
from suanpan.slots import bundle
from suanpan.slots.choice import choose
from suanpan.slots.state import NONE, BootState

SECTOR = 4096
SECTORS = 12  # of a slot
IMAGE = 9 * SECTOR + 1000
OLDEST, OLD, NEW, NEWEST = 9, 10, 11, 12
SCHEMAS = {OLDEST: 5, OLD: 5, NEW: 6, NEWEST: 6}  # of the parameters, by who reads them
BOARD = "virtual"

bundle.verify = lambda key, digest, signature: bytes(signature) == digest * 12


class Reset(Exception):
    pass


def made(number, floor=0, board=BOARD, size=IMAGE, schema=None):
    """A bundle; its image is a ROMFS as far as the first stage looks into it: nothing in its index."""
    content = bytes((number * 7 + at // 16) % 251 for at in range(0, size - 2, 16))
    image = b"".join(bytes((byte,)) * 16 for byte in content)[: size - 2] + b"\0\0"
    manifest = {
        "board": board,
        "version": f"0.{number}.0",
        "number": number,
        "floor": floor,
        "schema": SCHEMAS.get(number, 6) if schema is None else schema,
        "size": len(image),
        "sha256": hexlify(sha256(image).digest()).decode(),
    }
    text = json.dumps(manifest).encode()
    head = b"SUANPAN1" + len(text).to_bytes(2, "little") + text
    head += sha256(head).digest() * 12
    return head + b"\xff" * (SECTOR - len(head)) + image


class Nvs:
    """esp32.NVS; a write is an operation of the flash that a power cut leaves undone or done."""

    def __init__(self, flash):
        self.flash = flash
        self.blobs = {}

    def get_blob(self, key, buffer):
        if key not in self.blobs:
            raise OSError(-0x1102)
        content = self.blobs[key]
        buffer[: len(content)] = content
        return len(content)

    def set_blob(self, key, value):
        self.flash.atomic(lambda: self.blobs.update({key: bytes(value)}))

    def commit(self):
        pass


class Flash(NorFlash):
    """With writes of others, which are whole or not at all."""

    def atomic(self, act):
        self._need_power()
        self.programs += 1
        if self._cut is not None:
            later, way, depth = self._cut
            if not later:
                self._off = True
                if depth > 8:
                    act()
                raise PowerCut
            self._cut = later - 1, way, depth
        act()

    @property
    def operations(self):
        return self.programs + sum(self.erases)


class Parameters:
    """Of the application that runs: brought forward in RAM, on flash when saved."""

    def __init__(self, board, schema):
        assert board.schema <= schema, "the parameters are newer than the application that runs"
        self._board = board
        self._schema = schema
        self.brought_forward = board.schema < schema

    def save(self):
        board = self._board
        board.flash.atomic(lambda: setattr(board, "schema", self._schema))
        self.brought_forward = False


class Screen:
    """What was said."""

    def __init__(self):
        self.said = []
        self.buzzer = self

    def error(self, code=""):
        return code

    def title(self, name):
        return name

    message = title

    def show(self, *_):
        pass

    async def notice(self, _, text, timeout_s=10):
        self.said.append(text)


class Board:
    """The old application in its first slot, the one before it in the other.

    `broken` is the number of one whose self-test finds a part silent, `said` what has been on the screen since.
    """

    def __init__(self, seed=1, update=Update):
        self.flash = Flash(2 * SECTORS, seed)
        self.nvs = Nvs(self.flash)
        self.slots = Slice(self.flash, 0, SECTORS), Slice(self.flash, SECTORS, SECTORS)
        self.flash.cells[: SECTOR + IMAGE] = made(OLD)
        self.flash.cells[SECTORS * SECTOR : (SECTORS + 1) * SECTOR + IMAGE] = made(OLDEST)
        self.schema = SCHEMAS[OLD]
        self.said = []
        self.broken = 0
        self.update = update

    # -- what the first stage and the application do --

    def start(self):
        """From power-on to the counter; the number of the application that is there, 0 for none."""
        self.flash.power_on()
        while True:
            rom = choose(self.nvs, self.slots, None, BOARD)
            if rom is None:
                return 0
            number = self.number(self.slots.index(rom._partition))
            terminal = self._terminal(number)
            try:
                self._run(self_test.self_test(terminal))
            except Reset:
                continue
            finally:
                self.said += terminal.screen.said
            return number

    def number(self, slot):
        """Of the bundle whose header stands there; 0 if none does."""
        head = bytearray(SECTOR)
        self.slots[slot].readblocks(0, head, 0)
        try:
            return bundle.read_manifest(head, None, BOARD, 0)["number"]
        except BundleError:
            return 0

    def take(self, content, piece=1500):
        """An update with this bundle, to its end."""
        update = self.begun()
        while not update.done:
            assert update.wanted < len(content), "the bundle is over"
            update.feed(content[update.wanted : update.wanted + piece])
        return update

    def refuses(self, content):
        """The code that it refuses this bundle with; "" if it takes it."""
        try:
            self.take(content)
        except SuanpanError as error:
            return error.code
        return ""

    @property
    def pending(self):
        return BootState(self.nvs).pending != NONE

    def begun(self, unattended=False):
        return self.update(self, self.nvs, self.schema, unattended)

    def _terminal(self, number):
        class Terminal:
            pass

        async def found(_):
            return [("D03", "printer")] if number == self.broken else []

        self_test.faults = found
        terminal = Terminal()
        terminal.screen = Screen()
        terminal.ledger = terminal
        terminal.verify = lambda: None
        terminal.nvs = lambda: self.nvs
        terminal.slots = lambda: self
        terminal.parameters = Parameters(self, SCHEMAS[number])
        return terminal

    def _run(self, coroutine):
        try:
            while True:
                coroutine.send(None)
        except StopIteration:
            pass

    # -- boards/common/slots.py --

    def partitions(self):
        return self.slots

    def own(self):
        return BOARD, b"\xff" * 384

    def reset(self):
        raise Reset

    # -- what must hold --

    def sound(self):
        """Nothing that looks like an application in a slot is anything but whole. Weak cells may look like anything."""
        if not self.flash.weak:
            for slot in (0, 1):
                if self.number(slot):
                    bundle.examine(self.slots[slot], None, BOARD, 0)

    @property
    def floor(self):
        return BootState(self.nvs).floor
