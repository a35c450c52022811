"""What `explain` says of the way that a Jacobian was taken is the way, and the reason holds."""

import pytest

import symdiff as sd


@pytest.mark.parametrize(
    ("f", "says"),
    [
        (
            sd.jacobian("A @ x", "x", A="2 5", x="5"),
            "Reverse mode: 2 elements of the value, fewer than 5 elements of x.",
        ),
        (
            sd.jacobian("A @ x", "x", A="5 2", x="2"),
            "Forward mode: 2 elements of x, not more than 5 elements of the value",
        ),
        (
            sd.jacobian("A @ x", "x", A="m n", x="n"),
            "Forward mode: [n] elements of x, not more than [m] elements of the",
        ),
        (sd.jacobian("exp(1j * x)", x="3"), "Forward mode: complex values take no other."),
        (sd.hessian("sum(exp(x))", x="n"), "Forward mode over reverse mode: the gradient"),
    ],
)
def test_the_mode_and_the_reason(f, says):
    assert says in " ".join(str(f.explain()).split())


def test_of_a_function_there_is_no_mode():
    assert "mode" not in str(sd.function("exp(x)").explain())
