"""`flow`: the solution of an ordinary differential equation; its derivatives are those of the equation.

With ``y' = f(t, y, p)``, the derivative ``s`` of y with respect to p solves ``s' = (df/dy) s + df/dp``, from 0, and
that with respect to the initial value ``s' = (df/dy) s``, from the identity (Hairer, Nørsett and Wanner, "Solving
Ordinary Differential Equations I", 1993, section I.14). Both are solved together with y by the same method, and their
errors are kept below the same tolerances, for parameters in units of their own size. So the steps of a solution are
never differentiated; and as the derivative is a flow, too, those of any order follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from symdiff.autodiff.batch import batch
from symdiff.autodiff.compose import identity, jacobians
from symdiff.autodiff.forward import push_forward
from symdiff.control.custom import stopped
from symdiff.control.radau import Radau
from symdiff.control.runge_kutta import Control, Explicit, Tableau
from symdiff.control.stiffness import Switching
from symdiff.errors import ShapeError
from symdiff.graph.aval import Aval
from symdiff.graph.body import BODY, Body, Fresh
from symdiff.graph.dims import Dim, Shape, nominal_size, size
from symdiff.graph.node import Node, Tangents, constant, variable
from symdiff.graph.op import Op
from symdiff.graph.walk import substitute
from symdiff.ops.batching import stacks
from symdiff.ops.contraction import tensordot
from symdiff.ops.elementwise import absolute, equal, where
from symdiff.ops.families import primitive
from symdiff.ops.index import Slice
from symdiff.ops.reductions import spread, sum_
from symdiff.ops.shapes import concatenate, expand_dims, getitem, reshape, stack

Y0, SPAN, TIMES, FIXED = range(4)  # the operands: the initial value, (start, end), the times, what else the slope reads
FEW = 32  # parameters, with respect to which one solution with all derivatives costs less than several


@dataclass(frozen=True)
class Stiff:
    """By Radau's method; from where that costs less, if `explicit` is what steps are taken by at first."""

    explicit: Tableau | None = None


Method = Tableau | Stiff


def flow(
    body: Body, y0: Node, span: Node, times: Node | None, fixed: Sequence[Node], method: Method, control: Control
) -> Node:
    """The solution of ``y' = body(t, y, *fixed)`` from `y0`, along the first axis at `times`.

    Args:
        body: of a time, a state, and what else it reads, the slope, which has the shape of the state.
        y0, span: the state at the first of two times.
        times: between these, in order; None for the last of the two.
        fixed: what else the slope reads.
        method, control: how it is solved.
    """
    params: dict[str, Any] = {"body": body, "control": control, "ends": times is None, "method": method}
    if isinstance(method, Stiff):
        params["jacobian"] = _jacobian(body)
    wanted = _part(span, Slice(1, 2)) if times is None else times
    return Node(row, (y0, span, wanted, *fixed), tuple(sorted(params.items())))


def _jacobian(body: Body) -> Body:
    """Of the slope with respect to the state."""
    [[block]] = jacobians(body.outputs, [body.inputs[1]]).blocks
    return Body(body.inputs, (block,))


# ------------------------------------------------------------------------------------------------------- derivatives


def _formal(node: Node) -> list[Node]:
    """An input for each operand of one solution, of a stack of which this may be a node."""
    body, lead = node.kwargs["body"], _lead(node)
    fresh = Fresh(x.name or "" for x in body.inputs)
    names = ["y0", "span", "times"]
    given = [
        fresh.input(name, Aval(x.dtype, x.shape[len(lead) :])) for name, x in zip(names, node.inputs, strict=False)
    ]
    return [*given, *body.inputs[2:]]


def _lead(node: Node) -> Shape:
    """The axes of a stack of solutions."""
    return node.inputs[Y0].shape[: node.inputs[Y0].ndim - node.kwargs["body"].inputs[1].ndim]


def _at(node: Node, nodes: Sequence[Node], given: dict[Node, Node]) -> Sequence[Node]:
    return batch(nodes, given, _lead(node)) if _lead(node) else substitute(nodes, given)


def _single(node: Node, formal: Sequence[Node]) -> Node:
    return Node(row, tuple(formal), node.params)


@lru_cache(maxsize=64)
def _with_respect_to(node: Node, places: tuple[int, ...]) -> Node:
    """The derivatives of one solution, whose operands are inputs, by all elements of some of these: the second axis."""
    body, (y0, span, times, *fixed) = node.kwargs["body"], node.inputs
    y = body.inputs[1]
    targets = [node.inputs[k] for k in places]
    units = _units(targets)
    seeds = _seeds(targets, units)
    fresh = Fresh([*(x.name or "" for x in body.inputs), *(x.name or "" for x in node.inputs)])
    unit = fresh.input("units", units.aval)
    with_slopes = _augmented(body, targets, fresh, unit)
    start = seeds[targets.index(y0)] if y0 in targets else spread(constant(y.dtype.type(0)), (units.shape[0], *y.shape))
    starts = concatenate(expand_dims(y0, axis=(0,)), start, axis=0)
    params = {**node.kwargs, "body": with_slopes}
    found = Node(row, (starts, span, times, *fixed, units), tuple(sorted(params.items())))
    slopes = _part(found, Slice(), Slice(1, None))
    return slopes / expand_dims(units, axis=tuple(range(1, slopes.ndim - 1)))


