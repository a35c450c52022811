"""Symbol to symbol: the derivative is a larger graph, made of the same operations.

For z = f(f(f(w))), figure 6.10 of Goodfellow, Bengio and Courville, "Deep Learning", shows the graph of z and, beside
it, the graph to which backpropagation has added dz/dw. Here both are printed, for f = exp. With x = f(w) and y = f(x),
the chain rule gives dz/dw = f'(y) f'(x) f'(w), which is z * y * x: each exponential is computed once, and used again.
"""

import math

import symdiff as sd

CHAIN = """
x = exp(w)
y = exp(x)
z = exp(y)
"""


def main():
    before = sd.function(CHAIN, name="chain")
    after = sd.value_and_grad(before)
    print("---- before build_grad\n", before, sep="\n")
    print("\n---- after build_grad\n", after, sep="\n")
    print("\n---- as source\n", after.source, sep="\n")

    w = 0.2
    value, d_w = after(w)
    x = math.exp(w)
    y = math.exp(x)
    z = math.exp(y)
    print(f"w = {w}: z = {value:.6f}, dz/dw = {d_w:.6f}")
    assert math.isclose(value, z, rel_tol=1e-14)
    assert math.isclose(d_w, z * y * x, rel_tol=1e-14)
    for listing in (before.listing(), after.listing()):
        assert sum(" = exp(" in line.split("#")[0] for line in listing.splitlines()) == 3


if __name__ == "__main__":
    main()
