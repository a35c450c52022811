"""Simulations step by step: ordinary and partial differential equations, bodies that attract each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.loop_programs.row import Row


def lotka_volterra(theta, z0, dt, steps, target):
    a, b, c, d = theta

    def f(z):
        x, y = z
        return np.array([a * x - b * x * y, d * x * y - c * y])

    z = z0
    for _ in range(steps):
        k1 = f(z)
        k2 = f(z + dt / 2 * k1)
        k3 = f(z + dt / 2 * k2)
        k4 = f(z + dt * k3)
        z = z + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return np.sum((z - target) ** 2)


def lotka_volterra_by_hand(theta, z0, dt, steps, target):
    a, b, c, d = theta.tolist()
    x, y = z0.tolist()
    h = dt / 2
    history = []
    for _ in range(steps):
        history.append((x, y))
        xy = x * y
        p1, q1 = a * x - b * xy, d * xy - c * y
        x2, y2 = x + h * p1, y + h * q1
        xy = x2 * y2
        p2, q2 = a * x2 - b * xy, d * xy - c * y2
        x3, y3 = x + h * p2, y + h * q2
        xy = x3 * y3
        p3, q3 = a * x3 - b * xy, d * xy - c * y3
        x4, y4 = x + dt * p3, y + dt * q3
        xy = x4 * y4
        p4, q4 = a * x4 - b * xy, d * xy - c * y4
        x, y = x + dt / 6 * (p1 + 2 * p2 + 2 * p3 + p4), y + dt / 6 * (q1 + 2 * q2 + 2 * q3 + q4)
    ex, ey = x - float(target[0]), y - float(target[1])
    gx, gy = 2 * ex, 2 * ey
    ga = gb = gc = gd = 0.0
    for x, y in reversed(history):
        xy = x * y
        x2, y2 = x + h * (a * x - b * xy), y + h * (d * xy - c * y)
        xy2 = x2 * y2
        x3, y3 = x + h * (a * x2 - b * xy2), y + h * (d * xy2 - c * y2)
        xy3 = x3 * y3
        x4, y4 = x + dt * (a * x3 - b * xy3), y + dt * (d * xy3 - c * y3)
        u, v = dt / 6 * gx, dt / 6 * gy
        p4, q4 = u, v
        rx, ry = p4 * (a - b * y4) + q4 * d * y4, q4 * (d * x4 - c) - p4 * b * x4
        gx, gy = gx + rx, gy + ry
        p3, q3 = 2 * u + dt * rx, 2 * v + dt * ry
        rx, ry = p3 * (a - b * y3) + q3 * d * y3, q3 * (d * x3 - c) - p3 * b * x3
        gx, gy = gx + rx, gy + ry
        p2, q2 = 2 * u + h * rx, 2 * v + h * ry
        rx, ry = p2 * (a - b * y2) + q2 * d * y2, q2 * (d * x2 - c) - p2 * b * x2
        gx, gy = gx + rx, gy + ry
        p1, q1 = u + h * rx, v + h * ry
        gx, gy = gx + p1 * (a - b * y) + q1 * d * y, gy + q1 * (d * x - c) - p1 * b * x
        xy4 = x4 * y4
        ga += p1 * x + p2 * x2 + p3 * x3 + p4 * x4
        gb -= p1 * xy + p2 * xy2 + p3 * xy3 + p4 * xy4
        gc -= q1 * y + q2 * y2 + q3 * y3 + q4 * y4
        gd += q1 * xy + q2 * xy2 + q3 * xy3 + q4 * xy4
    return ex * ex + ey * ey, np.array([ga, gb, gc, gd])


def predators(quick: bool) -> tuple[Any, ...]:
    steps = 100 if quick else 5_000
    return np.array([1.1, 0.4, 0.4, 0.1]), np.array([10.0, 5.0]), 0.01, steps, np.array([4.0, 2.0])


def attraction(x, m):
    d = x[None, :, :] - x[:, None, :]
    r2 = np.sum(d**2, axis=2) + 1e-2
    return np.sum((m * r2**-1.5)[:, :, None] * d, axis=1)


def attraction_back(x, m, g):
    """The cotangents of `x` and `m`, of that of the accelerations."""
    d = x[None, :, :] - x[:, None, :]
    r2 = np.einsum("ijk,ijk->ij", d, d) + 1e-2
    inv = 1 / r2
    w = inv * np.sqrt(inv)
    p = np.einsum("ik,ijk->ij", g, d)
    d_d = (m * w)[:, :, None] * g[:, None, :] - (3 * m * p * w * inv)[:, :, None] * d
    return d_d.sum(axis=0) - d_d.sum(axis=1), np.einsum("ij,ij->j", p, w)


def three_bodies(m, x0, v0, dt, steps):
    x, v = x0, v0
    for _ in range(steps):
        k1, l1 = v, attraction(x, m)
        k2, l2 = v + dt / 2 * l1, attraction(x + dt / 2 * k1, m)
        k3, l3 = v + dt / 2 * l2, attraction(x + dt / 2 * k2, m)
        k4, l4 = v + dt * l3, attraction(x + dt * k3, m)
        x = x + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        v = v + dt / 6 * (l1 + 2 * l2 + 2 * l3 + l4)
    return np.sum(x**2)


def three_bodies_by_hand(m, x0, v0, dt, steps):
    h, s = dt / 2, dt / 6
    stages = np.empty((steps, 4, *x0.shape))
    x, v = x0, v0
    for t in range(steps):
        at = stages[t]
        at[0] = x
        l1 = attraction(x, m)
        at[1] = x + h * v
        l2 = attraction(at[1], m)
        k2 = v + h * l1
        at[2] = x + h * k2
        l3 = attraction(at[2], m)
        k3 = v + h * l2
        at[3] = x + dt * k3
        l4 = attraction(at[3], m)
        x = x + s * (v + 2 * k2 + 2 * k3 + v + dt * l3)
        v = v + s * (l1 + 2 * l2 + 2 * l3 + l4)
    d_x, d_v, d_m = 2 * x, np.zeros_like(x), np.zeros_like(m)
    for t in range(steps - 1, -1, -1):
        u, w = s * d_x, s * d_v
        r4, m4 = attraction_back(stages[t, 3], m, w)
        d_k3 = 2 * u + dt * r4
        r3, m3 = attraction_back(stages[t, 2], m, 2 * w + dt * u)
        d_k2 = 2 * u + h * r3
        r2, m2 = attraction_back(stages[t, 1], m, 2 * w + h * d_k3)
        r1, m1 = attraction_back(stages[t, 0], m, w + h * d_k2)
        d_x = d_x + r1 + r2 + r3 + r4
        d_v = d_v + 2 * u + d_k2 + d_k3 + h * r2
        d_m += m1 + m2 + m3 + m4
    return np.sum(x**2), (d_m, d_x)


def bodies(quick: bool, n: int = 3, steps: int = 5_000) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    x, v = rng.standard_normal((n, 3)), 0.1 * rng.standard_normal((n, 3))
    return np.full(n, 1 / n), x, v, 1e-3, steps // 50 if quick else steps


def leapfrog(m, x0, v0, dt, steps):
    x, v = x0.copy(), v0.copy()
    a = attraction(x, m)
    for _ in range(steps):
        v += dt / 2 * a
        x += dt * v
        a = attraction(x, m)
        v += dt / 2 * a
    return np.sum(x**2)


def leapfrog_by_hand(m, x0, v0, dt, steps):
    h = dt / 2
    xs = np.empty((steps + 1, *x0.shape))
    xs[0] = x = x0.copy()
    v, a = v0.copy(), attraction(x, m)
    for t in range(steps):
        v += h * a
        x += dt * v
        xs[t + 1] = x
        a = attraction(x, m)
        v += h * a
    d_x, d_v, d_a, d_m = 2 * x, np.zeros_like(x), np.zeros_like(x), np.zeros_like(m)
    for t in range(steps, 0, -1):
        r, r_m = attraction_back(xs[t], m, d_a + h * d_v)
        d_x += r
        d_m += r_m
        d_v += dt * d_x
        d_a = h * d_v
    r, r_m = attraction_back(x0, m, d_a)
    return np.sum(x**2), (d_m + r_m, d_x + r)


def heat(k, u0, steps, target):
    u = u0.copy()
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum((u - target) ** 2)


def heat_by_hand(k, u0, steps, target):
    u = u0.copy()
    bends = np.empty((steps, len(u0) - 2))
    for t in range(steps):
        bend = bends[t]
        np.add(u[2:], u[:-2], out=bend)
        bend -= 2 * u[1:-1]
        u[1:-1] += k * bend
    e = u - target
    d, d_k = 2 * e, 0.0
    for t in range(steps - 1, -1, -1):
        d_k += d[1:-1] @ bends[t]
        g = k * d[1:-1]
        d[2:] += g
        d[1:-1] -= 2 * g
        d[:-2] += g
    return e @ e, (d_k, d)


def rod(quick: bool) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return 0.2, rng.standard_normal(1_000), 100 if quick else 2_000, rng.standard_normal(1_000)


def burgers(nu, u0, dt, dx, steps):
    u = u0
    for _ in range(steps):
        left, right = np.roll(u, 1), np.roll(u, -1)
        u = u - dt / dx * u * (u - left) + nu * dt / dx**2 * (right - 2 * u + left)
    return np.sum(u**2)


def burgers_by_hand(nu, u0, dt, dx, steps):
    p, q = dt / dx, nu * dt / dx**2
    us = np.empty((steps + 1, len(u0)))
    us[0] = u0
    for t in range(steps):
        u = us[t]
        left, right = np.roll(u, 1), np.roll(u, -1)
        us[t + 1] = u - p * u * (u - left) + q * (right - 2 * u + left)
    d, d_q = 2 * us[steps], 0.0
    for t in range(steps - 1, -1, -1):
        u = us[t]
        left, right = np.roll(u, 1), np.roll(u, -1)
        d_q += d @ (right - 2 * u + left)
        qd = q * d
        d = d - p * d * (2 * u - left) - 2 * qd + np.roll(p * d * u + qd, -1) + np.roll(qd, 1)
    return us[steps] @ us[steps], (d_q * dt / dx**2, d)


def wave(quick: bool) -> tuple[Any, ...]:
    x = np.linspace(0, 2 * np.pi, 1_000, endpoint=False)
    return 0.01, np.sin(x) + 1.5, 1e-4, float(x[1]), 100 if quick else 2_000


ROWS = {
    "RK4 of Lotka-Volterra, 5,000 steps": Row(lotka_volterra, lotka_volterra_by_hand, predators, 0, 90, 1.0, 1.2),
    "RK4 of three bodies, 5,000 steps": Row(three_bodies, three_bodies_by_hand, bodies, (0, 1), 90, 1.0, 1.2),
    "heat equation in place, 2,000 steps": Row(heat, heat_by_hand, rod, (0, 1), 40, 0.5, 1.1),
    "Burgers, 2,000 steps": Row(burgers, burgers_by_hand, wave, (0, 1), 40, 0.5, 1.1),
    "leapfrog, 50 bodies, 1,000 steps": Row(
        leapfrog, leapfrog_by_hand, lambda quick: bodies(quick, 50, 1_000), (0, 1), 60, 0.5, 1.1
    ),
}
