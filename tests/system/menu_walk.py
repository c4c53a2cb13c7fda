"""A walk through everything that a person can reach with keys: every screen, and at each of them every key.

A place is a screen and the menu's entry that led to it, with numbers left out: so a prompt with three digits in it is
the prompt. From each place every key is pressed, the question is answered well and badly, and nobody presses anything
until the time is up; where that leads to a place not seen before, the walk goes on from there. Between two such steps
the terminal is brought home, by 取消 or by waiting, and what it must be there is looked at.

What would change who may do what, or take back what the walk lives on, is not done (`Walk.ends`): it would lead into
another world.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from zlib import crc32

from host_tools.bench.parts.keypad import LEGEND
from host_tools.bench.shop import Shop
from host_tools.flash.factory import partitions
from tests.journal import records

KEYS = tuple(key for row in LEGEND for key in row)
DIGITS = tuple("0123456789")
TIMEOUT = "(nobody)"
PIN = "pin enter"  # of the card that was swiped last
_PROMPT_S = 61
_MOST_CANCELS = 6
_LONGEST_S = 601  # that anything waits for a person

# What is over by itself, without anybody.
_TRANSIENT = ("请稍候", "正在", "打印持卡人", "按键无效", "请等待", "Please wait", "Printing", "Connecting", "Wait (")
# What a person may answer, by words on the screen: keys, or a card after "swipe".
_ANSWERS: dict[str, tuple[str, ...]] = {
    "主管密码": ("1 2 3 4 5 6 enter", "0 0 0 0 0 1 enter"),
    "管理员密码": ("9 9 9 9 9 9 9 9 enter", "0 0 0 0 0 0 0 1 enter"),
    "柜员密码": ("0 0 0 0 enter", "0 0 0 1 enter"),
    "再输一遍": ("1 3 8 0 1 3 8 0 enter", "1 3 8 0 1 3 enter", "1 3 8 0 enter"),
    "新密码": ("1 1 1 1 1 1 1 1 enter", "1 1 1 1 1 1 enter", "1 1 1 1 enter", "1 3 7 9 1 3 7 9 enter",
            "1 3 7 9 1 3 enter", "1 3 7 9 enter"),
    "柜员号": ("0 1 enter", "0 0 enter", "9 9 enter", "7 7 enter"),
    "原凭证号": ("2 enter", "9 9 9 9 enter"),
    "原授权码": ("6 5 4 3 2 1 enter",),
    "日期": ("1 1 2 3 enter", "0 1 0 1 enter"),
    "原批次号": ("0 0 0 0 0 1 enter",),
    "原参考号": ("1 2 3 4 5 6 7 8 9 0 1 2 enter",),
    "卡号末四位": ("1 2 3 4 enter",),
    "电脑地址": ("1 2 7 0 0 0 0 0 0 0 0 1 enter",),
    "有效期": ("1 2 3 0 enter", "1 2 2 4 enter"),
    "卡号": ("6 2 2 2 0 2 1 2 3 4 5 6 7 8 9 0 enter", "1 enter"),
    "确认键继续": ("1 enter", "1 2 3 4 5 6 7 8 9 0 1 2 enter"),
    "电话授权码": ("6 5 4 3 2 1 enter",),
    "请刷卡": ("swipe plain", "swipe empty", "swipe expired"),
    "请输入密码": (PIN,),
}  # fmt: skip
_WRONG = ("未获主管授权", "柜员号或密码错误")


@dataclass(frozen=True)
class Place:
    entry: str  # the keys that have chosen in menus
    lines: tuple[str, ...]

    def shows(self, *texts: str) -> bool:
        return all(any(text in line for line in self.lines) for text in texts)

    def headed(self, *titles: str) -> bool:
        """Whether it is a menu of one of these titles."""
        return any(title in line and not line.startswith("»") for title in titles for line in self.lines)

    def __str__(self) -> str:
        return f"[{self.entry}] {' / '.join(self.lines)}"


@dataclass
class Count:
    """What a walk has done."""

    places: int = 0
    steps: int = 0
    keys: int = 0
    returns: int = 0
    ends: set[tuple[Place, str]] = field(default_factory=set)
    per_way: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        ways = ", ".join(f"{way} {count}" for way, count in sorted(self.per_way.items()))
        return (
            f"{self.places} places, {self.steps} steps, {self.keys} keys, back home {self.returns} times ({ways}), "
            f"{len(self.ends)} steps that belong to others"
        )


class Walk:
    """`home` says whether a screen is where everything ends; `return_home` does what a person must where 取消 does not
    lead there, `heal` keys the right password there after a wrong one. `ends` are steps that the walk does not take,
    `share` is how much it presses of the keys that seldom matter.
    """

    def __init__(
        self,
        shop: Shop,
        home: Callable[[tuple[str, ...]], bool],
        return_home: Callable[[Shop], None],
        heal: Callable[[Shop, Place], None],
        ends: Callable[[Place, str], bool],
        share: float = 1,
    ) -> None:
        self.shop = shop
        self.count = Count()
        self.paths: dict[Place, tuple[str, ...]] = {}
        self._home = home
        self._return_home = return_home
        self._heal = heal
        self._wrong: Place | None = None  # where a wrong password was keyed last
        self._ends = ends
        self._share = share
        self._at = Place("", self._lines())
        self._homes: set[Place] = set()
        self._card = shop.cards["plain"]
        self._menus: dict[tuple[str, ...], Place] = {}
        self._last_flash, self._recorded = self._flash(), self._records()
        self._heard = len(shop.trace)
        assert home(self._at.lines), self._at

    # -- the walk --

    def run(self) -> Count:
        """Everything that can be reached. Raises AssertionError where something is left behind."""
        start = self._at
        self._homes = {start}
        self.paths[start] = ()
        deeper = [(start, self._steps(start))]
        while deeper:
            place, steps = deeper[-1]
            step = next(steps, "")
            if not step:
                deeper.pop()
            elif self._ends(place, step):
                self.count.ends.add((place, step))
            else:
                self._go(place)
                found = self._do(place, step)
                self.count.steps += 1
                if found == place and step in DIGITS and not self._is_menu(place):
                    self._do(place, "clear")
                elif found not in self.paths and not self._home(found.lines):
                    self.paths[found] = (*self.paths[place], step)
                    deeper.append((found, self._steps(found)))
        self._go_home("取消")
        self.count.places = len(self.paths)
        return self.count

    def visit(self, place: Place, path: tuple[str, ...], way: str) -> int:
        """Go to a place that another walk has found, and home again: the bytes alive there."""
        self.paths[place] = path
        self._go_home("取消")
        self._go(place)
        self._go_home(way)
        self._rest()
        return self.shop.bench.heap_now

    def _steps(self, place: Place) -> Iterator[str]:
        """What leads on, always: the first answer, and a menu's digits. The rest as often as there is time for."""
        for words, answers in _ANSWERS.items():
            if place.shows(words) and not self._is_menu(place):
                yield from (
                    each for each in answers if each == answers[0] or place in self._homes or self._chosen(place, each)
                )
                break
        for key in KEYS:
            leads_on = (self._is_menu(place) and key in (*DIGITS, "down")) or (
                place in self._homes and key in "0 1 menu"
            )
            if leads_on or self._chosen(place, key):
                yield key
        if self._chosen(place, TIMEOUT):
            yield TIMEOUT

    def _chosen(self, place: Place, step: str) -> bool:
        return crc32(f"{place} {step}".encode()) % 1000 < 1000 * self._share

    # -- steps --

    def _go(self, place: Place) -> None:
        """To a place, from wherever the terminal is."""
        if self._at == place:
            return
        self._go_home("时间" if crc32(str(place).encode()) % 4 == 0 else "取消")
        self._rest()
        at = self._at
        for step in self.paths[place]:
            at = self._do(at, step)
        assert at == place, f"{self.paths[place]} led to {at}, and before to {place}"

    def _do(self, place: Place, step: str) -> Place:
        bench = self.shop.bench
        if step == TIMEOUT:
            bench.run(_PROMPT_S)
        elif step.startswith("swipe "):
            self._card = self.shop.cards[step.split()[1]]
            self.shop.swipe(self._card)
            bench.run(0.5)
        else:
            keys = [*self._card.pin, "enter"] if step == PIN else step.split()
            self.count.keys += len(keys)
            bench.press(*keys)
        entry = place.entry
        if self._is_menu(place) and step in DIGITS:
            entry += step
        elif self._home(place.lines):
            entry = step if " " in step else "" if step == "menu" else "digits"
        lines = self._settled()
        self._at = place if lines == place.lines else Place(entry, lines)
        if self._is_menu(self._at):  # to which its entries lead back
            self._at = self._menus.setdefault(lines, self._at)
        if any(self._at.shows(words) for words in _WRONG):
            self._wrong = place
        if self._home(self._at.lines):
            self._at = Place("", self._at.lines)
            self._look()
        return self._at

    def _rest(self) -> None:
        """At home: a wrong password is made good, before they are too many."""
        if self._wrong:
            wrong, self._wrong = self._wrong, None
            self._heal(self.shop, wrong)
            self._at = Place("", self._settled())
            self._look()

    def _is_menu(self, place: Place) -> bool:
        return any(line.startswith("»") for line in place.lines)

    def _go_home(self, way: str) -> None:
        """By 取消, or by waiting; what a person must do besides is the last resort."""
        bench = self.shop.bench
        if self._home(self._at.lines):
            return
        for _ in range(_MOST_CANCELS if way == "取消" else _LONGEST_S // _PROMPT_S + 2):
            if way == "取消":
                self.count.keys += 1
                bench.press("cancel")
            else:
                bench.run(_PROMPT_S)
            if self._home(self._settled()):
                break
        else:
            before = self._at
            self._return_home(self.shop)
            way = "手"
            assert self._home(self._settled()), f"no way back from {before}"
        self.count.per_way[way] = self.count.per_way.get(way, 0) + 1
        self.count.returns += 1
        self._at = Place("", self._lines())
        self._look()

    # -- what is seen --

    def _settled(self) -> tuple[str, ...]:
        """The screen, once it waits for a person."""
        bench = self.shop.bench
        for _ in range(2000):
            lines = self._lines()
            if not any(words in line for words in _TRANSIENT for line in lines):
                return lines
            bench.run(0.2)
        raise AssertionError(f"for ever: {lines}")

    def _lines(self) -> tuple[str, ...]:
        return tuple(_without_numbers(line) for line in self.shop.bench.screen())

    def _look(self) -> None:
        """At home: whose money it was is gone from the screen, and what was not done is not in the journal."""
        assert not any(re.search(r"[#0]\.|\*", line) for line in self._at.lines), self._at
        heard, flash = len(self.shop.trace), self._flash()
        if flash != self._last_flash:  # idle time makes a sector ready: that is no record
            recorded = self._records()
            assert recorded == self._recorded or heard != self._heard, "recorded, and the host knows nothing"
            self._last_flash, self._recorded = flash, recorded
        self._heard = heard

    def _flash(self) -> int:
        partition = partitions()["journal"]
        return crc32(self.shop.bench.flash.read(partition.offset, partition.size))

    def _records(self) -> int:
        return len(records(self.shop.bench.flash.image(), self.shop.secrets.journal_key))


def _without_numbers(line: str) -> str:
    """`3 退货` is an entry of a menu, `1__` a number that has been begun, `0.05` an amount, `***` a secret."""
    entry = re.fullmatch(r"\d ([^\d].*)", line)
    if entry:
        return f"» {_without_numbers(entry[1])}"
    line = re.sub(r"_+", "_", line)
    line = re.sub(r"\b(?!0\.00\b)\d+\.\d\d", "#.##", line)
    return re.sub(r"\*+", "*", re.sub(r"(?<![#.\d])\d+(?![.\d])", "#", line))
