"""How an operation is written: in source, in formulas, and in pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symdiff.graph.node import Node

Template = str | Callable[["Node"], str]  # over the operands, or a function of the node that gives one


@dataclass(frozen=True)
class Notation:
    """The columns of a row that say how it is written. None of them changes what is computed.

    Attributes:
        spell: for targets by name, a template over the operands ``a, b, c`` (``x0, x1, …`` for any number), where
            the row's function called with them, or its sign between them, is not how one writes it. ``text`` is what
            formulas for readers have instead of that for ``numpy``.
        helpers: functions of ours that the templates call; their source is copied into the generated file.
        raises: the spelling for `math` may raise where NumPy gives inf or nan.
        hint: what a variable that holds the result is called (``sig`` for sigmoid); ``{}`` is the operand's name.
        roles: what variables that hold the inputs are called (``num``, ``den``).
        latex: how it is set in formulas: a template over the operands ``#1``, ``#2``, …, or a function of the node that
            gives one; None for the operator sign, else ``\\operatorname{name}(a, b)``.
        sympy: what it is called in SymPy: a name if that is one to one (it is read back), else a template over
            ``a, b, c`` and the parameters; or a function of the node that gives one, or None.
        symbol: what pictures write: a sign or a word (``σ``), or a template over the operands; else as in source.
        gate: what it does to the gradient that flows back, in the words of the circuit picture (``distributor``).
    """

    spell: Mapping[str, Template] = field(default_factory=dict)
    helpers: tuple[Callable[..., Any], ...] = ()
    raises: bool = False
    hint: Template = ""
    roles: tuple[str, ...] = ()
    latex: Template | None = None
    sympy: str | Callable[[Node], str | None] | None = None
    symbol: Template = ""
    gate: str = ""

    def spelling(self, target: str, node: Node) -> str | None:
        """The template that `target` has for `node`; None if it has none of its own."""
        found = self.spell.get(target)
        return found(node) if callable(found) else found


PLAIN = Notation()


def written(
    usual: str = "",
    *,
    spell: Template | Mapping[str, Template] | None = None,
    math: Template | None = None,
    hint: Template | None = None,
    sympy: str | Callable[[Node], str | None] | None = None,
    **columns: Any,
) -> Notation:
    """A notation, in the short forms that rows use.

    Args:
        usual: how `math` and SymPy write it, where `math` and `sympy` do not say otherwise; a name is also the hint.
        spell: by target, or for NumPy alone.
        math: the spelling on Python floats: a function of `math`, or a template.
        hint, sympy, columns: see `Notation`.

    >>> written("asin").spell["math"], written("exp", hint="e").sympy, written(spell="-a", math="-a").spell
    ('asin', 'exp', {'numpy': '-a', 'math': '-a'})
    """
    by_target: dict[str, Template] = {}
    if isinstance(spell, Mapping):
        by_target.update(spell)
    elif spell is not None:
        by_target["numpy"] = spell
    if math or usual:
        by_target["math"] = math or usual
    if hint is None:
        hint = usual if usual.isidentifier() else ""
    return Notation(spell=by_target, hint=hint, sympy=sympy or usual or None, **columns)
