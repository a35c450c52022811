"""Optimal control by direct transcription: a pendulum is swung up with least effort.

Every state and every control is an unknown. The equations of motion are a loop over a thousand steps, written as one
would; its Jacobian is sparse, in blocks along the diagonal. The conditions of optimality are solved by Newton's method
with second derivatives (Betts, "Practical Methods for Optimal Control", 2010, chapters 2 and 4).
"""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

import symdiff as sd

STEPS, TIME = 1000, 4.0
H = TIME / STEPS


def defects(states, controls):
    """What is left of the equations of motion: angle and speed move with gravity, friction and the control."""
    out = np.zeros((STEPS, 2))
    for k in range(STEPS):
        middle = (states[k] + states[k + 1]) / 2
        slope = np.stack([middle[1], -9.81 * np.sin(middle[0]) - 0.1 * middle[1] + controls[k]])
        out[k] = states[k + 1] - states[k] - H * slope
    return out


def lagrangian(states, controls, multipliers):
    return H * np.sum(controls**2) / 2 + np.sum(multipliers * defects(states, controls))


def newton(states, controls):
    """Newton's method on the conditions of optimality; the first and the last state are given."""
    unknowns = ("states", "controls")
    jacobian = sd.jacobian(defects, unknowns, sparse=True)
    hessian = sd.hessian(lagrangian, unknowns, sparse=True)
    gradient = sd.grad(lagrangian, unknowns)
    free = np.arange(2, 2 * STEPS)  # of the states, numbered
    multipliers, residual, count = np.zeros((STEPS, 2)), np.ones(1), 0
    while np.abs(residual).max() > 1e-10 and count < 40:
        of_states, of_controls = jacobian(states, controls)
        A = sp.hstack([of_states[:, free], of_controls])
        left = defects_now(states, controls)
        is_near = np.abs(left).max() < 1e-3  # until then as if the equations were straight
        (ss, sc), (cs, cc) = hessian(states, controls, is_near * multipliers)
        W = sp.block_array([[ss[free][:, free], sc[free]], [cs[:, free], cc]])
        d_states, d_controls = gradient(states, controls, multipliers)
        residual = np.concatenate([d_states.ravel()[free], d_controls, left.ravel()])
        step = splu(sp.block_array([[W, A.T], [A, None]]).tocsc()).solve(-residual)
        of_controls, of_multipliers = step[len(free) :][:STEPS], step[len(free) + STEPS :]
        states = states + np.pad(step[: len(free)], 2).reshape(-1, 2)
        controls, multipliers = controls + of_controls, multipliers + of_multipliers.reshape(STEPS, 2)
        count += 1
    return states, controls, A, count


defects_now = sd.function(defects)


def main():
    turned = np.linspace(0.0, np.pi, STEPS + 1)
    states, controls, A, count = newton(np.stack([turned, np.full(STEPS + 1, np.pi / TIME)], axis=1), np.zeros(STEPS))
    effort = H * np.sum(controls**2)

    print(f"swing up: {states.size + controls.size} unknowns, {A.nnz} entries, {count} steps, effort {effort:.3f}")
    assert np.abs(defects_now(states, controls)).max() < 1e-10
    np.testing.assert_allclose([*states[0], *states[-1]], [0, np.pi / TIME, np.pi, np.pi / TIME])
    played = np.array(states[0])
    for k in range(STEPS):  # the controls bring it there
        ahead = played
        for _ in range(50):
            middle = (played + ahead) / 2
            ahead = played + H * np.array([middle[1], -9.81 * np.sin(middle[0]) - 0.1 * middle[1] + controls[k]])
        played = ahead
    np.testing.assert_allclose(played, states[-1], atol=1e-6)


if __name__ == "__main__":
    main()
