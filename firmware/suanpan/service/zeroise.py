"""Zeroising: the end of a terminal's keys, when its case is opened or it is retired.

What is destroyed is the secret that they are sealed under; every copy of every sealed key, the ones in old blocks of
the file system too, is noise from then on. The journal has a secret of its own, and stays readable. A mark in the
non-volatile store is set first and taken away last, so that what a power cut stops half way is finished at the next
power-on, before anything else.
"""

from suanpan.ledger import key_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from esp32 import NVS

    from suanpan.ledger.device_key import DeviceSecret

_MARK = "zeroising"


class Zeroiser:
    def __init__(self, nvs: "NVS", secret: "DeviceSecret", path: str) -> None:
        """`secret` is what the keys of the store at `path` are sealed under."""
        self._nvs = nvs
        self._secret = secret
        self._path = path

    def interrupted(self) -> bool:
        """Whether it has begun and not come to its end."""
        try:
            self._nvs.get_blob(_MARK, bytearray(1))
        except OSError:
            return False
        return True

    async def run(self) -> None:
        """It is done when this returns; an error of the secret's holder leaves it to the next power-on."""
        self._nvs.set_blob(_MARK, b"\x01")
        self._nvs.commit()
        try:
            await self._secret.destroy()
        finally:
            key_store.forget(self._path)
        self._nvs.erase_key(_MARK)
        self._nvs.commit()
