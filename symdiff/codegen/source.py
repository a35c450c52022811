"""Assembles printed functions into the text of a module."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdiff.codegen.guard import Guard
from symdiff.codegen.printed import INDENT, Printed
from symdiff.codegen.shared import Shared
from symdiff.errors import UnsupportedError

FORWARD = "# forward"  # stands where a try is around both parts
WHEN_MATH_RAISES = "except (ArithmeticError, ValueError):  # where math raises, NumPy gives inf or nan"


@dataclass(frozen=True)
class Fallback:
    """What computes where `math` raises: the same function on NumPy's floats, written when it is first needed.

    Attributes:
        name: what it is called.
        write: gives its body.
        is_apart: whether it is not in the text of the function that calls it, but beside it.
        shared: how one body computes both, if one does; nothing is written then.
    """

    name: str
    write: Callable[[], Printed]
    is_apart: bool = False
    shared: Shared | None = None


@dataclass
class Definition:
    """One function to be written: its body, and what it falls back on where `math` raises.

    Attributes:
        printed: the body.
        fallback: the same on NumPy's floats, or None.
        doc: lines of the docstring, without quotes.
        first: lines that come before the body (argument checks).
        arguments: what the function takes, if not what the body takes; `first` makes these of those.
        guard: hands over the calls that are not of floats; None for a function that takes what it is given.
    """

    printed: Printed
    fallback: Fallback | None = None
    doc: list[str] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    arguments: list[str] | None = None
    guard: Guard | None = None

    @property
    def parts(self) -> list[Printed]:
        """The bodies that are in its text."""
        fallback = self.fallback
        alone = fallback is None or fallback.is_apart or fallback.shared is not None
        return [self.printed] if alone or fallback is None else [self.printed, fallback.write()]


def definition_text(definition: Definition) -> str:
    """The function, and its fallback if it has one."""
    printed, fallback = definition.printed, definition.fallback
    arguments = printed.arguments if definition.arguments is None else definition.arguments
    guard = definition.guard
    head = f"def {printed.name}({guard.parameters(arguments) if guard else ', '.join(arguments)}):"
    first = [*_docstring(definition.doc), *(guard.test(arguments) if guard else []), *definition.first]
    if fallback is None:
        return _block(head, [*first, *printed.lines])
    if fallback.shared is not None:
        shared, names = fallback.shared, printed.arguments
        body = ["try:", f"{INDENT}return {shared.call(names)}", WHEN_MATH_RAISES, *_indent(shared.otherwise(names))]
        lines = printed.lines[printed.lines[:1] == [FORWARD] :]
        return "\n\n\n".join([_block(head, [*first, *body]), _block(shared.head(names), lines)])
    call = f"return {fallback.name}({', '.join(printed.arguments)})"
    body = ["try:", *_indent(printed.lines), WHEN_MATH_RAISES, INDENT + call]
    others = [_block(f"def {other.name}({', '.join(other.arguments)}):", other.lines) for other in definition.parts[1:]]
    return "\n\n\n".join([_block(head, [*first, *body]), *others])


def _block(head: str, body: list[str]) -> str:
    return "\n".join([head, *_indent(body)])


def _indent(lines: Iterable[str]) -> list[str]:
    return [INDENT + line if line else line for line in lines]


def _docstring(lines: list[str]) -> list[str]:
    if not lines:
        return []
    safe = [line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') for line in lines]
    if len(safe) == 1:
        return [f'"""{safe[0]}"""']
    return [f'"""{safe[0]}', *safe[1:], '"""']


def import_lines(parts: Iterable[Printed]) -> list[str]:
    """The imports that the functions need, standard library first."""
    needed: dict[str, dict[str, str]] = {}
    for printed in parts:
        for module, names in printed.imports.items():
            needed.setdefault(module, {}).update(names)
        for helper in _copied(printed):
            for module, names in _helper_imports(helper).items():
                needed.setdefault(module, {}).update(names)
    lines: list[str] = []
    for module in sorted(needed, key=lambda m: (m not in ("builtins", "math"), m)):
        if module in needed[module]:
            lines.append(f"import {module} as {needed[module][module]}")
        if pairs := sorted(pair for pair in needed[module].items() if pair[0] != module):
            lines.append(f"from {module} import {', '.join(n if n == here else f'{n} as {here}' for n, here in pairs)}")
    return spaced(lines)


def spaced(lines: list[str]) -> list[str]:
    """An empty line between the standard library and the rest."""
    standard = sum(line.startswith(("from math", "from builtins", "from pathlib")) for line in lines)
    return [*lines[:standard], "", *lines[standard:]] if 0 < standard < len(lines) else lines


def _helper_imports(helper: Callable[..., Any]) -> dict[str, dict[str, str]]:
    """What a helper uses of its own module's imports: np, and functions of math."""
    needed: dict[str, dict[str, str]] = {}
    for name in helper.__code__.co_names:
        value = helper.__globals__.get(name)
        if value is None:
            continue
        if inspect.ismodule(value):
            needed.setdefault(value.__name__, {})[value.__name__] = name
        else:
            needed.setdefault(value.__module__, {})[name] = name
    return needed


