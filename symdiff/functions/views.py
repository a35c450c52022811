"""What a Function tells of itself in words and formulas: ``listing``, ``debug``, ``explain``, ``latex``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args

from symdiff.codegen.targets.numpy import NUMPY
from symdiff.errors import ArgumentError
from symdiff.graph.graph import Graph
from symdiff.program.pipeline import compile_graph
from symdiff.program.recipe import Recipe
from symdiff.program.specialise import Specialisation
from symdiff.render.document import Document, Format, Page, write
from symdiff.render.text import listing
from symdiff.report.debug import Record, record
from symdiff.report.explain import LIMIT, equations, explain, explain_rewrites


class Explainable:
    """What a Function tells of itself."""

    if TYPE_CHECKING:
        _current: Explainable  # laid out as the arguments of the last call were
        recipe: Recipe

        @property
        def graph(self) -> Graph:
            """The simplified graph."""

        @property
        def latest(self) -> Specialisation:
            """The program that is printed and saved."""

        def specialised(
            self, args: tuple[Any, ...], kwargs: dict[str, Any]
        ) -> tuple[Recipe, Specialisation, list[Any]]:
            """What a call would run."""

    def listing(self) -> str:
        """The graph as a program, one operation per line: forward, then backward; `parse_listing` reads it back."""
        return listing(self.graph)

    def debug(self, /, *args: Any, **kwargs: Any) -> Record:
        """The value of every line of the listing at the arguments. Arguments and errors as for a call.

        The record prints as the listing with values; what is nan, infinite, vanishing or exploding is marked.

        >>> import symdiff as sd
        >>> run = sd.function("log(x) * y").debug(0.0, 2.0)
        >>> run["v1"], run.first_bad.op.name
        (np.float64(-inf), 'log')
        """
        recipe, special, values = self.specialised(args, kwargs)
        return record(compile_graph(recipe.build(special.avals), NUMPY, until="simplify").graph, values)

    def explain(self, format: Format = "text", *, at: Any = None, limit: int = LIMIT) -> Page:
        """The derivation, step by step: program, backpropagation, rewrites, source.

        Args:
            format: ``"text"``, ``"md"``, ``"latex"`` or ``"html"``.
            at: the arguments at which to fill in numbers, a tuple or a dict by name.
            limit: how many steps of a kind are shown before they are folded.

        The order is that of Algorithms 6.5 and 6.6 of Goodfellow, Bengio and Courville, "Deep Learning".
        """
        _check_format(format)
        return Page(write(self.explanation(at=at, limit=limit), format), format)

    def explanation(self, *, at: Any = None, limit: int = LIMIT) -> Document:
        """What `explain` writes, as a document: for other formats, widths and colours."""
        if at is None:
            return explain(self._current.recipe, self.latest, None, limit)
        by_name = dict(at) if isinstance(at, Mapping) else {}
        by_position = () if by_name else tuple(at) if isinstance(at, (tuple, list)) else (at,)
        return explain(*self.specialised(by_position, by_name), limit)

    def explain_rewrites(self, format: Format = "text", *, limit: int = LIMIT) -> Page:
        """What was rewritten, before differentiation and after: each step with its claim, and why that is sound.

        Arguments and errors as for `explain`. A step that makes the result right where it was not says where: "safe
        beyond |x| > 709". The claims are those of `symdiff.rewrite.rule`.

        >>> import symdiff as sd
        >>> print(sd.grad("log(1 + exp(x))").explain_rewrites())  # doctest: +ELLIPSIS
        Derivative of log(1 + exp(x)) with respect to x
        ...
            softplus  REAL  log(1 + exp(x))  → logaddexp(0, x)
                            1 is exp(0)
                            safe beyond |x| > 709 (float64), where exp overflows
        ...
        """
        _check_format(format)
        return Page(write(explain_rewrites(self._current.recipe, self.latest, limit), format), format)

    def latex(self) -> str:
        """The function as equations in LaTeX, in matrix notation.

        >>> import symdiff as sd
        >>> print(sd.function("x**2 + 1").latex())
        \\begin{aligned}
        f(x) &= x^{2} + 1
        \\end{aligned}
        """
        return equations(self._current.recipe, self.graph)


def _check_format(format: str) -> None:
    if format not in get_args(Format):
        known = ", ".join(map(repr, get_args(Format)))
        raise ArgumentError(f"an explanation has no format {format!r}", help=f"the formats are {known}")
