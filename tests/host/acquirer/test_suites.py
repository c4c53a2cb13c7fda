"""The three suites by published answers and by other people's ciphers, and that none is talked into another's ways."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import permutations
from typing import TYPE_CHECKING

import psec
import pytest
from gmssl.sm4 import SM4_ENCRYPT, CryptSM4  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from host_tools.acquirer import spec
from host_tools.acquirer.suites import SUITES, PinBlockError, PinFieldError, Suite, suite_named
from tests.host.acquirer.conftest import TIDS, World, seeded
from tests.host.acquirer.till import pin_field

if TYPE_CHECKING:
    from tests.host.acquirer.till import Changes, Till

# psec still reaches triple DES by the place that `cryptography` has left.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

PAN = "43219876543210987"
PIK = bytes.fromhex("621A57EC4092E62F75E58F4C10E5A875")
every_suite = pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
every_pair = pytest.mark.parametrize(("name", "other"), list(permutations(SUITES, 2)))

keys = st.binary(min_size=16, max_size=16)


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


# -- the judges: other people's ciphers, and the schemes over them once more ------------------------------


def gmssl_sm4(key: bytes, data: bytes) -> bytes:
    cipher = CryptSM4()
    cipher.set_key(key, SM4_ENCRYPT)
    blocks = (data[at : at + 16] for at in range(0, len(data), 16))
    return b"".join(bytes(cipher.one_round(cipher.sk, list(block))) for block in blocks)


def psec_tdes(key: bytes, data: bytes) -> bytes:
    return psec.des.encrypt_tdes_ecb((key * 2)[:16], data)


ENCRYPT: dict[str, Callable[[bytes, bytes], bytes]] = {
    "tdes": psec_tdes,
    "aes": psec.aes.encrypt_aes_ecb,
    "sm4": gmssl_sm4,
}


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def cup(encrypt: Callable[[bytes, bytes], bytes], size: int, key: bytes, data: bytes) -> bytes:
    """docs/messages.md, with blocks of `size`."""
    folded = bytes(size)
    for at in range(0, len(data), size):
        folded = xor(folded, data[at : at + size].ljust(size, b"\0"))
    text = folded.hex().upper().encode()
    return encrypt(key, xor(encrypt(key, text[:size]), text[size:])).hex().upper()[:8].encode()


def cmac(key: bytes, data: bytes) -> bytes:
    """RFC 4493, 2.4, over psec's AES."""
    whole = data and len(data) % 16 == 0
    subkey = int.from_bytes(psec.aes.encrypt_aes_ecb(key, bytes(16)), "big")
    for _ in range(1 if whole else 2):
        subkey = (subkey << 1 ^ (subkey >> 127) * 0x87) & (1 << 128) - 1
    padded = data if whole else (data + b"\x80").ljust(len(data) // 16 * 16 + 16, b"\0")
    padded = padded[:-16] + xor(padded[-16:], subkey.to_bytes(16, "big"))
    return psec.aes.encrypt_aes_cbc(key, bytes(16), padded)[-16:]


def check_value(name: str, key: bytes) -> bytes:
    if name == "aes":
        return cmac(key, bytes(16))[:4]
    return ENCRYPT[name](key, bytes(8 if name == "tdes" else 16))[:4]


def mac(name: str, key: bytes, data: bytes) -> bytes:
    return cmac(key, data)[:8] if name == "aes" else cup(ENCRYPT[name], 8 if name == "tdes" else 16, key, data)


def pin_block(name: str, key: bytes, pin: str, pan: str, random: bytes) -> bytes:
    """ISO 9564-1, formats 0 and 4, field by field."""
    encrypt, length = ENCRYPT[name], f"{len(pin):x}"
    if name == "tdes":
        return encrypt(key, xor(bytes.fromhex((f"0{length}{pin}").ljust(16, "f")), bytes.fromhex("0000" + pan[-13:-1])))
    pin_block = bytes.fromhex((f"4{length}{pin}").ljust(16, "a")) + random
    pan_block = bytes.fromhex(f"{len(pan) - 12}{pan}".ljust(32, "0"))
    return b"A2016" + encrypt(key, xor(encrypt(key, pin_block), pan_block))


# -- against them -----------------------------------------------------------------------------------------


@every_suite
@given(tmk=keys, seed=st.text(max_size=4))
def test_working_keys_as_a_terminal_takes_them_apart(suite: Suite, tmk: bytes, seed: str) -> None:
    pik, mak = suite.new_working_keys(seeded(seed))
    encrypt = ENCRYPT[suite.name]
    wrapped = suite.wrap_working_keys(tmk, pik, mak)
    assert wrapped[:16] == encrypt(tmk, pik)
    assert wrapped[16:20] == check_value(suite.name, pik)
    assert wrapped[20:36] == (encrypt(tmk, mak) + bytes(8))[:16]
    assert wrapped[36:] == check_value(suite.name, mak)
    assert suite.cipher.decrypt(tmk, wrapped[:16]) == pik
    assert suite.cipher.decrypt(tmk, wrapped[20 : 20 + len(mak)]) == mak
    assert len(mak) == {"tdes": 8, "aes": 16, "sm4": 16}[suite.name]
    odd = all(byte.bit_count() % 2 == 1 for byte in pik + mak)
    assert odd == (suite.name == "tdes")


@every_suite
@given(key=keys, data=st.binary(max_size=300))
def test_mac(suite: Suite, key: bytes, data: bytes) -> None:
    mak = key[: suite.mak_length]
    assert suite.mac(mak, data) == mac(suite.name, mak, data)


@every_suite
@given(key=keys, pin=digits(4, 12), pan=digits(13, 19), random=st.binary(min_size=8, max_size=8))
def test_pin(suite: Suite, key: bytes, pin: str, pan: str, random: bytes) -> None:
    assert suite.decipher_pin(key, pin_block(suite.name, key, pin, pan, random), pan) == pin


@given(key=keys, pin=digits(4, 12), pan=digits(13, 19))
def test_pin_of_aes_by_psec(key: bytes, pin: str, pan: str) -> None:
    block = psec.pinblock.encipher_pinblock_iso_4(key, pin, pan)
    assert SUITES["aes"].decipher_pin(key, b"A2016" + block, pan) == pin


@pytest.mark.parametrize(
    ("suite", "key", "value"),
    [
        ("tdes", "0123456789ABCDEF", "D5D44FF7"),  # as commonly printed for these two
        ("tdes", "0123456789ABCDEFFEDCBA9876543210", "08D7B4FB"),
        ("aes", "3F419E1CB7079442AA37474C2EFBF8B8", "08793E25"),  # ANSI X9.143:2021, 8.1
    ],
)
def test_check_value_vectors(suite: str, key: str, value: str) -> None:
    assert SUITES[suite].check_value(bytes.fromhex(key)).hex().upper() == value


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", "BB1D6929E9593728"),
        ("6BC1BEE22E409F96E93D7E117393172A", "070A16B46B4D4144"),
        (
            "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E5130C81C46A35CE411",
            "DFA66747DE9AE630",
        ),
    ],
    ids=["nothing", "one block", "40 bytes"],
)
def test_mac_of_aes_vectors(data: str, expected: str) -> None:
    """RFC 4493, 4: the first halves of its tags."""
    key = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
    assert SUITES["aes"].mac(key, bytes.fromhex(data)).hex().upper() == expected


