"""`root`: the solution of an equation, by Newton's method, differentiated by the equation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from symdiff.frontends.tracing.by_name.carries import parts_of, type_of
from symdiff.frontends.tracing.by_name.solving import begin, check_found, differentiated, equation, newton_step, search
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.functions.make import make_function
from symdiff.functions.options import Options

Equation = Callable[..., Any]


def root(
    f: Equation,
    x0: Any,
    /,
    *args: Any,
    solve: Callable[..., Any] | None = None,
    tolerance: float = 1e-12,
    steps: int = 100,
) -> Any:
    """The x with ``f(x, *args) = 0``, found by Newton's method from `x0`.

    The derivative is that of the equation, by the implicit function theorem: one linear solve at the solution, however
    it was found. It is right to any order, in both modes, with respect to `args` and to whatever else `f` reads; with
    respect to `x0` it is zero.

    Args:
        f: takes x, and `args`; gives as many numbers as x has, in the same containers and shapes.
        x0: a number, an array, or containers of such: near the solution.
        *args: what else `f` takes.
        solve: another method, called as ``solve(f, x0, *args)``: bisection, say, written with `while_loop`.
        tolerance: the search ends where a step changes no number by more than that, compared with 1 + its size.
        steps: so many are taken at most.

    Raises:
        ValueDomainError: if the search does not end; a traced function raises a ValueError when it runs.
        numpy.linalg.LinAlgError: where the Jacobian is singular.
        ShapeError, DTypeError, ArgumentError: if `f` gives something else than it takes, or no real numbers.

    Newton's method needs the Jacobian of `f`: on plain numbers, too, `f` is traced, and the search compiled.

    >>> import symdiff as sd
    >>> def square_root(a):
    ...     return sd.root(lambda x: x**2 - a, a)
    >>> round(float(square_root(2.0)), 12), round(float(sd.grad(square_root)(2.0)), 12)
    (1.414213562373, 0.353553390593)
    """
    x0 = begin("root", f, x0, tolerance, steps)
    if solve is None and not is_symbolic((x0, args, followed(f)(x0, *args))):
        found = make_function(lambda given: _newton(f, given[0], given[1], tolerance, steps), Options(exact=True), {})
        x, is_found = found((x0, args))
        check_found(is_found, "root", steps)
        return x
    if solve is None:
        x, is_found = _newton(f, x0, args, tolerance, steps)
        check_found(is_found, "root", steps)
    else:
        x = followed(solve)(f, x0, *args)
    return differentiated(lambda value: followed(f)(value, *args), x, relative=False)


def _newton(f: Equation, x0: Any, args: Sequence[Any], tolerance: float, steps: int) -> tuple[Any, Any]:
    values, tree = parts_of(x0)
    residual = equation(lambda x: followed(f)(x, *args), [type_of(v) for v in values], tree, relative=False)

    def better(x: Any) -> Any:
        return newton_step(residual, x, tree)

    return search(better, x0, better(x0), tolerance, steps)
