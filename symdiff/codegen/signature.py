"""What a function in a text takes and gives, as a comment in front of it, from which it can be called again."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass

from symdiff.errors import UnsupportedError
from symdiff.graph.aval import Aval, parse_aval
from symdiff.graph.dims import Length

MARK = "symdiff: "
FIRST_ERROR = 5  # what is returned for the first error that a program raises itself; then 6, 7, …
MOST_STEPS = "most_steps"  # the argument that says for how many steps of a counted loop there is room


@dataclass(frozen=True)
class Signature:
    """What a function in C takes and gives: ``f(x: f64[n], w: f64) -> (value, d_x): f64[], f64[n]; room n``.

    Attributes:
        name: of the function.
        inputs: their types by name.
        lengths: the lengths that follow the inputs.
        results: how the results are returned, as text over their names.
        outputs: their types by name.
        room: how many numbers the function needs room for, as text over the lengths.
        checks: whether it returns if a position was out of bounds.
        errors: those that it raises itself, as they are written, for each of which it returns a number.
    """

    name: str
    inputs: Mapping[str, Aval]
    lengths: tuple[str, ...]
    results: str
    outputs: Mapping[str, Aval]
    room: str
    checks: bool
    errors: tuple[str, ...] = ()

    def __str__(self) -> str:
        given = ", ".join(f"{name}: {aval!r}".rstrip("~") for name, aval in self.inputs.items())
        made = ", ".join(f"{name}: {aval!r}".rstrip("~") for name, aval in self.outputs.items())
        more = f"; room {self.room}" * (self.room != "0") + "; checks" * self.checks
        return f"{self.name}({given}) -> {self.results} where {made}{more}"

    @property
    def returned(self) -> list[str]:
        """What it returns for its errors, a sentence for each."""
        return [f"{code} is returned for {error}" for code, error in enumerate(self.errors, FIRST_ERROR)]


def read_signature(text: str, name: str) -> Signature:
    """The signature of the function `name`, as it stands in a text.

    Raises:
        UnsupportedError: if there is none.
    """
    pattern = re.escape(MARK) + rf"({re.escape(name)})\((.*?)\) -> (.*?) where (.*?)(?:; room (.*?))?(; checks)?$"
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise UnsupportedError(f"the text has no function {name!r} that symdiff has printed")
    inputs, outputs = _types(found[2]), _types(found[4])
    dims = [n for aval in inputs.values() for n in aval.shape if isinstance(n, Length)]
    counted = (MOST_STEPS,) * bool(re.search(rf"\b{MOST_STEPS}\b", found[5] or ""))
    lengths = (*dict.fromkeys(name for n in dims for name in sorted(n.names())), *counted)
    errors = re.match(r"(?:\n// \d+ is returned for .*)*", text[found.end() :])
    own = re.findall(r" is returned for (.*)", errors[0]) if errors else []
    return Signature(found[1], inputs, lengths, found[3], outputs, found[5] or "0", bool(found[6]), tuple(own))


def names_in(text: str) -> list[str]:
    """The functions in a text that symdiff has printed."""
    return re.findall(re.escape(MARK) + r"(\w+)\(.*\) -> .* where ", text)


def _types(text: str) -> dict[str, Aval]:
    pairs = re.findall(r"(\w+): (\w+\[[^\]]*\])", text)
    return {name: parse_aval(aval) for name, aval in pairs}


def in_places(results: str, values: Mapping[str, str]) -> str:
    """The containers that are returned, with these values in them.

    >>> in_places("{'a': a, 'b': (b, None)}", {"a": "x", "b": "y[0]"})
    "{'a': x, 'b': (y[0], None)}"
    """
    return ast.unparse(_in_places(ast.parse(results, mode="eval").body, values))


def _in_places(tree: ast.expr, values: Mapping[str, str]) -> ast.expr:
    match tree:
        case ast.Name(id=name):
            return ast.parse(values[name], mode="eval").body
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return type(tree)([_in_places(part, values) for part in parts])
        case ast.Dict(keys=keys, values=parts):
            return ast.Dict(keys, [_in_places(part, values) for part in parts])
    return tree


def as_tuples(results: str) -> str:
    """The same with tuples for all containers, and nothing but results in them.

    >>> as_tuples("{'a': a, 'b': [b, None]}")
    '(a, (b,))'
    """
    return ast.unparse(_as_tuples(ast.parse(results, mode="eval").body))


def _as_tuples(tree: ast.expr) -> ast.expr:
    if isinstance(tree, ast.Name):
        return tree
    parts = tree.values if isinstance(tree, ast.Dict) else tree.elts if isinstance(tree, (ast.Tuple, ast.List)) else []
    return ast.Tuple([_as_tuples(part) for part in parts if not isinstance(part, ast.Constant)])
