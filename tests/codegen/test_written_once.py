"""What is written again, because lines were cut or for where `math` raises, is as if it had been written afresh."""

import numpy as np
import pytest
from natural import natural_program

import symdiff as sd
from symdiff.codegen.printer import print_function
from symdiff.codegen.subject import Subject
from symdiff.codegen.target import Wishes
from symdiff.codegen.targets.math import MATH
from symdiff.codegen.targets.numpy import FLOATS
from symdiff.schedule.plan import Scheduler, schedule


class Forgetful(dict):
    """Never has what was put there before."""

    def __contains__(self, key):
        return False


def drawn(k):
    """The graph of a random program with its gradient, as it is printed."""
    program = natural_program(np.random.default_rng([23, k]))
    made = sd.value_and_grad(program.function, wrt=tuple(program.point))
    with np.errstate(all="ignore"):
        made(**program.point)
    return made.stages.program


def scalars(n):
    """A chain on numbers whose lines are long, and what it is printed as."""
    x, y = sd.var("the_first_of_two_arguments"), sd.var("the_other_argument")
    v = x
    for k in range(n):
        v = np.sin(x - k) * np.cos(y * v) + np.log(x * (k + 2) + np.exp(y + k))
    return sd.grad(v, wrt=("the_first_of_two_arguments", "the_other_argument")).stages.program


def told(printed):
    """All that a printed function is."""
    tables = (printed.lines, printed.imports, printed.constants, list(printed.arrays), printed.helpers, printed.raises)
    return *tables, list(printed.code.items())


@pytest.mark.parametrize("k", range(25))
def test_what_was_written_before_serves_only_where_it_is_the_same(k, monkeypatch):
    program = drawn(k)
    usual = program.target.print(program.graph)
    begin = Subject.__init__

    def forgetting(self, *args, **kwargs):
        begin(self, *args, **kwargs)
        self.written = Forgetful()

    monkeypatch.setattr(Subject, "__init__", forgetting)
    assert told(usual) == told(program.target.print(program.graph))


def test_long_lines_of_numbers_are_as_if_written_afresh(monkeypatch):
    program = scalars(12)
    usual, seen, begin = program.target.print(program.graph), [], Subject.__init__

    def forgetting(self, *args, **kwargs):
        begin(self, *args, **kwargs)
        self.written = Forgetful()
        seen.append(self)

    monkeypatch.setattr(Subject, "__init__", forgetting)
    assert told(usual) == told(program.target.print(program.graph))
    assert len(seen[0].scheduler.made) > 1  # lines were cut


@pytest.mark.parametrize("n", [1, 4, 12])
def test_a_fallback_that_takes_over_the_plan_is_the_one_that_is_printed_alone(n):
    program = scalars(n)
    first = MATH.print(program.graph)
    other = program.graph.with_(name="other")
    beside = print_function(other, FLOATS, Wishes(scheduler=first.scheduler))
    assert beside.scheduler is first.scheduler
    assert told(beside) == told(FLOATS.print(other))


def test_plans_of_another_graph_are_not_taken_over():
    one, two = scalars(2).graph, scalars(3).graph
    first = MATH.print(one)
    printed = print_function(two, MATH, Wishes(scheduler=first.scheduler))
    assert printed.scheduler is not first.scheduler
    assert told(printed) == told(MATH.print(two))
    renamed = two.with_(names={**two.names, two.outputs[0]: "mine"})
    assert told(print_function(renamed, MATH, Wishes(scheduler=printed.scheduler))) == told(MATH.print(renamed))


@pytest.mark.parametrize("k", range(10))
def test_a_plan_does_not_depend_on_those_that_were_asked_for_before(k):
    graph = drawn(k).graph
    together = Scheduler(graph, branching=True)
    inner = [node for node in together.order if node.inputs and not node.op.is_statement and not node.aval.parts]
    for chosen in ((), inner[::3], inner[::2], inner, ()):
        alone = schedule(graph, chosen, branching=True)
        assert together.plan(chosen).statements == alone.statements
        assert together.plan(chosen).branches.keys == alone.branches.keys


@pytest.mark.parametrize("target", [MATH, FLOATS])
def test_how_a_node_is_spelled_is_asked_once_however_often_lines_are_cut(target, monkeypatch):
    graph, asked = scalars(12).graph, []
    spell = type(target).template

    def counting(self, node):
        asked.append(node)
        return spell(self, node)

    plain = target.print(graph)
    monkeypatch.setattr(type(target), "template", counting)
    printed = target.print(graph)
    assert told(printed) == told(plain)
    assert len(printed.scheduler.made) > 1
    quoted = [node for node in asked if node not in set(printed.scheduler.order)]  # forward lines that are gone
    assert len(asked) - len(quoted) <= len(printed.scheduler.order)
