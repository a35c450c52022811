"""A function that branches is followed whatever it is called by: the names in its caller need not say that it branches."""

import functools
from collections import Counter

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError
from symdiff.frontends.tracing.watching import Watched


def branching(x):
    return x**2 if x > 0 else -x


def closed_over(law):
    return lambda x: law(x)


class Model:
    def __init__(self, law):
        self.law = law

    def __call__(self, x):
        return self.law(x)

    def run(self, x):
        return self.law(x)


TABLE = {"of": branching, "all": [branching, lambda x: branching(x)]}
SPELLINGS = {
    "argument with a default": lambda x, law=branching: law(x),
    "keyword with a default": lambda x, *, law=branching: law(x),
    "attribute": Model(branching),
    "method": Model(branching).run,
    "attribute of an attribute": Model(Model(branching).run),
    "made inside": lambda x: Model(branching).run(x),
    "partial": functools.partial(lambda law, x: law(x), branching),
    "partial inside": lambda x: functools.partial(branching, x)(),
    "closure": closed_over(branching),
    "table": lambda x: TABLE["of"](x),
    "table of lists": lambda x: TABLE["all"][1](x),
    "lambda inside": lambda x: closed_over(branching)(x),
    "map": lambda x: sum(map(branching, [x])),
    "reduce": lambda x: functools.reduce(lambda a, b: b * 0 + branching(a), [x, x]),
    "vectorize": lambda x: np.vectorize(branching)(x) + 0.0,
    "piecewise": lambda x: np.piecewise(x, [np.isfinite(x)], [branching, 0.0]) + 0.0,
    "apply_along_axis": lambda x: np.apply_along_axis(lambda row: branching(row[0]), 0, np.stack([x, x])) + 0.0,
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_it_is_followed(name):
    f = SPELLINGS[name]
    g = sd.value_and_grad(f, 0)
    for x, slope in [(2.0, 4.0), (-3.0, -1.0)]:
        assert g(x) == (branching(x), slope)


def test_of_an_argument():
    g = sd.grad(lambda x, law: law(x), static="law")
    assert (g(2.0, branching), g(-2.0, branching), g(2.0, lambda x: 5 * x)) == (4.0, -1.0, 5.0)


def test_a_page_of_formulas_is_run_once():
    runs = []

    def formulas(x):
        runs.append(1)
        return np.sin(x) ** 2

    sd.grad(formulas)(1.0)
    assert len(runs) == 1


def test_what_no_source_says_is_refused():
    made = {}
    exec("def unseen(x):\n    return x if x > 0 else -x", made)
    with pytest.raises(SymdiffError, match="truth value"):
        sd.grad(lambda x: made["unseen"](x))(1.0)


def test_what_reads_and_writes_elements_and_looks_at_calls_is_not_watched(monkeypatch):
    def summed(x):
        y = np.zeros((3, 3))
        for i in range(3):
            for j in range(3):
                y[i, j] += branching(x[i]) * x[j]
        return y.sum()

    seen, see = Counter(), Watched._see
    monkeypatch.setattr(
        Watched, "_see", lambda self, frame, *event: seen.update([frame.f_code.co_name]) or see(self, frame, *event)
    )
    np.testing.assert_allclose(sd.grad(summed, loops="unroll")(np.ones(3)), 9.0)
    assert seen["branching"]
    assert not seen.keys() & {"normalize_index", "static_index", "check_is_same_twice", "indexed_shape"}
