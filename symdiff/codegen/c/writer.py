"""Functions in C, from loop nests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from symdiff.codegen.c.expression import SUM, TYPES, Expressions
from symdiff.codegen.c.prelude import ALL
from symdiff.codegen.names import Names, free_name
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, Shape, called, is_counted, length, size
from symdiff.graph.graph import Graph
from symdiff.graph.hints import hint
from symdiff.graph.node import CONSTANT, INPUT, Node
from symdiff.graph.template import parse_template
from symdiff.schedule.nests import Base, Call, Item, Nest, Program, Read, Rows, Running, Steps, Store, Total

KEYWORDS = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while bool true "
    "false main NAN INFINITY HUGE_VAL"
)
MATH = (
    "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma "
    "fmax fmin fmod frexp hypot ilogb ldexp lgamma log log10 log1p log2 logb modf nan nearbyint nextafter pow rint "
    "remainder round signbit scalbn sin sinh sqrt tan tanh tgamma trunc isnan isinf isfinite "
    "j0 j1 jn y0 y1 yn gamma signgam"
)
MOST_STEPS = "most_steps"  # the argument that says for how many steps of a counted loop there is room
RESERVED = frozenset([*KEYWORDS.split(), *MATH.split(), *ALL, "work", "failed", MOST_STEPS])
CARRIED = ("failed", "for (", "ANY_ORDER")  # in lines of which not several may be done at a time
LARGEST_LOCAL = 512  # elements of an array that lies on the stack
LARGEST_STACK = 8192  # elements of all of them: threads have small stacks
INDENT = "    "


class Writer:
    """Writes one function.

    Attributes:
        graph, program: what it computes.
        name: of the function.
        work: how many numbers the function needs room for.
        needs: the functions of ours that it calls.
        arguments: the lengths that it takes behind its inputs.
        results: what its results are called.
    """

    def __init__(self, graph: Graph, program: Program) -> None:
        self.graph, self.program = graph, program
        self.name = free_name(graph.name, RESERVED)
        self.names = Names([self.name, *RESERVED, *(x.name or "" for x in graph.inputs)])
        self.local = {x: free_name(x.name or "", RESERVED | {self.name}) for x in graph.inputs}
        self.lengths = self._lengths()
        self.results = [self._result(k, node) for k, node in enumerate(graph.outputs)]
        self.counters: dict[str, str] = {}
        self.stored = set(program.arrays)
        self.limited: set[str] = set()  # the lengths of counted loops whose history is kept
        for node in program.arrays:
            self._at_most(size(node.shape))
        if self.limited:
            self.lengths[MOST_STEPS] = MOST_STEPS
            self.arguments.append(MOST_STEPS)
        self.needs: dict[str, None] = {}
        self.work: Dim = 0
        self.checks = False
        self.spoken = Expressions(self.index, self._element, self._named_length, self._use)
        for node in [*program.arrays, *program.tables]:
            self._name(node)
        self.local |= {node: self._name(root) for node, root in program.aliases.items()}
        self.stored |= program.aliases.keys()

    # names

    def _lengths(self) -> dict[str, str]:
        dims = [n for x in self.graph.inputs for n in x.shape if isinstance(n, Length)]
        names = dict.fromkeys(name for n in dims for name in sorted(n.names()))
        self.arguments = [self.names.new(name) for name in names]
        return dict(zip(names, self.arguments, strict=True))

    def _result(self, k: int, node: Node) -> str:
        of = self.graph.notes.cotangents.get(node)
        wanted = self.graph.names.get(node)
        if node not in self.graph.forward and of is not None and of.name:
            wanted = f"d_{of.name}"
        wanted = wanted or ("value" if k == 0 else f"value_{k}")
        return self.names.new("result" if wanted == self.name else wanted)

    def index(self, key: str) -> str:
        """What a counter is called: ``i0`` is i, ``k0``, along which a sum runs, is p."""
        if key not in self.counters and re.fullmatch(r"[ik]\d+", key):
            letters, k = "ijklmn" if key[0] == "i" else "pquvwz", int(key[1:])
            self.counters[key] = self.names.new(letters[k] if k < len(letters) else f"{letters[0]}{k}")
        return self.counters.get(key, key)

    def _name(self, node: Node) -> str:
        if node not in self.local:
            of = self.graph.notes.cotangents.get(node)
            wanted = self.graph.names.get(node) or (
                f"d_{hint(of, self.graph.names)}" if of is not None else hint(node, self.graph.names)
            )
            self.local[node] = self.names.new((node.name or wanted) if node.op is INPUT else wanted)
        return self.local[node]

    def type_of(self, node: Node) -> Aval:
        """The type of an input or output, with lengths as they are called here."""
        return Aval(node.dtype, tuple(called(n, self.lengths) for n in node.shape))

    def _use(self, name: str) -> None:
        self.needs[name] = None
        self.checks |= name == "at"

    # expressions

    def text(self, tree: ast.expr) -> str:
        """An expression in C."""
        return self.spoken.text(tree)

    def dim(self, n: Dim) -> str:
        """A length in C."""
        return str(n) if isinstance(n, int) else self._named_length(str(n))

    def _named_length(self, text: str) -> str:
        tree = parse_template(text)
        for part in ast.walk(tree):
            if isinstance(part, ast.Name) and part.id not in self.lengths:
                self.lengths[part.id] = self.names.new("steps")
        named = Expressions(lambda name: self.lengths[name], self._element, self._named_length, self._use)
        return named.text(tree)

    def _element(self, read: Read) -> str:
        name = self._name(read.node)
        if not read.node.shape or (read.node not in self.stored and read.node.op not in (CONSTANT, INPUT)):
            return name  # a number, or what the nest around has just computed
        return f"{name}[{self.offset(read.indices, read.node.shape) if not read.flat else self.text(read.indices[0])}]"

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
        lines = [line for item in self.program.items for line in self._item(item)]
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
        """Whether the function says if it went well: 1 if a position was out of bounds, 2 if there was no room."""
        return self.checks or bool(self.limited)

    def _declarations(self) -> Iterator[str]:
        counted = [here for name, here in self.lengths.items() if name.startswith("steps__")]
        for name in dict.fromkeys(counted):
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

    def _at_most(self, n: Dim) -> Dim:
        """A length where that of a counted loop is what there is room for."""
        names = n.names() if isinstance(n, Length) else ()
        counted = [name for name in names if is_counted(length(name))]
        self.limited.update(counted)
        return called(n, dict.fromkeys(counted, MOST_STEPS))

    def _item(self, item: Item) -> Iterator[str]:
        match item:
            case Nest():
                yield from self._nest(item)
            case Rows(total=total):
                yield from self._rows(total)
            case Running():
                yield from self._running(item)
            case Call():
                yield from self._call(item)
            case Base(node=node, value=value):
                yield from self._base(node, value)
            case Steps():
                yield from self._steps(item)

    def _nest(self, nest: Nest) -> Iterator[str]:
        for total in nest.totals:
            yield f"{TYPES[total.node.dtype.name]} {self._total_name(total)} = {start(total)};"
        lines = [*self._at_each(nest), *(self._gathered(total, self._total_name(total)) for total in nest.totals)]
        sums = [self._total_name(x) for x in nest.totals if all(other.by == "+" for other in nest.totals)]
        yield from self._loops(nest.shape, lines, sums=sums)
        for total in nest.totals:
            yield from self._finished(total, self._total_name(total), self._place(total.node))

    def _total_name(self, total: Total) -> str:
        return self._name(total.node) if not total.node.shape else f"{self._name(total.node)}_0"

    def _place(self, node: Node) -> str:
        return self._name(node) if not node.shape else f"{self._name(node)}[0]"

    def _finished(self, total: Total, variable: str, place: str) -> Iterator[str]:
        if total.finish is not None:
            self.counters["y"] = variable
            yield f"{place} = {self.text(total.finish)};"
        elif place != variable:
            yield f"{place} = {variable};"

    def _running(self, item: Running) -> Iterator[str]:
        node, axis = item.node, item.axis
        kind, name = TYPES[node.dtype.name], self.names.new("s")
        self.counters["y"] = name
        lines = [f"{name} = {self.text(item.value)};", f"{self._here(node)} = {name};"]
        lines = list(self._loop(self.index(f"i{axis}"), node.shape[axis], lines))
        lines.insert(0, f"{kind} {name} = {least_or_most(self.text(item.start), node)};")
        for k in reversed([k for k in range(node.ndim) if k != axis]):
            lines = list(self._loop(self.index(f"i{k}"), node.shape[k], lines))
        yield from lines if node.ndim > 1 else ["{", *(INDENT + line for line in lines), "}"]

    def _gathered(self, total: Total, variable: str) -> str:
        value = self.text(total.value)
        match total.by:
            case "+" | "*":
                return f"{variable} {total.by}= {value};"
            case "and" | "or":
                return f"{variable} = {variable} {'&&' if total.by == 'and' else '||'} ({value});"
        helper = "larger" if total.by == "max" else "smaller"
        self._use(helper)
        return f"{variable} = {helper}({variable}, {value});"

    def _at_each(self, nest: Nest) -> Iterator[str]:
        for step in nest.steps:
            if isinstance(step, Total):
                yield from self._sum(step)
            elif isinstance(step, Store):
                yield self._stored(step)
            elif step.node in self.stored and step.node.shape:
                yield f"{self._here(step.node)} = {self.text(step.value)};"
            else:
                yield f"const {TYPES[step.node.dtype.name]} {self._name(step.node)} = {self.text(step.value)};"

    def _stored(self, step: Store) -> str:
        sign = "+=" if step.added else "="
        if isinstance(step.array, int):
            node, name = self.graph.outputs[step.array], self.results[step.array]
            place = f"{name}[{self.offset(step.indices, node.shape)}]" if node.shape else f"*{name}"
        else:
            name = self._name(step.array)
            place = f"{name}[{self.offset(step.indices, step.array.shape)}]" if step.array.shape else name
        return f"{place} {sign} {self.text(step.value)};"

    def _loops(self, shape: Shape, lines: Sequence[str], letter: str = "i", sums: Sequence[str] = ()) -> Iterator[str]:
        """`lines` within a loop for each axis; the innermost may add up `sums` several at a time, if nothing else is
        carried from one index to the next."""
        inner = list(lines)
        for k in reversed(range(len(shape))):
            is_plain = k == len(shape) - 1 and sums and not any(word in line for word in CARRIED for line in lines)
            order = [f"ANY_ORDER({', '.join(sums)})"] if is_plain else []
            if order:
                self._use("ANY_ORDER")
            inner = [*order, *self._loop(self.index(f"{letter}{k}"), shape[k], inner)]
        yield from inner

    def _rows(self, total: Total) -> Iterator[str]:
        place = self._here(total.node)
        yield from self._loops(total.node.shape, [f"{place} = 0;"])
        yield from self._row_by_row(total, place)
        if total.finish is not None:
            yield from self._loops(total.node.shape, list(self._finished(total, place, place)))

    def _here(self, node: Node) -> str:
        """The element at the index at which the loops are."""
        here = [ast.Name(f"i{k}") for k in range(node.ndim)]
        return f"{self._name(node)}[{self.offset(here, node.shape)}]"

    def _sum(self, total: Total) -> Iterator[str]:
        """A sum at each index of a nest."""
        is_stored = total.node in self.stored
        name = self.names.new("s") if is_stored else self._name(total.node)
        yield f"{TYPES[total.node.dtype.name]} {name} = {start(total)};"
        sums = [name] if total.by == "+" else []
        yield from self._loops(total.over, [self._gathered(total, name)], "k", sums)
        yield from self._finished(total, name, self._here(total.node) if is_stored else name)

    def _row_by_row(self, total: Total, place: str) -> Iterator[str]:
        node = total.node
        lines = [f"{place} += {self.text(total.value)};"]
        lines = list(self._loop(self.index(f"i{node.ndim - 1}"), node.shape[-1], lines))
        for k in reversed(range(len(total.over))):
            lines = list(self._loop(self.index(f"k{k}"), total.over[k], lines))
        for k in reversed(range(node.ndim - 1)):
            lines = list(self._loop(self.index(f"i{k}"), node.shape[k], lines))
        yield from lines

    def _loop(self, index: str, n: Dim, lines: Sequence[str]) -> Iterator[str]:
        """`lines` within one loop; braces where there are several statements."""
        braces = sum(not line.startswith((" ", "}", "ANY_ORDER")) for line in lines) > 1 and not _is_one_loop(lines)
        yield f"for (ptrdiff_t {index} = 0; {index} < {self.dim(n)}; {index}++)" + " {" * braces
        yield from (INDENT + line for line in lines)
        if braces:
            yield "}"

    def _call(self, item: Call) -> Iterator[str]:
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
                texts.append(f"{self._name(array)} + {index}" + (f" * ({width})" if width != "1" else ""))
            else:
                texts.append(f"&{self._name(array)}" if array in results and not array.shape else self._name(array))
        self._use(item.tree.func.id)
        lines = [f"{item.tree.func.id}({', '.join(texts)});"]
        yield from self._loop(index, size(item.lead), lines) if item.lead else lines

    def _base(self, node: Node, value: ast.expr) -> Iterator[str]:
        yield from self._loops(node.shape, [f"{self._here(node)} = {self.text(value)};"])

    def _steps(self, item: Steps) -> Iterator[str]:
        loop = item.loop
        t = self.names.new("t")
        self.counters[item.index] = t
        for nest in item.first:
            yield from self._nest(nest)
        n = self.dim(loop.length)
        lines = []
        for items, going in item.asked:
            lines += [line for inside in items for line in self._item(inside)]
            lines += [f"if (!({self.text(going)}))", f"{INDENT}break;"]
        if isinstance(loop.length, Length) and loop.length.names() & self.limited:
            lines += [f"if ({n} == {MOST_STEPS})", f"{INDENT}return 2;"]
        lines += [line for inside in [*item.inside, *item.then] for line in self._item(inside)]
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


def start(total: Total) -> str:
    """What a total is of nothing."""
    known = {"max": "-INFINITY", "min": "INFINITY", "and": "true", "or": "false", "*": "1"}
    return least_or_most(known.get(total.by, "0"), total.node)


def least_or_most(text: str, node: Node) -> str:
    """An infinity in the type of a node: of integers the least, or the largest."""
    if node.aval.kind not in "iu":
        return text
    return {"-INFINITY": "INT64_MIN", "INFINITY": "INT64_MAX"}.get(text, text)
