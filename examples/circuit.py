"""Circuits of gates, and what each gate does to the gradient that flows back through it.

The first circuit is (x + y) * z at x = -2, y = 5, z = -4; the second one contains all three kinds of gate. Both are
from the CS231n notes "Backpropagation, Intuitions", and so is what the gates do.
"""

import symdiff as sd

GATES = {  # what the gate is, and the gradients that it hands to x and y when g comes in from above
    "g * (x + y)": ("add: distributor", lambda g, x, y: (g, g)),
    "g * maximum(x, y)": ("max: router", lambda g, x, y: (g, 0.0) if x > y else (0.0, g)),
    "g * (x * y)": ("multiply: switcher", lambda g, x, y: (g * y, g * x)),
}


def main():
    circuit = sd.value_and_grad("(x + y) * z", wrt=("x", "y", "z"))
    value, gradients = circuit(-2.0, 5.0, -4.0)
    print(circuit.source)
    print(f"(x + y) * z = {value} at (-2, 5, -4); gradients {gradients}\n")
    assert value == -12
    assert gradients == (-4, -4, 3)

    print("what g = 2 from above becomes at x = 3, y = -4:")
    for text, (gate, expected) in GATES.items():
        gradients = sd.grad(text, wrt=("x", "y"))(g=2.0, x=3.0, y=-4.0)
        print(f"  {gate:20}{gradients}")
        assert gradients == expected(2.0, 3.0, -4.0)

    circuit = sd.value_and_grad("2 * (x * y + maximum(z, w))", wrt=("x", "y", "z", "w"))
    value, gradients = circuit(x=3.0, y=-4.0, z=2.0, w=-1.0)
    print(f"\n2 * (x * y + max(z, w)) = {value} at (3, -4, 2, -1); gradients {gradients}")
    assert value == -20
    assert gradients == (-8, 6, 2, 0)


if __name__ == "__main__":
    main()
