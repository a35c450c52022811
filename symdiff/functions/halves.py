"""`forward_backward`: a value and its pullback as two programs, the first of which keeps what the second needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from symdiff.control.holding import Memory
from symdiff.errors import ArgumentError
from symdiff.frontends.kept_loops import Loops
from symdiff.frontends.text.limits import Limits
from symdiff.frontends.tracing.by_name.carries import parts_of
from symdiff.functions.function import Function
from symdiff.functions.options import Options, declared
from symdiff.functions.targets import Wrt, derived, differentiable
from symdiff.functions.variant import keep
from symdiff.graph.tree import described
from symdiff.program.halves import Forward, Halves, Saved
from symdiff.program.written import Symbolic


class Backward:
    """What pulls cotangents back through what a forward program has kept; made by `forward_backward`."""

    def __init__(self, forward: Function) -> None:
        self._forward = forward
        self._functions: dict[Halves, Function] = {}
        self.__name__ = "backward"

    def __call__(self, saved: Sequence[Any], cotangent: Any) -> Any:
        """The cotangents of the targets.

        Args:
            saved: the second value of a call of the forward program.
            cotangent: of its value, in the same containers.

        Raises:
            ArgumentError: if that is not what was kept, or the containers are others.
        """
        halves = self._halves_of(saved)
        values, tree = parts_of(cotangent)
        if tree != halves.given:
            raise ArgumentError(
                f"the cotangent is {described(tree)}, and the value is {described(halves.given)}",
                help="pass a cotangent for each value",
            )
        return self._function_of(halves)(*saved, *values)

    def _halves_of(self, saved: Any) -> Halves:
        """The program that has kept `saved`."""
        if isinstance(saved, Saved) and saved.halves is not None:
            return saved.halves
        if isinstance(saved, (tuple, list)) and not self._forward.is_declared():
            raise ArgumentError(
                "backward is given arrays that do not say what kept them, and shapes are not declared",
                help='pass on what forward gave, as it is; or declare them: forward_backward(f, x="n d", w=("d", 3))',
            )
        if not isinstance(saved, (tuple, list)) or len(saved) != self._shown.kept:
            takes = f"the {self._shown.kept} arrays that" if self._forward.is_declared() else "what"
            raise ArgumentError(
                f"backward takes {takes} forward has kept, and is given {saved!r:.40}",
                help="value, saved = forward(…); backward(saved, cotangent)",
            )
        return self._shown

    @property
    def _shown(self) -> Halves:
        """Of the program that forward shows."""
        found: Halves = self._forward.stages.derived.tree[1].kind.halves  # type: ignore[index, union-attr]
        return found

    def _function_of(self, halves: Halves) -> Function:
        if halves not in self._functions:
            keep(self._functions, halves, Function(Symbolic(halves.backward), {}).prepared())
        return self._functions[halves]

    @property
    def function(self) -> Function:
        """The program that belongs to ``forward.source``: of what is kept, one argument each, and the cotangents."""
        return self._function_of(self._shown)

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
    memory: Memory = "keep",
    output: str | int | None = None,
    specs: Mapping[str, Any] | None = None,
    **more_specs: Any,
) -> tuple[Function, Backward]:
    """A function and the pullback of its derivative, apart: what the first has computed, the second does not again.

    Args:
        what: anything that `function` takes.
        wrt, inputs, static, exact, asserts, limits, target, loops, memory, output, specs, **more_specs: as for `vjp`.

    Returns:
        ``(forward, backward)``: ``value, saved = forward(*args)``, where `saved` is a tuple of arrays, and
        ``backward(saved, cotangent)``, which gives what `vjp` gives. Both have a source, and can be saved to files.

    Raises:
        As `vjp`.

    For what calls a layer forwards now and backwards later, as trainers and solvers of other systems do. What the
    rewritten derivative reads is kept: of a transposed matrix the matrix, and nothing that depends on no argument.
    Where shapes are not declared a pair of programs is made for the types of each call, and `saved` knows its own; the
    sources are those of the last call, or of ``forward.at(…)``.

    >>> import numpy as np, symdiff as sd
    >>> forward, backward = sd.forward_backward("exp(x) * y", "x", x="n", y="n")
    >>> value, saved = forward(np.zeros(2), np.array([2.0, 3.0]))
    >>> value, backward(saved, np.ones(2))
    (array([2., 3.]), array([2., 3.]))
    """
    options = Options(None, inputs, static, exact, asserts, limits, target, False, loops, output, memory=memory)
    base, wanted, single = differentiable(what, wrt, options, declared(specs, more_specs))
    forward = derived(Forward(base.recipe, wanted, single), base.specs, options)
    return forward, Backward(forward)
