"""Takes whole transactions through the contact kernel, for tests/benchmarks; prints JSON.

`time_emv.py ROUNDS`: microseconds by phase, the card's own taken off, commands, what is alive on the
heap at the most while a card is spoken to, and what reading a record takes. `time_emv.py sale` and `time_emv.py idle`
do one sale, or none, and print nothing else than how much is alive: whoever starts them tries how small a heap will do.
"""

import asyncio
import gc
import json
import sys
import time

import suanpan.errors  # noqa: F401 - which a terminal has anyway
from vectors import load

PHASES = {
    "selection": ("candidates", "select"),
    "initiate": ("initiate",),
    "records": ("read_application_data",),
    "authentication": ("authenticate",),
    "restrictions": ("restrict",),
    "cardholder": ("verify",),
    "risk": ("manage_risk",),
    "action": ("decide",),
    "cryptogram": ("first", "second"),
    "issuer": ("authenticate", "run_scripts"),
}


class Tables:
    def __init__(self, application, key):
        self.applications = [application]
        self._key = key

    def key(self, rid, index):
        return self._key()

    def revoked(self, rid, index, serial):
        return False

    def excepted(self, pan, sequence):
        return False


class Card:
    """Goes through its answers; `on_command` is called before each, and its own time is not the kernel's."""

    def __init__(self, answers, now, on_command):
        self._answers = answers
        self._now = now
        self._on_command = on_command
        self._buffer = bytearray(258)
        self.commands = 0
        self.spent = 0

    async def exchange(self, command):
        start = self._now()
        self._on_command()
        data = self._answers[self.commands]
        self.commands += 1
        size = len(data) - 2
        self._buffer[:size] = data[:-2]
        self.spent += self._now() - start
        return memoryview(self._buffer)[:size], data[-2] << 8 | data[-1]


class Cardholder:
    pass


async def nothing():
    pass


def sale():
    """A card's answers, and what one needs to make a transaction of them."""
    found = load("emv_oda")["cda_sale"]
    answers = [bytes.fromhex(reply) for _, reply in found["exchanges"]]
    terminals = {int(tag, 16): bytes.fromhex(value) for tag, value in found["terminal"].items()}
    modulus, number = bytes.fromhex(found["ca_key"]["modulus"]), bytes.fromhex(found["unpredictable"])
    authentication, aid = bytes.fromhex(found["issuer_authentication"]), bytes.fromhex(found["aid"])

    class Issuer:
        def __init__(self, on_asking):
            self._on_asking = on_asking

        async def authorise(self, t):
            self._on_asking()
            from suanpan.emv.f55 import request
            from suanpan.emv.transaction import IssuerAnswer

            assert len(request(t)) > 100
            return IssuerAnswer("00", True, authentication)

    def transact(now=lambda: 0, on_command=lambda: None, on_asking=lambda: None):
        from suanpan.emv import contact
        from suanpan.emv.tables import Application, CaKey

        card = Card(answers, now, on_command)
        tables = Tables(Application(aid, version=b"\0\x20"), lambda: CaKey(modulus, 3, "391231"))
        made = contact.transact(card, terminals, tables, Cardholder(), Issuer(on_asking), lambda size: number[:size])
        assert asyncio.run(made).approved
        return card

    return transact


def alive():
    gc.collect()
    return gc.mem_alloc()


def timed(function, name, times, card_time):
    """Nothing of the kernel calls one phase from within another, so that times may be added up."""

    def ended(start, off):
        times[name] = times.get(name, 0) + time.ticks_us() - start - (card_time() - off)

    async def waited(made, start, off):
        result = await made
        ended(start, off)
        return result

    def call(*args):
        start, off = time.ticks_us(), card_time()
        result = function(*args)
        if hasattr(result, "send"):
            return waited(result, start, off)
        ended(start, off)
        return result

    return call


def alive_while_asked(transact):
    """Bytes alive where the issuer is asked, and its message has to find room."""
    found = []
    transact(on_asking=lambda: found.append(alive()))
    return found[0]


def by_phase(transact, rounds):
    cards = []
    times = {}
    spent = [0]

    def now():
        return time.ticks_us()

    from suanpan.emv import contact

    contact.forget = lambda: None  # what is measured would be forgotten with the phase
    for name, functions in PHASES.items():
        module = __import__("suanpan.emv." + name, None, None, functions)
        for function in functions:
            setattr(module, function, timed(getattr(module, function), name, times, lambda: spent[0]))
    samples = []
    for _ in range(rounds):
        times.clear()
        spent[0] = 0
        gc.collect()
        start = time.ticks_us()
        card = transact(now)
        whole = time.ticks_us() - start - card.spent
        cards.append(card.commands)
        sample = dict(times)
        sample["whole"] = whole
        samples.append(sample)
    return samples, cards[0]


def measure(rounds):
    transact = sale()
    asyncio.run(nothing())  # a terminal has an event loop already
    before = alive()
    most = [0]

    def look():
        most[0] = max(most[0], alive())

    transact(on_command=look)
    peak = most[0] - before
    code = alive() - before
    asked = alive_while_asked(transact) - before
    samples, commands = by_phase(transact, rounds)
    from suanpan.codec.tlv import Reader

    record = bytes.fromhex("7081fb" + "9f3602002a" * 50 + "00")
    reading = []
    for _ in range(rounds):
        start = time.ticks_us()
        for _ in range(20):
            reader = Reader(record)
            while reader.next_primitive():
                pass
        reading.append((time.ticks_us() - start) // 20)
    print(
        json.dumps(
            {"rounds": samples, "commands": commands, "peak": peak, "code": code, "asked": asked, "reading": reading}
        )
    )


if sys.argv[1] == "idle":
    sale()
    asyncio.run(nothing())
    print(alive())
elif sys.argv[1] == "sale":
    sale()()
    print(alive())
else:
    measure(int(sys.argv[1]))
