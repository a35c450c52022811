"""Staged computation: a generated gradient beside the one that people write by hand.

The function f(x, y) = (x + sigmoid(y)) / (sigmoid(x) + (x + y)**2) is useless, except for practice. The hand-written
forward and backward pass follows the CS231n notes "Backpropagation, Intuitions", line by line.
"""

import inspect
import math

import symdiff as sd


def by_hand(x, y):
    # forward
    sigy = 1.0 / (1 + math.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + math.exp(-x))
    xpy = x + y
    xpysqr = xpy**2
    den = sigx + xpysqr
    invden = 1.0 / den
    f = num * invden
    # backward: f = num * invden
    dnum = invden
    dinvden = num
    # invden = 1.0 / den
    dden = (-1.0 / den**2) * dinvden
    # den = sigx + xpysqr
    dsigx = dden
    dxpysqr = dden
    # xpysqr = xpy**2
    dxpy = 2 * xpy * dxpysqr
    # xpy = x + y
    dx = dxpy
    dy = dxpy
    # sigx = 1.0 / (1 + exp(-x)): x branches, so its gradients add up
    dx += (1 - sigx) * sigx * dsigx
    # num = x + sigy
    dx += dnum
    dsigy = dnum
    # sigy = 1.0 / (1 + exp(-y))
    dy += (1 - sigy) * sigy * dsigy
    return f, (dx, dy)


def main():
    generated = sd.value_and_grad("(x + sigmoid(y)) / (sigmoid(x) + (x + y)**2)", wrt=("x", "y"))
    print("---- by hand\n", inspect.getsource(by_hand), sep="\n")
    print("---- generated\n", generated.source, sep="\n")

    f, (dx, dy) = by_hand(3.0, -4.0)
    value, (d_x, d_y) = generated(3.0, -4.0)
    print(f"by hand:    f = {f:.15f}  df/dx = {dx:.15f}  df/dy = {dy:.15f}")
    print(f"generated:  f = {value:.15f}  df/dx = {d_x:.15f}  df/dy = {d_y:.15f}")
    assert math.isclose(value, f, rel_tol=1e-12)
    assert math.isclose(d_x, dx, rel_tol=1e-12)
    assert math.isclose(d_y, dy, rel_tol=1e-12)


if __name__ == "__main__":
    main()
