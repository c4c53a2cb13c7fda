"""Calls into the firmware as it runs on the unix port, for comparison with what other libraries answer."""

from __future__ import annotations

from collections import Counter

from tests.interpreter import Interpreter


class Refused(Exception):
    """The firmware raised the error of this name."""


class Peer(Interpreter):
    """One MicroPython process that serves every example of a test module, in a heap like the terminal's."""

    def __init__(self) -> None:
        super().__init__("differential_peer.py", "256k")
        self.calls = Counter[str]()  # of each operation

    def call(self, operation: str, *arguments: bytes) -> bytes:
        """What the operation (differential_peer.py) returns; raises Refused."""
        self.calls[operation] += 1
        self.say(" ".join((operation, *(argument.hex() for argument in arguments))))
        answer = self.hear()
        if answer.startswith("!"):
            raise Refused(answer[1:])
        return bytes.fromhex(answer)
