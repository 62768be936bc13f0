"""What the docstrings of the schema say, for the API document and the reference pages."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from types import ModuleType

__all__ = ["field_docs"]


def field_docs(kind: type) -> dict[str, str]:
    """The text under each field of a class and of its bases; empty where the source is not shipped."""
    docs: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        module = inspect.getmodule(base)
        if module is not None and module.__name__.startswith("sandbox_agent."):
            docs |= _module_docs(module).get(base.__qualname__, {})
    return docs


@cache
def _module_docs(module: ModuleType) -> dict[str, dict[str, str]]:
    try:
        tree = ast.parse(inspect.getsource(module))
    except OSError:
        return {}
    return {node.name: _class_docs(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _class_docs(node: ast.ClassDef) -> dict[str, str]:
    docs: dict[str, str] = {}
    for field, following in zip(node.body, node.body[1:], strict=False):
        match field, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                docs[name] = inspect.cleandoc(text)
            case _:
                pass
    return docs
