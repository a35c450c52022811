"""Laws of the mirror, on graphs drawn at random: what every picture keeps to, whatever it shows."""

from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from random_graphs import build, kinds, programs, slow, with_gradient

import symdiff as sd
from symdiff.codegen.targets.numpy import NUMPY
from symdiff.graph.walk import toposort
from symdiff.program.pipeline import compile_graph
from symdiff.render.cells import climbs, make_cells, set_rows
from symdiff.render.fonts import text_width
from symdiff.render.groups import find_groups
from symdiff.render.labels import is_text
from symdiff.render.layout import SIZE, layout
from symdiff.render.scene import LARGE, MANY, REACH, Look, make_scene

law = settings(slow, max_examples=60)
stages = st.sampled_from([None, "simplify"])


def graph_at(program, arrays, stage):
    graph = with_gradient(*build(program, arrays))
    graph = graph.with_(wrt=graph.inputs)
    return graph if stage is None else compile_graph(graph, NUMPY, until=stage)


def picture_of(program, arrays, stage, **look):
    graph = graph_at(program, arrays, stage)
    return graph, layout(make_scene(graph, Look(**look)))


def along(piece, steps=24):
    """Points of a line or a cubic."""
    for k in range(steps + 1):
        t = k / steps
        if len(piece) == 2:
            (x1, y1), (x2, y2) = piece
            yield x1 + t * (x2 - x1), y1 + t * (y2 - y1)
        else:
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            yield tuple(sum(w * p[axis] for w, p in zip(weights, piece, strict=True)) for axis in (0, 1))


def inside(box, point, margin=0.0):
    x, y = point
    return box.x - margin < x < box.x + box.width + margin and box.y - margin < y < box.y + box.height + margin


@law
@given(programs, kinds, stages)
def test_no_two_boxes_overlap(program, arrays, stage):
    _, picture = picture_of(program, arrays, stage, shapes=True)
    for a, b in combinations(picture.boxes, 2):
        apart_x = max(a.x, b.x) - min(a.x + a.width, b.x + b.width)
        apart_y = max(a.y, b.y) - min(a.y + a.height, b.y + b.height)
        assert max(apart_x, apart_y) >= 6, (a.part.lines, b.part.lines)


@law
@given(programs, kinds, stages)
def test_boxes_and_wires_stay_on_the_paper(program, arrays, stage):
    _, picture = picture_of(program, arrays, stage)
    for box in picture.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= picture.width
        assert box.y + box.height <= picture.height
    for edge in picture.edges:
        for piece in edge.pieces:
            assert all(0 <= x <= picture.width and 0 <= y <= picture.height for x, y in along(piece))


@law
@given(programs, kinds, stages)
def test_forward_stands_left_of_the_derivative(program, arrays, stage):
    _, picture = picture_of(program, arrays, stage)
    left = [box.x + box.width for box in picture.boxes if not box.part.derivative]
    right = [box.x for box in picture.boxes if box.part.derivative]
    assert not left or not right or max(left) < min(right)


@law
@given(programs, kinds, stages)
def test_forward_runs_down(program, arrays, stage):
    graph = graph_at(program, arrays, stage)
    cells = make_cells(graph)
    set_rows(cells)
    for cell in cells:
        if not cell.derivative:
            assert all(x.row < cell.row for x in cell.sources)


@law
@given(programs, kinds, stages)
def test_a_derivative_stands_at_the_height_of_what_it_differentiates(program, arrays, stage):
    """A whole cotangent exactly beside its node."""
    graph, picture = picture_of(program, arrays, stage)
    boxes = {node: box for box in picture.boxes for node in box.part.nodes}
    for box in picture.boxes:
        if box.part.whole and box.part.anchor is not None:
            assert box.centre[1] == pytest.approx(picture.boxes[box.part.anchor].centre[1], abs=0.11)
    for node, of in graph.notes.cotangents.items():
        still_forward = of in boxes and not boxes[of].part.derivative  # what only the derivative needs stands with it
        if node in boxes and still_forward and boxes[node].part.derivative:
            assert boxes[node].part.anchor == boxes[of].part.key
            others = [n for n, o in graph.notes.cotangents.items() if o is of and n is not node and n in boxes]
            assert boxes[node].part.whole or others
    for cell in make_cells(graph):
        assert cell.anchor is None or cell.band == cell.anchor.band


