"""Function: a graph that you can call. `making` and `differentiation` make them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from symdiff.codegen.printed import LARGEST_LITERAL
from symdiff.codegen.targets.numpy import NUMPY
from symdiff.errors import ArgumentError, ShapeError
from symdiff.frontends.layout import Layout, filled, leaves_like, missing_behind, set_apart, signature_of
from symdiff.frontends.spec import Spec
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.functions.arguments import Arguments
from symdiff.functions.drawing import Drawable
from symdiff.functions.views import Explainable
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import as_node
from symdiff.graph.walk import substitute
from symdiff.program.pipeline import compile_graph
from symdiff.program.recipe import Recipe, Traced, discrete_inputs, extras_of, innermost, rebased
from symdiff.program.specialise import Specialisation, specialise
from symdiff.report.save import module_of, write_module
from symdiff.schedule.cost import Cost, cost_of

CACHE = 128  # specialisations that a Function keeps


class CacheInfo(NamedTuple):
    """The programs that a Function has compiled.

    Attributes:
        size: how many there are.
        maxsize: how many it keeps, of each layout of the arguments.
        types: the types of the inputs of each.
    """

    size: int
    maxsize: int
    types: tuple[str, ...]


class Function(Explainable, Drawable):
    """A graph that you can call, print, save and differentiate again.

    Made by `function`, `grad` and `value_and_grad`, never directly. Arguments go by position or by name. Inputs whose
    shape was not declared are specialised per call (shape and dtype), and the results are cached.

    Attributes:
        inputs: the names of the arguments.
        recipe: how the graph is made once the types of the inputs are known.
        specs: what is declared of the inputs.
        source: the generated source, runnable as it stands.
        graph: the simplified graph.
    """

    def __init__(self, recipe: Recipe, specs: Mapping[str, Spec]) -> None:
        self.recipe = recipe
        self.specs = dict(specs)
        self._arguments = Arguments(recipe.inputs, self.specs, discrete_inputs(recipe))
        self._by_avals: dict[tuple[Aval, ...], Specialisation] = {}
        self._by_key: dict[Any, Callable[..., Any]] = {}
        self._latest: Specialisation | None = None
        traced = innermost(recipe)
        self._traced = traced if isinstance(traced, Traced) and traced.layout is None else None
        self._extras = extras_of(recipe)
        self._plain_count = len(recipe.inputs) if self._traced and self._traced.is_positional else -1
        self._variants: dict[Layout, Function] = {}
        self._current = self
        self.__name__ = self.__qualname__ = recipe.name
        self.__doc__ = f"{recipe.title}."
        own = self._traced if not self._extras else None
        self.__signature__ = signature_of(own.function) if own else _signature(recipe.inputs)

    # ----------------------------------------------------------------------------------------------------- calling

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The value at the arguments, which are checked against what was declared.

        Raises:
            ArgumentError, ShapeError, DTypeError: naming the argument, what came and what was meant.
        """
        return self._dispatch(*args, **kwargs)

    def _dispatch(self, /, *args: Any, **kwargs: Any) -> Any:
        laid_out, values = self.arrange(args, kwargs)
        return laid_out._dispatch_plain(values)

    def arrange(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Function, Sequence[Any]]:
        """The function for arguments laid out as these are, and one value for each of its inputs."""
        if self._traced is None or (len(args) == self._plain_count and _are_plain(args, kwargs)):
            return self, self._arguments.order(args, kwargs)
        names = [name for name, _ in self._extras]
        rest, options, extras = set_apart(names, args, kwargs)
        try:
            layout, leaves = self._traced.arrange(rest, options)
        except ArgumentError:
            self._traced.arrange(args, kwargs)  # raises again, if the tangents are not what is missing
            raise missing_behind(names) from None
        self._current = self if layout == self._traced.plain else self._variant(layout)
        for (name, tree), value in zip(self._current._extras, extras, strict=True):
            leaves += leaves_like(tree, name, value)
        return self._current, leaves

    def _dispatch_plain(self, values: Sequence[Any]) -> Any:
        """A call with one array per input."""
        if Symbol in map(type, values):
            return self._inlined(values)
        converted, key = self._arguments.convert(values)
        run = self._by_key.get(key)
        if run is None:
            run = self._prepare(key, self._arguments.avals(converted))
        return run(*converted)

    def _variant(self, layout: Layout) -> Function:
        """This function for arguments laid out as `layout`."""
        found = self._variants.get(layout)
        if found is None:
            recipe = rebased(self.recipe, lambda traced: replace(traced, layout=layout))
            found = Function(recipe, {name: s for name, s in self.specs.items() if name in layout.names})
            if len(self._variants) >= CACHE:
                self._variants.pop(next(iter(self._variants)))
            self._variants[layout] = found
        return found

    def _inlined(self, values: Sequence[Any]) -> Any:
        """The function inside of another one that is being traced: its graph, put there."""
        nodes = [as_node(value) for value in values]
        graph = self.recipe.build([Aval(node.dtype, node.shape) for node in nodes])
        outputs = substitute(graph.outputs, dict(zip(graph.inputs, nodes, strict=True)))
        return filled(graph.tree, [Symbol(node) for node in outputs])

    def _prepare(self, key: Any, avals: tuple[Aval, ...]) -> Callable[..., Any]:
        found = self._by_avals.get(avals)
        special = found or self._specialise(avals)
        self._latest = special
        run = special.load() if special.scalar or float not in key else _on_numpy_floats(special.load())
        if len(self._by_key) >= CACHE:
            self._by_key.pop(next(iter(self._by_key)))
        self._by_key[key] = run
        if special.scalar and all(k is float for k in key):
            self._bind(special)
        return run

    def _bind(self, special: Specialisation) -> None:
        """Makes calls with floats go straight to the generated code: Python finds `__call__` on the class."""
        run = special.load_guarded(self._dispatch)
        self.__class__ = type("Function", (Function,), {"__call__": staticmethod(run), "__module__": __name__})

    def _specialise(self, avals: tuple[Aval, ...]) -> Specialisation:
        graph = self.recipe.build(avals)
        special = specialise(graph)
        if len(self._by_avals) >= CACHE:
            self._by_avals.pop(next(iter(self._by_avals)))
        self._by_avals[avals] = special
        return special

    def specialised(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Recipe, Specialisation, list[Any]]:
        """What a call with these arguments would run: the recipe, compiled, and the values of its inputs."""
        laid_out, values = self.arrange(args, kwargs)
        converted, _ = laid_out._arguments.convert(values)
        avals = laid_out._arguments.avals(converted)
        laid_out._latest = special = laid_out._by_avals.get(avals) or laid_out._specialise(avals)
        return laid_out.recipe, special, list(converted)

    # ------------------------------------------------------------------------------------------------ what is inside

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.recipe.inputs

    @property
    def latest(self) -> Specialisation:
        """The specialisation that is printed and saved: what was declared, if all inputs were; else of the last call.

        Before any call, inputs that were not declared count as scalars.
        """
        if self._current is not self:
            return self._current.latest
        if self._latest is not None and not self.is_declared():
            return self._latest
        avals = self.declared_avals()
        try:
            return self._by_avals.get(avals) or self._specialise(avals)
        except ShapeError as error:
            if not self.is_declared():
                error.help = 'declare the shapes, as in X="n d", or call the function first'
            raise

    def is_declared(self) -> bool:
        """Whether the types of all inputs are known without a call."""
        return all(n in self.specs or self.recipe.fixed(n) is not None for n in self.inputs)

    def declared_avals(self) -> tuple[Aval, ...]:
        """The types that were declared; float64 scalars where nothing was."""
        return tuple(
            self.recipe.fixed(n) or (self.specs[n].aval if n in self.specs else Aval(np.float64)) for n in self.inputs
        )

    @property
    def source(self) -> str:
        return self.latest.source

    @property
    def graph(self) -> Graph:
        recipe = self._current.recipe
        return compile_graph(recipe.build(self.latest.avals), NUMPY, until="simplify").graph

    def cache_info(self) -> CacheInfo:
        """What has been compiled so far: bounded, the oldest goes first.

        >>> import symdiff as sd
        >>> f = sd.function("x * y")
        >>> f(2.0, 3.0), f.cache_info().types
        (6.0, ('x: f64[], y: f64[]',))
        """
        found = [f for f in (self, *self._variants.values()) if f._by_avals]
        types = [
            ", ".join(f"{n}: {a!r}" for n, a in zip(f.inputs, key, strict=True)) for f in found for key in f._by_avals
        ]
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
        return cost_of(self.latest.compiled.graph)

    @property
    def unsimplified(self) -> Graph:
        return self._current.recipe.build(self.latest.avals)

    def __str__(self) -> str:
        return self.listing()

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

    def save(self, path: str | Path, *, force: bool = False, constants: str = "npz", asserts: bool = False) -> Path:
        """Writes a stand-alone file that needs NumPy alone (SciPy where one of its functions occurs).

        A gradient's file holds ``value``, ``grad`` and ``value_and_grad``, a Jacobian's ``value`` and ``jacobian``, a
        Hessian's ``value``, ``grad`` and ``hessian``. The file checks the shapes of arguments; run as a script, it
        compares the derivative with finite differences.

        Args:
            path: where to; the file is written whole or not at all.
            force: overwrite a file that symdiff did not write.
            constants: where arrays of more than 100 elements go that a Python function found outside of itself:
                ``"npz"``, a file beside this one, or ``"inline"``, written out.
            asserts: let the functions test what is declared of their arguments (`spec`) and relied on.

        Raises:
            OutputError: if the file cannot be written, or is somebody else's.
        """
        target = Path(path)
        if constants not in ("npz", "inline"):
            raise ArgumentError(f'constants is "npz" or "inline", not {constants!r}')
        largest = LARGEST_LITERAL if constants == "npz" else sys.maxsize
        write_module(target, module_of(self._current.recipe, self.latest.avals, largest, asserts), force=force)
        return target

    def __reduce__(self) -> tuple[type, tuple[Recipe, dict[str, Spec]]]:
        return Function, (self.recipe, self.specs)


_PLAIN = frozenset({float, int, np.ndarray, np.float64, np.float32})


def _are_plain(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return not kwargs and all(type(a) in _PLAIN for a in args)


def _signature(names: Sequence[str]) -> inspect.Signature:
    return inspect.Signature([inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names])


def _on_numpy_floats(run: Callable[..., Any]) -> Callable[..., Any]:
    """Among arrays a Python float must divide by zero as NumPy does, not raise."""

    def call(*args: Any) -> Any:
        return run(*[np.float64(a) if a.__class__ is float else a for a in args])

    return call
