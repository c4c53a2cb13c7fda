"""Constants put in where they are used, in whatever module: what is left of their names is nothing.

A constant is a name in capitals that a module gives a number or a short text, once; `const()` or not. It keeps its
name where anything could ask for it by that: a string, or another import than `from module import NAME` and `import
module` for `module.NAME`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from host_tools.micropython.edits import Module

_SHORT: Final = 10  # characters; the compiler interns texts up to here, and would keep a longer one for each use


def placed(sources: Mapping[str, str], spoken: set[str]) -> dict[str, str]:
    modules = {name: Module(name, text) for name, text in sources.items()}
    kept = spoken.union(*(_kept(module) for module in modules.values()))
    values = {
        name: {word: text for word, text in constants(module).items() if word not in kept}
        for name, module in modules.items()
    }
    imports = {name: _imports(module) for name, module in modules.items()}

    def value(module: str, name: str) -> str | None:
        """The literal that `name` stands for in `module`, wherever it is defined."""
        if name in values.get(module, {}):
            return values[module][name]
        source = imports.get(module, {}).get(name)
        return value(source, name) if source else None

    for name, module in modules.items():
        found = {word: text for word in _used(module) if (text := value(name, word)) is not None}
        asked = {
            id(node): text
            for node, source in _asked(module)
            if source and (text := value(source, node.attr)) is not None
        }
        _place(module, found, asked)
    return {name: module.edited() for name, module in modules.items()}


def _kept(module: Module) -> set[str]:
    """Names that more than a plain load may ask for, of whatever module."""
    found = set(module.in_strings)
    found.update(node.attr for node, source in _asked(module) if not source)
    for node in module.nodes:
        match node:
            case ast.ImportFrom(names=aliases) | ast.Import(names=aliases):
                found.update(alias.name for alias in aliases if alias.asname)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                found.update(names)
    return found


def _asked(module: Module) -> Iterator[tuple[ast.Attribute, str]]:
    """What is asked of modules that are imported whole, and of which; of "" if it may be something else."""
    whole: dict[str, str] = {}
    for node in module.nodes:
        match node:
            case ast.Import(names=aliases):
                whole.update({alias.asname or alias.name: alias.name for alias in aliases})
            case ast.ImportFrom(module=package, names=aliases):
                whole.update({alias.asname or alias.name: f"{package}.{alias.name}" for alias in aliases})
    stored = set(_stores(module))
    for node in module.nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=owner)) if owner in whole:
                is_load = isinstance(node.ctx, ast.Load) and owner not in stored
                yield node, whole[owner] if is_load else ""


def _stores(module: Module) -> list[str]:
    stores = [node.id for node in module.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    return stores + [node.arg for node in module.nodes if isinstance(node, ast.arg)]


def constants(module: Module) -> dict[str, str]:
    """Literals by name."""
    stores = _stores(module)
    known: dict[str, int | str] = {}
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=expression) if (
                name.isupper() and stores.count(name) == 1
            ):
                constant = _evaluated(expression, known)
                if isinstance(constant, int) or (isinstance(constant, str) and len(constant) <= _SHORT):
                    known[name] = constant
    return {name: _literal(constant) for name, constant in known.items()}


def _evaluated(expression: ast.expr, known: Mapping[str, int | str]) -> object:
    if isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name) and expression.func.id == "const":
        expression = expression.args[0]
    if any(isinstance(node, ast.Call | ast.Attribute | ast.Subscript) for node in ast.walk(expression)):
        return None
    try:
        return eval(compile(ast.Expression(expression), "", "eval"), {"__builtins__": {}}, dict(known))
    except NameError:
        return None


def _literal(constant: int | str) -> str:
    return f"({constant})" if isinstance(constant, int) and constant < 0 else repr(constant)


def _imports(module: Module) -> dict[str, str]:
    return {
        alias.name: node.module
        for node in module.nodes
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _used(module: Module) -> set[str]:
    """Names that mean a constant, of this module or another, wherever they stand in it."""
    own = {name for statement in module.tree.body for name in _assigned(statement)}
    stored = {node.id for node in module.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return own | (set(_imports(module)) - stored)


def _assigned(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return [name]
    return []


def _place(module: Module, values: Mapping[str, str], asked: Mapping[int, str]) -> None:
    """`values` by name, and `asked` by the node that asks a module for one."""
    for statement in module.tree.body:
        if any(name in values for name in _assigned(statement)):
            module.replace_statement(statement, "")
    objects = {id(node.value) for node in module.nodes if isinstance(node, ast.Attribute)}
    for node in module.nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if name in values:
                module.replace(node, f"({values[name]})" if id(node) in objects else values[name])
            case ast.Attribute() if id(node) in asked:
                module.replace(node, f"({asked[id(node)]})" if id(node) in objects else asked[id(node)])
            case ast.ImportFrom():
                module.keep_names(node, lambda name: name not in values)
