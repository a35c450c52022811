"""Random programs that write through views: values as NumPy's, gradients as the complex step's.

A program is text that can be read and run. Each line is a template, filled with variables that exist, and kept if NumPy
can run it after those before. NumPy alone decides what is a view, in which order elements lie, and what is written last;
at the end everything that the program has made is summed, with a weight for each element, so that no difference is lost.
"""

import linecache
import random
import warnings

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError

ARGUMENTS = {"x": (3,), "A": (2, 3), "M": (3, 3), "B": (2, 1, 3)}
LAYOUTS = (  # arguments as a program is given them
    lambda a: a,
    np.asfortranarray,
    lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    lambda a: a[::-1].copy()[::-1],
)
MAKE = """
    {a} * 1.0 | {a} + {b} | np.sin({a}) | {a}.copy() | np.copy({a}) | np.array({a}) | {a} * {b} - 0.5 | np.where(M > 0, M, 0.5) | -{a}
    np.zeros((2, 3), dtype=x.dtype) | np.zeros((2, 3), dtype=x.dtype, order="F") | np.ones(4, dtype=x.dtype) | np.full((3, 2), x[0])
    np.zeros_like({a}) | np.ones_like({a}, order="C") | np.zeros_like({a}, order="F") | np.empty_like({a}) * 0 | np.zeros((0, 3), dtype=x.dtype)
    np.zeros((2, 0), dtype=x.dtype) | np.zeros((3, 3), dtype=x.dtype) | np.arange(6.0).reshape(2, 3).astype(x.dtype)
    {a}.copy(order="F") | np.copy({a}, order="A") | np.array({a}, order="F") | {a}.copy("K") | np.outer({a}, x) | {a} @ M | M @ M.T
    {a}.T + 1 | np.stack([{a}, {a}], axis=-1) | np.concatenate([{a}, {a}]) | np.sum({a}, axis=0) | np.cumsum({a}, axis=0) | np.sum({a}, axis=-1, keepdims=True)
    {a}.flatten() | {a}.flatten("F") | {a}.astype(x.dtype) | np.take({a}, [1, 0], axis=-1) | {a}[..., [1, 0]] | {a}[[0, 0]] | np.tile({a}, 2)
    np.einsum("ij,jk->ki", {a}, M) | np.einsum("ij->ji", {a}) + 0 | np.cross(M, M, axis=0) | np.roll({a}, 1, axis=0) | np.pad({a}, 1) | np.kron({a}, [1.0, 2.0])
    np.array(x[0]) | np.array({s}, dtype=x.dtype) | np.full((), x[1]) | np.asarray(x.sum()) | np.zeros((), dtype=x.dtype) | np.array(0.5, dtype=x.dtype) | x.sum() | {a}.sum() | {a}[0, 0]
    np.triu(M) | np.diag({a}) | np.column_stack([{a}, {a}]) | np.repeat({a}, 2, axis=-1) | np.broadcast_to({a}, (2, 3)).copy() | np.eye(3, dtype=x.dtype)
    np.vstack([{a}, {a}]) | np.array([{a}, {a}]) | np.block([[M, M]]) | np.tri(3, dtype=x.dtype) | np.identity(3, dtype=x.dtype) | np.sqrt(1 + {a} * {a})
"""
VIEW = """
    {a} | {a}[:] | {a}[...] | {a}[()] | {a}[0] | {a}[-1] | {a}[1:] | {a}[:-1] | {a}[::2] | {a}[::-1] | {a}[:, 0] | {a}[:, 1:] | {a}[..., -1] | {a}[..., ::-1] | {a}[0, 1:]
    {a}[1:1] | {a}[None] | {a}[:, None] | {a}[..., None] | {a}[0, ...] | {a}[1, 0, ...] | {a}[-1:0:-1] | {a}[5:] | {a}[:, ::2] | {a}[..., 0, :]
    {a}.T | {a}.mT | {a}.transpose() | np.transpose({a}) | np.swapaxes({a}, 0, -1) | {a}.swapaxes(0, 1) | np.moveaxis({a}, 0, -1) | np.rollaxis({a}, 1)
    np.permute_dims({a}, (1, 0)) | np.matrix_transpose({a}) | np.rollaxis({a}, -1) | np.transpose({a}, (2, 0, 1)) | np.moveaxis({a}, [0, 1], [1, 0])
    {a}.reshape(-1) | {a}.reshape(3, -1) | {a}.reshape((2, -1)) | np.reshape({a}, (-1, 3)) | {a}.reshape(-1, order="F") | {a}.reshape((3, -1), order="A") | np.reshape({a}, (1, -1))
    {a}.ravel() | np.ravel({a}) | {a}.ravel("F") | {a}.ravel(order="K") | np.ravel({a}, order="A") | np.expand_dims({a}, 0) | np.expand_dims({a}, (0, -1))
    np.squeeze({a}) | {a}.squeeze() | np.squeeze({a}, axis=1) | np.atleast_1d({a}) | np.atleast_2d({a}) | np.atleast_3d({a})
    np.flip({a}) | np.flip({a}, 0) | np.fliplr({a}) | np.flipud({a}) | np.rot90({a}) | np.rot90({a}, 2) | np.rot90({a}, 3) | np.rot90({a}, 0) | np.rot90({a}, 1, (1, 0))
    np.diagonal({a}) | {a}.diagonal(1) | np.diag({a}) | np.diag({a}, -1) | np.einsum("ii->i", {a} if {a}.size else M) | np.einsum("ij->ji", {a}) | np.einsum("...->...", {a}) | np.einsum("iji->ij", {a} if {a}.size else M)
    np.diagonal({a}, offset=-1, axis1=1, axis2=0) | np.linalg.diagonal({a}) | np.broadcast_to({a}, (2, 3)) | np.broadcast_to({a}, (2, 2, 3)) | np.broadcast_arrays({a}, x)[0]
    np.broadcast_arrays(x, {a})[1] | np.split({a}, 3)[1] | np.split({a}, [1])[0] | np.array_split({a}, 2)[-1] | np.hsplit({a}, [1])[1] | np.vsplit({a}, 2)[0] | np.unstack({a})[0] | np.unstack({a}, axis=-1)[1]
    np.array_split({a}, 2, axis=-1)[0] | np.dsplit({a}, [1])[1] | np.lib.stride_tricks.sliding_window_view({a}, 2) | np.lib.stride_tricks.sliding_window_view({a}, 2, axis=0, writeable=True)
    np.lib.stride_tricks.sliding_window_view({a}, 2, axis=-1, writeable=True) | np.asarray({a}) | np.asanyarray({a}) | np.array({a}, copy=False) | np.array({a}, copy=None) | np.asarray({a}, order="F")
    np.array({a}, copy=None, order="C") | np.array({a}, copy=None, ndmin=3) | np.ascontiguousarray({a}) | np.asfortranarray({a}) | np.require({a}, requirements=["C"]) | np.require({a}, x.dtype, "F") | {a}.astype(x.dtype, copy=False)
    {a}.astype(x.dtype, order="F", copy=False) | np.astype({a}, x.dtype, copy=False) | {a}.astype(x.dtype, order="C", copy=False) | {a}.view() | np.nan_to_num({a}, copy=False)
    np.meshgrid({a}, x, copy=False)[0] | np.meshgrid(x, {a}, copy=False, sparse=True)[1] | np.meshgrid({a}, x, copy=False, indexing="ij")[0] | np.meshgrid({a}, x)[0] | [{a}, {b}][0] | {a}.flat[1:3]
"""
WRITE = """
    {a}[:] = {b} | {a}[...] = {b} | {a}[0] = {b} | {a}[-1] = {s} | {a}[1:] = {b} | {a}[::2] += {s} | {a}[::-1] = {b} | {a}[..., 0] -= {s} | {a}[:, 1] = {b} | {a}[:, ::-1] = {b}
    {a} += {s} | {a} -= {b} | {a} *= {s} | {a} *= {b} | {a} /= 2 | {a}[:] += {s} | {a}[...] *= {b} | {a}[()] = {s} | {a}[()] += {s} | {a}[0, 1] = {s} | {a}[0][1] = {s} | {a}[1:1] = {s} | {a}[5:] *= {s}
    {a}[[0, -1]] = {b} | {a}[[0, -3]] = {b} | {a}[[0, 1, 0]] = {b} | {a}[[-1, 0, 1, 2]] = x[[0, 1, 2, 0]] | {a}[[0, -2]] += {s} | {a}[[1, 1]] *= {b} | {a}[[0, 1], [0, -2]] = {b} | {a}[[0, 0], [1, -2]] += {s}
    {a}[[[0], [1]], [0, 2]] = {b} | {a}[:, [0, -1, 0]] = {b} | {a}[..., [0, -1]] *= {s} | {a}[[0, -2], 1:] = {b} | {a}[[-1, 2], ::2] += {b} | {a}[[]] = {s} | {a}[[0, 0, 0]] = x | {a}[[0, 1, -1], [0, 0, 0]] = x
    {a}[[True, False, True]] = {b} | {a}[:, [True, False, True]] *= {s} | {a}[{a}.real > 0.3] = {s} | {a}[{a}.real > {b}.real] *= {s} | {a}[np.eye(3, dtype=bool)] = {b} | {a}[np.zeros(3, bool)] = {s} | {a}[np.array(K)] += {s}
    np.copyto({a}, {b}) | np.copyto({a}, {s}, where={a}.real > 0) | np.add({a}, {b}, out={a}) | np.multiply({a}, {s}, out={a}) | np.sin({a}, out={a}) | np.add({b}, {s}, out={a}) | np.multiply({a}, {a}, out={a}, where={a}.real > 0)
    np.add.at({a}, 0, {s}) | np.add.at({a}, [0, 1, 0], {s}) | np.subtract.at({a}, [0, -1, -1], {b}) | np.multiply.at({a}, [0, -1, 0], {b}) | np.multiply.at({a}, ([0, 1, 0], [1, 1, -2]), {s}) | np.square.at({a}, [1, 0, 1]) | np.add.at({a}, (slice(None), [0, 0]), {s}) | np.put({a}, [0, -1], {s}) | np.put({a}, [0, 1, 0], {b}) | np.put({a}, [0, -3, 2], x)
    np.place({a}, np.ones({a}.shape, bool), 1 * {b}) | np.place({a}, {a}.real > 0, 0.5) | np.putmask({a}, {a}.real > 0, {s}) | np.put_along_axis({a}, np.array([[0, -1, 0]]), {b}, axis=0) | np.put_along_axis({a}, np.array([[0], [-1]]), {s}, axis=1)
    np.fill_diagonal({a}, {b}[5:]) | np.put({a}, [0, 1], {b}[5:]) | np.put({a}, [], {b}) | {a}.flat[::2] = 1 * {b}[5:] | np.putmask({a}, {a}.real > 0, {b}[5:]) | np.place({a}, np.zeros({a}.shape, bool), {b}[5:])
    np.fill_diagonal({a}, {s}) | np.fill_diagonal({a}, x, wrap=True) | np.place({a}, {a}.real > 0, [0.5, 1.5]) | np.fill_diagonal({a}, {b}) | {a}.fill({s}) | {a}.flat[0] = 1 * {s} | {a}.flat[[0, -1, 0]] = 2 * x | {a}.flat[::2] = 1 * {s} | {a}.flat[...] = 1 * {b} | {a}.flat = 1 * {s} | {a}.flat = 2 * x | {a}.flat[1] *= {s} | {a}.flat[:2] += {s}
    {a}.shape = (-1,) | {a}.shape = (3, -1) | {a}.shape = (1, *{a}.shape) | {a}.sort() | {a}.put([1, 0], {s}) | np.nan_to_num({a}, copy=False) | {a}[0], {a}[1] = {a}[1], {a}[0] | {a}[1:] = {a}[:-1] | {a}[:-1] += {a}[1:] | {a}.T[...] = {b} | {a}.T[:] *= {s}
    np.ravel({a})[0] = {s} | {a}.reshape(-1)[-1] += {s} | {a}.ravel("K")[1] = {s} | np.einsum("ii->i", {a} if {a}.size else M)[:] = x | np.transpose({a})[0] += {s} | {a}[::-1][1:] = {s} | {a}[..., None][0] = {s} | np.swapaxes({a}, 0, 1)[1] *= {s}
    np.take({a}, [0, 1], out={b}) | np.dot({a}, {b}, out={b}) | np.cumsum({a}, axis=0, out={a}) | np.clip({a}, -1, 1, out={a}) | {a}[np.argmax(x)] = {s} | np.maximum({a}, 0.1, out={a}) | np.add({a}, {s}, out={a}[...]) | np.negative({a}, {a})
"""
LOOPS = (
    "for r in {a}:\n    r[:] = r / 2",
    "for r in {a}:\n    r += {s}",
    "for k in range(len({a})):\n    {a}[k] = {a}[k - 1] * {s}",
    "for k, r in enumerate({a}.T):\n    r *= k + 1",
    "for k in range({a}.size):\n    {a}.flat[k] *= {s}",
    "for i, j in np.ndindex(*{a}.shape):\n    {a}[i, j] += i - j",
    "for r in np.split({a}, 3):\n    r -= {s}",
    "{a}, {b} = {b}, {a}",
    "{r} = {a}\n{r} += {s}",
    "{r} = {a}[1:]\n{r}[:] = {b}\n{r} *= {s}",
)
SCALARS = ("x[0]", "0.5", "x.sum()", "{b}", "{b}[0]", "A[0, 1] * x", "-1.5", "x[1] * x[2]", "{a}[0]")


