"""Verification of SM2 signatures (GB/T 32918.2-2016) over the curve of GB/T 32918.5-2017.

Points of the curve are in Jacobian coordinates, x / z^2 and y / z^3, over MicroPython's big integers; z is zero
at infinity. Nothing is secret here, so its varying time tells nothing. It takes some 4,000 products modulo p.
"""

from micropython import const

from suanpan.crypto.sm3 import Sm3
from suanpan.errors import BadKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable

    Affine = tuple[int, int]
    Jacobian = tuple[int, int, int]

_SIZE = const(32)  # bytes of a coordinate

# y^2 = x^3 - 3x + b over GF(p); the point G generates the group, of the prime order n.
_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
_INFINITY = (1, 1, 0)


def verify(
    public_key: "Readable", message: "Readable", signature: "Readable", identity: bytes = b"1234567812345678"
) -> bool:
    """Whether `signature`, r and s of 32 bytes each, is that of `message` by the signer of that key and identity.

    `public_key` is x and y, 32 bytes each. Raises BadKey if that is no point of the curve.
    """
    key = _number(public_key, 0), _number(public_key, _SIZE)
    x, y = key
    if len(public_key) != 2 * _SIZE or x >= _P or y >= _P or (y * y - (x * x - 3) * x - _B) % _P:
        raise BadKey
    r = _number(signature, 0)
    s = _number(signature, _SIZE)
    t = (r + s) % _N
    if len(signature) != 2 * _SIZE or not 0 < r < _N or not 0 < s < _N or not t:
        return False
    point = _affine(_combine(s, t, key))
    if point is None:
        return False
    hashing = Sm3()
    hashing.update(_identify(key, identity))
    hashing.update(message)
    return (int.from_bytes(hashing.digest(), "big") + point[0]) % _N == r


def _number(octets: "Readable", at: int) -> int:
    return int.from_bytes(octets[at : at + _SIZE], "big")


def _identify(key: "Affine", identity: bytes) -> bytes:
    """Z, the hash of who signs and on which curve (GB/T 32918.2, 5.5)."""
    hashing = Sm3()
    hashing.update((8 * len(identity)).to_bytes(2, "big"))
    hashing.update(identity)
    for number in (_P - 3, _B, _G[0], _G[1], key[0], key[1]):
        hashing.update(number.to_bytes(_SIZE, "big"))
    return hashing.digest()


def _combine(s: int, t: int, key: "Affine") -> "Jacobian":
    """s G + t `key`, both multiples in one walk."""
    addends = None, _G, key, _affine(_add((_G[0], _G[1], 1), key))
    s_octets = s.to_bytes(_SIZE, "big")
    t_octets = t.to_bytes(_SIZE, "big")
    point = _INFINITY
    for i in range(_SIZE):
        for bit in range(7, -1, -1):
            point = _double(point)
            addend = addends[(s_octets[i] >> bit & 1) | (t_octets[i] >> bit & 1) << 1]
            if addend:
                point = _add(point, addend)
    return point


def _double(point: "Jacobian") -> "Jacobian":
    x, y, z = point
    zz = z * z % _P
    yy = y * y % _P
    beta = x * yy % _P
    alpha = 3 * (x - zz) * (x + zz) % _P
    x = (alpha * alpha - 8 * beta) % _P
    return x, (alpha * (4 * beta - x) - 8 * yy * yy) % _P, 2 * y * z % _P


def _add(point: "Jacobian", addend: "Affine") -> "Jacobian":
    x, y, z = point
    if not z:
        return addend[0], addend[1], 1
    zz = z * z % _P
    h = (addend[0] * zz - x) % _P
    slope = (addend[1] * zz % _P * z - y) % _P
    if not h:
        return _INFINITY if slope else _double(point)
    hh = h * h % _P
    hhh = h * hh % _P
    v = x * hh % _P
    x = (slope * slope - hhh - 2 * v) % _P
    return x, (slope * (v - x) - y * hhh) % _P, z * h % _P


def _affine(point: "Jacobian") -> "Affine | None":
    """x and y; None of the point at infinity."""
    x, y, z = point
    if not z:
        return None
    inverse = pow(z, _P - 2, _P)
    square = inverse * inverse % _P
    return x * square % _P, y * square * inverse % _P
