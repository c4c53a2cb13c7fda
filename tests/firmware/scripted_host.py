"""What the acquirer's tests share: a terminal's surroundings, and a host that fails on the first surprise.

The host computes with ciphers of its own: the plain twins of DES and SM4, and `cryptolib` itself for AES.
"""

from cryptolib import aes

import des_plain
import sm4_plain
from suanpan.acquirer import messages
from suanpan.codec import iso8583
from suanpan.crypto.aes_siv import Cmac
from suanpan.crypto.secret import Secret
from suanpan.errors import BadKey, KeyMissing
from suanpan.ledger.key_store import AES, MAK, PIK, SM4, TDES, TMK

TRACK = b";6200000000000013=35121200000012345?"


class Host:
    """Its keys and its side of a suite."""

    tmk = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    pik = bytes.fromhex("11223344556677889900AABBCCDDEEFF")
    mak = bytes.fromhex("22222222222222223333333333333333")

    def check_value(self, key):
        return self.encrypt(key, bytes(self.block))[:4]

    def wrapped(self, pik=None, mak=None, pik_check=None, mak_check=None):
        """F62 of a sign-in's answer; its own keys unless told."""
        pik, mak = pik or self.pik, mak or self.mak
        pik_check, mak_check = pik_check or self.check_value(pik), mak_check or self.check_value(mak)
        unused = bytes(16 - len(mak))
        return self.encrypt(self.tmk, pik) + pik_check + self.encrypt(self.tmk, mak) + unused + mak_check

    def mac(self, message):
        """CUP's, sentence by sentence of docs/messages.md."""
        folded = 0
        for at in range(0, len(message), self.block):
            block = bytes(message[at : at + self.block])
            folded ^= int.from_bytes(block + bytes(self.block - len(block)), "big")
        text = folded.to_bytes(self.block, "big").hex().upper().encode()
        first = self.encrypt(self.mak, text[: self.block])
        block = bytes(a ^ b for a, b in zip(first, text[self.block :]))
        return self.encrypt(self.mak, block).hex().upper()[:8].encode()

    def reply(self, mti, fields, **changes):
        """The genuine answer to a request, changed field by field (`f39="51"`; None drops one), under a right MAC."""
        answer = {number: fields[number] for number in (2, 3, 4, 11, 41, 42, 49, 60) if number in fields}
        answer[39] = "00"
        for name, value in changes.items():
            answer[int(name[1:])] = value
        answer = {number: value for number, value in answer.items() if value is not None}
        sealed = mti[1] not in "58"
        if sealed:
            answer[64] = bytes(8)
        message = iso8583.encode(messages.reply_mti(mti), answer)
        if sealed:
            message[-8:] = self.mac(memoryview(message)[:-8])
        return bytes(message)

    def genuine(self, **changes):
        return lambda mti, fields: [self.reply(mti, fields, **changes)]


class TdesHost(Host):
    name = "tdes"
    network = "003"
    security = "2600000000000000"
    algorithm = TDES
    block = 8
    mak = bytes.fromhex("2222222222222222")

    def encrypt(self, key, data):
        return des_plain.encrypt(key, data)

    def decrypt(self, key, data):
        return des_plain.decrypt(key, data)


class Sm4Host(Host):
    name = "sm4"
    network = "005"
    security = "2300000000000000"
    algorithm = SM4
    block = 16

    def encrypt(self, key, data):
        return sm4_plain.encrypt(key, data)

    def decrypt(self, key, data):
        return sm4_plain.decrypt(key, data)


class AesHost(Host):
    name = "aes"
    network = "006"
    security = "2400000000000000"
    algorithm = AES
    block = 16

    def encrypt(self, key, data):
        return aes(key, 1).encrypt(data)

    def decrypt(self, key, data):
        return aes(key, 1).decrypt(data)

    def check_value(self, key):
        return bytes(Cmac(key).digest(bytes(16))[:4])

    def mac(self, message):
        return bytes(Cmac(self.mak).digest(message)[:8])


class Parameters:
    terminal_id = "10000001"
    merchant_id = "898110257340001"
    serial = "SP-VB-000001"
    host_timeout_s = 30


class Keys:
    """A key store in memory, which keeps every buffer that it lends or is given."""

    def __init__(self, host):
        self.slots = {slot: (host.algorithm, key) for slot, key in ((TMK, host.tmk), (PIK, host.pik), (MAK, host.mak))}
        self.lent = []
        self.given = []

    def has(self, slot):
        return slot in self.slots

    def use(self, slot, algorithm=TDES):
        if slot not in self.slots:
            raise KeyMissing
        if self.slots[slot][0] != algorithm:
            raise BadKey
        key = bytearray(self.slots[slot][1])
        self.lent.append(key)
        return Secret(key)

    def store(self, keys, algorithm=TDES):
        for slot, key in keys.items():
            self.slots[slot] = algorithm, bytes(key)
            self.given.append(key)


class Line:
    """Answers each request as the script says: a function from (mti, fields) to a list of replies or errors."""

    def __init__(self, *script):
        self.script = list(script)
        self.sent = []
        self.waiting = []

    async def send(self, message):
        self.sent.append(bytes(message))
        self.waiting += self.script.pop(0)(*iso8583.decode(message))

    async def receive(self):
        if not self.waiting:
            raise EOFError
        answer = self.waiting.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self):
        pass


class Entry:
    kind = "sale"
    batch = "000001"
    stan = "000042"
    amount, base, tip = 12_34, 0, 0
    entry_mode = "021"
    date, time = "261123", "093105"
    reason = "98"
    auth_code = original = original_reference = org = sequence = ""
    chip = b""

    def __init__(self, pan="6200000000000013", **more):
        self.pan = pan
        for name, value in more.items():
            setattr(self, name, value)

    def card(self):
        return self.pan, "3512"
