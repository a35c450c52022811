"""Where the tip of a robot's arm of six joints is, and the Jacobian of that, with numbers and with arrays."""

from __future__ import annotations

import math

import numpy as np

import symdiff as sd
from benchmarks.workloads.case import Case

LINKS = (0.4, 0.35, 0.3, 0.2, 0.15, 0.1)


def tip(q):
    """Turns about z and y by turns, each followed by a link along x."""
    R, p = np.eye(3), np.zeros(3)
    for k, link in enumerate(LINKS):
        c, s = np.cos(q[k]), np.sin(q[k])
        turn = (
            np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) if k % 2 == 0 else np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
        )
        R = R @ turn
        p = p + R @ np.array([link, 0, 0])
    return p


def expert(q):
    """The geometric Jacobian: axis of each joint times what lies behind it."""
    x, y, z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
    p, places, axes = (0.0, 0.0, 0.0), [], []
    for k, (angle, link) in enumerate(zip(q.tolist(), LINKS, strict=True)):
        c, s = math.cos(angle), math.sin(angle)
        places.append(p)
        if k % 2 == 0:
            axes.append(z)
            x, y = (
                tuple(c * a + s * b for a, b in zip(x, y, strict=True)),
                tuple(c * b - s * a for a, b in zip(x, y, strict=True)),
            )
        else:
            axes.append(y)
            x, z = (
                tuple(c * a - s * b for a, b in zip(x, z, strict=True)),
                tuple(s * a + c * b for a, b in zip(x, z, strict=True)),
            )
        p = tuple(a + link * b for a, b in zip(p, x, strict=True))
    J = np.empty((3, len(LINKS)))
    for k, (a, o) in enumerate(zip(axes, places, strict=True)):
        d0, d1, d2 = p[0] - o[0], p[1] - o[1], p[2] - o[2]
        J[0, k], J[1, k], J[2, k] = a[1] * d2 - a[2] * d1, a[2] * d0 - a[0] * d2, a[0] * d1 - a[1] * d0
    return J


def cases(quick: bool) -> list[Case]:
    q = np.random.default_rng(3).uniform(-1, 1, len(LINKS))
    return [Case("arm Jacobian, 6 joints, as arrays", 1.3, expert, sd.jacobian(tip), (q,))]
