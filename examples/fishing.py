"""Optimal control of predators and prey by fishing: direct transcription, a thousand steps, an interior-point method.

How strongly is to be fished, between not at all and fully, so that both populations of Lotka and Volterra come to rest?
(Sager, "Numerical methods for mixed-integer optimal control problems", 2005; the least cost of the relaxed problem is
1.34408.) States and controls of all steps are unknowns. The equations are a loop as one would write it, whose Jacobian,
and the Hessian of the Lagrangian, are sparse, in blocks along the diagonal. Bounds are kept by a logarithm that fades
(Nocedal and Wright, "Numerical Optimization", 2006, chapter 19).
"""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

import symdiff as sd

STEPS, TIME = 1000, 12.0
H = TIME / STEPS


def slope(x, w):
    return np.stack([x[0] - x[0] * x[1] - 0.4 * x[0] * w, -x[1] + x[0] * x[1] - 0.2 * x[1] * w])


def defects(states, controls):
    """What is left of the equations in each step, by the implicit midpoint rule; the first state is given."""
    out = np.zeros((STEPS, 2))
    before = np.array([0.5, 0.7])
    for k in range(STEPS):
        out[k] = states[k] - before - H * slope((before + states[k]) / 2, controls[k])
        before = states[k]
    return out


def cost(states, controls):
    """How far the populations are from rest, over time; by the trapezoidal rule, but for the given first state."""
    far = np.sum((states - 1) ** 2, axis=1)
    return H * (np.sum(far[:-1]) + far[-1] / 2 + (0.5**2 + 0.3**2) / 2)


def lagrangian(states, controls, multipliers, weight):
    barrier = -weight * np.sum(np.log(controls) + np.log(1 - controls))
    return cost(states, controls) + barrier + np.sum(multipliers * defects(states, controls))


UNKNOWNS = ("states", "controls")
jacobian = sd.jacobian(defects, UNKNOWNS, sparse=True)
hessian = sd.hessian(lagrangian, UNKNOWNS, sparse=True)
gradient = sd.grad(lagrangian, UNKNOWNS)
left = sd.function(defects)


def step(states, controls, multipliers, weight):
    """The direction of Newton's method on the conditions of optimality, and how far these are from being met."""
    A = sp.hstack(jacobian(states, controls))
    W = sp.block_array(hessian(states, controls, multipliers, weight))
    unmet = np.concatenate([g.ravel() for g in gradient(states, controls, multipliers, weight)])
    rest = np.concatenate([unmet, left(states, controls).ravel()])
    shift = 1e-8 * sp.eye_array(A.shape[0])  # of the singular block, as of a penalty
    direction = splu(sp.block_array([[W, A.T], [A, -shift]]).tocsc()).solve(-rest)
    d_states, d_controls, d_multipliers = np.split(direction, [states.size, states.size + controls.size])
    return d_states.reshape(-1, 2), d_controls, d_multipliers.reshape(-1, 2), np.abs(rest).max()


def solve():
    states, controls, multipliers = np.ones((STEPS, 2)), np.full(STEPS, 0.3), np.zeros((STEPS, 2))
    weight, count = 1e-2, 0
    while count < 200:
        d_states, d_controls, d_multipliers, unmet = step(states, controls, multipliers, weight)
        if unmet < max(weight / 10, 1e-9):
            if weight < 1e-7:
                break
            weight /= 10
            continue
        nearest = np.max(np.maximum(-d_controls / controls, d_controls / (1 - controls)))  # bound: 1 is on it
        far = min(1.0, 0.995 / nearest)
        states, controls = states + far * d_states, controls + far * d_controls
        multipliers = multipliers + far * d_multipliers
        count += 1
    return states, controls, count


def main():
    states, controls, count = solve()
    entries = sum(pattern.nnz for pattern in jacobian.sparsity)
    print(f"fishing: {3 * STEPS} unknowns, {entries} entries, {count} steps, cost {cost(states, controls):.5f}")
    assert np.abs(left(states, controls)).max() < 1e-8
    assert abs(cost(states, controls) - 1.34408) < 2e-4
    assert controls.min() > 0
    assert controls.max() < 1


if __name__ == "__main__":
    main()
