"""Text: NumPy-like expressions and small programs, as strings, into graphs.

The text is untrusted. Python's parser reads it (after `limits` has let it pass), every node of the syntax tree must be
on the list below, functions come from the table of the vocabulary, and nothing of the text is ever executed.

A program is lines of ``name = expression`` and blocks (``if``, ``for``, ``while``); the last line (or ``return``) is
the result. Names that are not assigned are the variables, in order of first appearance. Each name is a value of its
own: ``y[i] = v`` makes a new array of that name.
"""

from __future__ import annotations

import ast
import operator
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from symdiff.errors import ArgumentError, DTypeError, LimitError, ParseError, SymdiffError, UnsupportedError
from symdiff.frontends.layout import taken_apart
from symdiff.frontends.numbers import fold_numbers
from symdiff.frontends.plainer import Plainer, shown
from symdiff.frontends.text.blocks import branch, loop
from symdiff.frontends.text.chains import parse_python
from symdiff.frontends.text.limits import DEFAULT, Limits, check_length, check_text
from symdiff.frontends.text.names import check_attribute, check_calls, module_path, resolve, unknown, variables
from symdiff.frontends.text.syntax import BINARY, check_results, check_tree, place, syntax_error
from symdiff.frontends.text.writing import written
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, as_node, variable
from symdiff.graph.op import OPS
from symdiff.graph.tree import Tree
from symdiff.ops import vocabulary as api
from symdiff.ops.table import FUNCTIONS

