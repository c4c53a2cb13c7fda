"""A module's source that is changed in place: its syntax tree says where, and no line is added or taken away."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final

_WORD: Final = re.compile(r"[A-Za-z_]\w*")


def words(text: str) -> Iterator[str]:
    return (match[0] for match in _WORD.finditer(text))


def tokens(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


class Module:
    """`name` is dotted, as it is imported; edits are collected, and made by `edited`. What is in a statement that was
    replaced is not edited any more."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.tree = ast.parse(text)
        # The tree counts columns in UTF-8.
        self._lines = text.encode().splitlines()
        self._edits: list[tuple[int, int, int, bytes]] = []
        self._replaced: set[int] = set()

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def names(self) -> set[str]:
        """All that stand in it, keywords too; not those in comments and strings."""
        return {token.string for token in tokens(self.text) if token.type == tokenize.NAME}

    @cached_property
    def in_strings(self) -> set[str]:
        """Words of string literals, docstrings and annotations apart, and all that is inside an f-string."""
        silent = {
            id(node.body[0].value)
            for node in self.nodes
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in self.nodes:
            annotations = [getattr(node, name, None) for name in ("annotation", "returns")]
            silent.update(id(inner) for given in annotations if given for inner in ast.walk(given))
        found: set[str] = set()
        for node in self.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
                found.update(words(node.value))
            elif isinstance(node, ast.JoinedStr):
                found.update(inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))
                found.update(inner.attr for inner in ast.walk(node) if isinstance(inner, ast.Attribute))
        return found

    def replace(self, node: ast.expr, text: str) -> None:
        """An expression on one line."""
        line = node.lineno - 1
        if line not in self._replaced:
            self._edits.append((line, node.col_offset, node.end_col_offset or 0, text.encode()))

    def replace_statement(self, node: ast.stmt, text: str) -> None:
        """A statement with lines of its own; what is left of a block must not be empty."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        text = text or ("pass" if node.col_offset else "")
        self._replaced.update(range(first, last + 1))
        self._edits.append((first, node.col_offset, len(self._lines[first]), text.encode()))
        self._edits.extend((line, 0, len(self._lines[line]), b"") for line in range(first + 1, last + 1))

    def keep_names(self, node: ast.ImportFrom, wanted: Callable[[str], bool]) -> None:
        """Only those of the imported names."""
        kept = [
            alias.name + (f" as {alias.asname}" if alias.asname else "") for alias in node.names if wanted(alias.name)
        ]
        if len(kept) < len(node.names):
            self.replace_statement(node, f"from {node.module} import {', '.join(kept)}" if kept else "")

    def edited(self) -> str:
        lines = list(self._lines)
        for line, start, end, text in sorted(self._edits, reverse=True):
            lines[line] = lines[line][:start] + text + lines[line][end:]
        return b"\n".join(lines).decode() + "\n"
