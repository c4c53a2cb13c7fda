"""Packed decimal, two digits to a byte, as ISO 8583 writes numbers and tracks.

Both directions go by way of hexadecimal text, a character for each nibble: packing digits is then no more
than checking and padding them, and `fromhex` and `hex` do the rest for a whole message at once.
"""

from suanpan.errors import BcdError


def pack(digits: str, right: bool = False) -> str:
    """`digits` as the hexadecimal text of whole bytes. Raises BcdError on anything but 0-9.

    An odd count gets a zero at its end, or in front where digits stand to the `right` of their bytes.
    """
    if digits and not digits.isdigit():
        raise BcdError
    if len(digits) & 1:
        return "0" + digits if right else digits + "0"
    return digits


def unpack(text: str, count: int, right: bool = False) -> str:
    """The `count` digits packed in `text`. Raises BcdError if it holds more, fewer, or anything else."""
    if count & 1:
        if (text[:1] if right else text[-1:]) != "0":
            raise BcdError
        text = text[1:] if right else text[:-1]
    if len(text) != count or (count and not text.isdigit()):
        raise BcdError
    return text


def pack_track(characters: str) -> str:
    """Like `pack`, for the digits and separators of a magnetic track: "=" is the nibble D."""
    pack(characters.replace("=", "0"))
    text = characters.replace("=", "d")
    return text + "0" if len(text) & 1 else text


def unpack_track(text: str, count: int) -> str:
    """Like `unpack`, for what `pack_track` packed."""
    unpack(text.replace("d", "1"), count)  # not "0": a separator is no padding
    return text[:count].replace("d", "=")
