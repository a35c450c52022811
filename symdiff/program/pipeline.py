"""The passes, in order. This is the only file that knows the order.

`recognise_forms` runs on what the user wrote, before differentiation; `FINISH` on the union of forward and gradient,
which gives the graph that readers see; and `for_target` makes of that what is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial

from symdiff.codegen.target import Target
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.graph.op import OPS
from symdiff.graph.walk import consumers, without_collector
from symdiff.ops.elementwise import exp
from symdiff.ops.range import asked
from symdiff.ops.reductions import amax, amin
from symdiff.ops.shapes import getitem, stack
from symdiff.progress import stage
from symdiff.rewrite.alone import parts_alone
from symdiff.rewrite.bodies import through_bodies
from symdiff.rewrite.contract.contract import contract_products
from symdiff.rewrite.decisions import decide_first, decide_inside
from symdiff.rewrite.engine import Engine, Index, Journal
from symdiff.rewrite.facts import Facts
from symdiff.rewrite.given import Given
from symdiff.rewrite.loops.safe import safe_places
from symdiff.rewrite.loops.spans import as_slices
from symdiff.rewrite.owned import owned
from symdiff.rewrite.regroup.regroup import regroup
from symdiff.rewrite.rule import Rule
from symdiff.rewrite.rules import (
    algebra,
    broadcasts,
    constants,
    context,
    domains,
    edited,
    exponentials,
    lowering,
    matrices,
    norms,
    parts,
    polish,
    positions,
    replaced,
    saturating,
    selected,
    spelling,
    stable,
    stable_sums,
    views,
)
from symdiff.rewrite.rules.assumed import on_facts
from symdiff.rewrite.summed import sum_products

FORMS = (*exponentials.RULES, *stable.RULES, *stable_sums.RULES)
OF_PARTS = (
    *broadcasts.RULES, *views.RULES, *matrices.RULES, *parts.RULES, *positions.RULES, *replaced.RULES,
    *edited.PUT_BACK,
)  # fmt: skip
SIMPLIFY = Index((*constants.RULES, *algebra.RULES, *OF_PARTS))
STABLE = Index(FORMS)
RECOGNISE = (Index(constants.RULES), STABLE, Index((*norms.FORMS, *domains.RULES)), SIMPLIFY)
FINISHED = (Index(norms.SPELLED), STABLE, Index(selected.RULES), SIMPLIFY)
POLISH = Index(polish.ANYWHERE)
UNSHARED = Index((*edited.edited(frozenset()), *polish.beside_shared(frozenset())))
CONTEXT = Index(context.contextual(()))
ABOUT = {op for rule in CONTEXT.rules for op in rule.roots}
ORDERED = {op for rule in lowering.IN_ORDER for op in rule.roots}
UNSAID, ALIKE, IN_ORDER = Index(lowering.IMPLICIT), Index(lowering.ALIKE), Index(lowering.IN_ORDER)
SPELLINGS = Index((*spelling.rules(Facts({})), *saturating.rules()))
NESTED = Index(spelling.in_nests(Facts({})))
LEVEL, SLOPES = Index(saturating.ELSEWHERE), Index(saturating.slopes())
LOOP_ROUNDS = 2
LOOPS_IN_LOOPS = 3


@without_collector()
def recognise_forms(graph: Graph) -> Graph:
    """Folds constants and names stable forms: what is differentiated is what comes out of this.

    Where that is what came in, nothing is in the journal: a guard that a branch makes needless comes and goes.
    """
    whole = graph.guarded()  # else a loop that guards read, too, would become another one than they read
    found = _decided_inside(_recognised(through_bodies(_with_loops, _safe(whole))))
    found = _independent(_loops(_safe(found), _recognised))  # what was decided inside of a side is derived anywhere
    found = _one_by_one(found)
    return graph if (found.outputs, found.forward) == (whole.outputs, whole.forward) else found.unguarded()


def _one_by_one(graph: Graph) -> Graph:
    """Small arrays that are put together of numbers: their derivatives are short as those of numbers."""
    if graph.has_blocks or not any(n.op is stack for n in graph.order):
        return graph
    from symdiff.rewrite.one_by_one import computes_small, one_by_one  # noqa: PLC0415 (most programs have no such arrays)

    if not computes_small(graph):
        return graph
    return _journalled(partial(one_by_one, simplified=_recognised), graph)


def _safe(graph: Graph) -> Graph:
    return _journalled(safe_places, graph)


def _independent(graph: Graph) -> Graph:
    """Loops in loops, whose steps may be independent once those in them are."""
    if not graph.has_blocks:
        return graph
    from symdiff.rewrite.loops.independent import independent  # noqa: PLC0415 (most programs have no loops)

    return _again(independent, _with_loops, LOOPS_IN_LOOPS, graph)


def _with_loops(graph: Graph) -> Graph:
    return _loops(_recognised(graph), _recognised)


def _recognised(graph: Graph) -> Graph:
    return _run(graph, *RECOGNISE)


def _decided_inside(graph: Graph) -> Graph:
    engine = Engine(SIMPLIFY, exact=graph.notes.exact)
    return _journalled(partial(decide_inside, engine=engine), graph)


def _run(graph: Graph, *rules: Index | Iterable[Rule], forms: bool = True) -> Graph:
    """`graph` rewritten; what its assumptions allow is added to the rules, and the steps to its journal."""
    facts = Facts(graph.notes.assume, asked(graph.order))
    engine = Engine(*rules, *on_facts(facts, forms=forms), exact=graph.notes.exact)
    return _relying(facts, _journalled(engine.run, graph))


def _recognise(graph: Graph) -> Graph:
    """Nothing to do for a derivative: what it differentiates was recognised before."""
    return graph if graph.notes.origins else _recognised(graph)


def _simplify(graph: Graph) -> Graph:
    return _run(graph, *FINISHED)


def _loops(graph: Graph, again: Callable[[Graph], Graph] = _simplify) -> Graph:
    """Loops, if there are any: what comes out of them is rewritten again, and may show that two of them are one."""
    if not graph.has_blocks:
        return graph
    from symdiff.rewrite.loops.tidy import tidy_loops  # noqa: PLC0415 (as above)

    return _again(tidy_loops, again, LOOP_ROUNDS, graph)


def _again(
    rewrite: Callable[[Graph, Journal], Graph], then: Callable[[Graph], Graph], rounds: int, graph: Graph
) -> Graph:
    """`graph` rewritten, and simplified by `then`, as long as that changes anything, but not more than so often."""
    for _ in range(rounds):
        changed = _journalled(rewrite, graph)
        if changed.outputs == graph.outputs:
            break
        graph = then(through_bodies(then, changed))
    return graph


def _cancel(graph: Graph) -> Graph:
    """What is zero by the laws of exponents, and all that it is a factor of, does not stay."""
    if not graph.notes.origins or not any(n.op is exp for n in graph.order):
        return graph
    from symdiff.rewrite.cancelled import without_cancelled  # noqa: PLC0415 (most derivatives have no exponentials)

    found = without_cancelled(graph)
    return graph if found is graph else _simplify(found)


def _contract(graph: Graph) -> Graph:
    if graph.notes.exact or not any(n.shape for n in graph.order if not n.aval.parts):
        return graph
    contracted = _journalled(contract_products, graph)
    same = contracted.outputs == graph.outputs and contracted.forward == graph.forward
    return contracted if same else _run(contracted, SIMPLIFY)


def _compared(graph: Graph, facts: Facts) -> Graph:
    """What is only compared with the largest or smallest of it lacks what is the same for all."""
    if not any(n.op in (amax, amin) for n in graph.order):
        return graph
    from symdiff.rewrite.compared import compared_alone  # noqa: PLC0415 (most programs have no extremes)

    return compared_alone(graph, lambda node: facts.knows(node, lambda fact: fact.finite))


def _room(target: Target, graph: Graph) -> Graph:
    """For targets whose arrays have lengths that are known beforehand: loops that ask have room for so many steps."""
    if not target.most_steps or not graph.has_blocks:
        return graph
    from symdiff.program.probe import probe  # noqa: PLC0415 (which compiles what it tries)
    from symdiff.rewrite.loops.padded import padded  # noqa: PLC0415 (most programs have no loops)

    return padded(graph, graph.notes.most_steps or target.most_steps, probe)


def _lower(target: Target, graph: Graph) -> Graph:
    if any(n.op in ABOUT for n in graph.order):
        graph = _run(graph, Given(CONTEXT, partial(context.contextual, graph.order)))
    facts = Facts(graph.notes.assume, asked(graph.order))
    graph = _relying(facts, _compared(graph, facts))
    alone = parts_alone(graph)
    graph = graph if alone is graph else _run(alone, SIMPLIFY)
    graph = _run(graph, _lowerings(target.prints, len(OPS)), SIMPLIFY, forms=False)
    summed = sum_products(graph, target.prints)  # in nodes of its own: which are shared is known once all is lowered
    return graph if summed is graph else _run(summed, SIMPLIFY, forms=False)


@lru_cache(maxsize=16)
def _lowerings(prints: Callable[[Node], bool], rows: int) -> Index:
    """The rule for what a target prints, of so many rows as there are now."""
    return Index(lowering.lowering(prints))


def _decide(target: Target, graph: Graph) -> Graph:
    """For targets that run one side of a selection by a scalar condition only."""
    if not _has_branches(target) or not any(n.op.selects or n.op in ORDERED for n in graph.order):
        return graph
    graph = _journalled(Engine(IN_ORDER).run, graph)
    engine = Engine(SIMPLIFY, exact=graph.notes.exact)
    return _tell(_journalled(partial(decide_first, engine=engine), graph))


def _tell(graph: Graph) -> Graph:
    """What was decided around a loop is known in its steps."""
    if not graph.has_blocks:
        return graph
    from symdiff.rewrite.loops.tidy import tell_numbers  # noqa: PLC0415 (as above)

    told = _journalled(tell_numbers, graph)
    if told.outputs == graph.outputs:
        return graph
    engine = Engine(SIMPLIFY, exact=graph.notes.exact)
    return through_bodies(lambda body: _tell(_journalled(engine.run, body)), told)


def _slices(target: Target, graph: Graph) -> Graph:
    """For targets whose arrays have slices that begin at a computed place."""
    return _journalled(as_slices, graph) if _has_branches(target) else graph


def _regroup(graph: Graph) -> Graph:
    return graph if graph.notes.exact else _journalled(regroup, graph)


def _polish(graph: Graph) -> Graph:
    return _run(graph, Given(UNSHARED, partial(_unshared, graph)), POLISH, forms=False)


def _unshared(graph: Graph) -> Iterable[Rule]:
    uses, outputs = consumers(graph.order), set(graph.outputs)
    shared = {node for node, users in uses.items() if len(users) > 1 or node in outputs}
    return (*edited.edited(shared), *polish.beside_shared(shared))


def _relying(facts: Facts, graph: Graph) -> Graph:
    """`graph`, which relies on what has been used of the facts."""
    if not facts.used:
        return graph
    return graph.with_(relied_on=tuple(dict.fromkeys((*graph.notes.relied_on, *facts.used))))


def _spell(target: Target, graph: Graph) -> Graph:
    """Last, for the rules of all other passes hold for what is written down: what NumPy does by itself is left unsaid,
    and of equal spellings the cheaper one is taken."""
    exact = graph.notes.exact
    slopes = Given(SLOPES, partial(saturating.slopes, graph))
    graph = _journalled(Engine(slopes, exact=exact).run, graph)
    facts = Facts(graph.notes.assume)
    if not _has_branches(target):
        nested = (Given(NESTED, lambda: spelling.in_nests(facts)),) if _has_nests(target) else ()
        return _relying(facts, _journalled(Engine(UNSAID, LEVEL, *nested, exact=exact).run, graph))
    spellings = Given(SPELLINGS, lambda: _spellings(graph, facts))
    return _relying(facts, _journalled(Engine(UNSAID, ALIKE, spellings, exact=exact).run, graph))


def _spellings(graph: Graph, facts: Facts) -> Iterable[Rule]:
    return (*spelling.rules(facts, _picked(graph)), *saturating.rules(saturating.exponentials(graph)))


def _picked(graph: Graph) -> set[Node]:
    """The nodes of which nothing but parts is needed."""
    uses, outputs = consumers(graph.order), set(graph.outputs)
    return {n for n, users in uses.items() if n not in outputs and all(user.op is getitem for user in users)}


def _has_branches(target: Target) -> bool:
    return getattr(target, "branches", False)  # most targets need not know of it


def _has_nests(target: Target) -> bool:
    """Whether it prints loops over elements."""
    return getattr(target, "nests", False)


def _journalled(rewrite: Callable[[Graph, Journal], Graph], graph: Graph) -> Graph:
    """`graph` rewritten by a pass that is no set of rules; the steps go into its journal."""
    before = graph.notes.journal
    journal = Journal(list(before))
    done = rewrite(graph, journal)
    is_noted = done.notes.journal is before and len(journal.steps) == len(before)
    return done if is_noted else done.with_(journal=tuple(journal.steps))


Passes = tuple[tuple[str, Callable[[Graph], Graph]], ...]
FINISH: Passes = (
    ("recognise", _recognise),
    ("guards", Graph.guarded),
    ("simplify", _simplify),
    ("loops", _loops),
    ("cancel", _cancel),
    ("contract", _contract),
)


def for_target(target: Target) -> Passes:
    """The passes that make of a finished graph what `target` prints."""
    return (
        ("room", partial(_room, target)),
        ("lower", partial(_lower, target)),
        ("decide", partial(_decide, target)),
        ("slices", partial(_slices, target)),
        ("regroup", _regroup),
        ("polish", _polish),
        ("spell", partial(_spell, target)),
        ("own", owned),
    )


def simplified(graph: Graph) -> Graph:
    """A graph of recognised forms, finished for readers."""
    return _through(FINISH[1:], graph)


def lowered(graph: Graph, target: Target) -> Graph:
    """A finished graph, as `target` prints it."""
    return _through(for_target(target), graph)


def compile_graph(graph: Graph, target: Target, *, until: str | None = None, exact: bool = False) -> Graph:
    """Runs all passes in order, up to and including the one called `until`.

    >>> from symdiff.codegen.targets.numpy import NUMPY
    >>> from symdiff.frontends.text.parser import parse
    >>> from symdiff.graph.aval import Aval
    >>> compile_graph(parse("x * 1").build({"x": Aval("float64")}), NUMPY, until="simplify").outputs
    (<x: f64[]>,)
    """
    return _through((*FINISH, *for_target(target)), graph.with_(exact=True) if exact else graph, until)


@without_collector()
def _through(passes: Passes, graph: Graph, until: str | None = None) -> Graph:
    for name, run in passes:
        with stage(name):
            graph = run(through_bodies(run, graph))
        if name == until:
            break
    return graph
