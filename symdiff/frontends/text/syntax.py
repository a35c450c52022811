"""Which syntax trees are expressions of ours, and where in the text an error lies."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterator

from symdiff.errors import LimitError, ParseError, SymdiffError
from symdiff.frontends.plainer import is_left_halfway
from symdiff.frontends.text.limits import Limits

BINARY: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
_EXPRESSIONS = (
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.keyword, ast.Attribute, ast.Subscript,
    ast.Slice, ast.Tuple, ast.List, ast.Constant, ast.Name, ast.Starred,
)  # fmt: skip
_STATEMENTS = (
    ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.If, ast.For, ast.While, ast.Break, ast.Continue, ast.Pass,
)  # fmt: skip
DEEPEST = 12  # blocks within blocks
MOST_HALFWAY = 6  # branches that are left from within, each of which doubles what follows
_WORDS = {
    ast.Lambda: "lambda", ast.ListComp: "a comprehension", ast.GeneratorExp: "a comprehension", ast.Dict: "a dict",
    ast.Set: "a set", ast.JoinedStr: "an f-string", ast.NamedExpr: ":=",
    ast.Import: "an import", ast.ImportFrom: "an import", ast.FunctionDef: "a function definition",
    ast.Await: "await", ast.Yield: "yield", ast.ClassDef: "a class", ast.Delete: "del", ast.With: "with",
}  # fmt: skip


_INSTEAD = {
    ast.Lambda: "write its body alone: the names in it are the variables",
    ast.ListComp: "write it for whole arrays",
    ast.GeneratorExp: "write it for whole arrays",
    ast.Import: "leave it out: np. is understood",
    ast.ImportFrom: "leave it out: np. is understood",
    ast.NamedExpr: "give the value a name on a line of its own",
    ast.FunctionDef: "write its body alone: the names in it are the variables",
}


def check_results(text: str, tree: ast.Module) -> None:
    """Raises ParseError unless the last line, and nothing else, is the result, or all branches of it return one."""
    last = tree.body[-1]
    if isinstance(last, (ast.For, ast.While, ast.If)) and not _returns(last):
        error = ParseError(
            "the program gives no result", help="end with a line that gives it, or return it on every side"
        )
        raise place(error, text, last)
    for statement in tree.body[:-1]:
        if isinstance(statement, ast.Return):
            raise place(without_effect(statement), text, statement)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and node is not last:
            raise place(without_effect(node), text, node)
    in_loops = {id(s) for loop in ast.walk(tree) if isinstance(loop, (ast.For, ast.While)) for s in _inside(loop.body)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Break, ast.Continue)) and id(node) not in in_loops:
            raise place(ParseError(f"{type(node).__name__.lower()} stands in no loop"), text, node)


def _inside(body: list[ast.stmt]) -> Iterator[ast.AST]:
    for s in body:
        yield from ast.walk(s)


def _returns(statement: ast.stmt) -> bool:
    """Whether a statement returns, whichever way it goes."""
    stack = [statement]
    while stack:
        s = stack.pop()
        if isinstance(s, ast.If) and s.body and s.orelse:
            stack += [s.body[-1], s.orelse[-1]]
        elif not isinstance(s, ast.Return):
            return False
    return True


def _depth(tree: ast.Module) -> int:
    """How deep blocks lie in blocks. An ``elif`` is no deeper than its ``if``."""
    deepest, stack = 0, [(s, 1) for s in tree.body]
    while stack:
        s, depth = stack.pop()
        deepest = max(deepest, depth)
        for part in ("body", "orelse"):
            inner = getattr(s, part, [])
            is_elif = part == "orelse" and len(inner) == 1 and isinstance(inner[0], ast.If)
            stack += [(x, depth + (not is_elif)) for x in inner if isinstance(x, ast.stmt)]
    return deepest


def without_effect(statement: ast.stmt) -> ParseError:
    """The error for a line that computes something and keeps nothing."""
    if isinstance(statement, ast.Return):
        return ParseError("nothing may follow the result", help="return stands on the last line")
    return ParseError("this line has no effect", help="give its value a name: a = …; only the last line is the result")


def syntax_error(text: str, error: SyntaxError) -> SymdiffError:
    """Python's syntax error as one of ours."""
    line, column = error.lineno or 1, max((error.offset or 1) - 1, 0)
    message = (error.msg or "invalid syntax").lower()
    help = None
    source = text.splitlines()[min(line, len(text.splitlines())) - 1]
    if "indent" in message:
        help = "the lines of a block begin in one column, to the right of what they belong to"
    elif "invalid decimal literal" in message or (column and source[column - 1 : column].isdigit()):
        help = "a product needs its sign: 2*x, not 2x"
    elif beside := _beside(source, column):
        left, right = beside
        call = "" if left[0].isdigit() else f"a call needs brackets: {left}({right}); "
        help = f"{call}a product needs its sign: {left}*{right}"
    width = (error.end_offset or 0) - (error.offset or 0) if error.end_lineno == error.lineno else 1
    return ParseError(message.replace(". perhaps you forgot a comma?", ""), help=help, code="SD101").at(
        text, line, column, width
    )


