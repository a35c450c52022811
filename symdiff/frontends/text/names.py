"""What the names in a text mean: variables, functions, methods, constants, and names of dtypes."""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from symdiff.errors import ArgumentError, ParseError, ShapeError, SymdiffError, UnsupportedError, did_you_mean
from symdiff.frontends.text.goes_over import iterator
from symdiff.frontends.text.syntax import place
from symdiff.graph.node import as_node
from symdiff.graph.op import Op
from symdiff.ops import vocabulary as api
from symdiff.ops.table import FUNCTIONS, find

MODULES = ("np", "numpy", "linalg", "scipy", "special", "math", "fft")
DTYPES = {
    **{kind: kind for kind in ("bool", "int", "float", "complex", "intp", "single", "double")},
    **{f"{kind}{bits}": f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)},
    **{kind: kind for kind in ("float16", "float32", "float64", "complex64", "complex128")},
    "bool_": "bool", "int_": "int", "float_": "float",
}  # fmt: skip

HELP = {  # for what people bring along from Python, from SymPy, and from their notes
    "T": "the transpose is x.T, without brackets",
    "float": "all numbers are floats already",
    "int": "round down with floor(x)",
    "range": "a range stands behind `in`; as an array it is arange(n)",
    "print": "an expression only computes",
    "ln": "the natural logarithm is log(x)",
    "lg": "it is log10(x), or log2(x)",
    "cot": "write 1/tan(x)",
    "sec": "write 1/cos(x)",
    "csc": "write 1/sin(x)",
    "coth": "write 1/tanh(x)",
    "factorial": "write gamma(n + 1)",
    "fac": "write gamma(n + 1)",
    "binomial": "write gamma(n + 1) / (gamma(k + 1) * gamma(n - k + 1))",
    "Sum": "write sum(…) of an array, such as arange(n)",
    "rand": "pass random numbers in as an argument",
    "randn": "pass random numbers in as an argument",
    "random": "pass random numbers in as an argument",
    **dict.fromkeys(("D", "derivative", "Derivative", "derive"), "differentiate the whole: sd.grad(…, wrt=…)"),
}
_ARITY_HELP = {"log": "to another base it is log(x) / log(10)"}


def check_calls(text: str, tree: ast.Module) -> None:
    """All that can be said about calls before the shapes are known: names, numbers of arguments, keywords.

    Names of dtypes, which are no variables, are replaced by texts: ``dtype=float`` is ``dtype="float"``.

    Raises:
        SymdiffError: with the place.
    """
    assigned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    inside: set[int] = set()  # parts of dotted names that were looked at as a whole
    behind_in = _iterators(tree)
    for node in ast.walk(tree):
        try:
            if id(node) in behind_in:
                continue
            if isinstance(node, ast.Call):
                _check_call(node)
                inside.update([id(node.func)] if is_method(node) else map(id, ast.walk(node.func)))
            elif isinstance(node, ast.Attribute) and id(node) not in inside:
                path = module_path(node)
                if path is not None and path not in api.CONSTANTS:
                    raise unknown("constant", path, [*FUNCTIONS, *api.CONSTANTS])
                inside.update(map(id, ast.walk(node)) if path is not None else ())
                if isinstance(node.value, ast.Name) and node.value.id not in assigned and path is None:
                    check_attribute(node.attr)  # of an input; results may have parts with names
        except SymdiffError as error:
            raise place(error, text, node) from None


def _iterators(tree: ast.AST) -> set[int]:
    """The calls behind ``in`` that say what a loop goes over."""
    found: set[int] = set()
    stack = [node.iter for node in ast.walk(tree) if isinstance(node, ast.For)]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Call) and iterator(node) is not None:
            found.add(id(node))
            stack.extend(node.args)
    return found


def is_method(node: ast.Call) -> bool:
    """Whether something in front of the dot is called upon, and no function of a module."""
    return function_name(node.func) is None


def _check_call(node: ast.Call) -> None:
    parts = [*([None] * is_method(node)), *node.args]
    keywords: dict[str | None, Any] = {k.arg: k.value for k in node.keywords}
    call = resolve(node, parts, keywords)
    if isinstance(call, Op):
        return
    given = inspect.signature(call).bind(*parts, **{str(k): v for k, v in keywords.items()}).arguments
    if "funclist" in given:
        _refuse_functions(given["funclist"])
    if "dtype" in given:
        _read_dtype(node, given["dtype"])


def _refuse_functions(tree: Any) -> None:
    """Where Python takes functions as well, a text takes values only."""
    for part in tree.elts if isinstance(tree, (ast.List, ast.Tuple)) else ():
        name = function_name(part) if isinstance(part, (ast.Name, ast.Attribute)) else None
        if name is not None and (find(name) is not None or callable(getattr(builtins, name, None))):
            raise ParseError(f"{name!r} is a function, and a value is meant here", help=f"write {name}(…)")


def _read_dtype(node: ast.Call, tree: Any) -> None:
    """Replaces the name of a dtype by a text, and refuses what is none."""
    if not isinstance(tree, ast.expr) or (isinstance(tree, ast.Attribute) and module_path(tree) is None):
        return  # x.dtype is known once x is
    if isinstance(tree, ast.Constant) and (tree.value is None or tree.value in DTYPES):
        return
    name: Any = tree.value if isinstance(tree, ast.Constant) else None
    if isinstance(tree, (ast.Name, ast.Attribute)):
        name = function_name(tree)
    if name not in DTYPES:
        shown = f"{name!r} is" if isinstance(name, str) else "this is"
        raise ArgumentError(f"{shown} not a dtype of numbers", help="for instance float32")
    word = ast.copy_location(ast.Constant(DTYPES[str(name)]), tree)
    node.args = [word if part is tree else part for part in node.args]
    for keyword in node.keywords:
        keyword.value = word if keyword.value is tree else keyword.value


