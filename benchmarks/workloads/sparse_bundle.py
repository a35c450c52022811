"""Bundle adjustment: the sparse Jacobian of all residuals, by rows of coordinates, and by coordinates one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

import symdiff as sd
from benchmarks.sparse import bundle
from benchmarks.workloads.case import Case

ORDER = ([0, 0, 1, 1, 2, 2], [1, 2, 0, 2, 0, 1])  # off the diagonal of a matrix of 3 by 3


def one_by_one(camera: np.ndarray, point: np.ndarray, seen: np.ndarray) -> Any:
    """The residuals of `benchmarks.sparse.bundle`, each coordinate by itself."""

    def residuals(c, p):
        w1, w2, w3, t1, t2, t3, focal, k1, k2 = c[camera].T
        x, y, z = p[point].T
        angle = np.sqrt(w1**2 + w2**2 + w3**2)
        a1, a2, a3 = w1 / angle, w2 / angle, w3 / angle
        cosine, sine = np.cos(angle), np.sin(angle)
        along = (a1 * x + a2 * y + a3 * z) * (1 - cosine)
        depth = cosine * z + sine * (a1 * y - a2 * x) + along * a3 + t3
        u = -(cosine * x + sine * (a2 * z - a3 * y) + along * a1 + t1) / depth
        v = -(cosine * y + sine * (a3 * x - a1 * z) + along * a2 + t2) / depth
        square = u**2 + v**2
        scale = focal * (1 + square * (k1 + k2 * square))
        return (np.stack([scale * u, scale * v], axis=1) - seen).ravel()

    return residuals


class Expert:
    """By the chain rule; a rotation by its vector as Gallego and Yezzi have it, "A compact formula for the derivative
    of a 3-D rotation in exponential coordinates", 2015."""

    def __init__(self, camera: np.ndarray, point: np.ndarray) -> None:
        self.camera, self.point = camera, point
        n = len(camera)
        self.indices, self.indptr = [], []
        for which, width in ((camera, 9), (point, 3)):
            columns = width * which[:, None, None] + np.arange(width) + np.zeros((2, 1), int)
            self.indices.append(columns.ravel().astype(np.int32))
            self.indptr.append((width * np.arange(2 * n + 1)).astype(np.int32))

    def _parts(self, of_cameras: np.ndarray, of_points: np.ndarray) -> tuple[Any, ...]:
        pairs = zip((of_cameras, of_points), self.indices, self.indptr, strict=True)
        return tuple((data.ravel(), indices.copy(), indptr.copy()) for data, indices, indptr in pairs)

    def by_rows(self, c: np.ndarray, p: np.ndarray) -> tuple[Any, ...]:
        c, x = c[self.camera], p[self.point]
        w = c[:, :3]
        square_angle = np.sum(w * w, axis=1)
        angle = np.sqrt(square_angle)
        axis = w / angle[:, None]
        cosine, sine = np.cos(angle), np.sin(angle)
        turn = (1 - cosine)[:, None, None] * axis[:, :, None] * axis[:, None, :]
        turn[:, range(3), range(3)] += cosine[:, None]
        s = sine[:, None] * axis
        turn[:, *ORDER] += np.stack([-s[:, 2], s[:, 1], s[:, 2], -s[:, 0], -s[:, 1], s[:, 0]], axis=1)
        placed = (turn @ x[:, :, None])[:, :, 0] + c[:, 3:6]
        q = -placed[:, :2] / placed[:, 2:]
        square = np.sum(q * q, axis=1)
        focal, k1, k2 = c[:, 6], c[:, 7], c[:, 8]
        distortion = 1 + k1 * square + k2 * square * square
        by_placed = np.empty((len(q), 2, 3))
        by_placed[:, :, :2] = (focal * (2 * k1 + 4 * k2 * square))[:, None, None] * q[:, :, None] * q[:, None, :]
        by_placed[:, range(2), range(2)] += (focal * distortion)[:, None]
        by_placed[:, :, :2] *= (-1 / placed[:, 2])[:, None, None]
        by_placed[:, :, 2] = by_placed[:, :, 0] * q[:, 0, None] + by_placed[:, :, 1] * q[:, 1, None]
        by_point = by_placed @ turn
        across = np.cross(x[:, None, :], by_point)
        turned = across @ np.swapaxes(turn, 1, 2) - across
        data = np.empty((len(q), 2, 9))
        data[:, :, :3] = (across @ w[:, :, None]) * w[:, None, :] + np.cross(turned, w[:, None, :])
        data[:, :, :3] /= square_angle[:, None, None]
        data[:, :, 3:6] = by_placed
        data[:, :, 6] = distortion[:, None] * q
        data[:, :, 7] = (focal * square)[:, None] * q
        data[:, :, 8] = (focal * square * square)[:, None] * q
        return self._parts(data, by_point)

    def one_by_one(self, c: np.ndarray, p: np.ndarray) -> tuple[Any, ...]:
        w1, w2, w3, t1, t2, t3, focal, k1, k2 = c.T[:, self.camera]
        x, y, z = p.T[:, self.point]
        square_angle = w1 * w1 + w2 * w2 + w3 * w3
        angle = np.sqrt(square_angle)
        a1, a2, a3 = w1 / angle, w2 / angle, w3 / angle
        cosine, sine = np.cos(angle), np.sin(angle)
        rest = 1 - cosine
        v1, v2, v3, s1, s2, s3 = rest * a1, rest * a2, rest * a3, sine * a1, sine * a2, sine * a3
        r11, r22, r33 = cosine + v1 * a1, cosine + v2 * a2, cosine + v3 * a3
        m12, m13, m23 = v1 * a2, v1 * a3, v2 * a3
        r12, r21, r13, r31, r23, r32 = m12 - s3, m12 + s3, m13 + s2, m13 - s2, m23 - s1, m23 + s1
        over = -1 / (r31 * x + r32 * y + r33 * z + t3)
        q = (r11 * x + r12 * y + r13 * z + t1) * over, (r21 * x + r22 * y + r23 * z + t2) * over
        square = q[0] * q[0] + q[1] * q[1]
        distortion = 1 + square * (k1 + k2 * square)
        slope = focal * (2 * k1 + 4 * k2 * square)
        along, by_k1 = focal * distortion, focal * square
        data, by_point = np.empty((len(x), 2, 9)), np.empty((len(x), 2, 3))
        for k in range(2):
            steep = slope * q[k]
            g = [steep * q[0], steep * q[1]]
            g[k] = g[k] + along
            gx, gy = g[0] * over, g[1] * over
            gz = gx * q[0] + gy * q[1]
            b1, b2, b3 = gx * r11 + gy * r21 + gz * r31, gx * r12 + gy * r22 + gz * r32, gx * r13 + gy * r23 + gz * r33
            by_point[:, k, 0], by_point[:, k, 1], by_point[:, k, 2] = b1, b2, b3
            e1, e2, e3 = y * b3 - z * b2, z * b1 - x * b3, x * b2 - y * b1
            u1, u2 = r11 * e1 + r12 * e2 + r13 * e3 - e1, r21 * e1 + r22 * e2 + r23 * e3 - e2
            u3 = r31 * e1 + r32 * e2 + r33 * e3 - e3
            dot = e1 * w1 + e2 * w2 + e3 * w3
            data[:, k, 0] = (dot * w1 + u2 * w3 - u3 * w2) / square_angle
            data[:, k, 1] = (dot * w2 + u3 * w1 - u1 * w3) / square_angle
            data[:, k, 2] = (dot * w3 + u1 * w2 - u2 * w1) / square_angle
            data[:, k, 3], data[:, k, 4], data[:, k, 5] = gx, gy, gz
            data[:, k, 6], data[:, k, 7], data[:, k, 8] = distortion * q[k], by_k1 * q[k], by_k1 * square * q[k]
        return self._parts(data, by_point)


def cases(quick: bool) -> list[Case]:
    cameras, points, count = (10, 500, 2_000) if quick else (49, 7_776, 31_843)
    rng = np.random.default_rng(0)
    residuals = bundle(rng, cameras, points, count)
    again = np.random.default_rng(0)  # the same numbers as `bundle` has drawn
    camera, point = again.integers(0, cameras, count), np.sort(again.integers(0, points, count))
    seen = again.normal(size=(count, 2))
    arguments = rng.normal(size=(cameras, 9)) / 5, rng.normal(size=(points, 3)) + np.array([0, 0, 5])
    expert, name = Expert(camera, point), f"bundle adjustment, sparse Jacobian of {2 * count:,} residuals"
    ways = (("", expert.by_rows, residuals), (", one by one", expert.one_by_one, one_by_one(camera, point, seen)))
    return [
        Case(name + way, 1.1, by_hand, sd.jacobian(f, ("c", "p"), sparse=True, format="csr_parts"), arguments)
        for way, by_hand, f in ways
    ]
