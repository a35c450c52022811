"""Shapes and dtypes of results, as NumPy has them: broadcasting, and promotion with weak Python scalars (NEP 50)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from symdiff.errors import DTypeError, ShapeError
from symdiff.graph.aval import Aval, broadcast
from symdiff.graph.dims import Dim

DType = Literal["float", "special", "narrow", "wide", "double", "bool"] | Callable[..., np.dtype]


def broadcast_shapes(name: str, avals: Iterable[Aval]) -> tuple[Dim, ...]:
    """The common shape of `avals`; raises ShapeError naming the operation and both shapes."""
    avals = tuple(avals)
    shape: tuple[Dim, ...] = ()
    for aval in avals:
        joined = broadcast(shape, aval.shape)
        if joined is None:
            raise _mismatch(name, avals)
        shape = joined
    return shape


def _mismatch(name: str, avals: tuple[Aval, ...]) -> ShapeError:
    pairs = [(a.shape, b.shape) for i, a in enumerate(avals) for b in avals[i + 1 :]]
    a, b = next((a, b) for a, b in pairs if broadcast(a, b) is None)
    p, q = next(
        (p, q) for p, q in zip(reversed(a), reversed(b), strict=False) if p != q and p != 1 and q != 1
    )  # the last pair of axes that does not go together
    types = [repr(a).rstrip("~") for a in avals]
    shown = f" {name} ".join(types) if len(avals) == 2 else f"{name}({', '.join(types)})"
    return ShapeError(
        f"{shown}: lengths {p} and {q} differ",
        help="shapes are aligned from the right; insert an axis with x[:, None], or declare both lengths by one name", code="SD202",
    )


_PYTHON = {"i": int, "u": int, "f": float, "c": complex}


def _ufunc_dtype(fn: np.ufunc, avals: tuple[Aval, ...]) -> np.dtype:
    return loop_dtypes(fn, avals)[-1]


def loop_dtypes(fn: np.ufunc, avals: tuple[Aval, ...]) -> tuple[np.dtype, ...]:
    """The dtypes in which a ufunc computes, those of its operands and those of its results."""
    if all(a.weak for a in avals):
        wanted: list[Any] = [a.dtype for a in avals]
    else:
        wanted = [_PYTHON[a.kind] if a.weak else a.dtype for a in avals]
    return tuple(map(np.dtype, fn.resolve_dtypes((*wanted, *[None] * fn.nout))))


def asked_dtypes(fn: np.ufunc, avals: Sequence[Aval], dtype: Any, casting: Any) -> tuple[np.dtype, ...]:
    """The dtypes in which a ufunc reads its operands where its results are to be of this `dtype`.

    Raises:
        DTypeError: there is no such loop, or the operands are not to be cast so.
    """
    wanted = [_PYTHON[a.kind] if a.weak else a.dtype for a in avals]
    try:
        signature = (*[None] * fn.nin, *[np.dtype(dtype)] * fn.nout)
        found = fn.resolve_dtypes((*wanted, *[None] * fn.nout), signature=signature, casting=casting or "same_kind")
    except TypeError as error:
        raise DTypeError(f"np.{fn.__name__} with dtype={dtype!r}: {str(error).partition(chr(10))[0]}") from None
    return found[: fn.nin]


def common_dtype(avals: Iterable[Aval]) -> np.dtype:
    """NumPy's promotion, Python scalars weak (NEP 50)."""
    avals = tuple(avals)
    strong = [a.dtype for a in avals if not a.weak]
    if not strong:
        return np.result_type(*[a.dtype for a in avals])
    return np.result_type(*strong, *[_PYTHON[a.kind](0) for a in avals if a.weak])


def float_dtype(avals: Iterable[Aval]) -> np.dtype:
    """The promotion of functions that return floats: integers and bools become float64."""
    dtype = common_dtype(avals)
    return dtype if dtype.kind in "fc" else np.dtype(np.float64)


def _rule_dtype(rule: DType, avals: tuple[Aval, ...]) -> np.dtype:
    """A function of the operands' types, or a word. float: real floats; special: those that SciPy has, no float16;
    narrow: the same, but small integers become float32, where SciPy's loop over those comes first;
    wide: a number beside float32 makes float64, where its loop over float64 comes first; double: always float64."""
    if callable(rule):
        return rule(*avals)
    if rule == "bool":
        return np.dtype(np.bool_)
    dtype = float_dtype(avals)
    if dtype.kind == "c" or (dtype == np.float16 and rule != "float"):
        raise TypeError
    if rule == "narrow" and np.can_cast(common_dtype(avals), np.float32):
        return np.dtype(np.float32)
    mixed = rule == "wide" and len({a.weak for a in avals}) == 2
    return np.dtype(np.float64) if mixed or rule == "double" else dtype


def _dtype_by_trial(fn: Callable[..., Any], avals: tuple[Aval, ...]) -> np.dtype:
    """What a NumPy function that is no ufunc returns, found out on no elements."""
    with np.errstate(all="ignore"):
        return np.asarray(fn(*[_PYTHON[a.kind](0) if a.weak else np.empty(0, a.dtype) for a in avals])).dtype


def elementwise_infer(name: str, fn: object, dtype: DType | None) -> Callable[..., Aval]:
    """The shape and dtype rule of an elementwise row: broadcasting, and what the ufunc itself says of dtypes."""

    @lru_cache(maxsize=1024)
    def infer(*avals: Aval, **params: object) -> Aval:
        shape = broadcast_shapes(name, avals)
        try:
            if dtype is not None:
                result = _rule_dtype(dtype, avals)
            elif isinstance(fn, np.ufunc):
                result = _ufunc_dtype(fn, avals)
            else:
                assert callable(fn)  # `elementwise` has seen to it
                result = _dtype_by_trial(fn, avals)
        except TypeError:
            shown = ", ".join(repr(a).rstrip("~") for a in avals)
            raise DTypeError(f"{name} is not defined for {shown}", code="SD254") from None
        weak = all(a.weak for a in avals) and result.kind in "ifc"
        return Aval(result, shape, weak)

    return infer
