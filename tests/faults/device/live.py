# mypy: ignore-errors
"""The device's side of the explorer: lives one life of the terminal at a time, as asked, from one power-on to its end.

An order is JSON. Its answer, with op R, is JSON too: how the life ended, and what the ledger says by then.
"""

import asyncio
import gc
import io
import json
import sys

import link

link.connect(int(sys.argv[1]), int(sys.argv[2]))

import board  # noqa: E402
from chip import SECTOR, PowerCut  # noqa: E402
from person import CODE, Fault, Person, Ready  # noqa: E402

from suanpan import overlay  # noqa: E402

overlay.Overlay = board.Quiet  # to read the same source once in every life would take most of the time
_run, asyncio.run = asyncio.run, lambda day: day.close()
import main  # noqa: E402  # all of the firmware; its day begins when we say so

gc.threshold(1 << 20)

from suanpan.cards import contact, contactless  # noqa: E402
from suanpan.errors import SuanpanError  # noqa: E402
from suanpan.flows import counter  # noqa: E402
from suanpan.flows.idle import Idle  # noqa: E402
from suanpan.service import tables_check  # noqa: E402
from suanpan.ui import qr_screen  # noqa: E402

_TRIES = 2  # more of the last act, where it comes to nothing
_RECORD = 64  # bytes of flash that the smallest one of fill() takes

with open(main.__file__.replace("main.py", "assets/strings.tsv")) as table:  # noqa: PTH123
    _NAMES = {line.split("\t")[0] for line in table}

_power_on = counter.power_on  # where main.py finds it each time
_composed = main.composed  # which main.py forgets
tables_check._forget_errors = lambda: None  # as nothing else is forgotten, which would raise others than are caught
contact.ContactCard = board.ChipCard
contactless.ContactlessReader = board.ContactlessReader
main.Canvas = lambda display, _: display
qr_screen.show = lambda canvas, *_: show_code(canvas)
main.Font = lambda _: None
main.Strings = lambda _: board.Strings(_NAMES)
main.Encoder = lambda _: board.Encoder()


class Life:
    """An order: `acts` for the person, `faults` for the chip, `seed` for all that is random. `open` begins in the
    middle of the day, `log` lists the operations on flash, `fill` is done to the journal (see there), `leave` ends with
    transactions waiting for the host.
    """

    def __init__(self, order):
        self.terminal = None
        self.marks = []  # operations on flash when each act began
        self._newest = 0  # the newest transaction when the last act began
        self._order = order
        self.person = board.person = Person(self._next, self._newest_good)

    def run(self):
        """How it ended: ready, cut, fault (out of order, by its own word), stuck, or error; ready, with the books."""
        order, flash = self._order, board.flash
        flash.switch_on(order["seed"], order.get("log"))
        for fault in order.get("faults", ()):
            flash.arm(fault)
        main.composed = _composed
        counter.power_on = self._open if order.get("open") else self._power_on
        end, detail, account = "stopped", "", {}
        try:
            board.power_on()
            _run(main.main())
        except Ready:
            end, account = "ready", books(self.terminal.ledger)
        except PowerCut:
            end = "cut"
        except Fault as fault:
            end, detail = "fault", str(fault)
        except link.Stuck:
            end = "stuck"
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody wants to read it
            end, detail = "error", told(error)
        board.power_off()
        account.update(
            end="cut" if flash.off else end,
            detail=detail,
            told=self.person.told,
            marks=self.marks,
            operations=flash.operations,
            log=flash.log,
        )
        return account

    async def _power_on(self, terminal):
        self.terminal = terminal
        await _power_on(terminal)

    async def _open(self, terminal):
        """The counter in the middle of the day: somebody is logged in, and the host knows our keys."""
        self.terminal = terminal
        terminal.operator = "01"
        terminal.signed_in = True
        tables_check.check_tables(terminal)
        if "fill" in self._order:
            fill(terminal.ledger, self._order["fill"])
        idle = Idle(terminal)
        while True:
            await counter._serve(terminal, idle)
            await counter._begin(terminal)

    def _next(self):
        """The next act; the last one again while nothing has come of it; None while something goes on by itself."""
        acts, ledger = self._order["acts"], self.terminal.ledger
        number = len(self.marks)
        if number >= len(acts):
            if unsent(ledger.state) and not self._order.get("leave"):
                return None
            last = ledger.last()
            done = last and last.approved and last.number > self._newest
            if not acts or done or number == len(acts) + _TRIES:
                raise Ready
        self._newest = ledger.state.newest
        self.marks.append(board.flash.operations)
        link.explorer(b"M", bytes((number,)))
        return acts[min(number, len(acts) - 1)]

    def _newest_good(self):
        return self.terminal.ledger.last(approved=True)


