"""``python -m benchmarks [WORKLOAD ...] [--rounds N] [--quick] [--profile]``: measures workloads, prints tables."""

import argparse
import importlib

from benchmarks.runner import heading

WORKLOADS = (
    "scalar", "calls", "mlp", "hessians", "compile", "import_time", "layout", "rewriting", "tracing", "loops",
    "targets", "workloads", "sparse", "shapes", "colors", "peers",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(WORKLOADS)}; all by default")
    parser.add_argument("--rounds", type=int, default=5, help="processes per tool (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="shorter samples and smaller sizes")
    parser.add_argument("--profile", action="store_true", help="compile: where the time goes, stage by stage")
    options = parser.parse_args()
    unknown = [name for name in options.workloads if name not in WORKLOADS]
    if unknown or options.rounds < 1:
        parser.error(f"no workload is called {unknown[0]}" if unknown else "there must be at least one round")
    for name in options.workloads or WORKLOADS:
        workload = importlib.import_module(f"benchmarks.{name}")
        print(heading(workload.TITLE), flush=True)
        if options.profile and hasattr(workload, "profile"):
            print(workload.profile(options.quick), end="\n\n", flush=True)
            continue
        print(workload.report(options.rounds, options.quick), end="\n\n", flush=True)


main()
