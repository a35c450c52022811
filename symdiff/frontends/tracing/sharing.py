"""Which results share memory with an operand, and how the others lie: NumPy is asked, on stand-ins of the operands."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing import remembered
from symdiff.frontends.tracing.holder import Holder, Reason, is_symbolic, unwrapped
from symdiff.frontends.tracing.memory import Answer, ask, in_numbers, leaves, memory_of, positions
from symdiff.frontends.tracing.paths import Path, path_between
from symdiff.frontends.tracing.storage import UNKNOWN
from symdiff.graph.dims import Length
from symdiff.graph.node import Node, variable
from symdiff.ops import vocabulary as api
from symdiff.ops.api.shapes import permuted

Call = Callable[..., Any]
Key = int | str
MOST_COMPUTED = 2**22  # bytes of operands with which NumPy computes, only to see in which order it puts the result


class _NotAskedError(Exception):
    """NumPy cannot be asked: a value takes part that has no stand-in."""


@dataclass(frozen=True)
class Question:
    """A call of which it is asked how its results lie.

    Attributes:
        name: of the function, for messages.
        numpy: the call as NumPy understands it.
        nodes: the same on nodes.
        certain: the function gives views however its operands lie.
        many: all its arguments are arrays, not the first alone.
    """

    name: str
    numpy: Call
    nodes: Call
    certain: bool = False
    many: bool = False


def shared(question: Question, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The results of a function that may give views, as views where NumPy's are.

    NotImplemented if no operand is an array.
    """
    given: dict[Key, Any] = {**dict(enumerate(args)), **cast(dict[Key, Any], kwargs)}
    keys = [k for k, v in given.items() if isinstance(v, Holder) and v.is_array]
    if not question.many:
        keys = keys[:1] if len([k for k in keys if not _is_parameter(given[k])]) <= 1 else []
    if not keys:
        return NotImplemented
    sources = [given[k] for k in keys]
    wholes = [x.node if x.numbers is None else variable(f"whole{k}", x.aval) for k, x in enumerate(sources)]
    known = not is_symbolic(given)
    answers = _answers(question.numpy, given, keys)
    if not question.certain:
        remembered.asked()
    parts = _called(question.nodes, {**given, **dict(zip(keys, wholes, strict=True))})
    as_they_are = (
        parts if all(x.numbers is None for x in sources) or (known and answers) else _called(question.nodes, given)
    )

    def seen(part: Any, answer: Any, node: Any) -> Any:
        if isinstance(part, (list, tuple)):
            several = answer if isinstance(answer, tuple) and len(answer) == len(part) else (None,) * len(part)
            return type(part)(map(seen, part, several, node))
        if not isinstance(part, Node):
            return part
        return _seen(question, list(zip(sources, wholes, strict=True)), part, answer, node, known)

    return seen(parts, answers, as_they_are)


def _is_parameter(x: Holder) -> bool:
    """Whether it may be a shape or a number of axes rather than what is looked at."""
    return x.numbers is not None and x.aval.kind in "biu" and len(x.aval.shape) < 2


def _called(function: Call, given: dict[Key, Any]) -> Any:
    operands = {key: unwrapped(value) for key, value in given.items()}
    return function(
        *[v for k, v in operands.items() if isinstance(k, int)],
        **{k: v for k, v in operands.items() if isinstance(k, str)},
    )


def _seen(
    question: Question, sources: list[tuple[Any, Node]], part: Node, answer: Answer | None, node: Node, known: bool
) -> Any:
    """One result: a view of a source, an array of its own, or one of which it is not known."""
    make = type(sources[0][0])
    paths = [(x, path_between(whole, part)) for x, whole in sources]
    if answer is None or not (answer.owners or answer.memory.exact):
        source, path = next(((x, p) for x, p in paths if p is not None), (None, None))
        if source is None or path is None:
            return lying(make(node), None)
        if answer is None and question.certain:
            return make.part_of(source, path, node=_now(source, part))
        return make.part_of(source, path, node=node, doubt=_by_memory(question.name))
    if not answer.owners:
        array = make(None, answer.array) if known else lying(make(node), answer)
        if answer.memory.may_repeat:
            array.doubtful(_by_memory(question.name))
        return array
    for k in answer.owners:
        source, path = paths[k]
        if k == answer.same:
            return source
        if path is not None:
            return _part(source, path, part, answer)
    source, whole = sources[answer.owners[0]]
    path = _element_by_element(source, whole, answer)
    if path is None:
        return make.part_of(source, (), node=node, doubt=_by_memory(question.name))
    return _part(source, path, part, answer)


