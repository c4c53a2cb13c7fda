"""Track data under the TDK, the track key of a sign-in with network code 004.

Unconfirmed: the scheme is one vendor's (CaoEnXin/LiaoYang_POS on GitHub, facts only), and no published answer
could be found.
"""

from micropython import const

from suanpan.crypto.des import Tdes
from suanpan.crypto.octets import wipe
from suanpan.errors import TrackError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable

_CHARACTERS = const(16)  # of one block, each a nibble


def encrypt(key: "Readable", track: str) -> str:
    """`track` 2 or 3 (digits and "=") as the nibbles of its field, its last sixteen encrypted as one block.

    The result is hexadecimal text, as long as `track`, with "d" for the separator. Raises TrackError on a
    track too short, or of other characters.
    """
    text = track.replace("=", "d")
    if len(text) < _CHARACTERS or not track.replace("=", "0").isdigit():
        raise TrackError
    block = bytearray.fromhex(text[-_CHARACTERS:])
    try:
        with Tdes(key) as cipher:
            return text[:-_CHARACTERS] + cipher.encrypt(block).hex()
    finally:
        wipe(block)