def _augmented(body: Body, targets: Sequence[Node], fresh: Fresh, unit: Node) -> Body:
    """The slope of a state together with its derivatives, which lie behind it along a new first axis."""
    t, y, *rest = body.inputs
    [slope] = body.outputs
    many = unit.shape[0]
    state = fresh.input("y_and_slopes", Aval(y.dtype, (many + 1, *y.shape)))
    now = _part(state, 0)
    slopes = _part(state, Slice(1, None))
    parameters = [x for x in targets if x in rest]
    dots = fresh.like([y, *parameters], "d_")
    [tangent] = push_forward([slope], [y, *parameters], dots).tangents
    seeds = dict(zip(targets, _seeds(targets, unit), strict=True))
    stacks = dict(zip(dots, [slopes, *(seeds[p] for p in parameters)], strict=True))
    if tangent is None:
        turned = spread(constant(y.dtype.type(0)), (many, *y.shape))
    else:
        [turned] = batch([tangent], stacks, (many,))
    [here, turned] = substitute([slope, turned], {y: now})
    return Body((t, state, *rest, unit), (concatenate(expand_dims(here, axis=(0,)), turned, axis=0),))


def _units(targets: Sequence[Node]) -> Node:
    """How large each element of the targets is, 1 for zeros: a step of that size is what is not to be lost."""
    flat = [reshape(absolute(x), shape=(size(x.shape),)) for x in targets]
    sizes = concatenate(*flat, axis=0) if len(flat) > 1 else flat[0]
    return stopped(where(equal(sizes, 0.0), 1.0, sizes))


def _seeds(targets: Sequence[Node], units: Node) -> list[Node]:
    """For each target what its tangents are, of which there is one for each element of all: one unit of that."""
    found: list[Node] = []
    at: Dim = 0
    for x in targets:
        n = size(x.shape)
        own = reshape(identity(x), shape=(n, *x.shape))
        before, after = ((k, *x.shape) for k in (at, units.shape[0] - at - n))
        zeros = [spread(constant(x.dtype.type(0)), shape) for shape in (before, after)]
        rows = concatenate(*(part for part in (zeros[0], own, zeros[1]) if part.shape[0] != 0), axis=0)
        found.append(rows * expand_dims(units, axis=tuple(range(1, rows.ndim))))
        at = at + n
    return found


def _group(node: Node, k: int) -> tuple[int, ...]:
    """The operands that are differentiated by together with one of them."""
    floats = [j for j in range(FIXED, len(node.inputs)) if node.inputs[j].aval.kind == "f"]
    few = tuple(j for j in floats if nominal_size(node.kwargs["body"].inputs[j - 1].shape) <= FEW)
    return few if k in few else (k,)


def _places(node: Node, k: int) -> Slice:
    """Where the derivatives by an operand are among those of its group."""
    before: Dim = 0
    for j in _group(node, k):
        n = size(_formal(node)[j].shape)
        if j == k:
            return Slice(before, before + n)
        before = before + n
    raise AssertionError


def _slopes_at(node: Node, times: Node, states: Node) -> Node:
    """The slope at several times, along the first axis."""
    t, y, *_ = node.kwargs["body"].inputs
    return batch(node.kwargs["body"].outputs, {t: times, y: states}, (times.shape[0],))[0]


def _derivative(node: Node, k: int, formal: Sequence[Node]) -> Node | None:
    """Of one solution by the operand `k`, whose elements are along the second axis."""
    single, x = _single(node, formal), formal[k]
    if x.aval.kind != "f":
        return None
    if k == Y0 or k >= FIXED:
        whole = _with_respect_to(single, _group(node, k) if k else (Y0,))
        return _part(whole, Slice(), _places(node, k)) if k else whole
    if k == TIMES:
        return _slopes_at(node, formal[TIMES], single)
    start = _part(formal[SPAN], Slice(0, 1))
    at_start = _slopes_at(node, start, expand_dims(formal[Y0], axis=(0,)))
    first = -_along(_with_respect_to(single, (Y0,)), reshape(at_start, shape=(size(formal[Y0].shape),)))
    return stack(first, spread(constant(x.dtype.type(0)), first.shape), axis=1)


def _part(x: Node, *index: int | Slice) -> Node:
    """``x[index]``; further axes are as they are."""
    return getitem(x, index=(*index, *(Slice(),) * (x.ndim - len(index))))


