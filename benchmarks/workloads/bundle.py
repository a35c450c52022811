"""Bundle adjustment: of each observation, the Jacobian of where a point is seen by its camera and by the point."""

from __future__ import annotations

import numpy as np

import symdiff as sd
from benchmarks.workloads.case import Case


def seen(camera, point):
    """`camera`: a turn about an axis, a shift, the focal length and two numbers of distortion (ADBench's order)."""
    r = camera[:3]
    angle = np.sqrt(r @ r)
    axis = r / angle
    turned = np.cos(angle) * point + np.sin(angle) * np.cross(axis, point) + (axis @ point) * (1 - np.cos(angle)) * axis
    placed = turned + camera[3:6]
    flat = -placed[:2] / placed[2]
    square = flat @ flat
    return camera[6] * (1 + camera[7] * square + camera[8] * square**2) * flat


def crossing(v):
    """The matrices of the cross products with v."""
    x, y, z = v.T
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)


def expert(cameras, points):
    """By the chain rule, matrix by matrix; the slope of a turn by its vector as Gallego and Yezzi (2015) have it."""
    r, one = cameras[:, :3], np.eye(3)
    square = np.sum(r * r, axis=1)
    angle = np.sqrt(square)
    k = crossing(r / angle[:, None])
    turn = one + np.sin(angle)[:, None, None] * k + (1 - np.cos(angle))[:, None, None] * (k @ k)
    outer = r[:, :, None] * r[:, None, :]
    by_r = -turn @ crossing(points) @ (outer + (turn.transpose(0, 2, 1) - one) @ crossing(r)) / square[:, None, None]
    placed = np.matmul(turn, points[:, :, None])[:, :, 0] + cameras[:, 3:6]
    depth = placed[:, 2:]
    flat = -placed[:, :2] / depth
    s, (f, k1, k2) = np.sum(flat * flat, axis=1), cameras[:, 6:].T
    bulge = 1 + k1 * s + k2 * s * s
    lens = f[:, None, None] * (
        bulge[:, None, None] * np.eye(2) + 2 * (k1 + 2 * k2 * s)[:, None, None] * flat[:, :, None] * flat[:, None, :]
    )
    plane = np.concatenate([np.broadcast_to(-np.eye(2), (len(s), 2, 2)), -flat[:, :, None]], axis=2) / depth[:, :, None]
    by_place = lens @ plane
    by_rest = flat[:, :, None] * np.stack([bulge, f * s, f * s * s], axis=1)[:, None, :]
    return np.concatenate([by_place @ by_r, by_place, by_rest], axis=2), by_place @ turn


def cases(quick: bool) -> list[Case]:
    found = []
    for n in (1_000,) if quick else (1_000, 31_843):
        rng = np.random.default_rng(14)
        cameras, points = rng.normal(size=(n, 9)) * 0.1, rng.normal(size=(n, 3)) + np.array([0, 0, 5.0])
        ours = sd.vmap(sd.jacobian(seen, wrt=(0, 1)))
        name, why = f"bundle adjustment Jacobian, {n:,} observations", "guards, for an angle may be 0"
        found.append(Case(name, 1.0, expert, ours, (cameras, points), why))
    return found