def flowing(cells):
    """The arrows that keep to a direction, from top to bottom: forward ones, and derivatives that climb."""
    for cell in cells:
        for x in cell.sources:
            if not cell.derivative:
                yield x, cell
            elif x.derivative and climbs(x, cell):
                yield cell, x


@law
@given(programs, kinds, stages, st.booleans())
def test_no_row_can_be_taken_out(program, arrays, stage, fold):
    """No stretch is emptier than the arrows ask for: each step down is the length of one that can be no shorter."""
    graph = graph_at(program, arrays, stage)
    cells = make_cells(graph, find_groups(graph) if fold else None)
    set_rows(cells)
    arrows = list(flowing(cells))
    assert all(upper.row < lower.row for upper, lower in arrows)
    needed = {upper.row for upper, lower in arrows if lower.row == upper.row + 1}
    assert set(range(max(cell.row for cell in cells))) <= needed


@law
@given(programs, kinds, stages)
def test_a_target_has_its_derivative_beside_it(program, arrays, stage):
    graph, picture = picture_of(program, arrays, stage)
    boxes = {node: box for box in picture.boxes for node in box.part.nodes}
    for target in graph.notes.wrt:
        beside = [b for b in picture.boxes if b.part.anchor == boxes[target].part.key and b.part.output]
        assert [b.centre[1] for b in beside] == pytest.approx([boxes[target].centre[1]], abs=0.11)


@law
@given(programs, kinds, stages)
def test_every_edge_is_drawn_or_written(program, arrays, stage):
    graph, picture = picture_of(program, arrays, stage)
    parts = {node: part for part in picture.scene.parts for node in part.nodes}
    drawn = {(wire.source, wire.target) for wire in picture.scene.wires}
    assert len(picture.edges) == len(picture.scene.wires) == len(drawn)
    readers = {}
    for node in toposort(graph.outputs):
        assert is_text(node) or node in parts
        for x in node.inputs:
            if is_text(x) or is_text(node):
                continue
            key, reader = parts[x].key, parts[node]
            readers.setdefault(key, set()).add(reader.key)
            assert ((key, reader.key) in drawn) != (key in reader.labels)
            if key in reader.labels:
                assert abs(parts[x].row - reader.row) > REACH or parts[x].kind == "input"
    for source, target in drawn:
        assert target in readers.get(source, ()) or picture.scene.parts[target].output
    for part in picture.scene.parts:
        for key in part.labels:
            far = abs(picture.scene.parts[key].row - part.row) > REACH
            assert far or len(readers[key]) + 5 > MANY
            if part.nodes:
                name = picture.scene.parts[key].name
                sign = part.lines[0][1]
                assert name in sign or "…" in sign


@law
@given(programs, kinds, stages)
def test_wires_end_at_their_boxes(program, arrays, stage):
    _, picture = picture_of(program, arrays, stage)
    for edge in picture.edges:
        source, target = picture.boxes[edge.wire.source], picture.boxes[edge.wire.target]
        for box, point in ((source, edge.pieces[0][0]), (target, edge.pieces[-1][-1])):
            assert inside(box, point, 0.2)
            assert not inside(box, point, -0.2)
        for piece, following in pairwise(edge.pieces):
            assert piece[-1] == following[0]


@law
@given(programs, kinds, stages)
def test_no_wire_runs_through_a_box(program, arrays, stage):
    _, picture = picture_of(program, arrays, stage)
    for edge in picture.edges:
        for piece in edge.pieces:
            for point in along(piece):
                for box in picture.boxes:
                    own = box.part.key in (edge.wire.source, edge.wire.target)
                    assert not inside(box, point, -0.3 if own else 0.0), (edge.wire, box.part.lines)