def _by_memory(name: str) -> Reason:
    """Why it is not known whether the function gave a view."""
    return Reason(
        f"whether np.{name} gave a view or a copy is not known here: it depends on how the array lies in memory, and "
        "one of both is written into",
        f"copy it where it is made: np.{name}(…).copy(); or leave the shape undeclared, to compile for each length",
    )


def _part(source: Any, path: Path, part: Node, answer: Answer) -> Any:
    numbers = None if source.numbers is None else answer.array
    return type(source).part_of(source, path, numbers=numbers, memory=answer.memory, node=_now(source, part))


def _now(source: Holder, part: Node) -> Node | None:
    """What a part is now, unless it stands for numbers."""
    return part if source.numbers is None else None


def _element_by_element(source: Holder, whole: Node, answer: Answer) -> Path | None:
    """The path to a view that no rows lead to: all elements in order, and which of them."""
    memory = source.memory
    if memory is None or not (memory.exact and answer.memory.exact) or memory.dtype != answer.memory.dtype:
        return None
    at = positions(memory, answer.memory)
    return None if at is None else path_between(whole, api.getitem(api.reshape(whole, (-1,)), at))


def by_memory(function: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    """`function` with the orders "A" and "K" as what they mean for the operand, as it lies in memory.

    Raises:
        UnsupportedError: if that is not known.
    """
    given = inspect.signature(function).bind(*args, **kwargs).arguments
    order, x = given.get("order", "C"), next(iter(given.values()))
    if order not in ("A", "K") or not isinstance(x, Holder) or len(x.aval.shape) < 2:
        return function
    remembered.read_in_order()
    if x.memory is None or (order == "K" and (x.memory.may_repeat or not (x.memory.exact or x.memory.is_usual))):
        raise UnsupportedError(
            f"order={order!r} goes by where the elements lie in memory, which is not known here",
            help="give the order that is meant: order='C' or order='F'",
        )
    axes = x.memory.axes_in_order() if order == "K" else None
    meant = "F" if order == "A" and x.memory.is_fortran else "C"

    def ordered(*operands: Any, **others: Any) -> Any:
        given = inspect.signature(function).bind(*operands, **others)
        if axes is not None:
            first = next(iter(given.arguments))
            given.arguments[first] = permuted(api.asarray(given.arguments[first]), axes)
        given.arguments["order"] = meant
        return function(*given.args, **given.kwargs)

    return ordered


# --------------------------------------------------------------------------------------------- what is known already


def part_of_numbers(result: np.ndarray, operands: Sequence[Any]) -> Any:
    """What NumPy gave for numbers: an operand itself, a view of one, or None for an array of its own."""
    for source in operands:
        if result is source.numbers:
            return source
    for source in operands:
        if np.may_share_memory(result, source.numbers):
            whole = variable("whole", source.aval)
            answer = Answer((0,), memory_of(result), result)
            path = _element_by_element(source, whole, answer)
            if path is not None:
                return type(source).part_of(source, path, numbers=result, memory=answer.memory)
    return None


# ------------------------------------------------------------------------------------------------ arrays of their own


def lying(array: Any, answer: Answer | None) -> Any:
    """A new array, of which NumPy has said how it lies."""
    if array.ndim > 1:
        shape = tuple(map(in_numbers, array.aval.shape))
        if answer is None or answer.memory.shape != shape:
            array._storage.lies = UNKNOWN
        else:  # what was said before of the call without all that it was given does not hold
            array._storage.lies = None if answer.memory.is_usual else answer.memory
    return array


def settle(numpy: Call, args: tuple[Any, ...], kwargs: dict[str, Any], results: Any, reorders: bool = False) -> None:
    """Says of new arrays how they lie: in C order, unless an operand lies otherwise or the function asks how."""
    new = [x for x in holders(results) if x._source is None and x.numbers is None and len(x.aval.shape) > 1]
    if not new or not (reorders or _are_unusual((args, kwargs))):
        return
    given: dict[Key, Any] = {**dict(enumerate(args)), **cast(dict[Key, Any], kwargs)}
    answers = list(leaves(_answers(numpy, given, [], MOST_COMPUTED)))
    found = list(holders(results))
    for x in new:
        same = len(answers) == len(found)
        lying(x, answers[next(k for k, y in enumerate(found) if y is x)] if same else None)


def _are_unusual(given: Any) -> bool:
    """Whether an array among those that are given, symbolic or of numbers, does not lie in C order."""
    captured = (a for a in arrays_in(given) if a.ndim > 1 and not a.flags.c_contiguous)
    return any(map(_is_unusual, holders(given))) or any(not memory_of(a).is_usual for a in captured)


def _is_unusual(x: Holder) -> bool:
    if len(x.aval.shape) < 2 or (x._source is None and x._storage.lies is None):
        return False
    memory = x.memory
    return memory is None or not memory.is_usual


def holders(value: Any) -> Iterator[Any]:
    """The symbolic arrays in nested containers, in order."""
    stack = [value]
    while stack:
        top = stack.pop()
        if isinstance(top, Holder):
            yield top
        elif type(top) in (list, tuple) or isinstance(top, tuple):
            stack.extend(reversed(top))
        elif type(top) is dict:
            stack.extend(reversed(top.values()))


def arrays_in(value: Any) -> Iterator[np.ndarray]:
    """NumPy's own arrays in nested containers."""
    stack = [value]
    while stack:
        top = stack.pop()
        if type(top) is np.ndarray:
            yield top
        elif type(top) in (list, tuple):
            stack.extend(top)
        elif type(top) is dict:
            stack.extend(top.values())


# ------------------------------------------------------------------------------------------------------- stand-ins


def _answers(numpy: Call, given: dict[Key, Any], keys: list[Key], most: int | None = None) -> Any:
    """NumPy's answers, with the arguments at `keys` as those whose memory is looked for; None if it cannot be asked."""
    sources = [given[k] for k in keys]
    try:
        arrays = [_stand_in(x) for x in sources]
        others = {k: v if k in keys else _in_place_of(v) for k, v in given.items()}
    except _NotAskedError:
        return None
    if most is not None and sum(a.nbytes for a in arrays_in(others)) > most:
        return None

    def call(*found: np.ndarray) -> Any:
        full = {**others, **dict(zip(keys, found, strict=True))}
        return numpy(
            *[v for k, v in full.items() if isinstance(k, int)], **{k: v for k, v in full.items() if isinstance(k, str)}
        )

    return ask(call, arrays, [x.memory for x in sources])


def _stand_in(x: Holder) -> np.ndarray:
    if x.numbers is not None:
        return x.numbers
    array = None if x.memory is None else x.memory.stand_in()
    if array is None:
        raise _NotAskedError
    return array


def _in_place_of(value: Any) -> Any:
    """An argument as NumPy may have it, with stand-ins for symbolic arrays and numbers for lengths."""
    if isinstance(value, Holder):
        if value.numbers is None and not value.aval.shape:
            return value.aval.dtype.type(1)
        return _stand_in(value)
    if isinstance(value, Length):
        return in_numbers(value)
    if type(value) in (list, tuple):
        return type(value)(map(_in_place_of, value))
    if type(value) is slice:
        return slice(*map(_in_place_of, (value.start, value.stop, value.step)))
    if isinstance(value, Node) or (callable(value) and not isinstance(value, type)):
        raise _NotAskedError
    return value