def check_attribute(name: str) -> None:
    """Raises ParseError unless arrays have the attribute `name` here."""
    if name in api.ATTRIBUTES:
        return
    if name in api.METHODS:
        raise ParseError(f"{name!r} is a method", help=f"call it: .{name}()", code="SD108")
    raise unknown("attribute", name, [*api.ATTRIBUTES, *api.METHODS])


def resolve(node: ast.Call, args: list[Any], keywords: dict[str | None, Any]) -> Callable[..., Any]:
    """The function that a call means, once its name and arguments have been checked.

    Raises:
        SymdiffError: for anything else.
    """
    if any(isinstance(a, ast.Starred) for a in node.args) or None in keywords:
        raise UnsupportedError("* and ** are not supported in front of an argument")
    name = function_name(node.func)
    if name is None:
        if not isinstance(node.func, ast.Attribute):
            raise ParseError(
                "only functions and methods can be called", help="a product needs its sign: a*(b + c)", code="SD105"
            )
        name = node.func.attr
        if name not in api.METHODS:
            raise unknown("method", name, list(api.METHODS))
    entry = find(name)
    if entry is None and name == "len":
        _check_signature(name, _length, args, {str(k): v for k, v in keywords.items()})
        return _length
    if entry is None:
        raise unknown("function", name, list(FUNCTIONS))
    _check_signature(name, entry.call, args, {str(k): v for k, v in keywords.items()})
    return entry.call


def _length(x: Any, /) -> Any:
    """The length of the first axis."""
    if isinstance(x, (tuple, list)):
        return len(x)
    shape = as_node(x).shape
    if not shape:
        raise ShapeError("a number has no length", help="declare the shape of the input: x='n'")
    return shape[0]


def _check_signature(name: str, call: Callable[..., Any], args: list[Any], keywords: dict[str, Any]) -> None:
    if isinstance(call, Op):
        wanted = call.arity or 0
        if len(args) != wanted or keywords:
            help = _ARITY_HELP.get(name) if len(args) > wanted else None
            raise ArgumentError(f"{name} takes {wanted} argument{'s' * (wanted != 1)}", help=help, code="SD309")
        return
    signature = inspect.signature(call)
    try:
        signature.bind(*args, **keywords)
    except TypeError as error:
        parameters = ", ".join(str(p).split(":")[0] for p in signature.parameters.values())
        raise ArgumentError(f"{name}: {error}", help=f"the signature is {name}({parameters})", code="SD309") from None


def variables(tree: ast.Module, declared: tuple[str, ...]) -> tuple[str, ...]:
    """The names that are not assigned, functions or constants, in order of first appearance."""
    found: dict[str, None] = {}
    assigned: set[str] = set()
    for part, targets in _in_order(tree.body):
        for name in _names_in_order(part):
            if name not in assigned and (name not in api.CONSTANTS or name in declared):
                found.setdefault(name)
        assigned.update(n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name) and _is_stored(n))
    return tuple(found)


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _in_order(body: Sequence[ast.stmt]) -> Iterator[tuple[list[ast.expr], list[ast.expr]]]:
    """What each statement, or head of a block, reads, and what it assigns after that, in the order of the text."""
    stack = list(reversed(body))
    while stack:
        s = stack.pop()
        if isinstance(s, ast.Assign):
            yield [s.value, *(t for t in s.targets)], s.targets
        elif isinstance(s, ast.AugAssign):
            yield [s.target, s.value], [s.target]
        elif isinstance(s, ast.For):
            yield [s.iter], [s.target]
        elif isinstance(s, (ast.If, ast.While)):
            yield [s.test], []
        elif isinstance(s, (ast.Expr, ast.Return)):
            yield [s.value] if s.value is not None else [], []
        stack.extend(reversed([*getattr(s, "body", []), *getattr(s, "orelse", [])]))


def _names_in_order(parts: Sequence[ast.expr]) -> list[str]:
    names = []
    skip: set[int] = set()
    updated = {id(parts[0])} if parts and isinstance(parts[0], ast.Name) and _is_stored(parts[0]) else set()
    nodes = [node for part in parts for node in ast.walk(part)]
    for node in nodes:
        if isinstance(node, ast.Call) and function_name(node.func) is not None:
            skip.update(id(part) for part in ast.walk(node.func))
        elif isinstance(node, ast.Attribute) and module_path(node) is not None:
            skip.update(id(part) for part in ast.walk(node))
    for node in nodes:
        if isinstance(node, ast.Name) and id(node) not in skip and (not _is_stored(node) or id(node) in updated):
            names.append((node.lineno, node.col_offset, node.id))
    return [name for _, _, name in sorted(names)]


def module_path(node: ast.expr) -> str | None:
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


def function_name(node: ast.expr) -> str | None:
    """The name that a call calls by, None for methods and anything that has no name."""
    return node.id if isinstance(node, ast.Name) else module_path(node)


def unknown(kind: str, name: str, known: list[str]) -> ParseError:
    """The error for a name that means nothing, with what was probably meant."""
    word = name.rpartition(".")[2]
    found = {k.rpartition(".")[2]: k for k in reversed(known) if not k.startswith("scipy.")}
    found.pop(word, None)
    help = HELP.get(word)
    if help is None:
        help = did_you_mean(word, found, cutoff=0.75)
    if help is None and kind == "function":
        help = f"`symdiff ops` lists the functions; one of your own: sd.elementwise({name!r}, …)"
    return ParseError(f"unknown {kind} {name!r}", help=help, code="SD102")
