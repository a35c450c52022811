"""C11 that stands alone: one function, no allocation, no library but ``math.h``."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from symdiff.codegen.c.call import load_c
from symdiff.codegen.c.expression import TYPES, number
from symdiff.codegen.c.parts import in_parts
from symdiff.codegen.c.prelude import texts
from symdiff.codegen.c.writer import Writer
from symdiff.codegen.nest_writer import INDENT
from symdiff.codegen.nested import in_container
from symdiff.codegen.printed import Printed
from symdiff.codegen.refusing import ELSEWHERE, check_printable
from symdiff.codegen.signature import MARK, Signature
from symdiff.codegen.source import Definition
from symdiff.codegen.spelling import Spelling, called
from symdiff.codegen.target import DEFAULT, Target, Wishes, register
from symdiff.errors import UnsupportedError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import is_counted
from symdiff.graph.graph import Graph
from symdiff.graph.loop import ONCE
from symdiff.graph.node import CONSTANT, INPUT, ITEM, LENGTH, Node
from symdiff.schedule.nesting import nests

WIDTH = 100
HEADERS = ("math.h", "stdbool.h", "stddef.h", "stdint.h")
GENERIC = "tgmath.h"  # math.h, and functions of floats that give floats: what overflows there must overflow here
NARROW = re.compile(r"\bfloat\b")


class C(Spelling):
    """Numbers and arrays in C order, real ones and integers."""

    name = "c"
    fallback: Target | None = None
    nests = True
    rows = ("c", "math")

    def takes(self, graph: Graph) -> bool:
        return True

    def prints(self, node: Node) -> bool:
        if node.op.block:
            return node.op.block != ONCE
        if node.op is ITEM:
            return self.prints(node.inputs[0])
        if node.aval.parts:
            return "c" in node.op.notation.spell and self.spelled(node) is not None
        if node.dtype.name not in TYPES:
            return False
        if node.op in (INPUT, CONSTANT, LENGTH):
            return True
        if node.op.family == "elementwise":
            return bool(node.op.infix in ("&", "|", "^", "~", "<<", ">>") or self.has_spelling(node))
        return node.op.element is not None or ("c" in node.op.notation.spell and self.spelled(node) is not None)

    def template(self, node: Node) -> str:
        text = self.spelled(node)
        if text is None:
            return f"a {node.op.infix} b" if len(node.inputs) == 2 else f"{node.op.infix}a"
        return called(text, node) if text.isidentifier() and text != "a" else text

    def print(self, graph: Graph, options: Wishes = DEFAULT) -> Printed:
        check_printable(graph, self, raises=True)
        program = nests(graph.with_(outputs=graph.returned), self.template)
        writer = Writer(graph.with_(outputs=graph.returned), program)
        body = writer.body()
        if any(map(is_counted, (n for node in graph.returned for n in node.shape))):
            raise UnsupportedError(
                "the target 'c' gives no arrays that are as long as a loop takes steps",
                help=ELSEWHERE,
            )
        results = dict(zip(writer.results, map(writer.type_of, graph.returned), strict=True))
        inputs = {writer.local[x]: writer.type_of(x) for x in graph.inputs}
        parts = in_parts(body, _parameters(inputs, writer.arguments, results), writer.names.new, writer.name)
        body = [writer.held(parts.name, parts.held), *parts.body] if parts else body
        signature = Signature(
            writer.name,
            inputs,
            tuple(writer.arguments),
            in_container(graph.tree, [ast.Name(name) for name in writer.results]),
            results,
            writer.dim(writer.work),
            writer.returns,
            tuple(writer.errors()),
        )
        printed = Printed(writer.name, list(signature.inputs))
        printed.lines = [
            *_head(signature),
            "{",
            *(INDENT + line for line in writer.opening() + body + writer.closing()),
            "}",
        ]
        printed.constants = texts(writer.needs) | (parts.functions if parts else {})
        printed.constants |= {writer.local[node]: _table(writer.local[node], node) for node in program.tables}
        return printed

    def text(self, definitions: Sequence[Definition]) -> str:
        parts = [definition.printed for definition in definitions]
        helpers = {name: text for printed in parts for name, text in printed.constants.items()}
        bodies = [*helpers.values(), *("\n".join(printed.lines) for printed in parts)]
        headers = (GENERIC, *HEADERS[1:]) if any(map(NARROW.search, bodies)) else HEADERS
        return "\n\n".join(["\n".join(f"#include <{name}>" for name in headers), *bodies]) + "\n"

    def load(self, text: str, name: str, extra: Mapping[str, Any]) -> Callable[..., Any]:
        return load_c(text, name)


def _head(signature: Signature) -> list[str]:
    """The comment from which the function can be called again, and its first line."""
    parameters = list(_parameters(signature.inputs, signature.lengths, signature.outputs).values())
    if signature.room != "0":
        parameters.append("double *restrict work")
    kind = "int" if signature.checks else "void"
    start = f"{kind} {signature.name}("
    lines, line = [], start
    for k, parameter in enumerate(parameters):
        more = parameter + (", " if k < len(parameters) - 1 else ")")
        if len(line) + len(more) > WIDTH:
            lines.append(line.rstrip())
            line = " " * len(start)
        line += more
    return [f"// {MARK}{signature}", *(f"// {text}" for text in signature.returned), *lines, line]


def _parameters(inputs: Mapping[str, Aval], lengths: Sequence[str], outputs: Mapping[str, Aval]) -> dict[str, str]:
    """How parameters are declared, by name."""
    found = {}
    for name, aval in inputs.items():
        kind = TYPES[aval.dtype.name]
        found[name] = f"const {kind} *restrict {name}" if aval.shape else f"{kind} {name}"
    found |= {name: f"ptrdiff_t {name}" for name in lengths}
    return found | {name: f"{TYPES[aval.dtype.name]} *restrict {name}" for name, aval in outputs.items()}


def _table(name: str, node: Node) -> str:
    """Known numbers, as an array that is there once."""
    assert node.literal is not None
    values: np.ndarray = node.literal.value
    is_single = values.dtype == np.float32
    numbers = ", ".join(number(x, is_single)[0] for x in values.ravel().tolist())
    return f"static const {TYPES[values.dtype.name]} {name}[{max(values.size, 1)}] = {{{numbers or 0}}};"


register(C())