def _along(slopes: Node, direction: Node) -> Node:
    """The derivative along a direction, given those by each element."""
    return tensordot(slopes, direction, (1,), (0,))


def _vjp(i: int, g: Any, node: Node, *inputs: Node, **params: Any) -> Node | None:
    formal = _formal(node)
    slopes = _derivative(node, i, formal)
    if slopes is None:
        return None
    seed = variable("cotangent", Aval(g.dtype, g.shape[len(_lead(node)) :]), -2)
    if i == TIMES:
        found = _summed(seed * slopes, 1)
    else:
        axes = range(1, seed.ndim)
        flat = tensordot(seed, slopes, (0, *axes), (0, *(k + 1 for k in axes)))
        found = reshape(flat, shape=formal[i].shape) if flat.shape != formal[i].shape else flat
    return _at(node, [found], dict(zip([*formal, seed], [*inputs, g], strict=True)))[0]


def _summed(x: Node, first: int) -> Node:
    return sum_(x, axis=tuple(range(first, x.ndim)), keepdims=False) if x.ndim > first else x


def _jvp(tangents: Tangents, node: Node) -> Node | None:
    formal, total = _formal(node), None
    given = dict(zip(formal, node.inputs, strict=True))
    for k, tangent in enumerate(tangents):
        slopes = None if tangent is None else _derivative(node, k, formal)
        if tangent is None or slopes is None:
            continue
        t = variable(f"tangent {k}", formal[k].aval, -2)
        given[t] = tangent
        if k == TIMES:
            term = expand_dims(t, axis=tuple(range(1, slopes.ndim))) * slopes
        else:
            term = _along(slopes, reshape(t, shape=(size(t.shape),)))
        total = term if total is None else total + term
    return None if total is None else _at(node, [total], given)[0]


# ---------------------------------------------------------------------------------------------------------------- row


def _infer(y0: Aval, span: Aval, times: Aval, *fixed: Aval, body: Body, **params: Any) -> Aval:
    lead = y0.shape[: len(y0.shape) - body.inputs[1].ndim]
    if len(times.shape) != len(lead) + 1:
        raise ShapeError(f"a solution is asked for at times, which are a vector, and no {times!r}", help="np.ravel")
    return Aval(y0.dtype, (*lead, times.shape[-1], *body.inputs[1].shape))


def _lower(*inputs: Node, **params: Any) -> Node:
    node = Node(row, inputs, tuple(sorted(params.items())))
    formal = _formal(node)
    return _at(node, [_solved(node, formal)], dict(zip(formal, inputs, strict=True)))[0]


def _solved(node: Node, operands: Sequence[Node]) -> Node:
    """One solution, by the steps of its method."""
    y0, span, times, *fixed = operands
    body: Body = node.kwargs["body"]

    def slope(t: Node, y: Node) -> Node:
        return body.of([t, y, *fixed])[0]

    start, end = (_part(span, k) for k in (0, 1))
    method, control = node.kwargs["method"], node.kwargs["control"]

    def jacobian(t: Node, y: Node) -> Node:
        of: Body = node.kwargs["jacobian"]  # of the state without what lies beside it
        return of.of([t, _part(y, *(0,) * (y.ndim - of.inputs[1].ndim)), *fixed[: len(of.inputs) - 2]])[0]

    given = start, end, y0
    if isinstance(method, Tableau):
        solver: Explicit | Radau | Switching = Explicit(slope, *given, method, control)
    else:
        solver = Radau(slope, jacobian, *given, control)
        if method.explicit is not None:
            solver = Switching(slope, solver, *given, method.explicit, control)
    return expand_dims(solver.at_end(), axis=(0,)) if node.kwargs["ends"] else solver.at(times)


HEUN = Tableau("Bogacki and Shampine's", 2, ((0.5,), (0.0, 0.75)), (0.5, 0.75), (2 / 9, 1 / 3, 4 / 9),
               ((5 / 72, -1 / 12, -1 / 9, 1 / 8),),
               ((1.0, -4 / 3, 5 / 9), (0.0, 1.0, -2 / 3), (0.0, 4 / 3, -8 / 9), (0.0, -1.0, 1.0)))  # fmt: skip


def _samples(rng: np.random.Generator) -> Any:
    t, y, p = (
        variable("t", Aval("float64"), BODY),
        variable("y", Aval("float64", (2,)), BODY),
        variable("p", Aval("float64"), BODY),
    )
    body = Body((t, y, p), (p * y * y - t * y,))
    params = {"body": body, "control": Control(1e-10, 1e-12), "method": HEUN}
    given = rng.uniform(0.2, 0.5, size=2), np.array([0.0, 0.3])
    yield (*given, np.array([0.1, 0.2]), 0.7), {**params, "ends": False}


row: Op = primitive(
    "flow", None, infer=_infer, vjp=_vjp, jvp=_jvp, batch=stacks, samples=_samples, lower=_lower,
    doc="The solution of an ordinary differential equation.",
)  # fmt: skip
