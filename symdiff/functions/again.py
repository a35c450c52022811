"""The command that makes the file of a Function again: found by making the Function that it would make."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from symdiff.codegen.module import COMMAND, NO_COMMAND
from symdiff.errors import ArgumentError
from symdiff.frontends.spec import Spec
from symdiff.functions.function import Function
from symdiff.functions.grad import grad, value_and_grad
from symdiff.functions.jacobian import hessian, hvp, jacobian, jvp, vjp
from symdiff.functions.make import function
from symdiff.graph.aval import Aval
from symdiff.program.gradient import Derivative
from symdiff.program.recipe import Recipe, innermost, peeled
from symdiff.program.written import Text, Traced

NO_WORDS = "the command line has no words for what is declared or wished here"

MAKERS: Mapping[str, Callable[..., Function]] = {
    "grad": grad,
    "value_and_grad": value_and_grad,
    "jacobian": jacobian,
    "hessian": hessian,
    "jvp": jvp,
    "vjp": vjp,
    "hvp": hvp,
}
_WORDS = {"value_and_grad": ("grad", "--value")}


_USUAL = {"constants": "npz", "asserts": False, "target": None}


class Again(NamedTuple):
    """The command, to be typed in the folder of the file; or why there is none."""

    command: str = ""
    why_not: str = ""


def said_of(command: str) -> str:
    """The line of a header that says how the file is made again."""
    return f"{COMMAND}{command}"


def said_for(f: Function, avals: Sequence[Aval], path: Path, options: Mapping[str, Any]) -> str:
    """The line of a header that says by what command the file is made again, or why there is none.

    Args:
        f, avals, path: as for `command_for`.
        options: of `Function.save`.
    """
    free = {"constants"} if isinstance(innermost(f.recipe), Text) else set()  # a text has no arrays from outside
    unusual = [f"{name}={value!r}" for name, value in options.items() if value != _USUAL[name] and name not in free]
    made = Again(why_not=f"none says {unusual[0]}") if unusual else command_for(f, avals, path)
    return said_of(made.command) if made.command else f"{NO_COMMAND}{made.why_not}."


def command_for(f: Function, avals: Sequence[Aval], path: Path) -> Again:
    """How the command line makes the file at `path` again, which holds `f` for inputs of these types.

    >>> import symdiff as sd
    >>> f = sd.grad("sum(x**2)", x="n")
    >>> command_for(f, f.declared_avals(), Path("g.py")).command
    "symdiff grad 'sum(x**2)' --wrt x --shape x=n -o g.py"
    """
    own, base = peeled(f.recipe), innermost(f.recipe)
    if not isinstance(own, Derivative) or own.name not in MAKERS:
        return Again(why_not=f"there is none for {own.name}")
    written = _written(base, path.parent)
    if written.why_not:
        return written
    specs = {name: spec for name, spec in f.specs.items() if name in base.inputs}
    wrt: Any = own.targets[0] if len(own.targets) == 1 else tuple(own.targets)
    try:
        made = MAKERS[own.name](function(_source(base), specs=_as_declared(specs)), wrt)
    except ArgumentError:  # what is in containers is declared by them
        return Again(why_not=NO_WORDS)
    if (made.recipe, made.specs) != (f.recipe, f.specs):
        return Again(why_not=NO_WORDS)
    if made.declared_avals() != tuple(avals):
        return Again(why_not="the types are those of a call, and nothing declares them")
    command, *flags = _WORDS.get(own.name, (own.name,))
    words = ["symdiff", command, written.command, "--wrt", ",".join(own.targets), *_declaring(specs), *flags]
    return Again(shlex.join([*words, "-o", path.name]))


def _source(base: Recipe) -> Any:
    """What was handed in."""
    return base.source if isinstance(base, Text) else getattr(base, "function", None)


def _written(base: Recipe, folder: Path) -> Again:
    """How a command names what is differentiated: a text itself, a function by its file, as seen from `folder`."""
    if isinstance(base, Text):
        return Again(base.source)
    if not isinstance(base, Traced):
        return Again(why_not="it was not made of a text, or of a function in a file")
    module = sys.modules.get(getattr(base.function, "__module__", None) or "")
    name, file = getattr(base.function, "__name__", ""), getattr(module, "__file__", None) or ""
    if getattr(module, name, None) is not base.function or not file.endswith(".py"):
        return Again(why_not=f"{name} does not stand at the top of a file")
    if base.function.__module__ == "__main__":
        return Again(why_not=f"{name} stands in the script that was run")
    try:
        return Again(f"{Path(os.path.relpath(file, folder.resolve())).as_posix()}:{name}")
    except ValueError:  # on another drive
        return Again(why_not=f"{name} lies on another drive")


def _declaring(specs: Mapping[str, Spec]) -> Iterator[str]:
    """The options that declare inputs."""
    if specs:
        yield from ("--shape", *(f"{name}={','.join(map(str, spec.shape))}" for name, spec in specs.items()))
    if typed := [f"{name}={spec.dtype}" for name, spec in specs.items() if spec.dtype is not None]:
        yield from ("--dtype", *typed)


def _as_declared(specs: Mapping[str, Spec]) -> dict[str, Spec]:
    """What these options can say."""
    return {name: Spec(spec.shape, spec.dtype) for name, spec in specs.items()}
