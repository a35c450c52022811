"""What a loop costs: its steps times what one takes, in the lengths that it has names for."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.graph.dims import length


def decay(w, x):
    h = 0.0
    for a in x:
        h = np.tanh(w * h + a)
    return h


def newton(a):
    x = a
    while np.abs(x * x - a) > 1e-12:
        x = x - (x * x - a) / (2 * x)
    return x


def nested(w, x):
    s = w
    for a in x:
        for _ in range(10):
            s = np.sin(s) * a
    return s


def kept(f, n, *before):
    """The Function of `n` values."""
    return sd.function(f).at(*before, np.ones(n))


def test_every_step_takes_what_a_step_takes():
    for f in (decay, nested):
        costs = [kept(f, n, 0.5).cost() for n in (20, 30, 40)]
        assert costs[2].flops - costs[1].flops == costs[1].flops - costs[0].flops > 0
    assert kept(decay, 30, 0.5).cost().flops == 30 * 3  # a product, a sum, a tanh
    assert kept(nested, 30, 0.5).cost().flops == 30 * 10 * 2


@pytest.mark.parametrize("make", [sd.function, sd.value_and_grad])
@pytest.mark.parametrize("f", [decay, nested])
def test_a_length_with_a_name_is_any_length(make, f):
    symbolic = make(sd.function(f, w=(), x="n")).cost()
    for n in (20, 57):
        known = make(sd.function(f, w=(), x=str(n))).cost().at()
        assert 0 <= symbolic.at(n=n).flops - known.flops <= 2  # what the first step begins with is not multiplied,
        assert symbolic.at(n=n).bytes >= known.bytes  # nor kept, where there is a first step
    assert "n" in str(symbolic)


def test_steps_that_are_counted_have_a_name():
    cost = sd.grad(newton).at(3.0).cost()
    assert cost.names == ("steps",) and "steps" in str(cost) and "__" not in str(cost)
    assert cost.at(steps=20).flops - cost.at(steps=10).flops == cost.at(steps=30).flops - cost.at(steps=20).flops > 0


def test_the_way_back_holds_what_it_needs_and_the_way_forward_nothing():
    assert sd.function(decay, w=(), x="n").cost().bytes == 0
    assert sd.function(newton).at(3.0).cost().bytes == 0
    back = sd.value_and_grad(sd.function(decay, w=(), x="n")).cost().bytes
    assert back == 8 * length("n") * round(back.terms[0][1] / 8) and back.terms[0][1] <= 8 * 6
