"""`fixed_point`, and what it shares with `root`: solutions of equations, differentiated by the equation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from symdiff.control.implicit import implicit, jacobian_of, solved
from symdiff.errors import ArgumentError, DTypeError, ShapeError, ValueDomainError
from symdiff.frontends.carried import closed
from symdiff.frontends.layout import filled
from symdiff.frontends.tracing.by_name.carries import parts_of, settled, type_of
from symdiff.frontends.tracing.by_name.loops import while_loop
from symdiff.frontends.tracing.flow.guards import note, note_for, noting, raised
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.frontends.tracing.trace import flatten
from symdiff.graph.aval import Aval
from symdiff.graph.body import Body, canonical
from symdiff.graph.dims import size
from symdiff.graph.guard import Guard
from symdiff.graph.node import Node, as_node, new_scope, variable
from symdiff.graph.tree import Tree
from symdiff.graph.walk import substitute
from symdiff.ops.index import Slice
from symdiff.ops.shapes import concatenate, getitem, reshape, stack

Equation = Callable[..., Any]


def fixed_point(f: Equation, x0: Any, /, *args: Any, tolerance: float = 1e-12, steps: int = 10_000) -> Any:
    """The x with ``x = f(x, *args)``, found by ``x = f(x, *args)`` again and again, from `x0`.

    The derivative is that of the equation, by the implicit function theorem: one linear solve at the solution, whatever
    the number of steps, and no history is kept. It is right to any order, in both modes, with respect to `args` and to
    whatever else `f` reads; with respect to `x0` it is zero.

    Args:
        f: takes x, and `args`; gives the next x, in the same containers, shapes and dtypes.
        x0: a number, an array, or containers of such: where the search begins.
        *args: what else `f` takes.
        tolerance: the search ends where no number of x changes by more than that, compared with 1 + its size.
        steps: so many are taken at most.

    Raises:
        ValueDomainError: if the search does not end; a traced function raises a ValueError when it runs.
        ShapeError, DTypeError, ArgumentError: if `f` gives something else than it takes, or no real numbers.

    >>> import numpy as np, symdiff as sd
    >>> def kepler(eccentricity, anomaly):
    ...     return sd.fixed_point(lambda E: anomaly + eccentricity * np.sin(E), anomaly)
    >>> E = kepler(0.3, 1.0)
    >>> bool(abs(sd.grad(kepler)(0.3, 1.0) - np.sin(E) / (1 - 0.3 * np.cos(E))) < 1e-12)
    True
    """
    x0 = begin("fixed_point", f, x0, tolerance, steps)
    first = followed(f)(x0, *args)
    (old, tree), (new, new_tree) = parts_of(x0), parts_of(first)
    settled([type_of(v) for v in old], tree, [type_of(v) for v in new], new_tree, "fixed_point")
    x, is_found = search(lambda x: followed(f)(x, *args), x0, first, tolerance, steps)
    check_found(is_found, "fixed_point", steps)
    return differentiated(lambda value: followed(f)(value, *args), x, relative=True)


class Search(NamedTuple):
    """What a search carries: the value before, the value, and how many steps were taken."""

    before: Any
    x: Any
    count: Any


def search(better: Callable[[Any], Any], x0: Any, first: Any, tolerance: float, steps: int) -> tuple[Any, Any]:
    """What `better` makes of `first`, which it has made of `x0`, again and again, and whether it no longer changes."""

    def goes(s: Search) -> Any:
        return np.logical_and(s.count < steps, np.logical_not(_is_near(s.before, s.x, tolerance)))

    def step(s: Search) -> Search:
        return Search(s.x, better(s.x), s.count + 1)

    found = while_loop(goes, step, Search(x0, first, 1))
    return found.x, _is_near(found.before, found.x, tolerance)


def begin(who: str, f: Any, x0: Any, tolerance: float, steps: int) -> Any:
    """Where a search begins: with floats.

    Raises:
        ArgumentError, DTypeError: for a search that cannot be made.
    """
    if not callable(f):
        raise ArgumentError(f"{who} takes a function, and is given {f!r:.40}", help='of a text: sd.function("…")')
    if is_symbolic((tolerance, steps)) or not (tolerance >= 0 and steps >= 1):
        raise ArgumentError(
            f"{who} searches at most {steps!r:.40} steps, to a tolerance of {tolerance!r:.40}",
            help="tolerance is a number, 0 or more; steps a whole number, 1 or more",
        )
    if not parts_of(x0)[0]:
        raise ArgumentError(f"{who} begins with {x0!r:.40}, which holds no numbers", help="a number, or an array")
    for value in parts_of(x0)[0]:
        if type_of(value).kind == "c":
            raise DTypeError(f"{who} begins with complex numbers", help="take real and imaginary parts apart")
    values, tree = parts_of(x0)
    return filled(tree, [v if type_of(v).kind == "f" else 1.0 * v for v in values])


def _is_near(before: Any, x: Any, tolerance: float) -> Any:
    """Whether all numbers of `x` are those of `before`, up to the tolerance."""
    (old, _), (new, _) = parts_of(before), parts_of(x)
    pairs = zip(old, new, strict=True)
    # nan is an end, too; compared with what was before, as nothing is far from infinity
    near = [np.all(np.logical_not(abs(b - a) > tolerance * (1 + abs(a)))) for a, b in pairs]
    return reduce(np.logical_and, near)


def check_found(is_found: Any, who: str, steps: int) -> None:
    """Raises where the search has not come to an end: now, or when the program runs."""
    help = "begin nearer; allow more steps= or a larger tolerance="
    check_holds(is_found, f"{who} has found nothing in {steps} steps", help)


def check_holds(condition: Any, text: str, help: str) -> None:
    """Raises where a search cannot succeed: ValueDomainError now, or ValueError when the program runs."""
    if is_symbolic(condition):
        note(raised(as_node(np.logical_not(condition)), ValueError(text)))
    elif not condition:
        raise ValueDomainError(text, help=help)


def differentiated(f: Callable[[Any], Any], x: Any, *, relative: bool) -> Any:
    """`x`, differentiated as the solution of ``f(x) = x``, if `relative`, or ``f(x) = 0``.

    What is known, and does not depend on a trace, is as it is.
    """
    if not is_symbolic(x):
        return x
    found, tree = flatten(x)
    residual = equation(f, [y.aval for y in found], tree, relative=relative)
    residual.note_at(joined(found))
    value = Node(implicit, (joined(found), *residual.fixed), (("body", canonical(residual.body)),))
    return filled(tree, [Symbol(part) for part in parted(value, [y.aval for y in found])])


class Residual(NamedTuple):
    """What is zero at a solution.

    Attributes:
        body: as a body of one vector, or of one number or array, and what else it reads.
        fixed: what else it reads.
        guards: what raises an error on the way, for whatever is tried.
    """

    body: Body
    fixed: list[Node]
    guards: list[Guard]

    def note_at(self, x: Node) -> None:
        """Notes the guards, for `x` being tried."""
        note_for(self.guards, {self.body.inputs[0]: x})


def equation(f: Callable[[Any], Any], types: Sequence[Aval], tree: Tree, *, relative: bool) -> Residual:
    """The residual of ``f(x) = x``, if `relative`, or ``f(x) = 0``, for x of these types."""
    if any(t.kind != "f" for t in types):
        raise DTypeError("a solution is searched among floats", help="begin with a float: x0 = 1.0")
    shape = types[0].shape if len(types) == 1 else (size_of(types),)
    x = variable("x", Aval(np.result_type(*(t.dtype for t in types)), shape), new_scope())
    given = parted(x, types)
    with noting() as guards:
        result, end_tree = flatten(f(filled(tree, [Symbol(part) for part in given])))
    if end_tree != tree or any(y.shape != t.shape for y, t in zip(result, types, strict=True)):
        got, meant = ", ".join(map(repr, [y.aval for y in result])), ", ".join(map(repr, types))
        raise ShapeError(f"the equation takes {meant} and gives {got}", help="as many numbers as there are unknowns")
    residual = [y - part for y, part in zip(result, given, strict=True)] if relative else list(result)
    return Residual(*closed([x], [joined(residual)]), guards)


def size_of(types: Sequence[Aval]) -> Any:
    """How many numbers there are."""
    total: Any = 0
    for t in types:
        total = total + size(t.shape)
    return total


def joined(parts: Sequence[Node]) -> Node:
    """One vector of several arrays; one array as it is."""
    if len(parts) == 1:
        return parts[0]
    if not any(y.shape for y in parts):
        return stack(*parts, axis=0)
    return concatenate(*[reshape(y, shape=(size(y.shape),)) for y in parts], axis=0)


def parted(x: Node, types: Sequence[Aval]) -> list[Node]:
    """The arrays that were joined."""
    if len(types) == 1:
        return [x]
    found, at = [], 0
    for t in types:
        n: Any = size(t.shape)
        part = getitem(x, index=(Slice(at, at + n) if t.shape else at,))
        found.append(reshape(part, shape=t.shape) if len(t.shape) > 1 else part)
        at = at + n
    return found


def newton_step(residual: Residual, value: Any, tree: Tree) -> Any:
    """A step of Newton's method for an equation, from `value`."""
    found, _ = flatten(value)
    residual.note_at(joined(found))
    body, fixed = residual.body, residual.fixed
    x = body.inputs[0]
    better = x - solved(jacobian_of(body), body.outputs[0])
    [moved] = substitute([better], dict(zip(body.inputs, (joined(found), *fixed), strict=True)))
    return filled(tree, [Symbol(part) for part in parted(moved, [y.aval for y in found])])
