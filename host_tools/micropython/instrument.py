"""Marks in firmware sources: which statements a run has passed, where the interpreter has no sys.settrace.

A mark stands on its statement's own line, so that line numbers, and with them tracebacks, stay true. Passed
for the first time it is written to a file at once: a run that is killed counts too. It allocates nothing, for
there are tests that count allocations.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

# The module `_marks` of the instrumented tree. A record is two big-endian numbers of two bytes: file, line.
RECORDER = """\
_hits = open({hits!r}, "ab")


def mark(number, lines):
    seen = bytearray(lines + 1)
    record = bytearray((number >> 8, number & 255, 0, 0))

    def hit(line):
        if not seen[line]:
            seen[line] = 1
            record[2] = line >> 8
            record[3] = line & 255
            _hits.write(record)

    return hit
"""


@dataclass(frozen=True)
class Instrumented:
    source: str
    lines: frozenset[int]  # that can be hit
    viper: int  # lines left out


def instrument(source: str, number: int) -> Instrumented:
    """Mark `source`, the file that records know by `number`; its first line may not open a block."""
    tree = ast.parse(source)
    statements = list(_statements(tree))
    # Columns of the syntax tree count bytes.
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    edits = [(1, 0, f"from _marks import mark;_hit=mark({number},{len(lines)});")] if statements else []
    for statement in statements:
        edits.extend(_marked(statement))
    for line, column, text in sorted(edits, reverse=True):
        lines[line - 1] = lines[line - 1][:column] + text.encode() + lines[line - 1][column:]
    return Instrumented(
        b"".join(lines).decode(),
        frozenset(statement.lineno for statement in statements),
        sum(_length(node) for node in ast.walk(tree) if _is_viper(node)),
    )


def _statements(parent: ast.AST) -> Iterator[ast.stmt]:
    """What can be marked below `parent`, in order."""
    for node in ast.iter_child_nodes(parent):
        if _is_viper(node) or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            continue
        if isinstance(node, ast.stmt) and not _stays_whole(node):
            yield node
        if not isinstance(node, ast.expr):
            yield from _statements(node)


def _stays_whole(node: ast.stmt) -> bool:
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Try)


def _marked(statement: ast.stmt) -> list[tuple[int, int, str]]:
    """The insertions (line, column, text) that mark `statement`."""
    mark = f"_hit({statement.lineno})"
    match statement:
        # A loop over a range is compiled without the range as long as it is seen to be one.
        case ast.For(iter=ast.Call(func=ast.Name("range"), args=[head, *_])):
            pass
        case ast.If(test=head) | ast.While(test=head) | ast.For(iter=head) | ast.AsyncFor(iter=head):
            pass
        case (
            ast.With(items=[ast.withitem(context_expr=head), *_])
            | ast.AsyncWith(items=[ast.withitem(context_expr=head), *_])
        ):
            pass
        case _:
            return [(statement.lineno, statement.col_offset, f"{mark};")]
    assert head.end_lineno is not None
    assert head.end_col_offset is not None
    return [(head.lineno, head.col_offset, f"{mark}or("), (head.end_lineno, head.end_col_offset, ")")]


def _is_viper(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and "micropython.viper" in map(ast.unparse, node.decorator_list)


def _length(node: ast.AST) -> int:
    return sum(1 for child in ast.walk(node) if isinstance(child, ast.stmt)) - 1
