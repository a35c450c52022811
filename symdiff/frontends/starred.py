"""Functions of ``*args`` and ``**kwargs`` that are differentiated with respect to some of these: they get names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from inspect import Parameter
from typing import Any


class Named:
    """A function whose signature names some of what it takes as ``*args`` or ``**kwargs``.

    Attributes:
        taken: how many of the starred arguments have names, by the name of the star.

    >>> def f(*xs, **others): ...
    >>> Named(f, 2, ("scale",)).__signature__
    <Signature (xs_0, xs_1, /, *xs, scale, **others)>
    """

    __wrapped__: Callable[..., Any]

    def __init__(self, function: Callable[..., Any], many: int, keywords: Sequence[str] = ()) -> None:
        self.__wrapped__, self.__name__ = function, getattr(function, "__name__", "f")
        parameters = list(inspect.signature(function).parameters.values())
        star, double = starred(parameters)
        self.taken = {star: many} if star is not None else {}
        self.__signature__ = inspect.Signature(_named(parameters, star, many, double, keywords))
        self._given = function, many, tuple(keywords)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__wrapped__(*args, **kwargs)

    def __reduce__(self) -> tuple[type[Named], tuple[Any, ...]]:
        return Named, self._given


def starred(parameters: Sequence[Parameter]) -> tuple[str | None, str | None]:
    """What ``*args`` and ``**kwargs`` are called, None where there is none."""
    names = {p.kind: p.name for p in parameters}
    return names.get(Parameter.VAR_POSITIONAL), names.get(Parameter.VAR_KEYWORD)


def _named(
    parameters: Sequence[Parameter], star: str | None, many: int, double: str | None, keywords: Sequence[str]
) -> list[Parameter]:
    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    front = [p for p in parameters if p.kind in kinds]
    if many:  # what stands behind can only be given if these are
        front = [p.replace(kind=Parameter.POSITIONAL_ONLY, default=Parameter.empty) for p in front]
    new = [Parameter(element(star or "", k), Parameter.POSITIONAL_ONLY) for k in range(many)]
    by_name = [Parameter(name, Parameter.KEYWORD_ONLY) for name in keywords]
    rest = [p for p in parameters if p.kind not in kinds and p.name != double]
    return [*front, *new, *rest, *by_name, *(p for p in parameters if p.name == double)]


def element(star: str, k: int) -> str:
    """What the k-th of the arguments ``*star`` is called."""
    return f"{star}_{k}"
