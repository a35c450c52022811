"""The array API standard: ``xp.exp(x)``, where the first array says what ``xp`` is. Names of the standard only."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import ClassVar

from symdiff.codegen.namespaces import PLAINER, STEP, Namespace
from symdiff.codegen.printed import Printed
from symdiff.codegen.spelling import called, dotted
from symdiff.codegen.target import DEFAULT, Wishes, register
from symdiff.graph.graph import Graph
from symdiff.graph.node import LENGTH, Node
from symdiff.graph.template import fill, parse_template, placeholders

NAMES = """
abs acos acosh add all any arange argmax argmin argsort asarray asin asinh astype atan atan2 atanh bitwise_and
bitwise_left_shift bitwise_invert bitwise_or bitwise_right_shift bitwise_xor bool broadcast_arrays broadcast_to ceil
clip complex128 complex64 concat conj copysign cos cosh count_nonzero cumulative_prod cumulative_sum diff divide e empty
empty_like equal exp expand_dims expm1 eye finfo flip float32 float64 floor floor_divide full full_like greater
greater_equal hypot iinfo imag inf int16 int32 int64 int8 isfinite isin isinf isnan less less_equal linspace log log10
log1p log2 logaddexp logical_and logical_not logical_or logical_xor matmul matrix_transpose max maximum mean meshgrid
min minimum moveaxis multiply nan negative newaxis nextafter nonzero not_equal ones ones_like permute_dims pi positive
pow prod real reciprocal remainder repeat reshape result_type roll round searchsorted sign signbit sin sinh sort sqrt
square squeeze stack std subtract sum take take_along_axis tan tanh tensordot tile tril triu trunc uint16 uint32 uint64
uint8 unique_values unstack var vecdot where zeros zeros_like linalg.cholesky linalg.cross linalg.det linalg.diagonal
linalg.eigh linalg.eigvalsh linalg.inv linalg.matmul linalg.matrix_norm linalg.matrix_power linalg.matrix_rank
linalg.matrix_transpose linalg.outer linalg.pinv linalg.qr linalg.slogdet linalg.solve linalg.svd linalg.svdvals
linalg.tensordot linalg.trace linalg.vecdot linalg.vector_norm fft.fft fft.ifft fft.rfft fft.irfft fft.hfft fft.ihfft
fft.fftfreq fft.rfftfreq fft.fftshift fft.ifftshift
"""
STANDARD = frozenset(NAMES.split())
OTHERWISE = {  # names of NumPy's that the standard has others for
    "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan", "arctan2": "atan2",
    "arctanh": "atanh", "concatenate": "concat", "conjugate": "conj", "power": "pow", "transpose": "permute_dims",
    "bool_": "bool", "mod": "remainder", "rint": "round", "invert": "bitwise_invert",
    "trace": "linalg.trace", "left_shift": "bitwise_left_shift", "right_shift": "bitwise_right_shift",
    "absolute": "abs", "array": "asarray", "linalg.norm": "linalg.vector_norm",
}  # fmt: skip
WRITTEN = {
    **PLAINER,
    "argsort": "np.argsort(x0, axis=axis)",
    "heaviside": STEP,
    "outer": "np.reshape(x0, (-1, 1)) * np.reshape(x1, (1, -1))",
    "tril": "np.tril(x0, k=x1)",
    "triu": "np.triu(x0, k=x1)",
    "cumsum": "np.cumulative_sum(x0, axis=axis)",
    "cumprod": "np.cumulative_prod(x0, axis=axis)",
    "diagonal": "np.linalg.diagonal(x0)",
    "exp2": "np.pow(2.0, x0)",
    "cbrt": "np.sign(x0) * np.pow(np.abs(x0), 1 / 3)",
}


PLACE = re.compile("[abc]|x[0-9]+")
COMPLEX = re.compile(r"np\.fft\.(i?fft|irfft|hfft)\((?=a\b)")  # which take complex numbers only


class ArrayAPI(Namespace):
    """Any library that keeps to the standard: CuPy, dpnp, and what will come."""

    name = "array_api"
    rows = ("array_api", "numpy")
    arrays = ("", "xp")
    stacks = True
    writes = True
    instead: ClassVar = {**OTHERWISE, **WRITTEN}
    methods: ClassVar = {"astype": "np.astype(x0, x1)"}

    def has(self, path: str) -> bool:
        return path in STANDARD or path in self.instead

    def runs(self, node: Node) -> bool:
        """Loops ask for numbers among arrays, which the standard does not give."""
        return False

    def written(self, line: str) -> str:
        """With an ellipsis, which the standard wants where axes are left out, and allows where none is."""
        tree = ast.parse(line).body[0]
        match tree:
            case ast.Assign(targets=[ast.Subscript() as place]) | ast.AugAssign(target=ast.Subscript() as place):
                entries = place.slice.elts if isinstance(place.slice, ast.Tuple) else [place.slice]
                if not any(isinstance(x, ast.Constant) and x.value is ... for x in entries):
                    place.slice = ast.Tuple([*entries, ast.Constant(...)])
                return ast.unparse(tree)
        return line

    def typed(self, number: ast.expr, dtype: ast.expr) -> ast.expr:
        made = ast.Name(f"{ast.unparse(dtype).rpartition('.')[0]}.asarray")
        return ast.Call(made, [number], [ast.keyword("dtype", dtype)])

    def is_assignment(self, text: str) -> bool:
        """The standard does not assign at arrays of places: those that are computed, and lists."""
        tree = ast.parse(text).body[0]
        places = [x.slice for x in ast.walk(tree) if isinstance(x, ast.Subscript) and isinstance(x.ctx, ast.Store)]
        parts = [x for place in places for x in ast.walk(place)]
        arrays = any(isinstance(x, ast.List) or (isinstance(x, ast.Name) and PLACE.fullmatch(x.id)) for x in parts)
        return super().is_assignment(text) and not arrays

    def copied(self, tree: ast.expr, name_of: Callable[[str], ast.expr]) -> ast.Call | None:
        return ast.Call(name_of("np.asarray"), [tree], [ast.keyword("copy", ast.Constant(True))])

    def spelled(self, node: Node) -> str | None:
        """With conditions and integers among floats turned into floats, which the standard leaves to the user; so it
        does of two numbers none of which is an array, and of floats that are to be complex numbers."""
        text = super().spelled(node)
        kinds = {"f": "iub", "c": "iub", "i": "b", "u": "b"}.get("" if node.aval.parts else node.aval.kind, "")
        own = node.inputs[1:] if node.op.selects else node.inputs
        text = _as_standard(text) if text is not None else None
        if text is not None and (found := COMPLEX.match(text)) and node.inputs[0].aval.kind == "f":
            wide = "complex64" if node.inputs[0].dtype == "float32" else "complex128"
            text = f"{found[0]}np.astype(a, np.{wide}){text[found.end() + 1 :]}"
        if node.op.selects and all(x.literal is not None and not x.shape for x in own):
            name = "bool_" if node.aval.kind == "b" else node.dtype.name
            return f"np.where(x0, np.asarray(x1, dtype=np.{name}), x2)"
        narrow = [node.inputs.index(x) for x in own if x.aval.kind in kinds and not (x.aval.weak or x.op is LENGTH)]
        if not narrow or node.op.integers or node.op.is_statement:
            return text
        text = text or (f"a {node.op.infix} b" if node.op.infix else called(dotted(node.op.fn), node))
        floats = {
            name: parse_template(f"np.astype({name}, np.{node.dtype.name})") for k in narrow for name in placeholders(k)
        }
        return ast.unparse(fill(parse_template(text), floats, lambda n: parse_template(f"_length({n!r})")))

    def print(self, graph: Graph, options: Wishes = DEFAULT) -> Printed:
        printed = super().print(graph, options)
        if (here := printed.imports.pop("", {}).get("")) is not None:
            first = next((x.name for x in graph.inputs if x.shape), printed.arguments[0] if printed.arguments else "")
            constants = [f"{name} = {text}" for name, text in printed.constants.items()]
            printed.constants = {}
            printed.lines[:0] = [f"{here} = {first}.__array_namespace__()", *constants]
        return printed


def _as_standard(text: str) -> str:
    """Arguments as the standard has them: lengths of FFTs by name, and repetitions in a tuple."""
    text = re.sub(r"^(np\.fft\.\w+)\(a, (?!\w+=)", r"\1(a, n=", text)
    return re.sub(r"^np\.tile\(a, ([^()]+|_length\(.*\))\)$", r"np.tile(a, (\1,))", text)


ARRAY_API = register(ArrayAPI())
