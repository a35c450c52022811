"""``match`` as ``if``, ``elif`` and ``else``: what a pattern asks for is a condition, which may depend on values."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from symdiff.frontends.plainer import SUBJECT


def as_branches(s: ast.Match, number: int) -> list[ast.stmt]:
    """Statements that do the same.

    A pattern that takes its subject apart is matched by Python, whose answer a variable holds: what it compares is
    known then, and its guard need not be.
    """
    if isinstance(s.subject, ast.Name):
        return _chain(s.subject.id, s.cases, number)
    name = f"{SUBJECT}{number}"
    asked = ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], s.subject), s)
    return [asked, *_chain(name, s.cases, number)]


def _chain(subject: str, cases: Sequence[ast.match_case], number: int) -> list[ast.stmt]:
    if not cases:
        return []
    first, *others = cases
    before, test = _asked(subject, first.pattern, number)
    if first.guard is not None:
        test = first.guard if test is None else ast.BoolOp(ast.And(), [test, first.guard])
    if test is None:
        return [*before, *first.body]
    return [*before, ast.If(test, list(first.body), _chain(subject, others, number))]


def _asked(subject: str, pattern: ast.pattern, number: int) -> tuple[list[ast.stmt], ast.expr | None]:
    """What is done before a case is asked for, and its condition; None for a pattern that takes anything."""
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is None:
        bound = [ast.Assign([ast.Name(pattern.name, ast.Store())], _read(subject))] if pattern.name else []
        return list[ast.stmt](bound), None
    if (test := _compared(subject, pattern)) is not None:
        return [], test
    hit = f"{SUBJECT}{number}_matches"
    answers = [
        ast.match_case(p, None, [ast.Assign([ast.Name(hit, ast.Store())], ast.Constant(answer))])
        for p, answer in ((pattern, True), (ast.MatchAs(None, None), False))
    ]
    plain = ast.Match(_read(subject), answers)
    plain.is_plain = True  # type: ignore[attr-defined]
    return [plain], _read(hit)


def _compared(subject: str, pattern: ast.pattern) -> ast.expr | None:
    """The condition of a pattern that names values; None for another one."""
    if isinstance(pattern, ast.MatchValue):
        return ast.Compare(_read(subject), [ast.Eq()], [pattern.value])
    if isinstance(pattern, ast.MatchSingleton):
        return ast.Compare(_read(subject), [ast.Is()], [ast.Constant(pattern.value)])
    if isinstance(pattern, ast.MatchOr):
        tests = [_compared(subject, p) for p in pattern.patterns]
        found = [t for t in tests if t is not None]
        return ast.BoolOp(ast.Or(), list[ast.expr](found)) if len(found) == len(tests) else None
    return None


def _read(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())
