"""What the page asks, read from JSON: nothing of it is trusted."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, LimitError

LONGEST_NUMBERS = 20_000  # characters of the numbers of an input
LARGEST_LENGTH = 10**7
WORDS = ("shape", "dtype", "assume", "at")


@dataclass(frozen=True)
class Request:
    """What is asked.

    Attributes:
        text: an expression, lines of assignments, or the source of a Python function.
        make: what is wished of it: ``"grad"``, ``"hessian"`` …, a key of `subject.MAKERS`.
        wrt: the targets; none for all that can be.
        declared: for each input its shape, dtype and assumptions, as they are typed.
        at: for each input the numbers that it is, as they are typed.
        sizes: lengths that are names.
        seed: of the numbers that are not given.
        target: what source is printed for, or "" for what suits.
        views: what is to be shown, keys of `views.VIEWS`.
        options: of the views: ``along``, ``theme``.
    """

    text: str
    make: str = "grad"
    wrt: tuple[str, ...] = ()
    declared: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    at: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0
    target: str = ""
    views: tuple[str, ...] = ("source",)
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Any) -> Request:
        """The request that is in `data`; raises ArgumentError if that is none."""
        if not isinstance(data, dict) or not isinstance(data.get("text"), str):
            raise ArgumentError("a request is an object with a text")
        inputs = {name: _texts(said) for name, said in _object(data, "inputs").items()}
        return cls(
            text=data["text"],
            make=str(data.get("make") or "grad"),
            wrt=tuple(map(str, _list(data, "wrt"))),
            declared={
                name: {w: said[w] for w in WORDS[:3] if said.get(w, "").strip()} for name, said in inputs.items()
            },
            at={name: said["at"] for name, said in inputs.items() if said.get("at", "").strip()},
            sizes={name: _size(name, n) for name, n in _object(data, "sizes").items() if str(n).strip()},
            seed=_whole("seed", data.get("seed") or 0),
            target=str(data.get("target") or ""),
            views=tuple(map(str, _list(data, "views"))),
            options=_texts(_object(data, "options")),
        )

    def point(self) -> dict[str, np.ndarray]:
        """The numbers that are given; raises ArgumentError for what are none."""
        return {name: numbers(name, text) for name, text in self.at.items()}


def numbers(name: str, text: str) -> np.ndarray:
    """The numbers that `text` is: one, or lists of them, ``nan`` and ``inf`` among them.

    >>> numbers("x", "[1, 2.5]")
    array([1. , 2.5])
    """
    if len(text) > LONGEST_NUMBERS:
        raise LimitError(f"the numbers of {name} have {len(text)} characters, the limit is {LONGEST_NUMBERS}")
    plain = re.sub(r"\b(nan|inf)\b", lambda word: {"nan": "(1e999-1e999)", "inf": "1e999"}[word[0]], text)
    try:
        return np.array(_evaluated(ast.parse(plain.strip(), mode="eval").body), dtype=float)
    except (ValueError, SyntaxError, TypeError, OverflowError, MemoryError, RecursionError):
        raise ArgumentError(f"{name} is {text!r:.60}", help="a number, or a list of numbers: [0.5, 1]") from None


def _evaluated(tree: ast.expr) -> Any:
    """Numbers, signs, their differences (for nan) and lists of them; nothing else is known."""
    if isinstance(tree, (ast.List, ast.Tuple)):
        return [_evaluated(item) for item in tree.elts]
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, (ast.USub, ast.UAdd)):
        value = _evaluated(tree.operand)
        return -value if isinstance(tree.op, ast.USub) else value
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Sub):
        return _evaluated(tree.left) - _evaluated(tree.right)
    if isinstance(tree, ast.Constant) and isinstance(tree.value, (int, float)):
        return float(tree.value)
    raise ValueError("no number")


def _object(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key) or {}
    if not isinstance(found, dict):
        raise ArgumentError(f"{key} is no object")
    return found


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    found = data.get(key) or []
    if not isinstance(found, list):
        raise ArgumentError(f"{key} is no list")
    return found


def _texts(found: Any) -> dict[str, str]:
    if not isinstance(found, dict):
        raise ArgumentError("what is said of an input is an object of texts")
    return {str(key): str(value) for key, value in found.items() if value is not None}


def _size(name: str, value: Any) -> int:
    found = _whole(f"the length {name}", value)
    if not 0 <= found <= LARGEST_LENGTH:
        raise ArgumentError(f"the length {name} is {found}", help=f"a number from 0 to {LARGEST_LENGTH}")
    return found


def _whole(what: str, value: Any) -> int:
    text = str(value).strip()
    if not (text.removeprefix("-").isdecimal() and len(text) < 19):
        raise ArgumentError(f"{what} is {text!r:.40}", help="a whole number")
    return int(text)
