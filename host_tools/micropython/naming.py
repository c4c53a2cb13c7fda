"""Names shared between modules that have nothing to do with each other: `_0`, `_1` and so on, each for many.

Every name that the tree itself makes may change: of a function, a class, an attribute, a parameter. Two names become
one only if no module knows both; modules of one inheritance count as one, as their objects are. What the interpreter
knows keeps its name, and so do modules, errors (a person reads them), and whatever is in a string.
"""

from __future__ import annotations

import ast
import re
import subprocess
import tokenize
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Final

from host_tools.micropython.edits import Module, tokens, words
from host_tools.micropython.port import find_micropython

_ERRORS: Final = "errors"  # the package whose classes a traceback names
# Its table of names, when it has met all those on its standard input, has the ones that it did not know.
_MEETS: Final = """
import micropython, sys
class Names: pass
for name in sys.stdin.read().split(): setattr(Names, name, 0)
micropython.qstr_info(1)
"""
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def shared(sources: Mapping[str, str], spoken: set[str]) -> dict[str, str]:
    modules = {name: Module(name, text) for name, text in sources.items()}
    families = _families(modules)
    where: dict[str, set[str]] = {}
    for name, module in modules.items():
        for word in module.names:
            where.setdefault(word, set()).add(families[name])
    kept = spoken.union(*(_kept(module, set(modules)) for module in modules.values()))
    made = set().union(*(_made(module) for module in modules.values())) - kept
    made -= _own_to(find_micropython(), made)
    renamed = _coloured({word: where[word] for word in made}, set(where) | spoken)
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


def _made(module: Module) -> set[str]:
    """Names that this module gives to something."""
    found: set[str] = set()
    for node in module.nodes:
        match node:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                found.add(name)
    return found


def _kept(module: Module, modules: set[str]) -> set[str]:
    """Names that mean the same to somebody else."""
    found = {*module.in_strings, *module.name.split(".")}
    for node in module.nodes:
        match node:
            case ast.ClassDef(name=name) if _ERRORS in module.name.split("."):
                found.add(name)
            case ast.Import(names=aliases):
                found.update(word for alias in aliases for word in words(f"{alias.name} {alias.asname}"))
            case ast.ImportFrom(module=source, names=aliases) if source not in modules:
                found.update(word for alias in aliases for word in words(f"{source} {alias.name} {alias.asname}"))
    return found | {word for word in _made(module) if word.startswith("__") or word == "self"}


def _own_to(interpreter: Sequence[str], names: set[str]) -> set[str]:
    """Those that it has in ROM: they cost nothing, and its C code may look for them."""
    done = subprocess.run(
        [*interpreter, "-X", "heapsize=8m", "-c", _MEETS],
        input=" ".join(names),
        capture_output=True,
        text=True,
        check=True,
    )
    return names - set(re.findall(r"^Q\((\w+)\)$", done.stdout, re.MULTILINE))


def _coloured(where: Mapping[str, set[str]], taken: set[str]) -> dict[str, str]:
    """A short name for each word; two words with a family in common get different ones."""
    colours: dict[str, set[str]] = {}
    found: dict[str, str] = {}
    for word in sorted(where, key=lambda word: (-len(where[word]), word)):
        # A constant's underscore means something to the compiler.
        first = "_" if word.startswith("_") else "n"
        for number in count():
            name = first + _digits(number)
            families = colours.setdefault(name, set())
            if name not in taken and not families & where[word]:
                families |= where[word]
                found[word] = name
                break
    return found


def _digits(number: int) -> str:
    text = ""
    while not text or number:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text


def _renamed(text: str, names: Mapping[str, str]) -> str:
    lines = text.splitlines()
    for token in reversed(tokens(text)):
        if token.type == tokenize.NAME and token.string in names:
            (row, start), (_, end) = token.start, token.end
            lines[row - 1] = lines[row - 1][:start] + names[token.string] + lines[row - 1][end:]
    return "\n".join(lines) + "\n"