def _beside(source: str, column: int) -> tuple[str, str] | None:
    """Two names, or a number and a name, beside each other in a line, where its error lies or ends."""
    for found in re.finditer(r"(?<![\w.])([A-Za-z_]\w*|\d[\d.]*) +(?=([A-Za-z_]\w*))", source):
        if found.start() <= column <= found.end(2) and not any(map(keyword.iskeyword, found.groups())):
            return found[1], found[2]
    return None


def place(error: SymdiffError, text: str, node: ast.AST) -> SymdiffError:
    """`error` with the caret under `node`: under the sign of an operation, the name of a function."""
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    end = getattr(node, "end_col_offset", column + 1)
    if isinstance(node, (ast.BinOp, ast.AugAssign)):  # the caret goes under the sign, not under both operands
        left = node.left if isinstance(node, ast.BinOp) else node.target
        line, column = _skip(text, left.end_lineno or line, left.end_col_offset or column)
        return error.at(text, line, column, len(BINARY[type(node.op)]) + isinstance(node, ast.AugAssign))
    if isinstance(node, ast.Call):
        end = node.func.end_col_offset or end
        if isinstance(node.func, ast.Attribute):
            column = end - len(node.func.attr)
    return error.at(text, line, column, end - column if getattr(node, "end_lineno", line) == line else 1)


def _skip(text: str, line: int, column: int) -> tuple[int, int]:
    """The place of the next character that is no space, closing bracket or comment."""
    lines = text.splitlines()
    while True:
        rest = lines[line - 1][column:]
        bare = rest.lstrip(" )\t")
        if (bare and not bare.startswith(("#", "\\"))) or line == len(lines):
            return line, column + len(rest) - len(bare)
        line, column = line + 1, 0


def check_tree(text: str, tree: ast.Module, limits: Limits) -> None:
    """Raises ParseError or LimitError for a tree with a part that is not on the list."""
    if _depth(tree) > DEEPEST:
        raise LimitError(f"blocks lie deeper in each other than {DEEPEST} levels")
    halfway = [s for s in ast.walk(tree) if isinstance(s, ast.If) and is_left_halfway(s)]
    if len(halfway) > MOST_HALFWAY:
        raise place(
            LimitError("too many branches are left from within", help="assign, and return once"), text, halfway[-1]
        )
    count = 0  # a line counts as several parts: its value has a name that is kept, and printed
    for node in ast.walk(tree):
        count += 1 if isinstance(node, ast.expr) else 3 * isinstance(node, ast.stmt)
        if count > limits.nodes:
            raise LimitError(f"the expression has more than {limits.nodes} parts")
        if isinstance(node, ast.stmt) and not isinstance(node, _STATEMENTS):
            raise place(not_allowed(node), text, node)
        if isinstance(node, ast.expr) and not isinstance(node, _EXPRESSIONS):
            raise place(not_allowed(node), text, node)
        if isinstance(node, ast.Name):
            _check_name(text, node)
        if isinstance(node, ast.Constant) and not isinstance(
            node.value, (int, float, complex, str, type(None), type(...))
        ):
            raise place(ParseError(f"{node.value!r} has no meaning in an expression"), text, node)


def not_allowed(node: ast.AST) -> ParseError:
    """The error for a part of Python that is not part of the language."""
    what = _WORDS.get(type(node), type(node).__name__.lower())
    help = _INSTEAD.get(type(node), "write an expression, or lines of name = expression")
    return ParseError(f"{what} is not part of the expression language", help=help, code="SD104")


def _check_name(text: str, node: ast.Name) -> None:
    if node.id.startswith("__"):
        raise place(
            ParseError(f"{node.id!r} is not a name for a variable", help="names do not begin with __"), text, node
        )
