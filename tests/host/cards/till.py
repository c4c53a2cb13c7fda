"""A terminal of few words for the cards' own tests: commands as the books write them, and the data that they need."""

from __future__ import annotations

from host_tools.cards.application import Interface
from host_tools.cards.card import Card
from host_tools.cards.tlv import find, give, objects

ARQC, TC, AAC, CDA = 0x80, 0x40, 0x00, 0x10

TERMINAL = {
    0x9F02: bytes.fromhex("000000010000"),
    0x9F03: bytes(6),
    0x9F1A: bytes.fromhex("0156"),
    0x95: bytes(5),
    0x5F2A: bytes.fromhex("0156"),
    0x9A: bytes.fromhex("261123"),
    0x9C: b"\0",
    0x9F37: bytes.fromhex("CAFEBABE"),
    0x9F35: b"\x22",
    0x9F66: bytes.fromhex("26804080"),
}


class Till:
    """`said` are the terminal's data and the card's, by tag, as F55 would have them."""

    def __init__(self, card: Card, interface: Interface = Interface.CONTACT, **changes: str) -> None:
        self.card = card
        self.said = dict(TERMINAL) | {int(tag[1:], 16): bytes.fromhex(value) for tag, value in changes.items()}
        self.contactless = interface is Interface.CONTACTLESS
        self.sent = b""
        card.reset(interface)

    def send(self, cla: int, ins: int, p1: int, p2: int, data: bytes = b"", le: bool = False) -> tuple[bytes, int]:
        body = bytes([len(data)]) + data if data else b""
        answer = self.card.exchange(bytes([cla, ins, p1, p2]) + body + b"\0" * (le or not data))
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def expect(self, *command: int | bytes, sw: int = 0x9000) -> bytes:
        data, status = self.send(*command)  # type: ignore[arg-type]
        assert f"{status:04X}" == f"{sw:04X}"
        return data

    def select(self, number: int = 0, sw: int = 0x9000) -> bytes:
        application = self.card.applications[number]
        self.said[0x84] = application.aid
        fci = self.expect(0x00, 0xA4, 0x04, 0x00, application.aid, sw=sw)
        self.pdol = dict(objects(find(fci, 0x6F, 0xA5))).get(0x9F38, b"")
        return fci

    def initiate(self, number: int = 0) -> None:
        self.select(number)
        self.sent = give(self.pdol, self.said)
        answer = self.expect(0x80, 0xA8, 0x00, 0x00, b"\x83" + bytes([len(self.sent)]) + self.sent)
        tag, value = next(objects(answer))
        found = dict(objects(value)) if tag == 0x77 else {0x82: value[:2], 0x94: value[2:]}
        self.said |= found

    def read(self) -> dict[int, bytes]:
        """Every record; the static data to be authenticated are left in `static`."""
        found: dict[int, bytes] = {}
        self.static = b""
        located = self.said[0x94]
        for at in range(0, len(located), 4):
            reference, first, last, signed = located[at : at + 4]
            for number in range(first, last + 1):
                record = find(self.expect(0x00, 0xB2, number, reference | 4), 0x70)
                found |= dict(objects(record))
                if number - first < signed:
                    self.static += record
        self.static += self.said[0x82] if 0x9F4A in found else b""
        self.said |= found
        return found

    def generate(self, control: int, cdol: int = 0x8C) -> int:
        """The kind of cryptogram that comes back."""
        values = give(self.said[cdol], self.said)
        self.sent += values
        answer = self.expect(0x80, 0xAE, control, 0x00, values)
        self.answer = answer
        tag, value = next(objects(answer))
        if tag == 0x77:
            found = dict(objects(value))
        else:
            found = {0x9F27: value[:1], 0x9F36: value[1:3], 0x9F26: value[3:11], 0x9F10: value[11:]}
        self.said |= found
        return found[0x9F27][0]

    def go_online(self, number: int = 0) -> None:
        """Up to an ARQC."""
        self.initiate(number)
        self.read()
        assert self.generate(ARQC) == ARQC
