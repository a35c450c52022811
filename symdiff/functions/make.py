"""`function`: what of a string, a SymPy expression, symbolic values or a Python function makes a Function."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from symdiff.errors import ArgumentError, SymdiffError
from symdiff.frontends.layout import lay_out, optional, signature_of
from symdiff.frontends.spec import Spec, is_nested, nested_spec, spec
from symdiff.frontends.sympy.detect import is_sympy
from symdiff.frontends.text.limits import DEFAULT, Limits
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.frontends.tracing.trace import check_name, graph_of
from symdiff.functions.function import Function
from symdiff.graph.node import Node
from symdiff.program.recipe import Declared, Recipe, Renamed, Symbolic, Text, Traced

OPTIONS = ("wrt", "name", "limits", "inputs", "exact", "asserts", "static", "disconnected")


def function(
    what: Any,
    /,
    *,
    name: str | None = None,
    limits: Limits = DEFAULT,
    inputs: Any = None,
    exact: bool = False,
    asserts: bool = False,
    static: str | Sequence[str] = (),
    **specs: Any,
) -> Function:
    """Makes a Function.

    Args:
        what: a string (an expression, or lines of assignments), a SymPy expression, a symbolic value, a tuple of
            either, a Python function that uses NumPy, or a Function.
        name: what it is called in generated code.
        limits: bounds on the text of a string.
        inputs: the order of the arguments, for strings and symbolic values; what is left out follows in order of first
            appearance (in a SymPy expression, which has no such order, by name).
        static: arguments of a Python function whose values belong to the program (loop counts, switches): a call with
            another value compiles again. Strings, bools, None and other objects that are no numbers always do.
        exact: make only rewrites that change no bit of the result; stable forms are then not looked for.
        asserts: let the generated code test what is declared of the inputs (`spec`) and relied on.
        **specs: what is declared of inputs: ``X="n d"``, ``w=("d",)``, ``lam=()``, ``x=sd.spec("n", dtype="float32")``.
            A declared length may be used in the text as a number (``/ n``); an input may be declared that the text
            does not use.

    Raises:
        SymdiffError: a ParseError with a caret for text that cannot be read; an ArgumentError for a misspelt spec.

    >>> f = function("sum((X @ w - y)**2) / 2", X="n d", w="d", y="n")
    >>> f.inputs
    ('X', 'w', 'y')
    """
    return make_function(what, name, specs, limits, inputs, exact, static, asserts)


def make_function(
    what: Any,
    name: str | None,
    specs: Mapping[str, Any],
    limits: Limits = DEFAULT,
    inputs: Any = None,
    exact: bool = False,
    static: str | Sequence[str] = (),
    asserts: bool = False,
) -> Function:
    """`function` with the specs as a mapping, so that an input may be called ``name`` or ``limits``."""
    inputs = inputs.replace(",", " ").split() if isinstance(inputs, str) else inputs
    made = _plain_function(what, name, specs, limits, inputs, static)
    declared = Declared(made.recipe, exact=exact, asserts=asserts)
    return Function(declared, made.specs) if exact or asserts else made


def _plain_function(
    what: Any, name: str | None, specs: Mapping[str, Any], limits: Limits, inputs: Any, static: str | Sequence[str]
) -> Function:
    if callable(what) and any(map(is_nested, specs.values())):
        return _declared_containers(what, name, specs, static)
    declared = {key: _spec(key, value) for key, value in specs.items()}
    if name is not None:
        check_name(name)
    if isinstance(what, Function):
        if not specs and name is None:
            return what
        return _declared(_renamed(what.recipe, name), {**what.specs, **declared})
    if is_sympy(what) or (isinstance(what, tuple) and any(map(is_sympy, what))):
        return _of_sympy(what, name, declared, inputs)
    if isinstance(what, str):
        order = () if inputs is None else tuple(inputs)
        shapes = tuple((key, value.shape) for key, value in declared.items())
        recipe: Recipe = Text(what, shapes, name or "f", limits, order)
        used = Text(what, (), name or "f", limits).inputs  # reads the text now, so that its errors come here
        for key in declared:
            if key not in used and _looks_like(key, (*used, *OPTIONS)):  # more likely misspelt than unused
                raise no_such_input(f"there is no input {key!r}", key, used)
        for key in order:
            if key not in Text(what, shapes, name or "f", limits).inputs:
                raise no_such_input(f"there is no input {key!r}", key, used)
        return _declared(recipe, declared)
    if isinstance(what, (Symbol, Node, tuple)):
        if declared:
            raise ArgumentError("symbolic values carry their types", help='declare them in var("x", "n d")')
        return Function(Symbolic(graph_of(what, inputs, name or "f")), {})
    if callable(what):
        return _declared(_renamed(_traced(what, declared, static), name), declared)
    raise ArgumentError(
        f"cannot make a function of a {type(what).__name__}",
        help="pass a string, a symbolic value, or a Python function",
    )


def _spec(key: str, value: Any) -> Spec:
    """What is declared of the input `key`, which may be a misspelt option."""
    try:
        return spec(value)
    except SymdiffError:
        close = _looks_like(key, OPTIONS)
        if close is None and not isinstance(value, bool):
            raise
        meant = f"did you mean {close!r}?" if close else f"the options are {', '.join(OPTIONS)}"
        raise ArgumentError(f"there is no option {key!r}", help=meant) from None


def _traced(what: Callable[..., Any], declared: Mapping[str, Spec], static: str | Sequence[str]) -> Traced:
    known = tuple(signature_of(what).parameters)
    fixed = (static,) if isinstance(static, str) else tuple(static)
    for key in fixed:
        if key not in known:
            raise no_such_input(f"static={key!r} is not an argument", key, known)
    return Traced(what, fixed, tuple(key for key in optional(what) if key in declared and key not in fixed))


def _declared_containers(
    what: Callable[..., Any], name: str | None, specs: Mapping[str, Any], static: str | Sequence[str]
) -> Function:
    """A Python function of which a dict or list of arrays is declared: one spec per array."""
    traced = _traced(what, dict.fromkeys(specs, spec()), static)
    for key in specs:
        if key not in traced.inputs:
            raise no_such_input(f"there is no input {key!r}", key, traced.inputs)
    trees = {key: nested_spec(specs.get(key, ())) for key in traced.inputs}
    layout, leaves = lay_out(trees, is_leaf=lambda value: isinstance(value, Spec))
    recipe = _renamed(replace(traced, declared=layout), name)
    return _declared(recipe, dict(zip(layout.names, leaves, strict=True)))


def _of_sympy(what: Any, name: str | None, declared: dict[str, Spec], inputs: Any) -> Function:
    from symdiff.program.from_sympy import expression  # noqa: PLC0415 (`import symdiff` does not import SymPy)

    recipe = expression(what, name or "f", inputs)
    return _declared(recipe, {**recipe.specs, **declared})


def _renamed(recipe: Recipe, name: str | None) -> Recipe:
    return recipe if name is None else Renamed(recipe, name)


def _declared(recipe: Recipe, specs: dict[str, Spec]) -> Function:
    for name in specs:
        if name not in recipe.inputs:
            raise no_such_input(f"there is no input {name!r}", name, recipe.inputs)
    assume = tuple((name, spec.assume) for name, spec in specs.items() if spec.assume)
    return Function(Declared(recipe, assume) if assume else recipe, specs)


def _looks_like(name: str, names: tuple[str, ...]) -> str | None:
    """The one of `names` that was probably meant."""
    same = [other for other in names if other.lower() == name.lower()]
    return next(iter(same or difflib.get_close_matches(name, names, n=1)), None)


def no_such_input(message: str, name: Any, inputs: tuple[str, ...]) -> ArgumentError:
    """The error for a name that is no input, with the one that was probably meant, or the option."""
    close = _looks_like(str(name), (*inputs, *OPTIONS))
    known = ", ".join(inputs) or "none"
    return ArgumentError(f"{message}; the inputs are {known}", help=f"did you mean {close!r}?" if close else None)
