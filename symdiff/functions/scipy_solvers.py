"""scipy.optimize inside of a function that is traced: a solution is differentiated by the equation that it solves.

It is searched by Newton's method from the same start (see `symdiff.control.implicit`). SciPy's results have more than
the solution; what is asked of ours beyond x, fun and success is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.by_name.loops import while_loop
from symdiff.frontends.tracing.by_name.solving import check_holds, fixed_point
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.found import Found
from symdiff.frontends.tracing.of_scipy.table import functional, refuse
from symdiff.functions.minimizer import minimizer
from symdiff.functions.root import root

Function = Callable[..., Any]
BISECTIONS = 40  # after which Newton's method converges


def _tuple(args: Any) -> tuple[Any, ...]:
    return args if isinstance(args, tuple) else (args,)


def _is_known(f: Function, *x: Any) -> bool:
    """Whether the function, its arguments, and what it reads are numbers."""
    return not is_symbolic(x) and not is_symbolic(followed(f)(*x))


def _start(x0: Any) -> Any:
    return 1.0 * (x0 if hasattr(x0, "ndim") else np.stack(x0) if isinstance(x0, (list, tuple)) else x0)


def _refuse_both(what: str, derivative: Any, name: str) -> None:
    """A function that returns its derivative beside its value."""
    if derivative is True:
        raise UnsupportedError(f"{what}=True", help=f"give the function alone: its {name} is found")


@functional("scipy.optimize.root")
def _root(
    original: Function, fun: Function, x0: Any, args: Any = (), method: str = "hybr", jac: Any = None, **options: Any
) -> Any:
    """The solution of a system of equations."""
    given = _tuple(args)
    if _is_known(fun, _start(x0), *given):
        return original(fun, x0, args, method, jac, **options)
    _refuse_both("scipy.optimize.root with jac", jac, "Jacobian")
    x = root(fun, np.atleast_1d(_start(x0)), *given)
    return Found(x=x, fun=followed(fun)(x, *given))


@functional("scipy.optimize.fsolve")
def _fsolve(original: Function, func: Function, x0: Any, args: Any = (), **options: Any) -> Any:
    """The solution of a system of equations."""
    given = _tuple(args)
    if _is_known(func, _start(x0), *given):
        return original(func, x0, args, **options)
    x = root(func, np.atleast_1d(_start(x0)), *given)
    return (x, Found(fvec=followed(func)(x, *given)), 1, Found.message) if options.get("full_output") else x


@functional("scipy.optimize.newton")
def _newton(original: Function, func: Function, x0: Any, fprime: Any = None, args: Any = (), **options: Any) -> Any:
    """A zero of a function of one number."""
    given = _tuple(args)
    if _is_known(func, _start(x0), *given):
        return original(func, x0, fprime, args, **options)
    refuse("scipy.optimize.newton", "take the solution alone", full_output=options.get("full_output"))
    return root(func, _start(x0), *given)


def _between(f: Function, a: Any, b: Any, args: tuple[Any, ...]) -> Any:
    """The zero between two numbers at which f has different signs: halves first, and then Newton's method."""
    g = followed(f)
    sign, other = np.sign(g(a, *args)) + 0.0, np.sign(g(b, *args))
    text = "f(a) and f(b) must have different signs"  # in SciPy's words: whoever catches its error may read them
    check_holds(sign * other <= 0, text, "search between numbers at which they have")

    def halve(state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        low, high, k = state
        middle = (low + high) / 2
        left = np.sign(g(middle, *args)) == sign
        return np.where(left, middle, low), np.where(left, high, middle), k + 1

    zero = 0.0 * (a + b + sign)
    low, high, _ = while_loop(lambda s: s[2] < BISECTIONS, halve, (a + zero, b + zero, 0))
    return root(f, (low + high) / 2, *args)


def _bracketing(name: str) -> None:
    @functional(f"scipy.optimize.{name}")
    def call(original: Function, f: Function, a: Any, b: Any, args: Any = (), **options: Any) -> Any:
        given = _tuple(args)
        if not is_symbolic(b) and _is_known(f, a, *given):
            return original(f, a, b, args, **options)
        x = _between(f, a, b, given)
        return (x, Found(root=x, converged=True)) if options.get("full_output") else x

    call.__doc__ = "A zero between two numbers."


for _name in ("brentq", "brenth", "bisect", "ridder", "toms748"):
    _bracketing(_name)


@functional("scipy.optimize.root_scalar")
def _root_scalar(
    original: Function, f: Function, args: Any = (), method: Any = None, bracket: Any = None, fprime: Any = None, fprime2: Any = None,
    x0: Any = None, x1: Any = None, **options: Any,
) -> Any:  # fmt: skip
    """A zero of a function of one number."""
    given, start = _tuple(args), x0 if bracket is None else bracket[0]
    if not is_symbolic(bracket) and start is not None and _is_known(f, start, *given):
        return original(f, args, method, bracket, fprime, fprime2, x0, x1, **options)
    _refuse_both("root_scalar with fprime", fprime, "slope")
    x = root(f, _start(x0), *given) if bracket is None else _between(f, bracket[0], bracket[1], given)
    return Found(root=x, converged=True)


@functional("scipy.optimize.fixed_point")
def _fixed_point(original: Function, func: Function, x0: Any, args: Any = (), **options: Any) -> Any:
    """The x with x = func(x)."""
    given = _tuple(args)
    if _is_known(func, _start(x0), *given):
        return original(func, x0, args, **options)
    return fixed_point(func, _start(x0), *given)


@functional("scipy.optimize.minimize")
def _minimize(
    original: Function, fun: Function, x0: Any, args: Any = (), method: Any = None, jac: Any = None, hess: Any = None, hessp: Any = None,
    bounds: Any = None, constraints: Any = (), tol: Any = None, callback: Any = None, options: Any = None,
) -> Any:  # fmt: skip
    """A minimum without bounds or constraints."""
    given = _tuple(args)
    if _is_known(fun, np.atleast_1d(_start(x0)), *given):
        return original(fun, x0, args, method, jac, hess, hessp, bounds, constraints, tol, callback, options)
    refuse(
        "scipy.optimize.minimize",
        "a minimum at a bound has other equations",
        bounds=bounds,
        constraints=constraints or None,
    )
    _refuse_both("scipy.optimize.minimize with jac", jac, "slope")
    x = minimizer(fun, np.atleast_1d(_start(x0)), *given)
    return Found(x=x, fun=followed(fun)(x, *given))


@functional("scipy.optimize.least_squares")
def _least_squares(
    original: Function, fun: Function, x0: Any, jac: Any = "2-point", bounds: Any = None, args: Any = (), **options: Any
) -> Any:
    """A minimum of the sum of squares."""
    given = _tuple(args)
    more = {} if bounds is None else {"bounds": bounds}
    if _is_known(fun, np.atleast_1d(_start(x0)), *given):
        return original(fun, x0, jac, args=args, **more, **options)
    loss = options.get("loss", "linear")
    refuse(
        "scipy.optimize.least_squares",
        "write the loss out, and minimise it",
        bounds=bounds,
        loss=None if loss == "linear" else loss,
    )

    def half(x: Any, *args: Any) -> Any:
        return np.sum(followed(fun)(x, *args) ** 2) / 2

    x = minimizer(half, np.atleast_1d(_start(x0)), *given)
    residuals = followed(fun)(x, *given)
    return Found(x=x, fun=residuals, cost=np.sum(residuals**2) / 2)


@functional("scipy.optimize.curve_fit")
def _curve_fit(
    original: Function, f: Function, xdata: Any, ydata: Any, p0: Any = None, sigma: Any = None, absolute_sigma: bool = False, **options: Any
) -> Any:  # fmt: skip
    """The parameters of a curve, by least squares; their covariance is not followed."""
    if not is_symbolic((xdata, ydata, p0, sigma)) and _is_known(f, xdata, *(p0 if p0 is not None else ())):
        return original(f, xdata, ydata, p0, sigma, absolute_sigma, **options)
    if p0 is None:
        raise UnsupportedError("curve_fit without a start", help="give p0=[…], one number for each parameter")
    refuse("scipy.optimize.curve_fit", "a minimum at a bound has other equations", bounds=options.get("bounds"))
    if np.ndim(sigma) > 1:
        raise UnsupportedError("curve_fit with a matrix as sigma", help="scipy.optimize.least_squares")
    start = np.atleast_1d(_start(p0))
    weights = 1.0 if sigma is None else 1.0 / sigma

    def half(p: Any) -> Any:
        return np.sum(((followed(f)(xdata, *(p[k] for k in range(start.shape[0]))) - ydata) * weights) ** 2) / 2

    return minimizer(half, start), Found()


@functional("scipy.optimize.minimize_scalar")
def _minimize_scalar(
    original: Function, fun: Function, bracket: Any = None, bounds: Any = None, args: Any = (), method: Any = None, **options: Any
) -> Any:  # fmt: skip
    """A minimum of a function of one number; between bounds it is searched first by the golden section."""
    given = _tuple(args)
    if not is_symbolic((bracket, bounds)) and _is_known(fun, 0.5 if bounds is None else bounds[0], *given):
        return original(fun, bracket, bounds, args, method, **options)
    start = _golden(fun, bounds, given) if bounds is not None else _start(0.5 if bracket is None else bracket[0])
    x = minimizer(fun, start, *given)
    if bounds is not None:
        inside = np.logical_and(x > bounds[0], x < bounds[1])
        check_holds(inside, "the minimum is at a bound", "a minimum at a bound has other equations")
    return Found(x=x, fun=followed(fun)(x, *given))


SECTIONS, GOLDEN = 30, 0.3819660112501051  # after which Newton's method converges; of the way, where a section lies


def _golden(f: Function, bounds: Any, args: tuple[Any, ...]) -> Any:
    """A number near a minimum between two numbers."""
    g = followed(f)
    zero = 0.0 * g(bounds[0] + 0.0, *args)

    def narrow(state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        low, high, k = state
        left, right = low + GOLDEN * (high - low), high - GOLDEN * (high - low)
        nearer = g(left, *args) < g(right, *args)
        return np.where(nearer, low, left), np.where(nearer, right, high), k + 1

    low, high, _ = while_loop(lambda s: s[2] < SECTIONS, narrow, (bounds[0] + zero, bounds[1] + zero, 0))
    return (low + high) / 2
