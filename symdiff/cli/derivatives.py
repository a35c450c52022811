"""``symdiff grad``, ``jacobian``, ``hessian``, ``jvp``, ``vjp`` and ``hvp``: source, or a file that stands alone."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

import symdiff
from symdiff.cli.commands import Result
from symdiff.cli.inputs import function_of, wrt_of
from symdiff.errors import ArgumentError
from symdiff.functions.function import Function


def run(options: argparse.Namespace, command: str | None = None) -> Result:
    """Prints the source, or saves it; the header names `command`, by default that of the options."""
    make: Callable[..., Function] = getattr(
        symdiff, "value_and_grad" if getattr(options, "value", False) else options.command
    )
    more = {"sparse": options.sparse, "format": options.returns} if hasattr(options, "sparse") else {}
    value = function_of(options)
    f = make(value, wrt_of(options, value), **more)
    path = _saved(f, options, command) if options.output is not None else None
    if options.json:
        import json  # noqa: PLC0415 (source needs none)

        return Result(f"{json.dumps(_told(f, path), indent=2)}\n")
    return Result(f.source if path is None else f"wrote {path}\n")


def _saved(f: Function, options: argparse.Namespace, command: str | None) -> str:
    if os.path.splitext(options.output)[1] not in ("", ".py", ".c"):
        raise ArgumentError(
            f"{options.output} is no name of a Python file, or of a C file", help="-o FILE.py, or -o FILE.c"
        )
    from symdiff.cli.again import command_of  # noqa: PLC0415 (of files)

    return str(f.save(options.output, force=options.force, command=command or command_of(options)))


def _told(f: Function, path: str | None) -> dict[str, object]:
    """What programs want to know of a derivative."""
    avals = f.declared_avals()
    inputs: list[dict[str, object]] = [
        {"name": name, "dtype": aval.dtype.name, "shape": [d if isinstance(d, int) else str(d) for d in aval.shape]}
        for name, aval in zip(f.inputs, avals, strict=True)
    ]
    told: dict[str, object] = {"title": f.recipe.title, "name": f.recipe.name, "inputs": inputs, "source": f.source}
    return told if path is None else {**told, "path": path}