def test_pin_block_of_aes_vector() -> None:
    """ANSI X9.24-3:2017, supplement of test vectors."""
    key = bytes.fromhex("AF8CB133A78F8DC2D1359F18527593FB")
    block = bytes.fromhex("A912150391AB65A67E52883D81CE2D15")
    assert SUITES["aes"].decipher_pin(key, b"A2016" + block, "4111111111111111") == "1234"


def test_pin_block_of_tdes_vector() -> None:
    """The worked example for ISO 9564-1 format 0."""
    suite = SUITES["tdes"]
    block = suite.cipher.encrypt(PIK, bytes.fromhex("0412AC89ABCDEF67"))
    assert suite.decipher_pin(PIK, block, PAN) == "1234"


# -- PIN blocks that are none -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "clear",
    [
        "1412AC89ABCDEF67",  # format 1
        "0312AC89ABCDEF67",  # 3 digits
        "0D12AC89ABCDEF67",  # 13 digits
        "0412AC89ABCDEF68",  # filler is not F
        "041A3C89ABCDEF67",  # a digit that is none
    ],
)
def test_what_is_no_block_of_format_0(clear: str) -> None:
    suite = SUITES["tdes"]
    nothing_is_told(suite, suite.cipher.encrypt(PIK, bytes.fromhex(clear)))


