"""The firmware's payment cryptography on the unix port, against psec, pyemv, gmssl and cryptography.

Its published vectors are recomputed here by the same libraries, and by a host's side of DUKPT.
"""

from __future__ import annotations

import json
from typing import Any

import psec
import pyemv.mac
import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from gmssl.sm4 import SM4_ENCRYPT, CryptSM4  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from host_tools.keys.key_block import Version, wrap
from host_tools.micropython.port import ROOT
from tests.effort import examples
from tests.host.differential.dukpt import AES_USES, AesDukpt, Dukpt, TdesDukpt, aes, tdes
from tests.host.differential.peer import Peer, Refused
from tests.host.differential.test_vectors import hexadecimal, load

# psec still reaches triple DES by the place that `cryptography` has left.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

MANY = examples(250)
SOME = examples(60)  # where the judge derives a whole register

TDES_PLACES = {7: "pin", 6: "mac_request", 5: "data_request", 4: "mac_response", 3: "data_response"}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def octets(*sizes: int) -> st.SearchStrategy[bytes]:
    return st.sampled_from(sizes).flatmap(lambda size: st.binary(min_size=size, max_size=size))


def _file(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((ROOT / "tests" / "vectors" / f"{name}.json").read_text("utf-8"))
    return data


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


# -- MACs and check values --------------------------------------------------------------------------------


@MANY
@given(key=octets(8, 16, 24), message=st.binary(max_size=200))
def test_iso9797_1(firmware: Peer, key: bytes, message: bytes) -> None:
    assert firmware.call("iso9797_1", key, message) == psec.mac.generate_cbc_mac(key, message, 1)


@MANY
@given(key=octets(16), message=st.binary(max_size=200))
def test_iso9797_3(firmware: Peer, key: bytes, message: bytes) -> None:
    mac = firmware.call("iso9797_3", key, message)
    assert mac == psec.mac.generate_retail_mac(key[:8], key[8:], message, 1)
    # pyemv pads by method 2: the same, of a message that has had it already.
    assert firmware.call("iso9797_3", key, pyemv.mac.pad_iso9797_2(message, 8)) == pyemv.mac.mac_iso9797_3(
        key[:8], key[8:], message, 2
    )


@MANY
@given(key=octets(16, 24), message=st.binary(max_size=100))
def test_tdes_cmac(firmware: Peer, key: bytes, message: bytes) -> None:
    judge = CMAC(TripleDES((key * 3)[:24]))
    judge.update(message)
    assert firmware.call("tdes_cmac", key, message) == judge.finalize()


@MANY
@given(key=octets(16), message=st.binary(max_size=200))
def test_cup_mac_under_sm4(firmware: Peer, key: bytes, message: bytes) -> None:
    """No published answer exists: the scheme of docs/messages.md, with blocks of 16, over gmssl's SM4."""
    cipher = CryptSM4()
    cipher.set_key(key, SM4_ENCRYPT)
    folded = 0
    for at in range(0, len(message), 16):
        folded ^= int.from_bytes(message[at : at + 16].ljust(16, b"\0"), "big")
    text = b"%032X" % folded
    first = bytes(cipher.one_round(cipher.sk, list(text[:16])))
    second = bytes(cipher.one_round(cipher.sk, [a ^ b for a, b in zip(first, text[16:], strict=True)]))
    assert firmware.call("cup_ecb_sm4", key, message) == second.hex().upper()[:8].encode()


@MANY
@given(key=octets(16, 32))
def test_aes_check_value(firmware: Peer, key: bytes) -> None:
    judge = CMAC(AES(key))
    judge.update(bytes(16))
    assert firmware.call("aes_check_value", key) == judge.finalize()[:5]


# -- PIN blocks and tracks --------------------------------------------------------------------------------


@MANY
@given(key=octets(16), pin=digits(4, 12), pan=digits(13, 19), throws=octets(64))
def test_pin_block_3(firmware: Peer, key: bytes, pin: str, pan: str, throws: bytes) -> None:
    block = firmware.call("pin_block_3", key, pin.encode(), pan.encode(), throws + bytes(range(10)))
    clear = Cipher(TripleDES(key + key[:8]), modes.ECB()).decryptor().update(block)
    assert psec.pinblock.decode_pinblock_iso_3(clear, pan) == pin


@MANY
@given(key=octets(16, 32), pin=digits(4, 12), pan=digits(13, 19), throws=octets(8))
def test_pin_block_4(firmware: Peer, key: bytes, pin: str, pan: str, throws: bytes) -> None:
    block = firmware.call("pin_block_4", key, pin.encode(), pan.encode(), throws)
    assert psec.pinblock.decipher_pinblock_iso_4(key, block, pan) == pin
    field = bytes.fromhex(f"4{len(pin):x}" + pin.ljust(14, "a")) + throws
    pan_field = psec.pinblock.encode_pan_field_iso_4(pan)
    assert block == aes(key, bytes(a ^ b for a, b in zip(aes(key, field), pan_field, strict=True)))


@given(operation=st.sampled_from(("pin_block", "pin_block_3", "pin_block_4")), data=st.data())
def test_pin_blocks_refuse(firmware: Peer, operation: str, data: st.DataObject) -> None:
    pin, pan = data.draw(
        st.tuples(digits(0, 3) | digits(13, 14), digits(13, 19))
        | st.tuples(digits(4, 12), digits(0, 12) | digits(20, 24))
        | st.tuples(st.text("0123456789", min_size=3, max_size=11).map(lambda pin: pin + ":"), digits(13, 19))
        | st.tuples(digits(4, 12), digits(12, 18).map(lambda pan: pan + "="))
    )
    chance = (bytes(range(20)),) if operation != "pin_block" else ()
    with pytest.raises(Refused, match=r"^PinError$"):
        firmware.call(operation, bytes(16), pin.encode(), pan.encode(), *chance)


@MANY
@given(key=octets(16), track=st.text("0123456789=", min_size=16, max_size=104))
def test_track(firmware: Peer, key: bytes, track: str) -> None:
    text = track.replace("=", "d")
    sealed = text[:-16] + tdes(key, bytes.fromhex(text[-16:])).hex()
    assert firmware.call("track", key, track.encode()).decode() == sealed


# -- DUKPT ------------------------------------------------------------------------------------------------


@MANY
@given(key=octets(24), data=st.integers(0, 5).flatmap(lambda count: octets(16 * count)))
def test_aes192(firmware: Peer, key: bytes, data: bytes) -> None:
    assert firmware.call("aes192", key, data) == aes(key, data)


def counters(bits: int, ones: int) -> st.SearchStrategy[int]:
    """Any that a transaction can have, often at an edge: few bits, as many as there may be, high or low ones."""
    return (
        (st.integers(1, (1 << bits) - 1) | st.sets(st.integers(0, bits - 1), min_size=1, max_size=ones).map(_number))
        .map(lambda counter: counter | 1 << bits - 1 if counter.bit_count() == ones - 1 else counter)
        .filter(lambda counter: counter.bit_count() <= ones)
    )


def _number(places: set[int]) -> int:
    return sum(1 << place for place in places)


def _step(firmware: Peer, operation: str, dukpt: Dukpt, counter: int, *asked: bytes) -> bytes:
    """That a register goes from one counter to the next with the right keys; what else was asked of it."""
    answer = firmware.call(operation, dukpt.state(counter), *asked)
    expected = dukpt.state(dukpt.following(counter)) + dukpt.ksn_of(counter) + dukpt.key_of(counter)
    assert answer[: len(expected)] == expected
    return answer[len(expected) :]


@SOME
@given(bdk=octets(16), ksn=octets(10), counter=counters(21, 10))
def test_tdes_dukpt(firmware: Peer, bdk: bytes, ksn: bytes, counter: int) -> None:
    dukpt = TdesDukpt(TdesDukpt.initial_key_of(bdk, ksn), ksn)
    assert firmware.call("dukpt_tdes_load", dukpt.initial_key, ksn) == dukpt.state(1)
    asked = [bytes([0, place, 16]) for place in TDES_PLACES]
    keys = _step(firmware, "dukpt_tdes_next", dukpt, counter, *asked)
    assert keys == b"".join(dukpt.working_key(counter, use) for use in TDES_PLACES.values())


@SOME
@given(bdk=octets(16, 24, 32), ksn=octets(12), counter=counters(32, 16), data=st.data())
def test_aes_dukpt(firmware: Peer, bdk: bytes, ksn: bytes, counter: int, data: st.DataObject) -> None:
    dukpt = AesDukpt(AesDukpt.initial_key_of(bdk, ksn[:8]), ksn)
    assert firmware.call("dukpt_aes_load", dukpt.initial_key, ksn) == dukpt.state(1)
    size = data.draw(st.sampled_from([size for size in (16, 24, 32) if size <= len(bdk)]))
    asked = [AES_USES[use].to_bytes(2, "big") + bytes([size]) for use in AES_USES]
    keys = _step(firmware, "dukpt_aes_next", dukpt, counter, *asked)
    assert keys == b"".join(dukpt.working_key(counter, use, size) for use in AES_USES)
    assert firmware.call("dukpt_aes_update", dukpt.state(counter), bytes([size])) == dukpt.update_key(size)


@pytest.mark.parametrize(("dukpt", "operation"), [(TdesDukpt, "dukpt_tdes_next"), (AesDukpt, "dukpt_aes_next")])
def test_the_last_transactions(firmware: Peer, dukpt: type[TdesDukpt | AesDukpt], operation: str) -> None:
    terminal = dukpt(bytes(range(16)), bytes(10 if dukpt is TdesDukpt else 12))
    counter = terminal.exhausted - (4 << terminal.bits - terminal.ones)
    state, seen = terminal.state(counter), 0
    while counter != terminal.exhausted:
        _step(firmware, operation, terminal, counter)
        state = firmware.call(operation, state)[: len(state)]
        counter, seen = terminal.following(counter), seen + 1
        assert state == terminal.state(counter)
    assert seen > terminal.bits
    with pytest.raises(Refused, match=r"^KsnExhausted$"):
        firmware.call(operation, state)


def test_published_tdes_dukpt() -> None:
    data = _file("dukpt_tdes")
    bdk, initial_key = hexadecimal(data, "bdk", "initial_key")
    counter = 1
    for index, vector in enumerate(data["transactions"]):
        ksn, key, pin_block = hexadecimal(vector, "ksn", "key", "pin_block")
        assert TdesDukpt.initial_key_of(bdk, ksn) == initial_key
        dukpt = TdesDukpt(initial_key, ksn)
        counter = dukpt.following(counter) if index not in (0, 21) else int(vector["ksn"][-6:], 16) & 0x1FFFFF
        assert dukpt.ksn_of(counter) == ksn
        assert dukpt.key_of(counter) == key
        clear = psec.pinblock.encode_pinblock_iso_0(data["pin"], data["pan"])
        assert tdes(dukpt.working_key(counter, "pin"), clear) == pin_block
        for use in ("mac_request", "mac_response"):
            mac_key = dukpt.working_key(counter, use)
            mac = psec.mac.generate_retail_mac(mac_key[:8], mac_key[8:], data["text"].encode(), 1, 4)
            assert mac == bytes.fromhex(vector[use])
        for use in ("data_request", "data_response"):
            if use in vector:
                cipher = Cipher(TripleDES((dukpt.working_key(counter, use) * 2)[:24]), modes.CBC(bytes(8)))
                text = data["text"].encode()
                assert cipher.encryptor().update(text + bytes(-len(text) % 8)) == bytes.fromhex(vector[use])
    assert index == 33


def test_published_aes_dukpt() -> None:
    data = _file("dukpt_aes")
    (identifier,) = hexadecimal(data, "initial_key_id")
    for published in data["registers"]:
        bdk, initial_key = hexadecimal(published, "bdk", "initial_key")
        assert AesDukpt.initial_key_of(bdk, identifier) == initial_key
        dukpt = AesDukpt(initial_key, identifier + bytes(4))
        for name, value in published.items():
            if name.startswith("update_key"):
                assert dukpt.update_key(int(name[-2:])) == bytes.fromhex(value)
        for vector in published["transactions"]:
            counter = int(vector["counter"], 16)
            for name, value in vector.items():
                if name == "key":
                    assert dukpt.key_of(counter) == bytes.fromhex(value)
                elif name[:-3] in AES_USES:
                    assert dukpt.working_key(counter, name[:-3], int(name[-2:])) == bytes.fromhex(value)
                elif name == "pin_block":
                    key, block = dukpt.working_key(counter, "pin", 16), bytes.fromhex(value)
                    assert psec.pinblock.decipher_pinblock_iso_4(key, block, data["pan"]) == data["pin"]


# -- key blocks -------------------------------------------------------------------------------------------

USAGES = st.sampled_from(("B1", "D0", "K0", "M1", "M3", "M6", "P0", "10"))
KEYS = {"B": octets(16, 24), "D": octets(16, 32)}
INNER = st.sampled_from((("D", (8,)), ("T", (16, 24)), ("A", (16, 24, 32)), ("4", (16,)))).flatmap(
    lambda kind: st.tuples(st.just(kind[0]), octets(*kind[1]))
)
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
OPTIONAL = st.dictionaries(
    st.tuples(st.sampled_from("KLT"), st.sampled_from(LETTERS)).map("".join),
    st.text(PRINTABLE, max_size=60) | st.text("0123456789ABCDEF", min_size=252, max_size=300),
    max_size=2,
)
NO_BLOCK = st.binary(max_size=200) | st.text("BD0123456789ACEFPTKS", max_size=200).map(str.encode)


@MANY
@given(
    version=st.sampled_from(("B", "D")),
    usage=USAGES,
    inner=INNER,
    mode=st.sampled_from("BCDEGNVX"),
    exportability=st.sampled_from("ENS"),
    number=st.text("0123456789c" + LETTERS, min_size=2, max_size=2),
    optional=OPTIONAL,
    data=st.data(),
)
def test_key_blocks(
    firmware: Peer,
    version: Version,
    usage: str,
    inner: tuple[str, bytes],
    mode: str,
    exportability: str,
    number: str,
    optional: dict[str, str],
    data: st.DataObject,
) -> None:
    """psec wraps, the firmware unwraps; and does not, if a character is another or the use is."""
    algorithm, key = inner
    kbpk = data.draw(KEYS[version])
    block = wrap(
        kbpk,
        key,
        version=version,
        usage=usage,
        algorithm=algorithm,
        mode=mode,
        exportability=exportability,
        version_number=number,
        optional=optional,
    ).encode()
    demand = [text.encode() for text in (usage, algorithm, mode, exportability)]
    found = firmware.call("unwrap", kbpk, block, *demand)
    header, _, opened = found.partition(b"\0")
    assert opened == key
    assert header[:7].decode() == usage + algorithm + mode + exportability + number
    blocks = json.loads(header[7:])
    blocks.pop("PB", None)
    assert blocks == optional

    altered = bytearray(block)
    altered[data.draw(st.integers(0, len(block) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Refused, match=r"^(KeyBlockError|BadKey)$"):  # BadKey: "B" became "D" or the other way round
        firmware.call("unwrap", kbpk, bytes(altered), *demand)
    place = data.draw(st.integers(0, 3))
    demand[place] = b"?" * len(demand[place])
    with pytest.raises(Refused, match=r"^KeyUseError$"):
        firmware.call("unwrap", kbpk, block, *demand)


@MANY
@given(
    kbpk=octets(16, 24, 32),
    block=st.binary(max_size=200) | st.text("BD0123456789ACEFPTKS", max_size=200).map(str.encode),
)
def test_what_is_no_key_block(firmware: Peer, kbpk: bytes, block: bytes) -> None:
    with pytest.raises(Refused, match=r"^KeyBlockError$"):
        firmware.call("unwrap", kbpk, block, b"P0", b"T", b"E", b"N")


# -- published vectors ------------------------------------------------------------------------------------


def test_published_macs() -> None:
    for vector in load("iso9797", "algorithm_1"):
        key, mac = hexadecimal(vector, "key", "mac")
        assert psec.mac.generate_cbc_mac(key, vector["text"].encode(), 1) == mac
    for vector in load("iso9797", "algorithm_3"):
        key, mac = hexadecimal(vector, "key", "mac")
        assert psec.mac.generate_retail_mac(key[:8], key[8:], vector["text"].encode(), 1) == mac
    for vector in load("iso9797", "tdes_cmac"):
        key, message, mac = hexadecimal(vector, "key", "message", "mac")
        judge = CMAC(TripleDES((key * 3)[:24]))
        judge.update(message)
        judge.verify(mac)


def test_published_pin_blocks() -> None:
    for vector in load("payment", "pin_block_format_3"):
        assert psec.pinblock.decode_pinblock_iso_3(bytes.fromhex(vector["clear"]), vector["pan"]) == vector["pin"]
    for vector in load("payment", "pin_block_format_4"):
        key, block = hexadecimal(vector, "key", "block")
        assert psec.pinblock.decipher_pinblock_iso_4(key, block, vector["pan"]) == vector["pin"]


def test_published_aes() -> None:
    for vector in load("aes192", "ecb"):
        key, plain, cipher = hexadecimal(vector, "key", "plain", "cipher")
        assert aes(key, plain) == cipher
    for vector in load("payment", "aes_check_value"):
        key, value = hexadecimal(vector, "key", "value")
        judge = CMAC(AES(key))
        judge.update(bytes(16))
        assert judge.finalize()[: len(value)] == value
