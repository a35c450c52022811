"""Tables filled by nested loops: alignments of sequences, factorisations of matrices by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.loop_programs.row import Row


def soft_warping(x, y, gamma):
    n, m = len(x), len(y)
    D = np.full((n + 1, m + 1), 1e10)
    D[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            a, b, c = D[i - 1, j - 1], D[i - 1, j], D[i, j - 1]
            low = min(a, b, c)
            s = np.exp((low - a) / gamma) + np.exp((low - b) / gamma) + np.exp((low - c) / gamma)
            D[i, j] = (x[i - 1] - y[j - 1]) ** 2 + low - gamma * np.log(s)
    return D[n, m]


def soft_warping_by_hand(x, y, gamma):
    n, m = len(x), len(y)
    D = np.full((n + 1, m + 1), 1e10)
    D[0, 0] = 0.0
    e = x[:, None] - y
    W = np.empty((n, m, 3))
    for i in range(1, n + 1):
        above = D[i - 1].tolist()
        cost = (e[i - 1] ** 2).tolist()
        row, c = [1e10], 1e10
        weights = []
        for j in range(1, m + 1):
            a, b = above[j - 1], above[j]
            low = min(a, b, c)
            p, q, r = np.exp((low - a) / gamma), np.exp((low - b) / gamma), np.exp((low - c) / gamma)
            s = p + q + r
            c = float(cost[j - 1] + low - gamma * np.log(s))
            row.append(c)
            weights.append((p / s, q / s, r / s))
        D[i] = row
        W[i - 1] = weights
    E = np.zeros((n + 1, m + 1))
    below = [0.0] * (m + 2)
    below[m] = 1.0
    for i in range(n, 0, -1):
        here, above = below, [0.0] * (m + 2)
        weights = W[i - 1].tolist()
        for j in range(m, 0, -1):
            p, q, r = weights[j - 1]
            d = here[j]
            above[j - 1] += p * d
            above[j] += q * d
            here[j - 1] += r * d
        E[i] = here[: m + 1]
        below = above
    return D[n, m], 2 * np.sum(E[1:, 1:] * e, axis=1)


def sequences(quick: bool) -> tuple[Any, ...]:
    rng, n = np.random.default_rng(0), 20 if quick else 200
    return rng.standard_normal(n), rng.standard_normal(n), 0.5


def edit_distance(cost, gap):
    n, m = cost.shape
    D = np.zeros((n + 1, m + 1))
    for i in range(n + 1):
        D[i, 0] = i * gap
    for j in range(m + 1):
        D[0, j] = j * gap
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            D[i, j] = min(D[i - 1, j - 1] + cost[i - 1, j - 1], D[i - 1, j] + gap, D[i, j - 1] + gap)
    return D[n, m]


def edit_distance_by_hand(cost, gap):
    n, m = cost.shape
    rows = [[j * gap for j in range(m + 1)]]
    moves = []
    for i in range(1, n + 1):
        above, left = rows[-1], i * gap
        row, move = [left], []
        for j, c in enumerate(cost[i - 1].tolist(), 1):
            a, b, d = above[j - 1] + c, above[j] + gap, left + gap
            left = min(a, b, d)
            move.append(0 if left == a else 1 if left == b else 2)
            row.append(left)
        rows.append(row)
        moves.append(move)
    d_cost, d_gap, i, j = np.zeros((n, m)), 0.0, n, m
    while i and j:  # along the path: everywhere else the cotangent is zero
        move = moves[i - 1][j - 1]
        if move == 0:
            i, j = i - 1, j - 1
            d_cost[i, j] = 1.0
        elif move == 1:
            i, d_gap = i - 1, d_gap + 1
        else:
            j, d_gap = j - 1, d_gap + 1
    return rows[n][m], (d_cost, d_gap + i + j)


def costs(quick: bool) -> tuple[Any, ...]:
    rng, n = np.random.default_rng(0), 20 if quick else 200
    return rng.uniform(0, 2, (n, n)), 0.8


def cholesky(A):
    n = A.shape[0]
    L = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = A[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            if i == j:
                L[i, i] = np.sqrt(s)
            else:
                L[i, j] = s / L[j, j]
    return np.sum(np.log(np.diag(L)))


def cholesky_by_hand(A):
    n = len(A)
    rows = A.tolist()
    L = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            s = rows[i][j]
            for k in range(j):
                s -= L[i][k] * L[j][k]
            L[i][j] = np.sqrt(s).item() if i == j else s / L[j][j]
    d_A = np.zeros((n, n))
    d_L = [[1 / L[i][i] if i == j else 0.0 for j in range(n)] for i in range(n)]
    for i in range(n - 1, -1, -1):
        for j in range(i, -1, -1):
            if i == j:
                d_s = 0.5 * d_L[i][i] / L[i][i]
            else:
                d_s = d_L[i][j] / L[j][j]
                d_L[j][j] -= d_s * L[i][j]
            for k in range(j):
                d_L[i][k] -= d_s * L[j][k]
                d_L[j][k] -= d_s * L[i][k]
            d_A[i, j] = d_s
    return np.sum(np.log(np.diag(L))), d_A


def lu(A):
    U = A.copy()
    n = U.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            factor = U[i, k] / U[k, k]
            for j in range(k, n):
                U[i, j] -= factor * U[k, j]
    return np.sum(np.log(np.abs(np.diag(U))))


def lu_by_hand(A):
    U = A.tolist()
    n = len(U)
    factors = []
    for k in range(n):
        for i in range(k + 1, n):
            f = U[i][k] / U[k][k]
            factors.append((f, U[i][k:]))
            for j in range(k, n):
                U[i][j] -= f * U[k][j]
    d = [[1 / U[i][i] if i == j else 0.0 for j in range(n)] for i in range(n)]
    for k in range(n - 1, -1, -1):
        row = U[k]
        for i in range(n - 1, k, -1):
            f, before = factors.pop()
            d_f = 0.0
            for j in range(k, n):
                d_f -= d[i][j] * row[j]
                d[k][j] -= d[i][j] * f
            d[i][k] += d_f / row[k]
            d[k][k] -= d_f * before[0] / row[k] ** 2
    return np.sum(np.log(np.abs(np.diag(U)))), np.array(d)


def triangular_solve(L, b):
    n = len(b)
    x = np.zeros(n)
    for i in range(n):
        s = b[i]
        for j in range(i):
            s -= L[i, j] * x[j]
        x[i] = s / L[i, i]
    return np.sum(x**2)


def triangular_solve_by_hand(L, b):
    n = len(b)
    rows, x = L.tolist(), []
    for i, row in enumerate(rows):
        s = float(b[i])
        for j in range(i):
            s -= row[j] * x[j]
        x.append(s / row[i])
    d = [2 * x_i for x_i in x]
    d_L, d_b = np.zeros((n, n)), np.zeros(n)
    for i in range(n - 1, -1, -1):
        row = rows[i]
        d_s = d[i] / row[i]
        d_L[i, i] = -d_s * x[i]
        d_b[i] = d_s
        for j in range(i):
            d_L[i, j] = -d_s * x[j]
            d[j] -= d_s * row[j]
    return np.sum(np.array(x) ** 2), (d_L, d_b)


def positive(quick: bool) -> tuple[Any, ...]:
    rng, n = np.random.default_rng(0), 10 if quick else 60
    B = rng.standard_normal((n, n))
    return (B @ B.T + n * np.eye(n),)


def triangle(quick: bool) -> tuple[Any, ...]:
    rng, n = np.random.default_rng(0), 10 if quick else 60
    return np.tril(rng.standard_normal((n, n))) + 8 * np.eye(n), rng.standard_normal(n)


ROWS = {
    "softmin warping, 200 x 200": Row(soft_warping, soft_warping_by_hand, sequences, 0, 60, 0.6, 1.2),
    "edit distance, 200 x 200": Row(edit_distance, edit_distance_by_hand, costs, (0, 1), 60, 0.6, 1.2),
    "Cholesky by hand, n = 60": Row(cholesky, cholesky_by_hand, positive, 0, 60, 0.6, 1.2),
    "LU by hand, n = 60": Row(lu, lu_by_hand, positive, 0, 60, 0.6, 1.2),
    "triangular solve by hand, n = 60": Row(triangular_solve, triangular_solve_by_hand, triangle, (0, 1), 60, 0.6, 1.2),
}
