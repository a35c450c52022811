"""Derivatives as linear operators of SciPy's: products with vectors, for methods that never form a matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError
from symdiff.functions.function import Function
from symdiff.functions.jacobian import hvp, jvp, vjp
from symdiff.functions.mapped import vmap
from symdiff.functions.options import Options, declared
from symdiff.functions.targets import Wrt, derived, differentiable
from symdiff.program.curvature import GaussNewton
from symdiff.program.jacobian import Pushforward

Product = Callable[[Any], Any]


def hessian_operator(what: Any, /, wrt: str | int | None = None, **options: Any) -> Operators:
    """The Hessian of a scalar-valued function as a linear operator of SciPy's, at any point, without the Hessian.

    Args:
        what: anything that `function` takes.
        wrt: a name or position of one array.
        **options: as for `hvp`.

    Returns:
        A callable of the arguments of the function. It gives a `scipy.sparse.linalg.LinearOperator` of n rows and
        columns for an argument of n elements, in C order, symmetric, of products with vectors (n,), columns (n, 1), and
        matrices (n, k), which are taken at once. For `eigsh`, `cg`, `minres`, and trust-constr's ``hess``.

    Raises:
        ArgumentError: if the target is no single array; ImportError without SciPy. Otherwise as for `hvp`.

    >>> import numpy as np, symdiff as sd
    >>> H = sd.hessian_operator(lambda x: np.sum(x**4) / 12)(np.array([1.0, 2.0]))
    >>> H @ np.ones(2), H.shape
    (array([1., 4.]), (2, 2))
    """
    product = hvp(what, _one(wrt), **options)
    return Operators(product, product)


def jacobian_operator(what: Any, /, wrt: str | int | None = None, **options: Any) -> Operators:
    """The Jacobian of a function as a linear operator of SciPy's, at any point: `jvp` ahead, and `vjp` transposed.

    Arguments, result and errors as for `hessian_operator`; the operator has a row for each element of the value, and a
    transposed one, ``J.T`` or ``J.H``. For `lsmr`, `svds`, and the ``jac`` of `least_squares`.

    >>> import numpy as np, symdiff as sd
    >>> J = sd.jacobian_operator(lambda x: x[1:] * x[:-1])(np.array([1.0, 2.0, 3.0]))
    >>> J @ np.ones(3), J.T @ np.ones(2)
    (array([3., 5.]), array([2., 4., 2.]))
    """
    return Operators(jvp(what, _one(wrt), **options), vjp(what, _one(wrt), **options), is_square=False)


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
    return Operators(product, product)


class Operators:
    """A derivative as a linear operator, for each point: called with the arguments of the function.

    Attributes:
        product: the Function that multiplies a vector; it is printed and saved as others are.
    """

    def __init__(self, product: Function, transposed: Function, *, is_square: bool = True) -> None:
        self.product = product
        self._transposed = transposed
        self._is_square = is_square
        self._on_columns: dict[str, Function] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The operator at a point."""
        from scipy.sparse.linalg import LinearOperator  # noqa: PLC0415 (an extra)

        point = _Point(self.product, args, kwargs)
        ahead = self._products(self.product, point, point.direction, point.shape)
        if self._is_square:
            n = point.size
            return LinearOperator((n, n), dtype=point.dtype, **_named(ahead, ahead))
        back = self._products(self._transposed, point, "cotangent", point.value_shape)
        return LinearOperator((prod(point.value_shape), point.size), dtype=point.dtype, **_named(ahead, back))

    def _products(self, f: Function, point: _Point, name: str, shape: tuple[int, ...]) -> tuple[Product, Product]:
        """The product of a point's matrix with a vector, and with a matrix."""

        def one(v: Any) -> Any:
            return np.ravel(f(**point.given, **{name: np.reshape(v, shape)}))

        def many(columns: Any) -> Any:
            mapped = self._on_columns.setdefault(f.recipe.name, vmap(f, {name: 0}))
            stack = np.reshape(np.transpose(columns), (columns.shape[1], *shape))
            found = np.asarray(mapped(**point.given, **{name: stack}))
            return np.reshape(found, (columns.shape[1], -1)).T

        return one, many


class _Point:
    """The arguments of a call: where the derivative is taken."""

    def __init__(self, product: Function, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        recipe: Any = product.recipe
        while not isinstance(recipe, Pushforward):
            recipe = recipe.base
        names = [name for name in product.__signature__.parameters if name not in recipe.directions]
        if len(args) > len(names):
            raise ArgumentError(f"{len(args)} arguments were given, there are {len(names)}: {', '.join(names)}")
        self.given = {**dict(zip(names, args, strict=False)), **kwargs}
        [self.direction] = recipe.directions
        [target] = recipe.targets
        if target not in self.given:
            raise ArgumentError(f"{target!r} is missing, the point at which the operator is taken")
        x = self.given[target] = np.asarray(self.given[target])
        self.dtype = x.dtype if x.dtype.kind == "f" else np.dtype(float)
        self.shape, self.size = x.shape, x.size
        value = product(**self.given, **{self.direction: np.zeros(x.shape, self.dtype)})
        self.value_shape = np.shape(value)


def _named(ahead: tuple[Product, Product], back: tuple[Product, Product]) -> dict[str, Product]:
    return {"matvec": ahead[0], "matmat": ahead[1], "rmatvec": back[0], "rmatmat": back[1]}


def _one(wrt: Wrt) -> Wrt:
    if isinstance(wrt, (tuple, list)):
        raise ArgumentError(
            "an operator is with respect to one array",
            help="make one vector of several: sd.ravel(f, params)",
        )
    return wrt
