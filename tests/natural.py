"""Random programs as people write them: NumPy functions as source text, drawn together with a point to try them at.

A program is written line by line while it runs at its point. So every draw knows the values of its operands, and can
keep to what a program is asked to do there: shapes that fit, numbers in the domain of a function, no kink nearby.
"""

from __future__ import annotations

import ast
import linecache
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

LARGEST, MOST_ELEMENTS, MOST_AXES = 200.0, 150, 3
NEAR = 0.02  # to a kink: no step of a difference crosses it
TRIES = 40  # draws for one line
NOT_DEFINED = (ValueError, IndexError, TypeError, AttributeError, np.linalg.LinAlgError)


class Misfit(Exception):
    """No operand is at hand for what was drawn."""


@dataclass(frozen=True)
class Program:
    """A function of NumPy, what it is called with, and whether it can be called with complex numbers as well."""

    lines: tuple[str, ...]
    point: dict[str, Any]
    constants: dict[str, Any]
    helpers: tuple[str, ...] = ()
    analytic: bool = True

    @property
    def text(self) -> str:
        """The source of the function, and of the helpers that it calls."""
        head = f"def f({', '.join(self.point)}):"
        return "\n".join([*self.helpers, head, *("    " + line for line in self.lines)]) + "\n"

    @property
    def function(self) -> Callable[..., Any]:
        """The function; tracebacks show its lines."""
        namespace = {"np": np, **self.constants}
        name = f"<program {zlib.crc32(self.text.encode())}>"
        linecache.cache[name] = (len(self.text), None, self.text.splitlines(keepends=True), name)
        exec(compile(self.text, name, "exec"), namespace)
        return namespace["f"]

    def shown(self) -> str:
        """Everything that it takes to run it."""
        values = {**self.constants, **self.point}
        return self.text + "".join(f"{name} = {value!r}\n" for name, value in values.items())


class Term(NamedTuple):
    """An expression, and its value at the point."""

    text: str
    value: Any

    @property
    def bare(self) -> str:
        """The text where an operator stands beside it."""
        return self.text if self.text.isidentifier() else f"({self.text})"

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.value)

    @property
    def ndim(self) -> int:
        return np.ndim(self.value)


Accept = Callable[[Any], bool]


