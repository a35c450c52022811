"""Compiles C that symdiff printed, and calls it with NumPy's arrays.

A library is kept under the hash of its text and of how it was compiled, in ``$XDG_CACHE_HOME/symdiff`` (or
``~/.cache/symdiff``), so that a text is compiled once on a machine.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from symdiff.codegen.c.writer import MOST_STEPS
from symdiff.codegen.load import load
from symdiff.errors import MissingDependencyError, UnsupportedError
from symdiff.graph.aval import Aval, parse_aval
from symdiff.graph.dims import Length, linear

MARK = "symdiff: "
FLAGS = ("-std=c11", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared")
SIMD = ("-fopenmp-simd", "-DSYMDIFF_SIMD", "-D__FAST_MATH__")  # the last of which only headers read
NARROW = ("-mno-avx512f",)  # GCC 12 puts arrays on the stack where its AVX-512 code cannot take them
FEW_STEPS, MORE = 64, 4  # of counted loops, for which there is room at first, and what that grows by
WIDTHS = (8, 16, 32, 64)
NUMBERS: dict[str, Any] = {
    "float64": ctypes.c_double,
    "float32": ctypes.c_float,
    "bool": ctypes.c_bool,
    **{f"{sign}int{n}": getattr(ctypes, f"c_{sign}int{n}") for sign in ("", "u") for n in WIDTHS},
}
COMPILERS = ("cc", "gcc", "clang")


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
    """

    name: str
    inputs: Mapping[str, Aval]
    lengths: tuple[str, ...]
    results: str
    outputs: Mapping[str, Aval]
    room: str
    checks: bool

    def __str__(self) -> str:
        given = ", ".join(f"{name}: {aval!r}".rstrip("~") for name, aval in self.inputs.items())
        made = ", ".join(f"{name}: {aval!r}".rstrip("~") for name, aval in self.outputs.items())
        more = f"; room {self.room}" * (self.room != "0") + "; checks" * self.checks
        return f"{self.name}({given}) -> {self.results} where {made}{more}"


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
    return Signature(found[1], inputs, lengths, found[3], outputs, found[5] or "0", bool(found[6]))


def _types(text: str) -> dict[str, Aval]:
    pairs = re.findall(r"(\w+): (\w+\[[^\]]*\])", text)
    return {name: parse_aval(aval) for name, aval in pairs}


def compiled(text: str) -> Path:
    """The library of a text.

    Raises:
        MissingDependencyError: if there is no compiler.
        UnsupportedError: if the compiler refuses the text.
    """
    compiler = os.environ.get("CC") or next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise MissingDependencyError(
            "there is no C compiler, and the target 'c' needs one", help="install gcc or clang, or set CC to one"
        )
    narrow = NARROW if platform.machine() in ("x86_64", "AMD64") else ()
    command = [*compiler.split(), *FLAGS, *narrow]
    key = hashlib.sha256("\0".join([*command, *SIMD, text]).encode()).hexdigest()[:32]
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "symdiff"
    library = root / f"{key}.so"
    if library.exists():
        return library
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root) as folder:  # what another process sees is whole
        source, made = Path(folder) / "source.c", Path(folder) / "made.so"
        source.write_text(text)
        for flags, libraries in ((SIMD, ("-lmvec", "-lm")), ((), ("-lm",))):  # not all have functions of vectors
            everything = [*command, *flags, str(source), "-o", str(made), *libraries]
            done = subprocess.run(everything, check=False, capture_output=True, text=True)  # noqa: S603 (printed by us)
            if not done.returncode:
                made.replace(library)
                return library
        raise UnsupportedError(f"{compiler} does not compile the source: {done.stderr[:800]}")


def load_c(text: str, name: str) -> Callable[..., Any]:
    """The function `name` of a text that symdiff printed, for NumPy's arrays of its types."""
    signature = read_signature(text, name)
    function = getattr(ctypes.CDLL(str(compiled(text))), name)
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
    }
    return load(_wrapper(signature, extra), name, extra)[name]  # type: ignore[no-any-return]


def _wrapper(signature: Signature, extra: dict[str, Any]) -> str:
    """A function of Python's that makes room for the results, and hands over where everything lies."""
    lines, passed, found = [], [], dict[str, str]()
    for name, aval in signature.inputs.items():
        if aval.shape:
            lines.append(f"{name} = _as_c({name})")
            passed.append(f'{name}.__array_interface__["data"][0]')
        else:
            passed.append(name)
        for k, n in enumerate(aval.shape):
            line = linear(n)
            if line is not None and line[0] not in found and line[1] == 1:
                found[line[0]] = f"{name}.shape[{k}]" + (f" - {line[2]}" if line[2] else "")
    lines += [f"{name} = {found[name]}" for name in signature.lengths if name in found]
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
            results[name] = f"_{name}.value" if of_numbers else f"_np_{kind}(_{name}.value)"
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
        lines += ["if _code == 1:", '    raise IndexError("an index is out of bounds")']
    returned = re.sub(r"\b[A-Za-z_]\w*\b", lambda found: results.get(found[0], found[0]), signature.results)
    lines.append(f"return {returned}")
    body = "\n".join(f"    {line}" for line in lines)
    return f"def {signature.name}({', '.join(signature.inputs)}):\n{body}\n"
