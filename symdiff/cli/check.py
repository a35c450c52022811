"""``symdiff check``: derivatives against differences, or those written by hand against ours, at a point."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

import numpy as np

from symdiff.cli.commands import Result
from symdiff.cli.inputs import function_of, joined, point_of, sizes_of, specs_of, written_of, wrt_of
from symdiff.errors import ArgumentError, GradientMismatchError, UnsupportedError
from symdiff.frontends.spec import Spec
from symdiff.functions.check import DOUBT, check_grads
from symdiff.functions.function import Function
from symdiff.functions.points import finite_point, lengths_of
from symdiff.graph.walk import toposort

SMALLEST = 3  # lengths that are names are 3, 4, …: small, and told apart


def run(options: argparse.Namespace) -> Result:
    """Prints the largest error, and exits with 1 if it is too large."""
    if options.order < 1:
        raise ArgumentError(f"--order {options.order} is no order", help="1 for the gradient, 2 for the Hessian, too")
    f = function_of(options, {name: _widened(spec) for name, spec in specs_of(options).items()})
    _refuse_triangles(f)
    lengths = lengths_of(f, sizes_of(joined(options.size)), SMALLEST)
    point = finite_point(f, lengths, point_of(joined(options.at)), options.seed)
    where = ", ".join(f"{name}: {array.dtype.name}{list(array.shape) or ''}" for name, array in point.items())
    by_hand = {name: written_of(getattr(options, name)) for name in ("jac", "hess")}
    args = [point[name] for name in f.inputs]
    try:
        error = check_grads(f, args, wrt=wrt_of(options, f), order=options.order, **by_hand)
    except GradientMismatchError as wrong:
        if options.json:
            return Result(f"{json.dumps({'ok': False, 'why': wrong.message, 'at': where}, indent=2)}\n", 1)
        help = f"{wrong.help}, with --at or --seed" if wrong.help == DOUBT else wrong.help
        doubt = f"help: {help}\n" if help else ""
        return Result(f"wrong, at {where}:\n{wrong.message}\n{doubt}", 1)
    if options.json:
        return Result(f"{json.dumps({'ok': True, 'error': error, 'at': where}, indent=2)}\n")
    if given := [name for name, written in by_hand.items() if written is not None]:
        return Result(f"right: {' and '.join(given)}, element by element, at {where}\n")
    orders = "order 1" if options.order == 1 else f"orders 1 to {options.order}"
    return Result(f"right: {orders}, forward and reverse, at {where}\n")


def _widened(declared: Spec) -> Spec:
    """The same input in double precision: in single precision differences have three digits at best."""
    is_narrow = declared.dtype is not None and declared.dtype.kind in "fc"
    return replace(declared, dtype=np.result_type(declared.dtype, np.float64)) if is_narrow else declared


def _refuse_triangles(f: Function) -> None:
    """Raises UnsupportedError for what reads one triangle of an input, and takes the other one to be the same."""
    for node in toposort(f.graph.outputs):
        if node.op.symmetric and node.inputs[0] in f.graph.inputs:
            raise UnsupportedError(
                f"{node.op.name} takes its matrix to be symmetric, and a difference in one element is not",
                help="check the function of the symmetric part: write (A + A.T) / 2 for A",
            )
