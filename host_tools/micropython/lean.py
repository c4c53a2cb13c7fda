"""The firmware's sources as they go to a board: the same lines, with fewer names in them.

MicroPython keeps every name that it has ever met, for ever: ten bytes in a table that doubles when it is full, and its
letters. A terminal has some two thousand, and a board's heap is 110 KB. So, as a linker would with its symbols:

1. what only a type checker reads is left out, and the import of `const`, which the compiler knows by its name;
2. constants are put in where they are used, in whatever module (`constants`);
3. names that are private to a module, or are no more than a parameter's, are shared between modules (`naming`).

Lines keep their numbers: a traceback still says where. Whatever text elsewhere could mean is left as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from keyword import iskeyword
from typing import Final, TypeGuard

from host_tools.micropython import constants, naming
from host_tools.micropython.edits import Module

_FLAG: Final = "TYPE_CHECKING"


def lean(sources: Mapping[str, str], outside: Iterable[str] = ()) -> dict[str, str]:
    """`sources` by dotted module name; `outside` are modules that import them, whose names keep their meaning."""
    spoken = set().union(*map(_spoken, outside))
    texts = {name: _without_types(Module(name, text)) for name, text in sources.items()}
    texts = constants.placed(texts, spoken)
    return naming.shared(texts, spoken)


def interface(texts: Iterable[str]) -> str:
    """The public names of these modules, constants apart: what somebody at the REPL may ask for."""
    modules = [Module("", text) for text in texts]
    public = {name for module in modules for name in module.names if not name.startswith("_") and not iskeyword(name)}
    return "\n".join(sorted(public.difference(*map(constants.constants, modules))))


@cache
def _spoken(text: str) -> frozenset[str]:
    user = Module("", text)
    return frozenset(user.names | user.in_strings)


def _without_types(module: Module) -> str:
    for statement in module.nodes:
        if _for_types(statement):
            module.replace_statement(statement, "")
        elif isinstance(statement, ast.ImportFrom) and statement.module == "micropython":
            module.keep_names(statement, lambda name: name != "const")
    return module.edited()


def _for_types(statement: ast.AST) -> TypeGuard[ast.stmt]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.If(test=ast.Name(id=name), orelse=[]):
            return name == _FLAG
    return False
