"""What is plotted: value and derivative along one input, a map for two numbers, the pattern of a matrix."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from symdiff.errors import SymdiffError
from symdiff.functions.function import Function
from symdiff.functions.grad import grad
from symdiff.functions.jacobian import hessian, jacobian
from symdiff.functions.make import make_function
from symdiff.functions.options import Options
from symdiff.graph.dims import Length, evaluate
from symdiff.play.charts import Heat, Line, heat_chart, line_chart, short
from symdiff.play.subject import Subject

SECONDS = 0.4  # that a plot takes, about
FINEST, COARSEST = 241, 25  # points of a line
ELEMENTS = 30  # of arrays, that are offered to plot along
LENGTH = 12  # of axes whose length is a name, in a pattern
ARROWS = 9
PROBES, CLOSER = 7, 6  # points along an axis that are tried, and how often a plot goes nearer

Place = tuple[str, tuple[int, ...]]


def figures(subject: Subject) -> Iterator[dict[str, Any]]:
    """The plots that there are of a derivative."""
    if subject.request.make in ("jacobian", "hessian"):
        yield from _patterns(subject)
    if subject.function.graph.outputs[0].shape or len(subject.function.graph.outputs) > 1:
        yield {"kind": "note", "text": "Only a function whose value is one number is plotted along its inputs."}
        return
    places = list(islice(_places(subject), ELEMENTS))
    if not places:
        yield {"kind": "note", "text": "There is no input to plot along."}
        return
    names = [_called(place) for place in places]
    wished = subject.request.options.get("along", "")
    along = places[names.index(wished)] if wished in names else places[0]
    radius = _radius(subject, along) * _known(subject, (along,))
    yield {"kind": "choice", "option": "along", "label": "along", "values": names, "value": _called(along)}
    yield {"kind": "figure", **_line(subject, along, radius)}
    numbers = [place for place in places if not place[1]]
    if not along[1] and len(numbers) > 1:
        yield {"kind": "figure", **_heat(subject, along, next(place for place in numbers if place != along))}


def _places(subject: Subject) -> Iterator[Place]:
    """The numbers that can be moved: targets before others."""
    names = [*subject.targets, *(name for name in subject.inputs if name not in subject.targets)]
    for name in names:
        if subject.point[name].dtype.kind == "f":
            yield from ((name, index) for index in np.ndindex(subject.point[name].shape))


def _called(place: Place) -> str:
    name, index = place
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def _radius(subject: Subject, place: Place) -> float:
    """How far the plot goes: as the page wishes, or so that 0 is in it."""
    try:
        wished = float(subject.request.options.get("radius", ""))
    except ValueError:
        wished = 0.0
    x = abs(float(subject.point[place[0]][place[1]]))
    zoom = wished if 1e-9 < wished < 1e9 else 1.0
    return zoom * (3.0 if x <= 3 else 1.5 * x)


def _known(subject: Subject, places: tuple[Place, ...]) -> float:
    """How much nearer a plot must go, that there are numbers in half of it."""
    f, arguments, factor = subject.function, subject.arguments(), 1.0
    for _ in range(CLOSER):
        grid = np.meshgrid(*(np.linspace(-1, 1, PROBES) * _radius(subject, place) * factor for place in places))
        found = []
        for steps in zip(*(steps.ravel().tolist() for steps in grid), strict=True):
            moved = dict(arguments)
            for place, step in zip(places, steps, strict=True):
                moved |= {place[0]: _moved(subject, place)(float(subject.point[place[0]][place[1]]) + step)[place[0]]}
            found.append(_value(f, moved))
        if np.mean(np.isfinite(found)) >= 0.5:
            return factor
        factor /= 3
    return 1.0


def _moved(subject: Subject, place: Place) -> Callable[[float], dict[str, Any]]:
    """The arguments at which one number is another."""
    arguments, (name, index) = subject.arguments(), place

    def at(x: float) -> dict[str, Any]:
        if not index:
            return {**arguments, name: x}
        array = subject.point[name].copy()
        array[index] = x
        return {**arguments, name: array}

    return at


def _line(subject: Subject, place: Place, radius: float) -> dict[str, Any]:
    f, g, at = subject.function, grad(subject.function, place[0]), _moved(subject, place)
    centre = float(subject.point[place[0]][place[1]])
    for _ in range(3):  # the first calls make the programs
        started = time.perf_counter()
        here = _value(f, at(centre)), _value(g, at(centre), place[1])
    count = int(np.clip(SECONDS / (time.perf_counter() - started), COARSEST, FINEST))
    xs = np.linspace(centre - radius, centre + radius, count)
    values = np.array([_value(f, at(x)) for x in xs.tolist()])
    slopes = np.array([_value(g, at(x), place[1]) for x in xs.tolist()])
    slopes[~np.isfinite(values)] = np.nan  # a formula of the derivative may have numbers where there is no value
    name = _called(place)
    panels = [Line("value", values, "value", here[0]), Line(f"derivative by {name}", slopes, "slope", here[1])]
    said = f"Value and derivative along {name}, from {short(xs[0])} to {short(xs[-1])}."
    return {"svg": line_chart(name, xs, centre, panels), "title": said}


def _value(f: Function, arguments: dict[str, Any], index: tuple[int, ...] = ()) -> float:
    """A value as a float; nan where there is none."""
    try:
        return float(np.asarray(f(**arguments))[index])
    except (ArithmeticError, np.linalg.LinAlgError):
        return float("nan")


def _heat(subject: Subject, first: Place, second: Place) -> dict[str, Any]:
    f, arguments = subject.function, subject.arguments()
    g = grad(subject.function, (first[0], second[0]))
    (x, y), (a, b) = (first[0], second[0]), (float(subject.point[p[0]]) for p in (first, second))
    for _ in range(3):
        started = time.perf_counter()
        _value(f, arguments)
    count = int(np.clip(np.sqrt(SECONDS / (time.perf_counter() - started)), 15, 81))
    nearer = _known(subject, (first, second))
    xs, ys = (
        np.linspace(c - r * nearer, c + r * nearer, count)
        for c, r in ((a, _radius(subject, first)), (b, _radius(subject, second)))
    )
    table = [[_value(f, {**arguments, x: u, y: v}) for u in xs.tolist()] for v in ys.tolist()]
    arrows = []
    for u in np.linspace(xs[0], xs[-1], 2 * ARROWS + 1)[1::2].tolist():
        for v in np.linspace(ys[0], ys[-1], 2 * ARROWS + 1)[1::2].tolist():
            slopes = g(**{**arguments, x: u, y: v})
            arrows.append((u, v, float(slopes[0]), float(slopes[1])))
    said = f"Value over {x} and {y}, with arrows along the gradient."
    return {"svg": heat_chart(Heat(x, y, xs, ys, np.array(table), arrows, (a, b))), "title": said}


def _patterns(subject: Subject) -> Iterator[dict[str, Any]]:
    """Where the entries of a Jacobian or a Hessian are, whatever its values."""
    names = {n for aval in subject.avals.values() for d in aval.shape if isinstance(d, Length) for n in d.names()}
    sizes = {name: subject.request.sizes.get(name, LENGTH + k) for k, name in enumerate(sorted(names))}
    specs = {
        name: replace(declared, shape=tuple(evaluate(d, sizes) for d in declared.shape))
        for name, declared in subject.specs.items()
    }
    f = make_function(subject.what, Options(), specs)
    make = jacobian if subject.request.make == "jacobian" else hessian
    for name in subject.targets:
        try:
            derivative = make(f, name, sparse=True)
            pattern = derivative.sparsity
            said = f"{pattern.nnz} of {pattern.shape[0] * pattern.shape[1]} entries may differ from zero"
            colours = derivative.colors
        except (SymdiffError, AttributeError):  # not of a vector by a vector
            continue
        said += f"; {colours} direction{'s' * (colours != 1)} give all of them."
        yield {"kind": "figure", "svg": derivative.to_svg(sparsity=True), "title": said}