MANY = 5  # how many times as many parts as a text may have are evaluated, loops taken step by step
_REAL = (int, float)
_KNOWN: dict[type, Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_COMPARE: dict[type, str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


@dataclass(frozen=True)
class Parsed:
    """A checked program: its text, and the variables that it needs, in order of first appearance."""

    text: str
    variables: tuple[str, ...]
    tree: ast.Module = field(repr=False, compare=False)
    most: int = DEFAULT.nodes

    @property
    def assigned(self) -> frozenset[str]:
        """The names of lines, which are no inputs."""
        names = (node for node in ast.walk(self.tree) if isinstance(node, ast.Name))
        return frozenset(shown(node.id) for node in names if isinstance(node.ctx, ast.Store))

    def build(self, avals: Mapping[str, Aval], name: str = "f", lengths: Mapping[str, Dim] | None = None) -> Graph:
        """The graph for inputs of the given abstract values; `lengths` are the names that mean lengths of axes.

        Raises:
            SymdiffError: with a caret under the operation that cannot be.
        """
        lengths = lengths or {}
        inputs = {v: variable(v, avals[v]) for v in self.variables if v not in lengths}
        return _Builder(self.text, inputs, lengths, self.most).run(self.tree, name)


def parse(text: str, declared: tuple[str, ...] = (), limits: Limits = DEFAULT) -> Parsed:
    """Reads `text` and checks it against the list of what may occur.

    Args:
        text: an expression, or lines of assignments and a result.
        declared: names that are variables in any case: constants (``e``), and inputs that the text does not use.
        limits: bounds on the text.

    Raises:
        ParseError, LimitError: with the place.

    >>> parse("a*x**2 + b").variables
    ('a', 'x', 'b')
    """
    text = _without_margin(text, limits)
    if not text:
        raise ParseError("the expression is empty", code="SD107")
    check_text(text, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's opinion of 1if x else y is nothing to the user
            tree = parse_python(text)
    except SyntaxError as error:
        raise syntax_error(text, error) from None
    except (RecursionError, MemoryError):
        raise LimitError(
            "the expression nests too deeply to be parsed", help="split it into lines: a = …, then b = … a …"
        ) from None
    if not tree.body:
        raise ParseError("the expression is empty")
    check_tree(text, tree, limits)
    check_calls(text, tree)
    check_results(text, tree)
    found = variables(tree, declared)
    return Parsed(text, (*found, *(name for name in declared if name not in found)), in_fewer_words(tree), limits.nodes)


def _without_margin(text: str, limits: Limits) -> str:
    """The text without the blanks that all of its lines begin with; `textwrap.dedent` compiles them as a pattern."""
    body = text.strip()
    check_length(body, limits)
    margin = text[: len(text) - len(text.lstrip())].rpartition("\n")[2]
    first, *lines = [line if line.strip() else "" for line in body.split("\n")]
    margins = [margin, *(line[: len(line) - len(line.lstrip())] for line in lines if line)]
    shared = len(os.path.commonprefix(margins))  # noqa: RUF071  of blanks, not of folders
    return "\n".join([first, *(line[shared:] for line in lines)])


def in_fewer_words(tree: ast.Module) -> ast.Module:
    """The program without ``break``, ``continue`` and early ``return``, the result at its end."""
    *others, last = tree.body
    result = ast.copy_location(ast.Return(last.value), last) if isinstance(last, ast.Expr) else last
    return ast.Module(Plainer().function([*others, result]), [])


def _read(target: ast.expr) -> ast.expr:
    """What an update reads."""
    if isinstance(target, ast.Subscript):
        return ast.copy_location(ast.Subscript(target.value, target.slice, ast.Load()), target)
    assert isinstance(target, ast.Name)
    return ast.copy_location(ast.Name(target.id, ast.Load()), target)


class _Builder:
    """Evaluates a checked syntax tree to nodes, without recursion."""

    def __init__(self, text: str, inputs: dict[str, Node], lengths: Mapping[str, Dim], most: int) -> None:
        self.text, self.most = text, most
        self.evaluated = 0
        self.inputs = inputs
        self.env: dict[str, Any] = {**inputs, **lengths}
        self.names: dict[Node, str] = {}
        self.named: dict[str, Node] = {}

    def run(self, tree: ast.Module, name: str) -> Graph:
        self.block(tree.body[:-1])
        result = self._statement(tree.body[-1])
        outputs, shape = self._outputs(result, tree.body[-1])
        return Graph(
            inputs=tuple(self.inputs.values()), outputs=outputs, forward=outputs, tree=shape, name=name,
            names={node: name for node, name in self.names.items() if node.inputs},
        )  # fmt: skip

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Runs statements one after the other."""
        for statement in statements:
            self._statement(statement)

    def _statement(self, statement: ast.stmt) -> Any:
        match statement:
            case ast.Assign():
                value = self.evaluate(statement.value)
                for target in statement.targets:
                    self.assign(target, value)
                return value
            case ast.AugAssign():
                value = self._update(statement)
                self.assign(statement.target, value)
                return value
            case ast.If():
                return branch(self, statement)
            case ast.For() | ast.While():
                return loop(self, statement)
            case ast.Pass():
                return None
        assert isinstance(statement, (ast.Expr, ast.Return))
        if statement.value is None:
            raise self.error(ParseError("return needs a value"), statement)
        return self.evaluate(statement.value)

    def _update(self, statement: ast.AugAssign) -> Any:
        before = self.evaluate(_read(statement.target))
        value = self.evaluate(statement.value)
        try:
            return self._binary(statement, type(statement.op), before, value)
        except SymdiffError as error:
            raise self.error(error, statement) from None

    def assign(self, target: ast.expr, value: Any) -> None:
        """Gives a name, several, or an element of an array to a value."""
        if isinstance(target, ast.Name):
            self.env[target.id] = value
            if isinstance(value, Node) and value.inputs:
                self._name(value, shown(target.id))
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            array, index = self.evaluate(target.value), self.evaluate(target.slice)
            try:
                self.assign(target.value, written(array, index, value))
            except SymdiffError as error:
                raise self.error(error, target) from None
        elif (
            isinstance(target, (ast.Tuple, ast.List))
            and isinstance(value, (tuple, list))
            and len(target.elts) == len(value)
        ):
            for part, item in zip(target.elts, value, strict=True):
                self.assign(part, item)
        else:
            raise self.error(
                ParseError("only a name, or as many names as there are values, can be assigned to"), target
            )

    def _name(self, value: Node, name: str) -> None:
        """The value is called so from now on, and what was called so before is not."""
        before = self.named.pop(name, None)
        if before is not None and self.names.get(before) == name:
            del self.names[before]
        if self.names.setdefault(value, name) == name:
            self.named[name] = value

    def _outputs(self, result: Any, statement: ast.stmt) -> tuple[tuple[Node, ...], Tree]:
        try:
            if isinstance(result, str):
                as_node(result)
            return taken_apart(result, as_node)
        except SymdiffError as error:
            raise self.error(error, statement) from None

    # ------------------------------------------------------------------------------------------- the stack machine

    def evaluate(self, tree: ast.expr) -> Any:
        """The value of an expression: a node, or a Python number, string, tuple, list or slice."""
        values: dict[int, Any] = {}
        stack: list[tuple[ast.AST, bool]] = [(tree, False)]
        while stack:
            node, ready = stack.pop()
            parts = _operands(node)
            if not ready and parts:
                stack.append((node, True))
                stack.extend((part, False) for part in reversed(parts))
                continue
            values[id(node)] = self._combine(node, [values.pop(id(part)) for part in parts])
        return values[id(tree)]

    def _combine(self, node: ast.AST, parts: list[Any]) -> Any:
        self.evaluated += 1
        if self.evaluated > MANY * self.most:
            raise self.error(
                LimitError(
                    "the loops of the program take too many steps, one by one",
                    help="compute with whole arrays; a loop of nine steps or more is one of the graph",
                ),
                node,
            )
        handler = getattr(self, f"_on_{type(node).__name__.lower()}")
        try:
            return handler(node, *parts)
        except SymdiffError as error:
            raise self.error(error, node) from None
        except RecursionError:
            raise self.error(LimitError("the expression nests too deeply"), node) from None
        except (TypeError, ValueError, ArithmeticError, KeyError, IndexError, AttributeError, MemoryError) as error:
            raise self.error(ArgumentError(str(error) or "this cannot be computed"), node) from None

    def error(self, error: SymdiffError, node: ast.AST) -> SymdiffError:
        """The error with its place, the innermost one that is known."""
        return place(error, self.text, node)

    def _load(self, node: ast.Name) -> Any:
        if node.id in self.env:
            return self.env[node.id]
        if node.id in api.CONSTANTS:
            return api.CONSTANTS[node.id]
        raise ParseError(f"{node.id!r} has no value here", help="give it one before the block")

    # ------------------------------------------------------------------------------------------- one kind of node each

    def _on_name(self, node: ast.Name) -> Any:
        return self._load(node)

    def _on_constant(self, node: ast.Constant) -> Any:
        return node.value

    def _on_tuple(self, node: ast.Tuple, *items: Any) -> Any:
        return items

    def _on_list(self, node: ast.List, *items: Any) -> Any:
        return list(items)

    def _on_starred(self, node: ast.Starred, *items: Any) -> Any:
        raise UnsupportedError("* is not supported in front of an argument")

    def _on_keyword(self, node: ast.keyword, value: Any) -> Any:
        return value

    def _on_slice(self, node: ast.Slice, *bounds: Any) -> Any:
        given = iter(bounds)
        return slice(*[next(given) if part is not None else None for part in (node.lower, node.upper, node.step)])

    def _on_subscript(self, node: ast.Subscript, value: Any, index: Any) -> Any:
        if isinstance(value, (tuple, list)):
            return value[index]
        return api.getitem(value, index)

    def _on_attribute(self, node: ast.Attribute, *value: Any) -> Any:
        path = module_path(node) if not value else None
        if path is not None:
            if path in api.CONSTANTS:
                return api.CONSTANTS[path]
            raise unknown("constant", path, list(api.CONSTANTS))
        if value and node.attr in (fields := getattr(value[0], "_fields", ())):
            return value[0][fields.index(node.attr)]
        check_attribute(node.attr)
        return api.attribute(as_node(value[0]), node.attr)

    def _on_unaryop(self, node: ast.UnaryOp, value: Any) -> Any:
        if isinstance(value, list):
            value = as_node(value)
        match node.op:
            case ast.USub():
                return -value
            case ast.UAdd():
                return value
            case ast.Invert():
                return ~as_node(value)
        return not value if isinstance(value, bool) else OPS["logical_not"](value)

    def _on_binop(self, node: ast.BinOp, left: Any, right: Any) -> Any:
        return self._binary(node, type(node.op), left, right)

    def _binary(self, node: ast.AST, kind: type, left: Any, right: Any) -> Any:
        sign = BINARY[kind]
        if not isinstance(left, Node) and not isinstance(right, Node):
            folded = fold_numbers(sign, left, right)
            if folded is not None:
                return folded
        try:
            a, b = (as_node(side) for side in (left, right))
            return OPS.infix[sign](a, b)
        except DTypeError as error:
            if sign == "^":
                error.help = "a power is written x**2"
            raise

    def _on_compare(self, node: ast.Compare, *sides: Any) -> Any:
        result: Any = None
        for op, a, b in zip(node.ops, sides, sides[1:], strict=False):
            if type(op) not in _COMPARE:
                raise UnsupportedError("only <, <=, >, >=, == and != compare")
            if type(a) in _REAL and type(b) in _REAL and not isinstance(result, Node):  # known
                result = (result is not False) and _KNOWN[type(op)](a, b)
                continue
            pair = OPS.infix[_COMPARE[type(op)]](a, b)
            result = pair if result is None else OPS["logical_and"](result, pair)
        return result

    def _on_boolop(self, node: ast.BoolOp, *sides: Any) -> Any:
        is_and = isinstance(node.op, ast.And)
        if all(isinstance(side, bool) for side in sides):
            return all(sides) if is_and else any(sides)
        op = OPS["logical_and" if is_and else "logical_or"]
        result = as_node(sides[0])
        for side in sides[1:]:
            result = op(result, side)
        return result

    def _on_ifexp(self, node: ast.IfExp, test: Any, yes: Any, no: Any) -> Any:
        return FUNCTIONS["where"].call(test, yes, no)

    def _on_call(self, node: ast.Call, *parts: Any) -> Any:
        split = len(parts) - len(node.keywords)
        keywords = {k.arg: value for k, value in zip(node.keywords, parts[split:], strict=True)}
        call = resolve(node, list(parts[:split]), keywords)
        return call(*parts[:split], **{str(k): v for k, v in keywords.items()})


def _operands(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that have values, in the order in which `_on_…` takes them."""
    match node:
        case ast.BinOp():
            return [node.left, node.right]
        case ast.UnaryOp():
            return [node.operand]
        case ast.BoolOp():
            return list(node.values)
        case ast.Compare():
            return [node.left, *node.comparators]
        case ast.IfExp():
            return [node.test, node.body, node.orelse]
        case ast.Call():
            owner = [node.func.value] if isinstance(node.func, ast.Attribute) and module_path(node.func) is None else []
            return [*owner, *node.args, *node.keywords]
        case ast.keyword() | ast.Starred():
            return [node.value]
        case ast.Attribute():
            return [] if module_path(node) is not None else [node.value]
        case ast.Subscript():
            return [node.value, node.slice]
        case ast.Slice():
            return [part for part in (node.lower, node.upper, node.step) if part is not None]
        case ast.Tuple() | ast.List():
            return list(node.elts)
    return []
