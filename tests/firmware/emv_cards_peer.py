"""The firmware's side of tests/host/cards: the kernels, with cards, cardholders and issuers at the other end.

A line of JSON begins a transaction: the terminal's objects, applications, keys, what is revoked, the cardholder's PINs
and choice; with `combinations` it is a tap. Then this side says, a line each, and is answered with a line:
    C command           the card's answer, in hexadecimal, or "gone"
    T                   nothing, when a card is at the antenna
    I field 55          the issuer's answer in JSON: response, approved, authentication, scripts; null for none
    O outcome in JSON   which ends it, and is not answered
"""

import asyncio
import gc
import json
import sys

from suanpan.emv import f55
from suanpan.emv.contact import transact
from suanpan.emv.tables import Application, CaKey
from suanpan.emv.transaction import IssuerAnswer
from suanpan.errors import SuanpanError
from suanpan.errors.nfc import CardLost

RESULTS = (
    "", "approved", "declined", "online", "end application", "select next", "try another interface", "try again",
)  # fmt: skip
CVMS = ("not applicable", "none", "online PIN", "signature", "device")
MOST_TAPS = 3


def say(kind, text):
    print(kind, text)
    return sys.stdin.readline().strip()


class Card:
    def __init__(self):
        self.commands = 0

    async def exchange(self, command):
        self.commands += 1
        said = say("C", bytes(command).hex())
        if said == "gone":
            raise CardLost
        answer = bytes.fromhex(said)
        return memoryview(answer)[:-2], answer[-2] << 8 | answer[-1]


def options(row):
    """A row's values as arguments; strings are hexadecimal."""
    return {
        name: bytes.fromhex(value) if isinstance(value, str) else value for name, value in row.items() if name != "aid"
    }


class Tables:
    def __init__(self, asked):
        self.applications = [Application(bytes.fromhex(row["aid"]), **options(row)) for row in asked["applications"]]
        self._keys = asked["keys"]
        self._revoked = asked["revoked"]

    def key(self, rid, index):
        row = self._keys.get(f"{rid.hex()}{index:02x}")
        return row and CaKey(bytes.fromhex(row["modulus"]), row["exponent"], row["expires"])

    def revoked(self, rid, index, serial):
        return f"{rid.hex()}{index:02x}{serial.hex()}" in self._revoked

    def excepted(self, pan, sequence):
        return False


class Cardholder:
    def __init__(self, asked):
        self._pins = list(asked["pins"])
        self._choice = asked["choice"]
        self.heard = []

    async def choose(self, labels):
        self.heard.append(labels)
        return self._choice

    async def offline_pin(self, pin, tries):
        self.heard.append(tries)
        digits = self._pins.pop(0) if self._pins else None
        for digit in digits or "":
            pin.append(digit)
        return digits is not None

    async def online_pin(self):
        self.heard.append("online")
        return bool(self._pins)


class Issuer:
    async def authorise(self, t):
        row = json.loads(say("I", f55.request(t).hex()))
        if row is None:
            return None
        return IssuerAnswer(
            row["response"], row["approved"], bytes.fromhex(row["authentication"]), bytes.fromhex(row["scripts"])
        )


def value(objects, tag):
    found = objects.get(tag)
    return bytes(found).hex() if found else ""


async def tap(asked, terminals, tables, random, said):
    """As often as the outcome wants the card again."""
    from suanpan.emv.entry_point import EntryPoint
    from suanpan.emv.preprocessing import Combination
    from suanpan.emv.torn import TornLog

    combinations = [
        Combination(application, **options(row)) for application, row in zip(tables.applications, asked["combinations"])
    ]
    said["shown"] = shown = []
    point = EntryPoint(
        combinations, terminals, tables, random, lambda request: shown.append(request.message), TornLog(lambda: 0)
    )
    outcome = point.prepare()
    taps = 0
    while outcome is None or (outcome.again and taps < MOST_TAPS):
        say("T", "")
        taps += 1
        card = Card()
        outcome = await point.present(card)
    said["taps"] = taps
    said["commands"] = card.commands
    said["result"] = RESULTS[outcome.result]
    said["cvm"] = CVMS[outcome.cvm]
    t = outcome.transaction
    if t is not None:
        said["tvr"], said["tsi"] = bytes(t.tvr).hex(), bytes(t.tsi).hex()
        said["aid"] = value(t.objects, 0x9F06)
        said["f55"] = f55.request(t).hex()


def run(asked):
    card, cardholder = Card(), Cardholder(asked)
    terminals = {int(tag, 16): bytes.fromhex(text) for tag, text in asked["terminals"].items()}
    counted = asked["random"]

    def random(count):
        return bytes((counted + i) & 0xFF for i in range(count))

    said = {"heard": cardholder.heard, "commands": 0}
    if "combinations" in asked:
        asyncio.run(tap(asked, terminals, Tables(asked), random, said))
        print("O", json.dumps(said))
        return
    try:
        outcome = asyncio.run(transact(card, terminals, Tables(asked), cardholder, Issuer(), random))
        t = outcome.transaction
        said["result"] = "approved" if outcome.approved else "declined"
        said["online"] = outcome.online
        said["tvr"], said["tsi"] = bytes(t.tvr).hex(), bytes(t.tsi).hex()
        said["cvm"] = value(t.objects, 0x9F34)
        said["aid"] = value(t.objects, 0x9F06)
        said["scripts"] = bytes(t.script_results).hex()
        said["f55"] = f55.upload(t).hex()
    except SuanpanError as error:
        said["result"] = type(error).__name__
    said["commands"] = card.commands
    print("O", json.dumps(said))


while True:
    line = sys.stdin.readline()
    if not line:
        break
    run(json.loads(line))
    gc.collect()
