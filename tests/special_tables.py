"""What the special functions are in mpmath, and where: the table of `test_special_laws`.

A row says of an expression: the function in mpmath, and for each variable the range that points are drawn from, and the
part of it that counts as interior. Variables with two derivatives are named first; `once` names those with one.
"""

from typing import NamedTuple

import mpmath as mp
import numpy as np


class Range(NamedTuple):
    """Where points are drawn: evenly (`flat`), by their logarithm (`log`), or that with both signs (`both`)."""

    low: float
    high: float
    inside: tuple[float, float]
    kind: str = "flat"

    def draw(self, rng):
        if self.kind == "flat":
            return float(rng.uniform(self.low, self.high))
        x = float(np.exp(rng.uniform(np.log(self.low), np.log(self.high))))
        return -x if self.kind == "both" and rng.random() < 0.5 else x

    def has_inside(self, x):
        return self.inside[0] <= (abs(x) if self.kind == "both" else x) <= self.inside[1]


class Row(NamedTuple):
    """An expression, what it is, and the ranges of its variables, by name; `digits` that mpmath computes with."""

    text: str
    exact: object
    ranges: dict[str, Range]
    twice: tuple[str, ...] = ("x",)
    once: tuple[str, ...] = ()
    digits: int = 60
    first: int = 0  # the lowest derivative that is compared: 1 where the value is SciPy's, and loses digits


def positive(low=1e-8, high=1e3, inside=(0.1, 10.0)):
    return Range(low, high, inside, "log")


def real(low=1e-8, high=20.0, inside=(0.05, 5.0)):
    return Range(low, high, inside, "both")


def flat(low, high, inside=None):
    return Range(low, high, inside or (low, high))


def unit(near=1e-10):
    """Probabilities: near 0 by their logarithm."""
    return Range(near, 0.99, (0.05, 0.95), "log")


SCALED = (0.1, 25.0)
BY_ORDER = (0.1, 5.0)  # where differences by the order of a scaled function keep twelve digits; ten beyond
LIMITS = 35  # of whole orders, which mpmath takes limits for
SHAPE = flat(0.3, 12.0)
ORDER = flat(0.1, 6.0)


def one(text, exact, x, **more):
    return Row(text, exact, {"x": x}, **more)


def two(text, exact, a, x, **more):
    return Row(text, exact, {"a": a, "x": x}, **more)


def gammap(a, x):
    return mp.gammainc(a, 0, x, regularized=True)


def gammaq(a, x):
    return mp.gammainc(a, x, regularized=True)


def betap(a, b, x):
    return mp.betainc(a, b, 0, x, regularized=True)


def betaq(a, b, x):
    return mp.betainc(b, a, 0, 1 - x, regularized=True)


def inverse(function, start):
    """The solution y of function(y) = x, from SciPy's, by Newton's steps in mpmath."""

    def solve(*args):
        *shapes, p = args
        y = mp.mpf(start(*map(float, args)))
        for _ in range(2):  # of sixteen digits, sixty-four
            y -= (function(*shapes, y) - p) / mp.diff(lambda v: function(*shapes, v), y, h=abs(y) * mp.mpf(10) ** -20)
        return y

    return solve


def scipy(name):
    import scipy.special

    return getattr(scipy.special, name)


def student(df, t):
    tail = betap(df / 2, mp.mpf(0.5), df / (df + t * t)) / 2
    return tail if t < 0 else 1 - tail


def binormal(r, k, h):
    """By Plackett's integral over the correlation."""

    def density(t):
        rest = 1 - t * t
        return mp.exp(-(h * h - 2 * t * h * k + k * k) / (2 * rest)) / (2 * mp.pi * mp.sqrt(rest))

    return mp.ncdf(h) * mp.ncdf(k) + mp.quad(density, [0, r])


def spherical(function, factor=lambda: mp.sqrt(mp.pi / 2)):
    return lambda x: factor() * function(mp.mpf(2.5), x) / mp.sqrt(x)


