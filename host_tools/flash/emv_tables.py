"""What a terminal knows of chip cards when it leaves the workshop: the file of firmware/suanpan/ledger/emv_tables.py,
written from its format alone.

    item  kind 1 | length 2 | content
    kind  0 "EMV1", 1 an application, 2 a scheme's key, 3 a revoked certificate, 4 an exception, 255 how many there are
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from host_tools.acquirer.chip_tables import ChipTables

_START, _APPLICATION, _KEY, _REVOKED, _EXCEPTION, _END = 0, 1, 2, 3, 4, 255


def build(tables: ChipTables) -> bytes:
    """The file with all of the acquirer's tables."""
    kinds = (
        (_APPLICATION, tables.applications),
        (_KEY, tables.keys),
        (_REVOKED, tables.revoked),
        (_EXCEPTION, tables.exceptions),
    )
    items = [(kind, content) for kind, contents in kinds for content in contents]
    ends = [(_START, b"EMV1"), *items, (_END, len(items).to_bytes(2, "big"))]
    return b"".join(bytes([kind]) + len(content).to_bytes(2, "big") + content for kind, content in ends)
