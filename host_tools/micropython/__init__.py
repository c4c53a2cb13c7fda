"""Running the firmware's sources on the MicroPython unix port."""

from host_tools.micropython.port import MissingMicroPython, find_micropython, firmware_root, heap_ceiling

__all__ = ["MissingMicroPython", "find_micropython", "firmware_root", "heap_ceiling"]
