"""scipy.integrate.solve_ivp and odeint inside of a function that is traced: see `symdiff.control.flow`.

The explicit methods take the steps that SciPy's take, with its coefficients. Stiff problems are refused by the names
of their methods: an explicit one would be right, and take for ever.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from symdiff.control.flow import Method, Stiff, flow
from symdiff.control.runge_kutta import Control, Row, Tableau
from symdiff.errors import ArgumentError, DTypeError, ShapeError, UnsupportedError, did_you_mean
from symdiff.frontends.carried import carried_as, closed
from symdiff.frontends.tracing.flow.guards import note, note_for, noting, raised
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.found import Found
from symdiff.frontends.tracing.of_scipy.table import functional, refuse
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.aval import Aval
from symdiff.graph.body import canonical
from symdiff.graph.node import Node, as_node, new_scope, variable

Slope = Callable[..., Any]
EXPLICIT, STIFF = ("RK23", "RK45", "DOP853"), ("Radau", "BDF", "LSODA")
LEAST_RTOL = 100 * np.finfo(float).eps


def array_of(x: Any) -> Any:
    """Floats, in one array."""
    x = x if hasattr(x, "ndim") else np.stack(x) if isinstance(x, (list, tuple)) and len(x) else np.asarray(x)
    return 1.0 * x


@functional("scipy.integrate.solve_ivp")
def solve_ivp(
    original: Slope, fun: Slope, t_span: Any, y0: Any, method: Any = "RK45", t_eval: Any = None, dense_output: bool = False,
    events: Any = None, vectorized: bool = False, args: Any = None, **options: Any,
) -> Any:  # fmt: skip
    """The solution of an initial value problem, at `t_eval`, or at the end."""
    given = () if args is None else tuple(args)
    start, end = t_span
    if not is_symbolic((t_span, y0, given, t_eval, options)) and not is_symbolic(
        followed(fun)(start, np.array(y0, float), *given)
    ):
        return original(fun, t_span, y0, method, t_eval, dense_output, events, vectorized, args, **options)
    who = "scipy.integrate.solve_ivp"
    refuse(who, "give the times in t_eval: what lies between is a function of them", dense_output=dense_output)
    refuse(who, "find the time by scipy.optimize.brentq of what solve_ivp gives at the end", events=events)
    y = _solution(who, fun, (start, end), array_of(y0), t_eval, given, _method(method), _control(who, options))
    if t_eval is None:
        last, first = Symbol(y)[0], array_of(y0)
        return _found(
            t=Steps((), start, end), y=Steps(np.shape(first), first, last), sol=None, t_events=None, y_events=None
        )
    return _found(t=array_of(t_eval), y=Symbol(y).T, sol=None, t_events=None, y_events=None)


@functional("scipy.integrate.odeint")
def odeint(
    original: Slope, func: Slope, y0: Any, t: Any, args: Any = (), Dfun: Any = None, col_deriv: int = 0, full_output: int = 0,
    ml: Any = None, mu: Any = None, rtol: Any = None, atol: Any = None, tcrit: Any = None, h0: float = 0.0, hmax: float = 0.0,
    hmin: float = 0.0, ixpr: int = 0, mxstep: int = 0, mxhnil: int = 0, mxordn: int = 12, mxords: int = 5, printmessg: int = 0,
    tfirst: bool = False,
) -> Any:  # fmt: skip
    """The solution of an initial value problem at times, by DOP853 with the tolerances that odeint has."""
    given = args if isinstance(args, tuple) else (args,)

    def slope(now: Any, y: Any, *rest: Any) -> Any:
        return followed(func)(now, y, *rest) if tfirst else followed(func)(y, now, *rest)

    start = np.ravel(array_of(y0))
    if not is_symbolic((start, t, given, rtol, atol)) and not is_symbolic(slope(t[0], start, *given)):
        more = ml, mu, rtol, atol, tcrit, h0, hmax, hmin, ixpr, mxstep, mxhnil, mxordn, mxords, printmessg, tfirst
        return original(func, y0, t, args, Dfun, col_deriv, full_output, *more)
    refuse("scipy.integrate.odeint", "take the solution alone", full_output=full_output)
    refuse("scipy.integrate.odeint", "cut the range at these times", tcrit=tcrit)
    options = {
        "rtol": 1.49012e-8 if rtol is None else rtol, "atol": 1.49012e-8 if atol is None else atol,
        "first_step": h0 or None, "max_step": hmax or inf,
    }  # fmt: skip
    times = array_of(t)
    control = _control("scipy.integrate.odeint", options)
    y = _solution(
        "scipy.integrate.odeint", slope, (times[0], times[-1]), start, times, given, _method("LSODA"), control
    )
    return Symbol(y)


def _solution(
    who: str,
    fun: Slope,
    span: tuple[Any, Any],
    y0: Any,
    times: Any,
    args: tuple[Any, ...],
    method: Method,
    control: Control,
) -> Node:
    start = as_node(y0)
    if start.ndim != 1:
        raise ShapeError(f"{who} begins with {start.aval!r}", help="y0 is a vector: np.ravel(y0), or [y0] of a number")
    if start.aval.kind == "c":
        raise DTypeError(f"{who} begins with complex numbers", help="take real and imaginary parts apart")
    start = carried_as(start, Aval("float64", start.shape))
    ends = as_node(np.stack([1.0 * span[0], 1.0 * span[1]]))
    t, y = variable("t", Aval("float64"), new_scope()), variable("y", start.aval, new_scope())
    with noting() as guards:
        slope = as_node(array_of(followed(fun)(Symbol(t), Symbol(y), *args)))
    note_for(guards, {t: as_node(1.0 * span[0]), y: start})
    if slope.ndim == 0 and start.shape == (1,):
        slope = as_node(Symbol(slope)[None])
    if slope.shape != start.shape:
        raise ShapeError(
            f"the slope is {slope.aval!r}, and the state {start.aval!r}", help="one number for each of the state"
        )
    if slope.aval.kind == "c":
        raise DTypeError(f"the slope in {who} is complex", help="take real and imaginary parts apart")
    if times is not None:
        _check_order(who, span, array_of(times))
    body, fixed = closed([t, y], [carried_as(slope, start.aval)])
    strong = [carried_as(x, Aval(v.dtype, v.shape)) for x, v in zip(fixed, body.inputs[2:], strict=True)]
    wanted = None if times is None else carried_as(as_node(array_of(times)), Aval("float64", np.shape(times)))
    found = flow(canonical(body), start, carried_as(ends, Aval("float64", (2,))), wanted, strong, method, control)
    lost = as_node(np.any(np.isnan(Symbol(found))))
    note(raised(lost, ValueError(f"{who.rpartition('.')[2]} has not reached the end: no step is small enough")))
    return found


def _check_order(who: str, span: tuple[Any, Any], times: Any) -> None:
    """Raises where times are not on the way from start to end, one after the other: now, or when the program runs."""
    ahead = np.sign(span[1] - span[0])
    steps = np.diff(np.concatenate([np.ravel(span[0]), times, np.ravel(span[1])]) * ahead)
    wrong: Any = np.any(steps < 0)
    if is_symbolic(wrong):
        text = f"{who.rpartition('.')[2]} is asked for times that do not lie in order between start and end"
        note(raised(as_node(wrong), ValueError(text)))
    elif wrong:
        raise ArgumentError(f"{who} is asked for times out of order, or beyond start and end", help="np.sort them")


# ------------------------------------------------------------------------------------------------------------ options


def _method(method: Any) -> Method:
    """How a method of SciPy's is followed: an explicit one step by step, one for stiff equations by Radau's."""
    name = method if isinstance(method, str) else getattr(method, "__name__", "")
    if name in STIFF:
        return Stiff(_tableau("DOP853") if name == "LSODA" else None)
    if name not in EXPLICIT:
        help = did_you_mean(name, EXPLICIT + STIFF, f"one of {', '.join(EXPLICIT + STIFF)}")
        raise UnsupportedError(f"solve_ivp with method={name!r}, differentiated", help=help)
    return _tableau(name)


def _tableau(name: str) -> Tableau:
    """The coefficients of an explicit method of SciPy's."""
    of: Any = getattr(importlib.import_module("scipy.integrate"), name)
    n, c = of.n_stages, tuple(map(float, of.C[1:]))
    a, b = tuple(_row(of.A[k, :k]) for k in range(1, n)), _row(of.B)
    if name != "DOP853":
        return Tableau(name, of.error_estimator_order, a, c, b, (_row(of.E),), tuple(map(_row, of.P)))
    more = tuple((_row(w[: n + 1 + k]), float(x)) for k, (w, x) in enumerate(zip(of.A_EXTRA, of.C_EXTRA, strict=True)))
    errors = _row(of.E5), _row(of.E3)
    return Tableau(name, of.error_estimator_order, a, c, b, errors, tuple(map(_row, of.D)), more, hermite=True)


