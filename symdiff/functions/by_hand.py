"""Derivatives that somebody wrote by hand, compared with those of the program, element by element."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, GradientMismatchError, ShapeError
from symdiff.frontends.layout import is_array_like, taken_apart
from symdiff.frontends.tables import as_array
from symdiff.functions.function import Function
from symdiff.functions.jacobian import hessian, jacobian
from symdiff.functions.make import function, no_such_input
from symdiff.functions.targets import Wrt, positions
from symdiff.graph.tree import leaves
from symdiff.program.recipe import parameters

CANCELS = 1e-9  # of the largest element: of what is smaller, digits may have cancelled
STEPS = {1: 6e-6, 2: 1e-4}  # of differences, where truncation and rounding are about the same


def check_by_hand(what: Any, args: Sequence[Any], wrt: Wrt, jac: Any, hess: Any, rtol: float) -> float:
    """The largest relative error of `jac` and `hess`; raises GradientMismatchError as `check_grads` does."""
    point = Point.of(what, args, wrt)
    if hess is not None and point.value.ndim:
        raise ShapeError(
            f"hess is of a number, the value has shape {point.value.shape}", help="check the Jacobian: jac="
        )
    worst = 0.0
    for name, order, written in (("jac", 1, jac), ("hess", 2, hess)):
        if written is not None:
            found = _called(name, written, args, point)
            worst = max(worst, _compare(name, order, found, point, rtol))
    return worst


def targets_of(f: Function, wrt: Any) -> Sequence[str]:
    """The inputs that `wrt` means, arguments that are containers with all that is in them."""
    if wrt is None:
        return f.inputs
    arguments = dict(parameters(f.recipe))
    found: list[str] = []
    for item in wrt if isinstance(wrt, (tuple, list)) else (wrt,):
        name = list(arguments)[item] if isinstance(item, int) and -len(arguments) <= item < len(arguments) else item
        if name in arguments:
            found += [f.inputs[k] for k in leaves(arguments[name])]
        elif name in f.inputs:
            found.append(name)
        else:
            raise no_such_input(f"wrt={item!r} is not an input", item, f.inputs)
    return found


@dataclass(frozen=True)
class Point:
    """A function at a point; the numbers of all targets stand in a row, each array in C order.

    Attributes:
        f: the function, of one input for each array.
        given: the values of its inputs.
        targets: the inputs that are differentiated.
    """

    f: Function
    given: dict[str, Any]
    targets: tuple[str, ...]

    @classmethod
    def of(cls, what: Any, args: Sequence[Any], wrt: Wrt) -> Point:
        """The function at `args`, targets as floats."""
        base, _, _ = positions(function(what), wrt)
        f, values = base.laid_out(tuple(args), {})
        given = dict(zip(f.inputs, values, strict=True))
        targets = tuple(targets_of(f, 0 if wrt is None else wrt))
        arrays = {n: as_array(f"argument {n!r}", given[n]) for n in targets}
        floats = {n: np.asarray(x, np.result_type(x, np.float64)) for n, x in arrays.items()}
        return cls(f, {**given, **floats}, targets)

    @cached_property
    def value(self) -> np.ndarray:
        """What is differentiated, an array."""
        found = self.f(**self.given)
        if isinstance(found, (tuple, list, dict)):
            raise ShapeError("several values are returned, and one is compared", help="check them one by one")
        return np.asarray(found)

    @cached_property
    def numbers(self) -> list[tuple[str, tuple[int, ...]]]:
        """The target and the index of each number in the row."""
        return [(n, index) for n in self.targets for index in np.ndindex(self.given[n].shape)]

    def derivative(self, order: int) -> np.ndarray:
        """The derivative of the program: of the value's shape, followed by the numbers of the row, `order` times."""
        if order == 1:
            return np.asarray(jacobian(self.f, self.targets, stack=True)(**self.given))
        rows = hessian(self.f, self.targets)(**self.given)
        sizes = [self.given[n].size for n in self.targets]
        flat = [
            [np.reshape(b, (m, n)) for b, n in zip(row, sizes, strict=True)] for row, m in zip(rows, sizes, strict=True)
        ]
        return np.asarray(np.block(flat))

    def difference(self, index: tuple[int, ...], order: int) -> float:
        """One element of the derivative by central differences of the value."""
        part, along = index[: len(index) - order], index[len(index) - order :]
        steps = [STEPS[order] * max(1.0, abs(self._number(k))) for k in along]
        total = 0.0
        for signs in itertools.product((1, -1), repeat=order):
            moved = self._moved(along, [s * h for s, h in zip(signs, steps, strict=True)])
            total += float(np.prod(signs)) * float(np.real(np.asarray(self.f(**moved))[part]))
        return float(total / np.prod(steps) / 2**order)

    def _number(self, k: int) -> float:
        name, index = self.numbers[k]
        return float(self.given[name][index])

    def _moved(self, along: Sequence[int], steps: Sequence[float]) -> dict[str, Any]:
        """The inputs with some numbers moved, one perhaps twice."""
        moved = {**self.given, **{n: self.given[n].copy() for n in self.targets}}
        for k, step in zip(along, steps, strict=True):
            name, index = self.numbers[k]
            moved[name][index] += step
        return moved

    def shown(self, index: tuple[int, ...], order: int) -> str:
        """An element of the derivative in the user's words: ``d f[2] / d w[1]``."""
        part, along = index[: len(index) - order], index[len(index) - order :]
        below = " d ".join(name + (f"{list(i)}" if i else "") for name, i in (self.numbers[k] for k in along))
        return f"d{'²' * (order > 1)} {self.f.__name__}{list(part) if part else ''} / d {below}"


