"""The workshop's cable, in virtual time: what pyserial's `Serial` would be, plugged into the bench's service line."""

from __future__ import annotations

from host_tools.bench.lockstep import LockstepBench

_PATIENCE_S = 1.0


class Cable:
    """Reading lets time pass, by so many seconds at a time, until something is heard."""

    def __init__(self, bench: LockstepBench, step_s: float = 0.05, patience_s: float = _PATIENCE_S) -> None:
        self._bench = bench
        self._port = bench.parts.service
        self._step_s = step_s
        self._steps = round(patience_s / step_s)

    def write(self, data: bytes) -> None:
        self._port.send(data)

    def read(self, size: int = 1) -> bytes:
        for _ in range(self._steps):
            if self._port.heard:
                break
            self._bench.run(self._step_s)
        data = bytes(self._port.heard[:size])
        del self._port.heard[:size]
        return data
