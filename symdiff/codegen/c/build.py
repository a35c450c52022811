"""Compiles C that symdiff printed.

A library is kept under the hash of its text and of how it was compiled, in ``$XDG_CACHE_HOME/symdiff`` (or
``~/.cache/symdiff``), so that a text is compiled once on a machine.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from symdiff.codegen.kept import kept
from symdiff.errors import MissingDependencyError, UnsupportedError

FLAGS = ("-std=c11", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared")
EXTENSION = ("-std=c11", "-O2", "-fPIC", "-shared")
SIMD = ("-fopenmp-simd", "-DSYMDIFF_SIMD", "-D__FAST_MATH__")  # the last of which only headers read
NARROW = ("-mno-avx512f",)  # GCC 12 puts arrays on the stack where its AVX-512 code cannot take them
# GCC's registers for thousands of numbers take half the time so; and what is printed in parts must stay in parts.
QUICKLY = ("--param=lra-max-considered-reload-pseudos=20", "-fno-inline-functions-called-once")
LONG = 1000  # lines of a text of which that matters
COMPILERS = ("cc", "gcc", "clang")


def compiled(text: str) -> Path:
    """The library of a text.

    Raises:
        MissingDependencyError: if there is no compiler.
        UnsupportedError: if the compiler refuses the text.
    """
    narrow = NARROW if platform.machine() in ("x86_64", "AMD64") else ()
    command = [*_compiler(), *FLAGS, *narrow]
    return kept(f"{_key([*command, *SIMD, text])}.so", partial(_compile, text, command))


def extension(name: str) -> Path:
    """The extension that calls compiled functions, for this Python and this NumPy.

    Raises:
        MissingDependencyError: if there is no compiler.
        UnsupportedError: if it does not compile, for instance without the headers of Python.
    """
    text = Path(__file__).with_name("caller.c").read_text(encoding="utf-8")
    include = (f"-I{sysconfig.get_paths()['include']}", f"-I{np.get_include()}")
    command = [*_compiler(), *EXTENSION, *include]
    own = [*command, sys.version, np.__version__, text]
    return kept(f"{name}_{_key(own)}.so", partial(_compile_extension, text, command))


def _compiler() -> list[str]:
    compiler = os.environ.get("CC") or next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise MissingDependencyError(
            "there is no C compiler, and the target 'c' needs one",
            help="install gcc or clang, or set CC to one",
            code="SD702",
        )
    return compiler.split()


def _key(parts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _compile_extension(text: str, command: Sequence[str], made: Path) -> None:
    source = made.with_name("caller.c")
    source.write_text(text, encoding="utf-8")
    _run([*command, str(source), "-o", str(made)])


def _run(command: Sequence[str]) -> None:
    """Runs a compiler; raises UnsupportedError with what it says if it does not compile."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 (printed by us)
    if done.returncode:
        raise UnsupportedError(f"{command[0]} does not compile the source: {done.stderr[:800]}")


def _compile(text: str, command: list[str], made: Path) -> None:
    source = made.with_name("source.c")
    source.write_text(text)
    quickly = QUICKLY if text.count("\n") > LONG else ()
    ways = ((SIMD + quickly, ("-lmvec", "-lm")), (SIMD, ("-lm",)), ((), ("-lm",)))  # not all have all
    for flags, libraries in ways:
        try:
            return _run([*command, *flags, str(source), "-o", str(made), *libraries])
        except UnsupportedError:
            if not flags:
                raise
    return None
