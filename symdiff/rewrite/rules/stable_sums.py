"""Stable forms of sums over axes: logsumexp, softmax, log-softmax, norms, variance, log-determinants.

They are found as one writes them down, and shifted by something that is the same along the axes: the spelling with
``x - max(x)``, whose derivative would otherwise run through the maximum.
"""

from __future__ import annotations

from symdiff.graph.node import ITEM, Node, constant, maker, slot
from symdiff.ops import elementwise as ew, gathering, linalg, reductions as red, scans, shapes
from symdiff.ops.axes import Axes
from symdiff.ops.contraction import einsum, trace
from symdiff.ops.decompositions import eigh
from symdiff.ops.spectra import spectral
from symdiff.rewrite.rule import REAL, Rule
from symdiff.rewrite.rules.stable import OVERFLOW, QUOTIENT, SQUARES, added_up, summands

VANISHED = "below -745, where a probability vanishes and its logarithm does not"
SUMS = (red.sum_, red.broadcast_to, shapes.expand_dims)  # what a sum along axes is, shaped for what it divides
PICKS = (shapes.getitem, gathering.gather, gathering.take_along)


def _reduced(node: Node, op: object) -> tuple[Node, Axes] | None:
    """``(x, axes)``, if `node` is a reduction of x, shaped so that it broadcasts against x."""
    inner = node
    if node.op is shapes.expand_dims:
        inner = node.inputs[0]
    if inner.op is not op:
        return None
    x, axes = inner.inputs[0], inner.kwargs["axis"]
    kept = inner.kwargs["keepdims"]
    leading = axes == tuple(range(len(axes)))
    if inner is node and (kept or leading):
        return x, axes
    if inner is not node and not kept and node.kwargs["axis"] == axes:
        return x, axes
    return None


def same_along(node: Node, ndim: int, axes: Axes) -> bool:
    """Whether `node`, broadcast to `ndim` axes, is the same everywhere along `axes`."""
    if node.op is red.broadcast_to:
        node = node.inputs[0]
    missing = ndim - node.ndim
    return missing >= 0 and all(k < missing or node.shape[k - missing] == 1 for k in axes)


def _unshifted(x: Node, axes: Axes) -> Node | None:
    """x without terms that are the same along `axes`, where there are some."""
    if x.op not in (ew.add, ew.subtract):
        return None
    terms = summands(x)
    left = [(sign, t) for sign, t in terms if not same_along(t, x.ndim, axes)]
    if not left or len(left) == len(terms):
        return None
    rest = added_up(left)
    return rest if rest.shape == x.shape else None


@REAL.on("logsumexp", ew.log, why="the function of this name", safe=OVERFLOW)
def _logsumexp(node: Node) -> Node | None:
    total = node.inputs[0]
    if total.op is not red.sum_ or total.inputs[0].op is not ew.exp:
        return None
    return red.logsumexp(total.inputs[0].inputs[0], **total.kwargs)


@REAL.on("weighted-logsumexp", red.logsumexp, why="exp(log(p)) is p", safe="where a weight is 0, in the derivative")
def _weighted_logsumexp(node: Node) -> Node | None:
    """``logsumexp(log(p) + c)``: a sum of exponentials with weights p."""
    x = node.inputs[0]
    terms = summands(x) if x.aval.kind == "f" else ()
    for k, (minus, term) in enumerate(terms):
        if term.op is ew.log and not minus and len(terms) > 1 and term.shape == x.shape:  # shared weights are summed
            rest = added_up([*terms[:k], *terms[k + 1 :]])
            return red.weighted_logsumexp(term.inputs[0], red.spread(rest, x.shape), **node.kwargs)
    return None


