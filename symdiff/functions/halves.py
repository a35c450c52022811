"""`forward_backward`: a value and its pullback as two programs, the first of which keeps what the second needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from symdiff.errors import ArgumentError
from symdiff.frontends.kept_loops import Loops
from symdiff.frontends.text.limits import Limits
from symdiff.frontends.tracing.by_name.carries import parts_of
from symdiff.functions.function import Function
from symdiff.functions.options import Options, declared
from symdiff.functions.targets import Wrt, derived, differentiable
from symdiff.graph.tree import Tree, described
from symdiff.program.halves import Forward, halves
from symdiff.program.pullback import Pullback, cotangents_of
from symdiff.program.recipe import Built
from symdiff.program.written import Symbolic


class Backward:
    """What pulls cotangents back through what a forward program has kept; made by `forward_backward`.

    Attributes:
        function: the program, of what is kept, one argument each, and the cotangents.
    """

    def __init__(self, function: Function, kept: int, given: Tree) -> None:
        self.function, self._kept, self._given = function, kept, given
        self.__name__ = "backward"

    def __call__(self, saved: Sequence[Any], cotangent: Any) -> Any:
        """The cotangents of the targets.

        Args:
            saved: the second value of a call of the forward program.
            cotangent: of its value, in the same containers.

        Raises:
            ArgumentError: if that is not what was kept, or the containers are others.
        """
        if not isinstance(saved, (tuple, list)) or len(saved) != self._kept:
            raise ArgumentError(
                f"backward takes the {self._kept} arrays that forward has kept, and is given {saved!r:.40}",
                help="value, saved = forward(…); backward(saved, cotangent)",
            )
        values, tree = parts_of(cotangent)
        if tree != self._given:
            raise ArgumentError(
                f"the cotangent is {described(tree)}, and the value is {described(self._given)}",
                help="pass a cotangent for each value",
            )
        return self.function(*saved, *values)

    @property
    def source(self) -> str:
        """The generated source."""
        return self.function.source

    def save(self, path: str | Path, **options: Any) -> Path:
        """Writes a file that needs NumPy alone, as `Function.save`."""
        return self.function.save(path, **options)


def forward_backward(
    what: Any,
    /,
    wrt: Wrt = None,
    *,
    inputs: Any = None,
    static: str | Sequence[str] = (),
    exact: bool = False,
    asserts: bool = False,
    limits: Limits | None = None,
    target: str | None = None,
    loops: Loops = "auto",
    output: str | int | None = None,
    specs: Mapping[str, Any] | None = None,
    **more_specs: Any,
) -> tuple[Function, Backward]:
    """A function and the pullback of its derivative, apart: what the first has computed, the second does not again.

    Args:
        what: anything that `function` takes, with its inputs declared.
        wrt, inputs, static, exact, asserts, limits, target, loops, output, specs, **more_specs: as for `vjp`.

    Returns:
        ``(forward, backward)``: ``value, saved = forward(*args)``, where `saved` is a tuple of arrays, and
        ``backward(saved, cotangent)``, which gives what `vjp` gives. Both have a source, and can be saved to files.

    Raises:
        ArgumentError: if shapes are not known. Otherwise as for `vjp`.

    For what calls a layer forwards now and backwards later, as trainers and solvers of other systems do. What the
    rewritten derivative reads is kept: of a transposed matrix the matrix, and nothing that depends on no argument.

    >>> import numpy as np, symdiff as sd
    >>> forward, backward = sd.forward_backward("exp(x) * y", "x", x="n", y="n")
    >>> value, saved = forward(np.zeros(2), np.array([2.0, 3.0]))
    >>> value, backward(saved, np.ones(2))
    (array([2., 3.]), array([2., 3.]))
    """
    options = Options(None, inputs, static, exact, asserts, limits, target, False, loops, output)
    base, wanted, single = differentiable(what, wrt, options, declared(specs, more_specs))
    if not base.is_declared():
        raise ArgumentError(
            "what is to be kept depends on the shapes of the arguments, and these are not declared",
            help='declare them: forward_backward(f, x="n d", w=("d", 3))',
        )
    built = Built(dict(zip(base.inputs, base.declared_avals(), strict=True)))
    given, _ = cotangents_of(built.graph(base.recipe))
    pullback = Pullback(base.recipe, wanted, single, given)
    found = halves(pullback, built)
    forward = derived(Forward(base.recipe, pullback), base.specs, options, built)
    return forward, Backward(Function(Symbolic(found.backward), {}).prepared(), found.kept, given)
