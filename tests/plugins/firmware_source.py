"""What a firmware test file holds, read from its syntax tree: it is imported only where it runs."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HEAP = "512k"  # the whole terminal has 256k; a test brings unittest and its vectors with it
_TIMEOUT_S = 60.0
# Never called by micropython-lib's unittest 0.4: a test that counts on one would pass for nothing.
_NEVER_CALLED = {"setUpClass", "tearDownClass", "asyncSetUp", "asyncTearDown"}


class BadTestFile(Exception):
    """The file cannot be collected: where (line, from 1) and why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"{line}: {reason}")


@dataclass(frozen=True)
class Method:
    name: str
    line: int  # from 1


@dataclass(frozen=True)
class Case:
    """One class derived from unittest.TestCase, with the methods that it inherits within the file."""

    name: str
    methods: tuple[Method, ...]


@dataclass(frozen=True)
class FirmwareTests:
    """The tests of one file, and its settings: literals at module level, by the names given here."""

    cases: tuple[Case, ...]
    pure: bool  # PURE: runs under CPython too
    heap: str  # HEAP: the unix port's ceiling, bytes or with k or m
    timeout_s: float  # TIMEOUT: of one test
    path: tuple[str, ...]  # PATH: more source directories, from the repository's root


def read_tests(path: Path) -> FirmwareTests:
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except SyntaxError as error:
        raise BadTestFile(error.lineno or 1, f"syntax error: {error.msg}") from error
    cases = tuple(_cases(tree))
    if not cases:
        raise BadTestFile(1, "no class derived from unittest.TestCase with a test in it")
    return FirmwareTests(
        cases,
        pure=_constant(tree, "PURE", False),
        heap=_constant(tree, "HEAP", _HEAP),
        timeout_s=_constant(tree, "TIMEOUT", _TIMEOUT_S),
        path=tuple(_constant(tree, "PATH", ())),
    )


def _constant(tree: ast.Module, name: str, default: Any) -> Any:
    for node in tree.body:
        if isinstance(node, ast.Assign) and name in map(ast.unparse, node.targets):
            try:
                return ast.literal_eval(node.value)
            except ValueError as error:
                raise BadTestFile(node.lineno, f"{name} is not a literal") from error
    return default


def _cases(tree: ast.Module) -> list[Case]:
    cases: dict[str, dict[str, Method]] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            raise BadTestFile(node.lineno, f"{node.name} is not a method of a unittest.TestCase")
        if not isinstance(node, ast.ClassDef):
            continue
        bases = [ast.unparse(base).rpartition(".")[2] for base in node.bases]
        if not node.name.startswith("Test") and "TestCase" not in bases and not cases.keys() & set(bases):
            continue
        if node.decorator_list:
            raise BadTestFile(node.lineno, f"{node.name}: unittest 0.4 decorates methods only")
        cases[node.name] = {}
        for base in reversed(bases):
            cases[node.name] |= cases.get(base, {})
        for member in node.body:
            if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                if member.name in _NEVER_CALLED:
                    raise BadTestFile(member.lineno, f"unittest 0.4 never calls {member.name}")
                if member.name.startswith("test"):
                    cases[node.name][member.name] = Method(member.name, member.lineno)
    return [Case(name, tuple(methods.values())) for name, methods in cases.items() if methods]
