"""Calls C that symdiff printed, with NumPy's arrays.

An extension of ours (``caller.c``), compiled once on a machine, hands the arguments over in less than a microsecond.
Where there are no headers of Python's to compile it with, `ctypes` does.
"""

from __future__ import annotations

import ast
import ctypes
import importlib.machinery
import importlib.util
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np

from symdiff.codegen.c.build import compiled, extension
from symdiff.codegen.c.entry import MEASURE, RUN, places, with_entries
from symdiff.codegen.load import load
from symdiff.codegen.signature import FIRST_ERROR, MOST_STEPS, Signature, as_tuples, in_places, read_signature
from symdiff.codegen.target import RaisedError
from symdiff.errors import SymdiffError

FEW_STEPS, MORE = 64, 4  # of counted loops, for which there is room at first, and what that grows by
WIDTHS = (8, 16, 32, 64)
NUMBERS: dict[str, Any] = {
    "float64": ctypes.c_double,
    "float32": ctypes.c_float,
    "bool": ctypes.c_bool,
    **{f"{sign}int{n}": getattr(ctypes, f"c_{sign}int{n}") for sign in ("", "u") for n in WIDTHS},
}
CALLER = "symdiff_caller"
FAILURES: dict[int, tuple[type[Exception], str]] = {  # what functions return that fail, but for want of room
    1: (IndexError, "an index is out of bounds"),
    3: (np.linalg.LinAlgError, "Singular matrix"),
    4: (np.linalg.LinAlgError, "Matrix is not positive definite"),
}


def load_c(text: str, name: str) -> Callable[..., Any]:
    """The function `name` of a text that symdiff printed, for NumPy's arrays of its types."""
    signature = read_signature(text, name)
    library = ctypes.CDLL(str(compiled(with_entries(text))))
    kind = caller()
    try:
        return by_extension(signature, library, kind) if kind is not None else by_ctypes(signature, library)
    except OverflowError:  # more arguments or results than it has room for
        return by_ctypes(signature, library)


@lru_cache(maxsize=1)
def caller() -> Callable[..., Callable[..., Any]] | None:
    """The class of programs that the extension calls; None where it cannot be compiled, or imported."""
    try:
        path = str(extension(CALLER))
        loader = importlib.machinery.ExtensionFileLoader(CALLER, path)
        spec = importlib.util.spec_from_file_location(CALLER, path, loader=loader)
        assert spec is not None
        module: Any = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
    except (SymdiffError, ImportError, OSError):
        return None
    return module.Program  # type: ignore[no-any-return]


def by_extension(
    signature: Signature, library: ctypes.CDLL, kind: Callable[..., Callable[..., Any]]
) -> Callable[..., Any]:
    """The function as a program of the extension's; containers other than tuples are put around its results here."""
    names = list(signature.outputs)
    flat = as_tuples(signature.results)
    program = kind(
        *(ctypes.cast(getattr(library, entry + signature.name), ctypes.c_void_p).value for entry in (RUN, MEASURE)),
        *(
            tuple((aval.dtype.num, len(aval.shape)) for aval in signature.inputs.values()),
            tuple(places(signature)),
            tuple((aval.dtype.num, len(aval.shape)) for aval in signature.outputs.values()),
        ),
        len(names),
        _layout(ast.parse(flat, mode="eval").body, names),
        not any(aval.shape for aval in (*signature.inputs.values(), *signature.outputs.values())),
        signature.room != "0",
        signature.lengths.index(MOST_STEPS) if MOST_STEPS in signature.lengths else -1,
        FEW_STEPS,
        partial(_failed, signature.errors),
        library,
    )
    if flat == signature.results:
        return program
    given = ", ".join(signature.inputs)
    lines = [
        f"def {signature.name}({given}):",
        f"    {flat} = _call({given})" if names else f"    _call({given})",
        f"    return {in_places(signature.results, {name: name for name in names})}",
    ]
    text = "\n".join(lines) + "\n"
    return load(text, signature.name, {"_call": program})[signature.name]  # type: ignore[no-any-return]


