"""Long chains of branches that return early: the source is about as long as the program, and runs what that runs."""

import importlib.util
import re

import numpy as np
import pytest

import symdiff as sd

TIMES = 9  # lines of source for a line of the program, at most
COPY = re.compile(r"\s*(\w+) = (\w+)$")
POINTS = [(x, y) for x in np.linspace(0.05, 5.9, 14) for y in np.linspace(0.1, 5.7, 9)]


def chain(rng, length):
    """A function that finds the region of a point, as tables of steam do, and another one that is given its formula.

    Bounds are computed between the branches, some of which are left halfway.
    """
    lines, region = ["def region(x, y):"], 0
    for k in range(length):
        bound = f"{rng.uniform(0.3, 2):.2f} * {rng.choice(['log(1.5 + y)', 'sqrt(y)', '1 / (1 + y)'])}"
        lines += [f"    b{k} = {bound}", f"    if {rng.uniform(0, 5):.2f} < x <= {rng.uniform(2, 6):.2f}:"]
        for word in ["if", *["elif"] * rng.integers(1, 3)]:
            region += 1
            lines += [f"        {word} y {rng.choice(['<', '>'])} b{k} + {rng.uniform(-1, 2):.2f}:"]
            if rng.random() < 0.3:
                lines += [f"            if x * y > {rng.uniform(0, 8):.2f}:", f"                return {region}"]
            else:
                lines += [f"            return {region}"]
        if rng.random() < 0.5:
            region += 1
            lines += [f"        return {region}"]
    lines += [f"    return {region + 1}", "", "", "def value(x, y):", "    r = region(x, y)"]
    for k in range(1, region + 1):
        lines += [
            f"    {'if' if k == 1 else 'elif'} r == {k}:",
            f"        z = {rng.uniform(1, 3):.2f} * x + y / (x + {k})",
        ]
    return [*lines, "    else:", "        z = sqrt(x * y)", "    return z * x"]


def loaded(path, lines):
    path.write_text("\n".join(["from math import log, sqrt", "", "", *lines, ""]))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.value, module.region


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("seed", "length"), [(0, 2), (1, 2), (2, 4), (0, 8), (1, 16)])
def test_chains(tmp_path, seed, length):
    program = chain(np.random.default_rng([seed, length]), length)
    f, region = loaded(tmp_path / f"chain_{seed}_{length}.py", program)
    compiled, sloped, h = sd.function(f, x=(), y=()), sd.grad(f, x=(), y=()), 1e-6
    for x, y in POINTS:
        assert compiled(x, y) == pytest.approx(f(x, y), rel=1e-12)
        if region(x - h, y) != region(x + h, y):
            continue
        assert sloped(x, y) == pytest.approx((f(x + h, y) - f(x - h, y)) / (2 * h), rel=1e-5, abs=1e-6)
    for source in (compiled.source, sloped.source):
        lines = source.splitlines()
        assert len(lines) <= TIMES * len(program)
        copies = filter(None, (COPY.match(line.partition("#")[0].rstrip()) for line in lines))
        assert all(name != value for name, value in (copy.groups() for copy in copies))
