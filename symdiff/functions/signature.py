"""Signatures of Functions: that of the user's function, with the arguments that derivatives add in their places."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from inspect import Parameter

from symdiff.program.recipe import Added

_BY_POSITION = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def signature_with(signature: inspect.Signature, added: Added) -> inspect.Signature:
    """`signature` with the new arguments behind the one that they follow; those in front of them lose their defaults.

    >>> def f(x, scale=1.0): ...
    >>> signature_with(inspect.signature(f), Added(1, "x", (("v_x", 0),), ("v_x",)))
    <Signature (x, v_x, scale=1.0)>
    """
    parameters = list(signature.parameters.values())
    there = by_position(signature)
    first = there.index(added.behind) + 1 if added.behind in there else len(there)
    many = first == len(there) and any(p.kind is Parameter.VAR_POSITIONAL for p in parameters)
    kind = Parameter.KEYWORD_ONLY if many else Parameter.POSITIONAL_OR_KEYWORD
    new = [Parameter(name, kind) for name, _ in added.arguments]
    if many:
        last = next((k for k, p in enumerate(parameters) if p.kind is Parameter.VAR_KEYWORD), len(parameters))
        return inspect.Signature([*parameters[:last], *new, *parameters[last:]])
    required = [p.replace(default=Parameter.empty) for p in parameters[:first]]
    return inspect.Signature([*required, *new, *parameters[first:]])


def by_position(signature: inspect.Signature) -> list[str]:
    """The arguments that can be given by position."""
    return [p.name for p in signature.parameters.values() if p.kind in _BY_POSITION]


def takes_any_name(signature: inspect.Signature) -> bool:
    """Whether there is a ``**kwargs``."""
    return any(p.kind is Parameter.VAR_KEYWORD for p in signature.parameters.values())


def plain_signature(names: Sequence[str]) -> inspect.Signature:
    """A signature of required arguments."""
    return inspect.Signature([Parameter(n, Parameter.POSITIONAL_OR_KEYWORD) for n in names])