def show_code(person):
    person.clear()
    person.text(0, CODE)
    person.show()


def unsent(state):
    return state.queued or state.due or state.settling


def fill(ledger, room):
    """Records that say nothing of interest. `room` 0: until every sector has been erased twice, each record with a
    batch of its own, so that the ring may go round; else until that many bytes are left in the newest sector.
    """
    log = ledger._journal.log
    if room:
        left = SECTOR - log._tail - room
        while left >= _RECORD:
            size = min(left, _RECORD + 500) if left < _RECORD + 500 else _RECORD + 250
            pad = size - _RECORD
            ledger.signed_in(ledger.batch, ledger.stan(), "0" * (pad // 2), "", "0" * (pad - pad // 2))
            left = SECTOR - log._tail - room
        return
    batch = 900000
    while min(board.flash.erases[board.DATA_SECTORS : board.DATA_SECTORS + board.JOURNAL_SECTORS]) < 2:
        batch += 1
        ledger.signed_in(f"{batch:06}", ledger.stan(), "0" * 250, "0" * 250, "0" * 250)


def books(ledger):
    """Everything the ledger says of itself."""
    try:
        ledger._journal.verify()
        entries = [
            {
                "number": entry.number,
                "kind": entry.kind,
                "batch": entry.batch,
                "stan": entry.stan,
                "amount": entry.amount,
                "status": entry.status,
                "approved": entry.approved,
                "voided": entry.voided and ledger.find(entry.stan).voided,  # either way of looking
                "refused": entry.refused,
                "of": entry.of,
                "response": entry.response,
                "org": entry.org,
                "auth_code": entry.auth_code,
                "printed": entry.printed,
            }
            for entry in ledger.entries()
        ]
    except SuanpanError as error:
        return {"broken": error.code}
    state = ledger.state
    settled = ledger.last_settlement()
    return {
        "broken": "",
        "entries": entries,
        "batch": ledger.batch,
        "batch_start": state.batch_start,
        "due": state.due,
        "settled": state.settled,
        "unbalanced": bool(settled and settled.get("unbalanced")),
        "queued": state.queued,
        "settling": state.settling,
        "totals": [[kind, org, count, amount] for (kind, org), (count, amount) in sorted(ledger.totals().items())],
    }


def told(error):
    text = io.StringIO()
    sys.print_exception(error, text)
    return text.getvalue()


def obey(order):
    flash = board.flash
    name = order["do"]
    if name == "live":
        return Life(order).run()
    if name == "keep":
        flash.keep()
    elif name == "restore":
        flash.restore()
    else:
        place = board.DATA_SECTORS * SECTOR + order["byte"]
        flash.cells[place] ^= order["bits"]
    return {}


def serve():
    """F and bytes: put them on the chip; D: what is on it; else an order. Nothing: the explorer has gone."""
    cells = board.flash.cells
    answer = b"{}"
    while True:
        order = link.explorer(b"R", answer)
        if not order:
            return
        if order[:1] == b"F":
            board.flash.program(order[1:])
            answer = b"{}"
        elif order[:1] == b"D":
            answer = bytes(cells)
        else:
            answer = json.dumps(obey(json.loads(order))).encode()
        gc.collect()


serve()
