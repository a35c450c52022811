"""Functions of ``*args`` and ``**kwargs`` that are differentiated with respect to some of these: they get names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import Parameter
from typing import Any

from symdiff.errors import ArgumentError


class Named:
    """A function whose signature names some of what it takes as ``*args`` or ``**kwargs``.

    Attributes:
        taken: how many of the starred arguments have names, by the name of the star.

    >>> def f(*xs, **others): ...
    >>> Named(f, 2, ("scale",)).__signature__
    <Signature (xs_0, xs_1, /, *xs, scale, **others)>
    >>> Named(f, 0, last=1).__signature__
    <Signature (*xs, xs_last, **others)>
    """

    __wrapped__: Callable[..., Any]

    def __init__(self, function: Callable[..., Any], many: int, keywords: Iterable[str] = (), last: int = 0) -> None:
        self.__wrapped__, self.__name__ = function, getattr(function, "__name__", "f")
        parameters = list(inspect.signature(function).parameters.values())
        star, double = starred(parameters)
        self.taken = {star: many} if star is not None else {}
        self._last = [element(star or "", -k) for k in range(last, 0, -1)]
        self._before = sum(p.kind in _BY_POSITION for p in parameters) + many
        new = [element(star or "", k) for k in range(-last, many)]
        if clash := next((p.name for p in parameters if p.name in new), None):
            raise ArgumentError(
                f"{clash} is an argument of its own, and wrt= calls one of *{star} so", help="rename the argument"
            )
        self.__signature__ = inspect.Signature(_named(parameters, star, many, double, (*keywords, *self._last)))
        self._given = function, many, tuple(keywords), last

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.calling(self.__wrapped__)(*args, **kwargs)

    def by_name(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
        """The arguments of a call, with the last of those by position under their names.

        Raises:
            ArgumentError: if there are not so many.
        """
        names = [name for name in self._last if name not in kwargs]
        first = len(args) - len(names)
        if names and first < self._before:
            [star], there = self.taken, max(0, len(args) - self._before + self.taken[next(iter(self.taken))])
            raise ArgumentError(
                f"wrt= names {len(self._last) + self.taken[star]} of *{star}, and this call has {there}",
                help="each of them is one of its own; name fewer, or pass more",
            )
        return args[:first], {**kwargs, **dict(zip(names, args[first:], strict=True))}

    def calling(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """What calls `function`, which stands for the one that is wrapped, with the last arguments in their places."""

        def call(*args: Any, **kwargs: Any) -> Any:
            return function(*args, *(kwargs.pop(name) for name in self._last), **kwargs)

        return call if self._last else function

    def naming(self, many: int, keywords: Sequence[str], last: int) -> Named:
        """The same with further names."""
        function, more, others, later = self._given
        return Named(function, max(many, more), dict.fromkeys((*others, *keywords)), max(last, later))

    def __reduce__(self) -> tuple[type[Named], tuple[Any, ...]]:
        return Named, self._given


_BY_POSITION = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def starred(parameters: Sequence[Parameter]) -> tuple[str | None, str | None]:
    """What ``*args`` and ``**kwargs`` are called, None where there is none."""
    names = {p.kind: p.name for p in parameters}
    return names.get(Parameter.VAR_POSITIONAL), names.get(Parameter.VAR_KEYWORD)


def _named(
    parameters: Sequence[Parameter], star: str | None, many: int, double: str | None, keywords: Sequence[str]
) -> list[Parameter]:
    front = [p for p in parameters if p.kind in _BY_POSITION]
    if many:  # what stands behind can only be given if these are
        front = [p.replace(kind=Parameter.POSITIONAL_ONLY, default=Parameter.empty) for p in front]
    new = [Parameter(element(star or "", k), Parameter.POSITIONAL_ONLY) for k in range(many)]
    by_name = [Parameter(name, Parameter.KEYWORD_ONLY) for name in keywords]
    rest = [p for p in parameters if p.kind not in _BY_POSITION and p.name != double]
    return [*front, *new, *rest, *by_name, *(p for p in parameters if p.name == double)]


def element(star: str, k: int) -> str:
    """What the k-th of the arguments ``*star`` is called; from the end, where k is negative."""
    return f"{star}_{k}" if k >= 0 else f"{star}_last" if k == -1 else f"{star}_last_{-k}"
