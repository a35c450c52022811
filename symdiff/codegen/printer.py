"""Prints a plan as the source of one function, from Python syntax trees."""

from __future__ import annotations

import ast
from cmath import isfinite
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from symdiff.codegen import literal
from symdiff.codegen.blocks import BLOCKS
from symdiff.codegen.choices import choice_lines
from symdiff.codegen.comments import comment
from symdiff.codegen.float_loops import handed_on, is_float, is_harmed, told
from symdiff.codegen.guards import Guards
from symdiff.codegen.in_place import add_in_place, in_place_lines, update
from symdiff.codegen.lengths import definitions, given_and_counted, is_count
from symdiff.codegen.lines import Line, defaults, layout, read_at_once
from symdiff.codegen.long_lines import half_of, what_is_added
from symdiff.codegen.names import Indices, Names, free_name, name_statements
from symdiff.codegen.nested import in_container
from symdiff.codegen.positions import MadeOnce
from symdiff.codegen.printed import Printed
from symdiff.codegen.row_blocks import lines_in_blocks
from symdiff.codegen.spelling import Spelling, helper_name, helpers_of, is_sign
from symdiff.codegen.subject import Subject, Template
from symdiff.codegen.target import Wishes
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, is_counted, length, parse_dim
from symdiff.graph.expression_text import unparse
from symdiff.graph.graph import LARGE, Graph
from symdiff.graph.loop import Loop, counting
from symdiff.graph.node import CONSTANT, INPUT, ITEM, LENGTH, Node, maker, shares_memory
from symdiff.graph.template import fill, parse_template
from symdiff.graph.walk import without_collector
from symdiff.schedule.branches import Choice, Item
from symdiff.schedule.buffers import find_buffers
from symdiff.schedule.into import Into, written_into
from symdiff.schedule.memory import Variables
from symdiff.schedule.plan import Plan
from symdiff.schedule.renewed import begun, renewed
from symdiff.schedule.rows import Block, Part, Rows, find_reuse
from symdiff.schedule.statement import Statement

HOISTED = 1  # constants with more elements are made once, beside the function
NOTHING = ast.Constant(None)  # what has no expression


def print_function(graph: Graph, spelling: Spelling, options: Wishes) -> Printed:
    """The function that computes `graph`, lowered and polished, spelled for a target that has all of its nodes."""
    known = options.scheduler
    serves = known is not None and known.serves(graph, branching=spelling.branches)
    with without_collector():
        subject = Subject(graph, spelling, known if serves else None)
        atoms: set[Node] = set()
        while True:
            printer = _Printer(subject, graph, options, atoms)
            more = printer.too_long() - atoms if len(printer.order) <= LARGE else set()
            if not more:
                printed = printer.run()  # with the steps of loops, whose lines may be too long as well
                more = printer.too_long() - atoms if printer.bodies else set()
                if not more:
                    return printed
            atoms |= more


