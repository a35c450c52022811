"""What a Function shows of its program: as text, in formulas, as pictures, with values.

What writes all this is imported when it is first asked for: most programs never ask, and it takes as long as the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast, get_args

from symdiff.errors import ArgumentError, SymdiffError
from symdiff.graph.graph import Graph
from symdiff.program.stages import Stages
from symdiff.render.text import listing
from symdiff.report import LIMIT

if TYPE_CHECKING:
    from pathlib import Path

    from symdiff.functions.function import Function
    from symdiff.functions.variant import Variant
    from symdiff.program.recipe import Recipe
    from symdiff.render.document import Document, Format, Page
    from symdiff.report.debug import Record


class Views:
    """What a Function shows: of the program of the last call that succeeded; before any, of what was declared.

    Graphs are shown finished; ``stage`` asks for an earlier one: ``"written"`` (what is differentiated, as the front
    end made it), ``"recognised"`` (with stable forms named), ``"derived"`` (as differentiation left it),
    ``"simplified"`` (finished, the default), or for a later one: ``"lowered"`` (what is printed).
    """

    if TYPE_CHECKING:
        recipe: Recipe

        @property
        def stages(self) -> Stages:
            """The program that is shown."""

        @property
        def _program(self) -> tuple[Variant, Stages]:
            """The program that is shown, and what it is a program of."""

        def stages_of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Stages, list[Any]]:
            """The program that a call would run, and the values of its inputs."""

    # ------------------------------------------------------------------------------------------------ as text

    def to(self, target: str, *, parallel: bool = False, most_steps: int | None = None) -> Function:
        """The same function, for another target: ``"c"``, ``"numba"``, ``"jax"``, ``"numpy"``, ``"math"``.

        Args:
            target: what source is printed for.
            parallel: let several threads share loops, where the target can.
            most_steps: for how many steps of a loop that goes on as long as a condition holds JAX's text has room, if
                the way back reads them; what comes of a loop that takes more is nan. 1,000 if it is not said.

        Returns:
            a Function of the same arguments, made anew, which shows its program for the types of the last call.

        Raises:
            ArgumentError: if there is no such target, or no such number of steps.

        >>> import symdiff as sd
        >>> print(sd.grad("x**2").to("math").source.strip())
        def grad(x):
            return 2 * x
        """
        from symdiff.functions.make import make_function  # noqa: PLC0415
        from symdiff.functions.options import Options  # noqa: PLC0415

        options = Options(target=f"{target}_parallel" if parallel else target, most_steps=most_steps)
        made = make_function(self, options, {})
        return made.showing_as(cast("Function", self))

    @property
    def numba(self) -> Any:
        """What Numba makes of the program that is shown: a function that other functions under ``@njit`` may call.

        Raises:
            MissingDependencyError: if Numba is not installed.
            UnsupportedError: naming what the target ``"numba"`` has not.

        >>> import symdiff as sd
        >>> slope = sd.grad("sin(x)**2").numba  # doctest: +SKIP
        """
        from symdiff.program.recipe import Declared, wished  # noqa: PLC0415

        stages = self.stages
        if wished(stages.recipe) != "numba":
            stages = stages.beside(Declared(stages.recipe, target="numba"))
        return getattr(stages.bare, "dispatcher", stages.bare)

    def listing(self, *, stage: str = "simplified") -> str:
        """The graph as a program, one operation per line: forward, then backward; `parse_listing` reads it back.

        >>> import symdiff as sd
        >>> print(sd.grad("x**2").listing(stage="written"))
        def f(x: "f64[]"):
            v1 = power(x, 2.0)   # f64[]
            return v1
        """
        return listing(self.stages.graph(stage))

    def latex(self, *, stage: str = "simplified") -> str:
        """The function as equations in LaTeX, in matrix notation.

        >>> import symdiff as sd
        >>> print(sd.function("x**2 + 1").latex())
        \\begin{aligned}
        f(x) &= x^{2} + 1
        \\end{aligned}
        """
        from symdiff.report.explain import equations  # noqa: PLC0415

        return equations(self.stages.recipe, self.stages.graph(stage))

    def debug(self, /, *args: Any, **kwargs: Any) -> Record:
        """The value of every line of the listing at the arguments. Arguments and errors as for a call.

        The record prints as the listing with values; what is nan, infinite, vanishing or exploding is marked.

        >>> import symdiff as sd
        >>> run = sd.function("log(x) * y").debug(0.0, 2.0)
        >>> run["v1"], run.first_bad.op.name
        (np.float64(-inf), 'log')
        """
        from symdiff.report.debug import record  # noqa: PLC0415

        stages, values = self.stages_of(args, kwargs)
        return record(stages.simplified, values, stages)

    def explain(self, format: Format = "text", *, at: Any = None, limit: int = LIMIT) -> Page:
        """The derivation, step by step: program, backpropagation, rewrites, source.

        Args:
            format: ``"text"``, ``"md"``, ``"latex"`` or ``"html"``.
            at: the arguments at which to fill in numbers, a tuple or a dict by name.
            limit: how many steps of a kind are shown before they are folded.

        The order is that of Algorithms 6.5 and 6.6 of Goodfellow, Bengio and Courville, "Deep Learning".
        """
        return _page(format, lambda: self.explanation(at=at, limit=limit))

    def explanation(self, *, at: Any = None, limit: int = LIMIT) -> Document:
        """What `explain` writes, as a document: for other formats, widths and colours."""
        from symdiff.report.explain import explain  # noqa: PLC0415

        if at is None:
            return explain(self.stages, None, limit)
        by_name = dict(at) if isinstance(at, Mapping) else {}
        by_position = () if by_name else tuple(at) if isinstance(at, (tuple, list)) else (at,)
        return explain(*self.stages_of(by_position, by_name), limit)

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
        from symdiff.report.explain import explain_rewrites  # noqa: PLC0415

        return _page(format, lambda: explain_rewrites(self.stages, limit))

    # ------------------------------------------------------------------------------------------ of sparse derivatives

    @property
    def sparsity(self) -> Any:
        """Where the entries of a sparse derivative are, whatever its values: its pattern, or one for each block.

        A `Pattern` has the ``rows`` and ``indices`` (columns) of its entries in the order in which the values come,
        ``indptr``, ``nnz`` and ``shape``.

        Raises:
            ArgumentError: if the derivative is not sparse.

        >>> import symdiff as sd
        >>> pattern = sd.jacobian("x[1:] * x[:-1]", x="3", sparse=True).sparsity
        >>> pattern.rows, pattern.indices
        (array([0, 0, 1, 1]), array([0, 1, 1, 2]))
        """
        from symdiff.report.sparsity import sparsity  # noqa: PLC0415

        return sparsity(self.stages)

    @property
    def colors(self) -> Any:
        """How many colours the pattern of a sparse derivative takes, as a number for each block; errors as `sparsity`.

        Columns (or rows) of one colour can be had by one product, with the derivative or with differences. The program
        itself may do without, see `sparsity`.

        >>> import symdiff as sd
        >>> sd.hessian("sum((x[1:] - x[:-1]**2)**2)", x="100", sparse=True).colors
        3
        """
        from symdiff.report.sparsity import colors  # noqa: PLC0415

        return colors(self.stages)

    # ------------------------------------------------------------------------------------------------ as pictures

    def draw(self, path: str | Path | None = None, *, force: bool = False, **options: Any) -> Path | None:
        """Writes a picture of the graph: the forward graph on the left, the derivative on the right.

        Args:
            path: where to; its ending says how: ``.svg``, ``.html``, ``.png``, ``.dot`` or ``.mmd`` (Mermaid). SVG and
                HTML need no other program and no network; PNG needs the extra ``png``. Without one, the picture is
                shown: in the notebook, or as a page in the browser.
            force: overwrite a file that symdiff did not write.
            **options: ``shapes=True`` writes dtype and shape into each box, ``gates=True`` what a gate does to the
                gradient; ``fold`` folds repeated and long parts (by default above 300 boxes); ``stage`` draws
                another stage than the finished one; ``title`` is a heading; ``legend=False`` leaves out the legend;
                ``theme`` is "auto", "light" or "dark"; ``values`` maps nodes, or names of the listing, to numbers or
                short texts; ``marked`` points out some of them. ``sparsity=True`` draws, of a sparse derivative, where
                its entries are, as ``.svg``, ``.html`` or ``.png``; only `title` and `theme` go with it.

        Returns:
            The path; None if the picture is shown in a notebook.

        Raises:
            ArgumentError: for an ending or option that there is not.
            MissingDependencyError: for PNG without the extra.
            OutputError: if the file cannot be written, or is somebody else's.
        """
        from symdiff.report.save import path_of, write_whole  # noqa: PLC0415

        if path is None:
            from symdiff.report.shown import show  # noqa: PLC0415

            return show(self.recipe.name, self.to_svg(**options), lambda: self.to_html(**options))
        target = path_of(path)
        kind = target.suffix.removeprefix(".")
        if options.pop("sparsity", False):
            from symdiff.report.sparsity import picture  # noqa: PLC0415

            made = picture(self.stages, kind, options)
        else:
            made = _pictures().render(self._graph(options, page=kind == "html"), kind, options)
        write_whole(target, made, force=force)
        return target

    def save(
        self,
        path: str | Path,
        *,
        force: bool = False,
        constants: str = "npz",
        asserts: bool = False,
        command: str = "",
        target: str | None = None,
    ) -> Path:
        """Writes the program that is shown as a stand-alone file that needs NumPy alone (SciPy where it is called).

        A gradient's file holds ``value``, ``grad`` and ``value_and_grad``, a Jacobian's ``value`` and ``jacobian``, a
        Hessian's ``value``, ``grad`` and ``hessian``, all of one run of the user's function. Its header names the types
        that it is for. The file checks the shapes of arguments; run as a script, it compares the derivative with finite
        differences.

        Args:
            path: where to; the file is written whole or not at all. One that ends in ``.c`` is C, with a header
                beside it.
            force: overwrite a file that symdiff did not write.
            constants: where arrays of more than 100 elements go that a Python function found outside of itself:
                ``"npz"``, a file beside this one, or ``"inline"``, written out.
            asserts: let the functions test what is declared of their arguments (`spec`) and relied on.
            command: what makes the file again, for its header, where ``symdiff regenerate`` finds it: a command line
                of ``symdiff``, as it is typed in the folder of the file. By default the one that there is: for a text,
                or a function at the top of a file, with shapes that are declared; else the header says why not.
            target: what it is printed for, where that is not what the function is for: the functions of a file for
                another target than NumPy stand there as they run, without checks of their own.

        Raises:
            ArgumentError: for a name that ends neither in ``.py`` nor in ``.c``.
            OutputError: if the file cannot be written, or is somebody else's.
            UnsupportedError: for what a target has not.
        """
        from symdiff.functions.again import said_for, said_of  # noqa: PLC0415
        from symdiff.report.save import path_of  # noqa: PLC0415
        from symdiff.report.saved import save  # noqa: PLC0415

        variant, stages = self._program
        options: dict[str, Any] = {"constants": constants, "asserts": asserts, "target": target}
        again = said_of(command) if command else said_for(cast("Function", self), stages.avals, path_of(path), options)
        return save(path, stages, variant.types(stages), force=force, again=again, **options)

    def to_svg(self, **options: Any) -> str:
        """The picture as SVG, which works alone, in light and dark."""
        if options.pop("sparsity", False):
            from symdiff.report.sparsity import svg_of  # noqa: PLC0415

            return svg_of(self.stages, options)
        return self._picture("to_svg", options)

    def to_html(self, **options: Any) -> str:
        """The picture as one page that pans, zooms, searches, and explains each node; it needs no network."""
        return self._picture("to_html", options)

    def to_mermaid(self, **options: Any) -> str:
        """The graph as a Mermaid flowchart; folded where it would have more arrows than renderers take."""
        return self._picture("to_mermaid", options)

    def to_dot(self, **options: Any) -> str:
        """The graph in Graphviz's language."""
        return self._picture("to_dot", options)

    def _picture(self, how: str, options: dict[str, Any]) -> str:
        graph, pictures = self._graph(options, page=how == "to_html"), _pictures()
        made: str = getattr(pictures, how)(graph, pictures.make_look(graph, options))
        return made

    def _graph(self, options: dict[str, Any], *, page: bool) -> Graph:
        """The graph that is drawn; inputs in containers are called as in the user's function, and a page as this is."""
        from symdiff.codegen.nested import Parameters  # noqa: PLC0415
        from symdiff.program.recipe import parameters  # noqa: PLC0415

        graph = self.stages.graph(options.pop("stage", "simplified"))
        places = Parameters(parameters(self.stages.recipe)).places
        if len(places) == len(graph.inputs):
            options.setdefault("called", {x.name: place for x, place in zip(graph.inputs, places, strict=True)})
        if page:
            options.setdefault("title", self.recipe.title)
        return graph

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What notebooks show: the picture, else equations, else the listing; each shows the best it can."""
        try:
            picture = f'<div style="overflow:auto">{self.to_svg()}</div>'
            return {"text/plain": str(self), "text/html": picture, "text/latex": f"$${self.latex()}$$"}
        except SymdiffError:  # the shapes are not known yet
            return {"text/plain": repr(self)}


def _pictures() -> ModuleType:
    from symdiff.report import draw as pictures  # noqa: PLC0415

    return pictures


def _page(format: Format, make: Callable[[], Document]) -> Page:
    """What `make` makes, written in `format`, which is checked before."""
    from symdiff.render.document import (  # noqa: PLC0415
        Format as Formats,
        Page,
        write,
    )

    if format not in get_args(Formats):
        known = ", ".join(map(repr, get_args(Formats)))
        raise ArgumentError(f"an explanation has no format {format!r}", help=f"the formats are {known}")
    document = make()
    return Page(write(document, format), format, document)
