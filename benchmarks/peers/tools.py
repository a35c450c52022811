"""The tools: how each differentiates a problem. A maker imports its tool, or raises ImportError."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.peers.problems import Problem

Call = Callable[..., Any]


def symdiff(problem: Problem) -> Call:
    """This project."""
    import numpy as np

    import symdiff as sd

    make = {"value_and_grad": sd.value_and_grad, "hessian": sd.hessian, "jacobian": sd.jacobian}[problem.kind]
    return make(problem.make(np), problem.wrt if len(problem.wrt) > 1 else problem.wrt[0])


def autograd(problem: Problem) -> Call:
    """HIPS Autograd, which records each call."""
    import autograd as ag
    import autograd.numpy as anp

    f = problem.make(anp)
    if problem.kind == "value_and_grad":
        return ag.value_and_grad(f, problem.wrt if len(problem.wrt) > 1 else problem.wrt[0])
    each = [(ag.hessian if problem.kind == "hessian" else ag.jacobian)(f, k) for k in problem.wrt]
    return each[0] if len(each) == 1 else lambda *args: tuple(one(*args) for one in each)


def jax(problem: Problem) -> Call:
    """JAX on the processor, compiled, in double precision; results are waited for."""
    import jax as j

    j.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    wrt = problem.wrt if len(problem.wrt) > 1 else problem.wrt[0]
    make = {"value_and_grad": j.value_and_grad, "hessian": j.hessian, "jacobian": j.jacrev}[problem.kind]
    compiled = j.jit(make(problem.make(jnp), wrt))
    return lambda *args: j.block_until_ready(compiled(*args))


def differences(problem: Problem) -> Call:
    """Central differences of values, with NumPy alone: what one has without a tool. Not for Hessians."""
    import numpy as np

    if problem.kind == "hessian":
        raise NotImplementedError("differences of differences")
    f = problem.make(np)

    def call(*args):
        found = []
        for k in problem.wrt:
            columns = []
            for index in np.ndindex(args[k].shape):
                sides = []
                for step in (1e-6, -1e-6):
                    moved = args[k].copy()
                    moved[index] += step
                    sides.append(f(*args[:k], moved, *args[k + 1 :]))
                columns.append((sides[0] - sides[1]) / 2e-6)
            array = np.stack(columns, axis=-1)
            found.append(array.reshape(np.shape(sides[0]) + args[k].shape))
        derivative = tuple(found) if len(found) > 1 else found[0]
        return (f(*args), derivative) if problem.kind == "value_and_grad" else derivative

    return call


TOOLS: dict[str, Callable[[Problem], Call]] = {
    "symdiff": symdiff,
    "autograd": autograd,
    "jax": jax,
    "differences": differences,
}
INHERITED = ("symdiff", "differences")  # run with the Python that runs the benchmark, and not with one of their own