def _row(weights: Any) -> Row:
    return tuple(map(float, weights))


def _control(who: str, options: dict[str, Any]) -> Control:
    if is_symbolic(options):
        raise UnsupportedError(f"{who} with a tolerance or step that is computed", help="give it as a number")
    known = {"rtol", "atol", "first_step", "max_step", "jac", "jac_sparsity"}  # the last two say how to compute
    for name, value in options.items():
        if name not in known:
            refuse(who, f"it has {', '.join(sorted(known))}", **{name: value})
    rtol = np.maximum(options.get("rtol", 1e-3), LEAST_RTOL)
    first, longest = options.get("first_step"), float(options.get("max_step", inf))
    if longest <= 0 or (first is not None and first <= 0) or np.any(np.asarray(options.get("atol", 0.0)) < 0):
        raise ArgumentError(f"{who} with a step or a tolerance below zero", help="steps are lengths, above 0")
    return Control(
        _numbers(rtol), _numbers(options.get("atol", 1e-6)), None if first is None else float(first), longest
    )


def _numbers(value: Any) -> float | Row:
    return float(value) if np.ndim(value) == 0 else _row(value)


# ------------------------------------------------------------------------------------------------------------ results


def _found(**found: Any) -> Found:
    result = Found(**found)
    vars(result)["message"] = "The solver successfully reached the end of the integration interval."
    return result