def _called(name: str, written: Any, args: Sequence[Any], point: Point) -> np.ndarray:
    """What was written by hand gives, in a row as the derivative of the program is."""
    order = 1 if name == "jac" else 2
    blocks = itertools.product(*[[point.given[n].shape for n in point.targets]] * order)
    shapes = [point.value.shape + sum(block, ()) for block in blocks]
    parts = _parts(_run(name, written, args, point), len(shapes))
    n, whole = len(point.numbers), (*point.value.shape, *[len(point.numbers)] * order)
    if len(shapes) > 1 and len(parts) == 1:  # all numbers in a row already
        return _shaped(name, parts[0], whole, whole)
    if len(parts) != len(shapes):
        raise ArgumentError(
            f"{name} gives {len(parts)} arrays, and there are {len(shapes)} blocks, of {', '.join(point.targets)}",
            help="one for each target, or all numbers in a row: an array of shape " + str(whole),
        )
    sizes, side = [point.given[m].size for m in point.targets], len(point.targets)
    rows = []
    for k in range(0, len(shapes), side):
        lead = point.value.shape if order == 1 else (sizes[k // side],)
        row = [_shaped(name, parts[k + j], shapes[k + j], (*lead, sizes[j])) for j in range(side)]
        rows.append(np.concatenate(row, axis=-1))
    return rows[0] if order == 1 else np.concatenate(rows).reshape(n, n)


def _run(name: str, written: Any, args: Sequence[Any], point: Point) -> Any:
    if isinstance(written, str):
        formula = function(written)
        for used in formula.inputs:
            if used not in point.given:
                raise no_such_input(f"{name} uses {used!r}, which is no input", used, point.f.inputs)
        return formula(**{used: point.given[used] for used in formula.inputs})
    if not callable(written):
        raise ArgumentError(f"{name} is {written!r:.40}", help="a function of the same arguments, or a formula")
    found = written(*args)
    return found.toarray() if hasattr(found, "toarray") else found


def _parts(found: Any, count: int) -> list[np.ndarray]:
    """The arrays in what came back."""

    def is_array(value: Any) -> bool:
        return is_array_like(value) or (count == 1 and isinstance(value, list))

    arrays, _ = taken_apart(found, np.asarray, is_array)
    return [np.asarray(found)] if count == 1 and len(arrays) != 1 else list(arrays)


def _shaped(name: str, found: np.ndarray, shape: tuple[int, ...], flat: tuple[int, ...]) -> np.ndarray:
    if found.shape != shape:
        raise ShapeError(
            f"{name} gives shape {found.shape}, the derivative has {shape}",
            help="the shape of the value, followed by that of what it is differentiated by",
        )
    return np.reshape(found, flat)


def _compare(name: str, order: int, found: np.ndarray, point: Point, rtol: float) -> float:
    exact = point.derivative(order)
    sizes = np.abs(np.concatenate([exact.ravel(), point.value.ravel()]))
    largest = np.max(sizes[np.isfinite(sizes)], initial=0.0)
    with np.errstate(invalid="ignore"):
        same = (found == exact) | (np.isnan(found) & np.isnan(exact))
        error = np.where(same, 0.0, np.abs(found - exact))
        wrong = ~same & ~(error <= rtol * np.abs(exact) + CANCELS * largest)
    if wrong.any():
        raise _mismatch(name, order, found, exact, np.where(np.isnan(error), np.inf, error), wrong, point)
    scale = np.fmax(np.abs(exact), CANCELS * largest / rtol)
    return float(np.max(error / np.where(scale > 0, scale, 1.0), initial=0.0))


def _mismatch(
    name: str,
    order: int,
    found: np.ndarray,
    exact: np.ndarray,
    error: np.ndarray,
    wrong: np.ndarray,
    point: Point,
) -> GradientMismatchError:
    worst = np.unravel_index(np.argmax(np.where(wrong, error, -1.0)), error.shape)
    index = tuple(int(i) for i in worst)
    numeric = point.difference(index, order)
    where = point.shown(index, order)
    count = f"{np.count_nonzero(wrong)} of {wrong.size} elements" if wrong.size > 1 else "its one element"
    message = (
        f"{name} is wrong in {count}, most at {where}: it gives {found[index]:.9g}, "
        f"the derivative is {exact[index]:.9g} (by differences {numeric:.6g}), off by {error[index]:.3g}"
    )
    if abs(numeric - found[index]) < abs(numeric - exact[index]):
        help = (
            "differences agree with it there: at a kink or a tie both may be right; elsewhere this is a fault of ours"
        )
        return GradientMismatchError(message, help=help, code="SD552")
    shape = exact.shape
    if order == 1 and len(point.targets) == 1:
        shape = (*point.value.shape, *point.given[point.targets[0]].shape)
    return GradientMismatchError(message, help=_looks_like(found.reshape(shape), exact.reshape(shape)), code="SD552")


def _looks_like(found: np.ndarray, exact: np.ndarray) -> str | None:
    """What the mistake may be, if it is one of the usual ones, and there are elements enough to tell."""
    if exact.ndim == 2 and exact.shape == exact.shape[::-1] and np.allclose(found.T, exact):
        return "it is the transpose of the derivative"
    counts = exact != 0
    if np.count_nonzero(counts) < 2 or np.any(found[~counts]):
        return None
    ratio = found[counts] / exact[counts]
    if np.all(np.isfinite(ratio)) and np.ptp(ratio) <= 1e-6 * np.abs(ratio[0]):
        return f"it is {ratio[0]:.6g} times the derivative, everywhere"
    return None


Written = Callable[..., Any] | str | None
