"""What a request is about: the function, its derivative, and a point to show numbers at."""

from __future__ import annotations

import ast
import re
import runpy
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ParseError, ValueDomainError
from symdiff.frontends.spec import Spec, spec
from symdiff.functions.again import MAKERS
from symdiff.functions.function import Function
from symdiff.functions.make import make_function
from symdiff.functions.options import Options
from symdiff.functions.points import finite_point, lengths_of, points
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Length, evaluate
from symdiff.play.request import Request

SMALLEST = 3  # lengths that are names are 3, 4, …: small, and told apart
_PYTHON = re.compile(r"^(async\s+def|def|import|from|class|@)\b", re.M)


class Subject:
    """What a request is about; each part is made when it is first asked for.

    Attributes:
        request: what is asked.
        folder: where Python functions are put to be run; None if none is run.
    """

    def __init__(self, request: Request, folder: Path | None = None) -> None:
        self.request = request
        self.folder = folder
        self._made: dict[object, Function] = {}

    @cached_property
    def what(self) -> Any:
        """What is differentiated, as `function` takes it."""
        text = self.request.text.strip("\n")
        if not text.strip():
            raise ArgumentError("there is nothing to differentiate", help="type an expression: x**2 * sin(x)")
        if not _PYTHON.search(text):
            return text
        if self.folder is None:
            raise ArgumentError(
                "this is a Python function, and no code is run here",
                help="write lines of name = expression; or start the page with: symdiff play --trust",
            )
        return _defined(text, self.folder)

    @cached_property
    def _bare(self) -> Function:
        """The function before anything is declared: what inputs it has is known even where their shapes do not fit."""
        return make_function(self.what, Options(), {})

    @cached_property
    def specs(self) -> dict[str, Spec]:
        """What is declared of inputs that there are; of those that were there before, nothing is kept."""
        return {
            name: spec(**said) for name, said in self.request.declared.items() if said and name in self._bare.inputs
        }

    @cached_property
    def function(self) -> Function:
        """What is differentiated."""
        return make_function(self.what, Options(), self.specs) if self.specs else self._bare

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs, those too of a function that cannot be made with what is declared."""
        names = self._bare.inputs
        lengths = {n for s in self.specs.values() for d in s.shape if isinstance(d, Length) for n in d.names()}
        return tuple(name for name in names if name not in lengths or name in self.specs)

    @cached_property
    def avals(self) -> dict[str, Aval]:
        """The types of the inputs."""
        return {
            name: self._bare.recipe.fixed(name) or (self.specs[name].aval if name in self.specs else Aval(np.float64))
            for name in self.inputs
        }

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """The names that are differentiated by: those that are wished, else all that can be."""
        wished = tuple(name for name in self.request.wrt if name in self.inputs)
        return wished or tuple(name for name, aval in self.avals.items() if aval.inexact)

    @cached_property
    def wrt(self) -> Any:
        """The same as `grad` takes it."""
        if not self.targets:
            raise ArgumentError("there is no variable to differentiate by", help="an expression of x: x**2 * sin(x)")
        return self.targets if len(self.targets) > 1 else self.targets[0]

    @cached_property
    def derivative(self) -> Function:
        """What is shown."""
        return self.made(self.request.make, self.request.target)

    def made(self, how: str, target: str = "") -> Function:
        """A derivative of the function, with respect to the targets, printed for a target; each is made once."""
        if how not in MAKERS:
            raise ArgumentError(f"there is no derivative {how!r}", help=f"there are {', '.join(MAKERS)}")
        if (how, target) not in self._made:
            found = MAKERS[how](self.function, self.wrt)
            self._made[how, target] = found.to(target) if target else found
        return self._made[how, target]

    @cached_property
    def lengths(self) -> dict[str, int]:
        """A number for each length that is a name."""
        names = {n for aval in self.avals.values() for d in aval.shape if isinstance(d, Length) for n in d.names()}
        given = {name: n for name, n in self.request.sizes.items() if name in names}
        return lengths_of(self.function, given, SMALLEST)

    @cached_property
    def point(self) -> dict[str, np.ndarray]:
        """Numbers for all inputs: those that are given, and random ones, at which the value is finite if it can be."""
        given = {name: value for name, value in self.request.point().items() if name in self.inputs}
        try:
            return finite_point(self.function, self.lengths, given, self.request.seed)
        except ValueDomainError:
            if not given:
                raise
            return next(points(self.function, self.lengths, given, np.random.default_rng(self.request.seed)))

    def arguments(self, f: Function | None = None) -> dict[str, Any]:
        """The point as one hands it in, numbers as Python's; with the directions or weights that `f` takes."""
        found = dict(self.point)
        rng = np.random.default_rng(self.request.seed)
        for name, aval in zip(f.inputs, f.declared_avals(), strict=True) if f is not None else ():
            if name not in found:
                drawn = rng.normal(size=tuple(evaluate(d, self.lengths) for d in aval.shape))
                found[name] = np.asarray(drawn).astype(aval.dtype)
        return {name: x if x.ndim else x.item() for name, x in found.items()}


def _defined(text: str, folder: Path) -> Callable[..., Any]:
    """The last function that the source defines, which is run for it. It stays in a file, where tracing finds it."""
    try:
        names = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        message = getattr(error, "msg", None) or str(error)
        line, column = getattr(error, "lineno", None) or 1, getattr(error, "offset", None) or 1
        raise ParseError(message).at(text, line, column - 1) from None
    if not names:
        raise ParseError("no function is defined here", help="def loss(w, X, y): …")
    path = folder / f"play_{hash(text):x}.py"
    path.write_text(text, encoding="utf-8")
    found: Callable[..., Any] = runpy.run_path(str(path))[names[-1]]
    return found
