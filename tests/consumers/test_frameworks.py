"""A Function as one operation of another system of derivatives: its own slopes are what that system finds."""

import numpy as np
import pytest

import symdiff as sd

X, A = np.array([0.3, -1.2, 2.0]), np.array([[1.0, 0.5, -0.3], [0.2, -1.0, 0.4]])


def loss(x, A):
    return np.sum(np.tanh(A @ x) ** 2)


both = sd.value_and_grad(loss, ("x", "A"))
VALUE, (D_X, D_A) = both(X, A)


def test_a_function_of_torch():
    torch = pytest.importorskip("torch")

    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, A):
            value, slopes = both(x.detach().numpy(), A.detach().numpy())
            ctx.save_for_backward(*map(torch.from_numpy, slopes))
            return x.new_tensor(value)

        @staticmethod
        def backward(ctx, g):
            return tuple(g * slope for slope in ctx.saved_tensors)

    x, a = (torch.tensor(value, requires_grad=True) for value in (X, A))
    (3 * Loss.apply(x, a)).backward()
    np.testing.assert_allclose(x.grad, 3 * D_X, rtol=1e-12)
    np.testing.assert_allclose(a.grad, 3 * D_A, rtol=1e-12)
    assert torch.autograd.gradcheck(Loss.apply, (x, a))


def test_a_custom_vjp_of_jax():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        shapes = jax.tree.map(lambda value: jax.ShapeDtypeStruct(np.shape(value), "float64"), both(X, A))

        @jax.custom_vjp
        def wrapped(x, a):
            return forward(x, a)[0]

        def forward(x, a):
            return jax.pure_callback(lambda *arrays: both(*map(np.asarray, arrays)), shapes, x, a)

        wrapped.defvjp(forward, lambda slopes, g: tuple(g * slope for slope in slopes))
        d_x, d_a = jax.jit(jax.grad(lambda x, a: 3 * wrapped(x, a), (0, 1)))(X, A)
        np.testing.assert_allclose(d_x, 3 * D_X, rtol=1e-12)
        np.testing.assert_allclose(d_a, 3 * D_A, rtol=1e-12)


def pytensor_op():
    """The loss as an Op of PyTensor, whose gradient is an Op too."""
    graph = pytest.importorskip("pytensor.graph")
    pt = pytest.importorskip("pytensor.tensor")

    class Slope(graph.Op):
        itypes, otypes = [pt.dvector, pt.dmatrix], [pt.dvector, pt.dmatrix]

        def perform(self, node, inputs, outputs):
            for place, slope in zip(outputs, both(*inputs)[1], strict=True):
                place[0] = slope

    class Loss(graph.Op):
        itypes, otypes = [pt.dvector, pt.dmatrix], [pt.dscalar]

        def perform(self, node, inputs, outputs):
            outputs[0][0] = np.asarray(both(*inputs)[0])

        def grad(self, inputs, g):
            return [g[0] * slope for slope in Slope()(*inputs)]

        def pullback(self, inputs, outputs, g):
            return self.grad(inputs, g)

    return Loss()


def test_an_op_of_pytensor():
    pytensor = pytest.importorskip("pytensor")
    op = pytensor_op()
    x, a = pytensor.tensor.dvector("x"), pytensor.tensor.dmatrix("A")
    compiled = pytensor.function([x, a], pytensor.grad(3 * op(x, a), [x, a]), mode="FAST_COMPILE")
    d_x, d_a = compiled(X, A)
    np.testing.assert_allclose(d_x, 3 * D_X, rtol=1e-12)
    np.testing.assert_allclose(d_a, 3 * D_A, rtol=1e-12)


def test_a_potential_of_pymc():
    pymc = pytest.importorskip("pymc")
    op = pytensor_op()
    with pymc.Model() as model:
        x = pymc.Normal("x", shape=3)
        pymc.Potential("loss", -op(x, A))
    slope = model.compile_dlogp(mode="FAST_COMPILE")({"x": X})
    np.testing.assert_allclose(slope, -X - D_X, rtol=1e-10)


def test_a_component_of_openmdao():
    om = pytest.importorskip("openmdao.api")
    value = sd.function(loss)
    slopes = sd.grad(loss, ("x", "A"))

    class Loss(om.ExplicitComponent):
        def setup(self):
            self.add_input("x", X)
            self.add_input("A", A)
            self.add_output("loss")
            self.declare_partials("loss", ["x", "A"])

        def compute(self, inputs, outputs):
            outputs["loss"] = value(inputs["x"], inputs["A"])

        def compute_partials(self, inputs, partials):
            d_x, d_a = slopes(inputs["x"], inputs["A"])
            partials["loss", "x"], partials["loss", "A"] = d_x[None], d_a.reshape(1, -1)

    problem = om.Problem(Loss(), reports=False)
    problem.setup()
    problem.run_model()
    totals = problem.compute_totals("loss", ["x", "A"])
    np.testing.assert_allclose(totals["loss", "x"][0], D_X, rtol=1e-12)
    np.testing.assert_allclose(totals["loss", "A"][0], D_A.ravel(), rtol=1e-12)


def test_nutpie_samples_a_density():
    nutpie = pytest.importorskip("nutpie")
    compiled_pyfunc = pytest.importorskip("nutpie.compiled_pyfunc")
    density = sd.value_and_grad(lambda x: -np.sum((x - 1.0) ** 2) / 2)
    model = compiled_pyfunc.from_pyfunc(
        2, lambda: density, lambda *_: lambda x: {"x": x}, [np.dtype("float64")], [(2,)], ["x"]
    )
    trace = nutpie.sample(model, draws=300, tune=200, chains=1, seed=0, progress_bar=False)
    np.testing.assert_allclose(np.mean(trace.posterior["x"].values, axis=(0, 1)), 1.0, atol=0.4)
