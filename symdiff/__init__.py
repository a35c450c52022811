"""symdiff: NumPy in, readable NumPy derivatives out.

>>> import symdiff as sd
>>> df = sd.grad("(x + sigmoid(y)) / (sigmoid(x) + (x + y)**2)", wrt=("x", "y"))
>>> [round(d, 6) for d in df(3.0, -4.0)]
[2.059569, 1.592233]
"""

from symdiff import errors
from symdiff._version import __version__
from symdiff.checking import check_grads
from symdiff.differentiation import grad, gradients, value_and_grad
from symdiff.frontends.control import cond
from symdiff.frontends.limits import Limits
from symdiff.frontends.spec import Spec, spec
from symdiff.frontends.tracing import var
from symdiff.function import Function
from symdiff.jacobians import hessian, hvp, jacobian, jvp, vjp
from symdiff.making import function
from symdiff.ops.families import elementwise, linear, primitive, undefined
from symdiff.render.text import parse_listing

__all__ = [
    "Function", "Limits", "Spec", "__version__", "check_grads", "cond", "elementwise", "errors", "function", "grad",
    "gradients", "hessian", "hvp", "jacobian", "jvp", "linear", "parse_listing", "primitive", "spec", "undefined",
    "value_and_grad", "var", "vjp",
]  # fmt: skip
