"""A unit at the far end of the injection line, written from the protocol's description alone."""

from __future__ import annotations

import binascii
import hashlib
import hmac
from dataclasses import dataclass, field

import psec

START, UNIT, LOAD, LOADED, REFUSED = 1, 2, 3, 4, 15


def sha(key: bytes, *parts: bytes) -> bytes:
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def pack(kind: int, body: bytes) -> bytes:
    content = bytes((kind,)) + len(body).to_bytes(2, "big") + body
    return b"\xa5" + content + binascii.crc32(content).to_bytes(4, "big")


def unpack(data: bytes) -> tuple[int, bytes]:
    """The one frame that `data` is."""
    kind, body = data[1], data[4:-4]
    assert data == pack(kind, body)
    return kind, body


@dataclass
class Unit:
    """Answers frame by frame. `tmk` is what it holds; with one, or without an injection key, it refuses."""

    serial: bytes
    terminal: bytes
    injection_key: bytes | None
    nonces: list[bytes] = field(default_factory=lambda: [bytes([n]) * 16 for n in range(1, 10)])
    tmk: bytes | None = None
    heard: list[bytes] = field(default_factory=list)
    _session: bytes | None = None

    def answer(self, data: bytes) -> bytes:
        self.heard.append(data)
        kind, body = unpack(data)
        if self.tmk is not None:
            return self.refuse(1)
        if self.injection_key is None:
            return self.refuse(2)
        if kind == START:
            return self.introduce(body)
        assert kind == LOAD
        return self.load(body)

    def introduce(self, host_nonce: bytes) -> bytes:
        assert len(host_nonce) == 16
        assert self.injection_key is not None
        nonce = self.nonces.pop(0)
        self._session = sha(self.injection_key, b"suanpan injection 1", host_nonce, nonce, self.serial)
        return pack(UNIT, nonce + self.proof(UNIT, nonce + self.serial) + self.serial)

    def load(self, body: bytes) -> bytes:
        session = self._session
        if session is None or not hmac.compare_digest(body[:32], self.proof(LOAD, body[32:])):
            self._session = None
            return self.refuse(3)
        if body[32:40] != self.terminal:
            return self.refuse(4)
        size = body[40]
        value, block = body[41 : 41 + size], body[41 + size :].decode()
        header, key = psec.tr31.unwrap(sha(session, b"key block"), block)
        assert (header.version_id, header.key_usage, header.mode_of_use, header.exportability) == ("D", "K0", "D", "N")
        if {"T": 3, "4": 3, "A": 5}[header.algorithm] != size:
            return self.refuse(6)
        self.tmk, self.injection_key = key, None
        return pack(LOADED, self.proof(LOADED, value) + value)

    def proof(self, kind: int, content: bytes) -> bytes:
        assert self._session is not None
        return sha(sha(self._session, b"proof"), bytes((kind,)), content)

    def refuse(self, reason: int) -> bytes:
        return pack(REFUSED, bytes((reason,)))
