"""Estimation and optimisation libraries call Functions as their users would write it: one line of theirs at most."""

import numpy as np
import pytest

import symdiff as sd

RNG = np.random.default_rng(0)
T = np.linspace(0.0, 4.0, 40)
TRUE = np.array([2.0, 0.7, 0.5])
Y = 2.0 * np.exp(-0.7 * T) + 0.5
X = np.column_stack([np.ones(80), RNG.normal(size=80)])
COUNTS = RNG.poisson(np.exp(X @ [0.5, 0.3]))


def bowl(x):
    return np.sum((x - np.arange(x.shape[0])) ** 4 + (x - np.arange(x.shape[0])) ** 2)


def residuals(p, t, y):
    return p[0] * np.exp(-p[1] * t) + p[2] - y


def poisson(beta, X, y):
    eta = X @ beta
    return np.sum(y * eta - np.exp(eta))


def test_a_likelihood_of_statsmodels():
    base = pytest.importorskip("statsmodels.base.model")
    rows = sd.jacobian(lambda beta, X, y: y * (X @ beta) - np.exp(X @ beta))
    first, second = sd.grad(poisson), sd.hessian(poisson)

    class Poisson(base.GenericLikelihoodModel):
        def loglike(self, params):
            return poisson(params, self.exog, self.endog)

        def score(self, params):
            return first(params, self.exog, self.endog)

        def score_obs(self, params):
            return rows(params, self.exog, self.endog)

        def hessian(self, params):
            return second(params, self.exog, self.endog)

    model = Poisson(COUNTS, X)
    fitted = model.fit(start_params=np.zeros(2), method="newton", disp=False)
    np.testing.assert_allclose(model.score(fitted.params), 0.0, atol=1e-6)
    np.testing.assert_allclose(model.score_obs(fitted.params).sum(axis=0), model.score(fitted.params), atol=1e-9)
    mean = np.exp(X @ fitted.params)
    np.testing.assert_allclose(fitted.bse, np.sqrt(np.diag(np.linalg.inv(X.T @ (mean[:, None] * X)))), rtol=1e-6)


def test_lmfit_takes_columns():
    lmfit = pytest.importorskip("lmfit")
    start = lmfit.create_params(a=1.0, b=1.0, c=0.0)
    J = sd.jacobian(residuals)

    def values(parameters):
        return np.array(list(parameters.valuesdict().values()))

    found = lmfit.minimize(
        lambda p: residuals(values(p), T, Y), start, method="leastsq", Dfun=lambda p: J(values(p), T, Y)
    )
    np.testing.assert_allclose(values(found.params), TRUE, rtol=1e-7)


def test_iminuit_takes_a_gradient():
    iminuit = pytest.importorskip("iminuit")
    minuit = iminuit.Minuit(sd.function(bowl), np.full(3, 0.3), grad=sd.grad(bowl))
    minuit.migrad()
    assert minuit.valid
    assert minuit.ngrad > 0
    np.testing.assert_allclose(np.array(minuit.values), [0.0, 1.0, 2.0], atol=1e-3)


def test_optimagic_takes_value_and_gradient():
    optimagic = pytest.importorskip("optimagic")
    found = optimagic.minimize(
        fun=sd.function(bowl), params=np.full(3, 0.3), jac=sd.grad(bowl), algorithm="scipy_lbfgsb"
    )
    np.testing.assert_allclose(found.params, [0.0, 1.0, 2.0], atol=1e-4)


def test_nlopt_wants_the_gradient_in_place():
    nlopt = pytest.importorskip("nlopt")
    both = sd.value_and_grad(bowl)

    def objective(x, slope):
        value, found = both(x)
        slope[:] = found[: slope.size]  # an empty one asks for the value alone
        return float(value)

    problem = nlopt.opt(nlopt.LD_SLSQP, 3)
    problem.set_min_objective(objective)
    problem.set_ftol_rel(1e-12)
    np.testing.assert_allclose(problem.optimize(np.full(3, 0.3)), [0.0, 1.0, 2.0], atol=1e-4)


def test_pygmo_takes_a_problem():
    pygmo = pytest.importorskip("pygmo")
    both = sd.value_and_grad(bowl)

    class Problem:
        def fitness(self, x):
            return [both(x)[0]]

        def gradient(self, x):
            return both(x)[1]

        def get_bounds(self):
            return [-5.0] * 3, [5.0] * 3

    problem = pygmo.problem(Problem())
    found = pygmo.algorithm(pygmo.nlopt("slsqp")).evolve(pygmo.population(problem, 1, seed=0))
    np.testing.assert_allclose(found.champion_x, [0.0, 1.0, 2.0], atol=1e-3)


