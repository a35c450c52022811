"""Targets among ``*args`` and ``**kwargs``: by the position or the name in a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from inspect import Parameter
from typing import Any

from symdiff.errors import ArgumentError
from symdiff.frontends.layout import signature_of
from symdiff.frontends.names import is_name
from symdiff.frontends.starred import Named, element, starred
from symdiff.functions.function import Function
from symdiff.functions.signature import by_position
from symdiff.program.recipe import innermost, rebased
from symdiff.program.written import Traced


def naming_starred(base: Function, items: Sequence[Any]) -> tuple[Function, tuple[Any, ...]]:
    """The function with names for the targets that it takes as ``*args`` or ``**kwargs``, and the targets by name.

    Of ``f(a, *xs, **others)`` they are position 1, or the name ``"xs_0"``; position -1, or ``"xs_last"``; all of them,
    ``"xs"``; and any other name.

    Raises:
        ArgumentError: for one beside all.
    """
    traced = innermost(base.recipe)
    if not isinstance(traced, Traced) or traced.layout is not None or traced.declared is not None:
        return base, tuple(items)
    before_this = traced.function if isinstance(traced.function, Named) else Named(traced.function, 0)
    parameters = signature_of(before_this.__wrapped__).parameters
    star, double = starred(list(parameters.values()))
    if star is None and double is None:
        return base, tuple(items)
    before = len(by_position(signature_of(before_this.__wrapped__)))
    if star is not None:
        _refuse_beside_all(items, star, before)
    places = [_place(item, star, before) for item in items]
    many = max((k + 1 for k in places if k is not None and k >= 0), default=0)
    last = max((-k for k in places if k is not None and k < 0), default=0)
    named = tuple(element(star, k) if star and k is not None else item for item, k in zip(items, places, strict=True))
    others = [item for item in named if isinstance(item, str) and is_name(item) and double is not None]
    elements = {element(star or "", k) for k in range(-last, many)}
    keywords = [name for name in others if name not in parameters and name not in elements]
    if not (many or last or keywords):
        return base, named
    function = before_this.naming(many, keywords, last)
    return Function(rebased(base.recipe, lambda t: replace(t, function=function)), base.specs), named


def _refuse_beside_all(items: Sequence[Any], star: str, before: int) -> None:
    for item in items:
        if star in items and item != star and _place(item, star, before) is not None:
            raise ArgumentError(f"wrt={item!r} is among wrt={star!r}, all of *{star}", help="leave one of them out")


def _place(item: Any, star: str | None, before: int) -> int | None:
    """Which of the starred arguments is meant, from their end if negative; None if another one is."""
    if star is None or isinstance(item, bool):
        return None
    if isinstance(item, int):
        return item if item < 0 else item - before if item >= before else None
    found = re.fullmatch(re.escape(star) + r"_(last(?:_(\d+))?|\d+)", item) if isinstance(item, str) else None
    if found is None:
        return None
    return -int(found[2] or 1) if found[1].startswith("last") else int(found[1])


def first_is_starred(function: Callable[..., Any]) -> bool:
    """Whether the first argument of a call is one of ``*args``."""
    first = next(iter(signature_of(function).parameters.values()), None)
    return first is not None and first.kind is Parameter.VAR_POSITIONAL
