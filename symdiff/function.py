"""Function: a graph that you can call. `function` makes one; `grad` and friends (`differentiation`) make more."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from symdiff.arguments import Arguments
from symdiff.codegen.dialect import NumPy
from symdiff.compiling import Specialisation, specialise
from symdiff.errors import ArgumentError, ShapeError
from symdiff.frontends.limits import DEFAULT, Limits
from symdiff.frontends.spec import Spec, spec
from symdiff.frontends.tracing import Symbol, check_name, graph_of
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.pipeline import compile_graph
from symdiff.recipes import Declared, Recipe, Renamed, Symbolic, Text, Traced
from symdiff.render.dot import to_dot
from symdiff.render.text import listing
from symdiff.saving import module_source, write_whole

CACHE = 128  # specialisations that a Function keeps


class Function:
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
        self._arguments = Arguments(recipe.inputs, self.specs)
        self._by_avals: dict[tuple[Aval, ...], Specialisation] = {}
        self._by_key: dict[Any, Callable[..., Any]] = {}
        self._latest: Specialisation | None = None
        self.__name__ = self.__qualname__ = recipe.name
        self.__doc__ = f"{recipe.title}."
        self.__signature__ = inspect.Signature(
            [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in recipe.inputs]
        )

    # ----------------------------------------------------------------------------------------------------- calling

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The value at the arguments, which are checked against what was declared.

        Raises:
            ArgumentError, ShapeError, DTypeError: naming the argument, what came and what was meant.
        """
        return self._dispatch(*args, **kwargs)

    def _dispatch(self, /, *args: Any, **kwargs: Any) -> Any:
        values = self._arguments.order(args, kwargs)
        converted, key = self._arguments.convert(values)
        run = self._by_key.get(key)
        if run is None:
            run = self._prepare(key, self._arguments.avals(converted))
        return run(*converted)

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

    # ------------------------------------------------------------------------------------------------ what is inside

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.recipe.inputs

    @property
    def latest(self) -> Specialisation:
        """The specialisation that is printed and saved: what was declared, if all inputs were; else of the last call.

        Before any call, inputs that were not declared count as scalars.
        """
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
        return compile_graph(self.recipe.build(self.latest.avals), NumPy(), until="simplify").graph

    def __str__(self) -> str:
        return listing(self.graph)

    def __repr__(self) -> str:
        return f"<symdiff.Function {self.recipe.name}({', '.join(self.inputs)}): {self.recipe.title}>"

    def to_dot(self) -> str:
        """The graph in Graphviz's language, forward and derivative nodes told apart."""
        return to_dot(self.graph)

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Writes a stand-alone file that needs NumPy alone (SciPy where one of its functions occurs).

        A gradient's file holds ``value``, ``grad`` and ``value_and_grad``. The file checks the shapes of arguments;
        run as a script, it compares the gradient with finite differences.

        Args:
            path: where to; the file is written whole or not at all.
            force: overwrite a file that symdiff did not write.

        Raises:
            OutputError: if the file cannot be written, or is somebody else's.
        """
        target = Path(path)
        write_whole(target, module_source(self.recipe, self.latest.avals), force=force)
        return target

    def __reduce__(self) -> tuple[type, tuple[Recipe, dict[str, Spec]]]:
        return Function, (self.recipe, self.specs)


def _on_numpy_floats(run: Callable[..., Any]) -> Callable[..., Any]:
    """Among arrays a Python float must divide by zero as NumPy does, not raise."""

    def call(*args: Any) -> Any:
        return run(*[np.float64(a) if a.__class__ is float else a for a in args])

    return call


# ------------------------------------------------------------------------------------------------ making them


def function(
    what: Any,
    /,
    *,
    name: str | None = None,
    limits: Limits = DEFAULT,
    inputs: Any = None,
    exact: bool = False,
    **specs: Any,
) -> Function:
    """Makes a Function.

    Args:
        what: a string (an expression, or lines of assignments), a symbolic value or a tuple of them, a Python function
            that uses NumPy, or a Function.
        name: what it is called in generated code.
        limits: bounds on the text of a string.
        inputs: the order of the arguments, for strings and symbolic values; what is left out follows in order of first
            appearance.
        exact: make only rewrites that change no bit of the result; stable forms are then not looked for.
        **specs: what is declared of inputs: ``X="n d"``, ``w=("d",)``, ``lam=()``, ``x=sd.spec("n", dtype="float32")``.
            A declared length may be used in the text as a number (``/ n``); an input may be declared that the text
            does not use.

    Raises:
        SymdiffError: a ParseError with a caret for text that cannot be read; an ArgumentError for a misspelt spec.

    >>> f = function("sum((X @ w - y)**2) / 2", X="n d", w="d", y="n")
    >>> f.inputs
    ('X', 'w', 'y')
    """
    return make_function(what, name, specs, limits, inputs, exact)


def make_function(
    what: Any,
    name: str | None,
    specs: Mapping[str, Any],
    limits: Limits = DEFAULT,
    inputs: Any = None,
    exact: bool = False,
) -> Function:
    """`function` with the specs as a mapping, so that an input may be called ``name`` or ``limits``."""
    declared = {key: spec(value) for key, value in specs.items()}
    if name is not None:
        check_name(name)
    if isinstance(what, Function):
        if not specs and name is None and not exact:
            return what
        return _declared(_renamed(what.recipe, name), {**what.specs, **declared}, exact)
    if isinstance(what, str):
        order = () if inputs is None else tuple(inputs)
        shapes = tuple((key, value.shape) for key, value in declared.items())
        recipe: Recipe = Text(what, shapes, name or "f", limits, order)
        used = Text(what, (), name or "f", limits).inputs  # reads the text now, so that its errors come here
        for key in declared:
            if key not in used and _looks_like(key, used):  # more likely misspelt than unused
                raise no_such_input(f"there is no input {key!r}", key, used)
        for key in order:
            if key not in Text(what, shapes, name or "f", limits).inputs:
                raise no_such_input(f"there is no input {key!r}", key, used)
        return _declared(recipe, declared, exact)
    if isinstance(what, (Symbol, Node, tuple)):
        if declared:
            raise ArgumentError("symbolic values carry their types", help='declare them in var("x", "n d")')
        return _declared(Symbolic(graph_of(what, inputs, name or "f")), {}, exact)
    if callable(what):
        return _declared(_renamed(Traced(what), name), declared, exact)
    raise ArgumentError(
        f"cannot make a function of a {type(what).__name__}",
        help="pass a string, a symbolic value, or a Python function",
    )


def _renamed(recipe: Recipe, name: str | None) -> Recipe:
    return recipe if name is None else Renamed(recipe, name)


def _declared(recipe: Recipe, specs: dict[str, Spec], exact: bool = False) -> Function:
    for name in specs:
        if name not in recipe.inputs:
            raise no_such_input(f"there is no input {name!r}", name, recipe.inputs)
    assume = tuple((name, spec.assume) for name, spec in specs.items() if spec.assume)
    return Function(Declared(recipe, assume, exact) if assume or exact else recipe, specs)


def _looks_like(name: str, names: tuple[str, ...]) -> str | None:
    """The one of `names` that was probably meant."""
    same = [other for other in names if other.lower() == name.lower()]
    return next(iter(same or difflib.get_close_matches(name, names, n=1)), None)


def no_such_input(message: str, name: Any, inputs: tuple[str, ...]) -> ArgumentError:
    """The error for a name that is no input, with the one that was probably meant."""
    close = _looks_like(str(name), inputs)
    known = ", ".join(inputs) or "none"
    return ArgumentError(f"{message}; the inputs are {known}", help=f"did you mean {close!r}?" if close else None)
