"""Compiles C that symdiff printed, and calls it with NumPy's arrays.

A library is kept under the hash of its text and of how it was compiled, in ``$XDG_CACHE_HOME/symdiff`` (or
``~/.cache/symdiff``), so that a text is compiled once on a machine.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from symdiff.codegen.kept import kept
from symdiff.codegen.load import load
from symdiff.codegen.signature import MOST_STEPS, Signature, in_places, read_signature
from symdiff.errors import MissingDependencyError, UnsupportedError
from symdiff.graph.dims import linear

FLAGS = ("-std=c11", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared")
SIMD = ("-fopenmp-simd", "-DSYMDIFF_SIMD", "-D__FAST_MATH__")  # the last of which only headers read
NARROW = ("-mno-avx512f",)  # GCC 12 puts arrays on the stack where its AVX-512 code cannot take them
QUICKLY = ("--param=lra-max-considered-reload-pseudos=20",)  # GCC's registers for thousands of numbers: half the time
LONG = 1000  # lines of a text of which that matters
FEW_STEPS, MORE = 64, 4  # of counted loops, for which there is room at first, and what that grows by
WIDTHS = (8, 16, 32, 64)
NUMBERS: dict[str, Any] = {
    "float64": ctypes.c_double,
    "float32": ctypes.c_float,
    "bool": ctypes.c_bool,
    **{f"{sign}int{n}": getattr(ctypes, f"c_{sign}int{n}") for sign in ("", "u") for n in WIDTHS},
}
COMPILERS = ("cc", "gcc", "clang")


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
    return kept(f"{key}.so", partial(_compile, text, command))


def _compile(text: str, command: list[str], made: Path) -> None:
    source = made.with_name("source.c")
    source.write_text(text)
    quickly = QUICKLY if text.count("\n") > LONG else ()
    for flags, libraries in ((SIMD + quickly, ("-lmvec", "-lm")), (SIMD, ("-lm",)), ((), ("-lm",))):  # not all have all
        everything = [*command, *flags, str(source), "-o", str(made), *libraries]
        done = subprocess.run(everything, check=False, capture_output=True, text=True)  # noqa: S603 (printed by us)
        if not done.returncode:
            return
    raise UnsupportedError(f"{command[0]} does not compile the source: {done.stderr[:800]}")


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
    lines.append(f"return {in_places(signature.results, results)}")
    body = "\n".join(f"    {line}" for line in lines)
    return f"def {signature.name}({', '.join(signature.inputs)}):\n{body}\n"
