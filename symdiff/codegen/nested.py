"""Containers in generated code: results, and the arguments of saved functions.

A dict, list or tuple is indexed; fields of named tuples and dataclasses are attributes, whatever the class.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from symdiff.codegen.literal import quoted
from symdiff.graph.expression_text import unparse
from symdiff.graph.tree import Branch, Fixed, Tree, children, is_printable_dict


@dataclass(frozen=True)
class Parameters:
    """What a saved function takes: ``(name, tree)`` for each argument; leaves number the inputs."""

    trees: tuple[tuple[str, Tree], ...]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.trees]

    @property
    def is_flat(self) -> bool:
        """Whether every argument is an input."""
        return all(isinstance(tree, int) for _, tree in self.trees)

    @property
    def places(self) -> list[str]:
        """Where each input is found: ``X``, ``p["W1"]``, ``p.layers[0]``."""
        found = dict(pair for name, tree in self.trees for pair in _places(name, tree))
        return [found[k] for k in range(len(found))]

    @property
    def has_attributes(self) -> bool:
        """Whether an argument is, or contains, an object with fields."""
        stack = [tree for _, tree in self.trees]
        while stack:
            top = stack.pop()
            if _is_object(top):
                return True
            stack.extend(children(top))
        return False

    def assembled(self, inputs: Sequence[str]) -> str:
        """The arguments as a tuple of containers with `inputs` in their places."""
        return f"({', '.join(_assembled(tree, inputs) for _, tree in self.trees)},)"


def _places(path: str, tree: Tree) -> Iterator[tuple[int, str]]:
    if isinstance(tree, int):
        yield tree, path
    for key, part in zip(_keys(tree), children(tree), strict=True):
        yield from _places(f"{path}.{key}" if _is_object(tree) else f"{path}[{quoted(key)}]", part)


def _keys(tree: Tree) -> Sequence[Hashable]:
    return (isinstance(tree, Branch) and tree.keys) or range(len(children(tree)))


def _is_object(tree: Tree) -> bool:
    return isinstance(tree, Branch) and tree.kind is not list and not issubclass(tree.kind, dict)


def _assembled(tree: Tree, inputs: Sequence[str]) -> str:
    if isinstance(tree, int):
        return inputs[tree]
    if isinstance(tree, Fixed):
        return "None"  # a part of the program: the saved function does not look at it
    parts = [_assembled(part, inputs) for part in children(tree)]
    if isinstance(tree, tuple):
        return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
    if tree.kind is list:
        return f"[{', '.join(parts)}]"
    if issubclass(tree.kind, dict):
        return "{" + ", ".join(f"{quoted(k)}: {v}" for k, v in zip(tree.keys, parts, strict=True)) + "}"
    return f"SimpleNamespace({', '.join(f'{k}={v}' for k, v in zip(tree.keys, parts, strict=True))})"


def in_container(tree: Tree, results: Sequence[ast.expr]) -> str:
    """What is returned; objects of the user's classes are plain tuples in generated code."""
    if isinstance(tree, int):
        return unparse(results[tree])
    if isinstance(tree, Fixed):
        return repr(tree.value if isinstance(tree.value, (str, int, float, bool)) else None)
    parts = [in_container(part, results) for part in children(tree)]
    if isinstance(tree, Branch) and tree.kind is list:
        return f"[{', '.join(parts)}]"
    if isinstance(tree, Branch) and is_printable_dict(tree):
        return "{" + ", ".join(f"{quoted(k)}: {v}" for k, v in zip(tree.keys, parts, strict=True)) + "}"
    return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
