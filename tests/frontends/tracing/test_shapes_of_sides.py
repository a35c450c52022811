"""Arrays that have another shape on either side of a branch: no harm, as long as nobody reads them behind it."""

import numpy as np
import pytest

import symdiff as sd

X = np.linspace(0.2, 1.4, 12).reshape(6, 2) % 0.7
ORDER = np.array([3, 1, 0, 5, 2, 4])


def cox(beta, order, event):
    """Cox' partial likelihood: who is at risk becomes fewer, and those without an event are skipped."""
    eta = X @ beta
    total = 0.0
    for rank, i in enumerate(order):
        if not event[i]:
            continue
        at_risk = order[rank:]
        total += eta[i] - np.log(np.sum(np.exp(eta[at_risk])))
    return total


def scratch(beta, order, event):
    """The same variable, of other shapes, on both sides and in the next step."""
    total = 0.0
    for k in range(1, 5):
        if event[k]:
            part = X[:k] @ beta
            total += part @ part
        else:
            part = X[k] * beta
            total -= np.sum(np.sin(part))
        part = part if k > 9 else total
        total = part * beta[0]
    return total


@pytest.mark.parametrize("program", [cox, scratch])
@pytest.mark.parametrize("event", [[1, 0, 1, 1, 0, 1], [0, 0, 0, 1, 1, 0], [1] * 6])
def test_what_is_not_read_behind_a_branch_may_have_another_shape(program, event):
    args = np.array([0.4, -0.3]), ORDER, np.array(event)
    assert np.isclose(sd.function(program)(*args), program(*args))
    sd.check_grads(program, args, wrt="beta")


READ = {
    "sum": np.sum,
    "method": lambda y: y.sum(),
    "product": lambda y: (2 * y).sum(),
    "item": lambda y: y[0],
    "matrix product": lambda y: y @ y,
    "length": lambda y: len(y) * 1.0,
    "iteration": lambda y: sum(v * v for v in y),
    "ufunc": np.exp,
    "joined": lambda y: np.concatenate([y, y]),
    "result": lambda y: y,
}


@pytest.mark.parametrize("read", READ.values(), ids=READ)
def test_whoever_reads_it_is_told_of_both_shapes(read):
    def program(x, c):
        if c > 0:  # noqa: SIM108 (a statement names the variable)
            y = x[1:]
        else:
            y = x[2:]
        return np.sum(read(y))

    with pytest.raises(sd.errors.ShapeError, match=r"'y' is \[4\] on one side of the branch, \[3\] on the other"):
        sd.grad(program)(np.arange(5.0), 1.0)
