"""What a board prints of an error, in the words of the sources."""

from __future__ import annotations

from pathlib import Path

from host_tools.micropython.traceback import by_source_names


def test_frames_of_the_tree_are_told_by_its_names(tmp_path: Path) -> None:
    tree = tmp_path / "firmware"
    (tree / "suanpan").mkdir(parents=True)
    (tree / "suanpan" / "sale.py").write_text(
        "def sale():\n    def ask():\n        return 1\n    return ask()\n\n\nsale()\n"
    )
    printed = """\
Traceback (most recent call last):
  File "asyncio/core.py", line 1, in run
  File "suanpan/sale.mpy", line 7, in <module>
  File "/app/suanpan/sale.mpy", line 4, in n1
  File "suanpan/sale.mpy", line 3, in n0
  File "board.mpy", line 3, in uart
MemoryError: memory allocation failed, allocating 368 bytes
"""
    assert by_source_names(printed, tree).splitlines() == [
        "Traceback (most recent call last):",
        '  File "asyncio/core.py", line 1, in run',
        '  File "firmware/suanpan/sale.py", line 7, in <module>',
        '  File "firmware/suanpan/sale.py", line 4, in sale',
        '  File "firmware/suanpan/sale.py", line 3, in ask',
        '  File "board.mpy", line 3, in uart',
        "MemoryError: memory allocation failed, allocating 368 bytes",
    ]