class Steps:
    """Values at the steps that a solver chooses: how many there are is not known, but the first and the last are."""

    def __init__(self, shape: Any, first: Any, last: Any) -> None:
        self._shape, self._first, self._last = shape, first, last

    def __getitem__(self, key: Any) -> Any:
        rows, at = (key[:-1], key[-1]) if isinstance(key, tuple) else ((), key)
        whole = len(rows) == len(self._shape) or rows == (Ellipsis,)
        if whole and isinstance(at, (int, np.integer)) and at in (0, -1):
            value = self._last if at else self._first
            return value if rows in ((), (slice(None),), (Ellipsis,)) else value[rows[0]]
        if self._shape and not rows and isinstance(key, (int, np.integer)):
            return Steps((), self._first[key], self._last[key])
        raise self._unknown()

    def __iter__(self) -> Any:
        if not self._shape or not isinstance(self._shape[0], int):
            raise self._unknown()
        return (self[k] for k in range(self._shape[0]))

    @property
    def T(self) -> _Transposed:  # noqa: N802 (NumPy's name)
        """The steps along the first axis."""
        return _Transposed(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ("__array__", "__array_ufunc__", "__array_function__", "__len__"):
            raise AttributeError(name)
        raise self._unknown()

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise self._unknown()

    def __len__(self) -> int:
        if not self._shape or not isinstance(self._shape[0], int):
            raise self._unknown()
        return self._shape[0]

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
        raise self._unknown()

    __array_function__ = __array_ufunc__

    @staticmethod
    def _unknown() -> UnsupportedError:
        return UnsupportedError(
            "values at the steps that the solver chooses, whose number is not known",
            help="of solve_ivp, give the times as t_eval=; of solve_bvp, ask sol(x); or take what is at an end, y[:, -1]",
        )


class _Transposed:
    """What lies along the other axis."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def __getitem__(self, key: Any) -> Any:
        key = key if isinstance(key, tuple) else (key,)
        return self._steps[(*(key[1:] or (slice(None),)), key[0])]
