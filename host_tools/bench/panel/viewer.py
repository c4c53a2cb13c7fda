"""One browser at the desk: what it has been told already, what is new, and what it asks for.

To the page: JSON objects with a `kind`, and pictures in binary, the first byte saying which:
    01, then the display: 64 rows of 16 bytes, or 320 rows of 240 pixels of three bytes;
    02, then the number of a slip (u16, little-endian) and a PNG of the next strip that was printed on it.
From the page: JSON objects with a `do` (orders.py). What cannot be obeyed is answered with kind `refused` and a `why`.
"""

from __future__ import annotations

import asyncio
import io
import json
from typing import TYPE_CHECKING, Any

from PIL import Image

from host_tools.acquirer.codes import Code
from host_tools.bench.panel import boards, examples, orders
from host_tools.bench.panel.wallet import describe
from host_tools.bench.screen_reader import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host_tools.acquirer.trace import Record
    from host_tools.bench.panel.desk import Desk
    from host_tools.bench.parts.paper import Print

_DISPLAY, _STRIP = b"\x01", b"\x02"
_MEANINGS = {code.value: code.meaning for code in Code}


class Viewer:
    """Keeps its own place in all that there is to see, so a slow browser skips frames but no contents."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._news = asyncio.Event()
        self._news.set()
        self._keys: set[str] = set()  # held down from here
        self._answers: list[dict[str, Any]] = []
        self._greeted = False
        self._pixels = b""
        self._status: dict[str, Any] = {}
        self._strip = (desk.slips_torn, 0)  # the next one to tell of: slip, strip
        self._messages = 0
        self._stories = 0

    def __enter__(self) -> Viewer:
        self._desk.watchers.add(self._news.set)
        return self

    def __exit__(self, *_: object) -> None:
        self._desk.watchers.remove(self._news.set)
        for key in self._keys:
            self._desk.release(key)

    async def news(self) -> list[str | bytes]:
        """Wait until something may have changed, and tell what has, if anything."""
        await self._news.wait()
        self._news.clear()
        return [news if isinstance(news, bytes) else json.dumps(news) for news in self._look()]

    async def obey(self, text: str | bytes) -> None:
        """An order as it came; an answer to it is among the news."""
        try:
            if isinstance(text, bytes):
                raise orders.Refused("orders are text")
            answer = await orders.obey(self._desk, json.loads(text), self._key)
        except orders.Refused as problem:
            answer = {"kind": "refused", "why": str(problem)}
        except (json.JSONDecodeError, RecursionError):
            answer = {"kind": "refused", "why": "that is no JSON"}
        if answer:
            self._answers.append(answer)
            self._news.set()

    def _key(self, key: str, down: bool) -> None:
        if down and key not in self._keys:
            self._keys.add(key)
            self._desk.press(key)
        elif not down and key in self._keys:
            self._keys.remove(key)
            self._desk.release(key)

    def _look(self) -> Iterator[dict[str, Any] | bytes]:
        desk = self._desk
        if not self._greeted:
            self._greeted = True
            yield {"kind": "wallet", "cards": describe(desk.cards, desk.bench.now().date(), desk.chips)}
            yield {"kind": "bench", "boards": boards.describe(), "examples": examples.describe()}
        answers, self._answers = self._answers, []
        yield from answers
        yield from self._look_at_paper()
        status = desk.status()
        if status != self._status:
            self._status = status
            yield {"kind": "status", **status}
        pixels = desk.bench.parts.display.pixels()
        if pixels != self._pixels:
            self._pixels = pixels
            yield _DISPLAY + pixels
            yield {"kind": "text", "lines": read_lines(pixels)}
        for record in desk.messages.after(self._messages):
            yield {"kind": "message", "meaning": _meaning(record), **record.as_dict()}
        self._messages = desk.messages.total
        for story in desk.stories.after(self._stories):
            yield {"kind": "story", **story}
        self._stories = desk.stories.revision

    def _look_at_paper(self) -> Iterator[bytes]:
        printer = self._desk.bench.parts.printer
        for number, slip in enumerate([*printer.slips, printer.paper]):
            if number < self._strip[0]:
                continue
            told = self._strip[1] if number == self._strip[0] else 0
            for item in slip.prints[told:]:
                yield _STRIP + number.to_bytes(2, "little") + _png(item)
            self._strip = number, len(slip.prints)


def _png(item: Print) -> bytes:
    """Two pixels to the dot, ink black on white."""
    ink = item.draw()
    strip = Image.new("1", ink.size, 1)
    strip.paste(0, mask=ink)
    png = io.BytesIO()
    strip.save(png, "PNG")
    return png.getvalue()


def _meaning(record: Record) -> str:
    """Of the response code, where the message has one."""
    code = next((field.value for field in record.fields if field.number == 39), "")
    return _MEANINGS.get(code, "")
