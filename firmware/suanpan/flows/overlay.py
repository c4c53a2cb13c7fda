"""Modules that are in memory only while somebody needs them.

What a shop does once a day (settle, change a password, look something up) is as long as a sale, and a board has not the
memory to keep all of it. Such a flow is imported inside `with Overlay():`, and forgotten at its end. Objects that live
on keep what they need of a forgotten module; the next one to import it has a new copy.
"""

import gc
import sys

_OURS = "suanpan."
# Errors are compared by class long after they were raised.
_STAY = "suanpan.errors"


class Overlay:
    def __enter__(self) -> None:
        self._before = set(sys.modules)

    def __exit__(self, *_: object) -> None:
        for name in set(sys.modules) - self._before:
            if name.startswith(_OURS) and not name.startswith(_STAY):
                module = sys.modules.pop(name)
                package, child = name.rsplit(".", 1)
                if getattr(sys.modules.get(package), child, None) is module:
                    delattr(sys.modules[package], child)
        gc.collect()
