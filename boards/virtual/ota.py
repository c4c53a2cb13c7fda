"""Of `esp32.Partition`, what a board with two OTA partitions asks for. ESP-IDF's part of it, and its boot loader, are
the bench's (host_tools/bench/boot_loader.py).
"""

import errno

import link
from esp32 import Partition
from micropython import const

_OTA_BOOT = const(0x5B)  # frames to the bench, beside those of link.py
_OTA_VALID = const(0x5C)
_LABEL = const(4)  # in what a partition says of itself
_ERROR = const(1)


class Ota:
    def __init__(self, partition: Partition) -> None:
        self._label = str(partition.info()[_LABEL])

    def get_next_update(self) -> Partition:
        """The one of the two that this is not."""
        if self._label not in ("ota_0", "ota_1"):
            raise OSError(errno.ENOENT)
        return Partition("ota_1" if self._label == "ota_0" else "ota_0")

    def set_boot(self) -> None:
        if link.ask(_OTA_BOOT, self._label.encode())[0] == _ERROR:
            raise OSError(-0x1503)  # ESP_ERR_OTA_VALIDATE_FAILED

    def mark_app_valid_cancel_rollback(self) -> None:
        if link.ask(_OTA_VALID)[0] == _ERROR:
            raise OSError(-1)  # ESP_FAIL
