"""PN532, the contactless reader's controller (NXP UM0701-02): the side that it shows to its host.

What goes over the bus is the same on all three: frames in, ACK and answer out, one at a time. pn532_hsu.py,
pn532_i2c.py and pn532_spi.py carry the bytes; pn532_commands.py and pn532_radio.py do what the frames say.

What the manual leaves open is decided against the driver: a chip that sleeps, as it does when its power comes, loses
what wakes it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from host_tools.bench.bus import Clock, Timer
from host_tools.bench.parts.field import Field
from host_tools.bench.parts.pn532_commands import Commands
from host_tools.bench.parts.pn532_frames import ACK, ERROR, NACK, BadSyntax, FrameParser, Work, information

_TO_CHIP = 0xD4
_TO_HOST = 0xD5
_ACK_US = 400
_ANSWER_US = 500
_DOWN_US = 1_000
_GAP_US = 50_000  # of silence, after which a frame that has begun is given up


class Pn532:
    """`outgoing` is a test's: what it makes of a frame is what the host gets, nothing if that is empty."""

    def __init__(self, field: Field, wake_source: int) -> None:
        """`wake_source` is the bit of PowerDown's WakeUpEnable that the host's bus has."""
        self.field = field
        self.outgoing: Callable[[bytes], bytes] = lambda frame: frame
        self.asleep = True
        self.asleep_us = 0  # all told, since the power came
        self.commands = Commands(self, field)
        self._wake_source = wake_source
        self._clock: Clock | None = None
        self._ready: Callable[[], None] = lambda: None
        self._parser = FrameParser()
        self._out: deque[bytes] = deque()
        self._reset()

    def _reset(self) -> None:
        self.wakes_by = 0xFF
        self.bare = False  # frames without pre- and postamble
        self.on_ack: Callable[[], None] | None = None  # what waits for the host's own ACK
        self._timer: Timer | None = None
        self._work: Work | None = None
        self._goes_down = False  # to sleep, once the host has its answer
        self._last = b""
        self._heard_us = self._slept_us = 0
        self._out.clear()
        self._parser.drop()

    # -- power --

    def attach(self, clock: Clock, ready: Callable[[], None]) -> None:
        """The power is on. `ready` is called when there is something for the host: the IRQ line goes low."""
        self._clock = clock
        self._ready = ready
        self._reset()
        self.asleep, self.asleep_us, self._slept_us = True, 0, clock.now_us
        self.commands.reset()

    def power_off(self) -> None:
        self._stop()
        self._clock = None
        self.field.switch(False)

    @property
    def powered(self) -> bool:
        return self._clock is not None

    @property
    def clock(self) -> Clock:
        assert self._clock
        return self._clock

    def sleep(self) -> None:
        """Power-down: the carrier is off, and no target is known any more."""
        self._stop()
        self._parser.drop()
        self.field.switch(False)
        self.commands.radio.forget()
        if not self.asleep:
            self.asleep, self._slept_us = True, self.clock.now_us

    def wake(self) -> bool:
        """The host's bus has moved. Whether the chip was asleep, and is awake now."""
        if not self.asleep or self._clock is None or not self.wakes_by & self._wake_source:
            return False
        self.asleep = False
        self.asleep_us += self._clock.now_us - self._slept_us
        return True

    # -- the host's side --

    def receive(self, data: bytes) -> None:
        if self._clock is None or self.asleep:
            return
        if self._clock.now_us - self._heard_us > _GAP_US:
            self._parser.drop()
        self._heard_us = self._clock.now_us
        self._parser.feed(data)
        for frame in self._parser:
            self._accept(frame)

    def forget_half(self) -> None:
        """A transaction of the bus begins: no frame goes over its end."""
        self._parser.drop()

    def interrupts(self) -> bool:
        """Whether its interrupt line (P70_IRQ) is low: a frame waits, and SAMConfiguration lets it say so."""
        return self.ready and self.commands.interrupts

    @property
    def ready(self) -> bool:
        return bool(self._out)

    def take(self) -> bytes:
        """The frame that is ready, if one is."""
        frame = self._out.popleft() if self._out else b""
        if frame and self._goes_down and not self._out:
            self._goes_down = False
            self._later(_DOWN_US, self.sleep)
        return frame

    def _accept(self, frame: bytes) -> None:
        if frame == NACK:
            if self._last:
                self._later(_ACK_US, lambda: self._put(self._last))
        elif frame == ACK:
            self._stop()  # abort; nothing else is under way if it only confirms an answer
            if self.on_ack:
                self.on_ack()
                self.on_ack = None
        else:
            self._stop()
            self._later(_ACK_US, lambda: self._begin(frame))

    def _begin(self, frame: bytes) -> None:
        self._put(self._trimmed(ACK))
        try:
            if frame[0] != _TO_CHIP or len(frame) < 2:
                raise BadSyntax
            self._work = self.commands.work(frame[1], frame[2:])
        except BadSyntax:
            self._later(_ANSWER_US, self._complain)
            return
        self._later(_ANSWER_US, lambda: self._go_on(frame[1]))

    def _go_on(self, code: int) -> None:
        """Work until the next time that something takes time."""
        assert self._work
        try:
            delay = next(self._work)
        except StopIteration as end:
            self._work = None
            if end.value is not None:
                self._answer(information(bytes([_TO_HOST, code + 1]) + end.value))
        except BadSyntax:
            self._complain()
        else:
            self._later(delay, lambda: self._go_on(code))

    def _complain(self) -> None:
        self._work = None
        self._answer(ERROR)

    def _answer(self, frame: bytes) -> None:
        self._timer = None
        self._last = self._trimmed(frame)
        self._goes_down = self.commands.power_down
        self._put(self._last)

    def _put(self, frame: bytes) -> None:
        """What the host gets; it is the last of something that was waited for."""
        self._timer = None
        frame = self.outgoing(frame)
        if frame:
            self._out.append(frame)
            self._ready()

    def _trimmed(self, frame: bytes) -> bytes:
        return frame[1:-1] if self.bare else frame

    def _later(self, delay_us: int, action: Callable[[], None]) -> None:
        self._timer = self.clock.call_later(delay_us, action)

    def _stop(self) -> None:
        """Whatever is being done, or is to be said, is dropped."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._work:
            self._work.close()
            self._work = None
        self._out.clear()
