"""`function`: what of a string, a SymPy expression, symbolic values or a Python function makes a Function."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symdiff.control.holding import Memory
from symdiff.errors import ArgumentError, SymdiffError, closest, shorten
from symdiff.frontends.kept_loops import Loops
from symdiff.frontends.layout import lay_out, optional, signature_of, taken_apart
from symdiff.frontends.names import check_name, plain
from symdiff.frontends.spec import Spec, is_nested, nested_spec, spec
from symdiff.frontends.symbolic import is_symbol
from symdiff.frontends.sympy.detect import is_sympy
from symdiff.frontends.text.limits import DEFAULT, Limits
from symdiff.functions.function import Function
from symdiff.functions.options import ALL, ELSEWHERE, NAMES, OF_SOME, Options, Style, declared
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.program.on_grids import on_grids
from symdiff.program.packed import Packed
from symdiff.program.recipe import Declared, Recipe, Renamed, Widened
from symdiff.program.written import Symbolic, Text, Traced


def function(
    what: Any,
    /,
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
    specs: Mapping[str, Any] | None = None,
    **more_specs: Any,
) -> Function:
    """Makes a Function.

    Args:
        what: a string (an expression, or lines of assignments), a SymPy expression, a symbolic value, a tuple of
            either, a Python function that uses NumPy, or a Function.
        name: what it is called in generated code.
        inputs: the order of the arguments, for strings and symbolic values; what is left out follows in order of first
            appearance (in a SymPy expression, which has no such order, by name). Names that do not occur are inputs
            all the same.
        static: arguments of a Python function whose values belong to the program (loop counts, switches): a call with
            another value makes another program. Strings, bools, None and other objects that are no numbers always do.
        exact: make only rewrites that change no bit of the result; stable forms are then not looked for.
        asserts: let the generated code test what is declared of the inputs (`spec`) and relied on.
        limits: bounds on the text of a string.
        target: what source is printed for: ``"numpy"`` or ``"math"``; by default `math` for a program of floats that
            it can print, else NumPy.
        loops: which loops of a Python function are loops in the source: ``"auto"``, those of nine steps or more;
            ``"keep"``, all that can be; ``"unroll"``, none that can be run step by step; a number, those of so many
            steps or more. `explain` says what became of each, and why. Loops by name (`scan`) stay loops.
        memory: what loops hold for the way back: ``"keep"``, ``"recompute"`` or ``"sqrt"``, as `scan` says. Where
            the number of steps is not known, there are no segments: ``"sqrt"`` is ``"recompute"``.
        specs: what is declared of inputs, by name: ``{"X": "n d"}``.
        **more_specs: the same by keyword: ``X="n d"``, ``w=("d",)``, ``lam=()``, ``x=sd.spec("n", dtype="float32")``. A
            declared length may be used in the text as a number (``/ n``); an input may be declared that the text does
            not use.

    Raises:
        SymdiffError: a ParseError with a caret for text that cannot be read; an ArgumentError for a misspelt spec, and
            for an option that does nothing for what is given.

    >>> f = function("sum((X @ w - y)**2) / 2", X="n d", w="d", y="n")
    >>> f.inputs
    ('X', 'w', 'y')
    """
    options = Options(name, inputs, static, exact, asserts, limits, target, loops=loops, style=style, memory=memory)
    return make_function(what, options, declared(specs, more_specs))


def make_function(what: Any, options: Options, specs: Mapping[str, Any]) -> Function:
    """`function`, with the options and what is declared as a record each."""
    what = plain(what)
    options.check()
    if isinstance(options.inputs, str):
        options = replace(options, inputs=options.inputs.replace(",", " ").split())
    _refuse_twice(options.inputs)
    if isinstance(what, Function) and not specs and options == Options():
        return what
    try:
        recipe, given = _written(what, options, specs)
    except SymdiffError as error:
        shorten(error)
        raise
    assume = tuple((name, spec.assume) for name, spec in given.items() if spec.assume)
    if assume or options.exact or options.asserts or options.printed_for:
        recipe = Declared(recipe, assume, options.exact, options.asserts, options.printed_for, options.most_steps)
    return Function(recipe, given)


def _refuse_twice(inputs: Sequence[Any] | None) -> None:
    """Raises ArgumentError if an input is named twice, also as an element of a vector of them."""
    items = [part for item in inputs or () for part in (item if isinstance(item, (tuple, list)) else (item,))]
    names = [str(item) for item in items if not (is_symbol(item) or isinstance(item, Node))]
    for name in names:
        if names.count(name) > 1:
            raise ArgumentError(f"inputs names {name!r} twice")


def _written(what: Any, options: Options, specs: Mapping[str, Any]) -> tuple[Recipe, dict[str, Spec]]:
    """The recipe of what a user hands in, and what is declared of its inputs."""
    if isinstance(what, Function):
        options.refuse("a Function, which is made already", "inputs", "static", "limits", "loops", "memory")
        given = {key: _spec(key, value) for key, value in specs.items()}
        return _renamed(what.recipe, options.name), _checked(what.recipe, {**what.specs, **given})
    if isinstance(what, np.ndarray) and what.dtype == object:
        what = what.tolist()
    if is_sympy(what) or (isinstance(what, (tuple, list, dict)) and any(map(is_sympy, _inside(what)))):
        options.refuse("an expression of SymPy", "static", "limits", "loops", "memory")
        return _of_sympy(what, options, specs)
    if isinstance(what, str):
        options.refuse("a text", "static", "loops", "memory")
        return _of_text(what, options, {key: _spec(key, value) for key, value in specs.items()})
    if isinstance(what, Graph):
        options.refuse("a graph", "static", "limits", "inputs", "loops", "memory")
        return _renamed(Symbolic(what), options.name), {}
    if is_symbol(what) or isinstance(what, (Node, tuple)) or (isinstance(what, (list, dict)) and _holds_symbols(what)):
        options.refuse("symbolic values", "static", "limits", "loops", "memory")
        for key in specs:
            raise ArgumentError(f"{key!r} is declared, but symbolic values carry their types", help='var("x", "n d")')
        from symdiff.frontends.tracing.trace import graph_of  # noqa: PLC0415 (texts need no tracing)

        return Symbolic(graph_of(what, options.inputs, options.name or "f")), {}
    if callable(what):
        options.refuse("a Python function, which has an order of its own", "inputs", "limits")
        return _of_python(what, options, specs)
    raise ArgumentError(
        f"cannot make a function of a {type(what).__name__}",
        help="pass a string, a symbolic value, or a Python function",
        code="SD308",
    )


def _holds_symbols(what: Any) -> bool:
    return any(is_symbol(part) or isinstance(part, Node) for part in _inside(what))


def _inside(what: Any) -> list[Any]:
    """What lies in containers, of any depth."""
    found: list[Any] = []
    taken_apart(what, found.append, is_sympy)
    return found


def _of_text(what: str, options: Options, given: dict[str, Spec]) -> tuple[Recipe, dict[str, Spec]]:
    order = () if options.inputs is None else tuple(options.inputs)
    shapes = tuple((key, value.shape) for key, value in given.items())
    plain = Text(what, (), options.name or "f", options.limits or DEFAULT)
    used = plain.inputs  # reads the text now, so that its errors come here
    recipe = replace(plain, declared=shapes, order=order)
    for names in (tuple(given), order):
        for key in names:
            if key in plain.other_names:
                raise no_such_input(f"there is no input {key!r}", key, used)
            check_further(key, used, names)
    return recipe, given


def _of_python(what: Callable[..., Any], options: Options, specs: Mapping[str, Any]) -> tuple[Recipe, dict[str, Spec]]:
    if any(map(is_nested, specs.values())):
        return _of_containers(what, options, specs)
    given = {key: _spec(key, value) for key, value in specs.items()}
    recipe = _renamed(_traced(what, given, options), options.name)
    return recipe, _checked(recipe, given)


def _spec(key: str, value: Any) -> Spec:
    """What is declared of the input `key`, which may be a misspelt option."""
    try:
        return spec(value)
    except SymdiffError:
        close = _looks_like(key, ALL)
        if close is None and not isinstance(value, bool):
            raise
        meant = f"did you mean {close!r}?" if close else f"the options are {', '.join(NAMES)}"
        if key in ALL:  # an option of others
            where = f"it is an option of {OF_SOME.get(key, 'what differentiates')}"
            raise ArgumentError(f"{key}= does nothing here", help=where, code="SD303") from None
        meant = ELSEWHERE.get(key, meant)
        raise ArgumentError(f"there is no option {key!r}", help=meant, code="SD303") from None


def _traced(what: Callable[..., Any], declared: Mapping[str, Spec], options: Options) -> Traced:
    static = options.static
    known = tuple(signature_of(what).parameters)
    fixed = (static,) if isinstance(static, str) else tuple(static)
    for key in fixed:
        if key not in known:
            raise no_such_input(f"static={key!r} is not an argument", key, known)
    also = tuple(key for key in optional(what) if key in declared and key not in fixed)
    if "scipy.optimize" in sys.modules:  # which it may call
        importlib.import_module("symdiff.functions.scipy_solvers")  # it reads this module
    return Traced(what, fixed, also, loops=options.loops, memory=options.memory)


def _of_containers(
    what: Callable[..., Any], options: Options, specs: Mapping[str, Any]
) -> tuple[Recipe, dict[str, Spec]]:
    """A Python function of which a dict or list of arrays is declared: one spec per array."""
    traced = _traced(what, dict.fromkeys(specs, spec()), options)
    for key in specs:
        if key not in traced.inputs:
            raise no_such_input(f"there is no input {key!r}", key, traced.inputs)
    trees = {key: nested_spec(specs.get(key, ())) for key in traced.inputs}
    layout, leaves = lay_out(trees, is_leaf=lambda value: isinstance(value, Spec))
    recipe = _renamed(replace(traced, declared=layout), options.name)
    return recipe, dict(zip(layout.names, leaves, strict=True))


def _of_sympy(what: Any, options: Options, specs: Mapping[str, Any]) -> tuple[Recipe, dict[str, Spec]]:
    from symdiff.program.from_sympy import expression, in_groups  # noqa: PLC0415 (`import symdiff` does not import SymPy)

    given = {key: _spec(key, value) for key, value in specs.items()}
    groups, order = in_groups(options.inputs)
    written = expression(what, options.name or "f", order)
    named = tuple(key for key in options.inputs or () if isinstance(key, str))
    for key in named:  # a text can be misspelt, a symbol cannot
        check_further(key, tuple(written.program.inputs), named)
    recipe: Recipe = written
    known = written.specs
    if groups:
        taken = {member for _, members in groups for member in members}
        rest = [(name, (name,)) for name in written.inputs if name not in taken]
        packed = Packed(written, (*groups, *rest))
        recipe, known = packed, {**{n: s for n, s in known.items() if n in packed.inputs}, **packed.specs}
    for key in given:
        check_further(key, recipe.inputs, tuple(given))
    further = tuple((key, None) for key in given if key not in recipe.inputs)
    return on_grids(Widened(recipe, further) if further else recipe), {**known, **given}


def _renamed(recipe: Recipe, name: str | None) -> Recipe:
    return recipe if name is None else Renamed(recipe, name)


def _checked(recipe: Recipe, specs: dict[str, Spec]) -> dict[str, Spec]:
    """What is declared, if it is of inputs."""
    for name in specs:
        if name not in recipe.inputs:
            raise no_such_input(f"there is no input {name!r}", name, recipe.inputs)
    return specs


def check_further(name: str, used: Sequence[str], beside: Sequence[str]) -> None:
    """Raises ArgumentError for a name that is more likely misspelt, or an option, than an input that does not occur.

    Args:
        name: the name, which may be one of `used`.
        used: the inputs that occur.
        beside: the names that it stands beside: what is named itself was not meant by another name.
    """
    if name in used:
        return
    check_name(name)
    if name in ELSEWHERE:
        raise ArgumentError(
            f"there is no option {name!r}, and no input of that name", help=ELSEWHERE[name], code="SD303"
        )
    others = tuple(other for other in used if other not in beside)
    if _looks_like(name, others, 0.7) or _looks_like(name, ALL):
        raise no_such_input(f"there is no input {name!r}", name, tuple(used))


def _looks_like(name: str, names: tuple[str, ...], cutoff: float = 0.6) -> str | None:
    """The one of `names` that was probably meant; x1 and x2 are two names, and no slip."""
    letters = name.strip("0123456789_")
    others = [o for o in names if o.lower() == name.lower() or o.strip("0123456789_") != letters]
    return closest(name, others, cutoff)


def no_such_input(message: str, name: Any, inputs: tuple[str, ...]) -> ArgumentError:
    """The error for a name that is no input, with the one that was probably meant, or the option."""
    close = _looks_like(str(name), (*inputs, *ALL))
    known = ", ".join(inputs) or "none"
    help = f"did you mean {close!r}?" if close else None
    if name in ALL:  # an option of others, with a value that is a shape too
        help = f"{name}= is an option of {OF_SOME.get(name, 'what differentiates')}"
    return ArgumentError(f"{message}; the inputs are {known}", help=help, code="SD301")
