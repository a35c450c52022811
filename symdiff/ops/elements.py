"""The elements of rows that move or gather numbers, as text: see `symdiff.graph.element`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from symdiff.graph.dims import Dim, Length, Shape, size
from symdiff.graph.element import Element, Elements
from symdiff.graph.node import Literal, Node
from symdiff.ops.axes import Axes, length_template
from symdiff.ops.index import Hole, Index, Run, Slice, axes_before, indexed_shape, is_slice, joint_axes

Rule = Callable[[Node], Elements]


def read(operand: str, indices: Sequence[str]) -> str:
    """``a[i0, i1]``; a number is read by its name.

    >>> read("a", ["i0", "0"]), read("b", [])
    ('a[i0, 0]', 'b')
    """
    return f"{operand}[{', '.join(indices)}]" if indices else operand


def _counters(n: int, letter: str = "i") -> list[str]:
    return [f"{letter}{k}" for k in range(n)]


def same(node: Node) -> Elements:
    """The same elements."""
    return (Element(read("a", _counters(node.ndim))),)


def converted(node: Node) -> Elements:
    """The same elements as numbers of another kind."""
    return (Element(f"{node.dtype.name}({read('a', _counters(node.ndim))})"),)


def permuted(node: Node) -> Elements:
    """The axes in their order."""
    axes: Axes = node.kwargs["axes"]
    return (Element(read("a", [f"i{axes.index(k)}" for k in range(len(axes))])),)


def expanded(node: Node) -> Elements:
    """Without the new axes."""
    return (Element(read("a", [f"i{k}" for k in range(node.ndim) if k not in node.kwargs["axis"]])),)


def squeezed(node: Node) -> Elements:
    """The first elements of the axes that go."""
    axis: Axes = node.kwargs["axis"]
    left = iter(_counters(node.ndim))
    return (Element(read("a", ["0" if k in axis else next(left) for k in range(node.inputs[0].ndim)])),)


def broadcast(node: Node) -> Elements:
    """Axes of length 1 stand still."""
    x = node.inputs[0]
    lead = node.ndim - x.ndim
    return (Element(read("a", ["0" if n == 1 else f"i{k + lead}" for k, n in enumerate(x.shape)])),)


def reshaped(node: Node) -> Elements:
    """Axes of length 1 come and go; all else is counted in C order."""
    x = node.inputs[0]
    long = [f"i{k}" for k, n in enumerate(node.shape) if n != 1]
    if [n for n in node.shape if n != 1] == [n for n in x.shape if n != 1]:
        left = iter(long)
        return (Element(read("a", ["0" if n == 1 else next(left) for n in x.shape])),)
    return (Element(f"flat(a, {flat_position(_counters(node.ndim), node.shape)})"),)


def flat_position(indices: Sequence[str], shape: Shape) -> str:
    """Where an element lies in C order.

    >>> flat_position(["i0", "i1"], (2, 3))
    'i0 * 3 + i1'
    """
    text = ""
    for index, n in zip(indices, shape, strict=True):
        here = f"({index})" if " " in index else index
        outer = f"({text})" if " + " in text else text
        text = f"{outer} * {length_template(n)} + {here}" if text else here
    return text or "0"


def flipped(node: Node) -> Elements:
    """Counted from the end."""
    axis: Axes = node.kwargs["axis"]
    last = [length_template(n - 1) for n in node.shape]
    return (Element(read("a", [f"{last[k]} - i{k}" if k in axis else f"i{k}" for k in range(node.ndim)])),)


def rolled(node: Node) -> Elements:
    """Counted around the end."""
    axis, shift = node.kwargs["axis"], node.kwargs["shift"]
    n = node.shape[axis]
    moved = f"wrap(i{axis} - {shift}, {length_template(n)})"
    return (Element(read("a", [moved if k == axis else f"i{k}" for k in range(node.ndim)])),)


def padded(node: Node) -> Elements:
    """Among zeros."""
    x = node.inputs[0]
    into = tuple(_plus(f"i{k}", before) for k, (before, _) in enumerate(node.kwargs["widths"]))
    return (Element(read("a", _counters(x.ndim)), into=into, shape=x.shape, base="0"),)


def _where(condition: str, text: str) -> Elements:
    return (Element(f"{text} if {condition} else 0"),)


def _plus(index: str, by: Dim) -> str:
    if isinstance(by, int):
        return index if by == 0 else f"{index} + {by}" if by > 0 else f"{index} - {-by}"
    return f"{index} + {length_template(by)}"


def joined(node: Node) -> Elements:
    """One operand after the other."""
    axis: int = node.kwargs["axis"]
    start: Dim = 0
    found = []
    for k, x in enumerate(node.inputs):
        into = tuple(_plus(f"i{m}", start) if m == axis else f"i{m}" for m in range(node.ndim))
        found.append(Element(read(f"x{k}", _counters(x.ndim)), into=into, shape=x.shape))
        start = start + x.shape[axis]
    return tuple(found)


def stacked(node: Node) -> Elements:
    """One operand for each index of the new axis."""
    axis: int = node.kwargs["axis"]
    found = []
    for k, x in enumerate(node.inputs):
        into = _counters(x.ndim)
        into.insert(axis, str(k))
        found.append(Element(read(f"x{k}", _counters(x.ndim)), into=tuple(into), shape=x.shape))
    return tuple(found)


def matrix(node: Node) -> Elements:
    """Number by number, row by row."""
    columns = node.kwargs["shape"][1]
    places = [divmod(k, columns) for k in range(len(node.inputs))]
    return tuple(Element(f"x{k}", into=(str(i), str(j))) for k, (i, j) in enumerate(places))


def triangle(below: bool) -> Rule:
    """Elements on one side of a diagonal, zeros on the other."""

    def rule(node: Node) -> Elements:
        row, column = f"i{node.ndim - 2}", f"i{node.ndim - 1}"
        sign = "<=" if below else ">="
        return _where(f"{column} - {row} {sign} {node.kwargs['k']}", read("a", _counters(node.ndim)))

    return rule


def diag(node: Node) -> Elements:
    """On one diagonal, zeros beside it."""
    k: int = node.kwargs["k"]
    return _where(f"i1 - i0 == {k}", read("a", ["i0" if k >= 0 else "i1"]))


def diagonal(node: Node) -> Elements:
    """Where the last two indices are the same."""
    last = f"i{node.ndim - 1}"
    return (Element(read("a", [*_counters(node.ndim - 1), last, last])),)


def eye(node: Node) -> Elements:
    """1 where both indices are the same."""
    return (Element("1 if i0 == i1 else 0"),)


def counted(node: Node) -> Elements:
    """The index itself."""
    return (Element("i0"),)


def repeated(node: Node) -> Elements:
    """Each element several times."""
    axis, times = node.kwargs["axis"], node.kwargs["repeats"]
    return (Element(read("a", [f"i{k} // {times}" if k == axis else f"i{k}" for k in range(node.ndim)])),)


def tiled(node: Node) -> Elements:
    """Around the end, from the beginning."""
    whole = zip(node.inputs[0].shape, node.kwargs["reps"], strict=True)
    indices = [f"i{k}" if r == 1 else f"i{k} % {length_template(n)}" for k, (n, r) in enumerate(whole)]
    return (Element(read("a", indices)),)


def windows(node: Node) -> Elements:
    """Where a window begins, and how far within it."""
    axis: Axes = node.kwargs["axis"]
    n = node.inputs[0].ndim
    within = {k: f" + i{n + place}" for place, k in enumerate(axis)}
    return (Element(read("a", [f"i{k}{within.get(k, '')}" for k in range(n)])),)


def overlapping(node: Node) -> Elements:
    """Each element of each window where it came from."""
    x, axis = node.inputs[0], node.kwargs["axis"]
    n = x.ndim - len(axis)
    within = {k: f" + i{n + place}" for place, k in enumerate(axis)}
    into = tuple(f"i{k}{within.get(k, '')}" for k in range(n))
    return (Element(read("a", _counters(x.ndim)), into=into, shape=x.shape, base="0", added=True),)


# ------------------------------------------------------------------------------------------------------------ reductions


def reduced(by: str = "+", text: str = "a", finish: str = "") -> Rule:
    """What a reduction with parameters `axis` and `keepdims` makes of the elements along its axes.

    Args:
        by: how they come together.
        text: what comes together, of an element ``a``.
        finish: what becomes of that in the end, where ``n`` is how many there are.
    """

    def rule(node: Node) -> Elements:
        x, axis, keepdims = node.inputs[0], node.kwargs["axis"], node.kwargs["keepdims"]
        left = iter([f"i{k}" for k in range(node.ndim) if not (keepdims and k in axis)])
        along = iter(_counters(len(axis), "k"))
        element = read("a", [next(along) if k in axis else next(left) for k in range(x.ndim)])
        over = tuple(x.shape[k] for k in axis)
        last = re.sub(r"\bn\b", length_template(size(over)), finish)
        return (Element(re.sub(r"\ba\b", element, text), over=over, by=by, finish=last),)

    return rule


def running(text: str, start: str = "0", first: str = "") -> Rule:
    """What comes together along the axis of a row, step by step: `text` is over ``a``, ``b`` and ``y``, what was before.

    The first number is `first`, if there is one: `start` times an infinity is no number.
    """

    def rule(node: Node) -> Elements:
        elements = {name: read(name, _counters(node.ndim)) for name in "ab"}
        known = f"({text}) if i{node.kwargs['axis']} > 0 else {first}" if first else text
        full = re.sub(r"\b[ab]\b", lambda found: elements[found[0]], known)
        return (Element(full, running=node.kwargs["axis"], start=start),)

    return rule


def embedded(node: Node) -> Elements:
    """Each element where all axes of its labels have its index."""
    letters, out = node.kwargs["subscripts"].split("->")
    lengths = dict(zip(out, node.shape, strict=True))
    name = {label: f"i{k}" for k, label in enumerate(lengths)}
    text = read("a", [name[label] for label in letters])
    into = tuple(name[label] for label in out)
    return (Element(text, into=into, shape=tuple(lengths.values()), base="0"),)


def traced(node: Node) -> Elements:
    """What lies on the diagonal, added up."""
    return (Element("a[k0, k0]", over=node.inputs[0].shape[:1]),)


def kronecker(node: Node) -> Elements:
    """Blocks of the second operand, one for each element of the first."""
    b = node.inputs[1]
    outer = [f"i{k} // {length_template(n)}" for k, n in enumerate(b.shape)]
    inner = [f"i{k} % {length_template(n)}" for k, n in enumerate(b.shape)]
    return (Element(f"{read('a', outer)} * {read('b', inner)}"),)


def crossed(node: Node) -> Elements:
    """Products of the two other elements."""
    lead, last = node.ndim - 1, f"i{node.ndim - 1}"

    def at(operand: str, x: Node, step: int) -> str:
        skipped = lead - (x.ndim - 1)
        front = ["0" if n == 1 else f"i{skipped + k}" for k, n in enumerate(x.shape[:-1])]
        return read(operand, [*front, f"({last} + {step}) % 3"])

    (a, b), (x, y) = "ab", node.inputs
    return (Element(f"{at(a, x, 1)} * {at(b, y, 2)} - {at(a, x, 2)} * {at(b, y, 1)}"),)


def contracted(node: Node) -> Elements:
    """Products, added up along the labels that are not in the result."""
    a, b, out = node.kwargs["subscripts"].replace("->", ",").split(",")
    lengths = dict(zip(a + b, (*node.inputs[0].shape, *node.inputs[1].shape), strict=True))
    summed = [label for label in lengths if label not in out]
    name = {label: f"i{k}" for k, label in enumerate(out)} | {label: f"k{k}" for k, label in enumerate(summed)}
    x, y = read("a", [name[c] for c in a]), read("b", [name[c] for c in b])
    return (Element(f"{x} * {y}", over=tuple(lengths[label] for label in summed)),)


# --------------------------------------------------------------------------------------------------------------- indices


def place(
    shape: Shape, index: Index, holes: Sequence[Shape] = (), names: Callable[[int], str] = "x{}".format
) -> tuple[list[str], tuple[Literal, ...]]:
    """Where element ``[i0, i1, …]`` of ``x[index]`` lies in `x`, and the tables of known integers that say so.

    Args:
        shape: of x.
        index: its items, one for each axis.
        holes: the shapes of the operands that are positions, in order.
        names: what operand k is called.
    """
    joint, before = joint_axes(index, tuple(holes)), axes_before(index)
    kept = [k for k, item in enumerate(index) if is_slice(item)]
    first = 0 if before is None else before
    own = [j if j < first else j + joint for j in range(len(kept))]
    axis_of = dict(zip(kept, own, strict=True))
    texts, tables = [], []
    for k, (item, n) in enumerate(zip(index, shape, strict=True)):
        if isinstance(item, Slice):
            texts.append(_in_slice(f"i{axis_of[k]}", item, n))
        elif isinstance(item, Run):
            counter = f"i{axis_of[k]}" if item.step == 1 else f"{item.step} * i{axis_of[k]}"
            texts.append(counter if item.first is None else f"{names(item.first)} + {counter}")
        elif isinstance(item, Hole):
            texts.append(
                f"at({_broadcast(names(item.operand), holes[item.operand - 1], first, joint)}, {length_template(n)})"
            )
        elif isinstance(item, Literal):
            tables.append(item)
            texts.append(
                f"at({_broadcast(f't{len(tables) - 1}', item.value.shape, first, joint)}, {length_template(n)})"
            )
        else:
            texts.append(str(item) if item >= 0 else length_template(n + item))
    return texts, tuple(tables)


def _broadcast(operand: str, shape: Shape, first: int, joint: int) -> str:
    lead = first + joint - len(shape)
    return read(operand, ["0" if n == 1 else f"i{lead + k}" for k, n in enumerate(shape)])


def _in_slice(counter: str, item: Slice, n: Dim) -> str:
    step = item.step or 1
    if isinstance(n, int) and not isinstance(item.start, Length) and not isinstance(item.stop, Length):
        start: Dim = slice(*item).indices(n)[0]
    elif item.start is None:
        start = 0 if step > 0 else n - 1
    else:
        start = n + item.start if isinstance(item.start, int) and item.start < 0 else item.start
    if step == 1:
        return _plus(counter, start)
    if step == -1:
        return f"{length_template(start)} - {counter}"
    return f"{length_template(start)} + {counter} * {step}"


def _positions(node: Node, first: int) -> list[Shape]:
    return [p.shape for p in node.inputs[first:]]


def picked(node: Node) -> Elements:
    """``a[index]``, also with positions that are computed."""
    texts, tables = place(node.inputs[0].shape, node.kwargs["index"], _positions(node, 1))
    return (Element(read("a", texts), tables=tables),)


def put_back(node: Node) -> Elements:
    """The transpose: each element is added where it came from."""
    shape, index, holes = node.kwargs["shape"], node.kwargs["index"], _positions(node, 1)
    texts, tables = place(shape, index, holes)
    part = indexed_shape(shape, index, tuple(holes))
    text = read("a", _counters(len(part)) if node.inputs[0].shape else [])
    return (Element(text, into=tuple(texts), shape=part, base="0", added=True, tables=tables),)


def along(node: Node) -> Elements:
    """One position for each element of the result."""
    axis: int = node.kwargs["axis"]
    at = f"at({read('b', _counters(node.ndim))}, {length_template(node.inputs[0].shape[axis])})"
    return (Element(read("a", [at if k == axis else f"i{k}" for k in range(node.ndim)])),)


def added_along(node: Node) -> Elements:
    """Each element at its position."""
    axis, shape = node.kwargs["axis"], node.inputs[1].shape
    at = f"at({read('b', _counters(len(shape)))}, {length_template(node.kwargs['length'])})"
    into = tuple(at if k == axis else f"i{k}" for k in range(len(shape)))
    text = read("a", _counters(len(shape)) if node.inputs[0].shape else [])
    return (Element(text, into=into, shape=shape, base="0", added=True),)


def put(node: Node, index: Index, first: int) -> Elements:
    """``a`` with ``b`` in the place of ``a[index]``; operands from `first` on are positions."""
    holes = _positions(node, first)
    texts, tables = place(node.shape, index, holes, lambda k: f"x{k + first - 1}")
    part = indexed_shape(node.shape, index, tuple(holes))
    value = node.inputs[1]
    lead = len(part) - value.ndim
    text = read("b", ["0" if n == 1 else f"i{lead + k}" for k, n in enumerate(value.shape)])
    return (Element(text, into=tuple(texts), shape=part, base="a", tables=tables),)


def assigned(node: Node) -> Elements:
    """One array of parts after the other."""
    found = []
    for k, index in enumerate(node.kwargs["indices"], 1):
        texts, tables = place(node.shape, index)
        part, value = indexed_shape(node.shape, index), node.inputs[k]
        lead = len(part) - value.ndim
        text = read(f"x{k}", ["0" if n == 1 else f"i{lead + j}" for j, n in enumerate(value.shape)])
        found.append(Element(text, into=tuple(texts), shape=part, base="a", tables=tables))
    return tuple(found)
