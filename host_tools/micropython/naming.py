"""Names that nobody outside a module can ask for, shared between modules: `_0`, `_1` and so on, each for many.

Private names are those with one underscore; parameters are shared too where nothing of that name is anything else in
the whole tree, so that no caller can mean it by keyword. Modules of one inheritance are one, as their objects are.
"""

from __future__ import annotations

import ast
import builtins
import re
import tokenize
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Final

from host_tools.micropython.edits import Module, tokens, words

_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def shared(sources: Mapping[str, str], spoken: set[str]) -> dict[str, str]:
    modules = {name: Module(name, text) for name, text in sources.items()}
    families = _families(modules)
    kept = spoken.union(*(module.in_strings for module in modules.values()))
    where: dict[str, set[str]] = {}
    for name, module in modules.items():
        for word in set(words(module.text)):
            where.setdefault(word, set()).add(families[name])
    renamed = _coloured({word: where[word] for word in _candidates(modules.values()) - kept}, set(where) | spoken)
    return {name: _renamed(text, renamed) for name, text in sources.items()}


def _families(modules: Mapping[str, Module]) -> dict[str, str]:
    """For each module the name of its family."""
    parent = {name: name for name in modules}

    def head(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for name, module in modules.items():
        source: dict[str, str] = {
            alias.name: node.module
            for node in module.nodes
            if isinstance(node, ast.ImportFrom) and node.module and node.module in modules
            for alias in node.names
        }
        for node in module.nodes:
            for base in node.bases if isinstance(node, ast.ClassDef) else []:
                if isinstance(base, ast.Name) and base.id in source:
                    parent[head(name)] = head(source[base.id])
    return {name: head(name) for name in modules}


def _candidates(modules: Iterable[Module]) -> set[str]:
    private, parameters, other = set(), set(), set(dir(builtins))
    for module in modules:
        local = {
            id(node) for function in module.nodes if isinstance(function, _FUNCTIONS) for node in ast.walk(function)
        }
        for node in module.nodes:
            match node:
                case ast.arg(arg=name):
                    parameters.add(name)
                case ast.Name(id=name, ctx=ast.Store()):
                    private.add(name)
                    if id(node) not in local:
                        other.add(name)
                case ast.Attribute(attr=name, ctx=context):
                    other.add(name)
                    if isinstance(context, ast.Store):
                        private.add(name)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    private.add(name)
                    other.add(name)
                case ast.alias():
                    other.update(words(f"{node.name} {node.asname}"))
                case ast.ImportFrom(module=source):
                    other.update(words(source or ""))
                case ast.keyword(arg=str(name)):
                    other.add(name)
    private = {name for name in private | parameters if re.fullmatch(r"_[^_]\w*", name)}
    return private | parameters - other - {"self"}


def _coloured(where: Mapping[str, set[str]], taken: set[str]) -> dict[str, str]:
    """A short name for each word; two words with a family in common get different ones."""
    short = (name for number in count() if (name := _short(number)) not in taken)
    colours: list[tuple[str, set[str]]] = []
    found: dict[str, str] = {}
    for word in sorted(where, key=lambda word: (-len(where[word]), word)):
        colour = next((colour for colour in colours if not colour[1] & where[word]), None)
        if colour is None:
            colour = next(short), set()
            colours.append(colour)
        colour[1].update(where[word])
        found[word] = colour[0]
    return found


def _short(number: int) -> str:
    text = ""
    while not text or number:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return "_" + text


def _renamed(text: str, names: Mapping[str, str]) -> str:
    lines = text.splitlines()
    for token in reversed(tokens(text)):
        if token.type == tokenize.NAME and token.string in names:
            (row, start), (_, end) = token.start, token.end
            lines[row - 1] = lines[row - 1][:start] + names[token.string] + lines[row - 1][end:]
    return "\n".join(lines) + "\n"
