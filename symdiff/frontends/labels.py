"""Columns and tables of pandas among arguments: whether their labels agree."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, product
from typing import Any

from symdiff.errors import ArgumentError


def is_labelled(value: Any) -> bool:
    """Whether it is a column or a table of pandas."""
    kind = type(value)
    return is_of_pandas(kind) and hasattr(kind, "iloc") and hasattr(kind, "to_numpy")


def is_of_pandas(kind: type) -> bool:
    """Whether pandas has made the class, or one that it comes from."""
    return any(str(base.__module__).partition(".")[0] == "pandas" for base in kind.__mro__)


def check_labels(arguments: Mapping[str, Any]) -> None:
    """Raises ArgumentError if columns and tables among the arguments number their elements differently.

    A Function computes with the values, in the order in which they stand; pandas would put elements beside those with
    their label. The same labels in the same order are no difference, and labels that have nothing in common, rows
    and features, say, belong to different things.
    """
    tables = [(name, value) for name, value in arguments.items() if is_labelled(value)]
    for (name, first), (other, second) in combinations(tables, 2):
        for mine, others in product(axes_of(first), axes_of(second)):
            if len(mine[1]) == len(others[1]) and _differ(mine[1], others[1]):
                order = f"{other}.reindex({others[0]}={name}.{mine[0]})"
                raise ArgumentError(
                    f"the labels in {other}.{others[0]} are not those of {name}.{mine[0]}, or not in the same order",
                    help=f"bring them into one order: {order}, or give values: {other}.to_numpy()",
                )


def _differ(a: Any, b: Any) -> bool:
    """Whether labels of one length have some in common, and are not the same in the same order."""
    return a is not b and not a.equals(b) and not set(a).isdisjoint(b)


def axes_of(value: Any) -> list[tuple[str, Any]]:
    """The labels along each axis, with pandas' name of it."""
    return [(name, getattr(value, name)) for name in ("index", "columns")[: value.ndim]]
