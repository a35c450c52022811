"""Short vectors that a loop takes apart are numbers in it: the same bits, and the same derivatives."""

import numpy as np
import pytest

import symdiff as sd

RNG = np.random.default_rng(5)


def pendulum(a, z, dt):
    for _ in range(12):
        angle, speed = z
        z = z + dt * np.array([speed, -a * angle - 0.1 * speed * angle])
    return z


def with_functions(a, z, dt):
    for _ in range(12):
        z = z + dt * np.array([np.sin(z[1]), -a * np.exp(-z[0])])
    return z


def driven(a, z, dt, forces):
    for force in forces:
        x, y = z
        z = z + dt * (np.array([y, -a * x]) + force)
    return z


def seen(a, z, dt):
    path = np.empty((12, 3))
    for t in range(12):
        path[t] = z
        z = np.array([z[1], z[2], a * z[0] - dt * z[1]])
    return path[4] * path[11] + z


def turned(a, z, dt):
    for _ in range(10):
        z = np.concatenate([z[1:], [a * z[0] + dt]])
    return z


def until(a, z, dt):
    n = 0
    while np.abs(z[0]) > 0.05 and n < 40:
        z = np.array([0.5 * z[0] + dt * z[1], a * z[1] / 4.0])
        n = n + 1
    return z


def one_of_both(a, z, dt):
    for _ in range(10):
        z = np.array([z[1], a * z[0]]) if z[0] > 0.2 else z * 0.7 + dt
    return z


TWO = np.array([0.7, -0.3])
PROGRAMS = {
    pendulum: (1.3, TWO, 0.05),
    with_functions: (1.3, TWO, 0.05),
    driven: (1.3, TWO, 0.05, RNG.normal(size=(11, 2))),
    seen: (0.9, np.array([0.7, -0.3, 0.2]), 0.05),
    turned: (1.1, np.array([0.7, -0.3, 0.2, 0.4]), 0.05),
    until: (0.8, TWO, 0.05),
    one_of_both: (1.2, TWO, 0.05),
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("special", [None, 0.0, -0.0, np.inf, np.nan])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_values_have_the_same_bits(program, special):
    arguments = list(PROGRAMS[program])
    if special is not None:
        arguments[1] = np.where(np.arange(len(arguments[1])) == 0, special, arguments[1])
    value, plain = sd.function(program, loops="keep")(*arguments), program(*arguments)
    np.testing.assert_array_equal(value, plain, strict=True)
    np.testing.assert_array_equal(np.signbit(value) | np.isnan(value), np.signbit(plain) | np.isnan(plain))


@pytest.mark.parametrize("program", PROGRAMS)
def test_derivatives_are_those_of_the_unrolled_program(program):
    arguments = PROGRAMS[program]
    loops, rolled = sd.function(program, loops="keep"), sd.function(program, loops="auto")
    if program is not until:
        rolled = sd.function(program, loops="unroll")
    direction = RNG.normal(size=len(arguments[1]))
    for targets in (0, 1, 2):
        kept, plain = sd.jacobian(loops, targets)(*arguments), sd.jacobian(rolled, targets)(*arguments)
        np.testing.assert_allclose(kept, plain, rtol=1e-11, atol=1e-13)
    summed = [sd.grad(lambda *xs, f=f: np.sum(direction * f(*xs)), 1)(*arguments) for f in (loops, rolled)]
    np.testing.assert_allclose(*summed, rtol=1e-11, atol=1e-13)
    complex_step = (
        program(arguments[0], arguments[1] + 1e-30j * direction, *arguments[2:]) if program is pendulum else 0
    )
    if program is pendulum:
        pushed = sd.jacobian(loops, 1)(*arguments) @ direction
        np.testing.assert_allclose(pushed, complex_step.imag / 1e-30, rtol=1e-11)


def test_no_array_is_made_in_a_step():
    source = sd.grad(lambda a, z, dt: np.sum(pendulum(a, z, dt)), (0, 1), a=(), z=2, dt=()).source
    steps = [line for line in source.splitlines() if line.startswith("        ")]
    assert steps
    assert not any("np." in line for line in steps)


def test_a_vector_as_a_whole_stays_one():
    def decay(a, z):
        for _ in range(20):
            z = a * z + 1.0
        return np.sum(z)

    assert "a * z_2 + 1" in sd.function(decay, a=(), z=3).source


def test_numbers_that_are_given_are_those_of_python():
    f = sd.value_and_grad(lambda a, z, dt: np.sum(pendulum(a, z, dt / 2) * (1 / dt)))
    for dt in (0.05, np.float64(0.05), np.array(0.05)):
        assert f(1.3, TWO, dt)[0] == pytest.approx(f(1.3, TWO, 0.05)[0], rel=1e-15)
    with np.errstate(all="ignore"):
        assert np.isnan(f(1.3, TWO, 0.0)[0]) or np.isinf(f(1.3, TWO, 0.0)[0])
