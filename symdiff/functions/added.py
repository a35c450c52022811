"""The arguments that derivatives add to those of the user's function: where they stand, and what they hold."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from symdiff.frontends.layout import Layout, containers_of, leaves_like, set_apart
from symdiff.functions.arguments import check_names
from symdiff.functions.signature import by_position, signature_with, takes_any_name
from symdiff.program.recipe import Added

Call = tuple[tuple[Any, ...], dict[str, Any]]


class AddedArguments:
    """What each derivative adds, and the signature of all.

    Attributes:
        layers: what each derivative adds, the first derivative first.
        signature: of the user's function, with what is added.
        names: of all arguments that are added.
        is_open: whether a call says what containers some of them are.
        are_arrays: whether each is one array.
    """

    def __init__(self, own: inspect.Signature, layers: Sequence[Added]) -> None:
        self.layers = layers
        self._known: list[list[str]] = []  # the arguments by position that each layer is added to
        for added in layers:
            self._known.append(by_position(own))
            own = signature_with(own, added)
        self.signature = own
        self.names = [name for added in layers for name, _ in added.arguments]
        self.is_open = any(added.is_open for added in layers)
        self.are_arrays = all(isinstance(tree, int) for added in layers for _, tree in added.arguments)

    def set_apart(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Call, list[list[Any]]]:
        """The arguments of the user's function, and the values that each layer adds.

        Raises:
            ArgumentError: if one is missing, or unknown.
        """
        extras = []
        if self.layers and not takes_any_name(self.signature):
            check_names(kwargs, tuple(self.signature.parameters))
        for added, known in zip(reversed(self.layers), reversed(self._known), strict=True):
            names = [name for name, _ in added.arguments]
            args, kwargs, values = set_apart(names, added.behind, known, args, kwargs)
            extras.append(values)
        return (args, kwargs), extras[::-1]

    def laid_out(self, layout: Layout, extras: Sequence[Sequence[Any]]) -> Layout:
        """The layout of a call, with the containers of those that it says the containers of."""
        open_layers = [pair for pair in zip(self.layers, extras, strict=True) if pair[0].is_open]
        found = [
            (name, containers_of(name, value))
            for added, values in open_layers
            for (name, _), value in zip(added.arguments, values, strict=True)
        ]
        return replace(layout, added=tuple(found)) if found else layout


def among(layers: Sequence[Added], leaves: Sequence[Any], extras: Sequence[Sequence[Any]]) -> Sequence[Any]:
    """One value for each input: those of the user's function, and the arrays in what each layer adds.

    Raises:
        ArgumentError: if the containers are not those that are meant.
    """
    for added, values in zip(layers, extras, strict=True):
        new = [leaves_like(tree, name, v) for (name, tree), v in zip(added.arguments, values, strict=True)]
        leaves = added.among(leaves, [leaf for each in new for leaf in each])
    return leaves