@pytest.mark.parametrize("name", ["aes", "sm4"])
@pytest.mark.parametrize(
    "clear",
    [
        "041234AAAAAAAAAA",  # format 0
        "431234AAAAAAAAAA",  # 3 digits
        "4D1234567890123A",  # 13 digits
        "441234AAAAAAAAAF",  # filler is not A
        "44123AAAAAAAAAAA",  # a digit that is none
    ],
)
def test_what_is_no_block_of_format_4(name: str, clear: str) -> None:
    suite = SUITES[name]
    pan_block = bytes.fromhex(f"{len(PAN) - 12}{PAN}".ljust(32, "0"))
    inner = suite.cipher.encrypt(PIK, bytes.fromhex(clear) + bytes(range(8)))
    nothing_is_told(suite, b"A2016" + suite.cipher.encrypt(PIK, xor(inner, pan_block)))


def nothing_is_told(suite: Suite, content: bytes) -> None:
    with pytest.raises(PinBlockError) as caught:
        suite.decipher_pin(PIK, content, PAN)
    assert caught.value.args == ()
    assert caught.value.__cause__ is None


@every_suite
@given(content=st.binary(max_size=40))
def test_what_a_pin_field_may_hold(suite: Suite, content: bytes) -> None:
    fits = len(content) == 8 if suite.name == "tdes" else (content[:5], len(content)) == (b"A2016", 21)
    with pytest.raises(PinBlockError if fits else PinFieldError):
        suite.decipher_pin(PIK, content, "6200000000000013")


def test_there_is_no_other_suite() -> None:
    with pytest.raises(ValueError, match="one of tdes, aes, sm4"):
        suite_named("des")


# -- a terminal of each suite at the host -----------------------------------------------------------------


def enter(world: World, name: str) -> Till:
    till = world.till_of(TIDS[name])
    till.sign_in()
    return till


@every_suite
def test_a_day(fresh: World, suite: Suite) -> None:
    till = fresh.till_of(TIDS[suite.name])
    reply = till.sign_in()
    assert reply.fields[60] == f"00000001{suite.network_code}"
    assert len(reply.fields[62]) == 2 * 40
    for name in ("plain", "long", "short-pin", "named"):
        assert till.sale(fresh.card(name), 500).fields[39] == "00"
    assert till.sale(fresh.card("plain"), pin="111111").fields[39] == "55"
    no_pin: Changes = {22: "022", 26: None, suite.pin_field: None, 53: None}
    assert till.sale(fresh.card("foreign"), 500, changes=no_pin).fields[39] == "00"
    lost = till.sale_frame(fresh.card("plain"), 700)
    assert till.exchange(lost).fields[39] == "00"
    assert till.reverse(lost).fields[39] == "00"
    totals = fresh.acquirer.ledger.totals(TIDS[suite.name], 1)
    assert (totals.count, totals.amount) == (5, 2_500)
    assert fresh.acquirer.ledger.check() == []


@every_suite
def test_99_a_pin_block_for_another_pan_or_under_another_key(fresh: World, suite: Suite) -> None:
    till = enter(fresh, suite.name)
    block = spec.decode(till.sale_frame(fresh.card("foreign"))).fields[suite.pin_field]
    refused(till, fresh, {suite.pin_field: block}, "99")
    till.pik = bytes(range(16))
    refused(till, fresh, {}, "99")


@every_suite
def test_a0_a_mac_under_another_key(fresh: World, suite: Suite) -> None:
    till = enter(fresh, suite.name)
    frame = till.sale_frame(fresh.card("plain"))
    wrong = suite.mac(bytes(range(suite.mak_length)), frame[spec.PREFIX_LENGTH : -8])
    assert till.exchange(frame[:-8] + wrong).fields[39] == "A0"
    assert till.exchange(frame).fields[39] == "00"


