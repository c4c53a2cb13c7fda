"""Certificates and signatures of every card, opened by a reading of EMV 4.3 Book 2 that shares nothing with theirs."""

from __future__ import annotations

from hashlib import sha1

import pytest

from host_tools.cards.application import Interface
from host_tools.cards.entries import load
from host_tools.cards.minting import Mint
from host_tools.cards.tlv import find, give, objects, tlv
from host_tools.keys.authority import CaKey
from tests.host.cards.till import AAC, ARQC, CDA, TC, Till

POPULATION = load()
SOUND = [
    name
    for name, card in POPULATION.cards.items()
    if not card.card_blocked
    and not any(each.spoil or each.blocked or each.refuses_here for each in card.applications)
    and card.applications[0].oda != "none"
]
WRONG = [name for name, card in POPULATION.cards.items() if any(each.spoil for each in card.applications)]


class Forged(Exception):
    pass


def recover(modulus: bytes, exponent: bytes, signature: bytes, kind: int, beside: bytes) -> bytes:
    """Annex A2.1: what stands between the header's format byte and the hash."""
    if len(signature) != len(modulus):
        raise Forged("length")
    number = pow(int.from_bytes(signature, "big"), int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big"))
    block = number.to_bytes(len(modulus), "big")
    if block[0] != 0x6A or block[-1] != 0xBC or block[1] != kind:
        raise Forged("frame")
    if sha1(block[1:-21] + beside).digest() != block[-21:-1]:
        raise Forged("hash")
    return block[2:-21]


def issuer_key(ca: CaKey, said: dict[int, bytes], pan: str) -> bytes:
    """Tables 5 to 7."""
    remainder = said.get(0x92, b"")
    body = recover(ca.modulus, ca.exponent.to_bytes(3, "big"), said[0x90], 0x02, remainder + said[0x9F32])
    identifier, expires, algorithms = body[0:4].hex().rstrip("f"), body[4:6].hex(), body[9:11]
    assert pan.startswith(identifier) and len(identifier) >= 3
    assert (expires[2:], expires[:2]) >= ("26", "11")
    assert algorithms == b"\x01\x01"
    size, exponent_size = body[11], body[12]
    assert exponent_size == len(said[0x9F32])
    modulus = (body[13:] + remainder)[:size] if remainder else body[13 : 13 + size]
    assert set(body[13 + size :]) <= {0xBB}
    assert len(modulus) == size
    return modulus


def card_key(issuer: bytes, said: dict[int, bytes], pan: str, static: bytes) -> bytes:
    """Tables 13 to 15."""
    remainder = said.get(0x9F48, b"")
    body = recover(issuer, said[0x9F32], said[0x9F46], 0x04, remainder + said[0x9F47] + static)
    assert body[0:10].hex().rstrip("f") == pan
    size = body[17]
    assert body[15:17] == b"\x01\x01" and body[18] == len(said[0x9F47])
    modulus = (body[19:] + remainder)[:size]
    assert len(modulus) == size
    return modulus


@pytest.fixture
def ca_of(ca_keys: list[CaKey]) -> dict[tuple[str, int], CaKey]:
    return {(key.rid, key.index): key for key in ca_keys}


def authenticate(till: Till, ca_of: dict[tuple[str, int], CaKey], number: int = 0) -> bytes:
    """By the best that the card says it can, as a terminal would; the card's public modulus, for CDA."""
    entry = till.card.applications[number].entry
    ca = ca_of.get((till.said[0x84][:5].hex().upper(), till.said[0x8F][0]))
    if ca is None:
        raise Forged("no such CA key")
    issuer = issuer_key(ca, till.said, entry.pan)
    aip = till.said[0x82][0]
    if not aip & 0x21:
        body = recover(issuer, till.said[0x9F32], till.said[0x93], 0x03, till.static)
        assert body[0] == 0x01 and set(body[3:]) == {0xBB}
        return b""
    return card_key(issuer, till.said, entry.pan, till.static)


@pytest.mark.parametrize("name", SOUND)
def test_contact(mint: Mint, ca_of: dict[tuple[str, int], CaKey], name: str) -> None:
    till = Till(mint.card(name))
    till.initiate()
    till.read()
    key = authenticate(till, ca_of)
    if not key:
        return
    answer = till.expect(0x00, 0x88, 0x00, 0x00, till.said[0x9F37])
    tag, value = next(objects(answer))
    signed = dict(objects(value))[0x9F4B] if tag == 0x77 else value
    body = recover(key, till.said[0x9F47], signed, 0x05, till.said[0x9F37])
    assert body[0] == 0x01 and body[1] == 1 + body[2] and body[2] == 8
    assert set(body[2 + body[1] :]) == {0xBB}


@pytest.mark.parametrize("name", [name for name in SOUND if POPULATION.cards[name].applications[0].oda == "CDA"])
def test_combined(mint: Mint, ca_of: dict[tuple[str, int], CaKey], name: str) -> None:
    """Both cryptograms are signed, each over all that the terminal has said so far and over its own answer."""
    till = Till(mint.card(name))
    till.initiate()
    till.read()
    key = authenticate(till, ca_of)
    first = till.generate(ARQC | CDA)
    if first == AAC:
        return
    assert first == ARQC
    check_combined(till, key, ARQC)
    till.said[0x8A] = b"Y3"
    assert till.generate(TC | CDA, 0x8D) in (TC, AAC)
    if till.said[0x9F27][0] == TC:
        check_combined(till, key, TC)


def check_combined(till: Till, key: bytes, kind: int) -> None:
    """Tables 18 and 19 (6.6.2)."""
    parts = dict(objects(find(till.answer, 0x77)))
    body = recover(key, till.said[0x9F47], parts.pop(0x9F4B), 0x05, till.said[0x9F37])
    size = body[1]
    dynamic = body[2 : 2 + size]
    at = 1 + dynamic[0]
    assert dynamic[at] == kind
    others = b"".join(tlv(tag, value) for tag, value in parts.items())
    assert dynamic[at + 9 :] == sha1(till.sent + others).digest()
    till.said[0x9F26] = dynamic[at + 1 : at + 9]


@pytest.mark.parametrize("name", WRONG)
def test_forgeries(mint: Mint, ca_of: dict[tuple[str, int], CaKey], name: str) -> None:
    till = Till(mint.card(name))
    till.initiate()
    till.read()
    with pytest.raises(Forged):
        authenticate_actively(till, ca_of)


def authenticate_actively(till: Till, ca_of: dict[tuple[str, int], CaKey]) -> None:
    key = authenticate(till, ca_of)
    signed = find(till.expect(0x00, 0x88, 0x00, 0x00, till.said[0x9F37]), 0x80)
    recover(key, till.said[0x9F47], signed, 0x05, till.said[0x9F37])


def test_pin_key(mint: Mint, ca_of: dict[tuple[str, int], CaKey]) -> None:
    """Certified without the static data (7.1); a PIN under it is understood."""
    card = mint.card("up-pin-key")
    till = Till(card)
    till.initiate()
    till.read()
    entry = card.applications[0].entry
    issuer = issuer_key(ca_of["A000000333", 0xF1], till.said, entry.pan)
    moved = {0x9F46: till.said[0x9F2D], 0x9F47: till.said[0x9F2E], 0x9F48: till.said.get(0x9F2F, b"")}
    key = card_key(issuer, till.said | moved, entry.pan, b"")
    assert key != card_key(issuer, till.said, entry.pan, till.static)
    challenge = till.expect(0x00, 0x84, 0x00, 0x00)
    message = b"\x7f" + bytes.fromhex("26123456FFFFFFFF") + challenge
    message = message.ljust(len(key), b"\x55")
    number = pow(int.from_bytes(message, "big"), int.from_bytes(till.said[0x9F2E], "big"), int.from_bytes(key, "big"))
    till.expect(0x00, 0x20, 0x00, 0x88, number.to_bytes(len(key), "big"))


@pytest.mark.parametrize("name", ["up-offline", "visa-offline"])
def test_tap_signature(mint: Mint, ca_of: dict[tuple[str, int], CaKey], name: str) -> None:
    """fDDA (C-3, C-7), version 01: over unpredictable number, amount, currency and what the card adds."""
    till = Till(mint.card(name), Interface.CONTACTLESS, x9F66="36004000")
    till.initiate()
    till.read()
    assert till.said[0x9F27] == bytes([TC])
    key = authenticate(till, ca_of)
    beside = give(bytes.fromhex("9F37049F02065F2A02"), till.said) + till.said[0x9F69]
    body = recover(key, till.said[0x9F47], till.said[0x9F4B], 0x05, beside)
    assert body[1] == 3 and body[2:5] == b"\x02" + till.said[0x9F36]
    assert till.said[0x9F69][0] == 0x01 and till.said[0x9F69][5:7] == till.said[0x9F6C]
