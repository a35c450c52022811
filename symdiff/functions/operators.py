"""Derivatives as linear operators of SciPy's: products with vectors, for methods that never form a matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, DTypeError
from symdiff.frontends.tables import as_array
from symdiff.functions.function import Function
from symdiff.functions.grad import grad
from symdiff.functions.jacobian import hvp, jvp, vjp
from symdiff.functions.mapped import vmap
from symdiff.functions.options import Options, declared
from symdiff.functions.targets import Wrt, derived, differentiable
from symdiff.program.curvature import GaussNewton
from symdiff.program.jacobian import Pushforward
from symdiff.program.pullback import Pullback
from symdiff.program.recipe import Recipe

Product = Callable[[Any], Any]


def hessian_operator(what: Any, /, wrt: str | int | None = None, **options: Any) -> Operators:
    """The Hessian of a scalar-valued function as a linear operator of SciPy's, at any point, without the Hessian.

    Args:
        what: anything that `function` takes.
        wrt: a name or position of one array.
        **options: as for `hvp`.

    Returns:
        A callable of the arguments of the function. It gives a `scipy.sparse.linalg.LinearOperator` of n rows and
        columns for an argument of n elements, in C order, of products with vectors (n,), columns (n, 1), and
        matrices (n, k), which are taken at once. For `eigsh`, `cg`, `minres`, and trust-constr's ``hess``.

    Raises:
        ArgumentError: if the target is no single array; ImportError without SciPy. Otherwise as for `hvp`.

    >>> import numpy as np, symdiff as sd
    >>> H = sd.hessian_operator(lambda x: np.sum(x**4) / 12)(np.array([1.0, 2.0]))
    >>> H @ np.ones(2), H.shape
    (array([1., 4.]), (2, 2))
    """
    return Operators(hvp(what, _one(wrt), **options), lambda: vjp(grad(what, wrt, **options), wrt))


def jacobian_operator(what: Any, /, wrt: str | int | None = None, **options: Any) -> Operators:
    """The Jacobian of a function as a linear operator of SciPy's, at any point: `jvp` ahead, and `vjp` transposed.

    Arguments, result and errors as for `hessian_operator`; the operator has a row for each element of the value, and a
    transposed one, ``J.T`` or ``J.H``. For `lsmr`, `svds`, and the ``jac`` of `least_squares`.

    >>> import numpy as np, symdiff as sd
    >>> J = sd.jacobian_operator(lambda x: x[1:] * x[:-1])(np.array([1.0, 2.0, 3.0]))
    >>> J @ np.ones(3), J.T @ np.ones(2)
    (array([3., 5.]), array([2., 4., 2.]))
    """
    return Operators(jvp(what, _one(wrt), **options), lambda: vjp(what, wrt, **options))


def gauss_newton(what: Any, /, wrt: str | int | None = None, **options: Any) -> Operators:
    """The matrix ``J.T @ J`` of residuals with the Jacobian J, as a linear operator of SciPy's, at any point.

    Arguments, result and errors as for `hessian_operator`; `what` gives the residuals, an array of any shape, or
    several. The matrix is symmetric and has no negative eigenvalues; a product costs about as much as a `jvp` and a
    `vjp`, in one program (Schraudolph, "Fast curvature matrix-vector products", 2002).

    >>> import numpy as np, symdiff as sd
    >>> G = sd.gauss_newton(lambda x: np.array([[1.0, 2.0], [3.0, 4.0]]) @ x)(np.zeros(2))
    >>> G @ np.array([1.0, 0.0])
    array([10., 14.])
    """
    given = {key: options.pop(key) for key in tuple(options) if key in Options.__dataclass_fields__}
    specs = declared(options.pop("specs", None), options)
    wished = Options(**given)
    base, wanted, _ = differentiable(what, _one(wrt), wished, specs)
    recipe = GaussNewton(base.recipe, wanted)
    pairs = zip(recipe.directions, recipe.targets, strict=True)
    same = {direction: base.specs[x] for direction, x in pairs if x in base.specs}
    product = derived(recipe, {**base.specs, **same}, wished)
    return Operators(product)


class Operators:
    """A derivative as a linear operator, for each point: called with the arguments of the function.

    Attributes:
        product: the Function that multiplies a vector; it is printed and saved as others are.
    """

    def __init__(self, product: Function, transpose: Callable[[], Function] | None = None) -> None:
        self.product = product
        pushed = _within(product, Pushforward)
        [self._target], [direction] = pushed.targets, pushed.directions
        self._names = [name for name in product.__signature__.parameters if name != direction]
        self._ahead = _Program(lambda: product, lambda _: direction)
        self._back = self._ahead if transpose is None else _Program(transpose, lambda f: _within(f, Pullback).cotangent)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The operator at a point."""
        from scipy.sparse.linalg import LinearOperator  # noqa: PLC0415 (an extra)

        point = self._point(args, kwargs)
        x = point[self._target] = _array(f"argument {self._target!r}", point[self._target])
        dtype = x.dtype if x.dtype.kind == "f" else np.dtype(float)
        rows = self._ahead.value_shape(point, x.shape, dtype)
        ahead, back = self._ahead.at(point, x.shape), self._back.at(point, rows)
        named = {"matvec": ahead[0], "matmat": ahead[1], "rmatvec": back[0], "rmatmat": back[1]}
        return LinearOperator((prod(rows), x.size), dtype=dtype, **named)

    def _point(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a call by name: where the derivative is taken."""
        names = self._names
        if len(args) > len(names):
            raise ArgumentError(f"{len(args)} arguments were given, there are {len(names)}: {', '.join(names)}")
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        if self._target not in given:
            raise ArgumentError(f"{self._target!r} is missing, the point at which the operator is taken")
        return given


class _Program:
    """What multiplies the vectors that stand in the place of one argument; made when it is first asked for."""

    def __init__(self, make: Callable[[], Function], vector: Callable[[Function], str]) -> None:
        self._make, self._vector_of = make, vector

    @cached_property
    def _alone(self) -> Function:
        return self._make()

    @cached_property
    def _vector(self) -> str:
        return self._vector_of(self._alone)

    @cached_property
    def _of_stacks(self) -> Function:
        return vmap(self._alone, {self._vector: 0})

    def value_shape(self, point: Mapping[str, Any], shape: tuple[int, ...], dtype: np.dtype) -> tuple[int, ...]:
        """The shape of a product with a vector of some shape."""
        return np.shape(self._alone(**point, **{self._vector: np.zeros(shape, dtype)}))

    def at(self, point: Mapping[str, Any], shape: tuple[int, ...]) -> tuple[Product, Product]:
        """The products of a point's matrix with a vector, and with a matrix of vectors side by side."""

        def one(v: Any) -> Any:
            return np.ravel(self._alone(**point, **{self._vector: np.reshape(v, shape)}))

        def many(columns: Any) -> Any:
            stack = np.reshape(np.transpose(columns), (columns.shape[1], *shape))
            found = np.asarray(self._of_stacks(**point, **{self._vector: stack}))
            return np.reshape(found, (len(stack), prod(found.shape[1:]))).T  # -1 has no length where nothing is in it

        return one, many


def _within(function: Function, kind: type[Recipe]) -> Any:
    """The recipe of a kind that a function's recipe is made around."""
    recipe: Any = function.recipe
    while not isinstance(recipe, kind):
        recipe = recipe.base
    return recipe


def _one(wrt: Wrt) -> Wrt:
    if isinstance(wrt, (tuple, list)):
        raise _of_several()
    return wrt


def _array(what: str, value: Any) -> np.ndarray:
    """The point as an array of real numbers.

    Raises:
        ArgumentError: for a container of several.
        DTypeError: for complex numbers, and a table with gaps; `what` it is.
    """
    try:
        found = as_array(what, value)
    except ValueError:  # of arrays of several lengths
        raise _of_several() from None
    if found.dtype.kind == "c":
        raise DTypeError(f"an operator is of real numbers, and is given {found.dtype.name}")
    if found.dtype.kind not in "biuf":
        raise _of_several()
    return found


def _of_several() -> ArgumentError:
    return ArgumentError(
        "an operator is with respect to one array", help="make one vector of several: sd.ravel(f, params)"
    )
