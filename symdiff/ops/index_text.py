"""How an index is written: between brackets, as a value, behind a formula."""

from __future__ import annotations

from symdiff.graph.node import Literal
from symdiff.ops.axes import length_template
from symdiff.ops.index import Hole, Index, Item, Run, Slice, is_counted

SHORT = 3  # positions in a list that are written out, though they only count


def index_template(index: Index) -> str:
    """How the index is written between brackets; trailing full slices are left out."""
    return ", ".join(map(_item_template, _without_rest(index))) or "()"


def _without_rest(index: Index) -> Index:
    """The index without trailing full slices."""
    while len(index) > 1 and index[-1] == Slice():
        index = index[:-1]
    return index


def index_tuple_template(index: Index) -> str:
    """The index as a value, for functions that take one: ``([0, 2], slice(None))``."""
    index = _without_rest(index)
    if len(index) == 1:
        return _item_template(index[0])
    return f"({', '.join(_as_value(item) for item in index)})"


def _as_value(item: Item) -> str:
    if isinstance(item, Run):
        first, stop, *step = _item_template(item).split(":")
        return f"slice({', '.join([first or 'None', stop or 'None', *step])})"
    if not isinstance(item, Slice):
        return _item_template(item)
    bounds = ["None" if bound is None else length_template(bound) for bound in item[:2]]
    if item.step is not None:
        bounds.append(str(item.step))
    return "slice(None)" if item == Slice() else f"slice({', '.join(bounds)})"


def _item_template(item: Item) -> str:
    if isinstance(item, Slice):
        start, stop = ("" if bound is None else length_template(bound) for bound in item[:2])
        return f"{start}:{stop}" + (f":{item.step}" if item.step is not None else "")
    if isinstance(item, Run):
        first, length = "" if item.first is None else f"x{item.first}", length_template(item.length)
        if item.stop is not None:
            return f"{first}:x{item.stop}:{item.step}"
        return f"{first}:" if item.to_end else f"{first}:{first} + {length}" if first else f":{length}"
    if not isinstance(item, Literal):
        return str(item)
    n = item.value.size
    if not n and item.value.ndim > 1:
        return f"np.zeros({item.value.shape}, dtype=np.int64)"
    if n > SHORT and is_counted(item.value):
        column = [k for k, m in enumerate(item.value.shape) if m != 1]
        axes = ", ".join(":" if k in column else "None" for k in range(item.value.ndim))
        return f"np.arange({n})" + (f"[{axes}]" if item.value.ndim > 1 else "")
    return str(item.value.tolist())


def index_latex(index: Index) -> str:
    """The index behind a formula; trailing full slices are left out."""
    items = list(index)
    while len(items) > 1 and items[-1] == Slice():
        items.pop()
    return ", ".join(map(_item_latex, items))


def _item_latex(item: Item) -> str:
    if isinstance(item, Slice):
        start, stop, step = ("" if bound is None else f"{{{bound}}}" for bound in item)
        return f"{start}{{:}}{stop}" + (f"{{:}}{step}" if step else "")
    if isinstance(item, Hole):
        return f"#{item.operand + 1}"
    if isinstance(item, Run):
        first = "" if item.first is None else f"#{item.first + 1}"
        if item.stop is not None:
            return f"{first}{{:}}#{item.stop + 1}{{:}}{item.step}"
        return f"{first}{{:}}" if item.to_end else f"{first}{{:}}{first}+{item.length}"
    return str(item.value.tolist()) if isinstance(item, Literal) else str(item)
