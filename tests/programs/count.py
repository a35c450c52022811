"""What a function costs: lines, operations, array temporaries, floating-point operations."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from symdiff.graph.dims import evaluate
from symdiff.graph.graph import Graph
from symdiff.graph.node import ITEM, Node
from symdiff.graph.walk import toposort

from .program import LARGE, Program

FREE = {
    "getitem",
    "diagonal",
    "broadcast_to",
    "eye",
    "arange",
    "scatter",
    "pad",
    "stack",
    "concatenate",
    "astype",
    "repeat",
    "tile",
    "diag",
}
CUBIC = {"solve": 2 / 3, "inv": 2.0, "slogdet": 2 / 3, "det": 2 / 3, "cholesky": 1 / 3}


@dataclass(frozen=True)
class Cost:
    """Of one function: statements (lines of code with their returns), operations, arrays made, flops at `LARGE`."""

    statements: int
    operations: int
    temporaries: int
    flops: float


def size(node: Node, lengths: Mapping[str, int]) -> int:
    return prod(evaluate(n, lengths) for n in node.shape)


def flops(node: Node, lengths: Mapping[str, int]) -> float:
    """One per element and operation, whatever the operation; what moves elements is free."""
    op = node.op
    if not node.inputs or op.view or op is ITEM or op.name in FREE:
        return 0
    if op.family == "elementwise":
        return size(node, lengths)
    if op.name == "einsum":
        a, b, _ = node.kwargs["subscripts"].replace("->", ",").split(",")
        all_labels = dict(zip(a + b, (*node.inputs[0].shape, *node.inputs[1].shape), strict=True))
        summed = any(label not in node.kwargs["subscripts"].split("->")[1] for label in all_labels)
        return prod(evaluate(n, lengths) for n in all_labels.values()) * (2 if summed else 1)
    if op.name in CUBIC:
        n = evaluate(node.inputs[0].shape[-1], lengths)
        right = size(node, lengths) / n if op.name == "solve" else 0
        return CUBIC[op.name] * n**3 + 2 * n**2 * right
    return {"var": 4, "std": 4, "norm": 2}.get(op.name, 1) * size(node.inputs[0], lengths)


def _is_subtracted_in_place(node: Node, graph: Graph) -> bool:
    """A sign that the source writes as ``-=``."""
    if node.op.name != "negative" or not node.shape:
        return False
    users = [n for n in toposort(graph.outputs) if node in n.inputs]
    return bool(users) and all(n.op.name == "scatter" for n in users)


def graph_cost(graph: Graph, lengths: Mapping[str, int], statements: int) -> Cost:
    nodes = [n for n in toposort(graph.outputs) if n.inputs and not _is_subtracted_in_place(n, graph)]
    arrays = [n for n in nodes if not n.aval.parts and n.shape]
    made = [n for n in arrays if n.op is ITEM or not (n.op.view or n.op.aliases)]
    operations = sum(not n.op.view and n.op is not ITEM for n in nodes)
    return Cost(statements, operations, len(made), sum(flops(n, lengths) for n in nodes))


def count_statements(source: str, name: str) -> int:
    """Assignments, and what the return computes; docstrings aside. A loop counts as often as it runs."""
    tree = ast.parse(textwrap.dedent(source))
    function = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name)
    return sum(map(_statements, function.body))


def _statements(node: ast.stmt) -> int:
    if isinstance(node, ast.For):
        assert isinstance(node.iter, ast.Call)
        times = len(range(*[ast.literal_eval(a) for a in node.iter.args]))
        return times * sum(map(_statements, node.body))
    if isinstance(node, ast.Try):
        return sum(map(_statements, node.body))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return 0
    if isinstance(node, ast.Return):
        return len(_computed(node.value))
    return 1


def cost_of_ours(program: Program) -> Cost:
    f = program.ours(LARGE)
    name = f.stages.definition.printed.name
    return graph_cost(f.stages.lowered, LARGE, count_statements(f.source, name))


def cost_by_hand(program: Program) -> Cost:
    f = program.by_hand(LARGE)
    graph = f.recipe.build(f.declared_avals())
    return graph_cost(graph, LARGE, count_statements(inspect.getsource(program.expert), program.expert.__name__))


def _computed(value: ast.expr | None) -> list[ast.expr]:
    """The parts of what is returned that are more than a name."""
    if isinstance(value, ast.Tuple):
        return [part for item in value.elts for part in _computed(item)]
    return [] if value is None or isinstance(value, ast.Name) else [value]


USERS_NAMES = "names that the user gave keep their lines"
REASONS = {
    "cox": "sums that decay by known factors, where the expert's products overflow beyond logits of 700",
    "gaussian_process": USERS_NAMES,
    "kalman": "the expert multiplies a vector by H.T before it takes the outer product, not after",
    "black_scholes": USERS_NAMES,
    "lennard_jones": "the expert knows that forces come in pairs",
    "bundle": "each slice of the residual is scaled by itself, one pass more",
    "layer_norm": USERS_NAMES + ", and their derivatives too",
    "batch_norm": USERS_NAMES + ", and their derivatives too",
    "tukey": "c**2 / c is not cancelled: it is nan at c = 0",
    "vae": USERS_NAMES,
}


def falls_short(program: Program) -> bool:
    """Whether ours takes more flops than the expert's (but for a thousandth), or more than one statement more."""
    ours, theirs = cost_of_ours(program), cost_by_hand(program)
    return ours.flops > 1.001 * theirs.flops or ours.statements > theirs.statements + 1


HEAD = """# The expert's derivative, and ours

`pytest tests/test_programs.py --update-data` writes this table. Each cell is *ours / by hand*: statements (assignments, and
what the return computes), operations, arrays made, and the ratio of floating-point operations at n = 1000, m = 500, d = 20,
k = 10, h = 50 (one per element and operation, 2nmk for a matrix product; moving elements is free). The target is never more
flops, and at most one statement more; the last column says why where it is missed.
"""


def page(programs: Mapping[str, Program]) -> str:
    """The table in Markdown."""
    rows = ["| program | statements | operations | arrays made | flops | falls short |", "|---|---|---|---|---|---|"]
    for name, program in programs.items():
        a, b = cost_of_ours(program), cost_by_hand(program)
        pairs = ((a.statements, b.statements), (a.operations, b.operations), (a.temporaries, b.temporaries))
        cells = [*(f"{p} / {q}" for p, q in pairs), f"{a.flops / b.flops:.2f}", REASONS.get(name, "")]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([HEAD, *rows, ""])
