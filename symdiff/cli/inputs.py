"""What a command is about: the expression or function, and what is declared of its inputs."""

from __future__ import annotations

import argparse
import ast
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, did_you_mean
from symdiff.frontends.spec import Spec, spec
from symdiff.functions.function import Function
from symdiff.functions.make import make_function
from symdiff.functions.options import Options

IN_FILE = r"(.+\.py):(\w+)"
BOM = "\ufeff"  # which some editors and shells begin a text with
_BY_JSON = ("shape", "dtype", "assume")


def function_of(options: argparse.Namespace, specs: Mapping[str, Spec] | None = None) -> Function:
    """The function that is meant by the expression, with the inputs as the options declare them, or as `specs` does."""
    in_file = re.fullmatch(IN_FILE, options.expression)
    if options.expression.endswith(".py") and os.path.isfile(options.expression):
        raise ArgumentError(
            f"{options.expression} is a file, and a function in it is meant",
            help=f"for instance {options.expression}:{next(_functions_of(options.expression), 'loss')}",
        )
    what = _from_file(in_file[1], in_file[2]) if in_file else _text(options)
    return make_function(
        what, Options(target=options.target, style=options.style or "readable"), specs or specs_of(options)
    )


def written_of(text: str | None) -> Any:
    """What an option means that takes FILE.py:FUNC or a formula."""
    in_file = re.fullmatch(IN_FILE, text or "")
    return _from_file(in_file[1], in_file[2]) if in_file else text


def _text(options: argparse.Namespace) -> str:
    """The text that is meant: itself, what a text file holds, or what comes in by the standard input (``-``)."""
    expression: str = options.expression
    if expression == "-":
        expression = sys.stdin.read().rstrip("\n").removeprefix(BOM)
        options.expression = expression  # it can be read once
    elif expression.endswith(".txt") and os.path.isfile(expression):
        return _read(expression)
    refuse_missing(expression)
    return expression


def refuse_missing(expression: str) -> None:
    """Raises ArgumentError for what is no expression, but the name of a file that is not there."""
    if re.fullmatch(r"[^\s()*+]+\.(py|txt|json)", expression) and not os.path.isfile(expression):
        raise ArgumentError(f"there is no file {expression}")


def _read(path: str) -> str:
    with open(path, encoding="utf-8-sig") as file:  # pathlib takes longer to import than this whole command to run
        try:
            return file.read()
        except UnicodeDecodeError:
            raise ArgumentError(f"{path} is no text in UTF-8") from None


def _functions_of(path: str) -> Iterator[str]:
    """The names of the functions in a Python file, which is not run for it."""
    try:
        tree = ast.parse(_read(path))
    except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
        return
    yield from (node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def _from_file(path: str, name: str) -> Any:
    """The function `name` of a Python file, which is run for it."""
    if not os.path.isfile(path):
        raise ArgumentError(f"there is no file {path}")
    import runpy  # noqa: PLC0415 (expressions need none)

    found = runpy.run_path(path).get(name)
    if not callable(found):
        raise ArgumentError(f"{path} has no function {name!r}", help=did_you_mean(name, _functions_of(path)))
    return found


def wrt_of(options: argparse.Namespace, f: Function) -> Any:
    """The targets: a name, a tuple of names, or None.

    Raises:
        ArgumentError: for a name that `f` does not have. In Python a text may be differentiated by what does not occur
            in it, and gives zeros, since programs make such calls; who types one has misspelt it.
    """
    if options.wrt is None:
        return None
    words = options.wrt.split()
    several = "," not in options.wrt and len(words) > 1 and all(map(str.isidentifier, words))
    names = tuple(words) if several else tuple(name.strip() for name in options.wrt.split(","))
    for name in names if not re.fullmatch(IN_FILE, options.expression) else ():
        if name.isidentifier() and name not in f.inputs:
            message = f"--wrt {name}: there is no such input; the inputs are {', '.join(f.inputs)}"
            help = did_you_mean(name, f.inputs, f"--shape {name}= declares one that does not occur")
            raise ArgumentError(message, help=help, code="SD301")
    return names if len(names) > 1 else names[0]


def specs_of(options: argparse.Namespace) -> dict[str, Spec]:
    """What ``--shape`` and ``--dtype`` declare; a later word wins."""
    declared: dict[str, dict[str, Any]] = {}
    for text in (item for group in options.shape for item in group):
        if text.endswith(".json") and "=" not in text:
            for name, said in _shapes_in(text).items():
                declared.setdefault(name, {}).update(said)
        else:
            name, value = _pair("--shape", text)
            declared.setdefault(name, {})["shape"] = value
    for text in (item for group in options.dtype for item in group):
        name, value = _pair("--dtype", text)
        declared.setdefault(name, {})["dtype"] = value
    return {name: spec(**what) for name, what in declared.items()}


def _shapes_in(path: str) -> dict[str, dict[str, Any]]:
    """The inputs that a file of shapes declares, as in the example below."""
    example = 'for instance {"X": "n d", "w": ["d"], "y": {"shape": "n", "dtype": "float32"}}'
    import json  # noqa: PLC0415 (as above)

    try:
        found = json.loads(_read(path))
    except OSError as error:
        raise ArgumentError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"{path} is no JSON: {error}", help=example) from None
    if not isinstance(found, dict):
        raise ArgumentError(f"{path} holds no names with shapes", help=example)
    said = {name: value if isinstance(value, dict) else {"shape": value} for name, value in found.items()}
    for name, value in said.items():
        if not value.keys() <= set(_BY_JSON):
            known = ", ".join(_BY_JSON)
            raise ArgumentError(f"{path} says {', '.join(value)} of {name!r}", help=f"what can be said is {known}")
    return said


def _pair(flag: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise ArgumentError(f"{flag} {text!r} is not NAME=VALUE", help=f"for instance {flag} X=n,d")
    if flag == "--shape" and re.search(r"\d\s*[xX×]\s*\d|\s[xX×]\s", value):
        lengths = ",".join(re.split(r"\s*[xX×]\s*", value.strip()))
        raise ArgumentError(f"{flag} {text!r} is not NAME=DIMS", help=f"lengths stand with commas: {name}={lengths}")
    return name, value


def joined(groups: Iterable[Iterable[str]]) -> str:
    """The words of an option that may be repeated, and take several, as one."""
    return ",".join(word for group in groups for word in group)


def point_of(text: str) -> dict[str, np.ndarray]:
    """The numbers of ``x=3,y=[1,2]``."""
    found: dict[str, np.ndarray] = {}
    for part in re.split(r",\s*(?=[A-Za-z_]\w*=)", text) if text else ():
        name, _, value = part.partition("=")
        try:
            found[name.strip()] = np.array(ast.literal_eval(value.strip()), dtype=float)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            raise ArgumentError(
                f"--at {part!r} is not NAME=NUMBER", help="for instance --at x=3,y=-4 or --at w=[0.5,1]"
            ) from None
    return found


def sizes_of(text: str) -> dict[str, int]:
    """The lengths of ``n=1000,d=20``."""
    found = {}
    for part in text.replace(",", " ").split():
        name, equals, value = part.partition("=")
        if not (equals and name.isidentifier() and value.isdecimal() and len(value) < 19):
            raise ArgumentError(f"--size {part!r} is not NAME=LENGTH", help="for instance --size n=1000,d=20")
        found[name] = int(value)
    return found
