"""Functions in C, from loop nests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

import numpy as np

from symdiff.codegen.c.expression import SUM, TYPES, Expressions
from symdiff.codegen.c.prelude import ALL, FAILING
from symdiff.codegen.nest_writer import INDENT, NestWriter
from symdiff.codegen.signature import FIRST_ERROR, MOST_STEPS
from symdiff.graph.dims import Dim, Length, Shape, called, is_counted, length, size
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.schedule.nests import Call, Program, Read, Running, Steps, Total

KEYWORDS = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while bool true "
    "false main NAN INFINITY HUGE_VAL I complex imaginary"
)
MATH = (
    "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma "
    "fmax fmin fmod frexp hypot ilogb ldexp lgamma log log10 log1p log2 logb modf nan nearbyint nextafter pow rint "
    "remainder round signbit scalbn sin sinh sqrt tan tanh tgamma trunc isnan isinf isfinite "
    "j0 j1 jn y0 y1 yn gamma signgam"
)
RESERVED = frozenset([*KEYWORDS.split(), *MATH.split(), *ALL, "work", "failed", MOST_STEPS])
CARRIED = ("failed", "for (", "ANY_ORDER")  # in lines of which not several may be done at a time
LARGEST_LOCAL = 512  # elements of an array that lies on the stack
LARGEST_STACK = 8192  # elements of all of them: threads have small stacks


class Writer(NestWriter):
    """Writes one function.

    Attributes:
        work: how many numbers the function needs room for.
    """

    def __init__(self, graph: Graph, program: Program) -> None:
        super().__init__(graph, program, RESERVED)
        self.limited: set[str] = set()  # the lengths of counted loops whose history is kept
        for node in program.arrays:
            self._at_most(size(node.shape))
        if self.limited:
            self.lengths[MOST_STEPS] = MOST_STEPS
            self.arguments.append(MOST_STEPS)
        self.work: Dim = 0
        self.checks = False
        self.spoken = Expressions(self.index, self._read, self.named_length, self.use)
        self.name_all()

    def use(self, name: str) -> None:
        super().use(name)
        self.checks |= name in FAILING

    # expressions

    def text(self, tree: ast.expr) -> str:
        return self.spoken.text(tree)

    def named_length(self, text: str) -> str:
        tree = self.known_lengths(text)
        return Expressions(lambda name: self.lengths[name], self._read, self.named_length, self.use).text(tree)

    def _read(self, read: Read) -> str:
        name = self.name_of(read.node)
        if self.is_number(read):
            return name
        return (
            f"{name}[{self.text(read.indices[0])}]" if read.flat else self.element(name, read.indices, read.node.shape)
        )

    def element(self, name: str, indices: Sequence[ast.expr], shape: Shape) -> str:
        return f"{name}[{self.offset(indices, shape)}]"

    def offset(self, indices: Sequence[ast.expr], shape: Shape) -> str:
        """Where an element lies in C order."""
        text = ""
        for index, n in zip(indices, shape, strict=True):
            if n == 1:
                continue  # there is nothing to count
            here = self.spoken.within(index, SUM)
            outer = f"({text})" if " + " in text or " - " in text else text
            width = self.dim(n)
            width = width if width.isidentifier() or width.isdigit() else f"({width})"
            text = here if not text or text == "0" else f"{outer} * {width}" + ("" if here == "0" else f" + {here}")
        return text or "0"

    # statements

    def body(self) -> list[str]:
        """The lines of the body, not indented."""
        lines = self.lines()
        lines = [*self._declarations(), *lines]
        words = set(re.findall(r"\w+", "\n".join(lines)))
        unread = [name for name in (*(self.local[x] for x in self.graph.inputs), *self.arguments) if name not in words]
        return [*(f"(void){name};" for name in unread), *lines]

    def opening(self) -> list[str]:
        """What stands before the body."""
        return ["int failed = 0;"] if self.checks else []

    def closing(self) -> list[str]:
        """What stands behind it."""
        return [f"return {'failed' if self.checks else '0'};"] if self.returns else []

    @property
    def returns(self) -> bool:
        """Whether the function says if it went well.

        It is 1 if a position was out of bounds, 2 if there was no room, 3 if a matrix was singular, 4 if one was not
        positive definite; from 5 on the errors of guards, in order.
        """
        return self.checks or bool(self.limited or self.graph.notes.guards)

    def _declarations(self) -> Iterator[str]:
        for name in self.counted():
            yield f"ptrdiff_t {name} = 0;"
        room: Dim = 0
        stack = 0
        for node in self.program.arrays:
            kind, name, n = TYPES[node.dtype.name], self.local[node], size(node.shape)
            n = self._at_most(n)
            if not node.shape:
                yield f"{kind} {name};"
            elif isinstance(n, int) and n <= LARGEST_LOCAL and stack + n <= LARGEST_STACK:
                stack += n
                yield f"{kind} {name}[{max(n, 1)}];"
            else:
                start = "work" if room == 0 else f"work + {self.dim(room)}"
                yield f"{kind} *const restrict {name} = {start if kind == 'double' else f'({kind} *)({start})'};"
                room = room + n
        self.work = room

    def held(self, name: str, n: int) -> str:
        """Declares n numbers under this name: on the stack if they are few, where nothing else lies."""
        if n <= LARGEST_LOCAL:
            return f"double {name}[{max(n, 1)}];"
        start = self.work
        self.work = start + n
        return f"double *const restrict {name} = work{'' if start == 0 else f' + {self.dim(start)}'};"

    def _at_most(self, n: Dim) -> Dim:
        """A length where that of a counted loop is what there is room for."""
        names = n.names() if isinstance(n, Length) else ()
        counted = [name for name in names if is_counted(length(name))]
        self.limited.update(counted)
        return called(n, dict.fromkeys(counted, MOST_STEPS))

    def new(self, name: str, dtype: np.dtype, value: str, *, changes: bool = True) -> str:
        return f"{'' if changes else 'const '}{TYPES[dtype.name]} {name} = {value};"

    def assigned(self, place: str, value: str, sign: str = "=") -> str:
        return f"{place} {sign} {value};"

    def result(self, k: int) -> str:
        return f"*{self.results[k]}"

    def start(self, total: Total) -> str:
        known = {"max": "-INFINITY", "min": "INFINITY", "and": "true", "or": "false", "*": "1"}
        return least_or_most(known.get(total.by, "0"), total.node)

    def begun(self, item: Running) -> str:
        return least_or_most(self.text(item.start), item.node)

    def joined(self, total: Total, place: str, value: str) -> str:
        match total.by:
            case "+" | "*":
                return f"{place} {total.by}= {value};"
            case "and" | "or":
                return f"{place} = {place} {'&&' if total.by == 'and' else '||'} ({value});"
        helper = "larger" if total.by == "max" else "smaller"
        self.use(helper)
        return f"{place} = {helper}({place}, {value});"

    def adding(self, sums: Sequence[str], lines: Sequence[str]) -> list[str]:
        if any(word in line for word in CARRIED for line in lines):
            return []
        self.use("ANY_ORDER")
        return [f"ANY_ORDER({', '.join(sums)})"]

    def block(self, lines: list[str]) -> list[str]:
        return ["{", *(INDENT + line for line in lines), "}"]

    def loop(self, index: str, n: Dim, lines: Sequence[str]) -> Iterator[str]:
        # braces where there are several statements
        braces = sum(not line.startswith((" ", "}", "ANY_ORDER")) for line in lines) > 1 and not _is_one_loop(lines)
        yield f"for (ptrdiff_t {index} = 0; {index} < {self.dim(n)}; {index}++)" + " {" * braces
        yield from (INDENT + line for line in lines)
        if braces:
            yield "}"

    def call(self, item: Call) -> Iterator[str]:
        assert isinstance(item.tree.func, ast.Name)
        results = item.node.parts or (item.node,)
        index = self.index("i0")
        texts = []
        for argument in item.tree.args:
            array = item.arrays.get(argument.id) if isinstance(argument, ast.Name) else None
            if array is None:
                texts.append(self.text(argument))
            elif item.lead and array.shape[: len(item.lead)] == item.lead:
                width = self.dim(size(array.shape[len(item.lead) :]))
                texts.append(f"{self.name_of(array)} + {index}" + (f" * ({width})" if width != "1" else ""))
            else:
                texts.append(f"&{self.name_of(array)}" if array in results and not array.shape else self.name_of(array))
        self.use(item.tree.func.id)
        texts += ["&failed"] * (item.tree.func.id in FAILING)
        lines = [f"{item.tree.func.id}({', '.join(texts)});"]
        yield from self.loop(index, size(item.lead), lines) if item.lead else lines

    def check(self, condition: str, place: int) -> Iterator[str]:
        code = FIRST_ERROR + place
        yield f"if ({condition})"
        yield f"{INDENT}return {f'failed ? failed : {code}' if self.checks else code};"

    def steps(self, item: Steps, t: str, asked: Sequence[tuple[list[str], str]], body: list[str]) -> Iterator[str]:
        loop, n = item.loop, self.dim(item.loop.length)
        lines = []
        for before, going in asked:
            lines += [*before, f"if (!({going}))", f"{INDENT}break;"]
        if isinstance(loop.length, Length) and loop.length.names() & self.limited:
            lines += [f"if ({n} == {MOST_STEPS})", f"{INDENT}return 2;"]
        lines += body
        if loop.asks:
            end = f" {n} < {self.dim(loop.sliced[0].shape[0])}" if loop.sliced else ""  # a range that may be left
            yield f"for ({n} = 0;{end}; {n}++) {{"
            if any(re.search(rf"\b{t}\b", line) for line in lines):
                yield f"{INDENT}const ptrdiff_t {t} = {n};"
        elif loop.reverse:
            yield f"for (ptrdiff_t {t} = {n}; {t}-- > 0;) {{"
        else:
            yield f"for (ptrdiff_t {t} = 0; {t} < {n}; {t}++) {{"
        yield from (INDENT + line for line in lines)
        yield "}"


def _is_one_loop(lines: Sequence[str]) -> bool:
    """Whether lines are one loop, which needs no braces around it."""
    heads = [line for line in lines if not line.startswith((" ", "}"))]
    return len(heads) == 1 and heads[0].startswith("for ")


def least_or_most(text: str, node: Node) -> str:
    """An infinity in the type of a node: of integers the least, or the largest."""
    if node.aval.kind not in "iu":
        return text
    return {"-INFINITY": "INT64_MIN", "INFINITY": "INT64_MAX"}.get(text, text)
