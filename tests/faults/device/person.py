# mypy: ignore-errors
"""Who stands at the terminal: reads the screen, presses keys, swipes a card; and the parts that only they notice."""

import asyncio

from link import Stuck

from suanpan.drivers.swipe_reader import Swipe

IDLE = "message.idle"
_CARD = "title.card"
_WAIT = "message.wait"
_SENDING = "title.sending"
_SCAN = "title.scan"
CODE = "title.scan_waiting"
_MANY = 400  # keys that nobody presses in one life
_ALWAYS = {  # what is answered where an act says nothing
    "message.operator": ["0", "1", "enter"],
    "message.password": ["0", "0", "0", "0", "enter"],
    "title.tip": ["2"],  # the guest writes it on the slip
}


class Ready(BaseException):
    """The counter is idle and nobody has anything left to do."""


class Fault(BaseException):
    """The screen says that the terminal is out of order."""


class Person:
    """Goes through acts, each [keys to press by a text that is on the screen, track 2, a card's name if it is put in,
    a card's name if it is tapped, a code on a telephone].

    What stands on the idle screen begins an act, and the next idle screen ends it. A screen that no text of the act
    is on is answered with 确认. `following()` is the next act, or None while there is only to wait; it raises Ready.
    The key "" is none: a turn goes by. "#" is all the digits of the voucher number of `newest()`, "@" those
    of its authorisation code.
    """

    def __init__(self, following, newest):
        self._following = following
        self._newest = newest
        self._answers = {}
        self._at = {}  # text: how many of its keys have been pressed
        self._keys = 0
        self.clear()
        self.track = ""
        self.chip = ""
        self.tap = ""
        self.code = ""
        self.inserted = False
        # The titles and errors that were seen, "slip" for each that was printed: before the first act, then in each.
        self.told = [[]]

    # -- the display --

    columns = widest = 100  # so wide that no name is broken
    rows = 4

    def clear(self):
        self._words = []
        self._title = ""

    def show(self):
        told = self.told[-1]
        if not told or told[-1] != self._title:
            told.append(self._title)
            told.extend(word for word in self._words if word.startswith("error."))
        if "message.remove_card" in self._words:
            self.inserted = False
        if self._title == "title.fault":
            raise Fault(" ".join(self._words[1:]))

    def text(self, row, text, *_):
        self._words.append(text)
        if not row and not self._title:
            self._title = text

    centre = right = large = text

    def bar(self, *_):
        pass

    # -- the keypad --

    scrambled = False

    async def run(self):
        pass

    def stuck(self):
        return []

    async def key(self):
        key = self._answer()
        if not key:
            await asyncio.Event().wait()
        self._keys += 1
        if self._keys > _MANY:
            raise Stuck
        return key

    def _answer(self):
        """The next key; None or "" to let time pass."""
        words = self._words
        if IDLE in words and not self._at.get(IDLE):
            act = self._following()
            if act is None:
                return None
            answers, self.track, self.chip, self.tap, self.code = act
            self._answers = {text: self._keyed(keys) for text, keys in answers.items()}
            self._at = {}
            self.told.append([])
        if _CARD in words or _WAIT in words or (self.code and _SCAN in words):
            return None
        for answers in (self._answers, _ALWAYS):
            for text in reversed(words):  # what is asked says more than the title
                keys = answers.get(text)
                if keys:
                    at = self._at.get(text, 0)
                    self._at[text] = (at + 1) % len(keys)
                    return self._named(keys[at]) if keys[at][:1] == "=" else keys[at]
        return None if _SENDING in words or CODE in words else "enter"

    def _keyed(self, keys):
        found = []
        for key in keys:
            found.extend(self._newest().stan if key == "#" else self._newest().auth_code if key == "@" else (key,))
        return found

    def _named(self, wanted):
        """The number of a line of a list that reads "=..."; further down while it is not seen."""
        for line in self._words:
            number, _, text = line.partition(" ")
            if text == wanted[1:]:
                return number
        return "down"

    # -- the parts --

    async def swipe(self):
        if self.chip:
            self.inserted = True
        if self.chip or self.tap or not self.track:
            await asyncio.Event().wait()
        swipe = Swipe()
        line = self.track.encode()
        swipe.view[: len(line)] = line
        swipe.split(len(line))
        return swipe

    def flush(self):
        pass
