"""Tracebacks of firmware as it goes to a board, told by the names of its sources (lean.py has taken them away)."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

_MOUNTED: Final = "/app/"  # where a board has them from a slot
_FRAME: Final = re.compile(r'File "(?P<path>[\w/]+)\.mpy", line (?P<line>\d+), in (?P<name>\w+|<module>)')


def by_source_names(text: str, tree: Path) -> str:
    """`text` with each frame in a module of `tree` naming its source file and function; other frames as they were."""

    def told(frame: re.Match[str]) -> str:
        path = frame["path"].removeprefix(_MOUNTED)
        source = tree / f"{path}.py"
        if not source.is_file():
            return frame[0]
        name = _function(source, int(frame["line"])) or frame["name"]
        return f'File "{tree.name}/{path}.py", line {frame["line"]}, in {name}'

    return _FRAME.sub(told, text)


@cache
def _function(source: Path, line: int) -> str:
    """The innermost function of that line, "" outside of any."""
    functions = [
        node
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return max(functions, key=lambda node: node.lineno).name if functions else ""
