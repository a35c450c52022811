"""What of SciPy is supported in functions that are traced: every public function of the parts that compute with arrays."""

from __future__ import annotations

import importlib
from collections import Counter
from typing import Any

from symdiff.frontends.tracing.of_scipy.interpolate import MAKERS
from symdiff.frontends.tracing.of_scipy.splines import MAKERS as SPLINES
from symdiff.frontends.tracing.of_scipy.table import composition
from symdiff.frontends.tracing.scipy_calls import entry_of
from symdiff.ops.api.distributions import CONTINUOUS, DISCRETE
from symdiff.report.coverage import DIFFERENTIABLE, NOT_SUPPORTED, Coverage

PARTS = (
    "special",
    "linalg",
    "fft",
    "integrate",
    "interpolate",
    "optimize",
    "signal",
    "ndimage",
    "spatial.distance",
    "stats",
)
ASKING = ("optimize",)  # their functions are Python's, and are followed where they have no meaning of their own
FOLLOWED = "rosen"
TAUGHT = ("tplquad",)  # known here to say what to do instead

WHY: dict[str, str] = {
    "finds numbers that depend on nothing, zeros, nodes or coefficients; it runs as it is": """
        ai_zeros bei_zeros beip_zeros ber_zeros berp_zeros bi_zeros erf_zeros fresnel_zeros fresnelc_zeros fresnels_zeros jn_zeros
        jnjnp_zeros jnp_zeros jnyn_zeros kei_zeros keip_zeros kelvin_zeros ker_zeros kerp_zeros y0_zeros y1_zeros y1p_zeros
        yn_zeros ynp_zeros roots_legendre roots_chebyt roots_chebyu roots_chebyc roots_chebys roots_jacobi roots_laguerre
        roots_genlaguerre roots_hermite roots_hermitenorm roots_gegenbauer roots_sh_legendre roots_sh_chebyt roots_sh_chebyu
        roots_sh_jacobi p_roots t_roots u_roots c_roots s_roots j_roots l_roots la_roots h_roots he_roots cg_roots ps_roots
        ts_roots us_roots js_roots bernoulli euler mathieu_even_coef mathieu_odd_coef newton_cotes lebedev_rule dft hadamard
        helmert hilbert invhilbert pascal invpascal get_window firwin firwin2 firwin_2d firls remez savgol_coeffs butter cheby1
        cheby2 ellip bessel buttord cheb1ord cheb2ord ellipord iirdesign iirfilter iirnotch iirpeak iircomb kaiserord kaiser_beta
        kaiser_atten lfilter_zi sosfilt_zi besselap buttap cheb1ap cheb2ap ellipap generate_binary_structure iterate_structure
        next_fast_len prev_fast_len fhtoffset czt_points max_len_seq unit_impulse gammatone cspline1d qspline1d
    """,
    "asks or sets something, and computes nothing": """
        geterr seterr set_backend skip_backend set_global_backend register_backend get_workers set_workers show_options
        get_blas_funcs get_lapack_funcs find_best_blas_type issymmetric ishermitian bandwidth is_valid_dm is_valid_y num_obs_dm
        num_obs_y check_COLA check_NOLA choose_conv_method correlation_lags closest_STFT_dual_window linprog_verbose_callback
        check_grad approx_fprime line_search band_stop_obj
    """,
    "its result is piecewise constant, or its length depends on values": """
        round binary_closing binary_dilation binary_erosion binary_fill_holes binary_hit_or_miss binary_opening
        binary_propagation find_objects label labeled_comprehension histogram maximum_position minimum_position value_indices
        watershed_ift distance_transform_bf distance_transform_cdt distance_transform_edt argrelextrema argrelmax argrelmin
        find_peaks find_peaks_cwt peak_prominences peak_widths hamming jaccard dice yule rogerstanimoto russellrao sokalsneath
        directed_hausdorff milp linear_sum_assignment quadratic_assignment isotonic_regression null_space orth unique_roots
    """,
    "the solution lies at an edge, or is searched at random: it solves no equation that could be differentiated": """
        linprog lsq_linear nnls basinhopping brute differential_evolution direct dual_annealing shgo fmin_cobyla fmin_slsqp
        fmin_l_bfgs_b fmin_tnc fminbound curve_fit minimize_scalar
    """,
    "write scipy.optimize.root or minimize, which are differentiated": """
        anderson broyden1 broyden2 diagbroyden excitingmixing linearmixing newton_krylov fmin fmin_bfgs fmin_cg fmin_ncg
        fmin_powell golden brent bracket leastsq
    """,
    "write quad for each element, or one quad inside of the other": "cubature tplquad quad_vec tanhsinh qmc_quad nsum",
    "no derivative is known in closed form with respect to what it is a function of": """
        bdtrik bdtrin btdtria btdtrib chndtrix chndtridf chndtrinc fdtridfd gdtria gdtrib gdtrix nbdtrik nbdtrin ncfdtri
        ncfdtridfd ncfdtridfn ncfdtrinc nctdtridf nctdtrinc nctdtrit nrdtrimn nrdtrisd pdtrik stdtridf
    """,
}  # fmt: skip
_REASONS = {name: why for why, names in WHY.items() for name in names.split()}
LATER = "its derivative has no rule here yet; on numbers it runs as it is"


