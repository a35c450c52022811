"""One tool on one problem, in a process of its own: ``python -m benchmarks.peers.process TOOL PROBLEM [quick]``.

Prints JSON: seconds of importing the tool and the first call (`start`; NumPy is imported before), of the first call
(`first`), of later ones (`warm`, minima of samples), the process's largest size (`peak`, bytes), and the result.
"""

from __future__ import annotations

import json
import sys
import time

SAMPLES, SECONDS = 7, 0.1


def main() -> None:
    tool, name, *rest = sys.argv[1:]
    quick = rest == ["quick"]
    import numpy as np

    from benchmarks.peers.problems import PROBLEMS
    from benchmarks.peers.tools import TOOLS

    arguments = PROBLEMS[name].data(quick)
    started = time.perf_counter()
    try:
        call = TOOLS[tool](PROBLEMS[name])
    except (ImportError, NotImplementedError) as missing:
        print(json.dumps({"error": f"{missing}"}))
        return
    begun = time.perf_counter()
    result = call(*arguments)
    ended = time.perf_counter()
    flat = [np.asarray(part, dtype=float).ravel().tolist() for part in _flat(result)]
    warm = _warm(call, arguments, 0.01 if quick else SECONDS)
    found = {"start": ended - started, "first": ended - begun, "warm": warm, "peak": _peak(), "result": flat}
    print(json.dumps(found))


def _warm(call, arguments, seconds: float) -> float:
    number, best = 1, float("inf")
    for _ in range(SAMPLES):
        begun = time.perf_counter()
        for _ in range(number):
            call(*arguments)
        taken = time.perf_counter() - begun
        best = min(best, taken / number)
        number = max(1, min(10 * number, int(number * seconds / max(taken, 1e-9))))
        if taken > 2:
            break
    return best


def _flat(result):
    """The arrays of nested tuples, in order."""
    if isinstance(result, (tuple, list)):
        return [part for each in result for part in _flat(each)]
    return [result]


def _peak() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
