"""What a list, tuple or dict lacks is an error on the side that asks for it, and only there."""

import pytest

import symdiff as sd

TABLE, NAMES = [0.1, 0.15, 0.2, 1.0], {0: "a", 1: "bb", 2: "ccc"}


def beyond_the_last(k, x):
    for i in range(len(TABLE)):
        low, high = TABLE[i], TABLE[i + 1]
        if low <= k <= high:
            return low * x * len(NAMES[i])
    raise ValueError("not in the table")


def until_found(k, x):
    i = 0
    while True:
        if k <= TABLE[i + 1]:
            break
        i += 1
    return x * TABLE[i]


def on_a_side(k, x):
    r = 2 * x
    if k > 0.5:
        r = NAMES["z"] * x
    return r * k


def behind_a_return(k, x):
    if k <= 0.5:
        return x * k
    return TABLE[7] * x


PROGRAMS = (beyond_the_last, until_found, on_a_side, behind_a_return)


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("k", [0.12, 0.17, 0.3, 0.7, 1.5, -1.0])
def test_errors_are_pythons(f, k):
    slope = sd.value_and_grad(f, wrt="x")
    try:
        known = f(k, 2.0)
    except (LookupError, ValueError) as error:
        with pytest.raises(type(error)):  # a list that is looked up in a loop of the source is an array, and says so
            slope(k, 2.0)
    else:
        assert slope(k, 2.0)[0] == pytest.approx(known, rel=1e-12)
        assert slope(k, 2.0)[1] == pytest.approx((f(k, 3.0) - f(k, 1.0)) / 2, rel=1e-9)
