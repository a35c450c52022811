"""The problems that symdiff shares with its peers, and the chart of what they take."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks.peers import TOLERANCE, _apart, _table, python_of, run
from benchmarks.peers.plot import chart
from benchmarks.peers.problems import PROBLEMS
from benchmarks.peers.tools import TOOLS
from benchmarks.runner import flat


@pytest.mark.parametrize("name", PROBLEMS)
def test_derivatives_are_those_of_differences(name):
    problem = PROBLEMS[name]
    data = problem.data(True)
    ours = TOOLS["symdiff"](problem)(*data)
    if problem.kind == "hessian":  # differences of the gradient
        import symdiff as sd

        gradient = sd.grad(problem.make(np))
        steps = 1e-6 * np.eye(data[0].size)
        columns = [(gradient(data[0] + h, *data[1:]) - gradient(data[0] - h, *data[1:])) / 2e-6 for h in steps]
        theirs = np.stack(columns, axis=1)
    else:
        theirs = TOOLS["differences"](problem)(*data)
    for a, b in zip(flat(ours), flat(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5 * max(1.0, np.abs(b).max()))


def test_a_tool_runs_in_a_process_of_its_own():
    found = run("symdiff", "rosenbrock", True)
    assert found["warm"] < found["first"] < found["start"] and found["peak"] > 0
    again = TOOLS["symdiff"](PROBLEMS["rosenbrock"])(*PROBLEMS["rosenbrock"].data(True))
    assert _apart(found["result"], [x.ravel().tolist() for x in flat(again)]) < TOLERANCE
    assert "differences" in run("differences", "rosenbrock_hessian", True)["error"]


def test_a_tool_that_is_not_there_is_left_out(monkeypatch, tmp_path):
    monkeypatch.setenv("SYMDIFF_PEERS", str(tmp_path))
    assert python_of("jax") is None and run("jax", "gmm", True) == {"error": "not there"}
    assert python_of("symdiff") == Path(sys.executable)


def test_wrong_results_are_seen():
    assert _apart([[1.0, 2.0]], [[1.0, 2.0 + 1e-6]]) > TOLERANCE
    assert _apart([[1.0]], [[1.0, 2.0]]) == float("inf")


def test_the_least_is_marked():
    found = {
        "gmm": {tool: {"error": "not there"} for tool in TOOLS} | {"symdiff": {"warm": 2e-3}, "jax": {"warm": 1e-3}}
    }
    line = _table(found, "warm", "a call").splitlines()[2]
    assert "* 1 ms" in line and "2 ms" in line and line.count("*") == 1


def test_bars_are_as_long_as_the_times():
    """On a logarithmic scale: ten times as long is one unit more."""
    tree = ElementTree.fromstring(chart("a call", {"f": {"a": 1e-3, "b": 1e-2}, "<g>": {"a": 1e-1}}))
    bars = [float(e.get("width")) for e in tree.iter() if e.tag.endswith("rect") and float(e.get("x")) == 250][1:]
    assert len(bars) == 3 and bars[2] - bars[1] == pytest.approx(bars[1] - max(bars[0], 0), abs=1.5)