@REAL.on("logcumsumexp", ew.log, why="the running form of logsumexp", safe=OVERFLOW)
def _logcumsumexp(node: Node) -> Node | None:
    """``log(cumsum(exp(x)))``, from either end."""
    total = node.inputs[0]
    turned = total if total.op is shapes.flip else None
    total = total.inputs[0] if turned is not None else total
    if total.op is not red.cumsum:
        return None
    inner = total.inputs[0]
    e = inner.inputs[0] if inner.op is shapes.flip else inner
    if e.op is not ew.exp or e.aval.kind == "c":
        return None
    x = e.inputs[0] if inner is e else inner.op(e.inputs[0], **inner.kwargs)
    running = scans.logcumsumexp(x, **total.kwargs)
    return running if turned is None else turned.op(running, **turned.kwargs)


@REAL.on("logsumexp-shifted", ew.add, ew.subtract, why="a shift that is added again does nothing")
def _logsumexp_shifted(node: Node) -> Node | None:
    """``logsumexp(x - m) + m`` is ``logsumexp(x)``."""
    terms = summands(node, red.logsumexp)
    for k, (sign, lse) in enumerate(terms):
        if lse.op is not red.logsumexp or lse.inputs[0].op is not ew.subtract:
            continue
        x, m = lse.inputs[0].inputs
        axes, kept = lse.kwargs["axis"], lse.kwargs["keepdims"]
        if not same_along(m, x.ndim, axes) or x.shape != lse.inputs[0].shape:
            continue
        for i, (other_sign, other) in enumerate(terms):
            if other_sign == sign and (other is m or (not kept and _is_squeezed(other, m, axes, x.ndim))):
                rest = [t for j, t in enumerate(terms) if j not in (i, k)]
                return added_up([(sign, red.logsumexp(x, **lse.kwargs)), *rest])
    return None


def _is_squeezed(node: Node, m: Node, axes: Axes, ndim: int) -> bool:
    """Whether `node` is m without its axes of length 1."""
    if m.op is shapes.expand_dims:
        return m.inputs[0] is node and m.kwargs["axis"] == axes
    if m.op is red.amax and m.kwargs["keepdims"] and node.op is red.amax:
        return m.inputs == node.inputs and m.kwargs["axis"] == node.kwargs["axis"] == axes
    return node.op in (shapes.squeeze, shapes.reshape, shapes.getitem) and node.inputs[0] is m and m.ndim == ndim


@REAL.on("softmax", ew.divide, among=SUMS, why="the function of this name", safe=QUOTIENT)
def _softmax(node: Node) -> Node | None:
    e, total = node.inputs
    if total.op is red.broadcast_to:
        total = total.inputs[0]
    found = _reduced(total, red.sum_)
    if found is None:
        return None
    exponential, axes = found
    if exponential.op is not ew.exp:
        return None
    if e is exponential:
        return red.softmax(e.inputs[0], axis=axes)
    if e.op is ew.multiply and exponential in e.inputs and e.shape == exponential.shape:
        factor = e.inputs[1] if e.inputs[0] is exponential else e.inputs[0]
        return factor * red.softmax(exponential.inputs[0], axis=axes)
    return None


@REAL.on("softmax-of-log-softmax", ew.exp, why="one exponential for both")
def _exp_of_log_softmax(node: Node) -> Node | None:
    p = node.inputs[0]
    return red.softmax(p.inputs[0], **p.kwargs) if p.op is red.log_softmax else None


@REAL.on("shift", red.softmax, red.log_softmax, why="a shift along the axes does nothing")
def _shift(node: Node) -> Node | None:
    """``softmax(x - max(x))`` is ``softmax(x)``."""
    rest = _unshifted(node.inputs[0], node.kwargs["axis"])
    return None if rest is None else node.op(rest, **node.kwargs)


@REAL.on(
    "log-softmax",
    ew.log,
    why="the function of this name",
    safe=VANISHED,
)
def _log_softmax(node: Node) -> Node | None:
    p = node.inputs[0]
    return red.log_softmax(p.inputs[0], **p.kwargs) if p.op is red.softmax else None


