"""`custom_gradient`, `custom_jvp`, `stop_gradient`: derivatives that the user says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any

from symdiff.control.custom import customised, stopped
from symdiff.errors import ArgumentError, DTypeError, ShapeError, UnsupportedError
from symdiff.frontends.carried import carried_as, closed
from symdiff.frontends.layout import filled, signature_of
from symdiff.frontends.tracing.by_name.carries import parts_of
from symdiff.frontends.tracing.by_name.solving import joined, parted
from symdiff.frontends.tracing.flow.guards import note_for, noting
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.frontends.tracing.trace import flatten
from symdiff.graph.aval import Aval
from symdiff.graph.body import Body, Fresh, canonical
from symdiff.graph.node import Node, as_node, constant
from symdiff.graph.tree import Tree, leaves, relabel
from symdiff.ops.reductions import spread, sum_

Rule = Callable[..., Any]


def stop_gradient(value: Any) -> Any:
    """The value itself, taken for a constant by everything that differentiates.

    Args:
        value: a number, an array, or containers of such; plain ones come back as they are.

    The name is TensorFlow's.

    >>> import symdiff as sd
    >>> sd.grad(lambda x: x * sd.stop_gradient(x))(3.0)
    3.0
    """
    if not is_symbolic(value):
        return value
    values, tree = parts_of(value)
    return filled(tree, [Symbol(stopped(v.node)) if type(v) is Symbol else v for v in values])


def custom_jvp(f: Callable[..., Any], jvp: Rule) -> Callable[..., Any]:
    """`f`, with a derivative that is given in forward mode; `custom_gradient` with `jvp` alone.

    >>> import numpy as np, symdiff as sd
    >>> log1pexp = sd.custom_jvp(lambda x: np.log(1 + np.exp(x)), lambda t, y, x: t[0] * (1 - np.exp(-y)))
    >>> sd.grad(lambda x: log1pexp(x))(0.0)
    0.5
    """
    return custom_gradient(f, jvp=jvp)


def custom_gradient(f: Callable[..., Any], vjp: Rule | None = None, jvp: Rule | None = None) -> Callable[..., Any]:
    """`f`, with a derivative that is given: a stable one, a cheaper one, or one of another function altogether.

    Args:
        f: a function of numbers and arrays, in containers or not, that gives floats.
        vjp: ``vjp(g, y, *args)``, for the cotangent `g` of the value `y`: a cotangent for each argument, of its shape
            and in its containers, as a tuple (of one argument by itself), or None for zero.
        jvp: ``jvp(tangents, y, *args)``, for a tuple of tangents, one for each argument: the tangent of `y`.

    Returns:
        A function as `f`. On plain numbers and arrays it is `f` itself. One of the two rules is enough for both modes,
        since each is the transpose of the other: of a rule that is linear in `g`, or in the tangents. Others (clipped
        gradients) serve their own mode alone. The rules are differentiated in turn for second derivatives.

    Raises:
        ArgumentError: if there is no rule, or a rule gives something else than cotangents of the arguments.
        ShapeError, DTypeError: when it is traced, if a rule gives another shape, or `f` no floats.
        UndefinedGradientError: if a derivative is asked for with respect to what `f` reads besides its arguments, or in
            the other mode than that of a rule that is not linear.

    As `jax.custom_vjp` and `jax.custom_jvp`; rules are written as in the rows of operations (`primitive`).

    >>> import numpy as np, symdiff as sd
    >>> clipped = sd.custom_gradient(lambda x: x, vjp=lambda g, y, x: np.clip(g, -1.0, 1.0))
    >>> sd.grad(lambda x: 100 * clipped(x))(2.0)
    1.0
    """
    if not callable(f) or not (callable(vjp) or callable(jvp)):
        raise ArgumentError(
            "custom_gradient takes a function, and a rule for its derivative",
            help="custom_gradient(f, vjp=lambda g, y, *args: …), or jvp=lambda tangents, y, *args: …",
        )

    @wraps(f)
    def with_rule(*args: Any, **kwargs: Any) -> Any:
        if not is_symbolic((args, kwargs)):
            return f(*args, **kwargs)
        bound = signature_of(f).bind(*args, **kwargs)
        return _Custom(f, bound.args, bound.kwargs).value(vjp, jvp)

    return with_rule


class _Custom:
    """A call of a function whose derivative is given; what is given by keyword alone belongs to the program."""

    def __init__(self, f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        if is_symbolic(kwargs):
            raise ArgumentError(
                "a function with a rule of its own takes by keyword alone what is not differentiated",
                help="make it an argument by position",
            )
        self.f: Callable[..., Any] = partial(followed(f), **kwargs)
        self.trees: list[Tree] = []
        self.operands: list[Node] = []
        self.fresh = Fresh()
        self.inputs: list[Node] = []
        for k, argument in enumerate(args):
            values, tree = parts_of(argument)
            first = len(self.inputs)
            open_ones = [as_node(v) for v in values]
            self.trees.append(_shifted(tree, first))
            self.operands += open_ones
            self.inputs += [self.fresh.input(f"a{k + 1}", _strong(v.aval)) for v in open_ones]
        self.operands = [carried_as(x, v.aval) for x, v in zip(self.operands, self.inputs, strict=True)]

    def value(self, vjp: Rule | None, jvp: Rule | None) -> Any:
        with noting() as guards:
            outputs, tree = flatten(self.f(*self._arguments(self.inputs)))
        note_for(guards, dict(zip(self.inputs, self.operands, strict=True)))
        types = [_strong(y.aval) for y in outputs]
        for t in types:
            if t.kind != "f":
                raise DTypeError(f"a function with a rule of its own gives {t!r}", help="it must give floats")
        ends = [carried_as(y, t) for y, t in zip(outputs, types, strict=True)]
        body, around = closed(self.inputs, [joined(ends)])
        y = body.outputs[0].aval
        parts: dict[str, tuple[Body, list[Node]]] = {}
        if jvp is not None:
            parts["jvp"] = self._forward(jvp, y, types, tree)
        if vjp is not None:
            parts["vjp"] = self._backward(vjp, y, types, tree)
        bodies = {"body": canonical(body), **{name: canonical(rule) for name, (rule, _) in parts.items()}}
        operands = [*self.operands, *around, *(x for _, more in parts.values() for x in more)]
        made = customised(len(self.inputs), dict(bodies), operands)
        return _as_value(made, types, tree)

    def _arguments(self, nodes: Sequence[Node]) -> list[Any]:
        return [filled(tree, [Symbol(x) for x in nodes]) for tree in self.trees]

    def _backward(self, vjp: Rule, y: Aval, types: list[Aval], tree: Tree) -> tuple[Body, list[Node]]:
        value, g = self.fresh.input("y", y), self.fresh.input("g", y)
        given = (_as_value(g, types, tree), _as_value(value, types, tree))
        found = _of_rule("vjp", vjp, *given, *self._arguments(self.inputs))
        alone = len(self.trees) == 1 and not (isinstance(found, tuple) and isinstance(self.trees[0], int))
        several = (found,) if alone or not isinstance(found, (tuple, list)) else found
        if len(several) != len(self.trees):
            raise ArgumentError(
                f"vjp gives {len(several)} cotangents, and there are {len(self.trees)} arguments",
                help="a tuple with one for each argument, None for zero",
            )
        cotangents: list[Node] = []
        for each, argument in zip(several, self.trees, strict=True):
            cotangents += self._cotangents(each, argument)
        return closed([*self.inputs, value, g], cotangents)

    def _cotangents(self, found: Any, argument: Tree) -> list[Node]:
        """Of one argument, in its containers."""
        places = [self.inputs[k] for k in leaves(argument)]
        if found is None:
            return [spread(constant(x.dtype.type(0)), x.shape) for x in places]
        nodes, tree = flatten(found)
        if _shifted(tree, 0) != _shifted(argument, -min(leaves(argument), default=0)):
            raise ArgumentError("vjp gives a cotangent in other containers than the argument", help="the same keys")
        return [_as(_unstretched(node, x), x, "vjp", "an argument") for node, x in zip(nodes, places, strict=True)]

    def _forward(self, jvp: Rule, y: Aval, types: list[Aval], tree: Tree) -> tuple[Body, list[Node]]:
        value = self.fresh.input("y", y)
        dots = [self.fresh.input(f"{x.name}_dot", x.aval) for x in self.inputs]
        given = (tuple(self._arguments(dots)), _as_value(value, types, tree))
        nodes, found = flatten(_of_rule("jvp", jvp, *given, *self._arguments(self.inputs)))
        if found != tree:
            raise ArgumentError("jvp gives a tangent in other containers than the value", help="those of the value")
        ends = [_as(node, t, "jvp", "the value") for node, t in zip(nodes, types, strict=True)]
        return closed([*self.inputs, value, *dots], [joined(ends)])


def _of_rule(name: str, rule: Rule, *args: Any) -> Any:
    """What a rule gives. It cannot raise errors: whether its derivative is asked for at all is not known here."""
    with noting() as guards:
        found = followed(rule)(*args)
    if guards:
        raise UnsupportedError(
            f"{name} raises {guards[0].error:.80} where a value says so, which a rule cannot",
            help="let the function itself check its arguments",
        )
    return found


def _as(node: Node, like: Node | Aval, rule: str, what: str) -> Node:
    """What a rule gives, in the type that it must have."""
    aval = like.aval if isinstance(like, Node) else like
    if node.shape not in (aval.shape, ()):
        raise ShapeError(f"{rule} gives {node.aval!r} for {what} that is {aval!r}", help="they must be of one shape")
    return spread(carried_as(node, Aval(aval.dtype, node.shape)), aval.shape)


def _unstretched(g: Node, x: Node) -> Node:
    """A cotangent that is an array where the argument is a number was broadcast, as in the rows of operations."""
    return sum_(g, axis=tuple(range(g.ndim)), keepdims=False) if g.ndim and not x.shape else g


def _as_value(node: Node, types: list[Aval], tree: Tree) -> Any:
    return filled(tree, [Symbol(part) for part in parted(node, types)])


def _strong(aval: Aval) -> Aval:
    return Aval(aval.dtype, aval.shape)


def _shifted(tree: Tree, by: int) -> Tree:
    return relabel(tree, lambda k: k + by)
