"""What is printed: a graph, and how its nodes are spelled. It is the same however lines are cut and variables called.

Lines that turn out too long are cut, and all is written again, with other names. What was written before serves again
wherever its operands are written as they were.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from symdiff.codegen.float_loops import as_floats, divided, is_said_in_head
from symdiff.codegen.positions import has_long_lists
from symdiff.codegen.spelling import Spelling, helper_name, helpers_of, repeated
from symdiff.codegen.target import Target, find_target
from symdiff.graph.body import with_insides
from symdiff.graph.graph import Graph
from symdiff.graph.loop import Loop
from symdiff.graph.node import CONSTANT, INPUT, ITEM, LENGTH, Node, maker
from symdiff.graph.op import Op
from symdiff.graph.template import free_names, parse_template, placeholders
from symdiff.graph.walk import consumers
from symdiff.schedule.plan import Scheduler
from symdiff.schedule.reading import in_turn


@dataclass(frozen=True, eq=False)
class Template:
    """How nodes of one row are written.

    Attributes:
        text, tree: of the template.
        op: what computes the nodes.
        operands: the placeholders in it, with the positions of the operands that they stand for.
        others: the other names in it.
        repeated: the positions of operands that it writes more than once.
        is_fixed: whether the operands decide how it is filled: no length occurs in it, and no long list.
    """

    text: str
    tree: ast.expr
    op: Op
    operands: tuple[tuple[str, int], ...]
    others: tuple[str, ...]
    repeated: tuple[int, ...]
    is_fixed: bool


@lru_cache(maxsize=4096)
def template_of(text: str, op: Op, total: int) -> Template:
    """The template `text` of a row with `total` operands.

    >>> from symdiff.ops.elementwise import multiply
    >>> template_of("a * np.abs(b)", multiply, 2).operands
    (('a', 0), ('b', 1))
    """
    tree, names = parse_template(text), dict.fromkeys(free_names(text))
    operands = {name: k for k in range(total) for name in placeholders(k) if name in names}
    others = tuple(name for name in names if name not in operands)
    fixed = "_length" not in names and not ("[" in text and has_long_lists(tree))
    return Template(text, tree, op, tuple(operands.items()), others, repeated(text, total), fixed)


def is_spelled(node: Node) -> bool:
    """Whether a node is written as an expression over operands."""
    return bool(node.inputs) and not node.op.is_statement and not maker(node).op.block


class Subject:
    """A graph, lowered and polished, as a target spells it.

    Attributes:
        scheduler: gives its plans.
        order: its nodes, inputs before users.
        templates: how those nodes are spelled that have operands.
        expressions: how nodes are written.
        atoms: nodes that must have a name: their users write them more than once, or in several lines.
        globals: names of imports and helpers, which local variables must not take.
        raises: whether an expression may raise where NumPy gives inf or nan.
        wide: whether nothing is narrower than float64.
        floats: the target that loops over numbers are written for.
        as_floats: numbers that loops read, which are Python's.
        uses: the users of nodes, where there are loops.
        divided: numbers by which something is divided in the end, where there are selections.
        written: what was written last for nodes, with the operands as they were written then.
        variables: the trees of variables, by name.
        conditions: of a step that is taken as long as they hold, these, in the order in which they are asked.
    """

    def __init__(
        self, graph: Graph, spelling: Spelling, scheduler: Scheduler | None = None, *, is_body: bool = False
    ) -> None:
        self.graph, self.spelling = graph, spelling
        self.scheduler = scheduler or Scheduler(graph, is_body=is_body, branching=spelling.branches)
        self.order: Sequence[Node] = self.scheduler.order
        self._of_rows: dict[Op, Template | None] = {}  # of rows that are written alike wherever they stand
        self.templates = {node: self.template(node) for node in self.order if is_spelled(node)}
        self.expressions = self._expressions()
        loops = [node for node in self.order if node.op.block] if self.scheduler.loops else []
        self.floats: Target | None = find_target(spelling.floats) if spelling.floats and loops else None
        self.uses = consumers(self.order) if loops else {}
        operands = [(x, node) for node in loops for x in operands_by_name(node)]
        self.atoms = {x for x, node in operands if not is_said_in_head(x, node, self.floats, self.uses)}
        for node, template in self.templates.items():
            if template.repeated:
                inputs = maker(node).inputs
                self.atoms.update(inputs[k] for k in template.repeated)
        self.globals = self._globals()
        self.raises = any(spelling.raises(maker(node)) for node in self.templates)
        numbers = [aval for aval in self.scheduler.avals if not aval.parts and aval.inexact]
        self.wide = all(aval.dtype in ("float64", "complex128") for aval in numbers)
        floats = self.floats if self.wide else None  # beside float32, Python's floats are weak and NumPy's are not
        self.as_floats = as_floats(self.order, graph.returned, floats, () if is_body else graph.inputs)
        chooses = spelling.floats and any(op.selects for op in self.scheduler.ops)
        selects = chooses and any(node.op.selects and not node.shape for node in self.order)
        self.divided = divided(self.order, spelling) if selects else set()
        self.written: dict[Node, tuple[tuple[ast.expr, ...], ast.expr]] = {}
        self.variables: dict[str, ast.Name] = {}
        self.conditions: list[Node] = []
        self._inside: dict[tuple[object, ...], Subject] = {}

    def _expressions(self) -> dict[Node, Template]:
        """How nodes are written: of one whose parts are assigned together it is the node, of others each part."""
        several, found = self.scheduler.several, self.templates
        if any(aval.parts for aval in self.scheduler.avals):
            apart = {node for node in found if node.op is ITEM and node.inputs[0] in several}
            apart |= {node for node in found if node.aval.parts and node not in several}
            found = {node: template for node, template in found.items() if node not in apart}
        made = [node for node in self.order if not node.inputs and node.op not in (INPUT, CONSTANT, LENGTH)]
        return {**found, **{node: self.template(node) for node in made if not node.op.is_statement}}

    def template(self, node: Node) -> Template:
        """How `node` is written."""
        user = maker(node)
        found = self._of_rows.get(user.op)
        if found is None:
            found = template_of(self.spelling.template(node), user.op, len(user.inputs))
            if user.op not in self._of_rows and node is user:
                alike = user.op.family == "elementwise" and not any(map(callable, user.op.notation.spell.values()))
                self._of_rows[user.op] = found if alike else None
        return found

    def variable(self, name: str) -> ast.Name:
        """The tree of a variable: one for each name, so that it can be seen that nothing has changed."""
        if name not in self.variables:
            self.variables[name] = ast.Name(name)
        return self.variables[name]

    def inside(self, loop: Loop, *, floats: bool) -> Subject:
        """A step of a loop."""
        body = loop.body
        key = (body, *body.names.items(), loop.is_block, floats)  # equal bodies may have other names
        if key not in self._inside:
            spelling = self.floats if floats else self.spelling if loop.is_block else self.spelling.steps
            assert isinstance(spelling, Spelling)
            conditions = [] if loop.is_block else in_turn(loop.going, spelling.template)
            outputs = (*body.outputs[: len(body.outputs) - loop.asks], *conditions)
            graph = Graph(body.inputs, outputs, names=body.names, forward=outputs, tree=())
            self._inside[key] = Subject(graph, spelling, is_body=True)
            self._inside[key].conditions = conditions
        return self._inside[key]

    def _globals(self) -> set[str]:
        steps = filter(is_spelled, with_insides(node for node in self.order if node.params))
        users = {self.templates.get(node) or self.template(node): node for node in chain(self.templates, steps)}
        found: set[str] = set()
        for template, node in users.items():
            found.update(name for name in template.others if self.spelling.origin(node, name))
            found.update(helper_name(helper) for helper in helpers_of(node))
        return found


def operands_by_name(node: Node) -> Sequence[Node]:
    """The operands that the lines of a body read, which must therefore have a name: all but what is carried."""
    loop = Loop.of(node)
    return [x for x in (*loop.sliced, *loop.fixed) if x.inputs or x.op is ITEM]
