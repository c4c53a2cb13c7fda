"""Messages that are nearly right: those of a whole day, damaged as lines and other programs damage them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

from host_tools.acquirer import spec

DAY = Path(__file__).parents[1] / "vectors" / "iso8583_day.json"
_TELLING = bytes.fromhex("0001090a0f10192022303940607f809099a0f0ff")
_BITMAP = range(spec.PREFIX_LENGTH + 2, spec.PREFIX_LENGTH + 10)
_LONGEST = 300  # bytes that are added


def captured() -> list[bytes]:
    """TPDU, header and message of each."""
    return [bytes.fromhex(one["frame"]) for one in json.loads(DAY.read_text("utf-8"))["messages"]]


class Damage:
    """Chance that repeats itself, by its seed."""

    def __init__(self, seed: int, frames: list[bytes]) -> None:
        self.random = Random(seed)
        self._frames = frames
        self._ways: list[Callable[[bytearray], bytearray]] = [
            self._bit, self._bit, self._byte, self._byte, self._bitmap, self._bitmap, self._missing, self._more,
            self._cut, self._longer, self._other, self._noise,
        ]  # fmt: skip

    def frame(self) -> bytes:
        """One of them, as it was or changed in up to three places; now and then something else altogether."""
        frame = bytearray(self.random.choice(self._frames))
        for _ in range(self.random.choice((0, 1, 1, 1, 1, 2, 3))):
            if frame:
                frame = self.random.choice(self._ways)(frame)
        return bytes(frame)

    def _bit(self, frame: bytearray) -> bytearray:
        frame[self.random.randrange(len(frame))] ^= 1 << self.random.randrange(8)
        return frame

    def _byte(self, frame: bytearray) -> bytearray:
        frame[self.random.randrange(len(frame))] = self.random.choice(_TELLING)
        return frame

    def _bitmap(self, frame: bytearray) -> bytearray:
        at = self.random.choice(_BITMAP)
        if at < len(frame):
            frame[at] ^= 1 << self.random.randrange(8)
        return frame

    def _missing(self, frame: bytearray) -> bytearray:
        at = self.random.randrange(len(frame))
        del frame[at : at + self.random.randint(1, 9)]
        return frame

    def _more(self, frame: bytearray) -> bytearray:
        at = self.random.randrange(len(frame) + 1)
        frame[at:at] = self.random.randbytes(self.random.randint(1, 9))
        return frame

    def _cut(self, frame: bytearray) -> bytearray:
        return frame[: self.random.randrange(len(frame))]

    def _longer(self, frame: bytearray) -> bytearray:
        return frame + self.random.randbytes(self.random.randrange(_LONGEST))

    def _other(self, frame: bytearray) -> bytearray:
        """The rest of another message."""
        other = self.random.choice(self._frames)
        return frame[: self.random.randrange(len(frame))] + other[self.random.randrange(len(other)) :]

    def _noise(self, frame: bytearray) -> bytearray:
        return bytearray(self.random.randbytes(self.random.randrange(_LONGEST)))
