"""How long a picture of a deep network takes, from the graph to the file, folded and whole."""

import sys
import time
from pathlib import Path

from symdiff.render.html import to_html
from symdiff.render.layout import layout
from symdiff.render.scene import Look, make_scene
from symdiff.render.svg import to_svg

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
TITLE = "pictures of deep networks, folded and whole, in seconds"


def best(run, rounds):
    """The shortest of some runs, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def report(rounds, quick):
    """A table: nodes of the graph, boxes of the picture, seconds for its layout and for whole files."""
    from layer_residuals import generate

    lines = [f"{'nodes':>6} {'boxes':>6} {'layout':>8} {'svg':>8} {'html':>8}"]
    for depth in (5, 30) if quick else (5, 30, 230):
        graph = generate(depth).graph
        total = len(make_scene(graph, Look(fold=False)).parts)
        for look in (Look(), Look(fold=False)):
            scene = make_scene(graph, look)
            times = [best(lambda s=scene: layout(s), rounds)]
            times += [best(lambda g=graph, k=look, to=to: to(g, k), rounds) for to in (to_svg, to_html)]
            lines.append(f"{total:6} {len(scene.parts):6} " + " ".join(f"{seconds:8.3f}" for seconds in times))
    return "\n".join(lines)