def _copied(printed: Printed) -> dict[Callable[..., Any], str]:
    """The helpers whose source is copied."""
    return {helper: here for helper, here in printed.helpers.items() if not hasattr(helper, "called")}


def functions_of(parts: Iterable[Printed]) -> dict[str, Callable[..., Any]]:
    """The functions of the user's that are called, and that no text can hold."""
    named = [pair for printed in parts for pair in printed.helpers.items()]
    return {here: helper for helper, here in named if hasattr(helper, "called")}


def helper_texts(parts: Iterable[Printed]) -> list[str]:
    """The source of every helper, once, under its private name."""
    texts: dict[str, str] = {}
    for printed in parts:
        for helper, here in _copied(printed).items():
            text = textwrap.dedent(_source_of(helper)).rstrip()
            head, _, rest = text.partition("\n")
            head = head.replace(f"def {helper.__name__}", f"def {here}", 1).split("#")[0].rstrip()
            texts[here] = f"{head}\n{rest}"
    return [texts[name] for name in sorted(texts)]


def _source_of(helper: Callable[..., Any]) -> str:
    try:
        return inspect.getsource(helper)
    except OSError:
        raise UnsupportedError(
            f"the source of {helper.__name__} is not there, and it is copied into what is printed",
            help="define it in a file, IPython, a notebook, or Python 3.13's prompt; or give spell=",
        ) from None


def constant_lines(parts: Iterable[Printed]) -> list[str]:
    """The arrays that are made once."""
    lines: dict[str, str] = {}
    for printed in parts:
        lines.update(printed.constants)
    return [f"{name} = {text}" for name, text in lines.items()]


def arrays_of(parts: Iterable[Printed]) -> dict[str, np.ndarray]:
    """The constants that are too large to be written out, by name."""
    return {name: array for printed in parts for name, array in printed.arrays.items()}


def _noted(arrays: dict[str, np.ndarray]) -> list[str]:
    return [f"# {name}: {a.dtype} array of shape {a.shape}, kept beside this text" for name, a in arrays.items()]


def _called(functions: Iterable[str]) -> list[str]:
    return [f"# {name}: a function of Python's, kept beside this text" for name in functions]


def module_text(definitions: Sequence[Definition]) -> str:
    """A runnable text: imports, constants, helpers, functions."""
    parts = [part for d in definitions for part in d.parts]
    blocks = [
        "\n".join(import_lines(parts)),
        "\n".join([*constant_lines(parts), *_noted(arrays_of(parts)), *_called(functions_of(parts))]),
    ]
    head = "\n\n".join(block for block in blocks if block)
    bodies = [*helper_texts(parts), *(definition_text(d) for d in definitions)]
    return "\n\n\n".join(block for block in [head, *bodies] if block) + "\n"