@REAL.on("log-softmax-picked", ew.log, why="what is picked has its logarithm picked", safe=VANISHED)
def _log_softmax_picked(node: Node) -> Node | None:
    """``log(softmax(z)[rows, labels])``."""
    picked = node.inputs[0]
    if picked.op not in PICKS or picked.inputs[0].op is not red.softmax:
        return None
    p, *positions = picked.inputs
    return picked.op(red.log_softmax(p.inputs[0], **p.kwargs), *positions, **picked.kwargs)


@REAL.on(
    "log-softmax-difference",
    ew.subtract,
    among=(red.logsumexp, shapes.expand_dims),
    why="the largest term is taken out once",
)
def _log_softmax_difference(node: Node) -> Node | None:
    """``x - logsumexp(x)``."""
    x, total = node.inputs
    found = _reduced(total, red.logsumexp)
    return red.log_softmax(x, axis=found[1]) if found is not None and found[0] is x else None


@REAL.on("norm", ew.sqrt, why="the function of this name", safe=SQUARES)
def _norm(node: Node) -> Node | None:
    """``sqrt(sum(x**2))`` and ``sqrt(x @ x)``."""
    total = node.inputs[0]
    if total.op is red.sum_ and total.inputs[0].op is ew.square:
        return red.norm2(total.inputs[0].inputs[0], **total.kwargs)
    if total.op is einsum and total.inputs[0] is total.inputs[1] and total.kwargs["subscripts"] == "a,a->":
        return red.norm2(total.inputs[0], axis=(0,), keepdims=False)
    return None


@REAL.on("norm-squared", ew.square, why="the root is not needed, and its derivative neither")
def _norm_squared(node: Node) -> Node | None:
    """``norm(x)**2`` is ``sum(x**2)``."""
    norm = node.inputs[0]
    if norm.op is not red.norm2:
        return None
    x = norm.inputs[0]
    return red.sum_(ew.abs2(x) if x.aval.kind == "c" else ew.square(x), **norm.kwargs)


@REAL.on("variance", red.mean, why="the mean of a centred square: its derivative does not run through the mean")
def _variance(node: Node) -> Node | None:
    squared = node.inputs[0]
    if squared.op is not ew.square or squared.inputs[0].op is not ew.subtract:
        return None
    x, centre = squared.inputs[0].inputs
    found = _reduced(centre, red.mean)
    if found is None or found != (x, node.kwargs["axis"]) or squared.shape != x.shape:
        return None
    return red.var(x, **node.kwargs, ddof=0)


@REAL.on("standard-deviation", ew.sqrt, why="the function of this name: its derivative is 0 where it is 0")
def _standard_deviation(node: Node) -> Node | None:
    """``sqrt(var(x))``."""
    variance = node.inputs[0]
    return red.std(*variance.inputs, **variance.kwargs) if variance.op is red.var else None


@REAL.on("softmax-times-its-sum", ew.multiply, among=(red.softmax,), why="it adds up to 1")
def _softmax_times_its_sum(node: Node) -> Node | None:
    """``p * sum(p)``, which the derivative of an entropy holds, is p."""
    for p, total in (node.inputs, node.inputs[::-1]):
        found = _reduced(total, red.sum_) if p.op is red.softmax else None
        if found is not None and found[0] is p and found[1] == p.kwargs["axis"]:
            return p
    return None


@REAL.on("term-and-its-negative", ew.add, ew.subtract, why="they cancel; where they are nan, so is the product")
def _term_and_its_negative(node: Node) -> Node | None:
    """``p * x + p - p`` is ``p * x``."""
    terms = summands(node)
    if len({term for _, term in terms}) == len(terms):
        return None
    for i, (sign, p) in enumerate(terms):
        for k, (other_sign, other) in enumerate(terms[:i]):
            if other is not p or other_sign == sign:
                continue
            rest = [term for j, term in enumerate(terms) if j not in (i, k)]
            if any(p in t.inputs for _, t in rest if t.op is ew.multiply):
                found = added_up(rest)
                return found if found.aval is node.aval else None
    return None