class _Printer:
    """The printer of a function; with `around`, of a step of a loop in it, whose inputs are written as `given`."""

    def __init__(
        self,
        subject: Subject,
        graph: Graph,
        options: Wishes,
        extra: set[Node],
        around: _Printer | None = None,
        loop: Loop | None = None,
        given: Mapping[Node, ast.expr] | None = None,
    ) -> None:
        self.subject, self.graph, self.options, self.extra = subject, graph, options, extra
        self.spelling, self.order, self.lists = subject.spelling, subject.order, subject.spelling.lists
        self.floats, self.as_floats, self.uses = subject.floats, subject.as_floats, subject.uses
        if around is None:
            arguments = [node.name or "" for node in graph.inputs]
            self.names = Names([graph.name, *options.taken, *arguments])
            self.printed, self.indices = Printed(graph.name, arguments), Indices(self.names)
            self.lengths: dict[str, str] = {}
            self.counts: set[str] = set()  # variables that are no negative integers
            self.given: Mapping[Node, ast.expr] = {x: subject.variable(x.name) for x in graph.inputs if x.name}
            self.made_once: MadeOnce = MadeOnce(self.printed, self.names.new, self._reach, options.largest)
        else:
            self.names, self.printed, self.lengths = around.names, around.printed, around.lengths
            self.counts, self.indices, self.made_once = around.counts, around.indices, around.made_once
            self.given = given or {}
            self.as_floats = subject.as_floats | told(loop, around.as_floats)
        self.handed_on = handed_on(graph.returned, loop)
        self.bodies: list[_Printer] = []
        self.keeps: dict[Node, list[str]] = {}  # in a step, where its outputs are to be written
        self.quiet: bool = around is not None and (around.quiet or around.spelling is not self.spelling)
        self.trees: dict[Node, ast.expr] = {}
        self.definitions: dict[Node, ast.expr] = {}
        self.others: dict[Template, dict[str, ast.expr]] = {}  # how the names of imports and helpers are written here
        self.names.reserve(subject.globals)
        text = self.spelling.template
        self.rows = Rows(self.order, text) if around is None and self.spelling.in_blocks else None
        wanted = subject.atoms.union(extra, self.rows.atoms(graph.outputs) if self.rows is not None else ())
        self.plan: Plan = subject.scheduler.plan(wanted)
        renews = loop if loop is None or self.spelling.blocks is None or not loop.left else None  # else read at the end
        self.buffers = find_buffers(self.plan, renews)
        if self.buffers.before:
            self.plan = subject.scheduler.plan(wanted | self.buffers.before)
            self.buffers = find_buffers(self.plan, renews)
        named = {x: tree.id for x, tree in self.given.items() if isinstance(tree, ast.Name)}
        self.begun = begun(self.plan, loop)
        self.into: Mapping[Node, Into] = {} if self.spelling.blocks else written_into(self.plan, self.buffers)
        anew = {} if renews is None else renewed(self.plan, renews, self.buffers, self.begun)
        named |= {y: named[h] for y, h in anew.items() if h in named}
        in_blocks = self.rows is not None and not self.buffers.taken and not self.into
        self.parts: Sequence[Part] = self.rows.parts(self.plan) if self.rows is not None and in_blocks else ()
        busy = self.buffers.overwritten.union(self.buffers.taken, self.into, [into.node for into in self.into.values()])
        self.reuse = find_reuse(self.plan, self.parts, busy) if around is None and not self.begun else None
        self.updated, self.counted_up = set[Node](), set[Node]()  # what += may make of numbers that a step carries
        self.local = name_statements(self.plan, self.names, named, self.buffers, self.begun, self.reuse)

    def run(self) -> Printed:
        body = read_at_once(list(self._body()), self.graph.inputs if self.spelling.floats else ())
        given, counts = given_and_counted(self.graph.inputs, self.lengths)
        numbers = (x for x in self.graph.inputs if x in self.as_floats)
        floats = [Line(f"{x.name} = {unparse(self.call('float', self.trees[x]))}") for x in numbers]
        lines = layout([*definitions(self.graph.inputs, given), *floats, *defaults(counts, body), *body])
        self.printed.plan, self.printed.scheduler = self.plan, self.subject.scheduler
        if not any(isinstance(part, Block) for part in self.parts):
            self.printed.variables = Variables(self.local, self.updated)
        self.printed.lines = self.spelling.body(lines, self.printed.arguments, self._reach)
        self.made_once.drop_unread(self.printed.lines)
        return self.printed

    def too_long(self) -> set[Node]:
        """The parts of lines that are too long that had better have a name."""
        self._write_trees()
        found = {part for body in self.bodies for part in body.too_long()}
        selections = self.plan.branches.keys
        roots = [s.node for s in self.plan.statements if not s.in_place and s.node not in selections]
        roots += [side for node in selections for side in node.inputs[1:] if side not in self.local]
        roots += [node for node in self.graph.outputs if node not in self.local]
        roots += [term for s in self.plan.statements for term in s.terms if term not in self.local]
        found |= {part for node in roots for part in half_of(self, node)}
        added = [(part, add_in_place(self, self.local[s.node], part)) for s in self.plan.statements for part in s.parts]
        return found | {x for part, line in added for x in what_is_added(self, part, line)}

    # -------------------------------------------------------------------------------------------------- expressions

    def _write_trees(self) -> None:
        if self.trees:
            return
        self.printed.raises |= self.subject.raises and not self.quiet  # see float_loops
        expressions, given, variable = self.subject.expressions, self.given, self.subject.variable
        local, trees, definitions = self.local, self.trees, self.definitions
        for node in self.order:
            template = expressions.get(node)
            if template is not None and node not in given:
                definitions[node] = self._spell(node, template)
            else:
                self._define(node)
            name = local.get(node)
            trees[node] = variable(name) if name else definitions.get(node, NOTHING)

    def _define(self, node: Node) -> None:
        """What computes a node that is no expression over operands, if anything does."""
        if node in self.given:
            self.definitions[node] = self.given[node]
        elif node.op is ITEM and node.inputs[0] in self.definitions:  # of several that are assigned together
            self.definitions[node] = self.definitions[node.inputs[0]]
        elif node.op is LENGTH:
            self.definitions[node] = self.length(str(node.params[0][1]))
        elif node.op is CONSTANT:
            self.definitions[node] = self._constant(node)

    def _spell(self, node: Node, template: Template) -> ast.expr:
        """The expression of a node: as it was written before, if its operands are."""
        user, trees, written = maker(node), self.trees, self.subject.written
        others = self.others.get(template)
        if others is None:
            others = self.others[template] = {name: self._other(user, name) for name in template.others}
        inputs = tuple(map(trees.__getitem__, user.inputs))
        if (before := written.get(node)) is not None and before[0] == inputs:
            return before[1]
        operands = others.copy()
        for name, k in template.operands:
            x = user.inputs[k]
            plain = x.op is not CONSTANT and not user.op.selects
            operands[name] = trees[x] if plain else self.operand(x, user, template.tree)
        tree = template.tree if template.is_fixed else self.made_once.within(template.tree)
        filled = fill(tree, operands, self.length)
        if template.is_fixed and not user.op.selects:
            written[node] = inputs, filled
        return filled

    def _other(self, node: Node, name: str) -> ast.expr:
        """A name in the template of `node` that stands for no operand."""
        helper = next((helper for helper in helpers_of(node) if helper.__name__ == name), None)
        return ast.Name(self._global(node, name) if helper is None else self._helper(helper))

    def _global(self, node: Node, name: str) -> str:
        if name == "np" or name in self.spelling.modules:
            return self._reach(name)
        module = self.spelling.origin(node, name)
        if not module:
            return self.builtin(name)
        here = self.names.module_level(self.spelling.alias(module, name))
        self.printed.imports.setdefault(module, {})[name] = here
        return here

    def builtin(self, name: str) -> str:
        """A built-in such as float, imported under another name where an input is called so."""
        here = self.names.module_level(name)
        if here != name:
            self.printed.imports.setdefault("builtins", {})[name] = here
        return here

    def _reach(self, path: str) -> str:
        """``np.inf`` as it is spelled here."""
        if path in ("np.inf", "np.nan") and self.spelling.constants:
            name = path[3:]
            here = self.names.module_level(name)
            self.printed.imports.setdefault(self.spelling.constants, {})[name] = here
            return here
        first, _, rest = self.spelling.reached(path).partition(".")
        module, own = self.spelling.arrays if first == "np" else (self.spelling.modules[first], first)
        here = self.printed.imports.setdefault(module, {})[module] = self.names.module_level(own)
        return ".".join([here, *[rest] * bool(rest)])

    def _helper(self, helper: Callable[..., Any]) -> str:
        name, known = helper_name(helper), self.printed.helpers
        is_taken = name in known.values() and helper not in known  # two functions of the user's may be called alike
        return known.setdefault(helper, (self.names.new if is_taken else self.names.module_level)(name))

    def operand(self, x: Node, user: Node, template: ast.expr) -> ast.expr:
        constant = x.literal
        if user.op.selects and x is not user.inputs[0]:
            return self.side(x, user)
        if constant is None or x in self.local or x.shape:
            return self.trees[x]
        beside_float = any(o.aval.inexact for o in user.inputs if o is not x)
        plain = constant.weak or self._is_plain(constant.value)
        divided = isinstance(template, ast.BinOp) and isinstance(template.op, ast.Div)
        if plain and x.aval.kind == "f" and is_sign(template) and (beside_float or divided):
            return literal.readable(literal.short(constant.value.item()), self._reach)
        return self.trees[x]

    def side(self, x: Node, selection: Node) -> ast.expr:
        """What a selection takes: a zero that something is divided by is NumPy's, which gives infinity."""
        constant = x.literal
        is_zero = constant is not None and x.aval == Aval("float64") and not constant.value
        if is_zero and selection in self.subject.divided:
            return self.call("np.float64", self.trees[x])
        return self.trees[x]

    def _constant(self, node: Node) -> ast.expr:
        value = node.literal
        assert value is not None
        if value.weak or (value.value.ndim == 0 and self._is_plain(value.value)):
            number = value.value.item()
            if not isfinite(number):
                return literal.number_source(number, self._reach)
            known = self.subject.written
            return (known.get(node) or known.setdefault(node, ((), literal.readable(number, self._reach))))[1]
        if value.value.size <= HOISTED:
            return literal.array(value, self._reach, self.spelling.typed)
        return self.made_once.array(value, self.graph.names.get(node) or f"_{self.printed.name}_c")

    def _is_plain(self, value: np.ndarray) -> bool:
        """Whether a Python number does for a typed scalar: nothing in the graph is narrower than float64."""
        return value.dtype.kind == "b" or (value.dtype == np.float64 and self.subject.wide)

    def length(self, text: str) -> ast.expr:
        dim = parse_dim(text)
        assert isinstance(dim, Length)
        for name in sorted(dim.names()):
            if name not in self.lengths:
                self.lengths[name] = self.names.new("steps" if is_counted(length(name)) else name)
        tree = parse_template(str(dim))
        return fill(tree, {name: ast.Name(here) for name, here in self.lengths.items()}, self.length)

    # --------------------------------------------------------------------------------------------------- statements

    def _body(self) -> Iterator[Line]:
        yield from self.statements()
        yield from self._return()

    def statements(
        self, first: Collection[Node] | None = None, *, rest: bool = False, done: Collection[Node] = ()
    ) -> list[Line]:
        """The lines that compute what has a name; only those that `first` needs and `done` not, or only the rest."""
        return list(self._statements(self.plan.items if first is None else self.plan.parts(first, done)[rest]))

    def _statements(self, chosen: Sequence[Item]) -> Iterator[Line]:
        self._write_trees()
        sections = [item.backward for item in self.plan.items]
        apart = sections == sorted(sections) and sections[:1] != sections[-1:]  # forward lines, then backward lines
        if self.spelling.forward and apart:
            yield Line(self.spelling.forward)
        previous = False
        guards = Guards(self, self.graph)
        yield from guards.ready(())
        if self.rows is not None and any(isinstance(part, Block) for part in self.parts):
            yield from lines_in_blocks(self, self.parts, self.rows.total, guards)
            return
        for item in chosen:
            if item.backward and not previous and apart:
                yield Line("# backward")
            previous = item.backward
            yield from choice_lines(self, item, self.assign) if isinstance(item, Choice) else self.assign(item)
            yield from guards.ready(item.nodes)

    def assign(self, statement: Statement) -> Iterator[Line]:
        node = statement.node
        if node.op.block:
            yield from (self.spelling.blocks or BLOCKS)[node.op.block](self, statement)
            return
        if statement.results:
            unused = free_name("_", self.printed.arguments)
            targets = ", ".join(unused if x is None else self.local[x] for x in statement.results)
            types = ", ".join(map(self.type_of, statement.nodes))
            call = f"{targets} = {unparse(self.definitions[node])}"
            self.printed.code.update(dict.fromkeys(statement.nodes, call))
            yield Line(call, types)
            return
        name, remark = self.local[node], self.comment(node, statement.backward)
        if not statement.in_place:
            is_number = node in self.as_floats and not is_float(node, self.as_floats)
            tree = self.call("float", self.definitions[node]) if is_number else self.definitions[node]
            self.printed.code[node] = self._assignment(node, tree)
            counts = not node.shape and node.aval.kind in "iu"  # of loops that are no lines, such as slices
            self.counts.update([name] if counts and is_count(tree, self.counts) else ())
            counts |= counting(node) is not None  # of which loops say the elements by the number of the step
            yield Line(self.printed.code[node], remark, unless_read=name if counts else "")
            return
        if all(node is not into.node for into in self.into.values()):  # else the steps of a loop have done it
            yield from in_place_lines(self, statement, remark)

    def _assignment(self, node: Node, tree: ast.expr) -> str:
        """``d_x = …``, or ``d_x *= …`` where the array that is there is not needed any more."""
        name = self.local[node]
        base = next((x for x in node.inputs if self.local.get(x) == name), None)
        reused = base is not None and self.reuse is not None and self.reuse.updated(node, base)
        updated = update(tree, name) if reused or node in self.counted_up else None
        if updated is not None:
            self.updated.add(node)
        return updated or f"{name} = {unparse(tree)}"

    # ------------------------------------------------------------------------------------------------------- blocks

    def inside(self, loop: Loop, given: Mapping[Node, ast.expr], *, floats: bool) -> _Printer:
        """The printer of a step of a loop in this function."""
        subject = self.subject.inside(loop, floats=floats)
        step = None if loop.is_block else loop
        self.bodies.append(_Printer(subject, subject.graph, self.options, self.extra, self, step, given))
        return self.bodies[-1]

    def new_name(self, wanted: str) -> str:
        """A name that is free in the function."""
        return self.names.new(wanted)

    def name_of(self, path: str) -> ast.Name:
        """NumPy, as it is called here."""
        return ast.Name(self._reach(path))

    def dim(self, n: Dim) -> str:
        """A length as an expression."""
        return str(n) if isinstance(n, int) else unparse(self.length(str(n)))

    def needs_numpy(self, node: Node) -> bool:
        """Whether a number must be one of NumPy's for what reads it."""
        return self.floats is None or node in self.handed_on or is_harmed(node, self.uses, self.floats)

    def call(self, path: str, *arguments: ast.expr) -> ast.Call:
        """A call of a function of NumPy's, or of Python's."""
        copy = self.spelling.copied(arguments[0], self.name_of) if path == "np.array" else None
        return copy or ast.Call(ast.Name(self._reach(path) if "." in path else self.builtin(path)), [*arguments], [])

    def comment(self, node: Node, backward: bool) -> str:
        """What stands behind a line that computes `node`: its type, and what a backward line comes from."""
        return comment(self, node, self.graph.notes.origins.get(node) if backward else None)

    def type_of(self, node: Node) -> str:
        """What stands behind a line that computes `node`."""
        text = self.spelling.type_comment(node)
        counted = [n for n in node.shape if isinstance(n, Length) and is_counted(n)] if text else ()
        for name in {name for n in counted for name in n.names()}:
            text = text.replace(name, self.lengths.get(name, "steps"))
        return text

    def is_fresh(self, node: Node) -> bool:
        """Whether evaluating the expression of `node` makes a new array that nobody else holds."""
        return node not in self.local and bool(node.inputs) and not shares_memory(node) and node.ndim > 0

    def _return(self) -> Iterator[Line]:
        returned = [*enumerate(self.graph.returned)]
        first = {node: k for k, node in reversed(returned)}
        results = [self._result(node, first=first[node] == k) for k, node in returned]
        tree = self.graph.tree
        remark = ""
        if isinstance(tree, int):
            code = unparse(results[tree])
            if self.graph.outputs[tree] not in self.local:
                remark = self.comment(self.graph.outputs[tree], backward=False)
        elif isinstance(tree, tuple) and tree:
            parts = [in_container(part, results) for part in tree]
            code = ", ".join(parts) + "," * (len(parts) == 1)
        else:
            code = in_container(tree, results)
        self.printed.code |= {node: f"return {code}" for node in self.graph.returned if node not in self.printed.code}
        yield Line(f"return {code}", remark)

    def _result(self, node: Node, first: bool) -> ast.expr:
        tree = self.trees[node]
        if converted := self.spelling.converted(node):
            return ast.Call(ast.Name(self.builtin(converted)), [tree], [])
        if node.op.copy and not first:
            return ast.Call(ast.Attribute(tree, node.op.copy), [], [])
        if not self.options.fresh or not node.shape:
            return tree
        if shares_memory(node) and not (first and self.is_new(node)):
            return self._copy_of_view(node, tree)
        if node.op in (INPUT, CONSTANT) or not first:
            return self.call("np.copy", tree)
        return tree

    def _copy_of_view(self, node: Node, tree: ast.expr) -> ast.expr:
        root = node
        while root.op.view and root.inputs:
            root = root.inputs[0]
        if root.inputs and not shares_memory(root) and root not in self.graph.outputs and node.op.view:
            return self.call("np.ascontiguousarray", tree)  # a view of an array that is ours
        call = ast.Call(ast.Name(self._reach("np.array")), [tree], [])
        if node.ndim > 1:
            call.keywords.append(ast.keyword("order", ast.Constant("C")))
        return call

    def is_new(self, node: Node) -> bool:
        """Whether the expression of `node` makes an array: np.ones, np.full."""
        if node.op.selects:
            return self.plan.branches.is_new(node)
        text = unparse(self.definitions[node])
        here = self.names.module_level(self.spelling.arrays[1])
        return text.startswith(tuple(f"{here}.{name}(" for name in ("zeros", "ones", "full")))