def templates(text):
    return [item.strip() for line in text.strip().splitlines() for item in line.split(" | ")]


POOLS = tuple(map(templates, (MAKE, VIEW, WRITE)))
K = [True, False, True]


def drawn_line(rng, names, k):
    """A line, and the variables that it makes."""
    a, b = rng.choice(names[-6:]), rng.choice(names)
    scalar = rng.choice(SCALARS).format(a=a, b=b)
    kind = rng.choices(range(4), (25, 40, 40, 4))[0]
    r = f"v{k}"
    text = rng.choice(LOOPS if kind == 3 else POOLS[kind])
    line = text.replace("{s}", scalar).format(a=a, b=b, r=r)
    made = kind < 2 or "{r}" in text
    return (f"{r} = {line}" if kind < 2 else line), ([r] if made else [])


def function_of(lines, names):
    text = f"def f({', '.join(ARGUMENTS)}):\n" + "".join(f"    {part}\n" for line in lines for part in line.split("\n"))
    for name in names:
        text += f"    w_{name} = np.cos(1.0 + np.arange({name}.size)).reshape({name}.shape)\n"
    total = " + ".join(f"np.sum(w_{name} * {name} * {name})" for name in names)
    text += f"    return {total}\n"
    place = f"<views {abs(hash(text))}>"
    linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
    space = {"np": np, "K": K}
    exec(compile(text, place, "exec"), space)
    return text, space["f"]