@REAL.on(
    "variance-of-moments",
    ew.subtract,
    among=(red.mean,),
    why="the mean of the centred squares",
    safe="where the mean is large, and the difference of moments cancels",
)
def _variance_of_moments(node: Node) -> Node | None:
    """``mean(x**2) - mean(x)**2``."""
    second, squared = node.inputs
    if second.op is not red.mean or second.inputs[0].op is not ew.square or squared.op is not ew.square:
        return None
    first, x = squared.inputs[0], second.inputs[0].inputs[0]
    if first.op is red.mean and first.inputs[0] is x and first.params == second.params:
        return red.var(x, **first.kwargs, ddof=0)
    return None


@REAL.on(
    "log-det",
    ew.log,
    why="the function of this name",
    safe="where the determinant overflows, or vanishes, and its logarithm does not",
)
def _log_det(node: Node) -> Node | None:
    """``log(det(A))`` is ``log|det(A)| + log(sign)``: nan, as it should be, where the determinant is negative."""
    d = node.inputs[0]
    if d.op is ew.absolute and d.inputs[0].op is linalg.det:
        return linalg.slogdet(d.inputs[0].inputs[0]).parts[1]
    if d.op is linalg.det:
        sign, logdet = linalg.slogdet(d.inputs[0])
        return logdet + ew.log(sign)
    return None


@REAL.on("unit-eigenvectors", red.sum_, why="they have length 1", safe="where eigenvalues meet, in every derivative")
def _unit_eigenvectors(node: Node) -> Node | None:
    """``sum(V**2, axis=0)``, which the trace of ``(V * w) @ V.T`` holds; V' is orthogonal, too."""
    squared, axes = node.inputs[0], node.kwargs["axis"]
    if squared.op is not ew.square or not _are_eigenvectors(squared.inputs[0]) or len(axes) != 1:
        return None
    return red.spread(constant(node.dtype.type(1)), node.shape) if axes[0] >= squared.ndim - 2 else None


@REAL.on(
    "orthogonal-eigenvectors", einsum, why="they are orthonormal", safe="where eigenvalues meet, in every derivative"
)
def _orthogonal_eigenvectors(node: Node) -> Node | None:
    """``V.T @ V`` and ``V @ V.T``."""
    v, other = node.inputs
    if v is other and _are_eigenvectors(v) and node.kwargs["subscripts"] in ("ab,ac->bc", "ab,cb->ac"):
        return shapes.eye(n=node.shape[0], dtype=node.dtype.name)
    return None


@REAL.on(
    "trace-of-spectral-function",
    red.sum_,
    trace,
    why="the sum of the function",
    safe="where eigenvalues meet, in every derivative",
)
def _trace_of_spectral_function(node: Node) -> Node | None:
    """``trace((V * f) @ V.T)`` is ``sum(f)``."""
    x = node.inputs[0]
    matrix = x if node.op is trace else x.inputs[0] if x.op is shapes.diagonal else None
    if matrix is None or matrix.op is not spectral:
        return None
    f = matrix.inputs[5]
    along = node.kwargs.get("axis", (f.ndim - 1,))
    return red.sum_(f, axis=along, keepdims=node.kwargs.get("keepdims", False)) if along == (f.ndim - 1,) else None


def _are_eigenvectors(v: Node) -> bool:
    return v.op is ITEM and maker(v).op is eigh and slot(v) == 1 and v.aval.kind == "f"


RULES: tuple[Rule, ...] = (
    _trace_of_spectral_function, _unit_eigenvectors, _orthogonal_eigenvectors,
    _weighted_logsumexp,
    _logsumexp, _logcumsumexp, _logsumexp_shifted, _softmax, _exp_of_log_softmax, _shift, _log_softmax,
    _log_softmax_picked, _log_softmax_difference, _norm, _norm_squared, _variance, _standard_deviation,
    _softmax_times_its_sum, _term_and_its_negative, _variance_of_moments, _log_det,
)  # fmt: skip