@dataclass
class Draft:
    """A program while it is written."""

    rng: np.random.Generator
    point: dict[str, Any]
    constants: dict[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    helpers: list[str] = field(default_factory=list)
    smooth: bool = False
    analytic: bool = True
    depth: int = 0

    def __post_init__(self) -> None:
        self.values.update(self.point)

    # -------------------------------------------------------------------------------------------------- what is drawn

    def one(self, *choices: Any) -> Any:
        return choices[self.rng.integers(len(choices))]

    def number(self) -> str:
        """A number as people write them."""
        return self.one("0.1", "0.5", "2", "3.0", "1.5", "0.25", "1e-1", "0.7", "1", "2.0")

    def operand(self, accept: Accept = lambda value: True) -> Term:
        """A name, or an expression where one fits, whose value is accepted."""
        if self.depth < 2 and self.rng.random() < 0.35:
            term = self.expression()
            if accept(term.value):
                return term
        fitting = [n for n, v in self.values.items() if accept(v)] + [
            n for n, v in self.constants.items() if accept(v) and self.rng.random() < 0.1
        ]
        if not fitting:
            raise Misfit
        late = len(fitting) - 1 - int(self.rng.exponential(3))
        name = fitting[max(late, 0)] if self.rng.random() < 0.8 else fitting[self.rng.integers(len(fitting))]
        return Term(name, self.values.get(name, self.constants.get(name)))

    def array(self, ndim: int | None = None, least: int = 1) -> Term:
        return self.operand(lambda v: (np.ndim(v) == ndim if ndim is not None else np.ndim(v) > 0) and _fits(v, least))

    def within(self, low: float, high: float, ndim: int | None = None) -> Term:
        """An operand with values in a range."""
        return self.operand(
            lambda v: (
                (ndim is None or np.ndim(v) == ndim) and np.min(v, initial=high) > low and np.max(v, initial=low) < high
            )
        )

    def positive(self) -> Term:
        """Something that is positive there, or is made so."""
        if self.rng.random() < 0.5:
            x = self.operand()
            made = self.one(f"{x.bare}**2 + {self.number()}", f"np.exp({x.bare} / 4)", f"1 + {x.bare} * {x.bare}")
            return self.evaluated(made)
        return self.within(0.05, LARGEST)

    def companion(self, x: Term) -> Term:
        """An operand that broadcasts with x."""

        def accept(v: Any) -> bool:
            try:
                return len(np.broadcast_shapes(np.shape(v), x.shape)) <= MOST_AXES
            except ValueError:
                return False

        return self.operand(accept)

    def apart(self, text: str) -> None:
        """Says that `text` must not be near zero."""
        if np.min(np.abs(self.evaluated(text).value), initial=1) < NEAR:
            raise Misfit

    def distinct(self, x: Term, axis: int | None = None) -> None:
        """Says that no two elements along an axis are near each other."""
        steps = np.diff(np.sort(x.value, axis=axis), axis=-1 if axis is None else axis)
        if np.min(steps, initial=1) < NEAR:
            raise Misfit

    def kinked(self, text: str) -> str:
        """A text that complex numbers cannot go through."""
        if self.smooth:
            raise Misfit
        self.analytic = False
        return text

    def axis(self, x: Term) -> int:
        return int(self.rng.integers(-x.ndim, x.ndim))

    # ------------------------------------------------------------------------------------------------------ evaluation

    def evaluated(self, text: str) -> Term:
        """The expression with its value, if that is one that a program may go on with."""
        namespace = {"np": np, **self.constants, **self.values}
        for helper in self.helpers:
            exec(helper, namespace)
        with np.errstate(all="ignore"):
            try:
                value = eval(text, namespace)
            except NOT_DEFINED:
                raise Misfit from None
        if not acceptable(value):
            raise Misfit
        return Term(text, value)

    def expression(self) -> Term:
        """An expression of one of the ways."""
        before = self.analytic
        self.depth += 1
        try:
            for _ in range(TRIES):
                try:
                    return self.evaluated(self.one(*WAYS)(self))
                except Misfit:
                    self.analytic = before
            raise Misfit
        finally:
            self.depth -= 1

    def statement(self) -> None:
        """A further line, or a block of some."""
        before = self.analytic
        for _ in range(TRIES):
            name = f"t{len(self.lines)}"
            block = self.one(*BLOCKS) if self.rng.random() < 0.2 else None
            helpers = len(self.helpers)
            try:
                if block is None:
                    self.accept([f"{name} = {self.expression().text}"])
                else:
                    self.accept(block(self, name).splitlines())
                return
            except Misfit:
                self.analytic = before
                del self.helpers[helpers:]

    def accept(self, lines: list[str]) -> None:
        """Runs the lines and keeps them."""
        tried = Program((*lines, "return locals()"), self.values, self.constants, tuple(self.helpers))
        copies = {k: np.array(v) if np.ndim(v) else v for k, v in self.values.items()}
        with np.errstate(all="ignore"):
            try:
                found = tried.function(**copies)
            except NOT_DEFINED:
                raise Misfit from None
        new = {k: v for k, v in found.items() if k.startswith("t") and isinstance(v, (np.ndarray, np.generic, float))}
        if not new or not all(map(acceptable, new.values())):
            raise Misfit
        self.values.update(new)
        self.lines += lines


def _fits(v: Any, least: int) -> bool:
    return np.ndim(v) > 0 and min(np.shape(v)) >= least


def acceptable(value: Any) -> bool:
    """Real numbers of moderate size, not too many of them."""
    if not isinstance(value, (np.ndarray, np.generic, float)) or np.asarray(value).dtype.kind != "f":
        return False
    if np.size(value) == 0 or np.size(value) > MOST_ELEMENTS or np.ndim(value) > MOST_AXES:
        return False
    return bool(np.all(np.isfinite(value)) and np.max(np.abs(value)) < LARGEST)


# ---------------------------------------------------------------------------------------------------------------- ways

Way = Callable[[Draft], str]
WAYS: list[Way] = []
BLOCKS: list[Callable[[Draft, str], str]] = []


def plain(*templates: str, low: float = -LARGEST, high: float = LARGEST) -> None:
    """Ways to use one operand, or two as ``{b}``, with values in a range."""
    for template in templates:

        def way(d: Draft, template: str = template) -> str:
            x = d.within(low, high)
            other = d.companion(x) if "{b" in template else x
            return template.format(a=x.text, aa=x.bare, b=other.text, bb=other.bare, c=d.number())

        WAYS.append(way)


plain("{aa} + {bb}", "{aa} - {bb}", "{aa} * {bb}", "{aa} - {c}", "{c} * {aa}", "-{aa}", "{c} - {aa}", "{aa} / {c}")
plain("{aa} + {bb}", "{aa} * {bb}", "{aa}**2", "{aa}**3", "{aa} * {aa}", "({aa} - {bb})**2", "{c} * {aa} + {bb}")
plain("np.sin({a})", "np.cos({a})", "np.tanh({a})", "np.arctan({a})", "np.square({a})", "np.arcsinh({a})")
plain("1 / (1 + {aa}**2)", "{aa} / np.sqrt(1 + {bb}**2)", "{aa} / ({bb}**2 + {c})", "np.log({c} + {aa}**2)")
plain("np.exp({a})", "np.expm1({a})", "np.sinh({a})", "np.cosh({a})", "np.exp(-{aa})", "np.exp2({a})", low=-4, high=4)
plain(
    "np.exp(-{aa}**2 / 2)",
    "1 / (1 + np.exp(-{aa}))",
    "np.log(1 + np.exp({a}))",
    "np.log1p(np.exp({a}))",
    low=-9,
    high=9,
)
plain("np.sinc({a} + 0.3)", "np.multiply({a}, {b})", "np.add({a}, {b})", "np.subtract({a}, {b})")
plain("np.arcsin({a})", "np.arccos({a})", "np.arctanh({a})", "np.tan({a})", "np.log1p({a})", low=-0.9, high=0.9)
plain("np.asarray({a})", "np.copy({a})", "np.array({a})", "+{aa}", "np.negative({a})")


def positive(*templates: str) -> None:
    """Ways to use what is positive, and another operand."""
    for template in templates:

        def way(d: Draft, template: str = template) -> str:
            x = d.positive()
            other = d.companion(x) if "{b" in template else x
            return template.format(a=x.text, aa=x.bare, b=other.text, bb=other.bare, c=d.number())

        WAYS.append(way)


positive(
    "np.log({a})", "np.sqrt({a})", "{aa}**0.5", "{aa}**1.5", "{aa}**-1", "1 / {aa}", "{bb} / {aa}", "{bb} / {aa}**2"
)
positive("np.log2({a})", "np.log10({a})", "{bb} * np.log({a})", "{aa}**-2.0", "np.power({a}, {c})", "1 / np.sqrt({a})")
positive("np.exp(-np.sqrt({a}))", "np.log({a}) / {aa}", "np.reciprocal({a})", "np.divide({b}, {a})", "{aa}**-0.5")
positive("np.log1p({a})", "np.sqrt({a}) * {bb}", "{aa} * np.log({a})", "{c} ** (1 / {aa})", "np.sqrt({bb}**2 + {aa})")


@WAYS.append
def power(d: Draft) -> str:
    x = d.positive()
    y = d.companion(x)
    return f"{x.bare} ** ({y.bare} / 8)"


def kinks(*templates: str, at: str = "{a}") -> None:
    """Ways to use operands that have a kink where `at` is zero."""
    for template in templates:

        def way(d: Draft, template: str = template) -> str:
            x = d.operand()
            y = d.companion(x)
            words = {"a": x.text, "aa": x.bare, "b": y.text, "bb": y.bare, "c": d.number()}
            d.apart(at.format(**words))
            return d.kinked(template.format(**words))

        WAYS.append(way)


kinks(
    "np.abs({a})", "np.maximum({a}, 0)", "np.where({aa} > 0, {a}, {b})", "np.sign({a}) * {bb}", "np.minimum(0.0, {a})"
)
kinks("np.where({aa} > 0, np.sqrt(np.abs({a})), {b})", "np.maximum({a}, 0.1 * {aa})", "abs({a})", "{aa} * ({aa} > 0)")
kinks("np.heaviside({a}, 0.5) * {bb}", "np.log(np.abs({a}))", "np.cbrt({a})", "np.fabs({a})", "np.sqrt({aa}**2)")
kinks("np.maximum({a}, {b})", "np.minimum({a}, {b})", "np.where({aa} < {bb}, {a}, {b}**2)", at="{aa} - {bb}")
kinks("np.fmax({a}, {b})", "np.where({aa} >= {bb}, np.exp(-np.abs({a})), {c} * {bb})", at="{aa} - {bb}")
kinks("np.where(({aa} > {bb}) & ({bb} < {c}), {a}, {c})", at="({aa} - {bb}) * ({bb} - {c})")
kinks("np.clip({a}, -{c}, {c})", "np.where(np.abs({a}) <= {c}, {aa}**2 / 2, {c} * np.abs({a}))", at="np.abs({a}) - {c}")
kinks("np.hypot({a}, {b})", "np.arctan2({a}, {b})", "np.sqrt({aa}**2 + {bb}**2)", at="np.abs({aa}) + np.abs({bb})")
kinks("np.deg2rad({a})", "{aa}.astype(np.float64)", "np.real({a})", at="1")
kinks("np.logaddexp({a}, {b})", "np.logaddexp(0, {a})", "np.logaddexp2({a}, {b})", at="1")
kinks("np.floor({aa} + 0.25) * {bb}", "np.mod({a} + 0.25, 1.0)", at="np.abs(({aa} + 0.25) - np.round({aa} + 0.25))")


def reductions(*templates: str, kinked: bool = False, least: int = 1) -> None:
    """Ways to reduce an array, along ``{k}``."""
    for template in templates:

        def way(d: Draft, template: str = template) -> str:
            x = d.array(least=least)
            k = d.axis(x)
            if kinked:
                d.distinct(x, k if "{k}" in template else None)
            text = template.format(a=x.text, aa=x.bare, k=k, c=d.number())
            return d.kinked(text) if kinked else text

        WAYS.append(way)


reductions("np.sum({a})", "np.sum({a}, axis={k})", "{aa}.sum()", "{aa}.mean(axis={k}, keepdims=True)", "np.mean({a})")
reductions("{aa} - np.mean({a}, axis={k}, keepdims=True)", "np.sum({a}, axis={k}, keepdims=True)", "{aa}.mean({k})")
reductions(
    "np.cumsum({a}, axis={k})", "np.cumprod({a}, axis={k})", "np.prod({a}, axis={k})", "np.average({a}, axis={k})"
)
reductions(
    "np.flip({a}, axis={k})", "np.roll({a}, 1, axis={k})", "np.sum({aa}**2)", "np.log(np.sum(np.exp({a}), axis={k}))"
)
reductions("np.expand_dims({a}, {k})", "np.repeat({a}, 2, axis={k})", "np.stack([{a}, {a}], axis={k})", "{aa}.ravel()")
reductions(
    "np.exp({a}) / np.sum(np.exp({a}), axis={k}, keepdims=True)",
    "np.delete({a}, 0, axis={k})",
    "np.diff({a}, axis={k})",
)
reductions(
    "{aa} / np.sqrt(np.sum({aa}**2, axis={k}, keepdims=True) + 0.1)", "np.swapaxes({a}, 0, {k})", "{aa}.reshape(-1)"
)
reductions(
    "np.append({a}, {a}, axis={k})",
    "np.moveaxis({a}, {k}, 0)",
    "np.cumsum({a}, axis={k})[::-1]",
    "np.trapezoid({a}, axis={k})",
)
reductions("np.diff({a}, axis={k})", "np.gradient({a}, axis={k})", "np.mean(({aa} - np.mean({a}))**2)", least=2)
reductions(
    "np.max({a})",
    "np.max({a}, axis={k})",
    "np.min({a}, axis={k}, keepdims=True)",
    "np.sort({a}, axis={k})",
    kinked=True,
)
reductions(
    "np.ptp({a}, axis={k})",
    "np.median({a}, axis={k})",
    "np.quantile({a}, 0.3, axis={k})",
    "np.median({a})",
    kinked=True,
)
reductions(
    "np.take_along_axis({a}, np.argsort({a}, axis={k}), axis={k})", "np.maximum.accumulate({a}, axis={k})", kinked=True
)
reductions("{aa} - np.max({a}, axis={k}, keepdims=True)", "np.cumsum(np.sort({a}, axis={k}), axis={k})", kinked=True)
reductions(
    "np.std({a})",
    "np.std({a}, axis={k})",
    "np.std({a}, ddof=1)",
    "np.var({a})",
    "np.var({a}, axis={k})",
    kinked=True,
    least=2,
)


@WAYS.append
def norm(d: Draft) -> str:
    x = d.array()
    d.apart(x.text)
    axis = d.axis(x)
    return d.kinked(
        d.one(
            f"np.linalg.norm({x.text})", f"np.linalg.norm({x.text}, axis={axis})", f"np.sqrt(np.sum({x.bare}**2, axis={axis}))",
            f"{x.bare} / np.linalg.norm({x.text}, axis={axis}, keepdims=True)",
            f"np.linalg.norm({x.text}, ord=1, axis={axis})",
        )
    )  # fmt: skip


@WAYS.append
def log_sum_exp(d: Draft) -> str:
    x = d.array()
    m = f"np.max({x.text}, axis=-1, keepdims=True)"
    d.distinct(x, -1)
    return d.kinked(f"np.log(np.sum(np.exp({x.bare} - {m}), axis=-1, keepdims=True)) + {m}")


# ------------------------------------------------------------------------------------------------------------- indices


@WAYS.append
def element(d: Draft) -> str:
    x = d.array()
    n = len(x.value)
    k = int(d.rng.integers(-n, n))
    return d.one(f"{x.bare}[{k}]", f"{x.bare}[..., {k % x.shape[-1]}]", f"{x.bare}[{k}:]", f"{x.bare}[:{abs(k) + 1}]")


@WAYS.append
def slices(d: Draft) -> str:
    x = d.array(least=2)
    texts = [
        f"{x.bare}[::-1]",
        f"{x.bare}[::2]",
        f"{x.bare}[1:] - {x.bare}[:-1]",
        f"{x.bare}[1:] * {x.bare}[:-1]",
        f"{x.bare}[..., 1:]",
    ]
    if x.ndim == 2:
        texts += [
            f"{x.bare}[:, 0]",
            f"{x.bare}[1:, :1]",
            f"{x.bare}[:, ::-1]",
            f"{x.bare}[1:, 1:] + {x.bare}[:-1, :-1]",
            f"{x.bare}[0, :]",
        ]
    return str(d.one(*texts))


@WAYS.append
def gathered(d: Draft) -> str:
    x = d.array()
    n = len(x.value)
    places = d.rng.integers(-n, n, int(d.rng.integers(1, 5))).tolist()
    texts = [f"{x.bare}[{places}]", f"np.take({x.text}, {places}, axis=0)", f"{x.bare}[np.array({places})]"]
    if x.ndim == 2:
        texts += [
            f"{x.bare}[{places}, {d.rng.integers(0, x.shape[1], len(places)).tolist()}]",
            f"{x.bare}[:, np.arange({x.shape[1]})]",
        ]
    if n == x.value.size:
        texts += [f"{x.bare}[np.array({[bool(k % 2 == 0) for k in range(n)]})]", f"{x.bare}[np.arange({n}) != 0]"]
    return str(d.one(*texts))


@WAYS.append
def new_axes(d: Draft) -> str:
    x = d.array(ndim=1)
    y = d.array(ndim=1)
    return str(
        d.one(
            f"{x.bare}[:, None] - {y.bare}[None, :]", f"{x.bare}[:, None] * {y.bare}", f"np.outer({x.text}, {y.text})",
            f"np.sum(({x.bare}[:, None] - {y.bare})**2, axis=1)", f"{x.bare}[None]", f"np.add.outer({x.text}, {y.text})",
            f"np.concatenate([{x.text}, {y.text}])", f"np.hstack(({x.text}, {y.text}))", f"np.diag({x.text})",
            f"np.convolve({x.text}, {y.text})", f"np.kron({x.text}, {y.text})", f"np.vander({x.text}, 3)",
        )
    )  # fmt: skip


@WAYS.append
def joined(d: Draft) -> str:
    x = d.array()
    y = d.operand(lambda v: np.shape(v) == x.shape)
    axis = d.axis(x)
    return str(
        d.one(
            f"np.concatenate([{x.text}, {y.text}], axis={axis})", f"np.stack([{x.text}, {y.text}])",
            f"np.concatenate(({x.text}, {y.text}, {x.text}))", f"np.vstack(({x.text}, {y.text}))",
            f"np.dstack([{x.text}, {y.text}])", f"np.column_stack(({x.text}, {y.text}))",
        )
    )  # fmt: skip


@WAYS.append
def of_numbers(d: Draft) -> str:
    x, y = d.operand(lambda v: np.ndim(v) == 0), d.operand(lambda v: np.ndim(v) == 0)
    return str(
        d.one(
            f"np.array([{x.text}, {y.text}])", f"np.array([{x.text}, {d.number()}, {y.text}])", f"np.stack([{x.text}, {y.text}])",
            f"np.array([[{x.text}, {y.text}], [0.0, {x.text}]])", f"np.full(3, {x.text})", f"{x.bare} * np.ones(3)",
            f"{x.bare} * np.eye(2)", f"np.linspace(0, 1, 4) * {x.bare}", f"np.arange(3) * {x.bare}", f"np.full((2, 3), {x.text})",
        )
    )  # fmt: skip


@WAYS.append
def reshaped(d: Draft) -> str:
    x = d.array()
    return str(
        d.one(
            f"{x.bare}.T", f"np.transpose({x.text})", f"{x.bare}.reshape({x.shape[-1]}, -1)", f"np.reshape({x.text}, (1, -1))",
            f"np.squeeze({x.text})", f"np.tile({x.text}, 2)", f"np.broadcast_to({x.text}, {(2, *x.shape)})", f"np.pad({x.text}, 1)",
            f"np.zeros_like({x.text}) + {x.bare}", f"np.ones_like({x.text}) / {x.bare}", f"{x.bare}.flatten()", f"np.atleast_2d({x.text})",
            f"np.pad({x.text}, 1, mode='edge')", f"{x.bare} + np.zeros({x.shape})", f"np.rot90(np.atleast_2d({x.text}))",
        )
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------ linear algebra


def _is_square(v: Any) -> bool:
    return np.ndim(v) == 2 and np.shape(v)[0] == np.shape(v)[1]


@WAYS.append
def product(d: Draft) -> str:
    x = d.array(ndim=2)
    n, m = x.shape
    y = d.operand(lambda v: np.shape(v) in ((m,), (m, m), (m, n), (m, 2), (m, 1)))
    return str(
        d.one(
            f"{x.bare} @ {y.bare}",
            f"np.dot({x.text}, {y.text})",
            f"{x.bare}.dot({y.text})",
            f"np.matmul({x.text}, {y.text})",
            f"{x.bare} @ {y.bare}",
        )
    )


@WAYS.append
def product_of_vectors(d: Draft) -> str:
    x = d.array(ndim=1)
    y = d.operand(lambda v: np.shape(v) == x.shape)
    return str(
        d.one(
            f"{x.bare} @ {y.bare}",
            f"np.dot({x.text}, {y.text})",
            f"np.inner({x.text}, {y.text})",
            f"np.sum({x.bare} * {y.bare})",
        )
    )


@WAYS.append
def quadratic(d: Draft) -> str:
    A = d.operand(_is_square)
    x = d.operand(lambda v: np.shape(v) == A.shape[:1])
    return str(
        d.one(
            f"{x.bare} @ {A.bare} @ {x.bare}",
            f"{x.bare} @ ({A.bare} + {A.bare}.T)",
            f"np.einsum('i,ij,j', {x.text}, {A.text}, {x.text})",
        )
    )


@WAYS.append
def gram(d: Draft) -> str:
    A = d.array(ndim=2)
    return str(
        d.one(
            f"{A.bare} @ {A.bare}.T", f"{A.bare}.T @ {A.bare}", f"np.einsum('ij,kj->ik', {A.text}, {A.text})", f"np.einsum('ij->ji', {A.text})",
            f"np.einsum('ij,ij->i', {A.text}, {A.text})", f"np.einsum('ij->j', {A.text})", f"np.tensordot({A.text}, {A.text})",
            f"np.tensordot({A.text}, {A.text}, axes=([1], [1]))", f"np.sum({A.bare} * {A.bare}, axis=1)", f"np.kron({A.text}, np.eye(2))",
        )
    )  # fmt: skip


@WAYS.append
def of_square(d: Draft) -> str:
    A = d.operand(_is_square)
    return str(
        d.one(
            f"np.trace({A.text})", f"np.diag({A.text})", f"np.tril({A.text})", f"np.triu({A.text}, 1)", f"{A.bare} + {A.bare}.T",
            f"np.diagonal({A.text})", f"{A.bare} @ {A.bare}", f"np.linalg.matrix_power({A.text}, 3)", f"np.linalg.det({A.text})",
            f"np.einsum('ii', {A.text})", f"np.einsum('ii->i', {A.text})", f"{A.bare} - np.eye({len(A.value)})",
            f"np.sum({A.bare} * np.eye({len(A.value)}))", f"np.trace({A.bare} @ {A.bare}.T)",
        )
    )  # fmt: skip


@WAYS.append
def of_definite(d: Draft) -> str:
    A = d.operand(lambda v: _is_square(v) and len(v) <= 4 and np.max(np.abs(v)) < 4)
    b = d.operand(lambda v: np.shape(v) in (A.shape[:1], A.shape))
    n = len(A.value)
    K = f"{A.bare} @ {A.bare}.T + {n} * np.eye({n})"
    return str(
        d.one(
            f"np.linalg.solve({K}, {b.text})", f"np.linalg.inv({K})", f"np.linalg.inv({K}) @ {b.bare}",
            f"np.log(np.linalg.det({K}))", f"{b.bare}.T @ np.linalg.solve({K}, {b.text})", f"np.trace(np.linalg.inv({K}))",
        )
    ) if d.rng.random() < 0.6 else d.kinked(
        d.one(
            f"np.sum(np.linalg.eigvalsh({K})**2)", f"np.linalg.cholesky({K})", f"np.log(np.linalg.eigvalsh({K}))", f"np.linalg.slogdet({K})[1]",
            f"np.linalg.svd({K})[1]", f"np.linalg.norm({K}, 'nuc')", f"np.linalg.pinv({A.bare} + {n} * np.eye({n}))", f"np.linalg.qr({K})[1]",
            f"np.sum(np.log(np.diag(np.linalg.cholesky({K}))))", f"np.linalg.solve(np.linalg.cholesky({K}), {b.text})",
        )
    )  # fmt: skip


@WAYS.append
def of_three_axes(d: Draft) -> str:
    T = d.array(ndim=3)
    last = T.shape[-1]
    x = d.operand(lambda v: np.shape(v) == (last,))
    return str(
        d.one(
            f"{T.bare} @ {x.bare}", f"np.einsum('ijk,k->ij', {T.text}, {x.text})", f"np.sum({T.bare} * {x.bare}, axis=(0, 2))", f"{T.bare}[:, 0]",
            f"np.einsum('ijk,ijl->ikl', {T.text}, {T.text})", f"np.transpose({T.text}, (1, 0, 2))", f"np.mean({T.text}, axis=(0, 1))",
            f"np.tensordot({T.text}, {x.text}, axes=1)", f"np.sum({T.text}, axis=(1, 2), keepdims=True)", f"{T.bare}.reshape({len(T.value)}, -1)",
        )
    )  # fmt: skip


# -------------------------------------------------------------------------------------------------------------- blocks


@BLOCKS.append
def repeated(d: Draft, name: str) -> str:
    x = d.operand()
    y = d.operand(lambda v: np.shape(v) == x.shape)
    step = d.one(
        "0.5 * {t} + {b}",
        "np.tanh({t} + {b})",
        "{t} - 0.1 * np.sin({t}) * {b}",
        "{t} / (1 + {t}**2) + k * {b}",
        "np.cos({t}) * {b}",
    )
    return f"{name} = {x.text}\nfor k in range({d.one(2, 3, 4)}):\n    {name} = {step.format(t=name, b=y.bare)}"


@BLOCKS.append
def over_rows(d: Draft, name: str) -> str:
    x = d.array()
    step = d.one("np.sum(row**2)", "np.sin(np.sum(row))", "np.sum(row) * (k + 1)", "np.sum(np.exp(-row**2))")
    return f"{name} = 0.0\nfor k, row in enumerate({x.text}):\n    {name} = {name} + {step}"


@BLOCKS.append
def collected(d: Draft, name: str) -> str:
    x = d.array()
    part = d.one("np.sin(row)", "np.sum(row)**2", "row * row", "np.sum(row * 2)")
    made = d.one("np.array([{}])", "np.stack([{}])", "sum([{}])", "np.stack([{}], axis=-1)")
    return f"{name} = {made.format(f'{part} for row in {x.bare}')}"


@BLOCKS.append
def written(d: Draft, name: str) -> str:
    x = d.array(ndim=1, least=2)
    y = d.operand(lambda v: np.ndim(v) == 0)
    n = len(x.value)
    how = d.one(
        f"{name} = np.zeros({n})\n{name}[1:] = {x.bare}[:-1] * {y.bare}", f"{name} = np.zeros({n} + 1)\n{name}[:-1] += {x.bare}\n{name}[1:] -= {x.bare}",
        f"{name} = {x.bare}.copy()\n{name}[0] = {y.text}\n{name} *= 2", f"{name} = np.empty({n})\nfor k in range({n}):\n    {name}[k] = {x.bare}[k] * {y.bare} + k",
        f"{name} = np.zeros(({n}, 2))\n{name}[:, 0] = {x.text}\n{name}[:, 1] = {y.text}", f"{name} = {x.bare} * 1.0\n{name}[[0, 1]] += {y.bare}",
    )  # fmt: skip
    return d.kinked(str(how))  # an array of zeros takes no complex numbers


@BLOCKS.append
def through_helper(d: Draft, name: str) -> str:
    x = d.operand()
    y = d.companion(x)
    body = d.one(
        "np.sin(u) * v + u",
        "u * v / (1 + u**2)",
        "np.exp(-u**2) + v",
        "(u - v)**2 + 0.5 * np.tanh(u)",
        "u if u.ndim else v * u",
    )
    helper = f"h{len(d.helpers)}"
    d.helpers.append(f"def {helper}(u, v=1.0):\n    return {body}")
    return f"{name} = {helper}({x.text}, {d.one(y.text, f'v={y.text}', y.text)})"


@BLOCKS.append
def unpacked(d: Draft, name: str) -> str:
    x = d.operand(lambda v: np.ndim(v) > 0 and len(v) in (2, 4))
    return str(
        d.one(
            f"{name}, {name}b = np.split({x.text}, 2)",
            f"{name}, {name}b = {x.bare}[:1], {x.bare}[1:]",
            f"{name}, *{name}c = {x.text}",
        )
    )


@BLOCKS.append
def swapped(d: Draft, name: str) -> str:
    x, y = d.operand(), d.operand()
    return f"{name}, {name}b = {x.text}, {y.text}\n{name}, {name}b = {name}b * 2, {name} + 1"


# -------------------------------------------------------------------------------------------------- further functions


@WAYS.append
def further_of_vectors(d: Draft) -> str:
    x = d.array(ndim=1, least=2)
    n = len(x.value)
    text = d.one(
        f"np.ediff1d({x.text})", f"np.convolve({x.text}, [0.25, 0.5, 0.25], mode='same')", f"np.correlate({x.text}, {x.text}, mode='full')",
        f"np.polyval({x.text}, 0.7)", f"np.polyval([1.0, -0.5, 0.25], {x.text})", f"np.fft.rfft({x.text}).real", f"np.abs(np.fft.fft({x.text}))**2",
        f"{x.bare}[np.tril_indices({n})[0]]", f"np.append({x.text}, 1.0)", f"np.insert({x.text}, 1, 0.5)", f"np.concatenate([[0.0], np.cumsum({x.text})])",
        f"np.lib.stride_tricks.sliding_window_view({x.text}, 2).mean(axis=-1)", f"np.meshgrid({x.text}, {x.text})[0]", f"np.subtract.outer({x.text}, {x.text})",
        f"np.interp([0.2, 0.7, 1.1], np.arange({n}) * 1.0, {x.text})", f"np.multiply.reduce({x.text})",
        f"np.select([np.arange({n}) < 1, np.arange({n}) >= 1], [{x.bare}**2, 2 * {x.bare}])", f"np.linalg.multi_dot([{x.text}, np.outer({x.text}, {x.text}), {x.text}])",
        f"np.roll({x.text}, -1) - 2 * {x.bare} + np.roll({x.text}, 1)", f"np.array([{x.bare}[i] * {x.bare}[(i + 1) % {n}] for i in range({n})])", f"np.flipud({x.text})",
        f"np.add.accumulate({x.text})", f"np.einsum('i,j,k->ijk', {x.text}, {x.text}, {x.text})" if n < 4 else f"np.einsum('i,i', {x.text}, {x.text})",
    )  # fmt: skip
    return (
        d.kinked(str(text))
        if any(word in text for word in ("fft", "interp", "nansum", "correlate", "select"))
        else str(text)
    )


@WAYS.append
def further_of_matrices(d: Draft) -> str:
    A = d.array(ndim=2, least=2)
    n, m = A.shape
    text = d.one(
        f"{A.bare}[np.triu_indices({n}, 0, {m})]", f"{A.bare}[np.ix_([0, 1], [1, 0])]", f"np.block([[{A.text}, {A.text}], [{A.text}, 2 * {A.bare}]])",
        f"np.cov({A.text})", f"np.corrcoef({A.text})", f"np.apply_along_axis(np.sum, 1, {A.text})", f"np.fliplr({A.text})", f"{A.bare}[..., None] * {A.bare}[:, None, :]",
        f"np.einsum('ij,kj,kl->il', {A.text}, {A.text}, {A.text})", f"np.sqrt((({A.bare}[:, None] - {A.bare}[None])**2).sum(-1) + 0.1)", f"{A.bare}.sum(axis=0).cumsum()",
        f"np.linalg.norm({A.text})", f"np.linalg.norm({A.text}, 2)", f"np.linalg.norm({A.text}, 1)", f"np.linalg.norm({A.text}, np.inf)", f"{A.bare}[{A.bare}.argmax(axis=0), np.arange({m})]",
        f"np.lib.stride_tricks.sliding_window_view({A.text}, (2, 2)).sum(axis=(-1, -2))", f"np.vsplit({A.text}, [1])[1]", f"np.array_split({A.text}, 2, axis=1)[0]",
        f"np.array([[{A.bare}[i, j] * (i + j) for j in range({m})] for i in range({n})])", f"np.exp(-0.5 * (({A.bare}[:, None, :] - {A.bare}[None, :, :])**2).sum(axis=2))",
        f"{A.bare}[0] @ {A.bare}[1]", f"np.array([{A.bare}[k] @ {A.bare}[0] for k in range({n})])", f"{A.bare}.reshape(-1)[::2]", f"np.ravel({A.text}, order='F')",
        f"np.cumsum({A.text})", f"{A.bare}.mean(axis=(0, 1))", f"np.sum({A.text}, axis=0) @ np.sum({A.text}, axis=0)", f"np.diagflat({A.text}[0])", f"{A.bare}.T.copy()",
    )  # fmt: skip
    if any(word in text for word in ("norm", "argmax", "corrcoef", "cov")):
        d.distinct(Term(A.text, A.value.ravel()))
        return d.kinked(str(text))
    return str(text)


@WAYS.append
def further_of_any(d: Draft) -> str:
    x = d.operand()
    d.apart(x.text)
    text = d.one(
        f"np.nan_to_num({x.text})", f"np.piecewise({x.text}, [{x.bare} > 0], [lambda v: v**2, lambda v: -v])", f"np.copysign({x.text}, {d.number()})", f"np.positive({x.text})",
        f"np.select([{x.bare} > 0.5, {x.bare} <= 0.5], [np.sin({x.text}), {x.bare}**2])" if np.min(np.abs(x.value - 0.5)) > NEAR else "", f"np.float_power(np.abs({x.text}), 1.3)",
        f"np.where({x.bare} > 0, np.log(np.maximum({x.text}, 1e-6)), 0.0)", f"np.nanmax({x.text})" if x.ndim == 0 else "", f"np.max([np.sum({x.text}), -50.0])", f"np.i0({x.text})",
        f"np.sum({x.bare}[{x.bare} > 0])" if x.ndim == 1 else "", f"np.abs({x.text}) ** 0.75", f"np.abs({x.text}) ** {x.bare}" if np.max(np.abs(x.value)) < 3 else "",
        f"np.sum({x.text}, where={x.bare} > 0)" if x.ndim else "", f"np.ldexp({x.text}, 2)", f"np.fmod({x.text}, 50.0)", f"np.trunc({x.text}) + {x.bare}", f"np.angle({x.bare} + 1j)",
        f"np.real(({x.bare} + 0.5j)**2)", f"np.abs({x.bare} + 0.5j)", f"np.real(np.exp(1j * {x.bare}))",
    )  # fmt: skip
    if not text:
        raise Misfit
    return d.kinked(str(text))


@BLOCKS.append
def integrated(d: Draft, name: str) -> str:
    x = d.operand()
    p = d.operand(lambda v: np.ndim(v) == 0)
    d.helpers.append(
        f"def rhs{len(d.helpers)}(u, p):\n    return {d.one('-p * u + np.sin(u)', 'u * (1 - u) * p', '-u**3 + p')}"
    )
    g = f"rhs{len(d.helpers) - 1}"
    rk4 = (
        f"    k1 = {g}({name}, {p.text})\n    k2 = {g}({name} + 0.05 * k1, {p.text})\n    k3 = {g}({name} + 0.05 * k2, {p.text})\n    k4 = {g}({name} + 0.1 * k3, {p.text})\n"
        f"    {name} = {name} + 0.1 / 6 * (k1 + 2 * k2 + 2 * k3 + k4)"
    )
    return f"{name} = {x.text}\nfor _ in range(2):\n" + d.one(f"    {name} = {name} + 0.1 * {g}({name}, {p.text})", rk4)


@BLOCKS.append
def newton(d: Draft, name: str) -> str:
    x = d.positive()
    return f"{name} = {d.one('1.0', '0.5 * ' + x.bare, x.text)}\nfor _ in range(3):\n    {name} = 0.5 * ({name} + {x.bare} / {name})"


@BLOCKS.append
def layers(d: Draft, name: str) -> str:
    x = d.array(ndim=1)
    W = d.operand(lambda v: np.shape(v) == (len(x.value),) * 2)
    return f"{name} = {x.text}\nfor W_, b_ in [({W.text}, 0.1), ({W.bare}.T, {x.text})]:\n    {name} = np.tanh(W_ @ {name} + b_)"


@BLOCKS.append
def scanned(d: Draft, name: str) -> str:
    x = d.array()
    start = d.one("0.0", f"{x.bare}[0]", f"np.zeros_like({x.bare}[0])")
    step = d.one("0.9 * s_ + x_", "np.tanh(s_ + x_)", "s_ * 0.5 + np.sin(x_)")
    end = d.one(f"{name} = s_", f"{name} = np.stack(all_)", f"{name} = sum(all_)", f"{name} = np.array(all_)")
    return f"s_, all_ = {start}, []\nfor x_ in {x.text}:\n    s_ = {step}\n    all_.append(s_)\n{end}"


@BLOCKS.append
def kept_in_dict(d: Draft, name: str) -> str:
    x = d.operand()
    y = d.companion(x)
    return f"p_ = {{'a': {x.text}, 'b': {y.text}}}\n{name} = p_['a'] * p_['b'] + sum(np.sum(v) for v in p_.values())"


@BLOCKS.append
def chosen(d: Draft, name: str) -> str:
    x = d.array()
    test = d.one("len({a}) > 2", "{aa}.ndim == 1", "{aa}.shape[0] % 2 == 0", "np.size({a}) > 3").format(
        a=x.text, aa=x.bare
    )
    return f"if {test}:\n    {name} = np.sin({x.text})\nelse:\n    {name} = {x.bare}**2"


@BLOCKS.append
def further_written(d: Draft, name: str) -> str:
    x = d.array(ndim=2, least=2)
    n, m = x.shape
    how = d.one(
        f"{name} = np.zeros(({n}, {m}))\nfor i in range({n}):\n    for j in range({m}):\n        {name}[i, j] = {x.bare}[i, j] * {x.bare}[i - 1, j]",
        f"{name} = np.zeros(({n}, {m}))\n{name}[1:-1] = {x.bare}[1:-1]\n{name}[:, 0] += {x.bare}[:, 1]", f"{name} = {x.bare}.copy()\n{name}[{name} > 0.5] = 0.5",
        f"{name} = {x.bare} + 0\n{name} -= {name}.mean(axis=0)\n{name} /= 2", f"{name} = np.ones({n})\nfor row in {x.text}.T:\n    {name} = {name} * row",
        f"{name} = np.zeros({n})\nfor k in range({n}):\n    {name}[k] = {x.bare}[0] @ {x.bare}[k]", f"{name} = {x.bare} * 1\n{name}[0], {name}[1] = {x.bare}[1], {x.bare}[0] * 2",
        f"{name} = np.empty_like({x.text})\n{name}[:] = {x.text}\n{name}[::2] *= 3", f"{name} = {x.bare}**2\nnp.fill_diagonal({name}, 1.0)",
    )  # fmt: skip
    if " > 0.5" in how:
        d.apart(f"{x.bare} - 0.5")
    return d.kinked(str(how))


# ------------------------------------------------------------------------------------------------------------ programs


def natural_program(rng: np.random.Generator, lines: tuple[int, int] = (3, 12)) -> Program:
    """A program that gives a number, and its point."""
    while True:
        n, m = (int(k) for k in rng.integers(2, 5, 2))
        shapes = {
            "x": (n,),
            "y": (m,),
            "z": (n,),
            "s": (),
            "A": (n, n),
            "B": (m, n),
            "T": (2, m, n),
            "c": (n, 1),
            "w": (1,),
        }
        chosen = rng.choice(list(shapes), size=int(rng.integers(1, 4)), replace=False)
        point = {str(name): _values(rng, shapes[name]) for name in sorted(chosen)}
        constants = {"C": _values(rng, (n,)), "D": _values(rng, (m, n)), "LAM": 0.3}
        draft = Draft(rng, point, constants, smooth=bool(rng.random() < 0.5))
        wanted = int(rng.integers(*lines))
        while len(draft.lines) < wanted:
            before = len(draft.lines)
            draft.statement()
            if len(draft.lines) == before:
                break
        program = finished(draft)
        if program is not None:
            return program


def _values(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    low, high = [(0.3, 1.8), (-1.5, 1.5), (0.2, 0.9)][rng.integers(3)]
    value = np.round(rng.uniform(low, high, shape), 3)
    return value if shape else float(value)


def finished(draft: Draft) -> Program | None:
    """The draft with a result that needs what was written last, and what nothing else needs."""
    used = {
        n.id
        for line in ast.walk(ast.parse("\n".join(draft.lines)))
        if isinstance(n := line, ast.Name) and isinstance(n.ctx, ast.Load)
    }
    names = [name for name in draft.values if name not in draft.point and name not in used][-4:]
    if not names:
        return None
    parts = [
        name
        if np.ndim(draft.values[name]) == 0
        else f"np.{draft.one('sum', 'mean', 'sum')}({name}{draft.one('', '**2', ' * 0.5')})"
        for name in names
    ]
    total = " + ".join(parts)
    program = Program(
        (*draft.lines, f"return {total}"), draft.point, draft.constants, tuple(draft.helpers), draft.analytic
    )
    return program if is_sound(program) else None


def is_sound(program: Program) -> bool:
    """Whether NumPy runs the program at its point, to a number."""
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(program.function(**program.point))
    except Exception:  # of whatever kind: a reducer has taken apart what belonged together
        return False
    return value.dtype.kind == "f" and value.ndim == 0 and bool(np.isfinite(value)) and bool(abs(value) < 1e6)


# ----------------------------------------------------------------------------------------------------------- reduction


def reduced(program: Program, fails: Callable[[Program], bool]) -> Program:
    """The program with everything taken out that it does not take to fail."""
    smaller = True
    while smaller:
        smaller = False
        for candidate in _candidates(program):
            if is_sound(candidate) and fails(candidate):
                program, smaller = candidate, True
                break
    return program


def _candidates(program: Program) -> Iterator[Program]:
    """Programs with one statement less, or with an operand in the place of an expression."""
    for k in range(len(program.helpers)):
        yield replace(program, helpers=(*program.helpers[:k], *program.helpers[k + 1 :]))
    body = _body(program)
    for k in range(len(body) - 1):
        yield _rebuilt(program, [*body[:k], *body[k + 1 :]])
    places = [(parent, name) for statement in body for parent in ast.walk(statement) for name in parent._fields]
    for parent, name in places:
        for put, old in _slots(parent, name):
            for new in _operands(old):
                put(new)
                yield _rebuilt(program, body)
            put(old)


def _body(program: Program) -> list[ast.stmt]:
    function = ast.parse(program.text).body[-1]
    assert isinstance(function, ast.FunctionDef)
    return function.body


def _rebuilt(program: Program, body: list[ast.stmt]) -> Program:
    return replace(program, lines=tuple("\n".join(map(ast.unparse, body)).splitlines()))


def _slots(parent: ast.AST, name: str) -> Iterator[tuple[Callable[[ast.expr], None], ast.expr]]:
    """Where expressions stand in a node, each with what puts another one there."""
    found = getattr(parent, name, None)
    if isinstance(found, ast.expr) and name != "func":
        yield (lambda new: setattr(parent, name, new)), found
    for k, item in enumerate(found if isinstance(found, list) else []):
        if isinstance(item, ast.expr):
            yield (lambda new, k=k: found.__setitem__(k, new)), item  # type: ignore[misc]


def _operands(node: ast.expr) -> Iterator[ast.expr]:
    """What an expression is made of."""
    if isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) and not isinstance(child, ast.Constant):
            yield child
        elif isinstance(child, ast.keyword):
            yield child.value