def program(rng, given):
    """Lines that NumPy can run one after the other, and the variables that are arrays at the end."""
    lines, names = [f"{name} = {name} * 1.0" for name in ARGUMENTS if rng.random() < 0.5], list(ARGUMENTS)
    for k in range(rng.randint(3, 9)):
        line, made = drawn_line(rng, names, k)
        if runs([*lines, line], [*names, *made], given):
            lines, names = [*lines, line], [*names, *made]
    return lines, names


def runs(lines, names, given):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _, f = function_of(
                [*lines, *(f"assert isinstance({n}, (np.ndarray, np.generic)) and {n}.size < 60" for n in names)], names
            )
            return abs(f(*given())) < 1e6
        except (TypeError, ValueError, IndexError, AttributeError, AssertionError, OverflowError, NameError):
            return False


def arguments(rng, numbers):
    """Makes arguments, each as it lies in memory, with a step in a direction; and that direction."""
    layouts = [rng.choice(LAYOUTS) for _ in ARGUMENTS]
    points, directions = ([numbers.normal(size=shape) for shape in ARGUMENTS.values()] for _ in range(2))

    def given(step=0.0):
        return [lay(a + step * d) for lay, a, d in zip(layouts, points, directions, strict=True)]

    return given, directions


def expected(f, given):
    """Value and slope, by NumPy."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return f(*given()), f(*given(1e-30j)).imag / 1e-30


def outcome(f, given, directions):
    """Value and slope, by symdiff; or None where it says that it does not do it."""
    try:
        value, slopes = sd.value_and_grad(f, wrt=tuple(ARGUMENTS))(*given())
    except SymdiffError:
        return None
    return value, sum(np.sum(s * d) for s, d in zip(slopes, directions, strict=True))


def test_programs_that_write_through_views(budget):
    seed, programs = budget
    refused = 0
    for i in range(programs):
        rng = random.Random(f"{seed}-{i}")
        given, directions = arguments(rng, np.random.default_rng([seed, i]))
        text, f = function_of(*program(rng, given))
        found = outcome(f, given, directions)
        refused += found is None
        if found is not None:
            assert found == pytest.approx(expected(f, given), rel=1e-9, abs=1e-9), (
                f"program {i} of seed {seed}:\n{text}"
            )
    assert refused <= max(3, programs // 50), f"{refused} of {programs} programs were refused"
