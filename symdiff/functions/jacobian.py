"""`jacobian`, `hessian`, and the products with them that never form them: `jvp`, `vjp`, `hvp`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np

from symdiff.control.holding import Memory
from symdiff.errors import ArgumentError, did_you_mean
from symdiff.frontends.kept_loops import Loops
from symdiff.frontends.spec import Spec
from symdiff.frontends.text.limits import Limits
from symdiff.functions.function import Function
from symdiff.functions.options import Options, Style, declared
from symdiff.functions.targets import Wrt, derived, differentiable
from symdiff.program.gradient import Gradient
from symdiff.program.jacobian import Hessian, Jacobian, Joined, Pushforward, Stacked
from symdiff.program.pullback import Pullback, cotangents_of
from symdiff.program.recipe import Built, by_element
from symdiff.program.sparse import FORMATS, Format, SparseHessian, SparseJacobian
from symdiff.program.structured import StructuredHessian

Form = Literal["dense", "structured"]


def jacobian(
    what: Any,
    /,
    wrt: Wrt = None,
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
    has_aux: bool = False,
    output: str | int | None = None,
    sparse: bool = False,
    format: Format = "csr",
    stack: bool = False,
    specs: Mapping[str, Any] | None = None,
    **more_specs: Any,
) -> Function:
    """The derivative of every element of a function's value with respect to every element of an argument.

    Args:
        what: anything that `function` takes, of real or complex values of any shape.
        wrt: a name or position, or a tuple of them (then a tuple comes back). Python functions: the first argument by
            default. Expressions: the only variable; if there are several, it must be given.
        has_aux: the function returns ``(value, aux)``: only the value is differentiated, and aux, which may be any
            container of anything, comes beside, as ``(derivative, aux)``.
        output: which of several values that the function returns is differentiated: its key in a dict, the name of its
            field, or its position. The others are not computed.
        stack: give one array in place of a block for each target: the value's shape, and behind it an axis that counts
            the numbers of all targets, each in C order. Of numbers a, b, c and a vector of values that is a matrix of
            three columns, as ``scipy.optimize.curve_fit`` takes it.
        name, inputs, static, exact, asserts, limits, target, style, loops, memory, specs, **more_specs: as for
            `function`; the name is that of the result.

    Returns:
        A Function of the same arguments. Its result has the value's shape followed by the target's, and the value's
        dtype; zeros where the value does not depend on the target. A function of several values gives a tuple, with a
        Jacobian (or a tuple of them, one for each target) for each. A row or column of SymPy's, with respect to
        several symbols, gives one matrix: a row for each element, a column for each symbol.

    Raises:
        ArgumentError: if `wrt` names no input.
        DTypeError: if a target is complex, or a value is an integer or a condition.
        UndefinedGradientError: if a derivative on the way does not exist.

    Nothing loops over rows. An identity is pushed through the graph as a stack of seeds, in forward mode, or in reverse
    mode if the values have fewer elements than the targets (Griewank and Walther, "Evaluating Derivatives", 2008,
    section 3.2; symbolic lengths count as equal). Rewriting takes the identity out again, and multiplies what is left
    in the cheapest order, from a narrow layer outwards if there is one.

    >>> jacobian("x**3", x="n")([1.0, 2.0])
    array([[ 3.,  0.],
           [ 0., 12.]])
    """
    options = Options(name, inputs, static, exact, asserts, limits, target, has_aux, loops, output, style, memory)
    base, wanted, single = differentiable(what, wrt, options, declared(specs, more_specs))
    _check_stack(stack, sparse)
    if check_sparse(sparse, format):
        return derived(SparseJacobian(base.recipe, wanted, single, format), base.specs, options)
    rows = None if single else by_element(base.recipe)
    if rows is not None:  # a vector of SymPy's, and several symbols: one matrix, as SymPy's own jacobian gives it
        return derived(Joined(Jacobian(rows, wanted, single)), base.specs, options)
    blocks = Jacobian(base.recipe, wanted, single)
    return derived(Stacked(blocks) if stack else blocks, base.specs, options)


def hessian(
    what: Any,
    /,
    wrt: Wrt = None,
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
    has_aux: bool = False,
    output: str | int | None = None,
    sparse: bool = False,
    format: Format = "csr",
    form: Form = "dense",
    specs: Mapping[str, Any] | None = None,
    **more_specs: Any,
) -> Function:
    """The second derivatives of a scalar-valued function: the Jacobian of its gradient.

    Arguments and errors as for `grad`, and:

    Args:
        sparse, format: as for `jacobian`.
        form: "dense", or "structured": each block comes as a `symdiff.autodiff.structures.Structured`, which has ``@``,
            `solve` and `toarray`, and holds the parts that it is made of: a diagonal, the blocks of a Kronecker product
            with an identity, factors of a low rank.

    Returns:
        A Function of the same arguments. For one target its result has the target's shape twice over (a number for a
        number); for several it is a tuple of tuples, block ``[i][k]`` of the shape of target i followed by that of k.

    The method is forward mode over reverse mode (Griewank and Walther, chapter 5), without a loop, as for `jacobian`.

    >>> hessian("x @ A @ x", "x", x="n", A="n n")([0.0, 0.0], [[1.0, 2.0], [0.0, 3.0]])
    array([[2., 2.],
           [2., 6.]])
    """
    options = Options(name, inputs, static, exact, asserts, limits, target, has_aux, loops, output, style, memory)
    base, wanted, single = differentiable(what, wrt, options, declared(specs, more_specs))
    if check_sparse(sparse, format):
        check_form(form, sparse)
        return derived(SparseHessian(base.recipe, wanted, single, format), base.specs, options)
    dense = Hessian(base.recipe, wanted, single)
    return derived(StructuredHessian(dense) if check_form(form, sparse) else dense, base.specs, options)


def jvp(
    what: Any,
    /,
    wrt: Wrt = None,
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
    has_aux: bool = False,
    output: str | int | None = None,
    specs: Mapping[str, Any] | None = None,
    **more_specs: Any,
) -> Function:
    """The Jacobian times a vector: how the value changes as arguments move along tangents. The value does not come.

    Args:
        what: anything that `function` takes; several values give several tangents.
        wrt, name, inputs, static, exact, asserts, limits, target, loops, memory, has_aux, output, specs,
            **more_specs: as for `grad`.

    Returns:
        A Function of the same arguments, with a tangent ``<name>_dot`` for each target, of its shape, right behind the
        last target. The result has the shape and dtype of the value.

    Raises:
        ShapeError: if a tangent has not the shape of its target.
        Otherwise as for `jacobian`.

    Forward mode: Griewank and Walther, section 3.1. It costs about as much as the function does.

    >>> f = jvp("sin(x) * y", "x")
    >>> f.inputs
    ('x', 'x_dot', 'y')
    >>> f(0.0, 1.0, 2.0)
    2.0
    """
    options = Options(name, inputs, static, exact, asserts, limits, target, has_aux, loops, output, style, memory)
    base, wanted, _ = differentiable(what, wrt, options, declared(specs, more_specs))
    return _pushed(Pushforward(base.recipe, wanted), base, options)


def vjp(
    what: Any,
    /,
    wrt: Wrt = None,
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
    has_aux: bool = False,
    output: str | int | None = None,
    specs: Mapping[str, Any] | None = None,
    **more_specs: Any,
) -> Function:
    """A vector times the Jacobian: the derivatives of ``sum(cotangent * value)``. The value does not come.

    Args:
        what: anything that `function` takes, of values of any shape.
        wrt, name, inputs, static, exact, asserts, limits, target, loops, memory, has_aux, output, specs,
            **more_specs: as for `grad`.

    Returns:
        A Function of the same arguments, followed by ``cotangent``, of the shape of the value. The result is as for
        `grad`. Of a function that returns several values the cotangent is a container of cotangents as the function
        returns it, a tuple or a dict for instance, with None for a value, or for a container of some, that has none.
        Of a complex value the cotangent is ``d/dx - i d/dy``, so that holomorphic rules carry no conjugate.

    Raises:
        ShapeError: if a cotangent has not the shape of its value.
        ArgumentError: if the containers are not those that the function returns.
        Otherwise as for `grad`.

    Reverse mode: Griewank and Walther, section 3.2. It costs a small multiple of the function.

    >>> vjp("A @ x", "x", A="m n", x="n")([[1.0, 2.0], [3.0, 4.0]], [0.0, 0.0], [1.0, 0.0])
    array([1., 2.])
    >>> vjp(lambda x: {"square": x**2, "cube": x**3})(2.0, {"square": 1.0, "cube": 10.0})
    124.0
    """
    options = Options(name, inputs, static, exact, asserts, limits, target, has_aux, loops, output, style, memory)
    base, wanted, single = differentiable(what, wrt, options, declared(specs, more_specs))
    recipe, known, built = Pullback(base.recipe, wanted, single), dict(base.specs), None
    if base.is_declared():
        built = Built(dict(zip(base.inputs, base.declared_avals(), strict=True)))
        given, values = cotangents_of(built.graph(base.recipe))
        recipe = replace(recipe, given=given)
        known |= {name: Spec(y.shape) for name, y in zip(recipe.added.inputs, values, strict=True)}
        built = built.with_inputs(**{name: known[name].aval for name in recipe.added.inputs})
    return derived(recipe, known, options, built)


def hvp(
    what: Any,
    /,
    wrt: Wrt = None,
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
    has_aux: bool = False,
    output: str | int | None = None,
    specs: Mapping[str, Any] | None = None,
    **more_specs: Any,
) -> Function:
    """The Hessian of a scalar-valued function times a vector, without the Hessian.

    Arguments and errors as for `grad`.

    Returns:
        A Function of the same arguments, with a vector ``v_<name>`` for each target, of its shape, right behind the
        last target: where ``hessp`` of SciPy's optimisers has it. The result is as for `grad`. It costs a small
        multiple of the gradient.

    Forward mode over reverse mode: Pearlmutter, "Fast exact multiplication by the Hessian", 1994.

    >>> hvp("x @ A @ x", "x", x="n", A="n n")([0.0, 0.0], [1.0, 0.0], [[1.0, 2.0], [0.0, 3.0]])
    array([2., 2.])
    """
    options = Options(name, inputs, static, exact, asserts, limits, target, has_aux, loops, output, style, memory)
    base, wanted, single = differentiable(what, wrt, options, declared(specs, more_specs))
    return _pushed(Pushforward(Gradient(base.recipe, wanted, single), wanted, "hvp", "v_{}"), base, options)


def _pushed(recipe: Pushforward, base: Function, options: Options) -> Function:
    targets = zip(recipe.directions, recipe.targets, strict=True)
    same = {direction: base.specs[x] for direction, x in targets if x in base.specs}
    return derived(recipe, {**base.specs, **same}, options)


def check_form(form: str, sparse: bool) -> bool:
    """Whether a structured Hessian is meant; raises ArgumentError for what is none of the forms."""
    forms = get_args(Form)
    if form not in forms:
        known = did_you_mean(form, forms, f"the forms are {', '.join(map(repr, forms))}")
        raise ArgumentError(f"there is no form {form!r:.40}", help=known)
    if form == "structured" and sparse:
        raise ArgumentError("a Hessian is sparse, or structured", help='sparse=True, or form="structured"')
    return form == "structured"


def _check_stack(stack: bool, sparse: bool) -> None:
    """Raises ArgumentError for what is no switch, and for sparse matrices, which are not stacked."""
    if not isinstance(stack, (bool, np.bool_)):
        raise ArgumentError(f"stack is {stack!r:.40}", help='True or False; an input of that name: specs={"stack": …}')
    if stack and sparse:
        raise ArgumentError("stack=True is of dense blocks", help="scipy.sparse.hstack joins sparse ones")


def check_sparse(sparse: bool, form: str) -> bool:
    """Whether a sparse derivative is meant; raises ArgumentError for options that it cannot have."""
    if not isinstance(sparse, (bool, np.bool_)):
        raise ArgumentError(
            f"sparse is {sparse!r:.40}", help='True or False; an input of that name: specs={"sparse": …}'
        )
    if form not in FORMATS:
        known = did_you_mean(form, FORMATS, f"the formats are {', '.join(map(repr, FORMATS))}")
        raise ArgumentError(f"there is no format {form!r:.40}", help=known)
    if form != "csr" and not sparse:
        raise ArgumentError(f"format={form!r} is one of sparse derivatives", help="sparse=True")
    return bool(sparse)
