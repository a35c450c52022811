"""A small scalar expression: the gradient of (x + sigmoid(y)) / (sigmoid(x) + (x + y)**2) at (3, -4)."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import Any

from benchmarks.runner import compare, measure, ratio

TITLE = "scalar: gradient of (x + sigmoid(y)) / (sigmoid(x) + (x + y)**2) at (3, -4)"
TEXT = "(x + sigmoid(y)) / (sigmoid(x) + (x + y)**2)"
POINT = (3.0, -4.0)
TARGET = 1.3  # a call of the Function beside a call of the generated function itself


def staged(x: float, y: float) -> tuple[float, float]:
    """The staged computation of Stanford's CS231n, which the expression is taken from."""
    sigy = 1.0 / (1 + exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + exp(-x))
    xpy = x + y
    xpysqr = xpy**2
    den = sigx + xpysqr
    invden = 1.0 / den
    dnum = invden
    dinvden = num
    dden = (-1.0 / (den**2)) * dinvden
    dsigx = dden
    dxpysqr = dden
    dxpy = (2 * xpy) * dxpysqr
    dx = dxpy
    dy = dxpy
    dx += ((1 - sigx) * sigx) * dsigx
    dx += dnum
    dsigy = dnum
    dy += ((1 - sigy) * sigy) * dsigy
    return dx, dy


def by_hand(quick: bool) -> tuple[Callable[..., Any], tuple[float, ...]]:
    return staged, POINT


def symdiff_function(quick: bool) -> tuple[Callable[..., Any], tuple[float, ...]]:
    import symdiff as sd

    return sd.grad(TEXT, wrt=("x", "y")), POINT


def symdiff_bare(quick: bool) -> tuple[Callable[..., Any], tuple[float, ...]]:
    """The generated function, without the Function around it."""
    import symdiff as sd

    scope: dict[str, Any] = {}
    exec(sd.grad(TEXT, wrt=("x", "y")).source, scope)
    return scope["grad"], POINT


def with_autograd(quick: bool) -> tuple[Callable[..., Any], tuple[float, ...]]:
    import autograd
    import autograd.numpy as anp

    def f(x, y):
        return (x + 1 / (1 + anp.exp(-y))) / (1 / (1 + anp.exp(-x)) + (x + y) ** 2)

    return autograd.grad(f, (0, 1)), POINT


def with_jax(quick: bool) -> tuple[Callable[..., Any], tuple[float, ...]]:
    import jax

    jax.config.update("jax_enable_x64", True)

    def f(x, y):
        return (x + jax.nn.sigmoid(y)) / (jax.nn.sigmoid(x) + (x + y) ** 2)

    compiled = jax.jit(jax.grad(f, (0, 1)))
    return lambda x, y: jax.block_until_ready(compiled(x, y)), POINT


TOOLS = {
    "by hand": by_hand,
    "symdiff": symdiff_function,
    "symdiff, bare": symdiff_bare,
    "autograd": with_autograd,
    "jax.jit": with_jax,
}


def report(rounds: int, quick: bool) -> str:
    results = measure("scalar", TOOLS, rounds, quick)
    text = compare("scalar", results, quick)
    function, bare = results["symdiff"], results["symdiff, bare"]
    if function.error or bare.error:
        return text
    mins, medians = ratio(function.min, bare.min), ratio(function.median, bare.median)
    return f"{text}\nFunction / bare: {mins} (mins), {medians} (medians); target: at most {TARGET}"
