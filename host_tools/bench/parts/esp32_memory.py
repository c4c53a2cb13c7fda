"""An ESP32's RAM as its loader fills it: segments that come block by block, and may be entered when they are whole."""

from __future__ import annotations

from dataclasses import dataclass

from host_tools.bench.parts.esp32_flash import Refusal, Trouble


@dataclass
class _Segment:
    address: int
    size: int
    blocks: int
    block_size: int
    next: int = 0
    loaded: int = 0

    @property
    def whole(self) -> bool:
        return self.loaded == self.size and self.next == self.blocks


class Memory:
    def __init__(self) -> None:
        self._segments: list[_Segment] = []

    def begin(self, size: int, blocks: int, block_size: int, address: int) -> None:
        self._segments.append(_Segment(address, size, blocks, block_size))

    def block(self, number: int, data: bytes) -> None:
        if not self._segments:
            raise Refusal(Trouble.NOT_BEGUN)
        segment = self._segments[-1]
        if number != segment.next or len(data) > segment.block_size or segment.loaded + len(data) > segment.size:
            raise Refusal(Trouble.LENGTH)
        segment.next += 1
        segment.loaded += len(data)

    def finish(self) -> None:
        if not all(segment.whole for segment in self._segments):
            raise Refusal(Trouble.LENGTH)

    def is_program(self, entry: int) -> bool:
        """Whether there is code to be entered there: all has come that was announced, and `entry` is in it."""
        return all(segment.whole for segment in self._segments) and any(
            segment.address <= entry < segment.address + segment.size for segment in self._segments
        )
