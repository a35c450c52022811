"""Function: a program that you can call. `make`, `grad` and `jacobian` make them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from symdiff.errors import ArgumentError, MemoryLimitError, ShapeError, SymdiffError, ValueDomainError, shorten
from symdiff.frontends.layout import Layout, required, signature_of
from symdiff.frontends.spec import Spec, specs_in
from symdiff.frontends.symbolic import SYMBOLS, as_known, handed_on
from symdiff.functions.added import AddedArguments, among
from symdiff.functions.arguments import are_plain, ordered
from symdiff.functions.integers import fixed, needed_as_integers
from symdiff.functions.signature import plain_signature
from symdiff.functions.variant import CACHE, CacheInfo, Runner, Variant, keep, layout_of
from symdiff.functions.views import Views
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length
from symdiff.graph.graph import Graph
from symdiff.program.recipe import Built, Recipe, innermost, rebased
from symdiff.program.stages import Stages
from symdiff.program.written import Traced
from symdiff.schedule.cost import Cost, cost_of

Made = TypeVar("Made")


class Function(Views):
    """A program that you can call, print, save and differentiate again.

    Made by `function`, `grad` and the like, never directly. Arguments go by position or by name. Inputs whose shape was
    not declared are specialised per call (shape and dtype), and the programs are kept.

    **One program is shown**, by `source`, `graph`, `print`, `explain`, `draw`, `save` and all others: that of the last
    call that succeeded; before any call, that of the declared types (float64 scalars where nothing was declared). `at`
    gives a Function that shows another one, `cache_info` lists them. The user's function runs once for each program,
    whatever is asked for: what it reads outside of its arguments (arrays, settings, random numbers) is read then, once,
    and belongs to that program, also inside of a function that is traced. A Function that is made anew reads anew.

    Attributes:
        recipe: how the graph is made once the types of the inputs are known.
        specs: what is declared of the inputs.

    >>> import symdiff as sd
    >>> f = sd.grad("x**2 + y", "x")
    >>> f(3.0, 1.0), f(y=1.0, x=4.0)
    (6.0, 8.0)
    """

    # Python looks `__call__` up on the class, and finds this slot there: what a Function runs is its own.
    __slots__ = ("__call__",)
    __call__: Callable[..., Any]

    def __init__(self, recipe: Recipe, specs: Mapping[str, Spec]) -> None:
        self.recipe = recipe
        self.specs = dict(specs)
        self._plain = Variant(recipe, specs)
        self._variants: dict[Layout, Variant] = {}
        self._lock = Lock()
        self._shown: tuple[Variant, Stages] | None = None
        self._is_pinned = False
        self._needed: frozenset[str] = frozenset()  # inputs that the user's function needs as integers
        self._last: Runner | None = None
        self._direct: dict[Stages, Callable[..., Any]] = {}  # those that test their arguments themselves
        traced = innermost(recipe)
        self._traced = traced if isinstance(traced, Traced) and traced.layout is None else None
        own = signature_of(self._traced.function) if self._traced else plain_signature(traced.inputs)
        self._added = AddedArguments(own, self._plain.added)
        self._is_flat = self._traced is None and isinstance(traced, Traced)  # one argument for each input
        self._plain_layout = layout_of(recipe)
        self._takes_bare_calls = self._is_flat or (
            (self._traced is None or self._traced.is_positional) and self._added.are_arrays
        )
        self._plain_count = len(recipe.inputs) if self._takes_bare_calls else -1
        self.__call__ = self._dispatch
        self.__name__ = self.__qualname__ = recipe.name
        self.__doc__ = f"{recipe.title}."
        self.__signature__ = self._added.signature

    # ----------------------------------------------------------------------------------------------------- calling

    def _dispatch(self, /, *args: Any, **kwargs: Any) -> Any:
        """The value at the arguments, which are checked against what was declared.

        Raises:
            ArgumentError, ShapeError, DTypeError: naming the argument, what came and what was meant.
        """
        variant, given = self._arrange(args, kwargs)
        is_plain = are_plain(given)
        values = given if is_plain else handed_on(given)
        try:
            if not SYMBOLS.isdisjoint(map(type, values)):
                return variant.inlined(values, given)
            entry, converted = variant.entry(values)
        except Exception as error:
            needed = self._learn(variant, values, error)
            if needed is None:
                raise
        else:
            while (layout := variant.otherwise(entry, converted)) is not None:
                self._note(variant, entry)
                variant = self._variant(layout)
                entry, converted = variant.entry(values)
            result = self._result(variant, entry, converted)
            return result if is_plain else entry.with_labels(result, values)
        return self._again(needed, lambda: self._dispatch(*args, **kwargs))

    def _result(self, variant: Variant, entry: Runner, converted: list[Any]) -> Any:
        try:
            result = entry.run(*converted)
        except MemoryError as error:
            what = f"the arrays of {self.__name__} need more memory than there is"
            raise MemoryLimitError(what, help=str(error) or None) from None
        if entry is not self._last:
            self._note(variant, entry)
        elif entry.is_direct and entry.stages not in self._direct:
            self._open(variant, entry)
        return result

    def _learn(self, variant: Variant, values: Sequence[Any], error: Exception) -> frozenset[str] | None:
        """Which inputs are needed as integers, after an error that may be due to that; None if the error stands."""
        more = frozenset[str]() if self._traced is None else needed_as_integers(variant, values, error)
        if more <= self._needed:
            shorten(error)
            return None
        return self._needed | more

    def _again(self, needed: frozenset[str], make: Callable[[], Made]) -> Made:
        """What `make` makes, with other inputs as integers; they are forgotten if that does not help."""
        before, self._needed = self._needed, needed
        try:
            return make()
        except Exception:
            self._needed = before
            raise

    def _note(self, variant: Variant, entry: Runner) -> None:
        """After a call that succeeded: its program is shown, and the next call goes to it if it tests its arguments."""
        self._last, stages = entry, entry.stages
        if entry.is_shown and not self._is_pinned:
            self._shown = variant, stages
        self.__call__ = self._direct.get(stages, self._dispatch) if entry.is_direct else self._dispatch

    def _open(self, variant: Variant, entry: Runner) -> None:
        """After the second call of a program in a row: calls with arguments of its types go straight to it.

        Only the plain layout is met by numbers and arrays alone: others have options, which a call may leave out.
        """
        made = None
        if variant is self._plain and not self._is_pinned and self._takes_bare_calls:
            made = entry.stages.guarded(self._dispatch)
        with self._lock:
            keep(self._direct, entry.stages, made or self._dispatch)
        self._note(variant, entry)

    def _arrange(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Variant, Sequence[Any]]:
        """The programs for arguments laid out as these are, and one value for each input."""
        is_usual = len(args) == self._plain_count and not (kwargs or self._is_pinned or self._needed)
        is_plain = is_usual and are_plain(args)
        if is_plain or self._is_flat or not (self._traced or (kwargs and self._added.layers) or self._added.is_open):
            return self._plain, self._plain.arguments.order(args, kwargs)
        if self._is_pinned:
            args, kwargs = self._with_options(args, kwargs)
        (args, kwargs), extras = self._added.set_apart(args, kwargs)
        layout, leaves = self._arrange_own(args, kwargs)
        variant = self._variant(self._added.laid_out(layout, extras))
        return variant, among(variant.added, leaves, extras)

    def _arrange_own(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Layout, Sequence[Any]]:
        """The layout, and the inputs, of the user's function, without what derivatives add."""
        if self._traced is None:
            return self._plain_layout, ordered(innermost(self.recipe).inputs, args, kwargs)
        layout, leaves = self._traced.arrange(args, kwargs)
        layout, leaves = fixed(layout, leaves, self._needed) if self._needed else (layout, leaves)
        return (layout if are_plain(leaves) else layout.with_tables(as_known(leaves)).with_kinds(leaves)), leaves

    def _with_options(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of a call of `at(…)`, and the options that belong to the program which it shows."""
        assert self._shown is not None
        if self._traced is None:
            return args, kwargs
        given = set(tuple(signature_of(self._traced.function).parameters)[: len(args)]).union(kwargs)
        return args, {**{name: value for name, value in self._shown[0].static if name not in given}, **kwargs}

    def _variant(self, layout: Layout) -> Variant:
        """The programs for arguments laid out as `layout`."""
        if layout == self._plain_layout:
            return self._plain
        found = self._variants.get(layout)
        if found is None:
            recipe = rebased(self.recipe, lambda traced: replace(traced, layout=layout), dict(layout.added))
            found = Variant(recipe, self.specs, layout)
            with self._lock:
                found = self._variants.get(layout) or keep(self._variants, layout, found)
        return found

    def prepared(self, built: Built | None = None) -> Function:
        """Itself, with its program made if all types are known: so errors come here, not at the first call."""
        if self.is_declared():
            self._plain.stages(self.declared_avals(), built)
        return self

    def laid_out(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Function, Sequence[Any]]:
        """A Function of the arrays that are in these arguments, and those arrays."""
        self.stages_of(args, kwargs)  # to know which integers are no numbers to the program
        variant, values = self._arrange(args, kwargs)
        return (self if variant is self._plain else Function(variant.recipe, variant.specs)), values

    def stages_of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Stages, list[Any]]:
        """The program that a call with these arguments would run, and the values of its inputs."""
        variant, values = self._arrange(args, kwargs)
        converted, _ = variant.arguments.convert(values)
        try:
            return variant.stages_for(variant.arguments.avals(converted), values), list(converted)
        except Exception as error:
            needed = self._learn(variant, values, error)
            if needed is None:
                raise
        return self._again(needed, lambda: self.stages_of(args, kwargs))

    # ------------------------------------------------------------------------------------------------- the program

    def at(self, /, *args: Any, **kwargs: Any) -> Function:
        """This Function, showing the program for certain types, whatever is called afterwards.

        Args:
            *args, **kwargs: as for a call; a spec may stand for an array: ``"5 3"``, ``"n d"``, `spec`.

        Returns:
            A Function that shares the programs of this one.

        Raises:
            What a call would raise that cannot be made.

        >>> import numpy as np
        >>> import symdiff as sd
        >>> f = sd.function(lambda x: np.sum(x**2))
        >>> f.at(x="n").graph.inputs, f.at(x="5").graph.inputs
        ((<x: f64[n]>,), (<x: f64[5]>,))
        """
        variant, leaves = self._arrange(*self._with_specs(args, kwargs))
        try:
            types = variant.arguments.types(leaves)
            variant.stages_for(types, leaves)
            return self._showing(variant, types)
        except Exception as error:
            needed = self._learn(variant, leaves, error)
            if needed is None:
                raise
        return self._again(needed, lambda: self.at(*args, **kwargs))

    def _showing(self, variant: Variant, avals: Sequence[Aval]) -> Function:
        shown = Function(self.recipe, {})
        shown.specs, shown._plain, shown._variants = self.specs, self._plain, self._variants
        shown._shown, shown._is_pinned = (variant, variant.stages(avals)), True
        return shown

    def showing_as(self, other: Function) -> Function:
        """Itself, showing its program for the arguments for which another Function of the same ones shows one."""
        if other._shown is not None:
            variant, stages = other._shown
            own = self._plain if variant.layout is None else self._variant(variant.layout)
            self._shown, self._is_pinned = (own, own.stages(stages.avals)), other._is_pinned
        return self

    def _with_specs(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with specs for the texts among them, where these are not parts of the program."""
        known = tuple(self.__signature__.parameters)
        own = [name for name, _ in self._traced.plain.parameters] if self._traced else known
        arrays = {*self.inputs, *own, *self._added.names}
        by_position = [specs_in(a) if name in arrays else a for name, a in zip(known, args, strict=False)]
        by_name = {name: specs_in(a) if name in arrays else a for name, a in kwargs.items()}
        return (*by_position, *args[len(by_position) :]), by_name

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the arguments.

        >>> import symdiff as sd
        >>> sd.function("a * exp(-b * x)").inputs
        ('a', 'b', 'x')
        """
        return self.recipe.inputs

    @property
    def stages(self) -> Stages:
        """The program that is shown, from what was written to what runs.

        >>> import symdiff as sd
        >>> sd.grad("log(1 + exp(x))").stages.recognised.outputs[0].op
        <op logaddexp>
        """
        return self._program[1]

    @property
    def _program(self) -> tuple[Variant, Stages]:
        if self._shown is not None:
            return self._shown
        if self._open_options:
            raise ArgumentError(
                f"{', '.join(self._open_options)} must be known, and belongs to the program",
                help="call the function first, or give it to at(…)",
            )
        try:
            return self._plain, self._plain.stages(self.declared_avals())
        except (ShapeError, ValueDomainError) as error:
            of_names = self._plain.arguments.needs_numbers and error.help
            if not (self.is_declared() or of_names) and (error.help is None or isinstance(error, ShapeError)):
                both = error.help and (self.specs or error.code == "SD203")  # what numbers give may well be an array
                error.help = f"{error.help}; or {self._declare}" if both else self._declare
            raise
        except (TypeError, IndexError, ValueError) as error:
            if self.is_declared() or isinstance(error, SymdiffError):
                raise
            what = f"{self.__name__} has been tried with numbers, for no shapes are declared: {error}"
            raise ShapeError(what, help=self._declare) from error

    @property
    def _declare(self) -> str:
        """What helps where numbers have stood for inputs of unknown shapes."""
        open_ones = [name for name in self.inputs if name not in self.specs]
        return f'declare the shapes, as in {next(iter(open_ones), "X")}="n d", or call the function first'

    @property
    def _open_options(self) -> list[str]:
        """The arguments whose values belong to the program, and that have no default."""
        if self._traced is None:
            return []
        return [name for name in required(self._traced.function) if name in self._traced.static]

    def is_declared(self) -> bool:
        """Whether the types of all inputs, and the options that belong to the program, are known without a call."""
        if self._plain.arguments.needs_numbers and any(isinstance(n, Length) for n in self._declared_lengths()):
            return False
        return not self._open_options and all(n in self.specs or self.recipe.fixed(n) is not None for n in self.inputs)

    def _declared_lengths(self) -> Iterator[Dim]:
        return (n for name in self.inputs if name in self.specs for n in self.specs[name].shape)

    def declared_avals(self) -> tuple[Aval, ...]:
        """The types that were declared; float64 scalars where nothing was."""
        return tuple(
            self.recipe.fixed(n) or (self.specs[n].aval if n in self.specs else Aval(np.float64)) for n in self.inputs
        )

    @property
    def source(self) -> str:
        """The generated source of the program that is shown, runnable as it stands.

        Where calls have made several programs, a comment in front says for which types this one is.

        >>> import symdiff as sd
        >>> print(sd.grad("x**2 + 3*x").source)
        def grad(x):
            return 2 * x + 3
        <BLANKLINE>
        """
        variant, stages = self._program
        is_one_of_several = not self._is_pinned and not self.is_declared() and self.cache_info().size > 1
        try:
            text = stages.source
        except Exception as error:
            shorten(error)
            raise
        return f"# {variant.types(stages)}\n{text}" if is_one_of_several else text

    @property
    def graph(self) -> Graph:
        """The finished graph of the program that is shown.

        >>> import symdiff as sd
        >>> sd.grad("x * y", "x").graph.outputs
        (<y: f64[]>,)
        """
        return self.stages.simplified

    def cache_info(self) -> CacheInfo:
        """The programs that were made so far: bounded, the oldest goes first.

        >>> import symdiff as sd
        >>> f = sd.function("x * y")
        >>> f(2.0, 3.0), f.cache_info().types
        (6.0, ('x: f64[], y: f64[]',))
        """
        variants = (self._plain, *self._variants.values())
        types = [variant.types(stages) for variant in variants for stages in variant.programs.values()]
        return CacheInfo(len(types), CACHE, tuple(types))

    def cost(self) -> Cost:
        """Operations and bytes of one call, as polynomials in the declared lengths.

        Raises:
            LimitError: if they are beyond all bounds.

        >>> import symdiff as sd
        >>> print(sd.function("X @ w", X="n d", w="d").cost())
        flops: 2*n*d
        peak bytes: 8*n
        """
        printed = self.stages.definition.printed
        return cost_of(self.stages.lowered, printed.plan, printed.variables)

    def __str__(self) -> str:
        if self._shown is None and self._open_options:
            return f"{self!r}\n# {', '.join(self._open_options)} must be known: call it, or use at(…)"
        try:
            return self.listing()
        except (ShapeError, ValueDomainError):
            if self._shown is not None or self.is_declared():
                raise
            first = self.inputs[0] if self.inputs else "x"
            length = 5 if self._plain.arguments.needs_numbers else "n"
            return f'{self!r}\n# its types are not known yet: call it, or declare them, as in {first}="{length}"'

    def __repr__(self) -> str:
        return f"<symdiff.Function {self.recipe.name}({', '.join(self.inputs)}): {self.recipe.title}>"

    def to_sympy(self, *, evaluate: bool = True, symbols: Mapping[str, Any] | None = None) -> Any:
        """The graph as a SymPy expression: several as tuples, vectors as columns.

        Args:
            evaluate: False keeps every operation as it stands, and is read back as the same graph.
            symbols: what the inputs are, by name; by default ``Symbol(name)`` and ``MatrixSymbol(name, n, m)``.

        Raises:
            UnsupportedError: naming the operation that SymPy has no expression for.

        >>> import symdiff as sd
        >>> sd.function("exp(-x) + x**2").to_sympy()
        x**2 + exp(-x)
        """
        from symdiff.render.to_sympy import to_sympy  # noqa: PLC0415 (`import symdiff` does not import SymPy)

        return to_sympy(self.graph, evaluate=evaluate, symbols=symbols)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        if self._is_pinned and self._shown is not None:
            return _pinned, (self.recipe, self.specs, self._shown[0].layout, self._shown[1].avals)
        return Function, (self.recipe, self.specs)


def _pinned(recipe: Recipe, specs: dict[str, Spec], layout: Layout | None, avals: tuple[Aval, ...]) -> Function:
    """What `Function.at` made, unpickled."""
    made = Function(recipe, specs)
    return made._showing(made._plain if layout is None else made._variant(layout), avals)
