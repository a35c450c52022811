"""The recipe of SymPy expressions. Imports SymPy, so it is imported when one is met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy

from symdiff.errors import ArgumentError
from symdiff.frontends.layout import taken_apart
from symdiff.frontends.spec import Spec
from symdiff.frontends.sympy.detect import is_sympy
from symdiff.frontends.sympy.names import elements, python_name
from symdiff.frontends.sympy.reader import Reading, read
from symdiff.frontends.sympy.show import show
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.tree import Tree
from symdiff.program.packed import Group, vector_name


@dataclass(frozen=True)
class Expression:
    """An expression of SymPy, or several.

    Attributes:
        roots: the expressions.
        tree: the containers that they lie in; 0 for one alone.
        name: what the function is called.
        order: names of inputs that come first.
    """

    roots: tuple[Any, ...]
    tree: Tree = 0
    name: str = "f"
    order: tuple[str, ...] = ()

    @property
    def program(self) -> Reading:
        return read(*self.roots)

    @property
    def specs(self) -> dict[str, Spec]:
        """What the expression says of its inputs: the sizes of matrices."""
        return self.program.specs

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.order, *self.program.inputs)))

    @property
    def is_scalar(self) -> bool:
        """Whether all inputs are numbers, in the place of which arrays may come."""
        return self.program.is_scalar

    @property
    def hidden(self) -> dict[str, str]:
        """The symbols in the arguments of unknown functions, with such a function for each."""
        return self.program.hidden

    @property
    def by_element(self) -> Expression | None:
        """The elements of one row or column of numbers, as several results; None for all else."""
        [first, *others] = self.roots
        is_vector = not others and self.tree == 0 and isinstance(first, sympy.MatrixBase) and 1 in first.shape
        if not is_vector or not self.is_scalar:
            return None
        return replace(self, roots=tuple(first.flat()), tree=tuple(range(len(first))))

    @property
    def title(self) -> str:
        return ", ".join(map(show, self.roots))

    def fixed(self, name: str) -> Aval | None:
        return None

    def build(self, avals: Sequence[Aval]) -> Graph:
        return self.program.build(dict(zip(self.inputs, avals, strict=True)), self.name, self.tree)


def expression(what: Any, name: str, inputs: Any = None) -> Expression:
    """The recipe of what a user hands in: an expression, a matrix, a Lambda, or containers of expressions.

    Args:
        what: of SymPy. The arguments of a Lambda come in its order.
        name: what the function is called.
        inputs: symbols or names that come first; other symbols follow by name.

    Raises:
        ArgumentError: for what is no expression.
    """
    order = tuple(map(python_name, inputs)) if inputs is not None else ()
    if isinstance(what, sympy.Lambda):
        order = order or tuple(map(python_name, what.variables))
        what = what.expr
    if isinstance(what, sympy.Tuple):
        what = tuple(what)
    roots, tree = taken_apart(what, _expression, is_sympy)
    return Expression(roots, tree, name, order)


def in_groups(inputs: Any) -> tuple[tuple[Group, ...], tuple[Any, ...] | None]:
    """The arguments that `inputs` asks for, if some of them are vectors of symbols, and the symbols in their order."""
    if inputs is None:
        return (), None
    parts = [elements(item) for item in inputs]
    flat = [part for item in parts for part in (item if isinstance(item, (tuple, list)) else (item,))]
    if len(flat) == len(parts) and not any(isinstance(item, (tuple, list)) for item in parts):
        return (), tuple(flat)
    members = [tuple(map(python_name, item if isinstance(item, (tuple, list)) else (item,))) for item in parts]
    names = [
        vector_name(of) if isinstance(item, (tuple, list)) else of[0] for item, of in zip(parts, members, strict=True)
    ]
    # two vectors of x0, x1, x2 and x3 cannot both be called x
    names = ["_".join(of) if names.count(name) > 1 else name for name, of in zip(names, members, strict=True)]
    return tuple(zip(names, members, strict=True)), tuple(flat)


def _expression(what: Any) -> Any:
    if isinstance(what, sympy.NDimArray):
        return sympy.ImmutableDenseNDimArray(what)
    if isinstance(what, sympy.MatrixBase):
        return what.as_immutable()
    if isinstance(what, (int, float, complex)):
        return sympy.sympify(what)
    if isinstance(what, (sympy.Expr, sympy.logic.boolalg.Boolean)):
        return what
    shown = getattr(what, "__name__", type(what).__name__)
    if isinstance(what, type) or not is_sympy(what):
        raise ArgumentError(f"{shown} is not an expression of SymPy", help=f"apply it to a symbol: {shown}(x)")
    raise ArgumentError(f"a {shown} of SymPy is not an expression", help="pass an expression, a Matrix, or a Lambda")