ROWS = [
    # Bessel functions and Airy's
    two("jv(a, x)", mp.besselj, ORDER, positive(1e-3, 200.0), once=("a",)), two("yv(a, x)", mp.bessely, ORDER, positive(1e-3, 200.0), once=("a",)),
    two("iv(a, x)", mp.besseli, ORDER, positive(1e-3, 500.0), once=("a",)), two("kv(a, x)", mp.besselk, ORDER, positive(1e-3, 500.0), twice=("x", "a")),
    two("ive(a, x)", lambda a, x: mp.besseli(a, x) * mp.exp(-abs(x)), ORDER, positive(1e-3, 1e6, SCALED)),
    two("ive(a, 1 * x)", lambda a, x: mp.besseli(a, x) * mp.exp(-abs(x)), ORDER, positive(1e-3, 1e6, BY_ORDER), once=("a",)),
    two("kve(a, x)", lambda a, x: mp.besselk(a, x) * mp.exp(x), ORDER, positive(1e-3, 1e6, SCALED), twice=("x", "a")),
    one("i0(x)", lambda x: mp.besseli(0, x), real(1e-8, 500.0)), one("i1(x)", lambda x: mp.besseli(1, x), real(1e-8, 500.0)),
    one("j0(x)", mp.j0, real(1e-8, 200.0)), one("j1(x)", mp.j1, real(1e-8, 200.0)),
    one("y0(x)", lambda x: mp.bessely(0, x), positive(1e-3, 200.0), digits=LIMITS), one("y1(x)", lambda x: mp.bessely(1, x), positive(1e-3, 200.0), digits=LIMITS),
    one("k0(x)", lambda x: mp.besselk(0, x), positive(1e-3, 500.0), digits=LIMITS), one("k1(x)", lambda x: mp.besselk(1, x), positive(1e-3, 500.0), digits=LIMITS),
    one("i0e(x)", lambda x: mp.besseli(0, x) * mp.exp(-abs(x)), real(1e-8, 1e6, SCALED)),
    one("i1e(x)", lambda x: mp.besseli(1, x) * mp.exp(-abs(x)), real(1e-8, 1e6, SCALED)),
    one("k0e(x)", lambda x: mp.besselk(0, x) * mp.exp(x), positive(1e-3, 1e6, SCALED), digits=LIMITS),
    one("k1e(x)", lambda x: mp.besselk(1, x) * mp.exp(x), positive(1e-3, 1e6, SCALED), digits=LIMITS),
    one("spherical_jn(2, x)", spherical(mp.besselj), positive(1e-3, 200.0)), one("spherical_yn(2, x)", spherical(mp.bessely), positive(1e-3, 200.0)),
    one("spherical_in(2, x)", spherical(mp.besseli), positive(1e-3, 200.0)), one("spherical_kn(2, x)", spherical(mp.besselk), positive(1e-3, 200.0)),
    one("airy(x)[0]", mp.airyai, real(1e-8, 30.0)), one("airy(x)[1]", lambda x: mp.airyai(x, derivative=1), real(1e-8, 30.0)),
    one("airy(x)[2]", mp.airybi, real(1e-8, 30.0)), one("airy(x)[3]", lambda x: mp.airybi(x, derivative=1), real(1e-8, 30.0)),
    # elliptic integrals
    one("ellipk(x)", mp.ellipk, flat(-5.0, 0.99, (-2.0, 0.9))), one("ellipe(x)", mp.ellipe, flat(-5.0, 0.99, (-2.0, 0.9))),
    one("ellipk(-x)", lambda x: mp.ellipk(-x), positive()), one("ellipe(-x)", lambda x: mp.ellipe(-x), positive()),
    one("ellipkm1(x)", lambda x: mp.ellipk(1 - x), positive(1e-30, 50.0)), one("ellipem1(x)", lambda x: mp.ellipe(1 - x), positive(1e-30, 0.99)),
    two("ellipkinc(x, a)", lambda a, x: mp.ellipf(x, a), flat(-3.0, 0.9), flat(-6.0, 6.0), twice=("x", "a")),
    two("ellipeinc(x, a)", lambda a, x: mp.ellipe(x, a), flat(-3.0, 0.9), flat(-6.0, 6.0), twice=("x", "a")),
    two("elliprc(x, a)", lambda a, x: mp.elliprc(x, a), positive(1e-4, 1e4), positive(1e-4, 1e4), twice=("x", "a")),
    Row("elliprf(x, a, b)", lambda a, b, x: mp.elliprf(x, a, b), dict.fromkeys("abx", positive(1e-4, 1e4))),
    Row("elliprd(x, a, b)", lambda a, b, x: mp.elliprd(x, a, b), dict.fromkeys("abx", positive(1e-4, 1e4)), twice=("x", "b")),
    Row("elliprg(x, a, b)", lambda a, b, x: mp.elliprg(x, a, b), dict.fromkeys("abx", positive(1e-4, 1e4))),
    Row("elliprj(x, a, b, c)", lambda a, b, c, x: mp.elliprj(x, a, b, c), dict.fromkeys("abcx", positive(1e-3, 1e3)), twice=("x", "c")),
    # errors, and integrals of exponentials
    one("erfinv(x)", mp.erfinv, real(1e-8, 0.99, (0.01, 0.9))), one("erfcinv(x)", lambda x: mp.erfinv(1 - x), positive(1e-30, 1.9, (0.1, 1.9))),
    one("erfi(x)", mp.erfi, real(1e-8, 25.0)), one("erfcx(x)", lambda x: mp.exp(x * x) * mp.erfc(x), positive(1e-8, 1e6)),
    one("erfcx(-x)", lambda x: mp.exp(x * x) * mp.erfc(-x), positive(1e-8, 25.0)),
    one("dawsn(x)", lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x), real(1e-8, 1e4)),
    one("real(wofz(x + 0.5j))", lambda x: mp.re(mp.exp(-((x + 0.5j) ** 2)) * mp.erfc(-1j * (x + 0.5j))), real(1e-8, 20.0)),
    one("ndtri(x)", lambda x: mp.sqrt(2) * mp.erfinv(2 * x - 1), unit(1e-30)),
    one("ndtri_exp(-x)", inverse(lambda y: mp.log(mp.ncdf(y)), lambda x: scipy("ndtri_exp")(x)), positive(1e-3, 1e4)),
    one("log_ndtr(x)", lambda x: mp.log(mp.erfc(-x / mp.sqrt(2)) / 2), real(1e-8, 30.0)), one("ndtr(x)", mp.ncdf, real(1e-8, 30.0)),
    two("owens_t(x, a)", lambda a, x: mp.quad(lambda t: mp.exp(-x * x * (1 + t * t) / 2) / (1 + t * t), [0, a]) / (2 * mp.pi),
        flat(-3.0, 3.0), flat(-5.0, 5.0, (-3.0, 3.0)), twice=("x", "a")),
    Row("binormal(x, b, a)", binormal, {"a": flat(-0.9, 0.9), "b": flat(-3.0, 3.0), "x": flat(-3.0, 3.0)}, twice=("x", "a"), first=1),
    one("expi(x)", mp.ei, real(1e-8, 100.0)), one("exp1(x)", mp.e1, positive(1e-8, 300.0)),
    one("expn(3, x)", lambda x: mp.expint(3, x), positive(1e-8, 300.0)), one("expn(1, x)", mp.e1, positive(1e-8, 300.0)),
    one("spence(x)", lambda x: mp.re(mp.polylog(2, 1 - x)), positive(1e-12, 1e4)),
    one("sici(x)[0]", mp.si, real(1e-8, 200.0)), one("sici(x)[1]", mp.ci, positive(1e-8, 200.0)),
    one("shichi(x)[0]", mp.shi, real(1e-8, 200.0)), one("shichi(x)[1]", mp.chi, positive(1e-8, 200.0)),
    one("fresnel(x)[0]", mp.fresnels, real(1e-8, 30.0)), one("fresnel(x)[1]", mp.fresnelc, real(1e-8, 30.0)),
    # gamma and beta
    one("loggamma(x)", mp.loggamma, positive(1e-10, 1e10)), one("gammaln(x)", lambda x: mp.log(abs(mp.gamma(x))), flat(-8.9, 20.0)),
    one("rgamma(x)", mp.rgamma, flat(-8.0, 30.0, (-3.0, 10.0))), one("gamma(x)", mp.gamma, flat(-8.0, 30.0, (-3.0, 10.0))),
    one("digamma(x)", mp.digamma, positive(1e-8, 1e8)), one("polygamma(2, x)", lambda x: mp.polygamma(2, x), positive(1e-4, 1e4)),
    two("poch(x, a)", lambda a, x: mp.rf(x, a), SHAPE, positive(1e-3, 1e3), twice=("x", "a")),
    two("binom(x, a)", lambda a, x: mp.binomial(x, a), flat(0.1, 4.0), flat(5.0, 50.0), twice=("x", "a")),
    two("betaln(x, a)", lambda a, x: mp.log(mp.beta(x, a)), positive(1e-2, 1e2), positive(1e-2, 1e2), twice=("x", "a")),
    two("betaln(a, x)", lambda a, x: mp.log(mp.beta(x, a)), positive(1e-2, 1e8), positive(1e-2, 1e8), twice=("x", "a"), first=1),
    two("beta(x, a)", lambda a, x: mp.beta(x, a), positive(1e-2, 1e2), positive(1e-2, 1e2), twice=("x", "a")),
    two("zeta(a, x)", mp.zeta, flat(1.1, 12.0), positive(1e-2, 1e3)),
    one("multigammaln(x + 1.0, 3)", lambda x: 3 * mp.log(mp.pi) / 2 + sum(mp.loggamma(x + 1 - mp.mpf(j) / 2) for j in range(3)), positive(1e-2, 1e4)),
    two("gammainc(a, x)", gammap, SHAPE, positive(1e-6, 40.0), twice=("x", "a")), two("gammaincc(a, x)", gammaq, SHAPE, positive(1e-2, 300.0), twice=("x", "a")),
    two("gammaincinv(a, x)", inverse(gammap, lambda a, x: scipy("gammaincinv")(a, x)), SHAPE, unit(1e-6), twice=("x", "a")),
    two("gammainccinv(a, x)", inverse(gammaq, lambda a, x: scipy("gammainccinv")(a, x)), SHAPE, unit(1e-10), twice=("x", "a")),
    Row("betainc(a, b, x)", betap, {"a": SHAPE, "b": SHAPE, "x": unit(1e-6)}, twice=("x", "a", "b")),
    Row("betaincc(a, b, x)", betaq, {"a": SHAPE, "b": SHAPE, "x": unit(1e-2)}, twice=("x", "a", "b")),
    Row("betaincinv(a, b, x)", inverse(betap, lambda a, b, x: scipy("betaincinv")(a, b, x)), {"a": SHAPE, "b": SHAPE, "x": unit(1e-4)}, twice=("x", "a", "b")),
    Row("betainccinv(a, b, x)", inverse(betaq, lambda a, b, x: scipy("betainccinv")(a, b, x)), {"a": SHAPE, "b": SHAPE, "x": unit(1e-4)}, twice=("x", "a", "b")),
    two("stdtr(a, x)", student, SHAPE, real(1e-6, 50.0), twice=("x", "a")),
    two("stdtrit(a, x)", inverse(student, lambda a, x: scipy("stdtrit")(a, x)), SHAPE, unit(1e-4), twice=("x", "a")),
    # logarithms, losses, transformations
    two("xlog1py(a, x)", lambda a, x: a * mp.log1p(x), real(), positive(1e-12, 1e6), once=("a",)),
    two("rel_entr(x, a)", lambda a, x: x * mp.log(x / a), positive(1e-6, 1e6), positive(1e-6, 1e6), twice=("x", "a")),
    two("kl_div(x, a)", lambda a, x: x * mp.log(x / a) - x + a, positive(1e-6, 1e6), positive(1e-6, 1e6), twice=("x", "a")),
    two("pseudo_huber(a, x)", lambda a, x: a * a * (mp.sqrt(1 + (x / a) ** 2) - 1), positive(1e-4, 1e4), real(1e-8, 1e8), twice=("x", "a")),
    two("boxcox(x, a)", lambda a, x: (x**a - 1) / a, real(1e-8, 3.0), positive(1e-4, 1e4), twice=("x", "a")),
    two("boxcox1p(x, a)", lambda a, x: ((1 + x) ** a - 1) / a, real(1e-8, 3.0), positive(1e-8, 1e4), twice=("x", "a")),
    two("inv_boxcox(x, a)", lambda a, x: (1 + a * x) ** (1 / a), positive(1e-8, 3.0), positive(1e-4, 1e3), twice=("x", "a")),
    two("inv_boxcox1p(x, a)", lambda a, x: (1 + a * x) ** (1 / a) - 1, positive(1e-8, 3.0), positive(1e-6, 1e3), twice=("x", "a")),
    one("wrightomega(x)", lambda x: mp.lambertw(mp.exp(x)), real(1e-8, 300.0)), one("real(lambertw(x))", mp.lambertw, positive(1e-8, 1e10)),
    one("real(lambertw(-x, -1))", lambda x: mp.re(mp.lambertw(-x, -1)), positive(1e-10, 0.36, (1e-3, 0.3))),
    # of a sigmoid s near 1 the slope is s * (1 - s), as it is written by hand: digits of 1 - s are those of s
    one("logit(x)", lambda x: mp.log(x / (1 - x)), unit(1e-30)), one("expit(x)", lambda x: 1 / (1 + mp.exp(-x)), real(1e-4, 12.0)),
    one("log_expit(x)", lambda x: -mp.log1p(mp.exp(-x)), real(1e-4, 12.0)), one("entr(x)", lambda x: -x * mp.log(x), positive(1e-30, 1e6)),
    one("exprel(x)", lambda x: mp.expm1(x) / x, real(1e-8, 300.0)),
    # hypergeometric functions and polynomials
    two("hyp0f1(a, x)", mp.hyp0f1, SHAPE, real(1e-6, 100.0)),
    Row("hyp1f1(a, b, x)", mp.hyp1f1, {"a": SHAPE, "b": SHAPE, "x": real(1e-6, 30.0)}),
    Row("hyp2f1(a, b, c, x)", mp.hyp2f1, {"a": flat(0.3, 4.0), "b": flat(0.3, 4.0), "c": flat(0.3, 6.0), "x": flat(-3.0, 0.9, (-0.9, 0.7))}),
    *(one(f"{name}(5, x)", exact, flat(-1.0, 1.0)) for name, exact in {
        "eval_legendre": lambda x: mp.legendre(5, x), "eval_chebyt": lambda x: mp.chebyt(5, x), "eval_chebyu": lambda x: mp.chebyu(5, x),
        "eval_hermite": lambda x: mp.hermite(5, x), "eval_hermitenorm": lambda x: mp.hermite(5, x / mp.sqrt(2)) / mp.mpf(2) ** 2.5,
    }.items()),
    one("eval_laguerre(5, x)", lambda x: mp.laguerre(5, 0, x), positive(1e-4, 50.0)),
    two("eval_genlaguerre(4, a, x)", lambda a, x: mp.laguerre(4, a, x), SHAPE, positive(1e-4, 50.0)),
    two("eval_gegenbauer(4, a, x)", lambda a, x: mp.gegenbauer(4, a, x), SHAPE, flat(-1.0, 1.0)),
    Row("eval_jacobi(4, a, b, x)", lambda a, b, x: mp.jacobi(4, a, b, x), {"a": SHAPE, "b": SHAPE, "x": flat(-1.0, 1.0)}),
]  # fmt: skip