def _layout(tree: ast.expr, names: list[str]) -> Any:
    """Tuples of the places of results, from tuples of their names."""
    if isinstance(tree, ast.Name):
        return names.index(tree.id)
    assert isinstance(tree, ast.Tuple)
    return tuple(_layout(part, names) for part in tree.elts)


def _failed(errors: Sequence[str], code: int) -> None:
    """Raises what a function says by what it returns."""
    if code >= FIRST_ERROR:
        raise RaisedError(errors[code - FIRST_ERROR])
    error, text = FAILURES[code]
    raise error(text)


def by_ctypes(signature: Signature, library: ctypes.CDLL) -> Callable[..., Any]:
    """The function, called by `ctypes`, which takes some microseconds."""
    function = getattr(library, signature.name)
    function.restype = ctypes.c_int if signature.checks else None
    function.argtypes = [
        *(ctypes.c_void_p if aval.shape else NUMBERS[aval.dtype.name] for aval in signature.inputs.values()),
        *[ctypes.c_ssize_t] * len(signature.lengths),
        *[ctypes.c_void_p] * (len(signature.outputs) + (signature.room != "0")),
    ]
    extra: dict[str, Any] = {
        "_call": function,
        "_as_c": np.ascontiguousarray,
        "_empty": np.empty,
        "_byref": ctypes.byref,
        "_failed": partial(_failed, signature.errors),
    }
    return load(_wrapper(signature, extra), signature.name, extra)[signature.name]  # type: ignore[no-any-return]


def _wrapper(signature: Signature, extra: dict[str, Any]) -> str:
    """A function of Python's that makes room for the results, and hands over where everything lies."""
    lines, passed = [], []
    for name, aval in signature.inputs.items():
        if aval.shape:
            lines.append(f"{name} = _as_c({name})")
            passed.append(f'{name}.__array_interface__["data"][0]')
        else:
            passed.append(name)
    names = list(signature.inputs)
    for length, (k, axis, factor, more) in zip(signature.lengths, places(signature), strict=True):
        if k >= 0:
            lines.append(f"{length} = ({names[k]}.shape[{axis}] - {more}) // {factor}")
    results, outputs = {}, []
    of_numbers = not any(aval.shape for aval in (*signature.inputs.values(), *signature.outputs.values()))
    for name, aval in signature.outputs.items():
        kind = aval.dtype.name
        if aval.shape:
            extra[f"_{kind}"] = aval.dtype
            lengths = f"{', '.join(map(str, aval.shape))}{',' * (len(aval.shape) == 1)}"
            lines.append(f"_{name} = _empty(({lengths}), _{kind})")
            results[name] = f"_{name}"
            outputs.append(f'_{name}.__array_interface__["data"][0]')
        else:
            extra[f"_c_{kind}"], extra[f"_np_{kind}"] = NUMBERS[kind], aval.dtype.type
            lines.append(f"_{name} = _c_{kind}()")
            is_plain = of_numbers and kind != "float32"
            results[name] = f"_{name}.value" if is_plain else f"_np_{kind}(_{name}.value)"
            outputs.append(f"_byref(_{name})")
    if signature.room != "0":
        outputs.append('_work.__array_interface__["data"][0]')
    call = [f"_code = _call({', '.join([*passed, *signature.lengths, *outputs])})"]
    if signature.room != "0":
        call.insert(0, f"_work = _empty({signature.room})")
    if MOST_STEPS in signature.lengths:  # more room, as long as the loops take more steps
        extra["_most_steps"] = [FEW_STEPS]
        call.insert(0, f"{MOST_STEPS} = _most_steps[0]")
        call += ["if _code != 2:", "    break", f"_most_steps[0] = max({MORE} * {MOST_STEPS}, _most_steps[0])"]
        lines += ["while True:", *(f"    {line}" for line in call)]
    else:
        lines += call
    if signature.checks:
        lines += ["if _code:", "    _failed(_code)"]
    lines.append(f"return {in_places(signature.results, results)}")
    body = "\n".join(f"    {line}" for line in lines)
    return f"def {signature.name}({', '.join(signature.inputs)}):\n{body}\n"