@law
@given(programs, kinds, stages)
def test_text_fits_into_its_box(program, arrays, stage):
    _, picture = picture_of(program, arrays, stage, shapes=True, gates=True)
    for box in picture.boxes:
        assert box.part.lines
        for role, text in box.part.lines:
            assert text_width(text, SIZE[role], bold=role == "sign") <= box.width - 16
        assert sum(SIZE[role] for role, _ in box.part.lines) < box.height


@law
@given(programs, kinds, stages)
def test_a_folded_picture_keeps_every_edge_between_groups(program, arrays, stage):
    graph = graph_at(program, arrays, stage)
    scene = make_scene(graph, Look(fold=True))
    part_of = {node: part for part in scene.parts for node in part.nodes}
    shown = {(wire.source, wire.target) for wire in scene.wires}
    for node in toposort(graph.outputs):
        for x in node.inputs:
            if x in part_of and node in part_of and part_of[x] is not part_of[node]:
                reader = part_of[node]
                assert (part_of[x].key, reader.key) in shown or part_of[x].key in reader.labels
    cells = make_cells(graph, find_groups(graph))
    set_rows(cells)
    assert all(x.row < cell.row for cell in cells if not cell.derivative for x in cell.sources)


@law
@given(programs, kinds, stages)
def test_the_same_graph_gives_the_same_picture(program, arrays, stage):
    first, second = (picture_of(program, arrays, stage)[1] for _ in range(2))
    assert [(b.x, b.y, b.width, b.part.lines) for b in first.boxes] == [
        (b.x, b.y, b.width, b.part.lines) for b in second.boxes
    ]
    assert [e.pieces for e in first.edges] == [e.pieces for e in second.edges]


# ------------------------------------------------------------------------------------------------------- large graphs


def deep(layers):
    lines = [f"h{k} = tanh(W{k} @ h{k - 1} + b{k})" for k in range(1, layers + 1)]
    shapes = {f"W{k}": "n n" for k in range(1, layers + 1)} | {f"b{k}": "n" for k in range(1, layers + 1)}
    return sd.value_and_grad("\n".join([*lines, f"sum(h{layers}**2)"]), wrt=tuple(shapes), h0="n", **shapes)


def test_large_graphs_fold_by_themselves_and_say_so():
    graph = deep(100).graph
    scene = make_scene(graph, Look())
    total = len(make_scene(graph, Look(fold=False)).parts)
    assert total > LARGE > len(scene.parts)
    assert scene.note == f"{total} nodes, {len(scene.parts)} shown"
    assert sum(part.group for part in scene.parts) > 20
    inside_groups = [node for part in scene.parts for node in part.nodes]
    assert len(inside_groups) == len(set(inside_groups)) == total


def test_repetitions_fold_without_names():
    x, y = sd.var("x"), sd.var("y")
    z = x
    for _ in range(120):
        z = np.tanh(np.sin(z) * y)
    scene = make_scene(sd.grad(z, "x").graph, Look(fold=True))
    titles = [part.name for part in scene.parts if part.group and not part.derivative]
    assert titles[0].startswith("repeat 1/")
    sizes = {sum(bool(node.inputs) for node in part.nodes) for part in scene.parts if part.name in titles[:-1]}
    assert len(sizes) == 1


def test_a_graph_far_deeper_than_the_recursion_limit():
    z = sd.var("x")
    for _ in range(5000):
        z = np.sin(z)
    scene = make_scene(sd.function(z).graph, Look())
    assert 3 <= len(scene.parts) <= LARGE
    assert layout(scene).height > 0


@pytest.mark.parametrize("count", [3, 7, 24])
def test_many_arguments_of_one_box_do_not_stand_in_one_row(count):
    """Layers in a list are stacked for a loop: the picture of many was a line of boxes."""
    names = [f"w{k}" for k in range(count)]
    f = sd.grad(sd.function(f"sum(tanh(stack([{', '.join(names)}])))", **dict.fromkeys(names, "n")), names)
    picture = layout(make_scene(f.graph, Look()))
    for derivative in (False, True):
        abreast = Counter(box.part.row for box in picture.boxes if box.part.derivative is derivative)
        assert max(abreast.values()) <= 7, abreast
