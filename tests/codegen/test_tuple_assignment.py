"""How nodes with parts are printed: as one tuple assignment, or as the one part that is needed."""

import numpy as np
import pytest

import symdiff as sd


def test_only_what_is_needed_is_named():
    text = "U, s, Vt = svd(A)\nsum(U) + sum(s)"
    assert "U, s, _ = np.linalg.svd(A, full_matrices=False)" in sd.function(text, A=(2, 2)).source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(eigh(A)[0])", "np.linalg.eigvalsh(A)"),
        ("sum(eigh(A)[1])", "np.linalg.eigh(A)[1]"),
        ("sum(svd(A)[1])", "np.linalg.svd(A, compute_uv=False)"),
        ("sum(svd(A)[2])", "np.linalg.svd(A, full_matrices=False)[2]"),
        ("sum(qr(A)[1])", 'np.linalg.qr(A, mode="r")'.replace('"', "'")),
        ("slogdet(A)[0]", "np.linalg.slogdet(A)[0]"),
        ("sum(modf(A)[1])", "np.trunc(A)"),
        ("sum(frexp(A)[1])", "np.frexp(A)[1]"),
    ],
)
def test_a_part_alone_is_written_as_its_row_says(text, expected):
    assert expected in sd.function(text, A=(2, 2)).source.replace('"', "'")


def test_a_part_that_is_used_twice_is_computed_once():
    source = sd.function("w = eigvalsh(A)\nsum(w * exp(w))", A="n n").source
    assert source.count("np.linalg") == 1 and "w = np.linalg.eigvalsh(A)" in source


def test_values_in_the_forward_part_and_vectors_in_the_derivative_are_one_call():
    source = sd.value_and_grad("sum(exp(eigvalsh(A)))", A="n n").source
    assert source.count(" = np.linalg") == 1
    assert source.index("np.linalg.eigh(A)") < source.index("# backward")


def test_each_node_runs_once_whatever_it_costs():
    one = sd.function("w, V = eigh(A)\nsum(w) + V[0, 0]", A="n n").cost()
    alone = sd.function("sum(eigvalsh(A))", A="n n").cost()
    assert one.at(n=10).flops - alone.at(n=10).flops == 1
    assert one.at(n=10).bytes == 8 * (10 + 100)


def test_graphs_of_floats_stay_graphs_of_floats():
    f = sd.function("a, b = modf(x)\na + 2*b")
    assert "a, b = modf(x)" in f.source and "from math import modf" in f.source
    for x in (2.75, -0.25, np.inf, -np.inf):
        a, b = np.modf(x)
        assert f(x) == a + 2 * b
    assert np.isnan(f(np.nan))
