"""symdiff: NumPy in, readable NumPy derivatives out.

>>> import symdiff as sd
>>> df = sd.grad("(x + sigmoid(y)) / (sigmoid(x) + (x + y)**2)", wrt=("x", "y"))
>>> [round(d, 6) for d in df(3.0, -4.0)]
[2.05957, 1.592233]

A name is imported when it is first asked for (PEP 562): ``import symdiff`` costs next to nothing.
"""

import gc
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from symdiff import errors
from symdiff._version import __version__

if TYPE_CHECKING:
    from symdiff.frontends.spec import Spec, spec
    from symdiff.frontends.text.limits import Limits
    from symdiff.frontends.tracing.by_name.branch import branch, branch as cond
    from symdiff.frontends.tracing.by_name.checkpoint import checkpoint
    from symdiff.frontends.tracing.by_name.custom import custom_gradient, custom_jvp, stop_gradient
    from symdiff.frontends.tracing.by_name.external import external
    from symdiff.frontends.tracing.by_name.loops import fori_loop, while_loop
    from symdiff.frontends.tracing.by_name.scan import scan
    from symdiff.frontends.tracing.by_name.solving import fixed_point
    from symdiff.frontends.tracing.trace import var
    from symdiff.functions.check import check_grads
    from symdiff.functions.curvature import partial, value_grad_hessian
    from symdiff.functions.function import Function
    from symdiff.functions.grad import grad, gradients, value_and_grad
    from symdiff.functions.halves import forward_backward
    from symdiff.functions.jacobian import hessian, hvp, jacobian, jvp, vjp
    from symdiff.functions.make import function
    from symdiff.functions.mapped import vmap
    from symdiff.functions.minimizer import minimizer
    from symdiff.functions.operators import gauss_newton, hessian_operator, jacobian_operator
    from symdiff.functions.raveled import ravel
    from symdiff.functions.root import root
    from symdiff.functions.series import series_solution, taylor
    from symdiff.functions.uncertainty import elasticities, propagate
    from symdiff.ops.families import undefined
    from symdiff.ops.own import elementwise, linear, primitive
    from symdiff.render.text import parse_listing

_WHERE = {
    "frontends.spec": "Spec spec",
    "frontends.text.limits": "Limits",
    "frontends.tracing.by_name.branch": "branch cond",
    "frontends.tracing.by_name.checkpoint": "checkpoint",
    "frontends.tracing.by_name.custom": "custom_gradient custom_jvp stop_gradient",
    "frontends.tracing.by_name.external": "external",
    "frontends.tracing.by_name.loops": "fori_loop while_loop",
    "frontends.tracing.by_name.scan": "scan",
    "frontends.tracing.by_name.solving": "fixed_point",
    "frontends.tracing.trace": "var",
    "functions.check": "check_grads",
    "functions.curvature": "partial value_grad_hessian",
    "functions.function": "Function",
    "functions.grad": "grad gradients value_and_grad",
    "functions.halves": "forward_backward",
    "functions.jacobian": "hessian hvp jacobian jvp vjp",
    "functions.make": "function",
    "functions.mapped": "vmap",
    "functions.minimizer": "minimizer",
    "functions.operators": "gauss_newton hessian_operator jacobian_operator",
    "functions.raveled": "ravel",
    "functions.root": "root",
    "functions.series": "series_solution taylor",
    "functions.uncertainty": "elasticities propagate",
    "ops.families": "undefined",
    "ops.own": "elementwise linear primitive",
    "render.text": "parse_listing",
}
_OTHERWISE_CALLED = {"cond": "branch"}
_READS_ANY = {"parse_listing"}
_UNNAMED = {"symdiff.control.flow"}  # where operations are defined that no name here leads to
_MODULE_OF = {name: f"symdiff.{module}" for module, names in _WHERE.items() for name in names.split()}

__all__ = [
    "Function", "Limits", "Spec", "__version__", "branch", "check_grads", "checkpoint", "cond", "custom_gradient",
    "custom_jvp", "elasticities", "elementwise", "errors", "external", "fixed_point", "fori_loop", "forward_backward",
    "function", "gauss_newton", "grad", "gradients", "hessian", "hessian_operator", "hvp", "jacobian",
    "jacobian_operator", "jvp", "linear", "minimizer", "parse_listing", "partial", "primitive", "propagate", "ravel",
    "root", "scan", "series_solution", "spec", "stop_gradient", "taylor", "undefined", "value_and_grad",
    "value_grad_hessian", "var", "vjp", "vmap", "while_loop",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # operations are registered where they are defined, and what is read back may hold any of them
    modules = _UNNAMED.union(_MODULE_OF.values()) if name in _READS_ANY else {_MODULE_OF[name]}
    collects = gc.isenabled()
    gc.disable()  # what a module defines stays: looking for what could be collected takes a tenth of the time
    try:
        for module in sorted(modules):
            import_module(module)
    finally:
        if collects:
            gc.enable()
    for each, module in _MODULE_OF.items():
        if module in modules:
            globals()[each] = getattr(sys.modules[module], _OTHERWISE_CALLED.get(each, each))
    return globals()[name]


def __dir__() -> list[str]:
    return sorted(__all__)
