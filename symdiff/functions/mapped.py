"""`vmap`: a function of one item becomes a function of stacks, without a loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symdiff.control.holding import Memory
from symdiff.errors import ArgumentError
from symdiff.frontends.kept_loops import Loops
from symdiff.frontends.names import plain
from symdiff.frontends.spec import Spec
from symdiff.frontends.text.limits import Limits
from symdiff.functions.function import Function
from symdiff.functions.make import make_function, no_such_input
from symdiff.functions.options import Options, Style, declared
from symdiff.program.mapped import Axes, Mapped, free_length
from symdiff.program.recipe import Recipe, check_goes_on, parameters

InAxes = int | Sequence[int | None] | Mapping[str, int | None]


def vmap(
    what: Any,
    /,
    in_axes: InAxes = 0,
    out_axes: int | Sequence[int] = 0,
    *,
    name: str | None = None,
    inputs: Any = None,
    static: str | Sequence[str] = (),
    exact: bool = False,
    asserts: bool = False,
    limits: Limits | None = None,
    target: str | None = None,
    style: Style = "readable",
    loops: Loops = "auto",
    memory: Memory = "keep",
    specs: Mapping[str, Any] | None = None,
    **more_specs: Any,
) -> Function:
    """A function of one item, for a stack of items at once: array expressions, and no loop over them.

    Args:
        what: anything that `function` takes, derivatives too: the gradient for each example is ``vmap(grad(loss), …)``.
        in_axes: the axis along which the items lie: one number for all arguments; a tuple, for each argument in turn;
            or a dict by name. None, and arguments that the dict leaves out, are the same for all items. Of an argument
            that is a container, it is that of every array in it.
        out_axes: the axis along which the results lie: one number, or a tuple with one for each value.
        name, inputs, static, exact, asserts, limits, target, style, loops, memory, specs, **more_specs: as for
            `function`; what is declared is one item, and the stack has an axis of the length ``batch`` more.

    Returns:
        A Function of the same arguments. The results have the dtypes of those of one item, and an axis more. It is
        differentiated, mapped, printed and saved as others are.

    Raises:
        ArgumentError: if `in_axes` names no argument, or no argument is a stack.
        ShapeError: if an argument has no such axis, or stacks are of different lengths.
        UnsupportedError: if an operation has no rule for stacks.

    The name is that of `jax.vmap`. Each operation is replaced by itself on arrays with an axis more, the rules being
    those that Jacobians push their seeds with (`symdiff.ops.batching`).

    >>> import numpy as np, symdiff as sd
    >>> def loss(w, x, y):
    ...     return (x @ w - y) ** 2
    >>> gradients = sd.vmap(sd.grad(loss), in_axes=(None, 0, 0))
    >>> gradients(np.ones(2), np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([0.0, 1.0]))
    array([[ 6., 12.],
           [ 0.,  0.]])
    """
    options = Options(name, inputs, static, exact, asserts, limits, target, loops=loops, style=style, memory=memory)
    base = make_function(what, options, declared(specs, more_specs))
    check_goes_on(base.recipe)
    axes = _axes(base.recipe, plain(in_axes))
    recipe = Mapped(base.recipe, axes, _out_axes(plain(out_axes)))
    made = Function(recipe, _stacked(recipe, base.specs))
    return made.prepared() if made.inputs else made  # f(*arrays) has inputs when it is called


def _stacked(recipe: Mapped, specs: Mapping[str, Spec]) -> dict[str, Spec]:
    """What is declared of stacks, where it is of items."""
    items = free_length([item.shape for item in specs.values()])
    axes = recipe.axes
    return {
        name: item if axes.get(name) is None else replace(item, shape=recipe.shape_of(name, item.shape, items))
        for name, item in specs.items()
    }


def _axes(recipe: Recipe, in_axes: Any) -> Axes:
    """The axis of each argument by name, or one number for all."""
    if _is_axis(in_axes):
        return int(in_axes)
    known = [argument for argument, _ in parameters(recipe)]
    if isinstance(in_axes, Mapping):
        for argument in in_axes:
            if argument not in known:
                raise no_such_input(f"in_axes[{argument!r}] is no argument", argument, tuple(known))
        pairs = [(str(argument), axis) for argument, axis in in_axes.items()]
    elif isinstance(in_axes, (tuple, list)):
        if len(in_axes) != len(known):
            raise ArgumentError(
                f"in_axes has {len(in_axes)} axes, and the arguments are {', '.join(known) or 'none'}",
                help="one for each argument, None for those that are the same for all items",
            )
        pairs = list(zip(known, in_axes, strict=True))
    else:
        raise _no_axis("in_axes", in_axes)
    for _, axis in pairs:
        if axis is not None and not _is_axis(axis):
            raise _no_axis("in_axes", axis)
    if all(axis is None for _, axis in pairs):
        raise ArgumentError("in_axes says of no argument that it is a stack", help="for instance in_axes=0")
    return tuple((argument, axis if axis is None else int(axis)) for argument, axis in pairs)


def _out_axes(out_axes: Any) -> int | tuple[int, ...]:
    several = out_axes if isinstance(out_axes, (tuple, list)) else (out_axes,)
    for axis in several:
        if not _is_axis(axis):
            raise _no_axis("out_axes", axis)
    return int(out_axes) if several == (out_axes,) else tuple(map(int, several))


def _is_axis(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _no_axis(option: str, value: Any) -> ArgumentError:
    return ArgumentError(
        f"{option} holds {value!r:.40}, which is no axis", help="a whole number, for each argument or for all"
    )
