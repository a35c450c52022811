"""Text: NumPy-like expressions and small programs, as strings, into graphs.

The text is untrusted. Python's parser reads it (after `limits` has let it pass), every node of the syntax tree must be
on the list below, functions come from the table of the vocabulary, and nothing of the text is ever executed.

A program is lines of ``name = expression``; the last line (or ``return``) is the result. Names that are not assigned
are the variables, in order of first appearance.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import textwrap
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from symdiff.errors import ArgumentError, DTypeError, LimitError, ParseError, SymdiffError, UnsupportedError
from symdiff.frontends.layout import taken_apart
from symdiff.frontends.numbers import fold_numbers
from symdiff.frontends.text.limits import DEFAULT, Limits, check_text
from symdiff.frontends.text.syntax import BINARY, check_tree, not_allowed, place, syntax_error, without_effect
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, as_node, variable
from symdiff.graph.op import OPS, Op
from symdiff.graph.tree import Tree
from symdiff.ops import vocabulary as api
from symdiff.ops.table import FUNCTIONS, find

MODULES = ("np", "numpy", "linalg", "scipy", "special", "math", "fft")
_COMPARE: dict[type, str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


HELP = {  # for what people bring along from Python
    "len": "the length of an axis is x.shape[0]",
    "T": "the transpose is x.T, without brackets",
    "float": "all numbers are floats already",
    "int": "round down with floor(x)",
    "range": "write arange(n)",
    "print": "an expression only computes",
}


@dataclass(frozen=True)
class Parsed:
    """A checked program: its text, and the variables that it needs, in order of first appearance."""

    text: str
    variables: tuple[str, ...]
    tree: ast.Module = field(repr=False, compare=False)

    def build(self, avals: Mapping[str, Aval], name: str = "f", lengths: Mapping[str, Dim] | None = None) -> Graph:
        """The graph for inputs of the given abstract values; `lengths` are the names that mean lengths of axes.

        Raises:
            SymdiffError: with a caret under the operation that cannot be.
        """
        lengths = lengths or {}
        inputs = {v: variable(v, avals[v]) for v in self.variables if v not in lengths}
        return _Builder(self.text, inputs, lengths).run(self.tree, name)


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
    text = textwrap.dedent(text).strip()
    if not text:
        raise ParseError("the expression is empty")
    check_text(text, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's opinion of 1if x else y is nothing to the user
            tree = ast.parse(text)
    except SyntaxError as error:
        raise syntax_error(text, error) from None
    except (RecursionError, MemoryError):
        raise LimitError(
            "the expression nests too deeply to be parsed", help="split it into lines: a = …, then b = … a …"
        ) from None
    if not tree.body:
        raise ParseError("the expression is empty")
    check_tree(text, tree, limits)
    _check_calls(text, tree)
    for statement in tree.body[:-1]:
        if isinstance(statement, (ast.Expr, ast.Return)):
            raise place(without_effect(statement), text, statement)
    found = _variables(tree, declared)
    return Parsed(text, (*found, *(name for name in declared if name not in found)), tree)


def _check_calls(text: str, tree: ast.Module) -> None:
    """Everything that can be said about calls before the shapes are known: names, numbers of arguments, keywords."""
    inside: set[int] = set()  # parts of dotted names that were looked at as a whole
    for node in ast.walk(tree):
        try:
            if isinstance(node, ast.Call):
                _resolve(node, [None] * (len(node.args) + _is_method(node)), {k.arg: None for k in node.keywords})
                inside.update(map(id, ast.walk(node.func)) if not _is_method(node) else ())
            elif isinstance(node, ast.Attribute) and id(node) not in inside:
                path = _module_path(node)
                if path is not None and path not in api.CONSTANTS:
                    raise _unknown("constant", path, [*FUNCTIONS, *api.CONSTANTS])
                inside.update(map(id, ast.walk(node)) if path is not None else ())
        except SymdiffError as error:
            raise place(error, text, node) from None


def _is_method(node: ast.Call) -> bool:
    return _function_name(node.func) is None


def _resolve(node: ast.Call, args: list[Any], keywords: dict[str | None, Any]) -> Callable[..., Any]:
    """The function that a call means, once its name and arguments have been checked."""
    if any(isinstance(a, ast.Starred) for a in node.args) or None in keywords:
        raise UnsupportedError("* and ** are not supported in front of an argument")
    name = _function_name(node.func)
    if name is None:
        if not isinstance(node.func, ast.Attribute):
            raise ParseError("only functions and methods can be called", help="a product needs its sign: a*(b + c)")
        name = node.func.attr
        if name not in api.METHODS:
            raise _unknown("method", name, list(api.METHODS))
    entry = find(name)
    if entry is None:
        raise _unknown("function", name, list(FUNCTIONS))
    _check_signature(name, entry.call, args, {str(k): v for k, v in keywords.items()})
    return entry.call


def _variables(tree: ast.Module, declared: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    assigned: set[str] = set()
    for statement in tree.body:
        for name in _names_in_order(statement):
            if name not in assigned and (name not in api.CONSTANTS or name in declared):
                found.setdefault(name)
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        assigned.update(n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name))
    return tuple(found)


def _names_in_order(statement: ast.stmt) -> list[str]:
    names = []
    skip: set[int] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and _function_name(node.func) is not None:
            skip.update(id(part) for part in ast.walk(node.func))
        elif isinstance(node, ast.Attribute) and _module_path(node) is not None:
            skip.update(id(part) for part in ast.walk(node))
    for node in ast.walk(statement):
        if not isinstance(node, ast.Name) or id(node) in skip:
            continue
        if isinstance(node.ctx, ast.Load) or isinstance(statement, ast.AugAssign):
            names.append((node.lineno, node.col_offset, node.id))
    return [name for _, _, name in sorted(names)]


def _module_path(node: ast.expr) -> str | None:
    """``linalg.inv`` for ``np.linalg.inv``; None for anything that does not begin with a module's name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not parts or not isinstance(node, ast.Name) or node.id not in MODULES:
        return None
    path = [node.id, *reversed(parts)]
    if ".".join(path) in FUNCTIONS:  # scipy.linalg.cholesky is not NumPy's
        return ".".join(path)
    while len(path) > 1 and path[0] in MODULES and path[0] not in ("linalg", "fft"):
        path.pop(0)
    if path[0] in ("T", "mT", *api.METHODS, *api.ATTRIBUTES) and ".".join(path) not in FUNCTIONS:
        return None  # a variable that is called np: np.T
    return ".".join(path)