def _is_function(module: Any, name: str) -> bool:
    thing = getattr(module, name, None)
    return callable(thing) and not isinstance(thing, type)


def _names(part: str, module: Any) -> list[str]:
    if part == "stats":
        return sorted(
            name
            for name in module.__all__
            if hasattr(getattr(module, name), "logpdf") or hasattr(getattr(module, name), "logpmf")
        )
    if part == "interpolate":
        return sorted(name for name in module.__all__ if callable(getattr(module, name)))
    return sorted(name for name in module.__all__ if _is_function(module, name))


def _is_supported(part: str, name: str) -> bool:
    if part == "interpolate":
        return name in {
            *MAKERS,
            *SPLINES,
            "PPoly",
            "BSpline",
            "Akima1DInterpolator",
            "UnivariateSpline",
            "InterpolatedUnivariateSpline",
        }
    if part == "stats":
        return name in {*CONTINUOUS, *DISCRETE} or any(
            composition(f"scipy.stats.{name}.{kind}") for kind in ("logpdf", "logpmf")
        )
    path = f"scipy.{part}.{name}"
    if name in TAUGHT:
        return False
    return entry_of(path) is not None or composition(path) is not None or (part in ASKING and name.startswith(FOLLOWED))


def scipy_coverage() -> list[Coverage]:
    """The class of every public function, and of those that are not supported the reason."""
    importlib.import_module("scipy.optimize")
    rows = []
    for part in PARTS:
        module = importlib.import_module(f"scipy.{part}")
        for name in _names(part, module):
            if _is_supported(part, name):
                rows.append(Coverage(f"scipy.{part}", name, DIFFERENTIABLE))
            else:
                rows.append(Coverage(f"scipy.{part}", name, NOT_SUPPORTED, _REASONS.get(name, LATER)))
    return rows


def scipy_table() -> str:
    """The classes as text: how many of each part are supported, then one line for each name."""
    rows = scipy_coverage()
    whole, there = Counter(row.space for row in rows), Counter(row.space for row in rows if row.kind == DIFFERENTIABLE)
    head = [f"{space}: {there[space]} of {whole[space]} {DIFFERENTIABLE}" for space in whole]
    width = max(len(f"{row.space}.{row.name}") for row in rows)
    lines = [f"{f'{row.space}.{row.name}'.ljust(width)}  {row.kind}{': ' + row.why if row.why else ''}" for row in rows]
    return "\n".join([*head, "", *lines]) + "\n"
