"""The record of one operation, and the registry of all of them.

**Invariant:** nothing below `ops/` names an operation. Everything that any layer may want to know about one (its
shape rule, its derivative, how it prints) stands in its `Op`, and `OPS.register` refuses a row with a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from symdiff.graph.notation import PLAIN, Notation

if TYPE_CHECKING:
    from symdiff.graph.dims import Dim
    from symdiff.graph.element import Elements
    from symdiff.graph.fact import Fact
    from symdiff.graph.node import Node, Tangents


@dataclass(frozen=True)
class Part:
    """One of the values of a row that gives several, such as the eigenvectors of ``np.linalg.eigh(a)``.

    Attributes:
        name: what a variable that holds it is called.
        alone: template over the row's operands, for where no other part is needed; else the row's spelling and ``[k]``.
        selects: the first input says which of the other two it is.
        singular: some derivative of it may be infinite or nan at a finite point.
        latex, sympy: as the columns of `Op`, over the row's operands.
    """

    name: str
    alone: str = ""
    singular: bool = False
    latex: str = ""
    sympy: str = ""


FAMILIES = ("source", "structural", "elementwise", "linear", "primitive")
UNWRITTEN = FAMILIES[:2]  # no calculus, and nothing to print: inputs, constants, the parts of nodes


@dataclass(frozen=True)
class Undefined:
    """Stands in a row where a derivative does not exist, and says why."""

    why: str


@dataclass(frozen=True, eq=False)
class Op:
    """One operation: a row of the vocabulary.

    Use the constructors in `symdiff.ops.families`; they fill in what the family implies.

    Attributes:
        name: unique name; the listing prints it.
        family: which part of the calculus is written down (see `families`).
        infer: ``infer(*avals, **params) -> Aval``: the shape and dtype rule; raises ShapeError or DTypeError. If there
            are several values, a tuple; then the cotangent that `bprop` is given, and the tangent that `jvp` returns,
            are tuples too, with None for parts that nothing flows into.
        fn: what runs it: a NumPy function, ``"scipy.special:name"``, or a plain function of ours whose source is
            copied into the generated file. None if `lower` rewrites it away first.
        bprop: ``bprop(i, g, node) -> Node | None | Undefined``: the cotangent of input `i`, given that of
            the output.
        doc: one sentence.
        jvp: ``jvp(tangents, node) -> Node | None | Undefined``: the tangent of the output, given those of the inputs
            (None: zero), where what follows from the family, or from `bprop`, is not what one would write.
        batch: ``batch(node, inputs, lead) -> Node``: the row on a stack, see `symdiff.ops.batching`; of a row that
            gives several values, a tuple of their stacks if no node has them as its parts.
        flops: ``flops(node) -> Dim``: the operations that it takes, where `symdiff.ops.costs` would say otherwise.
        build: ``build(op, inputs, params) -> Node``: what calling the row does; None for sources, which nobody calls.
        infix: operator sign under which Python's syntax reaches the row, and prints it.
        lower: ``lower(*inputs, **params) -> Node``: the row in terms of others, applied after differentiation.
        accumulate: how to begin a buffer, and how to add operand ``a`` to the buffer ``target`` in place.
        edits: the statements that turn a copy of the first input, called ``target``, into the result.
        element: ``element(node) -> Elements``: what each number of the result is of numbers of the inputs, for targets
            that write loops (see `symdiff.graph.element`); of elementwise rows it is known.
        block: which block of statements it is written as, around those of its bodies: "for", "once".
        view: costs nothing (a transpose): printed where it is used, never given a name of its own.
        aliases: the result may share memory with the input, though it is not free (always, or for such a node).
        counts: it gives 0, 1, 2, …
        beside: ``beside(node)``: a function that the spelling calls by its name, and whose source nobody knows.
        copy: of a value that is no array, and holds the memory of its first operand, the method that copies it.
        integers: integers among the inputs stay integers though the result is a float: they are positions.
        symmetric: it reads a matrix as symmetric, and so does its derivative.
        given: its derivative is what a user says, which need not be the derivative of any function (always, or for such
            a node); that of a gradient with it need not be symmetric, then.
        singular: some partial derivative may be infinite or nan at a finite point (always, or for such a node).
        overflows: its value leaves the range of floats where its inputs are of moderate size: exp(1000).
        expects: it is there for elements that are not finite: whoever computes it may have some.
        masks: the cotangent of an input may be zero because another input was selected.
        facts: ``facts(node, of) -> Fact``: what is known of the result, where ``of(x)`` is what is known of x, any node
            below; a tuple, of a row that gives several values. None: nothing. See `symdiff.graph.fact`.
        drops: elements of an input are left out, and get the cotangent zero.
        fills: elements that no input gives are zero, or have the tangent zero.
        selected: per input a function of inputs and parameters that says where its derivative is not zero; None, or a
            function that returns None, for everywhere.
        meets: ``meets(arrives, source, target, node)``: of a product along axes, which elements of operand `target`
            share a product with an element of `source` for which `arrives` holds, where 2 is the result; None for all.
        commutative: f(a, b) is f(b, a), bit for bit.
        product: it is linear in each of its operands, and so zero where one of them is.
        parts: of a row that gives several values, what each of them is called, and how it is written; or a function of
            the node that says so, where their number varies.
        notation: how it is written.
        samples: ``samples(rng) -> iterable of (arrays, params)`` for the generic suite; None for `domain`.
        domain: per input an interval inside which the function is smooth, for the generic suite.
        params: parameters for the generic suite, for elementwise rows that need some.
        still: the operands by which the derivative is zero, whatever they are.
        links: ``links(i, node, known)``: which elements of the result depend on which of input `i`, see
            `symdiff.ops.links`; None for all on all.
    """

    name: str
    family: str
    infer: Callable[..., Any]
    bprop: Callable[[int, Any, Node], Node | Undefined | None]
    fn: Callable[..., Any] | str | None = None
    doc: str = ""
    jvp: Callable[[Tangents, Node], Node | Tangents | Undefined | None] | None = None
    batch: Callable[[Node, tuple[Node, ...], tuple[Dim, ...]], Node | tuple[Node, ...]] | None = None
    flops: Callable[[Node], Dim] | None = None
    arity: int | None = None
    build: Callable[[Op, tuple[Any, ...], dict[str, Any]], Node] | None = None
    infix: str | None = None
    lower: Callable[..., Node] | None = None
    accumulate: Callable[[Node], tuple[str, str]] | None = None
    edits: Callable[[Node], tuple[str, ...]] | None = None
    element: Callable[[Node], Elements] | None = None
    block: str = ""
    view: bool = False
    aliases: bool | Callable[[Node], bool] = False
    counts: bool = False
    beside: Callable[[Node], Callable[..., Any]] | None = None
    copy: str = ""
    integers: bool = False
    symmetric: bool = False
    given: bool | Callable[[Node], bool] = False
    selects: bool = False
    singular: bool | Callable[[Node], bool] = False
    overflows: bool = False
    expects: bool = False
    masks: bool = False
    facts: Callable[[Node, Callable[[Node], Fact]], Any] | None = None
    drops: bool = False
    fills: bool = False
    selected: tuple[Callable[..., Node] | None, ...] = ()
    meets: Callable[..., Node | None] | None = None
    commutative: bool = False
    product: bool = False
    parts: tuple[Part, ...] | Callable[[Node], tuple[Part, ...]] = ()
    notation: Notation = PLAIN
    samples: Callable[..., Any] | None = None
    domain: tuple[tuple[float, float], ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    still: tuple[int, ...] = ()
    links: Callable[[int, Node, Any], Any] | None = None

    def __call__(self, *inputs: Any, **params: Any) -> Node:
        """A node of this operation; Python scalars and arrays among `inputs` become constants.

        Of a symbolic value, as traced functions have them, it is one again: users call their own rows so.
        """
        assert self.build is not None, f"{self.name} is made by Node"
        node = self.build(self, inputs, params)
        for x in inputs:
            if (symbolic := getattr(type(x), "__symdiff_symbolic__", None)) is not None:
                return symbolic(node)  # type: ignore[no-any-return]
        return node

    @property
    def is_statement(self) -> bool:
        """Whether it is printed as statements, and has no expression."""
        return self.accumulate is not None or self.edits is not None or bool(self.block)

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> tuple[Callable[[str], Op], tuple[str]]:
        return OPS.__getitem__, (self.name,)


class Registry(Mapping[str, Op]):
    """The rows by name, and the operator signs that reach them."""

    def __init__(self) -> None:
        self._rows: dict[str, Op] = {}
        self.infix: dict[str, Callable[..., Node]] = {}

    def register(self, op: Op) -> Op:
        """Adds a row; raises ValueError if it is a duplicate or incomplete."""
        if op.name in self._rows:
            raise ValueError(f"operation {op.name!r} is defined twice")
        if op.family not in FAMILIES:
            raise ValueError(f"operation {op.name!r}: unknown family {op.family!r}")
        if op.family not in UNWRITTEN:
            missing = [what for what in ("doc",) if not getattr(op, what)]
            if op.fn is None and op.lower is None and "numpy" not in op.notation.spell and not op.is_statement:
                missing.append("fn, spell, lower, accumulate or edits")
            if op.samples is None and not op.domain:
                missing.append("samples or domain")
            if missing:
                raise ValueError(f"operation {op.name!r} lacks {', '.join(missing)}")
        if op.infix in self.infix:
            raise ValueError(f"operation {op.name!r}: the sign {op.infix!r} is taken")
        self._rows[op.name] = op
        if op.infix:
            self.infix[op.infix] = op
        return op

    def __getitem__(self, name: str) -> Op:
        return self._rows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


OPS = Registry()