def _function_name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else _module_path(node)


class _Builder:
    """Evaluates a checked syntax tree to nodes, without recursion."""

    def __init__(self, text: str, inputs: dict[str, Node], lengths: Mapping[str, Dim]) -> None:
        self.text = text
        self.inputs = inputs
        self.env: dict[str, Any] = {**inputs, **lengths}
        self.names: dict[Node, str] = {}

    def run(self, tree: ast.Module, name: str) -> Graph:
        result: Any = None
        for statement in tree.body:
            result = self._statement(statement)
        outputs, shape = self._outputs(result, tree.body[-1])
        return Graph(
            inputs=tuple(self.inputs.values()), outputs=outputs, forward=outputs, tree=shape, name=name,
            names={node: name for node, name in self.names.items() if node.inputs},
        )  # fmt: skip

    def _statement(self, statement: ast.stmt) -> Any:
        if isinstance(statement, ast.Assign):
            value = self.evaluate(statement.value)
            for target in statement.targets:
                self._assign(target, value)
            return value
        if isinstance(statement, ast.AugAssign):
            if not isinstance(statement.target, ast.Name):
                raise self._error(not_allowed(statement), statement)
            value = self._update(statement, statement.target)
            self._assign(statement.target, value)
            return value
        assert isinstance(statement, (ast.Expr, ast.Return))
        if statement.value is None:
            raise self._error(ParseError("return needs a value"), statement)
        return self.evaluate(statement.value)

    def _update(self, statement: ast.AugAssign, target: ast.Name) -> Any:
        value = self.evaluate(statement.value)
        try:
            return self._binary(statement, type(statement.op), self._load(target), value)
        except SymdiffError as error:
            raise self._error(error, statement) from None

    def _assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            self.env[target.id] = value
            if isinstance(value, Node) and value.inputs:
                self.names = {node: name for node, name in self.names.items() if name != target.id}
                self.names.setdefault(value, target.id)
        elif (
            isinstance(target, (ast.Tuple, ast.List))
            and isinstance(value, (tuple, list))
            and len(target.elts) == len(value)
        ):
            for part, item in zip(target.elts, value, strict=True):
                self._assign(part, item)
        else:
            raise self._error(
                ParseError("only a name, or as many names as there are values, can be assigned to"), target
            )

    def _outputs(self, result: Any, statement: ast.stmt) -> tuple[tuple[Node, ...], Tree]:
        try:
            if isinstance(result, str):
                as_node(result)
            return taken_apart(result, as_node)
        except SymdiffError as error:
            raise self._error(error, statement) from None

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
        handler = getattr(self, f"_on_{type(node).__name__.lower()}")
        try:
            return handler(node, *parts)
        except SymdiffError as error:
            raise self._error(error, node) from None
        except RecursionError:
            raise self._error(LimitError("the expression nests too deeply"), node) from None
        except (TypeError, ValueError, ArithmeticError, KeyError, IndexError, AttributeError, MemoryError) as error:
            raise self._error(ArgumentError(str(error) or "this cannot be computed"), node) from None

    def _error(self, error: SymdiffError, node: ast.AST) -> SymdiffError:
        return place(error, self.text, node)

    def _load(self, node: ast.Name) -> Any:
        if node.id in self.env:
            return self.env[node.id]
        return api.CONSTANTS[node.id]

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
        path = _module_path(node) if not value else None
        if path is not None:
            if path in api.CONSTANTS:
                return api.CONSTANTS[path]
            raise _unknown("constant", path, list(api.CONSTANTS))
        if value and node.attr in (fields := getattr(value[0], "_fields", ())):
            return value[0][fields.index(node.attr)]
        if node.attr in api.METHODS:
            raise ParseError(f"{node.attr!r} is a method", help=f"call it: .{node.attr}()")
        if node.attr not in api.ATTRIBUTES:
            raise _unknown("attribute", node.attr, [*api.ATTRIBUTES, *api.METHODS])
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
        return OPS["logical_not"](value)

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
            pair = OPS.infix[_COMPARE[type(op)]](a, b)
            result = pair if result is None else OPS["logical_and"](result, pair)
        return result

    def _on_boolop(self, node: ast.BoolOp, *sides: Any) -> Any:
        op = OPS["logical_and" if isinstance(node.op, ast.And) else "logical_or"]
        result = as_node(sides[0])
        for side in sides[1:]:
            result = op(result, side)
        return result

    def _on_ifexp(self, node: ast.IfExp, test: Any, yes: Any, no: Any) -> Any:
        return FUNCTIONS["where"].call(test, yes, no)

    def _on_call(self, node: ast.Call, *parts: Any) -> Any:
        split = len(parts) - len(node.keywords)
        keywords = {k.arg: value for k, value in zip(node.keywords, parts[split:], strict=True)}
        call = _resolve(node, list(parts[:split]), keywords)
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
            owner = (
                [node.func.value] if isinstance(node.func, ast.Attribute) and _module_path(node.func) is None else []
            )
            return [*owner, *node.args, *node.keywords]
        case ast.keyword() | ast.Starred():
            return [node.value]
        case ast.Attribute():
            return [] if _module_path(node) is not None else [node.value]
        case ast.Subscript():
            return [node.value, node.slice]
        case ast.Slice():
            return [part for part in (node.lower, node.upper, node.step) if part is not None]
        case ast.Tuple() | ast.List():
            return list(node.elts)
    return []


def _unknown(kind: str, name: str, known: list[str]) -> ParseError:
    word = name.rpartition(".")[2]
    if word in HELP:
        return ParseError(f"unknown {kind} {name!r}", help=HELP[word])
    names = [k.rpartition(".")[2] for k in known if not k.startswith("scipy.")]
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.65)
    return ParseError(f"unknown {kind} {name!r}", help=f"did you mean {close[0]!r}?" if close else None)


def _check_signature(name: str, call: Callable[..., Any], args: list[Any], keywords: dict[str, Any]) -> None:
    if isinstance(call, Op):
        wanted = call.arity or 0
        if len(args) != wanted or keywords:
            raise ArgumentError(f"{name} takes {wanted} argument{'s' * (wanted != 1)}")
        return
    signature = inspect.signature(call)
    try:
        signature.bind(*args, **keywords)
    except TypeError as error:
        parameters = ", ".join(str(p).split(":")[0] for p in signature.parameters.values())
        raise ArgumentError(f"{name}: {error}", help=f"the signature is {name}({parameters})") from None
