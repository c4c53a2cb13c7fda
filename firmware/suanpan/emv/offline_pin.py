"""Offline PIN (EMV 4.3 Book 3, 6.5.12 and 10.5.1; Book 2, 7): the card itself says whether the PIN is right."""

from micropython import const

from suanpan.crypto.octets import wipe
from suanpan.crypto.secret import PinEntry
from suanpan.emv import certificates
from suanpan.emv.bits import PIN_NOT_ENTERED, PIN_TRIES_EXCEEDED, has_bit, raise_bit
from suanpan.emv.commands import OK, get_challenge, get_number, verify
from suanpan.errors.emv import Terminated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.rsa import RsaPublicKey
    from suanpan.emv.transaction import Transaction

_PLAIN = const(0x80)  # P2 of VERIFY
_ENCIPHERED = const(0x88)
_TODAY = const(0x9A)
_TRY_COUNTER = const(0x9F17)
_PIN_CERTIFICATE = const(0x9F2D)
_PIN_EXPONENT = const(0x9F2E)
_PIN_REMAINDER = const(0x9F2F)

_TRIES_LEFT = const(0x63C0)
_BLOCKED = (0x6983, 0x6984)
_UNKNOWN = const(-1)
_HEADER = const(0x7F)


async def verify_pin(t: "Transaction", enciphered: bool) -> bool:
    """Ask until it is right, or the card has had enough. Raises Terminated where the card says what VERIFY has not."""
    if has_bit(t.tvr, PIN_TRIES_EXCEEDED):
        return False
    tries = _UNKNOWN
    if t.asks_tries:
        tries = await get_number(t.card, _TRY_COUNTER)
        if tries == 0:
            raise_bit(t.tvr, PIN_TRIES_EXCEEDED)
            return False
    key = _pin_key(t) if enciphered else None
    if enciphered and key is None:
        return False
    while True:
        with PinEntry() as pin:
            if not await t.cardholder.offline_pin(pin, tries):
                raise_bit(t.tvr, PIN_NOT_ENTERED)
                return False
            block = _block(pin)
        try:
            challenge = await _challenge(t) if key else b""
            if challenge is None:
                return False
            sw = await _verify(t, block, key, challenge)
        finally:
            wipe(block)
        if sw == OK:
            return True
        if sw == _TRIES_LEFT or sw in _BLOCKED:
            raise_bit(t.tvr, PIN_TRIES_EXCEEDED)
            return False
        left = sw & 0x0F
        if sw & 0xFFF0 != _TRIES_LEFT or (tries != _UNKNOWN and left >= tries):  # a card that does not count
            raise Terminated
        tries = left


async def _challenge(t: "Transaction") -> "bytes | None":
    data, sw = await get_challenge(t.card)
    return bytes(data) if sw == OK and len(data) == 8 else None


async def _verify(t: "Transaction", block: bytearray, key: "RsaPublicKey | None", challenge: bytes) -> int:
    if key is None:
        return (await verify(t.card, _PLAIN, block))[1]
    message = bytearray(key.size)
    message[0] = _HEADER
    message[1:9] = block
    message[9:17] = challenge
    message[17:] = t.random(key.size - 17)
    try:
        return (await verify(t.card, _ENCIPHERED, bytearray(key.apply(message))))[1]
    finally:
        wipe(message)


def _block(pin: PinEntry) -> bytearray:
    """Format 2 of ISO 9564-1: 2, length, digits, filled up with F."""
    block = bytearray(b"\xff" * 8)
    digits = pin.view
    size = len(pin)
    block[0] = 0x20 | size
    for i in range(size):
        digit = digits[i] - 0x30
        if i & 1:
            block[1 + i // 2] = block[1 + i // 2] & 0xF0 | digit
        else:
            block[1 + i // 2] = digit << 4 | 0x0F
    return block


def _pin_key(t: "Transaction") -> "RsaPublicKey | None":
    """The card's key for PINs, or, where it has none, its own (Book 2, 7.1). What is missing for it is no bit of the
    TVR (Book 3, 7.5)."""
    from suanpan.emv.authentication import card_key_of, issuer_key_of

    unheeded = bytearray(5)
    certificate = t.objects.card(_PIN_CERTIFICATE)
    exponent = t.objects.card(_PIN_EXPONENT)
    if certificate is None or exponent is None:
        return t.card_key or card_key_of(t, unheeded)
    issuer = issuer_key_of(t, unheeded)
    if issuer is None:
        return None
    remainder = t.objects.card(_PIN_REMAINDER) or b""
    month = bytes(t.objects.need(_TODAY)).hex()[:4]
    return certificates.card_key(issuer, certificate, exponent, remainder, t.pan, month, unheeded)
