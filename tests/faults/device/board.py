# mypy: ignore-errors
"""A board for the fault explorer: flash, clock and network as on the virtual board, one person in place of the rest."""

import asyncio

import link
import timing

timing.install()

import vfs  # noqa: E402
from chip import SECTOR, Chip  # noqa: E402

from suanpan.errors.chip import CardGone  # noqa: E402
from suanpan.errors.nfc import CardLost  # noqa: E402

DATA = "/data"
ASSETS = ""

DATA_SECTORS, JOURNAL_SECTORS, SECRET_SECTORS = 8, 5, 3
_EIO = -5

_JOURNAL = range(DATA_SECTORS, DATA_SECTORS + JOURNAL_SECTORS)

flash = Chip(_JOURNAL.stop + SECRET_SECTORS, _JOURNAL, link.power_off)
person = None  # display, keypad, reader and printer
_life = 0


class Partition:
    """Good for one life: what the garbage collector closes of an earlier one must not reach the chip any more."""

    def __init__(self, first, count):
        self._first = first
        self._count = count
        self._life = _life

    def readblocks(self, block, buffer, offset=0):
        return flash.readblocks(self._first + block, buffer, offset) if self._life == _life else _EIO

    def writeblocks(self, block, buffer, offset=None):
        return flash.writeblocks(self._first + block, buffer, offset) if self._life == _life else _EIO

    def ioctl(self, request, argument):
        if self._life != _life:
            return _EIO
        return self._count if request == 4 else SECTOR if request == 5 else flash.ioctl(request, self._first + argument)


class Calendar:
    def datetime(self, value=None):
        seconds = 9 * 3600 + link.now_us // 1_000_000
        return 2026, 11, 23, 0, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60, 0


class Quiet:
    """A part that does nothing that anybody here would notice."""

    def __enter__(self):
        pass

    def __exit__(self, *_):
        pass

    def __getattr__(self, name):
        return lambda *_: None


class Battery:
    def percent(self):
        return 100


class Memory:
    """NVS, with nothing in it."""

    def get_blob(self, key, buffer):
        raise OSError(-0x1102)


class Tamper:
    async def opened(self):
        await asyncio.Event().wait()


class Printer:
    """Always has paper."""

    def __getattr__(self, name):
        return self._print

    async def _print(self, *_):
        pass

    async def cut(self):
        person.told[-1].append("slip")


class Slot:
    def present(self):
        return person.inserted

    async def removed(self):
        while person.inserted:
            await asyncio.sleep_ms(100)


class ChipCard:
    """In place of ContactCard: the explorer has the card, which takes no time to answer."""

    active = False

    def __init__(self, slot):
        pass

    async def activate(self):
        if not person.inserted:
            raise CardGone
        link.explorer(b"P", person.chip.encode())
        self.active = True

    async def exchange(self, command):
        if not (self.active and person.inserted):
            raise CardGone
        answer = await _answer(command)
        if answer is None:
            person.inserted = self.active = False
            raise CardGone
        return answer

    def deactivate(self):
        self.active = False


class ContactlessCard:
    """The explorer's, in the field."""

    def __init__(self):
        link.explorer(b"T", person.tap.encode())
        self._there = True

    async def exchange(self, command):
        answer = await _answer(command) if self._there else None
        if answer is None:
            self._there = False
            raise CardLost
        return answer


class ContactlessReader:
    """In place of the driver's: a card that has been spoken to is taken away, and held there again at the next look."""

    def __init__(self, reader):
        self._spoken = False

    async def look(self):
        if not person.tap:
            await asyncio.Event().wait()
        self._spoken = not self._spoken
        return ContactlessCard() if self._spoken else None

    async def rest(self, ms):
        await asyncio.sleep_ms(ms)

    async def off(self):
        pass


async def _answer(command):
    """What the explorer's card says, data and status word; None if it is not there any more."""
    answer = link.explorer(b"A", bytes(command))
    if not answer:
        return None
    if len(answer) < 2:
        link.cut()
        await asyncio.Event().wait()
    return bytearray(answer[:-2]), answer[-2] << 8 | answer[-1]


class Strings:
    """Words are their own names, where there are any."""

    languages = ("zh", "en")
    language = "zh"

    def __init__(self, names):
        self._names = names

    def choose(self, language):
        self.language = language

    def get(self, name):
        return name if name in self._names else ""


class Encoder:
    def encode(self, text):
        return text.encode()


def power_on():
    """Mount the file system, as a board does before anything else."""
    global _life
    _life += 1
    link.power_on()
    asyncio.new_event_loop()
    for point in vfs.mount():
        if point[1] == DATA:
            vfs.umount(DATA)
    vfs.mount(vfs.VfsLfs2(Partition(0, DATA_SECTORS), mtime=False), DATA)


def power_off():
    global _life
    _life += 1
    link.power_off()


def keypad():
    return person


def display():
    return person


def swipe_reader():
    return person


def chip_present():
    return person.inserted


def chip_slot():
    return Slot()


def contactless_reader():
    return None


class Scanner:
    """Sees the code that the person shows."""

    async def scan(self):
        if not person.code:
            await asyncio.Event().wait()
        return person.code.encode()

    def wipe(self):
        pass


def scanner():
    return Scanner()


def printer():
    return Printer()


def buzzer():
    return Quiet()


def lights():
    return Quiet()


def battery():
    return Battery()


def calendar():
    return Calendar()


def random(count):
    return bytes(flash.random(256) for _ in range(count))


def journal():
    return Partition(DATA_SECTORS, JOURNAL_SECTORS)


def secure_element():
    return None


def secrets():
    return Partition(DATA_SECTORS + JOURNAL_SECTORS, SECRET_SECTORS)


def nvs():
    return Memory()


def slots():
    return None  # no application comes here


def tamper():
    return Tamper()
