"""The firmware's side of tests/host/backup: boards that live, are saved, and are restored to.

A call is a line of JSON: an operation, a board's name, and its arguments; the answer is another.

    board  seed, sectors, acts, terminal number, backup key in hex -> null; a fresh board that has lived so
    cut    operation, way, depth         -> null; the power will go in it (nor_flash.py)
    say    bytes of the line, in hex     -> what the board answers; null if the power went
    on     acts                          -> null; switched off and on, and lived on
    area   -                             -> its journal's partition in hex
    told   -                             -> that, its key, entries, totals, counters
"""

import json
import sys

from backup_world import Board, deliver, settle
from ledger_world import ANSWER, CARD, MOMENT, pending, sell, sign_in, silent, store, void
from nor_flash import SECTOR, PowerCut
from suanpan.crypto.secret import Secret
from suanpan.errors import KeyMissing, PanGone
from suanpan.ledger.key_store import AES, BACKUP
from suanpan.ledger.kinds import REFUND
from suanpan.ledger.watched import watched
from suanpan.service.backup import READ, Saving
from suanpan.service.backup_loading import Loading
from suanpan.service.injection_line import Frames, frame


class Keys:
    def __init__(self, key):
        self._key = key

    def use(self, slot, algorithm):
        assert (slot, algorithm) == (BACKUP, AES)
        if not self._key:
            raise KeyMissing
        return Secret(bytearray(self._key))


def decline(ledger):
    with pending(ledger, 999) as entry:
        entry.decline("51")


def abroad(ledger, amount):
    with pending(ledger, amount) as entry:
        entry.approve(**dict(ANSWER, org="VIS"))


ACTS = {
    "sign_in": sign_in,
    "sell": sell,
    "abroad": abroad,
    "decline": decline,
    "silent": silent,
    "leave": pending,
    "void": lambda ledger: void(ledger, ledger.last()),
    "store": store,
    "refund": lambda ledger: ledger.store(REFUND, 40, org="VIS", original="0000010000021122", **CARD, **MOMENT),
    "watch": lambda ledger: watched(ledger, **MOMENT),
    "deliver": deliver,
    "settle": settle,
    "reverse": lambda ledger: ledger.reversal.reversed("00"),
}


class Unit:
    def __init__(self, seed, sectors, acts, terminal, key):
        self.board = Board(sectors, seed)
        self.keys = Keys(bytes.fromhex(key))
        self.terminal = terminal
        self.live(acts)
        self.sit()

    def live(self, acts):
        for name, *arguments in acts:
            ACTS[name](self.board.ledger, *arguments)

    def sit(self):
        """At the line."""
        board = self.board
        self.frames = Frames()
        self.saving = Saving(board.journal, board.vault, self.keys, self.terminal, self.random, lambda: "261123180000")
        self.loading = Loading(board.journal, board.vault, self.keys, self.terminal)

    def random(self, count):
        return bytes(self.board.flash.random(256) for _ in range(count))

    def say(self, data):
        answer = b""
        try:
            for byte in bytes.fromhex(data):
                self.frames.room[0] = byte
                heard = self.frames.take(1)
                if heard:
                    answer += frame(*(self.saving if heard[0] == READ else self.loading).answer(*heard))
        except PowerCut:
            return None
        return answer.hex()

    def on(self, acts):
        self.board.switch_on()
        self.live(acts)
        self.sit()

    def area(self):
        return bytes(self.board.flash.cells[: self.board.sectors * SECTOR]).hex()

    def told(self):
        board = self.board
        ledger = board.ledger
        entries = []
        for entry in ledger.entries():
            try:
                card = entry.card()
            except PanGone:
                card = None
            entries.append((entry.number, entry.kind, entry.stan, entry.amount, entry.status, entry.voided, card))
        ledger.verify()
        while ledger.prepare():
            pass
        return {
            "area": self.area(),
            "key": bytes((board.seed + i) % 256 for i in range(32)).hex(),
            "entries": entries[::-1],
            "totals": sorted([kind, org, count, amount] for (kind, org), (count, amount) in ledger.totals().items()),
            "stan": ledger.state.stan,
            "next": ledger.stan(),
            "number": board.journal.log.number,
        }


units = {}


def board(name, seed, sectors, acts, terminal, key):
    units[name] = Unit(seed, sectors, acts, terminal, key)


OPERATIONS = {
    "board": board,
    "cut": lambda name, *how: units[name].board.flash.cut(*how),
    "say": lambda name, data: units[name].say(data),
    "on": lambda name, acts: units[name].on(acts),
    "area": lambda name: units[name].area(),
    "told": lambda name: units[name].told(),
}
for line in sys.stdin:
    operation, *arguments = json.loads(line)
    print(json.dumps(OPERATIONS[operation](*arguments)))
