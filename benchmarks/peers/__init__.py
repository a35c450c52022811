"""symdiff beside its peers: each tool in a process of its own, with the Python of an environment of its own.

The environments are folders of ``SYMDIFF_PEERS`` (by default ``~/.cache/symdiff-peers``), called as the tools:

    python -m venv ~/.cache/symdiff-peers/jax && ~/.cache/symdiff-peers/jax/bin/pip install jax

A tool without one is left out, and the table says so. Results are compared before times are: with those of the
first, symdiff, which differences check. ``python -m benchmarks peers`` prints the table, and writes it with its plots
into ``build/peers``: one bar for each tool, losses included.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.plot import chart
from benchmarks.peers.problems import PROBLEMS
from benchmarks.peers.tools import INHERITED, TOOLS
from benchmarks.runner import ONE_THREAD, seconds, table

TITLE = "peers: the same functions, other tools"
ROOT = Path(__file__).parents[2]
MEASURES = {"warm": "a call", "first": "the first call", "start": "importing the tool, and the first call"}
TOLERANCE = 1e-8  # of derivatives; of differences, see below
LOOSE = {"differences": 1e-4}
Found = dict[str, dict[str, dict[str, Any]]]  # by problem, by tool


def report(rounds: int, quick: bool) -> str:
    """Measures, writes the files, and returns the table."""
    found = {}
    for k, (name, problem) in enumerate(PROBLEMS.items(), 1):
        print(f"{k} of {len(PROBLEMS)}: {problem.title}", file=sys.stderr, flush=True)  # a whole run takes minutes
        found[name] = _problem(name, rounds, quick)
    folder = ROOT / "build" / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n\n".join(_table(found, measure, title) for measure, title in MEASURES.items())
    text += f"\n\n{_table(found, 'peak', 'the largest size of the process, MiB')}\n\n{_machine(quick)}"
    (folder / "peers.txt").write_text(f"{text}\n", encoding="utf-8")
    for measure, title in MEASURES.items():
        (folder / f"{measure}.svg").write_text(chart(title, _numbers(found, measure)), encoding="utf-8")
    return f"{text}\n\nwritten into {folder}"


def python_of(tool: str) -> Path | None:
    """The Python that has the tool; None if there is none."""
    if tool in INHERITED:
        return Path(sys.executable)
    home = Path(os.environ.get("SYMDIFF_PEERS", Path.home() / ".cache" / "symdiff-peers")) / tool
    return next((path for path in (home / "bin" / "python", home / "Scripts" / "python.exe") if path.exists()), None)


def _problem(name: str, rounds: int, quick: bool) -> dict[str, dict[str, Any]]:
    """What each tool measured: of all rounds, in which they take turns, the least."""
    best: dict[str, dict[str, Any]] = {}
    for _ in range(rounds):
        for tool in TOOLS:
            if "error" in best.get(tool, {}):
                continue
            now = run(tool, name, quick)
            before = best.get(tool, now)
            best[tool] = now if "error" in now else {**now, **{k: min(now[k], before[k]) for k in (*MEASURES, "peak")}}
    reference = best["symdiff"].get("result")
    for tool, measured in best.items():
        apart = _apart(measured.get("result"), reference)
        if not apart <= LOOSE.get(tool, TOLERANCE):
            best[tool] = {"error": f"its result is {apart:.0e} apart"}
    return best


def run(tool: str, name: str, quick: bool) -> dict[str, Any]:
    """One process."""
    python = python_of(tool)
    if python is None:
        return {"error": "not there"}
    command = [str(python), "-m", "benchmarks.peers.process", tool, name, *["quick"] * quick]
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as where tools are installed: nobody compiles modules each time
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        return {"error": last[0][:60]}
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _apart(result: Any, reference: Any) -> float:
    """How far results are apart, relative to the largest element of each array; 0 where there is none to compare."""
    if result is None or reference is None:
        return 0.0
    if [len(part) for part in result] != [len(part) for part in reference]:
        return float("inf")
    pairs = [(np.array(a), np.array(b)) for a, b in zip(result, reference, strict=True)]
    return max(float(np.max(np.abs(a - b)) / max(np.max(np.abs(b)), 1e-300)) for a, b in pairs)


def _table(found: Found, measure: str, title: str) -> str:
    """A row for each problem, a column for each tool; the least of a row is marked."""
    rows = [[title, *TOOLS]]
    for name, tools in found.items():
        known = [tools[tool][measure] for tool in TOOLS if measure in tools[tool]]
        cells = []
        for tool in TOOLS:
            value = tools[tool].get(measure)
            shown = "-" if value is None else f"{value / 2**20:.0f}" if measure == "peak" else seconds(value)
            cells.append(f"* {shown}" if value is not None and value == min(known) else shown)
        rows.append([PROBLEMS[name].title, *cells])
    errors = {f"{tool}: {r['error']}" for tools in found.values() for tool, r in tools.items() if "error" in r}
    return "\n".join([table(rows), *sorted(errors)] if measure == "warm" else [table(rows)])


def _numbers(found: Found, measure: str) -> dict[str, dict[str, float]]:
    return {
        PROBLEMS[name].title: {tool: r[measure] for tool, r in tools.items() if measure in r}
        for name, tools in found.items()
    }


def _machine(quick: bool) -> str:
    sizes = "small sizes" if quick else "full sizes"
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
    return f"{machine}, Python {platform.python_version()}, NumPy {np.__version__}; {sizes}"
