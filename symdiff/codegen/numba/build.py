"""Loads texts that Numba compiles, each as a file, for Numba keeps what it compiles beside the file that it is from.

A text is kept under its hash in ``$XDG_CACHE_HOME/symdiff`` (or ``~/.cache/symdiff``), so that it is compiled once on a
machine.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from symdiff.codegen.kept import kept
from symdiff.codegen.load import load
from symdiff.codegen.signature import Signature, as_tuples, in_places, read_signature


def load_numba(text: str, name: str, extra: Mapping[str, Any]) -> Callable[..., Any]:
    """The function `name` of a text that symdiff printed, for NumPy's arrays of its types.

    Its attribute ``dispatcher`` is what Numba makes of it, which other compiled functions may call.

    Raises:
        MissingDependencyError: if Numba is not installed.
    """
    signature = read_signature(text, name)
    key = hashlib.sha256(text.encode()).hexdigest()[:32]
    module = ModuleType(f"symdiff_numba_{key}")  # under whose name Numba finds what it has kept of it
    module.__file__ = str(kept(f"{module.__name__}.py", partial(_write, text)))
    sys.modules[module.__name__] = module
    dispatcher = load(text, name, dict(extra), module)[name]
    if _is_plain(signature):
        return dispatcher  # type: ignore[no-any-return]
    run: Any = _wrapped(signature, dispatcher)
    run.dispatcher = dispatcher
    return run  # type: ignore[no-any-return]


def _write(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")


def _is_plain(signature: Signature) -> bool:
    """Whether numbers go in and come out, and nothing else."""
    types = [*signature.inputs.values(), *signature.outputs.values()]
    return (
        all(not t.shape and t.dtype == np.float64 for t in types) and as_tuples(signature.results) == signature.results
    )


def _wrapped(signature: Signature, dispatcher: Callable[..., Any]) -> Callable[..., Any]:
    """A function of Python's that hands over arrays in C order, and returns NumPy's numbers, in containers."""
    known: dict[str, Any] = {"_call": dispatcher, "_as_c": np.ascontiguousarray}
    lines, results = [], {}
    for name, aval in signature.inputs.items():
        known[f"_{aval.dtype.name}"] = aval.dtype.type
        if aval.shape:
            lines.append(f"    {name} = _as_c({name})")
        elif aval.dtype != np.float64:
            lines.append(f"    {name} = _{aval.dtype.name}({name})")
    of_numbers = not any(aval.shape for aval in (*signature.inputs.values(), *signature.outputs.values()))
    for name, aval in signature.outputs.items():
        known[f"_{aval.dtype.name}"] = aval.dtype.type
        is_number = not aval.shape and not (of_numbers and aval.dtype == np.float64)
        results[name] = f"_{aval.dtype.name}({name})" if is_number else name
    lines.append(f"    {as_tuples(signature.results)} = _call({', '.join(signature.inputs)})")
    lines.append(f"    return {in_places(signature.results, results)}")
    head = f"def {signature.name}({', '.join(signature.inputs)}):\n"
    found: Callable[..., Any] = load(head + "\n".join(lines) + "\n", signature.name, known)[signature.name]
    return found