def test_pymoo_takes_objectives_and_their_slopes():
    core = pytest.importorskip("pymoo.core.problem")
    objective, slope = sd.function(bowl), sd.grad(bowl)

    class Problem(core.ElementwiseProblem):
        def __init__(self):
            super().__init__(n_var=3, n_obj=1, xl=-5.0, xu=5.0)

        def _evaluate(self, x, out, *args, **kwargs):
            out["F"], out["dF"] = objective(x), slope(x)[None]

    points = RNG.normal(size=(4, 3))
    F, dF = Problem().evaluate(points, return_values_of=["F", "dF"])
    np.testing.assert_allclose(F[:, 0], [bowl(x) for x in points], rtol=1e-12)
    np.testing.assert_allclose(dF[:, 0], [slope(x) for x in points], rtol=1e-12)


def test_an_object_in_the_shape_of_ipopt():
    """What cyipopt asks of a problem: rows of the constraints, and the lower triangle of the Lagrangian's Hessian as a vector."""

    def circle(x):
        return np.sum(x**2, keepdims=True)

    lagrangian = sd.hessian(lambda x, factor, multipliers: factor * bowl(x) + np.sum(multipliers * circle(x)), "x")
    lower = np.tril_indices(3)

    def hessian(x, multipliers, factor):
        return lagrangian(x, factor, multipliers)[lower]

    x, multipliers = np.array([0.3, -1.0, 2.5]), np.array([0.7])
    d = x - np.arange(3)
    assert sd.jacobian(circle)(x).shape == (1, 3)
    np.testing.assert_allclose(hessian(x, multipliers, 2.0), np.diag(24 * d**2 + 4 + 1.4)[lower], rtol=1e-12)


def test_emcee_samples_a_function():
    emcee = pytest.importorskip("emcee")
    density = sd.function(lambda x, scale: -np.sum(x**2) / (2 * scale**2))
    sampler = emcee.EnsembleSampler(8, 2, density, args=[0.5])
    sampler.run_mcmc(RNG.normal(size=(8, 2)), 30)
    np.testing.assert_allclose(
        sampler.get_log_prob(flat=True), -2 * np.sum(sampler.get_chain(flat=True) ** 2, axis=1), rtol=1e-10, atol=1e-12
    )


def test_a_kernel_of_scikit_learn():
    """The regression's slope of the likelihood, by the kernel's, agrees with differences of the likelihood."""
    kernels = pytest.importorskip("sklearn.gaussian_process.kernels")
    process = pytest.importorskip("sklearn.gaussian_process")

    def smooth(theta, a, b):
        return np.exp(-np.sum((a[:, None] - b[None]) ** 2, axis=-1) * np.exp(-2 * theta[0]) / 2)

    slope = sd.jacobian(smooth)

    class Smooth(kernels.StationaryKernelMixin, kernels.Kernel):
        def __init__(self, length=1.0, length_bounds=(1e-3, 1e3)):
            self.length, self.length_bounds = length, length_bounds

        @property
        def hyperparameter_length(self):
            return kernels.Hyperparameter("length", "numeric", self.length_bounds)

        def __call__(self, X, Y=None, eval_gradient=False):
            K = smooth(self.theta, X, X if Y is None else Y)
            return (K, slope(self.theta, X, X)) if eval_gradient else K

        def diag(self, X):
            return np.ones(len(X))

    places = np.linspace(0, 3, 12)[:, None]
    gp = process.GaussianProcessRegressor(Smooth(0.8), alpha=1e-4).fit(places, np.sin(3 * places[:, 0]))
    theta, h = np.array([0.1]), 1e-5
    _, found = gp.log_marginal_likelihood(theta, eval_gradient=True)
    above, below = gp.log_marginal_likelihood(theta + h), gp.log_marginal_likelihood(theta - h)
    np.testing.assert_allclose(found, (above - below) / (2 * h), rtol=1e-5)
    same = process.GaussianProcessRegressor(kernels.RBF(0.8), alpha=1e-4).fit(places, np.sin(3 * places[:, 0]))
    np.testing.assert_allclose(gp.kernel_.theta, same.kernel_.theta, atol=1e-3)
