"""Release mode: a mark in the non-volatile store, which boot.py and main.py of the first stage go by.

With it, Ctrl-C interrupts nothing and the REPL is never reached. What it does not close is the chip's own loader.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from esp32 import NVS

_MARK = "release"  # boot.py has this word too


def closed(nvs: "NVS") -> bool:
    try:
        nvs.get_blob(_MARK, bytearray(1))
    except OSError:
        return False
    return True


def close(nvs: "NVS") -> None:
    """From the next power-on on."""
    nvs.set_blob(_MARK, b"\x01")
    nvs.commit()


def reopen(nvs: "NVS") -> None:
    """As `close`."""
    nvs.erase_key(_MARK)
    nvs.commit()
