"""Twenty-eight programs beside their derivatives as an expert writes them: the same numbers, at no higher price."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from programs import PROGRAMS
from programs.count import REASONS, falls_short, page
from programs.program import SMALL
from programs.reference import value_and_gradient

import symdiff as sd

TABLE = Path(__file__).parent / "programs" / "README.md"


def flat(result):
    value, gradients = result
    return [value, *(gradients if isinstance(gradients, tuple) else (gradients,))]


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_numbers_are_the_experts(name):
    program = PROGRAMS[name]
    for seed in range(3):
        point = program.point(seed)
        mine, theirs = flat(program.ours()(**point)), flat(program.expert(**point))
        for a, b in zip(mine, theirs, strict=True):
            scale = max(1.0, np.max(np.abs(b)))
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10 * scale)


def test_never_dearer_than_the_expert_but_where_the_table_says_why():
    """Target: never more flops, and at most one statement more."""
    assert {name for name, program in PROGRAMS.items() if falls_short(program)} == set(REASONS)


def test_the_table_is_up_to_date(request):
    text = page(PROGRAMS)
    if request.config.getoption("--update-data"):
        TABLE.write_text(text, encoding="utf-8", newline="\n")
    assert text == TABLE.read_text(encoding="utf-8"), "run pytest --update-data, and read the difference"


# --------------------------------------------------------------------------------------------------------- magnitudes

EXTREMES = [
    (name, target, size) for name, p in PROGRAMS.items() for target, sizes in p.extreme.items() for size in sizes
]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "target", "size"), EXTREMES)
def test_extreme_inputs(name, target, size, dtype):
    """Value and gradient against a thousand digits: what is finite there is finite here, and right."""
    program = PROGRAMS[name]
    limits = np.finfo(dtype)
    point = {n: np.asarray(a, dtype) for n, a in program.point(5, SMALL).items()}
    point[target] = np.asarray(point[target] * size, dtype)
    if size < float(limits.tiny) or (dtype == "float32" and (name in ILL_CONDITIONED or (name, size) in OVERFLOWING)):
        pytest.skip("no such number in float32")
    graph = sd.function(program.function, **{n: a.shape for n, a in point.items()})
    raw = graph.recipe.build(graph.declared_avals())
    names = list(graph.inputs)
    value, gradients = value_and_gradient(raw, [point[n] for n in names], [names.index(t) for t in program.targets])
    specs = {n: sd.spec(a.shape, dtype, getattr(program.specs[n], "assume", ())) for n, a in point.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = flat(sd.value_and_grad(program.function, program.wrt, **specs)(**point))
        expert = flat(program.expert(**point))
    exact_values = [np.array(value, dtype=object), *gradients]
    for mine, theirs, exact in zip(found, expert, exact_values, strict=True):
        assert as_right_as_can_be(np.ravel(mine), np.ravel(theirs), np.ravel(exact), dtype)


def as_right_as_can_be(mine, theirs, exact, dtype):
    """Finite where the answer is; close on the scale of the array, or no further away than ten times the expert."""
    largest, tiny = float(np.finfo(dtype).max), float(np.finfo(dtype).tiny)
    rtol = 2e-3 if dtype == "float32" else 1e-8
    known = [k for k, v in enumerate(exact) if abs(v) < 0.01 * largest]
    scale = max((abs(float(exact[k])) for k in known), default=0.0)
    for k in known:
        assert np.isfinite(mine[k]), (mine[k], float(exact[k]))
        error, by_hand = (abs(float(x[k]) - float(exact[k])) for x in (mine, theirs))
        allowed = max(rtol * scale, 10 * by_hand if np.isfinite(by_hand) else 0.0) + 10 * tiny
        assert error <= allowed, (mine[k], theirs[k], float(exact[k]))
    return True


ILL_CONDITIONED = ("gaussian_process", "kalman")
OVERFLOWING = {("lennard_jones", 1e-3)}  # a force of 1e42 between two points, before it is multiplied by 1e-3
