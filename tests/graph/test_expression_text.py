"""The text of trees: it reads back to the same tree, with the brackets that `ast.unparse` writes."""

import ast
import random

import pytest

from symdiff.graph.expression_text import BINARY, COMPARE, UNARY, unparse
from symdiff.graph.template import fill, parse_template

ATOMS = ("x", "y", "1", "2.5", "1e+20", "-0.0", "'it''s'", "None", "2j", "True", "...")


def expression(draw, depth):
    """A random tree of all kinds that sources are made of."""
    if depth == 0 or draw.random() < 0.1:
        return ast.parse(draw.choice(ATOMS), mode="eval").body

    def part():
        return expression(draw, depth - 1)

    return draw.choice(
        (
            lambda: ast.BinOp(part(), draw.choice(list(BINARY))(), part()),
            lambda: ast.BinOp(part(), draw.choice(list(BINARY))(), part()),
            lambda: ast.UnaryOp(draw.choice(list(UNARY))(), part()),
            lambda: ast.Compare(part(), [draw.choice(list(COMPARE))()], [part()]),
            lambda: ast.IfExp(part(), part(), part()),
            lambda: ast.BoolOp(draw.choice((ast.And, ast.Or))(), [part(), part(), part()]),
            lambda: ast.Call(
                part(), [part(), ast.Starred(part())], [ast.keyword("axis", part()), ast.keyword(None, part())]
            ),
            lambda: ast.Attribute(part(), "T"),
            lambda: ast.Subscript(part(), ast.Tuple([ast.Slice(part(), None, part()), part()][: draw.randint(0, 2)])),
            lambda: ast.Subscript(part(), draw.choice((part, lambda: ast.Slice(None, part(), None)))()),
            lambda: ast.Tuple([part() for _ in range(draw.randint(0, 3))]),
            lambda: ast.List([part() for _ in range(draw.randint(0, 3))]),
            lambda: ast.Lambda(ast.parse("lambda x, y: 0", mode="eval").body.args, part()),
        )
    )()


@pytest.mark.parametrize("seed", range(400))
def test_text_reads_back_as_what_python_writes(seed):
    tree = expression(random.Random(seed), 4)
    assert unparse(tree) == ast.unparse(tree)


def test_texts_are_kept_with_their_trees_and_not_with_what_is_made_of_them():
    template = parse_template("a * b")
    assert unparse(template) == "a * b"
    inner = fill(template, {"a": ast.Name("p"), "b": ast.parse("q + r", mode="eval").body}, ast.Name)
    assert unparse(inner) == "p * (q + r)"
    assert unparse(fill(template, {"a": inner, "b": inner}, ast.Name)) == "p * (q + r) * (p * (q + r))"
    assert unparse(template) == "a * b"