def refused(till: Till, world: World, changes: Changes, code: str) -> None:
    """Such a sale is refused with this code, and no money moves."""
    before = world.balances()
    assert till.sale(world.card("plain"), changes=changes).fields[39] == code
    assert world.balances() == before
    assert world.acquirer.ledger.check() == []


# -- nobody is talked into another suite ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        (suite.name, asked)
        for suite in SUITES.values()
        for asked in ("000", "001", "003", "004", "005", "006", "00")
        if asked != suite.network_code
    ],
)
def test_40_a_sign_in_of_another_suite(fresh: World, name: str, asked: str) -> None:
    till = enter(fresh, name)
    reply = till.exchange(till.sign_in_frame({60: f"00000001{asked}"}))
    assert reply.fields[39] == "40"
    assert 62 not in reply.fields
    assert till.sale(fresh.card("plain")).fields[39] == "00"  # under the keys that it had


@every_pair
def test_a_pin_block_of_another_suite(fresh: World, name: str, other: str) -> None:
    """In the other's field, or in both: 30. In its own, but with the other's F53 or cipher: 99."""
    till, suite, theirs = enter(fresh, name), SUITES[name], SUITES[other]
    card = fresh.card("plain")
    content = pin_field(theirs, till.pik, card.pin, card.pan).hex().upper()
    if theirs.pin_field != suite.pin_field:
        refused(till, fresh, {suite.pin_field: None, theirs.pin_field: content}, "30")
        refused(till, fresh, {theirs.pin_field: content, 53: f"{theirs.security:0<16}", suite.pin_field: None}, "30")
        refused(till, fresh, {theirs.pin_field: content}, "30")
    else:
        refused(till, fresh, {suite.pin_field: content}, "99")
        refused(till, fresh, {suite.pin_field: content, 53: f"{theirs.security:0<16}"}, "99")
    refused(till, fresh, {53: f"{theirs.security:0<16}"}, "99")
    assert till.sale(card).fields[39] == "00"


@every_pair
def test_a0_a_mac_of_another_suite(fresh: World, name: str, other: str) -> None:
    till = enter(fresh, name)
    frame = till.sale_frame(fresh.card("plain"))
    unsealed = frame[spec.PREFIX_LENGTH : -8]
    for mak in (till.mak, (till.mak * 2)[:16]):
        if len(mak) == 16 or other == "tdes":
            reply = till.exchange(frame[:-8] + SUITES[other].mac(mak, unsealed))
            assert reply.fields[39] == "A0"
    assert till.exchange(frame).fields[39] == "00"


@pytest.mark.parametrize(
    "content",
    [
        b"A1016" + bytes(16),
        b"A2008" + bytes(8),
        b"A2016" + bytes(15),
        b"A2016" + bytes(17),
        b"a2016" + bytes(16),
        bytes(16),
        b"A2016",
    ],
    ids=repr,
)
@pytest.mark.parametrize("name", ["aes", "sm4"])
def test_30_an_f59_that_holds_no_pin_block(fresh: World, name: str, content: bytes) -> None:
    till = enter(fresh, name)
    frame = till.sale_frame(fresh.card("plain"), changes={59: content.hex().upper(), 11: "000777"})
    assert till.exchange(frame).fields[39] == "30"
    assert till.sale(fresh.card("plain"), changes={11: "000777"}).fields[39] == "00"  # nothing of it was kept


@every_pair
def test_96_a_row_whose_suite_was_altered(fresh: World, name: str, other: str) -> None:
    """The key blocks still say which cipher they are for: no key is handed out, or used, for another."""
    till = enter(fresh, name)
    fresh.store.db.execute("UPDATE terminal SET suite = ? WHERE tid = ?", (other, TIDS[name]))
    reply = till.exchange(till.sign_in_frame({60: f"00000001{SUITES[other].network_code}"}))
    assert (reply.fields[39], 62 in reply.fields) == ("96", False)
    assert till.sale(fresh.card("plain")).fields[39] == "96"
    fresh.store.db.execute("UPDATE terminal SET suite = ? WHERE tid = ?", (name, TIDS[name]))
    assert till.sale(fresh.card("plain")).fields[39] == "00"


def test_a_row_is_of_one_of_the_three(fresh: World) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        fresh.store.db.execute("UPDATE terminal SET suite = 'des'")
